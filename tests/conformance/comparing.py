"""Key by key: where the body that was sent differs from the recorded one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ai_lib_python.response import Adjustment

from .asked import Asked
from .recorded import Recorded


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Difference:
    """One place where the two bodies differ; ``MISSING`` where one of them has nothing."""

    place: Place
    recorded: Any
    sent: Any

    @property
    def path(self) -> str:
        return ".".join(map(str, self.place))

    def __str__(self) -> str:
        return f"{self.path}: recorded {self.recorded!r:.200}, sent {self.sent!r:.200}"


@dataclass(frozen=True, eq=False)
class Exchange:
    """A recorded request, what was asked for it, and the URL and body that the client sent."""

    request: Recorded
    asked: Asked
    url: str
    sent: dict[str, Any]
    adjustments: tuple[Adjustment, ...]

    def told(self, *actions: str) -> list[Adjustment]:
        """What the client told of such actions."""
        return [each for each in self.adjustments if each.action in actions]


@dataclass(frozen=True)
class Allowed:
    """A difference that is none, or that the client tells of.

    Attributes:
        reason: why it is allowed, in a sentence.
        reading: gives a body in the form in which both ways to write it are one.
        told: whether a difference is what the client does of itself, or tells of.
        wires: the dialects that it holds for; none means all.
        when: the exchanges that it holds for; none means all.
    """

    id: str
    reason: str
    reading: Callable[[Any], Any] | None = None
    told: Callable[[Difference, Exchange, list[Difference]], bool] | None = None
    wires: tuple[str, ...] = ()
    when: Callable[[Exchange], bool] | None = None

    def holds_for(self, exchange: Exchange) -> bool:
        """Whether it may be allowed to this exchange at all."""
        if self.wires and exchange.request.row.dialect not in self.wires:
            return False
        return self.when is None or self.when(exchange)


def differences(recorded: Any, sent: Any, place: Place = ()) -> Iterator[Difference]:
    """Each place where the two differ, the deepest that can be named."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        for key in {**recorded, **sent}:
            yield from differences(recorded.get(key, MISSING), sent.get(key, MISSING), (*place, key))
    elif isinstance(recorded, list) and isinstance(sent, list):
        for at in range(max(len(recorded), len(sent))):
            here, there = (side[at] if at < len(side) else MISSING for side in (recorded, sent))
            yield from differences(here, there, (*place, at))
    elif not _same(recorded, sent):
        yield Difference(place, recorded, sent)


def _same(recorded: Any, sent: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but true is not 1."""
    return isinstance(recorded, bool) == isinstance(sent, bool) and recorded == sent


def compare(exchange: Exchange, allowed: tuple[Allowed, ...]) -> tuple[list[Difference], set[str]]:
    """The differences that are not allowed, and the ids of what was needed to allow the others."""
    recorded, sent = exchange.request.body, exchange.sent
    found, used = list(differences(recorded, sent)), set()
    for each in allowed:
        if not found:
            break
        if not each.holds_for(exchange):
            continue
        if each.reading is not None:
            recorded, sent = each.reading(recorded), each.reading(sent)
            left = list(differences(recorded, sent))
        else:
            left = [one for one in found if not (each.told and each.told(one, exchange, found))]
        if left != found:
            used.add(each.id)
            found = left
    return found, used
