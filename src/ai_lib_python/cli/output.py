"""Printing for people: columns, headings, and colours where a terminal has them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

__all__ = ["bold", "columns", "dim", "say", "say_json", "table", "tell"]

MARGIN = 2


def say(text: str = "") -> None:
    """A line of the result."""
    print(text)


def tell(text: str) -> None:
    """A line beside the result, on standard error."""
    sys.stdout.flush()
    print(text, file=sys.stderr)


def say_json(value: Any) -> None:
    """A value as indented JSON on standard output."""
    say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def bold(text: str) -> str:
    """The text as a heading."""
    return _styled(text, "1")


def dim(text: str) -> str:
    """The text as something beside the point."""
    return _styled(text, "2")


def _styled(text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if _has_colours() else text


def _has_colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def table(rows: Iterable[Sequence[str]]) -> None:
    """Prints rows in columns."""
    for line in columns(rows):
        say(line)


def columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as lines, in columns as wide as they need to be."""
    lines = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield (" " * MARGIN).join(cells).rstrip()
