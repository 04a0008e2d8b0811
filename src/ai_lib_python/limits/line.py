"""A line of those who wait, over several event loops and threads: first come, first served."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress

from .._forks import a_lock


class Waiter:
    """One who waits in a line, in an event loop of its own."""

    __slots__ = ("_future", "_rung", "loop", "tokens")

    def __init__(self, loop: asyncio.AbstractEventLoop, tokens: int) -> None:
        self.loop = loop
        self.tokens = tokens
        self._rung = False
        self._future: asyncio.Future[None] | None = None

    async def rest(self, seconds: float | None) -> None:
        """Waits until somebody rings, or so long at the most."""
        if not self._rung:
            self._future = self.loop.create_future()
            timer = None if seconds is None else self.loop.call_later(seconds, self._wake)
            try:
                await self._future
            finally:
                self._future = None
                if timer is not None:
                    timer.cancel()
        self._rung = False

    def ring(self) -> None:
        """There is news, from whatever thread. Whose loop is closed has gone already."""
        if asyncio._get_running_loop() is self.loop:
            self._rings()
            return
        with suppress(RuntimeError):  # a loop that is closed
            self.loop.call_soon_threadsafe(self._rings)

    def _rings(self) -> None:
        self._rung = True
        self._wake()

    def _wake(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)


class Line:
    """Who waits, in the order in which they came.

    Attributes:
        tokens: how many all of them want together.
        first: who comes first; None where nobody waits.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self.first: Waiter | None = None
        self._lock = a_lock()
        self._waiting: OrderedDict[Waiter, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, waiter: Waiter) -> None:
        """Comes last."""
        with self._lock:
            self._waiting[waiter] = None
            self.tokens += waiter.tokens
            self._find_first()

    def leave(self, waiter: Waiter) -> None:
        """Waits no more; who comes first now is told."""
        with self._lock:
            self._remove(waiter)
            self._find_first()
        self.ring()

    def ring(self) -> None:
        """Tells who comes first that something is free. Takes no lock, as finalizers must not."""
        first = self.first
        if first is not None:
            first.ring()

    def _find_first(self) -> None:
        """Those whose loop was closed over their heads come no more."""
        while (first := next(iter(self._waiting), None)) is not None and first.loop.is_closed():
            self._remove(first)
        self.first = first

    def _remove(self, waiter: Waiter) -> None:
        if waiter in self._waiting:
            del self._waiting[waiter]
            self.tokens -= waiter.tokens
