"""The tools a model may call, and how it may choose among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Reasoning", "ResponseFormat", "ToolChoice", "ToolDefinition"]


class ToolDefinition(msgspec.Struct, frozen=True):
    """A tool: its name, what it is for, and a JSON Schema of its arguments.

    ``strict`` asks the provider to hold the arguments to the schema, where it can.
    """

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool | None = None


class ToolChoice(msgspec.Struct, frozen=True):
    """``mode`` is ``auto``, ``none``, ``required`` or ``named`` (then with ``name``).

    Raises:
        ValueError: ``mode`` is another word, or ``named`` has no name.
    """

    mode: str
    name: str | None = None

    def __post_init__(self) -> None:
        _check_word("mode", self.mode, ("auto", "none", "required", "named"))
        if self.mode == "named" and not self.name:
            raise ValueError('the mode "named" needs the name of a tool: ToolChoice("named", "weather")')


class ResponseFormat(msgspec.Struct, frozen=True):
    """``kind`` is ``text``, ``json_object`` or ``json_schema`` (then with a ``schema``).

    Raises:
        ValueError: ``kind`` is another word, or ``json_schema`` has no schema.
    """

    kind: str
    schema: Mapping[str, Any] | None = None
    name: str | None = None
    strict: bool | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        _check_word("kind", self.kind, ("text", "json_object", "json_schema"))
        if self.kind == "json_schema" and self.schema is None:
            raise ValueError('the kind "json_schema" needs a schema: ResponseFormat("json_schema", {...})')


def _check_word(name: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {given!r}")


class Reasoning(msgspec.Struct, frozen=True):
    """How much the model may think: on or off, an effort in words, a budget in tokens."""

    enabled: bool = True
    effort: str | None = None
    budget_tokens: int | None = None
