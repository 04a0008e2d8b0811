"""Moments in each form in which providers and credentials give them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ai_lib_python._moments import moment_of

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "after_noon"),
    [
        ("2026-11-23T12:00:00Z", 0),
        ("2026-11-23t12:00:00z", 0),
        (" 2026-11-23 12:00:00 ", 0),
        ("2026-11-23T12:00Z", 0),
        ("20261123T120000Z", 0),
        ("2026-11-23T12:00:00.25Z", 0.25),
        ("2026-11-23T12:00:00,5+00:00", 0.5),
        ("2026-11-23T12:00:00.1234567Z", 0.123456),
        ("2026-11-23T12:00:00.123456789Z", 0.123456),
        ("2026-11-23T14:00:00+0200", 0),
        ("2026-11-23T14:00:00+02", 0),
        ("2026-11-23T08:30:00-03:30", 0),
        ("2026-11-23T12:00:00 Z", 0),
        ("2026-11-23", -12 * 3600),
    ],
)
def test_each_form_is_the_same_moment(text: str, after_noon: float) -> None:
    assert moment_of(text) == NOON + timedelta(seconds=after_noon)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026", "2026-13-01", "2026-11-23T25:00:00Z", "2026-11-23T12:00:00+99:00", "٢٠٢٦-11-23"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment_of(text) is None
