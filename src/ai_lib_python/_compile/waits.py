"""How long to wait, in every form that providers say it: numbers, durations, moments, and words for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from time import time
from typing import TYPE_CHECKING, Any

from .context import Context
from .paths import write_expression
from .scope import Scope

if TYPE_CHECKING:
    from datetime import datetime

EARLIEST_MOMENT = 1e9
"""A number that is larger is a moment, in seconds since 1970: as a wait it would be 31 years."""

EARLIEST_MILLISECONDS = 1e11
"""A larger number counts milliseconds since 1970: as seconds it would be past the year 5000."""

LONGEST_TEXT = 4000
"""Characters of a message in which a wait is looked for."""

LONGEST_DURATION = 100
"""Characters of a duration; a longer text is none."""

_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "ns": 1e-9}

_PIECE = re.compile(
    r"(\d+(?:\.\d+)?) ?(?:(ms|[u\u00b5]s|ns)|(d)(?:ays?)?|(h)(?:ours?|rs?)?|(m)(?:inutes?|ins?)?|(s)(?:econds?|ecs?)?)"
    r"(?![A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
"""A number and its unit: ``6m``, ``1.5s``, ``20 seconds``. ``ms`` stands before ``m``, and no letter follows."""

_ASKED = re.compile(
    r"(?:try again|retry(?:ing)?|available|resets?|wait) (?:in |after |for )?(?:about |~ ?)?(?=\d)", re.IGNORECASE
)
"""What stands before a wait in a message; ``timed out after 600 seconds`` asks for none."""

_BETWEEN = re.compile(r"(?:,? and |, ?| )?")


def write_wait(context: Context, scope: Scope, hints: dict[str, str], now: str = "None") -> str:
    """Writes what reads the first hint that is there: seconds, in the local that is returned.

    Args:
        now: the code of the moment from which on is counted, in seconds since 1970; ``None`` for that of the reading.
    """
    result = context.writer.assign("None")
    for unit, text in hints.items():
        with context.at(unit):
            if unit not in UNITS:
                context.fail(f"no unit {unit!r}{context.nearest(unit, UNITS)}")
            function = context.writer.reference(UNITS[unit], f"from_{unit}")
            with context.writer.block(f"if {result} is None:"):
                ref = write_expression(context, scope.inside(), text)
                since = f", {now}" if unit in _FROM_NOW and now != "None" else ""
                context.writer.line(f"{result} = {function}({ref.code}{since})")
    return result


def from_seconds(value: Any, now: float | None = None) -> float | None:
    """Seconds, as ``retry-after`` has them; or, where it is one, a moment or a duration with its unit."""
    seconds = as_number(value)
    if seconds is not None and seconds < EARLIEST_MOMENT:
        return seconds
    length = from_duration(value)
    return from_date(value, now) if length is None else length


def from_milliseconds(value: Any) -> float | None:
    milliseconds = as_number(value)
    return None if milliseconds is None else milliseconds / 1000


def from_date(value: Any, now: float | None = None) -> float | None:
    """A moment as seconds from now, never negative: an HTTP date, one of RFC 3339, or a time since 1970.

    Args:
        value: the moment.
        now: the present, in seconds since 1970; the clock's without it.
    """
    from datetime import timezone  # rare, and slow to import

    since_epoch = as_number(value)
    moment = _moment(value) if since_epoch is None else _at(since_epoch)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - (time() if now is None else now))


def _at(since_epoch: float) -> datetime | None:
    """The moment so many seconds, or milliseconds, after the beginning of 1970."""
    from datetime import datetime, timezone

    seconds = since_epoch / 1000 if since_epoch >= EARLIEST_MILLISECONDS else since_epoch
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def _moment(text: Any) -> datetime | None:
    """What ``Mon, 23 Nov 2026 12:00:00 GMT`` or ``2026-11-23T12:00:00Z`` means."""
    from email.utils import parsedate_to_datetime

    from .._moments import moment_of

    if not isinstance(text, str):
        return None
    if text[:4].isdecimal():
        return moment_of(text)
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None


def from_duration(value: Any) -> float | None:
    """A duration such as ``6m0s``, ``1.5s``, ``120ms`` or ``20 seconds``."""
    if not isinstance(value, str) or len(value) > LONGEST_DURATION:
        return None
    seconds, end = _length(value, 0)
    return seconds if end == len(value) else None


def from_words(value: Any) -> float | None:
    """The wait that a message asks for: ``Please try again in 1m30.5s.``, ``wait 7 seconds``, ``resets in ~30s``."""
    if not isinstance(value, str):
        return None
    text = value[:LONGEST_TEXT]
    found = (_length(text, asked.end())[0] for asked in _ASKED.finditer(text))
    return next((seconds for seconds in found if seconds is not None), None)


def _length(text: str, start: int) -> tuple[float | None, int]:
    """The duration that begins there, in seconds, and where it ends; None where there is none."""
    seconds, end, piece = 0.0, start, _PIECE.match(text, start)
    while piece is not None:
        number, *units = piece.groups()
        seconds += float(number) * _SECONDS[next(filter(None, units)).lower()]
        end = piece.end()
        between = _BETWEEN.match(text, end)
        piece = _PIECE.match(text, end if between is None else between.end())
    return (as_number(round(seconds, 9)) if end > start else None), end  # of floats: 0.174, not 0.17400000000000002


def as_number(value: Any) -> float | None:
    """A number, or a text that is one; never below 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, number) if isfinite(number) else None


UNITS: dict[str, Callable[[Any], float | None]] = {
    "seconds": from_seconds,
    "milliseconds": from_milliseconds,
    "date": from_date,
    "duration": from_duration,
    "words": from_words,
}

_FROM_NOW = frozenset({"seconds", "date"})
"""Units of moments, or of what may be one."""
