"""How many tokens a prompt will have, about: counted in letters, for no tokenizer is at hand.

The numbers were fitted to the prompts of the recorded exchanges with real providers, and docs/costs.md tells how far
they are off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .._plain import plain
from ..message import AudioPart, FilePart, ImagePart, OpaquePart, Part, ReasoningPart, ToolCall, ToolResult, VideoPart
from ..request import ChatRequest

__all__ = ["PromptEstimate", "estimate_prompt"]

PLAIN = 0.22
"""Tokens of an ASCII letter in a text."""

WIDE = 0.3
"""Tokens of a byte, in UTF-8, of any other letter: 0.6 of a Cyrillic one, 0.9 of a Chinese one."""

IN_TOOLS = 0.2
"""Tokens of a letter in the JSON of a tool, or of a schema of the answer."""

IN_CALLS = 0.45
"""Tokens of a letter in the arguments of a call."""

PICTURE, SOUND_BYTE, FILE_BYTE = 1500, 0.01, 0.15
"""Tokens of a picture, and of a byte of sound or of a file, where they are not further away. They may be far off."""

AROUND = {"prompt": 3, "message": 5, "tool": 0, "tools": 10}
"""Tokens that a provider adds: to a prompt, for each message, for each tool, and where there are tools at all."""

BOUND_FACTOR, BOUND_TOKENS = 1.5, 1600
"""Above the estimate there is room for half of it, and for a prompt of the provider's own."""


class PromptEstimate(msgspec.Struct, frozen=True):
    """What a prompt is estimated to be.

    Attributes:
        tokens: the likeliest number.
        unsure: kinds of content whose tokens cannot be told, such as pictures; they are in ``tokens`` by guess.
    """

    tokens: int
    unsure: tuple[str, ...] = ()

    @property
    def most(self) -> int | None:
        """A number that is hardly ever exceeded; None where there is content whose tokens cannot be told."""
        return None if self.unsure else int(self.tokens * BOUND_FACTOR) + BOUND_TOKENS


def estimate_prompt(request: ChatRequest, around: Mapping[str, float] | None = None) -> PromptEstimate:
    """An estimate of the prompt's tokens.

    Args:
        request: what is asked.
        around: what the provider adds, by the names of ``AROUND``, where it is known.
    """
    added = {**AROUND, **(around or {})}
    parts = list(_all_parts(part for message in request.messages for part in message.parts))
    tools = request.tools or ()
    tokens = sum(map(_tokens_of, parts)) + sum(len(_tool_text(tool)) for tool in tools) * IN_TOOLS
    if request.response_format is not None and request.response_format.schema:
        tokens += len(msgspec.json.encode(request.response_format.schema, enc_hook=plain)) * IN_TOOLS
    tokens += added["prompt"] + added["message"] * len(request.messages)
    tokens += (added["tools"] + added["tool"] * len(tools)) if tools else 0
    unsure = dict.fromkeys(kind for part in parts for kind in _UNSURE if isinstance(part, kind))
    names = [_UNSURE[kind] for kind in unsure]
    if request.web_search is not None and request.web_search.enabled:
        names.append("what a search finds")
    if any(_holds_maps(value) for value in (request.extra_body or {}).values()):
        names.append("extra_body")
    return PromptEstimate(round(tokens), tuple(names))


_UNSURE: dict[type[Part], str] = {
    ImagePart: "a picture",
    AudioPart: "sound",
    VideoPart: "a video",
    FilePart: "a file",
    OpaquePart: "a part of the provider's own form",
}


def _holds_maps(value: object) -> bool:
    """Whether a field of the caller's own may be messages, tools, or the like."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, dict) for item in value)


def _all_parts(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, and what the results of tools hold."""
    for part in parts:
        if isinstance(part, ToolResult):
            yield from _all_parts(part.parts)
        else:
            yield part


def _tokens_of(part: Part) -> float:
    if isinstance(part, ToolCall):
        return len(part.name + part.arguments_json) * IN_CALLS
    if isinstance(part, ImagePart):
        return PICTURE
    if isinstance(part, (AudioPart, FilePart, VideoPart)):
        return _bytes_of(part) * (SOUND_BYTE if isinstance(part, AudioPart) else FILE_BYTE)
    if isinstance(part, OpaquePart):
        return len(msgspec.json.encode(part.data)) * PLAIN
    if isinstance(part, ReasoningPart):
        return _tokens_in(part.text or part.data or "")
    return _tokens_in(getattr(part, "text", "") or "")


def _bytes_of(part: AudioPart | FilePart | VideoPart) -> int:
    return len(part.data) * 3 // 4 if part.data else 0


def _tokens_in(text: str) -> float:
    if text.isascii():
        return len(text) * PLAIN
    plain = len(text.encode("ascii", "ignore"))
    return plain * PLAIN + (len(text.encode("utf-8", "replace")) - plain) * WIDE


def _tool_text(tool: object) -> bytes:
    fields = {name: getattr(tool, name) for name in ("name", "description", "parameters")}
    return msgspec.json.encode(fields, enc_hook=plain)
