"""The text of a question: what was typed, what was piped in, or both."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, TextIO

from .failures import UsageError
from .output import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_question"]

PATIENCE = 5.0
"""Seconds of silence from a pipe after which it is said that we wait for it."""


def read_question(typed: str | None, source: TextIO | None) -> str:
    """The question. ``-`` and nothing stand for standard input; a piped text comes after a typed one.

    Raises:
        UsageError: there is no question at all.
    """
    question = "" if typed is None or typed == "-" else typed
    piped = _read(source) if typed == "-" or _is_piped(source) else ""
    asked = "\n\n".join(part for part in (question.strip(), piped.strip("\n")) if part.strip())
    if not asked:
        raise UsageError('there is no question: ai-lib chat "What is recursion?", or pipe one in')
    return asked


def _is_piped(source: TextIO | None) -> bool:
    return source is not None and not source.closed and not source.isatty()


def _read(source: TextIO | None) -> str:
    if source is None:
        return ""
    try:
        with _impatience(source):
            return source.read()
    except UnicodeDecodeError as error:
        raise UsageError("standard input is not text in this terminal's encoding") from error
    except OSError:  # there is none that can be read, as in some services
        return ""


@contextmanager
def _impatience(source: TextIO) -> Iterator[None]:
    """Says after a while what we wait for: a script may have left a pipe open that nobody writes to."""
    timer = Timer(PATIENCE, tell, ["ai-lib: reading standard input until it ends; without one: </dev/null"])
    timer.daemon = True
    if not source.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
