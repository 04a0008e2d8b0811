"""A circuit breaker: closed, open, half open. Sans-IO: the time is passed in."""

from __future__ import annotations

from .settings import CircuitBreaker
from .window import Sliding

WHILE_PROBED = 1.0
"""Seconds after which to ask again where others are just trying whether the provider is back."""


class Circuit:
    """The circuit of one provider's address.

    closed ──(failures within the window)──> open ──(open_for is over)──> half open
    half open ──(all probes succeed)──> closed;  half open ──(one fails)──> open
    """

    def __init__(self, rule: CircuitBreaker) -> None:
        self._rule = rule
        self._good, self._bad = Sliding(rule.window), Sliding(rule.window)
        self._opens_at: float | None = None  # from when on probes may go; None while it is closed
        self._probes = 0  # so many were sent, ever
        self._under_way: set[int] = set()
        self._succeeded = 0

    def refusal(self, now: float) -> float | None:
        """Seconds after which to ask again; None where a call may go."""
        if self._opens_at is None:
            return None
        if now < self._opens_at:
            return self._opens_at - now
        return None if len(self._under_way) + self._succeeded < self._rule.probes else WHILE_PROBED

    def enter(self) -> int:
        """A call goes that was not refused. Says which probe it is; 0 for an ordinary one."""
        if self._opens_at is None:
            return 0
        self._probes += 1
        self._under_way.add(self._probes)
        return self._probes

    def answered(self, probe: int) -> None:
        """An answer has begun that is no error; a probe has found out enough then."""
        if probe in self._under_way:
            self._under_way.remove(probe)
            self._succeeded += 1
            if self._succeeded >= self._rule.probes:
                self._opens_at = None

    def leave(self, probe: int, healthy: bool | None, now: float) -> None:
        """A call is over; ``healthy`` tells of the provider, and is None where the call says nothing of it."""
        if probe not in self._under_way:
            self._count(healthy, now)
        elif healthy:
            self.answered(probe)
        else:
            self._under_way.remove(probe)
            if healthy is False:
                self._open(now)

    def _count(self, healthy: bool | None, now: float) -> None:
        """What an ordinary call found; those that come back late, when it is open, change nothing."""
        if healthy is None or self._opens_at is not None:
            return
        (self._good if healthy else self._bad).add(1, now)
        if healthy:
            return
        self._good.forget(now)
        self._bad.forget(now)
        bad, everything = self._bad.total, self._bad.total + self._good.total
        if bad >= self._rule.failures and bad >= everything * self._rule.share:
            self._open(now)

    def _open(self, now: float) -> None:
        self._opens_at = now + self._rule.open_for
        self._under_way.clear()
        self._succeeded = 0
        self._good.clear()
        self._bad.clear()
