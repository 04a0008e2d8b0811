"""The way in to one provider's address with one key: calls wait here for their turn, and tell here how they went."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ..errors import (
    AiLibError,
    CircuitOpen,
    ConfigurationError,
    ConnectionFailed,
    DeadlineExceeded,
    LimitExceeded,
    RateLimited,
    RemoteError,
)
from .line import Line, Waiter
from .settings import Limits
from .standing import RateLimit
from .store import FOR_EVER, Asked, LimitStore, Outcome, Taken, Wait

if TYPE_CHECKING:
    from ..response import Usage

FAILURES = frozenset({"server_error", "overloaded", "timeout"})
"""Classes of errors that are the provider's, or the network's."""

BAD_STATUS = 400

SHORTEST_REST = 0.001
"""Seconds; a clock may not even notice a shorter one."""


class Gate:
    """The way in. Safe to use from several event loops and threads."""

    def __init__(self, limits: Limits, store: LimitStore, place: str, provider: str) -> None:
        self.rules = limits.rules
        self._max_wait = limits.max_wait
        self._store = store
        self._place = place
        self._provider = provider
        self._line = Line()
        self._dropped: deque[Taken] = deque()

    async def enter(self, model: str, tokens: int = 1) -> Pass:
        """Waits for the turn of a call, which must ``leave`` when it is over.

        Args:
            model: the model that is called.
            tokens: how many it is estimated to need, at least 1.

        Raises:
            CircuitOpen: the provider fails, and is left alone.
            LimitExceeded: the turn comes later than ``max_wait`` allows.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        asked = Asked(model, max(1, tokens))
        if self._line.first is None:
            found = await self._take(asked, now)
            if isinstance(found, Taken):
                return Pass(self, found)
        ends = FOR_EVER if self._max_wait is None else now + self._max_wait
        return Pass(self, await self._in_line(Waiter(loop, asked.tokens), asked, ends))

    async def _in_line(self, waiter: Waiter, asked: Asked, ends: float) -> Taken:
        """Stands in the line until it is the call's turn."""
        self._line.join(waiter)
        try:
            if ends < FOR_EVER:
                await self._check_line(asked, ends, waiter.loop.time())
            return await self._turn(waiter, asked, ends)
        finally:
            self._line.leave(waiter)

    async def _turn(self, waiter: Waiter, asked: Asked, ends: float) -> Taken:
        """Waits to be the first in the line, and for what is asked."""
        wait = Wait(FOR_EVER, "line")
        while True:
            now = waiter.loop.time()
            if self._line.first is waiter:
                found = await self._take(asked, now)
                if isinstance(found, Taken):
                    return found
                wait = found
                if wait.reason == "circuit":
                    raise self._open(asked, wait)
                if now + wait.seconds > ends and wait.seconds < FOR_EVER:
                    raise self._too_long(asked, wait)
            if now >= ends:
                raise self._too_long(asked, wait)
            seconds = min(wait.seconds, ends - now)
            await waiter.rest(None if seconds == FOR_EVER else max(seconds, SHORTEST_REST))

    async def _take(self, asked: Asked, now: float) -> Taken | Wait:
        self._collect(now)
        return await self._store.take(self._place, self.rules, asked, now)

    async def _check_line(self, asked: Asked, ends: float, now: float) -> None:
        """Refuses a call at once that those before it leave no room for in time, whatever they come to."""
        if len(self._line) == 1:
            return
        together = len(self._line), self._line.tokens
        seconds = await self._store.least_wait(self._place, self.rules, *together, now)
        if now + seconds > ends:
            raise self._too_long(asked, Wait(seconds, "line"))

    def answered(self, taken: Taken, told: RateLimit | None, *, well: bool) -> None:
        """An answer to a call has begun."""
        self._store.answered(self._place, taken, told, well, asyncio.get_running_loop().time())

    def give_back(self, taken: Taken, outcome: Outcome) -> None:
        """A call is over."""
        now = _now()
        self._collect(now)
        self._store.give_back(self._place, taken, outcome, now)
        self._line.ring()

    def drop(self, taken: Taken) -> None:
        """A call was dropped so that nobody can give it back any more. From a finalizer, which may take no lock."""
        self._dropped.append(taken)
        self._line.ring()

    def _collect(self, now: float | None) -> None:
        """Gives back what was dropped."""
        while self._dropped:
            self._store.give_back(self._place, self._dropped.popleft(), Outcome(), now)

    def _open(self, asked: Asked, wait: Wait) -> CircuitOpen:
        breaker = self.rules.breaker
        why = f"{breaker.failures} of its calls or more failed within {breaker.window:g} s" if breaker else "it fails"
        return CircuitOpen(
            f"{self._provider} is left alone for another {wait.seconds:.3g} s, because {why}; nothing was sent",
            provider=self._provider,
            model=asked.model,
            retry_after=wait.seconds,
        )

    def _too_long(self, asked: Asked, wait: Wait) -> LimitExceeded:
        return LimitExceeded(
            f"{self._provider}: {self._reason(wait)}, and a call may wait {self._max_wait:g} s; nothing was sent",
            limit=wait.reason,
            provider=self._provider,
            model=asked.model,
            retry_after=None if wait.seconds == FOR_EVER else wait.seconds,
        )

    def _reason(self, wait: Wait) -> str:
        """Why a call has to wait, in words."""
        rules = self.rules
        if wait.reason == "concurrency":
            return f"of the {rules.concurrency} calls that may be under way none has ended"
        if wait.seconds == FOR_EVER:
            return "those that came before it still wait"
        who = {
            "requests": f"the limit of {rules.requests_per_minute} requests a minute leaves",
            "tokens": f"the limit of {rules.tokens_per_minute} tokens a minute leaves",
            "provider": "what the provider says of its own limit leaves",
            "line": "the limits, and those that came before it, leave",
        }.get(wait.reason, "the limits leave")
        return f"{who} no room for another {wait.seconds:.3g} s"


