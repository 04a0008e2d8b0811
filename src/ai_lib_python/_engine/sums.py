"""Several calls as one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..response import Attempt, CallStats, Usage


def together(each: Sequence[CallStats]) -> CallStats:
    """The last of several calls, with the tokens, times and attempts of all; there must be one."""
    if len(each) == 1:
        return each[0]
    return msgspec.structs.replace(
        each[-1],
        usage=sum((stats.usage for stats in each), Usage()),
        latency_ms=sum(stats.latency_ms for stats in each),
        time_to_first_token_ms=each[0].time_to_first_token_ms,
        attempts=sum(stats.attempts for stats in each),
        bills=tuple(bill for stats in each for bill in stats.bills),
        entries=tuple(attempt for stats in each for attempt in stats.ledger),
    )


def with_before(stats: CallStats, before: float, ledger: tuple[Attempt, ...]) -> CallStats:
    """The statistics of a call's last request as those of the whole: ``before`` it there were so many milliseconds."""
    first = stats.time_to_first_token_ms
    return msgspec.structs.replace(
        stats,
        latency_ms=before + stats.latency_ms,
        time_to_first_token_ms=None if first is None else before + first,
        attempts=len(ledger),
        entries=ledger,
    )
