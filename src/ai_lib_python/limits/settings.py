"""What users set: how much may be sent, how many calls at a time, and when to leave a provider alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .._forks import a_lock, parted_by_forks
from ..validate import a_count, a_number

if TYPE_CHECKING:
    from .gate import Gate
    from .store import LimitStore

__all__ = ["CircuitBreaker", "LimitRules", "Limits"]

LONGEST = 86400.0
"""Seconds that a circuit can be open, or remember: a day."""


class CircuitBreaker(msgspec.Struct, frozen=True):
    """When nothing is sent to a provider any more, and for how long.

    Failures are those of the provider and of the way to it: ``server_error``, ``overloaded``, ``timeout``, and
    connections that fail. What a caller does wrong, a rate limit, or a call that is cancelled, is none.

    Attributes:
        failures: so many within ``window`` open the circuit: calls fail at once with a ``CircuitOpen``. At least 1.
        window: seconds for which a failure is remembered, above 0 and at most a day.
        open_for: seconds after which probes are sent, above 0 and at most a day.
        probes: how many calls may try then; when all of them succeed the circuit is closed, when one fails it is open
            for ``open_for`` again. At least 1.
        share: and the failures must be at least this share of the calls within ``window``, from 0 to 1, so that a few
            failures among thousands of calls open nothing.
    """

    failures: int = 5
    window: float = 60.0
    open_for: float = 30.0
    probes: int = 1
    share: float = 0.5

    def __post_init__(self) -> None:
        a_count("failures", self.failures, 1)
        a_number("window", self.window, 0.001, LONGEST)
        a_number("open_for", self.open_for, 0.001, LONGEST)
        a_count("probes", self.probes, 1)
        a_number("share", self.share, 0, 1)


class LimitRules(msgspec.Struct, frozen=True):
    """What limits say, without any state; None for what is not limited. A store is told them with every call."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None
    breaker: CircuitBreaker | None = None


class Limits:
    """What calls keep to, for each provider's address and key by itself. Safe to share between clients and threads.

    Clients that are given the same ``Limits`` keep to them together, where they go to the same address with the same
    key. Who comes first is served first. Beside what you set, the calls keep to what the provider says of its own
    limits in the headers of its answers, where its manifest knows them: when nothing remains they wait for the reset.
    """

    def __init__(
        self,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        concurrency: int | None = None,
        breaker: CircuitBreaker | None = None,
        max_wait: float | None = None,
        store: LimitStore | None = None,
    ) -> None:
        """
        Args:
            requests_per_minute: how many requests are sent in any minute, at least 1.
            tokens_per_minute: how many tokens of prompts and answers, at least 1. Those of a prompt are estimated
                before it is sent, and what the answer says of all takes their place behind it.
            concurrency: how many calls are under way at a time, at least 1. A stream is, until it ends or is left.
            breaker: when to leave a provider alone that fails.
            max_wait: seconds that a call may wait for its turn, 0 or more; where it would be longer it fails at once
                with a ``LimitExceeded``. None waits as long as it takes, and the call's deadlines allow.
            store: where the state is kept; in the memory of this process without one.

        Raises:
            TypeError, ValueError: a number is of the wrong type or out of range.
        """
        counts = {
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
            "concurrency": concurrency,
        }
        for name, value in counts.items():
            if value is not None:
                a_count(name, value, 1)
        if breaker is not None and not isinstance(breaker, CircuitBreaker):
            raise TypeError(f"breaker must be a CircuitBreaker, got {breaker!r}")
        if max_wait is not None:
            a_number("max_wait", max_wait, 0)
        self.rules = LimitRules(requests_per_minute, tokens_per_minute, concurrency, breaker)
        self.max_wait = max_wait
        self._given_store = store
        self.leave_to_parent()
        parted_by_forks(self)

    def leave_to_parent(self) -> None:
        """Nothing is known, and nobody waits: as at the beginning, and in a child of the process."""
        self._lock = a_lock()
        self._store = self._given_store
        self._gates: dict[str, Gate] = {}

    def gate(self, provider: str, address: str, key: str) -> Gate:
        """The way in to one address of a provider with one key.

        Args:
            provider: id of the manifest.
            address: the base URL.
            key: what tells one key from another; only a digest of it is kept.
        """
        from .store import place_of  # for who limits

        place = place_of(provider, address, key)
        gate = self._gates.get(place)
        return gate or self._new_gate(place, provider)

    def _new_gate(self, place: str, provider: str) -> Gate:
        from .gate import Gate  # brings asyncio: for who limits
        from .store import MemoryStore

        with self._lock:
            if self._store is None:
                self._store = MemoryStore()
            if place not in self._gates:
                self._gates[place] = Gate(self, self._store, place, provider)
            return self._gates[place]

    def __reduce__(self) -> str:
        raise TypeError("limits cannot be pickled: they are what calls of one process share")

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name in self.rules.__struct_fields__ if (value := getattr(self.rules, name))]
        return f"Limits({', '.join(given) or 'none'})"


def some_limits(value: Limits) -> Limits:
    """What is given as limits.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, Limits):
        raise TypeError(f"limits must be Limits, such as Limits(concurrency=8), got {value!r}")
    return value
