"""The recorded answers to requests with tools decode equal, every one."""

from __future__ import annotations

from .conftest import Judge
from .recordings import DIALECTS

TOOLS = {"tools", "parallel_tools", "tool_result"}
"""Features of recordings that say that tools were in it."""


def test_every_row_with_tools_decodes_equal(judged: Judge) -> None:
    rows = [each for dialect in DIALECTS for each in judged(dialect) if TOOLS & set(each.row.features)]
    parallel = [each for each in rows if "parallel_tools" in each.row.features]
    print(f"{len(rows)} rows with tools, {len(parallel)} of them with several calls at once")
    assert {each.row.id: each.differences for each in rows if each.differences} == {}
    assert rows
