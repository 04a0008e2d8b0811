"""A second, independent reading of the recorded bytes.

It shares no code with the library and knows nothing of manifests: four short readers,
one a wire format, say what an answer contains. Where the bytes allow two readings, the
first stands in the field and the others in ``Expected.also``. What was decided, and why:

* A stream ends at its end marker (``[DONE]``, ``message_stop``, ``message-end``). Some
  recordings hold several answers one after the other; a client that stops at the marker
  sees the first, so only the first is expected.
* A finish reason without the end marker is a complete answer (several hosts never send
  the marker). Neither of them is an incomplete stream, which is an error.
* Content after the finish reason but before the end marker belongs to the answer.
* A plan before tool calls (``tool_plan``) is neither text nor plainly reasoning: both
  "it is reasoning" and "it is not" pass.
* Finish reasons as enum numbers come only to clients that ask for numbers; ``1`` is STOP
  there. Reading it as an unknown word, ``other``, passes too.
* An empty finish reason is none; beside tool calls, inferring ``tool_calls`` passes too.
* Tool calls that the provider runs itself (``server_tool_use``, ``mcp_tool_use``,
  ``executableCode``, ``executed_tools``) are not tool calls: nobody has to answer them.
* Prompt tokens are what the wire counts as the prompt. Tokens of provider-run tools
  (``toolUsePromptTokenCount``) are a count of their own and not in it.
* A stream with nothing at all in it is not of its format; which typed error says so is open.
* More cached tokens than prompt tokens means that the host counts the cached ones beside the
  prompt. The prompt as the wire gives it, and the sum of both, pass; the cached count alone
  is neither.
* More reasoning tokens than completion tokens means that the host counts the reasoning beside the
  completion: the completion as the wire gives it, and the sum of both, pass.
* The status of an error inside a 200 answer is not compared: the wire has none.
* An answer of another shape (200, JSON, but nothing of the format in it) must be a typed
  error rather than an empty answer, because its content would be lost in silence.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .recordings import Row

REMOTE = "remote"
INCOMPLETE = "incomplete"
MALFORMED = "malformed"


@dataclass(frozen=True)
class Call:
    """A tool call. ``id`` is None where the wire gives none or an empty one."""

    name: str
    arguments: Any
    id: str | None = None


@dataclass(frozen=True)
class Expected:
    """What an answer contains.

    Attributes:
        error: None, or ``remote`` (the provider said so), ``incomplete`` (a stream without
            an end) or ``malformed`` (not an answer of this format).
        status: the HTTP status of an error that came with one.
        codes: the words and numbers by which the provider names its error.
        also: other values of a field that the bytes allow as well.
        buckets: the counts that prices need beside prompt and completion, by the names that ``Usage`` has for them.
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[Call, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    buckets: Mapping[str, int | None] = field(default_factory=dict, compare=False)
    error: str | None = None
    status: int | None = None
    codes: tuple[str, ...] = ()
    also: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def allows(self, name: str, value: Any) -> bool:
        """Whether ``value`` is a right reading of the field ``name``."""
        return value == getattr(self, name) or value in self.also.get(name, ())


def modality(details: Any, word: str, count: str = "tokenCount") -> int | None:
    """The tokens of one modality; 0 where others are told, None where none is."""
    if not isinstance(details, list):
        return None
    return sum(each.get(count) or 0 for each in details if each.get("modality") == word)


class Malformed(Exception):
    """The body is not of the format it should be."""


def codes_of(row: Row) -> tuple[str, ...]:
    """The codes of a body that is an error, where it is one that can be read."""
    try:
        return _codes_of(_objects(_parsed(row.document))[0]) if row.blob is None else ()
    except Malformed:
        return ()


def _codes_of(answer: Mapping[str, Any]) -> tuple[str, ...]:
    named = [_at(answer, f"error.{name}") for name in ("code", "type", "status")]
    return tuple(str(name) for name in named if name is not None)


def arguments_of(text: str) -> Any:
    """Arguments as JSON: ``{}`` for nothing or null, the text itself where it is no JSON.

    Raw text is marked with a leading tuple, so that it never equals a JSON string.
    """
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return ("not JSON", text)
    return {} if value is None else value


# Framing


def frames(row: Row) -> tuple[list[dict[str, Any]], bool]:
    """The JSON objects of an answer in order, and whether the ``[DONE]`` sentinel came."""
    if row.kind == "json":
        return _objects(_parsed(row.document)), False
    payloads = list(_sse_data(row.document)) if row.kind == "sse" else row.document.splitlines()
    kept = [payload for payload in payloads if payload.strip()]
    if not kept:
        raise Malformed("an empty stream")
    done = next((at for at, payload in enumerate(kept) if payload.strip() == "[DONE]"), None)
    return [frame for payload in kept[:done] for frame in _objects(_parsed(payload))], done is not None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Malformed(str(error)) from None


def _objects(value: Any) -> list[dict[str, Any]]:
    """One object, or the objects of a list (a stream as one JSON array, an error in a list)."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in values):
        raise Malformed("expected objects")
    return values


def _sse_data(text: str) -> Iterable[str]:
    """The data of each server-sent event; other fields and comments are left out."""
    data: list[str] = []
    for line in [*re.split("\r\n|\r|\n", text), ""]:
        if not line and data:
            yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))


# Collecting


class _Collector:
    """What has been read of an answer so far."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.plan = ""
        self.calls: list[_OpenCall] = []
        self.finish: Any = None
        self.usage: dict[str, int] = {}

    def count(self, usage: Mapping[str, Any] | None, names: Mapping[str, str]) -> None:
        """Takes over the counts that are there; the latest that is not null wins."""
        for name, path in names.items():
            value = _at(usage, path)
            if value is not None:
                self.usage[name] = value

    def finished(self, reason: Any) -> None:
        """Notes a finish reason; null and the empty string are none."""
        if reason not in (None, ""):
            self.finish = reason

    def call(self, key: Any, id: str | None, name: str | None) -> _OpenCall:
        """Begins a tool call."""
        opened = _OpenCall(key, id or None, name or "")
        self.calls.append(opened)
        return opened

    def open_call(self, key: Any) -> _OpenCall | None:
        """The latest call under this key."""
        return next((call for call in reversed(self.calls) if call.key == key), None)

    def total(self, *names: str) -> int | None:
        """The sum of the counts that came, None where none came."""
        known = [self.usage[name] for name in names if name in self.usage]
        return sum(known) if known else None

    def counted(self, *names: str) -> dict[str, int | None]:
        """The counts of these names, None for those that did not come."""
        return {name: self.usage.get(name) for name in names}

    def failed(self, answer: Mapping[str, Any]) -> Expected:
        """What came before the error in ``answer``."""
        return Expected(text=self.text, reasoning=self.reasoning, error=REMOTE, codes=_codes_of(answer))

    def cut_short(self) -> Expected:
        """What came of a stream that has no end."""
        return Expected(text=self.text, reasoning=self.reasoning, error=INCOMPLETE)

    def closed_calls(self) -> tuple[Call, ...]:
        return tuple(call.closed() for call in self.calls)


class _OpenCall:
    """A tool call whose arguments may still come: as text, whole, or path by path."""

    def __init__(self, key: Any, id: str | None, name: str) -> None:
        self.key, self.id, self.name = key, id, name
        self.text = ""
        self.value: Any = None

    def closed(self) -> Call:
        value = self.value if self.value is not None and not self.text else arguments_of(self.text)
        return Call(self.name, value, self.id)


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# OpenAI chat completions

_CHAT_FINISH = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
}
_CHAT_USAGE = {
    "prompt": "prompt_tokens",
    "completion": "completion_tokens",
    "total": "total_tokens",
    "cached": "prompt_tokens_details.cached_tokens",
    "reasoning": "completion_tokens_details.reasoning_tokens",
    "audio_input": "prompt_tokens_details.audio_tokens",
    "audio_output": "completion_tokens_details.audio_tokens",
    "image_input": "prompt_tokens_details.image_tokens",
    "image_output": "completion_tokens_details.image_tokens",
}


