"""Runs a guide's example as it stands, the way a notebook does."""

from __future__ import annotations

import ast
import inspect
from typing import Any

RESULT = "_"
"""The name that the value of an example's last line gets, where it is an expression."""


async def run(snippet: str, names: dict[str, Any]) -> dict[str, Any]:
    """Executes the text with ``names`` in reach; gives the names that there are then."""
    tree = ast.parse(snippet, "<guide>")
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name(RESULT, ast.Store())], last.value), last)
        ast.fix_missing_locations(tree)
    code = compile(tree, "<guide>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    running = eval(code, names)
    if inspect.iscoroutine(running):
        await running
    return names
