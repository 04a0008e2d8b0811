"""Whether the calls of tools in a conversation and their results belong to each other.

Most providers answer with an error where they do not, and what it says is often of no help. So it is told before
anything is sent, with the index of the message and the id of the call.
"""

from __future__ import annotations

from ..errors import HistoryError
from ..message import Message, OpaquePart, ToolCall, ToolResult
from ..response import Place

MATCHED = "matched"
ANSWERED = "answered"
FREE = "free"
"""What a wire wants: results right behind their calls, no result without a call before it, or nothing."""


class Pairing:
    """Follows the calls of one conversation.

    An opaque part may hold calls or results that only its provider understands: behind one nothing is missed.
    """

    def __init__(self, rule: str, *, continued: bool) -> None:
        """``continued``: the provider keeps what was said before, so calls may be there."""
        self._rule = rule
        self._open: dict[str, int] = {}
        self._called_at: dict[str, int] = {}
        self._unknown = continued

    @property
    def is_open(self) -> bool:
        """Whether calls wait for their results."""
        return bool(self._open) and self._rule == MATCHED

    def said(self, index: int, role: str) -> None:
        """Somebody says something else than results.

        Raises:
            HistoryError: a call should have been answered before.
        """
        if role != "user" or not self.is_open:
            return
        call = next(iter(self._open))
        where = self._called_at[call]
        raise _broken(
            f"the tool call {call!r} of messages[{where}] has no result before messages[{index}]; "
            f"add Message.tool({call!r}, ...) behind messages[{where}]",
            Place(where),
        )

    def take(self, index: int, message: Message) -> None:
        """One message of any kind.

        Raises:
            HistoryError: a result has no call, or a call has two results or none.
        """
        if self._rule == FREE:
            return
        opaque = any(isinstance(part, OpaquePart) for part in message.parts)
        if opaque:
            self._unknown = True
            self._open.clear()
            self._called_at.clear()
        for at, part in enumerate(message.parts):
            if isinstance(part, ToolResult):
                self._answer(Place(index, at), part.id)
        if not opaque and not all(isinstance(part, ToolResult) for part in message.parts):
            self.said(index, message.role.value)
        for part in message.parts:
            if isinstance(part, ToolCall):
                self._open[part.id] = self._open.get(part.id, 0) + 1
                self._called_at[part.id] = index

    def _answer(self, place: Place, call: str) -> None:
        waiting = self._open.pop(call, 0)
        if waiting:
            if waiting > 1:  # some providers give several calls one id, or none
                self._open[call] = waiting - 1
            return
        where = f"messages[{place.message}]"
        if call in self._called_at:
            raise _broken(f"{where} has a second result for the tool call {call!r}", place)
        if not self._unknown:
            raise _broken(f"{where} has a result for the tool call {call!r}, which nobody made", place)


def _broken(problem: str, where: Place) -> HistoryError:
    error = HistoryError(problem)
    error._where = (where,)
    return error
