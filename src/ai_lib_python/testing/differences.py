"""What differs between a recorded request and another one, said for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .exchange import Asked

LONGEST = 60
"""Characters of a value that are shown."""

_NOTHING = object()


def differences(recorded: Asked, asked: Asked) -> list[str]:
    """Each place in which they differ: ``body.messages[0].content: recorded 'Hi', asked 'Hello'``."""
    pairs = [("method", recorded.method, asked.method), ("url", recorded.url, asked.url)]
    found = [_said(name, one, other) for name, one, other in pairs if one != other]
    return [*found, *_within("body", recorded.body, asked.body)]


def _within(place: str, recorded: Any, asked: Any) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for name in dict.fromkeys([*recorded, *asked]):
            yield from _within(f"{place}.{name}", recorded.get(name, _NOTHING), asked.get(name, _NOTHING))
    elif isinstance(recorded, list) and isinstance(asked, list):
        for index in range(max(len(recorded), len(asked))):
            yield from _within(f"{place}[{index}]", _at(recorded, index), _at(asked, index))
    elif recorded is _NOTHING or asked is _NOTHING or recorded != asked:
        yield _said(place, recorded, asked)


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _NOTHING


def _said(place: str, recorded: Any, asked: Any) -> str:
    return f"{place}: recorded {_shown(recorded)}, asked {_shown(asked)}"


def _shown(value: Any) -> str:
    text = "nothing" if value is _NOTHING else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
