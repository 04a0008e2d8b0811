"""``docs/contract.md`` names a test for every promise, and each of them is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "contract.md").read_text("utf-8")

FEWEST = 60

ROW = re.compile(r"^\| (?P<promise>.+?) \| `(?P<test>tests/[\w/.]+\.py(?:::\w+){1,2}(?:\[[\w-]+\])?)` \|$")


def rows() -> list[tuple[str, str]]:
    """Each promise with its test, in the order of the page."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and line != "| promise | test |"]
    found = [(line, ROW.match(line)) for line in lines]
    strange = [line for line, match in found if match is None]
    assert not strange, f"these promise something without one test that is named as pytest names it: {strange}"
    return [(match["promise"], match["test"]) for _, match in found if match]


@cache
def named_in(path: str) -> dict[str, str]:
    """The tests of a file, those of its classes too, each with the source of its decorators."""
    body = ast.parse((ROOT / path).read_text("utf-8")).body
    places = [("", body), *((f"{node.name}::", node.body) for node in body if isinstance(node, ast.ClassDef))]
    return {
        f"{prefix}{node.name}": " ".join(map(ast.unparse, node.decorator_list))
        for prefix, nodes in places
        for node in nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    }


def is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    name, _, parameters = name.partition("[")
    found = named_in(path).get(name) if (ROOT / path).is_file() else None
    return found is not None and (not parameters or "parametrize" in found)


def test_every_promise_names_a_test_that_exists() -> None:
    absent = [f"{promise}: {test}" for promise, test in rows() if not is_there(test)]
    assert not absent, "\n".join(absent)


def test_no_test_that_is_named_is_skipped_everywhere() -> None:
    skipped = [test for _, test in rows() if "mark.skip(" in named_in(test.partition("::")[0])[_name(test)]]
    assert not skipped


def test_there_are_many_promises_and_none_stands_twice() -> None:
    promises = [promise for promise, _ in rows() if not promise.startswith("…")]
    tests = [test for _, test in rows()]
    assert len(tests) >= FEWEST
    assert len(set(promises)) == len(promises)
    assert len(set(tests)) == len(tests)


def test_a_wrong_name_is_found() -> None:
    assert not is_there("tests/docs/test_contract.py::test_that_is_not_there")
    assert not is_there("tests/docs/test_no_such_file.py::test_x")
    assert not is_there("tests/docs/test_contract.py::test_a_wrong_name_is_found[a]")


def _name(test: str) -> str:
    return test.partition("::")[2].partition("[")[0]