def read_openai_chat(row: Row) -> Expected:
    answers, done = frames(row)
    got = _Collector()
    empty_finish = False
    for answer in answers:
        if answer.get("error"):
            return got.failed(answer)
        got.count(answer.get("usage") or _at(answer, "x_groq.usage"), _CHAT_USAGE)
        for choice in _first(answer.get("choices")):
            empty_finish |= choice.get("finish_reason") == ""
            got.finished(choice.get("finish_reason"))
            _chat_message(got, choice.get("delta" if row.stream else "message") or {})
    if not row.stream and not _list(answers[0].get("choices")):
        raise Malformed("no choices")
    if row.stream and not done and got.finish is None:
        return got.cut_short()
    return _chat_expected(got, row.host, empty_finish)


def _first(choices: Any) -> list[Mapping[str, Any]]:
    """The choices that belong to the first answer, where several were asked for."""
    return [choice for choice in _list(choices) if choice.get("index") in (0, None, "0")]


def _chat_message(got: _Collector, message: Mapping[str, Any]) -> None:
    got.text += _chat_text(message.get("content"))
    got.reasoning += message.get("reasoning_content") or message.get("reasoning") or _chat_details(message)
    for at, call in enumerate(_list(message.get("tool_calls"))):
        _chat_call(got, call, at)
    legacy = message.get("function_call")
    if legacy and (legacy.get("name") or legacy.get("arguments")):
        _chat_call(got, {"index": "legacy", "function": legacy}, 0)


