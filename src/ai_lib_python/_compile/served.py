"""What a server half writes about: an answer, its tool calls and usage, and an error."""

from __future__ import annotations

from typing import Any

import msgspec


class ServedUsage(msgspec.Struct, frozen=True):
    """Token counts, by every name that a wire may want. ``prompt`` is all of the input, ``output`` all generated."""

    prompt: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    cache_write_1h: int = 0

    @property
    def input(self) -> int:
        """The prompt without what was read from or written to a cache."""
        return self.prompt - self.cache_read - self.cache_write

    @property
    def cache_write_shorter(self) -> int:
        """What was written to a cache, without what is kept for an hour."""
        return self.cache_write - self.cache_write_1h

    @property
    def answer(self) -> int:
        """The output without reasoning."""
        return self.output - self.reasoning

    @property
    def total(self) -> int:
        return self.prompt + self.output


class ServedCall(msgspec.Struct, frozen=True):
    """A tool call of an answer; ``number`` counts the calls from 0."""

    id: str
    name: str
    arguments: dict[str, Any]
    arguments_json: str
    number: int = 0


class ServedAnswer(msgspec.Struct, frozen=True):
    """A whole answer.

    Attributes:
        finish: the wire's word.
        created: in seconds since 1970.
        numbers: from 0, one for each answer that was asked for; all of them are this answer.
        address: where the server stands for whoever called it, for answers that hold URLs.
    """

    id: str
    model: str
    created: int
    text: str | None
    reasoning: str | None
    signature: str | None
    tool_calls: tuple[ServedCall, ...]
    finish: str
    usage: ServedUsage
    address: str = ""
    numbers: tuple[int, ...] = (0,)


class ServedError(msgspec.Struct, frozen=True):
    """An error: the wire's word for it, its status, and words for people."""

    code: str
    status: int
    message: str
    id: str
