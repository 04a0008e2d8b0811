"""What the manifest tests share: a folder to write manifests into, and no folders from outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from ai_lib_python._manifest import folders

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def no_folders_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(folders.VARIABLE, raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a manifest into ``tmp_path`` and gives its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
        return path

    return write
