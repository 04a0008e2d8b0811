"""The deadlines of one call: its wait for the network is ended when time has run out.

A call is looked at now and then: at the last moment of content, and whether that was too long ago. Mostly it finds that
there is time left, and when to look again. So a piece of a stream costs no more than a look at the clock.

What waits is a task, and it is woken by being cancelled. Whoever catches that asks ``verdict`` whether it was us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from math import inf
from types import AsyncGeneratorType
from typing import Any, TypeVar

import msgspec

from .._manifest.manifest import Manifest
from .._wire.http import HttpRequest
from .._wire.urls import shown
from ..errors import DeadlineExceeded
from ..timeouts import Timeouts
from .bell import bell_here
from .interrupt import cancellations, counted, is_only, wake

E = TypeVar("E", bound=BaseException)
T = TypeVar("T")

USUAL = Timeouts(connect=15.0, first_token=600.0, idle=300.0, total=None)
"""For models that think for minutes, where nobody says otherwise."""

ON_THE_WAY = 0.05
"""Seconds within which a task that was cancelled must have heard of it."""

LONGEST_LOOK = 1.0
"""Seconds after which it is looked again whether a call whose time is over waits for something."""


class Allowed(msgspec.Struct, frozen=True):
    """The deadlines of a call, in seconds, settled; None is none.

    Attributes:
        content: the least time after which one of content may run out.
        soonest: the least after which any may.
    """

    connect: float | None
    first_token: float | None
    idle: float | None
    total: float | None
    content: float
    soonest: float


@lru_cache(maxsize=512)
def allowed(manifest: Manifest, given: Timeouts) -> Allowed:
    """The deadlines that hold for a call: as given, else as the manifest has them, else the usual ones."""
    times = given.over(manifest.timeouts).over(USUAL).given()
    first_token, idle, total = (
        inf if times[name] is None else float(times[name] or 0) for name in ("first_token", "idle", "total")
    )
    return Allowed(**times, content=min(first_token, idle), soonest=min(first_token, idle, total))


class Watch:
    """Watches the time of one call.

    Attributes:
        clock: the event loop's, in seconds.
        allowed: the deadlines.
        began: the moment at which the call began.
        attempt_began: the moment at which its latest request was sent.
        since: the latest moment of content, or of the sending where there was none.
        task: what waits for the network; None where nobody does.
        steps: of a stream, what gives its events: while it is at none of its waits, whoever reads has the turn.
        requests: how many were sent.
        is_sent: whether one is under way; between two attempts only the time of the whole call counts.
        has_content: whether there was some.
        committed: whether the call must not be sent again: content was given, or the provider has it and works on it.
        about: what is waited for before anything is sent.
    """

    attempt_began = since = 0.0
    task: asyncio.Task[Any] | None = None
    steps: Callable[[], AsyncGeneratorType[Any, None] | None] | None = None
    requests = 0
    is_sent = has_content = committed = False
    about: str | None = None
    _asked: HttpRequest | None = None
    _ran_out = "total"
    _counted = 0
    _woken: asyncio.Task[Any] | None = None
    _mark = 0
    _waiting: asyncio.Task[Any] | None = None
    _before = 0

    def __init__(self, allowed: Allowed) -> None:
        self._bell = bell = bell_here()
        self.clock = clock = bell.loop.time
        self.allowed = allowed
        self.began = began = clock()
        self.due = began + allowed.soonest
        bell.add(self)

    def sends(self, http: HttpRequest) -> None:
        """A request is sent now: it has all its time for the first content."""
        self._asked = http
        self.requests += 1
        self.is_sent, self.has_content = True, False
        self.attempt_began = self.since = self.clock()
        if self.due == inf:
            self._set()

    def content(self) -> None:
        """There is content, now."""
        self.has_content = True
        self.since = self.clock()

    def waits(self) -> None:
        """The running task waits for the network from here on."""
        self.task = self._waiting = task = asyncio.current_task()
        if task is not None:
            self._before = counted(task)

    def left(self) -> float:
        """How many seconds there are for the whole call."""
        total = self.allowed.total
        return inf if total is None else self.began + total - self.clock()

    async def within(self, waited_for: Awaitable[T]) -> T:
        """Waits for what is neither content nor an answer, such as the next attempt.

        Raises:
            DeadlineExceeded: the call's time ran out meanwhile.
        """
        before = self.task
        self.waits()
        if self.due == inf:
            self._set()
        try:
            return await waited_for
        except asyncio.CancelledError as error:
            failure = self.verdict(error)
            if failure is error:
                raise
        finally:
            self.task = before
        raise failure

    def verdict(self, error: E) -> E | DeadlineExceeded:
        """What a wait that ended with an error ended with: the deadline's error, where it was the timer.

        The timer's own is emptied: a task that is written in Python, as some event loops have them, hangs it on to
        every error that follows, and the frames that it came through hold the request.
        """
        if not self._took_back():
            return error
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return self.error()

    def error(self, about: str | None = None) -> DeadlineExceeded:
        """The error of the deadline that ran out, the total where none did; ``about`` says what was not there."""
        name, self._ran_out = self._ran_out, "total"
        address = "" if self._asked is None else f" {shown(self._asked.url)}"
        text = {
            "first_token": f"nothing of an answer came from{address}",
            "idle": f"nothing more came from{address}",
            "total": about or self.about or f"the call to{address} was not over",
        }[name]
        return DeadlineExceeded(f"{text} within {getattr(self.allowed, name):g} s ({name})", deadline=name)

    def stop(self) -> None:
        """The call is over."""
        self._bell.drop(self)
        if self._woken is not None:  # and had an answer in the same moment
            self._took_back()

    def _took_back(self) -> bool:
        """Takes the timer's cancellation back; whether there was one, and none besides it."""
        task, self._woken = self._woken, None
        return task is not None and is_only(task, self._mark)

    def _runs_out(self) -> tuple[float, str]:
        """The moment at which time runs out as things stand, and whose."""
        allowed = self.allowed
        content = allowed.idle if self.has_content else allowed.first_token
        at, name = inf, "idle" if self.has_content else "first_token"
        if content is not None and self.is_sent:
            at = self.since + content
        if allowed.total is not None and self.began + allowed.total <= at:
            return self.began + allowed.total, "total"
        return at, name

    def _set(self) -> None:
        """Settles when to look next: when time runs out, or another deadline may have come nearer."""
        self.due = min(self._runs_out()[0], self.clock() + self.allowed.content)
        self._bell.add(self)

    def look(self, now: float) -> None:
        """Looks whether time has run out; mostly there is some left."""
        at, name = self._runs_out()
        if at > now:
            self.due = min(at, now + self.allowed.content)
        elif self.task is not None and self._is_at_a_wait():
            self._end_wait(self.task, name, now)
        elif name == "total":  # whoever reads has the turn: the next wait will be ended
            self.due = now + max(ON_THE_WAY, min(LONGEST_LOOK, (now - at) / 10))
        else:  # and the time does not count
            self.due = now + max(ON_THE_WAY, self.allowed.content)

    def _is_at_a_wait(self) -> bool:
        steps = None if self.steps is None else self.steps()
        return steps is None or steps.ag_await is not None

    def _end_wait(self, task: asyncio.Task[Any], name: str, now: float) -> None:
        """Wakes the task, unless somebody else may have done so a moment ago.

        If one did so longer ago, the task still cleans up: that one is obeyed, later.
        """
        cancelled = cancellations(task)
        if cancelled == self._counted:
            self.due = inf
            self._ran_out, self._woken, self._mark = name, task, wake(task)
            if task is self._waiting:
                self._mark = self._before
        else:
            self._counted = cancelled
            self.due = now + ON_THE_WAY
