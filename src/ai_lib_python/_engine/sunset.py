"""What is to be said of a model that ends, or has ended."""

from __future__ import annotations

from datetime import date, datetime, timezone

from .._manifest.manifest import Manifest

NOTICE_DAYS = 90
"""Days before the end of a model from which on it is told."""


def notice(manifest: Manifest, model: str, today: date) -> str | None:
    """The words of a warning; none where a model has no end, or a distant one."""
    if manifest.sunset is None:
        return None
    left = (date.fromisoformat(manifest.sunset) - today).days
    if left > NOTICE_DAYS:
        return None
    name = f"{manifest.id}/{model}"
    successor = f"; {manifest.replacement} takes its place" if manifest.replacement else ""
    if left > 0:
        days = "tomorrow" if left == 1 else f"in {left} days"
        return f"{name} ends {days}, on {manifest.sunset}{successor}"
    return f"{name} has ended on {manifest.sunset}{successor}"


def today() -> date:
    """The day it is now, in UTC."""
    return datetime.now(timezone.utc).date()