def _chat_details(message: Mapping[str, Any]) -> str:
    """Thoughts that stand in details alone, or under an older name."""
    details = [each.get("text") or each.get("summary") or "" for each in _list(message.get("reasoning_details"))]
    thinking = message.get("thinking")
    return "".join(details) or (thinking if isinstance(thinking, str) else "")


def _chat_text(content: Any) -> str:
    """Content is a string, or a list of parts of which the text parts count, or one of them."""
    parts = [content] if isinstance(content, Mapping) else content
    if isinstance(parts, list):
        return "".join(part if isinstance(part, str) else _chat_part(part) for part in parts)
    return parts or ""


def _chat_part(part: Mapping[str, Any]) -> str:
    return part.get("text") or "" if part.get("type") == "text" else ""


def _chat_call(got: _Collector, fragment: Mapping[str, Any], at: int) -> None:
    function = fragment.get("function") or fragment.get("custom") or {}
    id, name = fragment.get("id"), function.get("name")
    key = fragment.get("index", ("whole", len(got.calls), at) if id or name else _last_key(got))
    opened = got.open_call(key)
    if opened is None or (id and name and id != opened.id):
        opened = got.call(key, id, name)
    opened.name = opened.name or name or ""
    arguments = function.get("arguments", function.get("input"))
    if isinstance(arguments, str):
        opened.text += arguments
    elif arguments is not None:
        opened.value = arguments


def _last_key(got: _Collector) -> Any:
    return got.calls[-1].key if got.calls else None


def _chat_expected(got: _Collector, host: str, empty_finish: bool) -> Expected:
    calls = got.closed_calls()
    reason = None if got.finish is None else _CHAT_FINISH.get(got.finish, "other")
    if calls and reason == "stop":
        reason = "tool_calls"
    also: dict[str, tuple[Any, ...]] = {}
    if calls and reason is None and empty_finish:
        also["finish_reason"] = ("tool_calls",)
    if got.usage.get("cached", 0) > got.usage.get("prompt", 0):
        also["prompt_tokens"] = (got.total("prompt", "cached"),)
    if got.usage.get("reasoning", 0) > got.usage.get("completion", 0):
        also["completion_tokens"] = (got.total("completion", "reasoning"),)
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=calls,
        finish_reason=reason,
        prompt_tokens=got.usage.get("prompt"),
        completion_tokens=_chat_completion(got, host),
        buckets=got.counted("audio_input", "audio_output", "image_input", "image_output"),
        also=also,
    )


def _chat_completion(got: _Collector, host: str) -> int | None:
    """One host counts the reasoning beside the completion instead of in it."""
    beside = got.total("completion", "reasoning")
    if host == "api.x.ai" and got.usage.get("total") == got.total("prompt", "completion", "reasoning"):
        return beside
    return got.usage.get("completion")


# Anthropic messages

_MESSAGES_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_MESSAGES_USAGE = {
    "input": "input_tokens",
    "read": "cache_read_input_tokens",
    "written": "cache_creation_input_tokens",
    "output": "output_tokens",
    "cache_write_1h": "cache_creation.ephemeral_1h_input_tokens",
    "web_searches": "server_tool_use.web_search_requests",
}


def read_anthropic_messages(row: Row) -> Expected:
    answers, _ = frames(row)
    got = _Collector()
    for answer in answers:
        if answer.get("type") == "error":
            return got.failed(answer)
        if not row.stream:
            return _message_whole(got, answer)
        _message_event(got, answer)
        if answer.get("type") == "message_stop":
            return _messages_expected(got)
    return got.cut_short()


