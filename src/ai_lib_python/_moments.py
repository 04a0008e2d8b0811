"""Moments as RFC 3339 and ISO 8601 write them, in each form that is seen, on every version of Python."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_FORM = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?"
    r" ?(?:(Z)|([+-]\d\d):?(\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_MICROSECOND_DIGITS = 6


def moment_of(text: str) -> datetime | None:
    """What ``2026-11-23T12:00:00.5Z`` means; without a zone it is UTC. None where it is no moment."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        return None
    year, month, day, hour, minute, second, fraction, _, zone_hour, zone_minute = form.groups()
    microsecond = (fraction or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    ahead = timedelta(hours=int(zone_hour or 0), minutes=int((zone_hour or "+")[0] + (zone_minute or "0")))
    date, time = (int(year), int(month), int(day)), (int(hour or 0), int(minute or 0), int(second or 0))
    try:
        return datetime(*date, *time, int(microsecond), timezone(ahead))
    except ValueError:
        return None
