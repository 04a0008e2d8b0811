"""The tools a model may call, and how it may choose among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Reasoning", "ResponseFormat", "ToolChoice", "ToolDefinition", "WebSearch"]


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


class ResponseFormat(msgspec.Struct, frozen=True, repr_omit_defaults=True):
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


class Reasoning(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """How much the model may think: on or off, an effort in words, a budget in tokens."""

    enabled: bool = True
    effort: str | None = None
    budget_tokens: int | None = None


class WebSearch(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Whether the provider may search the web for the answer, and how. What is None is up to the provider.

    Attributes:
        enabled: whether it may; False switches a search off that a provider does unasked.
        allowed_domains: look only there, such as ``("who.int",)``.
        blocked_domains: never look there; an alternative to ``allowed_domains``.
        country: where the person who asks is, as two letters such as ``"DE"``; so are ``region``, ``city`` and
            ``timezone`` (``"Europe/Berlin"``).
        context_size: how much of what is found the model reads: ``low``, ``medium`` or ``high``.
        max_uses: how many searches there may be, at least 1.

    Raises:
        ValueError: ``context_size`` is another word, or domains are both allowed and blocked.
    """

    enabled: bool = True
    allowed_domains: tuple[str, ...] | None = None
    blocked_domains: tuple[str, ...] | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None
    context_size: str | None = None
    max_uses: int | None = None

    def __post_init__(self) -> None:
        if self.context_size is not None:
            _check_word("context_size", self.context_size, ("low", "medium", "high"))
        if self.allowed_domains and self.blocked_domains:
            raise ValueError("a web search takes allowed_domains or blocked_domains, not both")

    @property
    def is_located(self) -> bool:
        """Whether anything is said of where the person is."""
        return bool(self.country or self.region or self.city or self.timezone)