def _message_whole(got: _Collector, answer: Mapping[str, Any]) -> Expected:
    if not isinstance(answer.get("content"), list):
        raise Malformed("no content")
    for at, block in enumerate(answer["content"]):
        _message_block(got, at, block)
    got.finished(answer.get("stop_reason"))
    got.count(answer.get("usage"), _MESSAGES_USAGE)
    return _messages_expected(got)


def _message_block(got: _Collector, key: int, block: Mapping[str, Any]) -> None:
    if block["type"] == "text":
        got.text += block.get("text") or ""
    elif block["type"] == "thinking":
        got.reasoning += block.get("thinking") or ""
    elif block["type"] == "tool_use":
        got.call(key, block.get("id"), block.get("name")).value = block.get("input")


def _message_event(got: _Collector, event: Mapping[str, Any]) -> None:
    kind = event.get("type")
    if kind == "message_start":
        got.count(_at(event, "message.usage"), _MESSAGES_USAGE)
    elif kind == "content_block_start":
        _message_block(got, event["index"], event["content_block"])
    elif kind == "content_block_delta":
        _message_delta(got, event["index"], event["delta"])
    elif kind == "message_delta":
        got.finished(_at(event, "delta.stop_reason"))
        got.count(event.get("usage"), _MESSAGES_USAGE)


def _message_delta(got: _Collector, key: int, delta: Mapping[str, Any]) -> None:
    got.text += delta.get("text") or ""
    got.reasoning += delta.get("thinking") or ""
    opened = got.open_call(key)
    if opened is not None:
        opened.text += delta.get("partial_json") or ""


def _messages_expected(got: _Collector) -> Expected:
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=got.closed_calls(),
        finish_reason=None if got.finish is None else _MESSAGES_FINISH.get(got.finish, "other"),
        prompt_tokens=got.total("input", "read", "written"),
        completion_tokens=got.usage.get("output"),
        buckets=got.counted("cache_write_1h", "web_searches"),
    )


# Gemini generateContent

_GENERATE_FINISH = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "LANGUAGE": "content_filter",
    "ESCALATION": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "MALFORMED_RESPONSE": "error",
}
_GENERATE_USAGE = {
    "prompt": "promptTokenCount",
    "candidates": "candidatesTokenCount",
    "thoughts": "thoughtsTokenCount",
    "tool_input": "toolUsePromptTokenCount",
}
_GENERATE_DETAILS = {
    "audio_input": ("promptTokensDetails", "AUDIO"),
    "image_input": ("promptTokensDetails", "IMAGE"),
    "audio_cache_read": ("cacheTokensDetails", "AUDIO"),
    "audio_output": ("candidatesTokensDetails", "AUDIO"),
    "image_output": ("candidatesTokensDetails", "IMAGE"),
}


def read_gemini_generate(row: Row) -> Expected:
    answers, _ = frames(row)
    got = _Collector()
    blocked = any(_at(answer, "promptFeedback.blockReason") for answer in answers)
    for answer in answers:
        if answer.get("error"):
            return got.failed(answer)
        got.count(answer.get("usageMetadata"), _GENERATE_USAGE)
        _generate_details(got, answer.get("usageMetadata"))
        for candidate in _first(answer.get("candidates")):
            got.finished(candidate.get("finishReason"))
            for part in _list(_at(candidate, "content.parts")):
                _generate_part(got, part)
    if row.stream and got.finish is None and not blocked:
        return got.cut_short()
    if not row.stream and not blocked and "candidates" not in answers[0]:
        raise Malformed("no candidates")
    return _generate_expected(got, blocked)


def _generate_details(got: _Collector, usage: Any) -> None:
    for name, (details, word) in _GENERATE_DETAILS.items():
        told = modality(_at(usage, details), word)
        if told is not None:
            got.usage[name] = told


def _generate_part(got: _Collector, part: Mapping[str, Any]) -> None:
    if part.get("thought") is True:
        got.reasoning += part.get("text") or ""
    else:
        got.text += part.get("text") or ""
    if "functionCall" in part:
        _generate_call(got, part["functionCall"])


def _generate_call(got: _Collector, call: Mapping[str, Any]) -> None:
    """A call comes whole, or it is opened by its name and grows path by path."""
    if call.get("name"):
        opened = got.call(None, call.get("id"), call["name"])
        opened.value = call.get("args") or {}
    elif got.calls:
        opened = got.calls[-1]
    else:
        raise Malformed("a fragment of no call")
    for fragment in _list(call.get("partialArgs")):
        _put(opened.value, fragment["jsonPath"], fragment)


