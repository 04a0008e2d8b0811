"""One timer for all calls that are under way in an event loop.

Deadlines are long and calls are short: nearly all are over before theirs comes near. So a call that begins sets no
timer of its own. It is written down, and only a deadline before all others moves the timer.
"""

from __future__ import annotations

import asyncio
import threading
from math import inf
from typing import Protocol

from .._wire.loops import running_loop

FEW = 64
"""Up to so many calls are looked at to the moment."""

EACH = 1e-5
"""Seconds by which the next look is put off for each call, where there are more: looking then takes little time."""


class Listener(Protocol):
    """One call. ``due`` is when it is to be looked at, on the loop's clock."""

    due: float

    def look(self, now: float) -> None:
        """Ends its wait if time has run out; sets when to look again."""


class Bell:
    """The timer of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._listeners: set[Listener] = set()
        self._at = inf
        self._timer: asyncio.TimerHandle | None = None

    def add(self, listener: Listener) -> None:
        """Rings for this call too, until it is dropped; and again when it is due earlier than it was."""
        self._listeners.add(listener)
        if listener.due < self._at:
            self._set(listener.due)

    def drop(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def _set(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = self.loop.call_at(at, self._rings)

    def _rings(self) -> None:
        self._timer, self._at = None, inf
        listeners = self._listeners.copy()
        now, soonest = self.loop.time(), inf
        for listener in listeners:
            if listener.due <= now:
                listener.look(now)
            soonest = min(soonest, listener.due)
        if soonest < inf:
            put_off = EACH * len(listeners) if len(listeners) > FEW else 0.0
            self._set(max(soonest, now + put_off))


class _Here(threading.local):
    bell: Bell | None = None


_HERE = _Here()


def bell_here() -> Bell:
    """The bell of the event loop that is running.

    Raises:
        ConfigurationError: there is none, or it is not asyncio's.
    """
    loop = running_loop()
    bell = _HERE.bell
    if bell is None or bell.loop is not loop:
        bell = _HERE.bell = Bell(loop)
    return bell
