"""The page of all providers is made from the manifests as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_lib_python._manifest.folders import known_ids
from ai_lib_python.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["providers", "--markdown"]) == 0
    assert PAGE.read_text("utf-8") == capsys.readouterr().out, "ai-lib providers --markdown > docs/providers.md"


def test_every_provider_has_a_section() -> None:
    headings = [line.removeprefix("## ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("## ")]
    assert set(known_ids()) <= set(headings)
