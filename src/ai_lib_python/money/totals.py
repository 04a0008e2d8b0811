"""What all calls of one client came to."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import msgspec

from .._forks import a_lock
from ..response import CallStats, Usage, sum_of
from .tally import Tally

__all__ = ["ClientUsage", "UsageTotals"]

KEPT = 256
"""How many calls are kept as they are before they are added up."""


class UsageTotals(msgspec.Struct, frozen=True):
    """What calls came to, together.

    Attributes:
        requests: how many requests the provider saw.
        failed: how many of them came to an error, those that were tried again included.
        usage: the token counts of the answers, bucket by bucket.
        cost: the costs that are known, together, in US dollars.
        cost_unknown: how many calls have a cost that is not known, and so not in ``cost``. Among them are those that
            failed where the provider may have charged them: on the way, or in mid-stream.
    """

    requests: int = 0
    failed: int = 0
    usage: Usage = Usage()
    cost: Decimal = Decimal(0)
    cost_unknown: int = 0


class ClientUsage:
    """The totals of one client, up to now. Safe to read from any thread.

    It has the fields of ``UsageTotals``, each as it is at the moment; ``snapshot()`` has them all of one moment.
    """

    def __init__(self) -> None:
        self._lock = a_lock()
        self._waiting: deque[CallStats] = deque()
        self._left: deque[None] = deque()
        self._counted = UsageTotals()
        self._tally = Tally()

    def snapshot(self) -> UsageTotals:
        """The totals of this moment, as a value."""
        with self._lock:
            return self._priced()

    def reset(self) -> UsageTotals:
        """Begins again at zero, and gives the totals until here."""
        with self._lock:
            totals = self._priced()
            self._counted, self._tally = UsageTotals(), Tally()
            return totals

    @property
    def requests(self) -> int:
        """How many requests the provider saw."""
        return self._unpriced().requests

    @property
    def failed(self) -> int:
        """How many of them came to an error."""
        return self._unpriced().failed

    @property
    def usage(self) -> Usage:
        """The token counts of the answers, bucket by bucket."""
        return self._unpriced().usage

    @property
    def prompt_tokens(self) -> int | None:
        """All tokens of the prompts."""
        return self.usage.prompt_tokens

    @property
    def completion_tokens(self) -> int | None:
        """All generated tokens."""
        return self.usage.completion_tokens

    @property
    def total_tokens(self) -> int | None:
        """Prompts and completions together."""
        return self.usage.total_tokens

    @property
    def cost(self) -> Decimal:
        """The costs that are known, together, in US dollars."""
        return self.snapshot().cost

    @property
    def cost_unknown(self) -> int:
        """How many calls have a cost that is not known."""
        return self.snapshot().cost_unknown

    def answered(self, stats: CallStats) -> None:
        """Counts a call. Its cost is worked out later, when somebody asks."""
        self._waiting.append(stats)
        if len(self._waiting) >= KEPT:
            with self._lock:
                self._add_up()

    def failed_with(self, *, charged: bool) -> None:
        """Counts a request that came to an error; ``charged`` says whether it may have been paid."""
        with self._lock:
            self._count(requests=1, failed=1, cost_unknown=int(charged))

    def failed_midway(self) -> None:
        """Counts the error of a call whose answer had begun, and is counted by itself."""
        with self._lock:
            self._count(failed=1)

    def left_behind(self) -> None:
        """Counts a request whose answer nobody reads or closes. Takes no lock, as finalizers must not."""
        self._left.append(None)

    def _count(self, *, requests: int = 0, failed: int = 0, cost_unknown: int = 0) -> None:
        counted = self._counted
        self._counted = msgspec.structs.replace(
            counted,
            requests=counted.requests + requests,
            failed=counted.failed + failed,
            cost_unknown=counted.cost_unknown + cost_unknown,
        )

    def _unpriced(self) -> UsageTotals:
        """The totals of this moment, but for what only prices tell."""
        with self._lock:
            self._add_up()
            return self._counted

    def _priced(self) -> UsageTotals:
        self._add_up()
        counted, tally = self._counted, self._tally
        tally.settle()
        return msgspec.structs.replace(counted, cost=tally.cost, cost_unknown=counted.cost_unknown + tally.unknown)

    def _add_up(self) -> None:
        """Counts what waits. Prices nothing: that takes a library that may be half a second to import."""
        while self._left:
            self._left.popleft()
            self._count(requests=1, cost_unknown=1)
        taken = self._take()
        if not taken:
            return
        self._count(requests=sum(stats.attempts for stats in taken))
        usage = sum_of([self._counted.usage, *(stats.usage for stats in taken)])
        self._counted = msgspec.structs.replace(self._counted, usage=usage)
        self._tally.add(bill for stats in taken for bill in stats.bills)

    def _take(self) -> list[CallStats]:
        """What waits, now; calls of other threads may come meanwhile."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def __repr__(self) -> str:
        return f"ClientUsage({self.snapshot()!r})"
