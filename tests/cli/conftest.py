"""Runs the command in this process, as a person would who has set nothing."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import NamedTuple

import pytest

from ai_lib_python.cli import main


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys, no addresses, no settings of the person who runs the tests."""
    for name in list(os.environ):
        if name.endswith(("_KEY", "_TOKEN", "_URL", "_BASE", "_ENDPOINT", "_HOST")) or name.startswith("AI_LIB"):
            monkeypatch.delenv(name)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("chat", "hi", stdin="piped")``; without ``stdin`` there is a terminal."""

    def ran(*argv: str, stdin: str | None = None) -> Ran:
        source = io.StringIO(stdin or "")
        monkeypatch.setattr(source, "isatty", lambda: stdin is None, raising=False)
        monkeypatch.setattr("sys.stdin", source)
        code = main(list(argv))
        return Ran(code, *capsys.readouterr())

    return ran