class Pass:
    """What lets one call through; it leaves once. One that is dropped gives back what it took, too."""

    __slots__ = ("_gate", "_taken")

    def __init__(self, gate: Gate, taken: Taken) -> None:
        self._gate = gate
        self._taken: Taken | None = taken

    def answered(self, told: RateLimit | None = None, *, well: bool = True) -> None:
        """The answer has begun.

        Args:
            told: what the provider says of its limits in the headers.
            well: whether it is an answer, and no error.
        """
        if self._taken is not None:
            self._gate.answered(self._taken, told, well=well)

    def leave(self, error: BaseException | None = None, usage: Usage | None = None) -> None:
        """The call is over. Further times do nothing."""
        taken, self._taken = self._taken, None
        if taken is not None:
            self._gate.give_back(taken, outcome_of(error, usage))

    def __del__(self) -> None:
        taken = getattr(self, "_taken", None)
        if taken is not None:
            self._gate.drop(taken)


def outcome_of(error: BaseException | None, usage: Usage | None = None) -> Outcome:
    """What the end of a call tells."""
    used = None if usage is None else usage.total_tokens
    if error is None:
        return Outcome(healthy=True, tokens=used)
    if not isinstance(error, AiLibError):
        return Outcome(tokens=used)
    if not used and ((error.status_code or 0) >= BAD_STATUS or not _arrived(error)):
        used = 0
    hold = error.retry_after if isinstance(error, RateLimited) else None
    return Outcome(_is_healthy(error), _arrived(error), used, hold)


def _is_healthy(error: AiLibError) -> bool | None:
    """Whether it tells that the provider works, or that it does not."""
    if error.error_class in FAILURES:
        return False
    return True if isinstance(error, RemoteError) else None


def _arrived(error: AiLibError) -> bool:
    """Whether the provider may have the request."""
    if isinstance(error, DeadlineExceeded):
        return error.deadline != "connect"
    if isinstance(error, ConnectionFailed):
        return error.may_have_arrived
    return not isinstance(error, ConfigurationError)


def _now() -> float | None:
    """The time of the running loop; None where there is none."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return None
