"""Collects what goes out otherwise than it was asked for. Generated code calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ..errors import UnsupportedError
from ..message import Message, Part, ToolCall, ToolResult
from ..response import Adjustment, Place

Where = Part | Place
"""A part of a message, or its place."""


def unsaid(problem: str, *where: Where) -> UnsupportedError:
    """The error for what a wire cannot say, and where in the conversation that is."""
    error = UnsupportedError(problem)
    error._where = where
    return error


class Notes:
    """The adjustments of one request, in the order they were made.

    Attributes:
        adjustments: what was noted, without its places.
    """

    __slots__ = ("_found", "_stand_ins", "adjustments")

    def __init__(self) -> None:
        self.adjustments: list[Adjustment] = []
        self._found: list[tuple[int, Where]] = []
        self._stand_ins: list[tuple[Part, Part]] = []

    def renamed(self, parameter: str, reason: str) -> None:
        self.adjustments.append(Adjustment(parameter, "renamed", reason))

    def dropped(self, parameter: str, reason: str, given: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "dropped", reason, given))

    def clamped(self, parameter: str, reason: str, given: Any, sent: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "clamped", reason, given, sent))

    def replaced(self, parameter: str, reason: str, given: Any, sent: Any, *where: Where) -> None:
        self._found.extend((len(self.adjustments), each) for each in where)
        self.adjustments.append(Adjustment(parameter, "replaced", reason, given, sent))

    def defaulted(self, parameter: str, reason: str, given: Any, sent: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "defaulted", reason, given, sent))

    def adapted(self, what: str, change: str) -> None:
        """A schema that was made to fit."""
        self.adjustments.append(Adjustment(what, "adapted", change))

    def moved(self, kind: str, reason: str, *where: Where) -> None:
        self._once(Adjustment(kind, "moved", reason), where)

    def another_id(self, *where: Where) -> None:
        """A call, or its result, whose id this wire would refuse; noted once."""
        self._once(Adjustment("id", "renamed", "this wire takes ids of calls in a form of its own"), where)

    def omitted(self, kind: str, reason: str, *where: Where) -> None:
        """A part of a message that this wire does not take back; noted once for each kind and reason."""
        self._once(Adjustment(kind, "omitted", reason), where)

    def arguments_of(self, call: ToolCall) -> dict[str, Any]:
        """The arguments of an earlier call, for a wire that takes them as an object."""
        arguments, problem = call.read_arguments()
        if problem is not None:
            reason = f"this wire takes arguments of a call as an object, and those of {call.name} are none: {problem}"
            self.replaced("tool_call", reason, call.arguments_json, arguments, call)
        return arguments

    def stand_in(self, part: Part, given: Part) -> None:
        """``part`` takes the place of one that was given."""
        self._stand_ins.append((part, given))

    def all(self, messages: Sequence[Message]) -> tuple[Adjustment, ...]:
        """The adjustments, each with its places in the conversation."""
        if not self._found:
            return tuple(self.adjustments)
        where: dict[int, list[Where]] = {}
        for index, each in self._found:
            where.setdefault(index, []).append(each)
        found = self._finder(messages)
        return tuple(
            msgspec.structs.replace(adjustment, places=found(where[index])) if index in where else adjustment
            for index, adjustment in enumerate(self.adjustments)
        )

    def places(self, where: Iterable[Where], messages: Sequence[Message]) -> tuple[Place, ...]:
        """Where in the conversation something is."""
        return self._finder(messages)(where)

    def _finder(self, messages: Sequence[Message]) -> Callable[[Iterable[Where]], tuple[Place, ...]]:
        known = _known_places(messages)
        for part, given in self._stand_ins:
            known.setdefault(id(part), set()).update(known.get(id(given), ()))

        def places(where: Iterable[Where]) -> tuple[Place, ...]:
            found: set[Place] = set()
            for each in where:
                found |= {each} if isinstance(each, Place) else known.get(id(each), set())
            return tuple(sorted(found, key=lambda place: (place.message, -1 if place.part is None else place.part)))

        return places

    def _once(self, adjustment: Adjustment, where: Iterable[Where]) -> None:
        if adjustment not in self.adjustments:
            self.adjustments.append(adjustment)
        index = self.adjustments.index(adjustment)
        self._found.extend((index, each) for each in where)


def _known_places(messages: Sequence[Message]) -> dict[int, set[Place]]:
    """The places of each part, by its identity; what a tool's result holds is where the result is."""
    known: dict[int, set[Place]] = {}
    for index, message in enumerate(messages):
        for at, part in enumerate(message.parts):
            for each in (part, *(part.parts if isinstance(part, ToolResult) else ())):
                known.setdefault(id(each), set()).add(Place(index, at))
    return known
