"""An event loop whose clock stands still while there is something to do, and jumps to the next timer when there is not.

What takes hours takes no time, and every moment is exact. Threads and sockets do not know of it: where a loop has
timers and waits for something real too, the timers come first.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

STUCK = 30.0
"""Real seconds after which a loop that waits for something real, with no timer, will wait for ever."""


class _JumpingSelector(selectors.DefaultSelector):
    """Lets virtual seconds pass in place of real ones."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0 if timeout is not None else STUCK)
        if not ready and timeout is None:
            raise RuntimeError("everything waits, and there is no timer that could wake it")
        if not ready and timeout is not None:
            self.now += max(0.0, timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own, which begins at ``began`` seconds."""

    def __init__(self, began: float = 1000.0) -> None:
        self._jumping = _JumpingSelector()
        self._jumping.now = began
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run(main: Coroutine[Any, Any, T], began: float = 1000.0) -> T:
    """As ``asyncio.run``, in virtual time."""
    loop = VirtualTimeLoop(began)
    try:
        return loop.run_until_complete(main)
    finally:
        _cancel_all(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
