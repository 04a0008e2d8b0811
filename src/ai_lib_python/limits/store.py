"""Where the state of limits is kept: in this process, or wherever a store of one's own keeps it.

The state of one *place*, a provider's address with one key, is what happened there in the last minute, how many calls
are under way, what the provider said, and the circuit. Who waits, and in what order, is not the store's concern.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

import msgspec

from .._forks import a_lock
from .circuit import Circuit
from .settings import LimitRules
from .standing import RateLimit, Standing
from .window import MINUTE, Quota

__all__ = ["Asked", "LimitStore", "MemoryStore", "Outcome", "Taken", "Wait", "place_of"]

FOR_EVER = float("inf")

MANY_MODELS = 64
"""Above so many models, what is over of what a provider said is looked for and forgotten."""


class Asked(msgspec.Struct, frozen=True):
    """What a call wants to take.

    Attributes:
        model: the limits of a provider are those of a model, mostly.
        tokens: how many it is estimated to need.
    """

    model: str
    tokens: int = 1


class Taken(msgspec.Struct, frozen=True):
    """What a call has taken; it is given back as it is.

    Attributes:
        asked: what it wanted.
        at: when, on the clock of who asked.
        tokens: how many were counted.
        probe: which probe of an open circuit it is; 0 for ordinary calls.
    """

    asked: Asked
    at: float
    tokens: int = 0
    probe: int = 0


class Wait(msgspec.Struct, frozen=True):
    """Why a call may not go yet.

    Attributes:
        seconds: after how many it is worth asking again; infinite where only another call's end can help.
        reason: ``requests``, ``tokens``, ``concurrency``, ``provider`` (it said so itself) or ``circuit``.
    """

    seconds: float
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of a call.

    Attributes:
        healthy: whether the provider works; None where the call tells nothing of that.
        arrived: whether the provider may have the request.
        tokens: how many it really used; None where nobody knows, and the estimate stays.
        hold: seconds for which the provider wants no more requests of this model; None where it did not say so.
    """

    healthy: bool | None = None
    arrived: bool = True
    tokens: int | None = None
    hold: float | None = None


class LimitStore(Protocol):
    """What keeps the state of limits. It is used from several threads and loops at once.

    ``now`` is seconds on a clock of this process that never goes back; a store that several processes share has a clock
    of its own. ``take`` and ``least_wait`` may wait for a network. The others are called where nobody can wait: they
    return at once, and do what they have to behind the scenes.
    """

    async def take(self, place: str, rules: LimitRules, asked: Asked, now: float) -> Taken | Wait:
        """Takes what a call needs, all of it or nothing; nothing where it is cancelled meanwhile."""
        ...

    async def least_wait(self, place: str, rules: LimitRules, requests: int, tokens: int, now: float) -> float:
        """Seconds that must pass at the least until so many requests, of so many tokens together, could go."""
        ...

    def answered(self, place: str, taken: Taken, told: RateLimit | None, well: bool, now: float) -> None:
        """An answer has begun, ``well`` where it is no error. The provider says this of its own limits, if anything."""
        ...

    def give_back(self, place: str, taken: Taken, outcome: Outcome, now: float | None) -> None:
        """A call is over; ``now`` is None where it was dropped outside of any loop."""
        ...


class MemoryStore:
    """Keeps the state in the memory of this process."""

    def __init__(self) -> None:
        self._lock = a_lock()
        self._places: dict[str, Place] = {}

    async def take(self, place: str, rules: LimitRules, asked: Asked, now: float) -> Taken | Wait:
        with self._lock:
            return self._place(place, rules).take(asked, now)

    async def least_wait(self, place: str, rules: LimitRules, requests: int, tokens: int, now: float) -> float:
        with self._lock:
            return self._place(place, rules).least_wait(requests, tokens, now)

    def answered(self, place: str, taken: Taken, told: RateLimit | None, well: bool, now: float) -> None:
        with self._lock:
            self._places[place].answered(taken, told, well, now)

    def give_back(self, place: str, taken: Taken, outcome: Outcome, now: float | None) -> None:
        with self._lock:
            self._places[place].give_back(taken, outcome, taken.at if now is None else now)

    def _place(self, place: str, rules: LimitRules) -> Place:
        found = self._places.get(place)
        if found is None:
            found = self._places[place] = Place(rules)
        return found


