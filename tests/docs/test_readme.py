"""The Python of the README and of the pages for users runs as it stands, over real HTTP, against the simulator."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python import AiClient, LimitStore
from ai_lib_python.cli import main
from ai_lib_python.message import ToolCall
from ai_lib_python.simulator import FAULTS, Answer, Simulator, embedded

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TESTING = (ROOT / "docs" / "testing.md").read_text("utf-8")


def blocks_of(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


async def run(source: str, names: dict[str, Any]) -> None:
    """Runs a block, in which ``await`` may stand at the top."""
    code = compile(source, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, names)
    if inspect.isawaitable(result):
        await result


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch) -> Any:
    async with Simulator() as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.address("anthropic"))
        monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-of-ones-own")
        yield running


async def test_every_block_runs_in_order(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    first, *rest = blocks_of(README)
    simulator.script(Answer("It calls itself."), Answer("Once upon a time"), Answer("Hello"))
    await run(first, names)
    assert capsys.readouterr().out.startswith("It calls itself.\nOnce upon a time")

    tools = rest.pop()
    await names["client"].aclose()
    for block in rest:
        await run(block, names)
    assert names["client"].base_url.endswith("/anthropic-messages")  # the block about the simulator

    call = ToolCall.create("get_weather", {"city": "Oslo"}, id="call-1")
    oslo = Answer('{"name": "Oslo", "people": 700000}')
    embedded().script(Answer("A tree."), Answer(tool_calls=(call,)), Answer("Yes, it rains."), oslo, oslo)
    await run(tools, names)
    printed = capsys.readouterr().out
    assert "[('get_weather', {'city': 'Oslo'})]" in printed
    assert names["response"].content == "Yes, it rains."
    assert (names["city"].name, names["city"].people, names["partial"]["people"]) == ("Oslo", 700000, 700000)
    assert [message.role.value for message in names["chat"].messages] == ["system", "user", "assistant"]
    assert "{'model': 'simulator', 'messages': [{'role': 'user', 'content': 'Hello'}]" in printed
    await names["client"].aclose()


async def test_the_page_about_costs_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in blocks_of((ROOT / "docs" / "costs.md").read_text("utf-8")):
        await run(block, names)
    printed = capsys.readouterr().out
    assert " caller\n" in printed
    assert names["stats"].cost == names["stream"].stats.cost
    assert names["totals"].cost == 2 * names["stats"].cost
    assert names["preview"].worst_case_cost > names["budget"].spent > 0
    assert names["shared"].spent > 0
    await names["client"].aclose()
    await names["other"].aclose()


async def test_the_page_about_tools_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in blocks_of((ROOT / "docs" / "tools.md").read_text("utf-8")):
        await run(block, names)
    await names["client"].aclose()
    printed = capsys.readouterr().out
    assert printed.count("The tool answered: {") == 3  # once whole, once in its rounds, once as a stream
    assert printed.endswith("The tool answered: a long, narrow inlet\n")
    assert [message.role.value for message in names["history"]] == ["assistant", "tool", "assistant"]


async def test_the_page_about_capabilities_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in blocks_of((ROOT / "docs" / "capabilities.md").read_text("utf-8")):
        await run(block, names)
    printed = capsys.readouterr().out
    assert printed == "1047576 32768\n('text', 'image', 'file') True ()\nTrue 2027-01-14\n9000 8192\n"
    async with await AiClient.create("simulator/openai-chat") as client:
        assert await names["largest"](client)


async def test_the_page_about_limits_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    embedded().script(Answer("Good morning."))
    for block in blocks_of((ROOT / "docs" / "limits.md").read_text("utf-8")):
        await run(block, names)
    await names["client"].aclose()
    assert capsys.readouterr().out == "Good morning.\n"
    stored = {name for name, value in vars(LimitStore).items() if inspect.isfunction(value) and name[0] != "_"}
    assert stored == {"answered", "give_back", "least_wait", "take"}  # the page says that there are four


async def test_the_page_about_parameters_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    embedded().script(Answer("An oak."), Answer("A lime tree."))
    for block in blocks_of((ROOT / "docs" / "parameters.md").read_text("utf-8")):
        await run(block, names)
        await names["client"].aclose()
    printed = capsys.readouterr().out
    budgets = [{"type": "enabled", "budget_tokens": tokens} for tokens in (1024, 2000)]
    thinking = "".join(f"{each}\n" for each in (*budgets, {"type": "disabled"}))
    assert printed.startswith(thinking)
    printed = printed.removeprefix(thinking)
    assert printed.startswith("An oak.\nAn oak. stop\nAn oak. stop\nA\n lime\n tree.\n")
    assert (names["number"], names["of_another"].text) == (1, " tree.")
    assert "'allowed_domains': ['who.int'], 'max_uses': 2, 'user_location': {'type': 'approximate'" in printed
    assert printed.endswith("{'job': 'nightly-7'}\n")
    own = {name: names[name].preview().body for name in ("draft", "routed", "safe", "local", "guided", "guarded")}
    assert own["draft"]["prediction"]["type"] == "content"
    assert own["routed"]["provider"]["order"] == ["together"]
    assert own["safe"]["safetySettings"][0]["threshold"] == "BLOCK_NONE"
    assert (own["local"]["keep_alive"], own["local"]["options"]) == ("10m", {"num_ctx": 32768})
    assert own["guided"]["structured_outputs"] == {"choice": ["yes", "no"]}
    assert own["guarded"]["safe_prompt"] is True
    assert names["shortened"].preview().body["truncation"] == "auto"


async def test_the_page_about_history_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in blocks_of((ROOT / "docs" / "history.md").read_text("utf-8")):
        await run(block, names)
    for name in ("client", "other"):
        await names[name].aclose()
    printed = capsys.readouterr().out
    assert printed.startswith("You said: What is recursion?\nYou said: And why does it end?5 ")
    assert "['user', 'assistant', 'tool', 'assistant']" in printed
    assert "{'role': 'user', 'content': 'In one word?'}" in printed
    assert "False False\nanthropic/claude-haiku-4-5:\n  refused: audio_base64:" in printed
    assert "'cache_control': {'type': 'ephemeral', 'ttl': '1h'}" in printed


async def test_the_page_about_files_runs_in_order(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OLLAMA_HOST", "OLLAMA_BASE_URL", "GROQ_BASE_URL", "XAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    names: dict[str, Any] = {}
    for block in blocks_of((ROOT / "docs" / "files.md").read_text("utf-8")):
        await run(block, names)
    await names["client"].aclose()
    printed = capsys.readouterr().out
    assert "['text', 'image_base64', 'image_url']" in printed
    assert "the image is image/gif; xAI (grok-4.7) takes images only of image/jpeg" in printed
    assert '<file name="notes.md">\n# Tuesday' in printed
    assert "there is no form for documents of text/markdown here; it was sent as text" in printed
    assert "['[the bytes of https://example.com/cat.png]']" in printed


async def test_the_page_about_typed_answers_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for block in blocks_of((ROOT / "docs" / "typed-answers.md").read_text("utf-8")):
        await run(block, names)
    await names["client"].aclose()
    printed = capsys.readouterr().out
    assert printed.startswith("example 1\nby='card' last_digits='exam'\n0 1 ")
    assert "['example']\n[City(name='example', people=1)]" in printed
    assert printed.endswith("City(name='example', people=1) [2100000]\n")


async def test_the_page_about_testing_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    first, *rest = [block for block in blocks_of(TESTING) if "def test_" not in block]
    await run(first, names)
    await names["client"].aclose()
    for block in rest:
        await run(block, names)
    assert capsys.readouterr().out == "You said: Hello\nTrue 2.0\nOne\nOne two\n"


@pytest.mark.parametrize("block", [block for block in blocks_of(TESTING) if "def test_" in block])
def test_the_tests_of_the_page_about_testing_pass(block: str, tmp_path: Path) -> None:
    file = tmp_path / "test_of_the_page.py"
    file.write_text(block)
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio", "-c", os.devnull]
    ran = subprocess.run([sys.executable, "-m", "pytest", *options, file], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert f"{block.count('def test_') if 'parametrize' not in block else 4} passed" in ran.stdout


def test_the_page_about_testing_says_what_each_fault_does() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TESTING, re.MULTILINE) == list(FAULTS)


def test_the_commands_that_are_named_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    named = set(re.findall(r"ai-lib ([a-z]+)", README))
    assert named >= {"demo", "chat", "providers", "simulate", "manifest"}
    assert [name for name in named if name not in shown] == []
