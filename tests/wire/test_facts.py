"""The odd facts of each provider, as its ``facts.yaml`` lists them, come out on the wire and are read off it.

A fact is data, as the manifest is: what is asked and what must stand in the body; what is answered and what it says;
an error and the class that it is of.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ai_lib_python import AiClient, ContentBlock, Message
from ai_lib_python._compile.program import Program
from ai_lib_python._engine.assemble import Assembler, ErrorInAnswer
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.load import load
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.errors import REMOTE_ERRORS, UnsupportedError
from ai_lib_python.message import AudioPart, OpaquePart, ReasoningPart, RefusalPart, TextPart, ToolCall
from ai_lib_python.preview import RequestPreview

from .conversations import FOLDER, WEATHER, options_of, transcript

Fact = dict[str, Any]

SPEAK = {"system", "user", "parts", "history"}
"""Wishes that are messages; a request without one says hello."""


def facts(kind: str) -> list[Any]:
    """Every fact of a kind, with its provider, under a name for people."""
    found: list[Any] = []
    for path in sorted(FOLDER.glob("*/facts.yaml")):
        id = path.parent.name
        listed = yaml.safe_load(path.read_text(encoding="utf-8")).get(kind) or ()
        found += [pytest.param(id, fact, id=f"{id}: {_name(fact)}") for fact in listed]
    return found


def _name(fact: Fact) -> str:
    return str(fact.get("fact") or f"{fact.get('status', 200)} {fact.get('code', '')} is {fact['class']}")


PARTS: dict[str, Any] = {
    "text": TextPart,
    "refusal": RefusalPart,
    "reasoning": ReasoningPart,
    "tool_call": ToolCall,
    "opaque": OpaquePart,
    "image_url": ContentBlock.image_url,
    "image": ContentBlock.image_base64,
    "audio": ContentBlock.audio,
    "audio_url": AudioPart,
    "file": ContentBlock.file,
}
"""What makes a part of each kind, with the rest of what a fact says of it."""


def part(written: Fact) -> Any:
    return PARTS[written["kind"]](**{name: value for name, value in written.items() if name != "kind"})


def message(written: Fact) -> Message:
    """``{role, text}``, ``{role, parts}``, or ``{role: tool, id, text}``."""
    content = written.get("text") or [part(each) for each in written["parts"]]
    if written["role"] == "tool":
        return Message.tool(written["id"], content)
    made: Message = getattr(Message, written["role"])(content)
    return made


def asked(chat: ChatRequestBuilder, wishes: Fact) -> ChatRequestBuilder:
    """The builder with each wish told by the method of its name."""
    for name, value in wishes.items():
        if name == "tools":
            chat.tools([WEATHER] if value is True else value)
        elif name == "parts":
            chat.user([part(each) for each in value])
        elif name == "history":
            chat.messages([message(each) for each in value])
        elif name in ("reasoning", "web_search") and isinstance(value, dict):
            getattr(chat, name)(**value)
        else:
            getattr(chat, name)(value)
    return chat


async def preview(id: str, fact: Fact) -> RequestPreview:
    written = transcript(id)
    client = await AiClient.create(
        f"{id}/{fact.get('model', written['model'])}",
        **options_of(written),
        api=fact.get("api"),
    )
    chat = client.chat()
    if not SPEAK & fact.get("ask", {}).keys():
        chat.user("Hello")
    return asked(chat, fact.get("ask", {})).preview(stream=fact.get("stream", False))


@pytest.mark.parametrize(("id", "fact"), facts("requests"))
async def test_a_request_goes_out_as_the_provider_takes_it(id: str, fact: Fact) -> None:
    if "refused" in fact:
        with pytest.raises(UnsupportedError, match=fact["refused"]):
            await preview(id, fact)
        return
    sent = await preview(id, fact)
    for name, value in fact.get("body", {}).items():
        assert sent.body.get(name) == value, name
    told = [(note.parameter, note.action) for note in sent.adjustments]
    for name, actions in fact.get("adjustments", {}).items():
        wanted = actions if isinstance(actions, list) else [actions]
        assert {*wanted} - {None} <= {action for told_of, action in told if told_of == name}, name
        assert actions is not None or name not in dict(told), name
    assert sent.url == fact.get("url", sent.url)
    for name, value in fact.get("headers", {}).items():
        assert sent.headers.get(name) == value, name


@pytest.mark.parametrize(("id", "fact"), facts("answers"))
def test_an_answer_is_read(id: str, fact: Fact) -> None:
    manifest = load(id).for_api(fact["api"]) if "api" in fact else load(id)
    program = program_of(manifest.for_model(fact.get("model", "any-model")))
    sink = Assembler(program.finish, manifest.origin, None, tags=program.tags)
    headers = {name.lower(): value for name, value in fact.get("headers", {}).items()}
    if "error" in fact:
        with pytest.raises(ErrorInAnswer) as caught:
            read(program, sink, fact, headers)
        found = program.classify(200, headers, caught.value.data)
        assert found.error_class == fact["error"]
        return
    read(program, sink, fact, headers)
    response = sink.response(id)
    got = {
        "content": response.content,
        "reasoning": response.reasoning,
        "refusal": response.refusal,
        "finish_reason": response.finish_reason,
        "prompt_tokens": response.usage.prompt_tokens,
        "completion_tokens": response.usage.completion_tokens,
        "reasoning_tokens": response.usage.reasoning,
        "cached_tokens": response.usage.cache_read,
        "tool_calls": [[call.name, call.arguments] for call in response.tool_calls],
        "citations": len(response.citations),
        "sources": list(response.citations),
        "opaque": [part.data for part in response.parts if isinstance(part, OpaquePart)],
        "logprobs": list(response.logprobs),
        "unknown_events": response.unknown_events,
    }
    assert {name: got[name] for name in fact["says"]} == fact["says"]


def read(program: Program, sink: Assembler, fact: Fact, headers: dict[str, str]) -> None:
    """Reads the answer of a fact, whole or frame by frame; a frame may have a name: ``{event, data}``."""
    if "body" in fact:
        program.read_response(sink, fact["body"], None, headers)
    for frame in fact.get("frames", ()):
        named = isinstance(frame, dict) and frame.keys() == {"event", "data"}
        data, event = (frame["data"], frame["event"]) if named else (frame, None)
        program.read_frame(sink, data, event, headers)
    sink.close()


@pytest.mark.parametrize(("id", "fact"), facts("errors"))
def test_an_error_is_told_by_its_class(id: str, fact: Fact) -> None:
    headers = {name.lower(): str(value) for name, value in fact.get("headers", {}).items()}
    found = program_of(load(id)).classify(fact.get("status", 200), headers, fact["body"])
    assert found.error_class == fact["class"]
    assert REMOTE_ERRORS[found.error_class].retryable is fact["retryable"]
    for name in ("message", "code", "request_id", "retry_after"):
        assert getattr(found, name) == fact.get(name, getattr(found, name)), name
