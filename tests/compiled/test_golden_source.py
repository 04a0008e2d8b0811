"""The generated source of the four dialects stands in git, so that a change of it is seen by people."""

from __future__ import annotations

from difflib import unified_diff

import pytest

from .update import DIALECTS, generated, golden_file

MOST_LINES = 60


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_generated_source_is_the_golden_one(dialect: str) -> None:
    golden, now = golden_file(dialect).read_text("utf-8"), generated(dialect)
    difference = [*unified_diff(golden.splitlines(), now.splitlines(), "golden", "now", lineterm="", n=1)]
    shown = "\n".join(difference[:MOST_LINES])
    assert golden == now, f"if this is meant: python tests/compiled/update.py\n{shown}"
