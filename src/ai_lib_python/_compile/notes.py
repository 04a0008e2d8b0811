"""Collects what goes out otherwise than it was asked for. Generated code calls it."""

from __future__ import annotations

from typing import Any

from ..message import ToolCall
from ..response import Adjustment


class Notes:
    """The adjustments of one request, in the order they were made."""

    __slots__ = ("adjustments",)

    def __init__(self) -> None:
        self.adjustments: list[Adjustment] = []

    def renamed(self, parameter: str, reason: str) -> None:
        self.adjustments.append(Adjustment(parameter, "renamed", reason))

    def dropped(self, parameter: str, reason: str, given: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "dropped", reason, given))

    def clamped(self, parameter: str, reason: str, given: Any, sent: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "clamped", reason, given, sent))

    def replaced(self, parameter: str, reason: str, given: Any, sent: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "replaced", reason, given, sent))

    def defaulted(self, parameter: str, reason: str, given: Any, sent: Any) -> None:
        self.adjustments.append(Adjustment(parameter, "defaulted", reason, given, sent))

    def moved(self, kind: str, reason: str) -> None:
        self._once(Adjustment(kind, "moved", reason))

    def omitted(self, kind: str, reason: str) -> None:
        """A part of a message that this wire does not take back; noted once for each kind and reason."""
        self._once(Adjustment(kind, "omitted", reason))

    def arguments_of(self, call: ToolCall) -> dict[str, Any]:
        """The arguments of an earlier call, for a wire that takes them as an object."""
        arguments, problem = call.read_arguments()
        if problem is not None:
            reason = f"this wire takes arguments of a call as an object, and those of {call.name} are none: {problem}"
            self.replaced("tool_call", reason, call.arguments_json, arguments)
        return arguments

    def _once(self, adjustment: Adjustment) -> None:
        if adjustment not in self.adjustments:
            self.adjustments.append(adjustment)
