"""Warnings, each told once, at the line of the program that made the call."""

from __future__ import annotations

import os
import sys
import warnings
from contextvars import Context, ContextVar, copy_context
from pathlib import Path
from typing import Any, NamedTuple

_BETWEEN = tuple(f"{folder}{os.sep}" for folder in (Path(__file__).parent.parent, Path(os.__file__).parent / "asyncio"))
"""The folders of the code that lies between who calls and who warns."""

_TOLD: set[tuple[str, ...]] = set()


class _Line(NamedTuple):
    """A line of somebody's program, and what was told there already."""

    file: str
    number: int
    module: str
    told: dict[Any, Any]


_CALLED_FROM: ContextVar[_Line | None] = ContextVar("the line that called from another thread", default=None)


def warn_once(about: tuple[str, ...], text: str, kind: type[Warning]) -> None:
    """A warning, the first time only that it is about these names."""
    if about not in _TOLD:
        _TOLD.add(about)
        line = _CALLED_FROM.get() or _line()
        warnings.warn_explicit(text, kind, line.file, line.number, line.module, line.told)


def called_here() -> Context:
    """A context to start something in that goes on in another thread: it warns at the line that is calling now."""
    context = copy_context()
    context.run(_CALLED_FROM.set, _CALLED_FROM.get() or _line())
    return context


def _line() -> _Line:
    """The innermost line that is neither ours nor the event loop's."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_BETWEEN):
        frame = frame.f_back
    names = frame.f_globals
    told = names.setdefault("__warningregistry__", {})
    return _Line(frame.f_code.co_filename, frame.f_lineno, names.get("__name__", "<string>"), told)
