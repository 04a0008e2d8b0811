"""What a model can be asked for: what its rules let through, and what its manifest says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._compile.notes import Notes
from .._manifest.manifest import Limits
from ..capabilities import Capabilities
from ..errors import UnsupportedError
from ..message import ContentBlock, Message
from ..request import ChatRequest
from ..tools import Reasoning, ResponseFormat, ToolChoice, ToolDefinition, WebSearch
from .encode import encode
from .target import Target

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
TOOL = ToolDefinition("look", "Looks.", SCHEMA)
EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")
LEAST_BUDGET = 1024

SAMPLES: dict[str, dict[str, Any]] = {
    "temperature": {"temperature": 0.5},
    "max_tokens": {"max_tokens": 1000},
    "top_p": {"top_p": 0.5},
    "top_k": {"top_k": 5},
    "stop": {"stop": ("a",)},
    "seed": {"seed": 1},
    "presence_penalty": {"presence_penalty": 0.5},
    "frequency_penalty": {"frequency_penalty": 0.5},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"logprobs": True, "top_logprobs": 1},
    "user": {"user": "person"},
    "tools": {"tools": (TOOL,)},
    "tool_choice": {"tools": (TOOL,), "tool_choice": ToolChoice("auto")},
    "parallel_tool_calls": {"tools": (TOOL,), "parallel_tool_calls": False},
    "response_format": {"response_format": ResponseFormat("json_schema", SCHEMA)},
    "n": {"n": 2},
    "min_p": {"min_p": 0.5},
    "repetition_penalty": {"repetition_penalty": 1.1},
    "logit_bias": {"logit_bias": {"1": 1}},
    "verbosity": {"verbosity": "low"},
    "web_search": {"web_search": WebSearch()},
    "service_tier": {"service_tier": "auto"},
    "store": {"store": True},
    "metadata": {"metadata": {"a": "b"}},
    "prompt_cache_key": {"prompt_cache_key": "a"},
}
"""For each parameter, but for reasoning, which has more to tell, a request that sets it."""

PICTURE = "iVBORw0KGgo="
CONTENT: dict[str, tuple[Any, ...]] = {
    "image": (ContentBlock.image_url("https://a.example/a.png"), ContentBlock.image_base64(PICTURE, "image/png")),
    "audio": (ContentBlock.audio(PICTURE, "audio/wav"),),
    "video": (ContentBlock.video(PICTURE, "video/mp4"),),
    "file": (ContentBlock.file(f"data:application/pdf;base64,{PICTURE}"),),
}
"""Parts of each kind; one that goes out is enough."""

CHANGED = frozenset({"dropped", "replaced"})

TargetOf = Callable[[ChatRequest], Target]


def capabilities_of(target_of: TargetOf, model: str) -> Capabilities:
    """What can be asked of a model; a request may go to any of the provider's APIs."""
    probe = _Probe(target_of, model)
    target = probe.target
    manifest, program = target.program(model)
    limits = target.manifest.limits_of(model)
    efforts = tuple(effort for effort in EFFORTS if probe.makes_a_difference("reasoning", Reasoning(effort=effort)))
    budget = probe.makes_a_difference("reasoning", Reasoning(budget_tokens=LEAST_BUDGET))
    reasons = bool(efforts) or budget or probe.makes_a_difference("reasoning", Reasoning())
    known = {name for name, sample in SAMPLES.items() if probe.goes_out(name, **sample)}
    return Capabilities(
        provider=manifest.id,
        model=model,
        context_window=limits.context,
        max_prompt_tokens=limits.prompt,
        max_output_tokens=limits.output or _most_tokens(manifest.data),
        input_modalities=_input(probe, limits),
        output_modalities=limits.gives or None,
        parameters=tuple(sorted({*known, *(["reasoning"] if reasons else [])})),
        tools="tools" in known,
        parallel_tool_calls="parallel_tool_calls" in known,
        strict_tools="tools" in known and probe.holds_tools_to_schemas(),
        json_mode=probe.goes_out("response_format", response_format=ResponseFormat("json_object")),
        json_schema="response_format" in known,
        web_search="web_search" in known,
        reasoning=reasons,
        reasoning_efforts=efforts,
        reasoning_budget=budget,
        reasoning_off=probe.goes_out("reasoning", reasoning=Reasoning(enabled=False)),
        streaming=program.streams_only or "steps" in manifest.data.get("stream", {}),
        sunset=manifest.sunset,
        replacement=manifest.replacement,
    )


def _most_tokens(data: dict[str, Any]) -> int | None:
    """The most that the rule for the length of an answer lets through."""
    rule = data.get("parameters", {}).get("max_tokens", {})
    return None if rule.get("refused") or "max" not in rule else int(rule["max"])


def _input(probe: _Probe, limits: Limits) -> tuple[str, ...] | None:
    """What messages may hold; what the wire has no form for cannot go out, whatever the model takes."""
    sent = ("text", *(kind for kind, parts in CONTENT.items() if any(map(probe.takes_part, parts))))
    if limits.takes:
        return tuple(kind for kind in sent if kind in limits.takes)
    return sent if sent == ("text",) else None


class _Probe:
    """Writes requests that nobody sends, to see what becomes of them."""

    def __init__(self, target_of: TargetOf, model: str) -> None:
        self._target_of = target_of
        self._model = model
        self.target = target_of(self._request())

    def goes_out(self, parameter: str, /, **parameters: Any) -> bool:
        """Whether a parameter is sent, in the words in which it was given."""
        written = self._written(self._request(**parameters))
        return written is not None and parameter not in written[1]

    def makes_a_difference(self, parameter: str, value: Any) -> bool:
        """Whether a parameter is sent, all of it, and can be seen in what goes out."""
        written, plain = self._written(self._request(**{parameter: value})), self._written(self._request())
        if written is None or any(name.partition(".")[0] == parameter for name in written[1]):
            return False
        return plain is None or written[0] != plain[0]

    def holds_tools_to_schemas(self) -> bool:
        """Whether it can be seen in what goes out that a tool is strict."""
        strict = ToolDefinition(TOOL.name, TOOL.description, TOOL.parameters, strict=True)
        held, free = (self._written(self._request(tools=(tool,))) for tool in (strict, TOOL))
        return held is not None and free is not None and held[0] != free[0]

    def takes_part(self, part: Any) -> bool:
        """Whether a message may hold such a part."""
        return self._written(ChatRequest(model=self._model, messages=(Message.user(["Look", part]),))) is not None

    def _request(self, **parameters: Any) -> ChatRequest:
        return ChatRequest(model=self._model, messages=(Message.user("Hello"),), **parameters)

    def _written(self, request: ChatRequest) -> tuple[Any, set[str]] | None:
        """What would go out, and which parameters would not as they were given; None where the wire cannot say it."""
        target = self._target_of(request)
        manifest, program = target.program(self._model)
        notes = Notes()
        try:
            written = encode(manifest, program, request, False, notes)
        except UnsupportedError:
            return None
        return written, set(_changed(notes))


def _changed(notes: Notes) -> Iterator[str]:
    for note in notes.adjustments:
        if note.action in CHANGED:
            yield note.parameter