class Place:
    """The state of one place. Sans-IO: the time is passed in, and who uses it takes turns."""

    def __init__(self, rules: LimitRules) -> None:
        self._requests = None if rules.requests_per_minute is None else Quota(rules.requests_per_minute)
        self._tokens = None if rules.tokens_per_minute is None else Quota(rules.tokens_per_minute)
        self._concurrency = rules.concurrency
        self._circuit = None if rules.breaker is None else Circuit(rules.breaker)
        self._under_way = 0
        self._told: dict[tuple[str, str], Told] = {}

    def take(self, asked: Asked, now: float) -> Taken | Wait:
        """Takes what a call needs, all of it or nothing."""
        wait = self._refusal(asked, now)
        if wait is not None:
            return wait
        if self._requests is not None:
            self._requests.take(1, now)
        tokens = asked.tokens if self._tokens is None else self._tokens.take(asked.tokens, now)
        for told, amount in self._told_of(asked):
            told.left -= amount
        self._under_way += 1
        return Taken(asked, now, tokens, 0 if self._circuit is None else self._circuit.enter())

    def least_wait(self, requests: int, tokens: int, now: float) -> float:
        by_requests = 0.0 if self._requests is None else self._requests.least_wait(requests, now)
        return max(by_requests, 0.0 if self._tokens is None else self._tokens.least_wait(tokens, now))

    def answered(self, taken: Taken, told: RateLimit | None, well: bool, now: float) -> None:
        if self._circuit is not None and well:
            self._circuit.answered(taken.probe)
        if told is None:
            return
        if len(self._told) > MANY_MODELS:
            self._told = {key: each for key, each in self._told.items() if each.ends > now}
        for kind in RateLimit.__struct_fields__:
            standing = getattr(told, kind)
            if standing is not None and standing.remaining is not None and standing.reset:
                self._told[taken.asked.model, kind] = Told(standing, now)

    def give_back(self, taken: Taken, outcome: Outcome, now: float) -> None:
        self._under_way -= 1
        if self._circuit is not None:
            self._circuit.leave(taken.probe, outcome.healthy, now)
        if self._requests is not None and not outcome.arrived:
            self._requests.take_back(1, taken.at)
        if self._tokens is not None and outcome.tokens is not None:
            more = outcome.tokens - taken.tokens
            if more > 0:
                self._tokens.add(more, now)
            else:
                self._tokens.take_back(-more, taken.at)
        if outcome.hold is not None:
            self._hold(taken.asked.model, Told(Standing(remaining=0, reset=outcome.hold), now))

    def _hold(self, model: str, told: Told) -> None:
        """Nothing of this model, until what is told is over; the latest end counts."""
        held = self._told.get((model, HELD))
        if held is None or held.ends < told.ends:
            self._told[model, HELD] = told

    def _refusal(self, asked: Asked, now: float) -> Wait | None:
        """Why a call may not go now. It is told the longest of what it has to wait for."""
        if self._circuit is not None and (seconds := self._circuit.refusal(now)) is not None:
            return Wait(seconds, "circuit")
        if self._concurrency is not None and self._under_way >= self._concurrency:
            return Wait(FOR_EVER, "concurrency")
        by_requests = 0.0 if self._requests is None else self._requests.wait(1, now)
        by_tokens = 0.0 if self._tokens is None else self._tokens.wait(asked.tokens, now)
        by_provider = max((told.wait(amount, now) for told, amount in self._told_of(asked)), default=0.0)
        longest = max(by_requests, by_tokens, by_provider)
        if longest <= 0:
            return None
        return Wait(longest, {by_provider: "provider", by_tokens: "tokens", by_requests: "requests"}[longest])

    def _told_of(self, asked: Asked) -> list[tuple[Told, int]]:
        """What the provider said of a model, with what the call would take of it."""
        if not self._told:
            return []
        said = ((self._told.get((asked.model, kind)), by_tokens) for kind, by_tokens in KINDS.items())
        return [(told, asked.tokens if by_tokens else 1) for told, by_tokens in said if told is not None]


HELD = "held"

KINDS = {HELD: False, "requests": False, "tokens": True, "input_tokens": True, "output_tokens": False}
"""What a provider can say, and whether a call takes its tokens of it. How long an answer will be nobody knows."""


class Told:
    """What a provider said of one limit, and what has been taken of it since.

    It counts for a minute at the most: who says "not before tomorrow" is asked again then, and can say it in an error.

    Attributes:
        left: what is left of what remained.
        ends: when all that was said is over.
    """

    __slots__ = ("_at", "_rate", "_whole", "ends", "left")

    def __init__(self, standing: Standing, now: float) -> None:
        reset = standing.reset or 0.0
        self.left = standing.remaining or 0
        self.ends = now + min(reset, MINUTE)
        self._at = now
        self._whole = standing.limit
        back = (standing.limit or 0) - self.left
        self._rate = back / reset if standing.gradual and back > 0 and reset else 0.0  # a second

    def wait(self, amount: int, now: float) -> float:
        """Seconds until so much may be taken; 0 where it may be."""
        needed = amount if self._whole is None else min(amount, self._whole)
        if needed <= self.left or now >= self.ends:
            return 0.0
        there_at = self._at + (needed - self.left) / self._rate if self._rate else self.ends
        return max(0.0, min(there_at, self.ends) - now)


def place_of(provider: str, address: str, key: str) -> str:
    """The name of a place, from which nobody can tell the key."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16, person=b"ai-lib limits").hexdigest()
    return f"{provider} {address} {digest}"
