"""Texts and numbers whose types only inherit from the plain ones: numpy's, a page parser's, enums of texts."""

from __future__ import annotations

from typing import Any

_PLAIN: tuple[tuple[type, Any], ...] = ((str, str.__str__), (float, float.__float__), (int, int.__int__))


def plain(value: Any) -> Any:
    """The plain text or number that a value is. It is an ``enc_hook`` of msgspec, which writes the plain types alone.

    Raises:
        TypeError: it is neither.
    """
    for kind, made in _PLAIN:
        if isinstance(value, kind):
            return made(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
