"""What the library costs whoever installs and imports it, and where its clocks stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .test_architecture import MODULES, SOURCE

ROOT = SOURCE.parents[1]

MOST_MODULES = {"import ai_lib_python": 45, "from ai_lib_python import AiClient, Message, errors": 110}
"""How many modules an import may load beside those of an interpreter that has started; asyncio alone is 80."""

DEPENDENCIES = {"aiohttp", "docstring-parser", "idna", "msgspec", "pyyaml"}
"""Each has its reason in pyproject.toml. None is a vendor's."""

WALL_CLOCKS = re.compile(r"\btime\.time\(|(?<!\.)\btime\(\)|datetime\.now\(|datetime\.utcnow\(|date\.today\(")

DATES = {
    "_compile/waits.py",           # a wait that is told as a date
    "_engine/authenticate.py",     # signatures carry the time
    "_engine/billing.py",          # a price holds from a day on
    "_engine/credentials.py",      # credentials expire at a date
    "_engine/failures.py",         # limits are reset at a date
    "_engine/sunset.py",           # models end at a date
    "money/worst_case.py",
}  # fmt: skip
"""Where a date is asked for. Durations are never measured by such a clock, which people and servers set back."""


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    env = {"PYTHONPATH": str(SOURCE.parent)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=True).stdout


@pytest.mark.parametrize("statement", MOST_MODULES)
def test_an_import_loads_few_modules(statement: str) -> None:
    code = f"import sys; before = set(sys.modules); {statement}; print(len(set(sys.modules) - before))"
    assert 0 < int(run(code)) <= MOST_MODULES[statement]


def test_the_dependencies_are_few_known_and_of_a_wide_range() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.partition("\ndependencies = [\n")[2].partition("\n]")[0]
    lines = [line.strip() for line in block.splitlines()]
    found = [re.match(r'"([a-z-]+)>=[\d.]+,<\d+",', line) for line in lines]
    assert {match[1] for match in found if match} == DEPENDENCIES
    for before, line, match in zip(["", *lines], lines, found, strict=False):
        assert match or line.startswith("#"), f"no range: {line}"
        assert "#" in line or "#" in before, f"no reason: {line}"


def test_durations_are_measured_by_a_monotonic_clock() -> None:
    """A clock that is set back would make latencies negative, and a deadline last for ever."""
    users = {str(path.relative_to(SOURCE)) for path in MODULES if WALL_CLOCKS.search(path.read_text("utf-8"))}
    assert users <= DATES


def test_the_marker_of_types_is_there() -> None:
    assert (SOURCE / "py.typed").is_file()
    assert Path(SOURCE / "py.typed").stat().st_size == 0
