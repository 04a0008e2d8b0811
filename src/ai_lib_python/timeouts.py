"""How long a call may take: four deadlines, and the error says which of them ran out."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from .validate import a_number

__all__ = ["Timeouts"]

SHORTEST = 0.001
"""Seconds; nothing is ready in less."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Deadlines in seconds, each at least 0.001; None is no deadline.

    A request's count before the client's, those before the provider's own (its manifest may have some), and where
    nobody says anything it is 15 for ``connect``, 600 for ``first_token``, 300 for ``idle`` and None for ``total``.

    Attributes:
        connect: until there is a connection: the name looked up, the host reached, TLS agreed upon.
        first_token: from the sending, connecting included, until the first content. That is the first text, reasoning
            or tool call of a stream; of a plain call the first byte of the answer that is not blank.
        idle: the longest time without content once there was some. Pings, comments, empty frames and blank lines are
            none, and the time that passes in your own code between two events does not count.
        total: the whole call: all its attempts, the waits between them, credentials and files that are fetched before.
    """

    connect: float | UnsetType | None = UNSET
    first_token: float | UnsetType | None = UNSET
    idle: float | UnsetType | None = UNSET
    total: float | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            seconds = getattr(self, name)
            if seconds is not None and seconds is not UNSET:
                a_number(name, seconds, SHORTEST)

    def over(self, others: Timeouts) -> Timeouts:
        """These, and where they say nothing the others."""
        return Timeouts(**{**others.given(), **self.given()})

    def given(self) -> dict[str, float | None]:
        """Those that are said, by their names."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: seconds for name, seconds in fields.items() if seconds is not UNSET}

    def __repr__(self) -> str:
        return f"Timeouts({', '.join(f'{name}={seconds!r}' for name, seconds in self.given().items())})"


def some_timeouts(value: Any) -> Timeouts:
    """What is passed as ``timeout=``: a number is the time of the whole call."""
    return value if isinstance(value, Timeouts) else Timeouts(total=a_number("timeout", value, SHORTEST))
