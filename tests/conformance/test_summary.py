"""The page of results says what the recordings came to."""

from __future__ import annotations

from .conftest import Judge
from .recordings import DIALECTS, DOCUMENT, are_known
from .summary import document


def test_the_page_is_made_from_these_recordings(judged: Judge) -> None:
    """With other recordings than those it was made from, the page must still be one of all wire formats."""
    written = DOCUMENT.read_text(encoding="utf-8")
    if are_known():
        assert written == document({dialect: judged(dialect) for dialect in DIALECTS})
    assert all(f"| **{dialect}** |" in written for dialect in DIALECTS)
