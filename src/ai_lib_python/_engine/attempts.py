"""The one owner of retries: whether a call that failed is tried again, when, and what every attempt came to.

A call that succeeds at once never comes here; this module is imported when the first one fails.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from ..errors import AiLibError, DeadlineExceeded, FetchFailed, RemoteError, TransportError
from ..response import Attempt, CallStats
from ..retries import Retries
from .deadlines import Watch
from .sums import with_before

T = TypeVar("T")

MILLISECONDS = 1000.0

between = random.uniform
"""Chooses a wait between two lengths; tests put their own in its place."""


def delay(error: AiLibError, number: int, retries: Retries, left: float) -> float | None:
    """How many seconds to wait before the retry of this number, from 0; None where there is to be none.

    ``left`` is what the call has left of its time: what would begin behind it is not waited for.
    """
    if number >= retries.max_retries or not may_be_retried(error):
        return None
    asked = error.retry_after
    if asked is not None and asked > retries.longest_wait:
        return None
    wait = asked or between(0.0, retries.most_before(number))
    return wait if wait < left else None


def may_be_retried(error: AiLibError) -> bool:
    """Whether the same request may succeed a little later."""
    if isinstance(error, DeadlineExceeded) and error.deadline == "total":
        return False
    return error.retryable and isinstance(error, (TransportError, RemoteError))


class Attempts:
    """The attempts of one call.

    Attributes:
        made: all that have ended, in order.
    """

    def __init__(self, retries: Retries, watch: Watch, provider: str, model: str) -> None:
        self.made: list[Attempt] = []
        self._retries = retries
        self._watch = watch
        self._provider = provider
        self._model = model
        self._waited = 0.0
        self._failed = 0

    @property
    def are_over(self) -> bool:
        """Whether no further attempt may be made, whatever becomes of this one."""
        return self._watch.committed or self._failed >= self._retries.max_retries

    async def after(self, error: AiLibError) -> None:
        """An attempt has failed: waits until there may be another.

        Raises:
            AiLibError: the same error, where there may be none.
        """
        self.note(error)
        self._watch.is_sent = False
        is_last = self._watch.committed or isinstance(error, FetchFailed)  # a file has had its own attempts
        wait = None if is_last else delay(error, self._failed, self._retries, self._watch.left())
        if wait is None:
            raise error
        self._failed += 1
        self._waited = wait
        await self._watch.within(asyncio.sleep(wait))

    def note(self, error: AiLibError) -> None:
        """Writes down an attempt that failed, where anything was sent; the error knows of all from here on."""
        self._write_down(error.error_class, error.status_code, error.request_id)
        error.ledger = tuple(self.made)

    def given_up(self) -> tuple[Attempt, ...]:
        """All attempts, the one under way with them, which somebody cancelled."""
        self._write_down("cancelled")
        return tuple(self.made)

    def _write_down(self, error_class: str, status: int | None = None, request_id: str | None = None) -> None:
        if self._watch.requests <= len(self.made):
            return
        took = self._watch.clock() - self._watch.attempt_began
        self.made.append(
            Attempt(
                provider=self._provider,
                model=self._model,
                error_class=error_class,
                status_code=status,
                latency_ms=took * MILLISECONDS,
                waited_ms=self._waited * MILLISECONDS,
                request_id=request_id,
                kind="retry" if self.made else "first",
            )
        )

    def together(self, stats: CallStats) -> CallStats:
        """The statistics of the latest attempt, as those of the whole call."""
        ledger = tuple(self.made)
        if self._watch.requests > len(ledger):  # it has not failed
            last = stats.ledger[-1]
            if ledger:
                last = msgspec.structs.replace(last, kind="retry", waited_ms=self._waited * MILLISECONDS)
            ledger = (*ledger, last)
        before = max(0.0, elapsed(ledger) - stats.latency_ms)
        return with_before(stats, before, ledger)


def elapsed(ledger: tuple[Attempt, ...]) -> float:
    """Milliseconds that attempts took, one after the other, with the waits before them."""
    return sum(each.waited_ms + each.latency_ms for each in ledger)


async def patiently(ask: Callable[[], Awaitable[T]], retries: Retries, watch: Watch) -> T:
    """Asks for what nothing changes by being asked for, such as a page of a list: again, where it fails for a while.

    Raises:
        AiLibError: it failed as often as it may, or for good.
    """
    for number in range(retries.max_retries + 1):
        try:
            return await ask()
        except AiLibError as error:
            failure = error
        wait = delay(failure, number, retries, watch.left())
        if wait is None:
            break
        await watch.within(asyncio.sleep(wait))
    raise failure
