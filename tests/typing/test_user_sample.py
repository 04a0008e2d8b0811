"""A user's program passes a strict type checker, and mistakes in one do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy is not installed: it is among the extras of dev")

SAMPLE = Path(__file__).with_name("user_sample.py")
ROOT = SAMPLE.parents[2]

MIXED_UP = """
from ai_lib_python import AiClient, ChatResponse, ChatStream

async def main() -> None:
    client = await AiClient.create("openai/gpt-4o")
    answer: ChatStream = await client.chat().user("hi").execute()
    stream: ChatResponse = client.chat().user("hi").stream()
    client.chat().user("hi").temperature("hot")
"""


def checked(path: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


def test_a_users_sample_passes_a_strict_checker(tmp_path: Path) -> None:
    result = checked(SAMPLE, tmp_path)
    assert result.returncode == 0, result.stdout


def test_an_answer_and_a_stream_have_types_of_their_own(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(MIXED_UP, encoding="utf-8")
    result = checked(program, tmp_path)
    assert [line.rpartition("[")[2] for line in result.stdout.splitlines() if "error:" in line] == [
        "assignment]", "assignment]", "arg-type]",
    ], result.stdout  # fmt: skip