def _put(root: Any, path: str, fragment: Mapping[str, Any]) -> None:
    """Writes one fragment at ``$.a.b[0].c``; text is appended to the text that is there."""
    steps = [name or int(at) for name, at in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path)]
    for step, following in itertools.pairwise(steps):
        root = _child(root, step, [] if isinstance(following, int) else {})
    if "stringValue" in fragment:
        _assign(root, steps[-1], _child(root, steps[-1], "") + fragment["stringValue"])
    else:
        kinds = ("numberValue", "boolValue", "nullValue")
        _assign(root, steps[-1], next((fragment[kind] for kind in kinds if kind in fragment), None))


def _child(parent: Any, step: str | int, default: Any) -> Any:
    there = step in parent if isinstance(parent, dict) else int(step) < len(parent)
    if not there:
        _assign(parent, step, default)
    return parent[step]


def _assign(parent: Any, step: str | int, value: Any) -> None:
    if isinstance(parent, list) and int(step) == len(parent):
        parent.append(value)
    else:
        parent[step] = value


def _generate_expected(got: _Collector, blocked: bool) -> Expected:
    calls = got.closed_calls()
    number = got.finish == 1
    reason: str | None = "stop" if number else _GENERATE_FINISH.get(got.finish, "other")
    if got.finish is None:
        reason = "content_filter" if blocked else None
    if calls and reason == "stop":
        reason = "tool_calls"
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=calls,
        finish_reason=reason,
        prompt_tokens=got.usage.get("prompt"),
        completion_tokens=got.total("candidates", "thoughts"),
        buckets=got.counted("tool_input", *_GENERATE_DETAILS),
        also={"finish_reason": ("other",)} if number else {},
    )


# Cohere chat, version 2

_COHERE_FINISH = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": "error",
    "TIMEOUT": "error",
}
_COHERE_USAGE = {"prompt": "tokens.input_tokens", "completion": "tokens.output_tokens"}


def read_cohere_v2(row: Row) -> Expected:
    answers, _ = frames(row)
    got = _Collector()
    if not row.stream:
        return _cohere_whole(got, answers[0])
    for answer in answers:
        _cohere_event(got, answer)
        if answer.get("type") == "message-end":
            return _cohere_expected(got) if got.finish != "ERROR" else got.failed({})
    return got.cut_short()


def _cohere_whole(got: _Collector, answer: Mapping[str, Any]) -> Expected:
    message = answer.get("message")
    if not isinstance(message, dict):
        raise Malformed("no message")
    got.plan = message.get("tool_plan") or ""
    for part in _list(message.get("content")):
        got.text += part.get("text") or ""
        got.reasoning += part.get("thinking") or ""
    for at, call in enumerate(_list(message.get("tool_calls"))):
        _cohere_call(got, at, call)
    got.finished(answer.get("finish_reason"))
    got.count(answer.get("usage"), _COHERE_USAGE)
    return _cohere_expected(got)


def _cohere_call(got: _Collector, key: int, call: Mapping[str, Any]) -> None:
    opened = got.call(key, call.get("id"), _at(call, "function.name"))
    opened.text = _at(call, "function.arguments") or ""


def _cohere_event(got: _Collector, event: Mapping[str, Any]) -> None:
    kind, message = event.get("type"), _at(event, "delta.message") or {}
    if kind in ("content-start", "content-delta"):
        got.text += _at(message, "content.text") or ""
        got.reasoning += _at(message, "content.thinking") or ""
    elif kind == "tool-plan-delta":
        got.plan += message.get("tool_plan") or ""
    elif kind == "tool-call-start":
        _cohere_call(got, event["index"], message["tool_calls"])
    elif kind == "tool-call-delta":
        opened = got.open_call(event["index"])
        assert opened is not None
        opened.text += _at(message, "tool_calls.function.arguments") or ""
    elif kind == "message-end":
        got.finished(_at(event, "delta.finish_reason"))
        got.count(_at(event, "delta.usage"), _COHERE_USAGE)


def _cohere_expected(got: _Collector) -> Expected:
    both = (got.reasoning + got.plan, got.plan + got.reasoning)
    return Expected(
        text=got.text,
        reasoning=got.reasoning,
        tool_calls=got.closed_calls(),
        finish_reason=None if got.finish is None else _COHERE_FINISH.get(got.finish, "other"),
        prompt_tokens=got.usage.get("prompt"),
        completion_tokens=got.usage.get("completion"),
        also={"reasoning": both} if got.plan else {},
    )
