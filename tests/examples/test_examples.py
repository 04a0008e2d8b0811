"""The examples run as they stand, as programs, over real HTTP: only the environment says that a simulator answers."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib_python import AdjustmentWarning, ToolCall, Usage
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import FilePart, ImagePart
from ai_lib_python.money import catalogue
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.py"))

OPENAI, RESPONSES = "openai/gpt-5.4-mini", "openai/gpt-6.1-sol"
ANTHROPIC, GEMINI = "anthropic/claude-haiku-4-5", "gemini/gemini-3.5-flash-lite"
COHERE, OLLAMA, GROQ = "cohere/command-a-03-2025", "ollama/qwen3", "groq/openai/gpt-oss-20b"
SEVERAL = [OPENAI, ANTHROPIC, GEMINI, COHERE, OLLAMA]
"""Models of five wire formats. The second of OpenAI's is asked on a sixth where there are tools."""

VARIABLES = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "anthropic": ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
    "gemini": ("GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"),
    "cohere": ("CO_API_URL", "CO_API_KEY"),
    "ollama": ("OLLAMA_API_BASE", "OLLAMA_API_KEY"),
    "groq": ("GROQ_BASE_URL", "GROQ_API_KEY"),
}
"""Where a provider's address and key stand, for anyone who has no simulator too."""


class Stage:
    """Runs examples, and has the simulator that answers them."""

    def __init__(
        self, simulator: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.simulator = simulator
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, name: str, *arguments: str) -> str:
        """What an example prints, run in the way of ``python NAME.py ARGUMENTS``."""
        path = str(EXAMPLES / f"{name}.py")
        self._monkeypatch.setattr(sys, "argv", [path, *arguments])
        runpy.run_path(path, run_name="__main__")
        return self._capsys.readouterr().out

    def forget(self, *, keys: bool = False, addresses: bool = False) -> None:
        """Takes keys or addresses out of the environment."""
        for address, key in VARIABLES.values():
            if keys:
                self._monkeypatch.delenv(key)
            if addresses:
                self._monkeypatch.delenv(address)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    for name in list(os.environ):
        if name.startswith("AI_LIB_") or name.endswith(("_API_KEY", "_AUTH_TOKEN")) or "proxy" in name.lower():
            monkeypatch.delenv(name)
    monkeypatch.setattr(catalogue, "_snapshot", lambda: None)  # prices that do not change with another library
    with Simulator() as simulator:
        for provider, (address, key) in VARIABLES.items():
            monkeypatch.setenv(address, simulator.address(provider))
            monkeypatch.setenv(key, "a-key-of-ones-own")
        yield Stage(simulator, capsys, monkeypatch)


# What holds for all of them


def test_every_example_is_run_here() -> None:
    named = re.findall(r'(?:run|program)\("(\w+)"', Path(__file__).read_text("utf-8"))
    assert sorted(set(named)) == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_has_fewer_than_40_lines_and_says_how_it_is_run(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text("utf-8")
    assert len(source.splitlines()) < 40
    assert re.match(rf'"""[^"]*`(python|pytest) {name}\.py\b[^"]*"""\n', source)


def test_the_table_names_every_example_once() -> None:
    table = (EXAMPLES / "README.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| \[(\w+)\.py\]\(\1\.py\) \|", table, re.MULTILINE)) == PROGRAMS


def test_an_example_is_a_program_of_its_own(stage: Stage) -> None:
    assert program("hello", OPENAI).stdout.startswith("You said: What is recursion?")


def program(name: str, *arguments: str, runner: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """An example in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, *runner, str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=True)


# Each of them


@pytest.mark.parametrize("model", [(), *((model,) for model in [*SEVERAL, RESPONSES, GROQ])])
def test_hello_prints_the_answer(stage: Stage, model: tuple[str, ...]) -> None:
    stage.simulator.script(Answer("It calls itself."))
    assert stage.run("hello", *model) == "It calls itself.\n"


@pytest.mark.parametrize("model", SEVERAL)
def test_a_stream_is_printed_as_it_comes(stage: Stage, model: str) -> None:
    stage.simulator.script(Answer("Once upon a time."))
    assert stage.run("streaming", model) == "Once upon a time.\n(stop)\n"
    asked = stage.simulator.requests[0]
    assert asked.body.get("stream") is True or asked.path.endswith(":streamGenerateContent")


def test_where_all_models_but_the_last_fail_it_answers_and_the_ledger_has_all(stage: Stage) -> None:
    stage.simulator.script(*[SimulatedError("overloaded")] * 4, Answer("The Glomma."))
    answer, *ledger = stage.run("fallbacks", OPENAI, ANTHROPIC, GEMINI).splitlines()
    assert answer == "gemini: The Glomma."
    told = [re.sub(r", \d+ ms$", "", line) for line in ledger]
    assert told == [
        "- openai, first: overloaded",
        "- openai, retry: overloaded",
        "- anthropic, first: overloaded",
        "- anthropic, retry: overloaded",
        "- gemini, first: fine",
    ]


def test_where_all_models_fail_the_last_error_is_told(stage: Stage) -> None:
    stage.simulator.script(*[SimulatedError("authentication")] * 3)
    told, *ledger = stage.run("fallbacks").splitlines()
    assert told.startswith("All have failed: Google Gemini")
    assert len(ledger) == 3


@pytest.mark.parametrize(("model", "cost"), [(OPENAI, "0.0012"), (ANTHROPIC, "0.0015")])
def test_statistics_tell_tokens_and_cost(stage: Stage, model: str, cost: str) -> None:
    used = Usage(input=1000, output=100)
    stage.simulator.script(Answer("The Nile.", usage=used), Answer("Mont Blanc.", usage=used))
    nile, tokens, price, *_, total = stage.run("stats_and_cost", model).splitlines()
    assert nile == "The Nile."
    assert re.fullmatch(r"  1000 tokens in, 100 out, \d+ ms", tokens)
    assert price == f"  {cost} USD by manifest"
    assert re.fullmatch(rf"2 requests, 2200 tokens, {float(cost) * 2:g}0* USD", total)


def test_statistics_tell_that_a_cost_is_not_known(stage: Stage) -> None:
    printed = stage.run("stats_and_cost", OLLAMA)
    assert "  no price is known\n" in printed
    assert printed.endswith(" 0 USD\n(without 2, of which nobody knows the cost)\n")


def test_one_question_goes_to_several_providers(stage: Stage) -> None:
    printed = stage.run("switching_providers").splitlines()
    assert [line.partition(": ") for line in printed] == [
        (model, ": ", "You said: Which sea is the deepest?") for model in [OPENAI, ANTHROPIC, GEMINI, COHERE]
    ]
    assert {request.manifest_id for request in stage.simulator.requests} == {"openai", "anthropic", "gemini", "cohere"}


def test_providers_without_a_key_are_left_out(stage: Stage) -> None:
    stage.forget(keys=True)
    printed = stage.run("switching_providers", OLLAMA, ANTHROPIC).splitlines()
    assert printed[0] == f"{OLLAMA}: You said: Which sea is the deepest?"
    assert printed[1].startswith(f"{ANTHROPIC}: (")
    assert "ANTHROPIC_API_KEY" in printed[1]


@pytest.mark.parametrize("model", [*SEVERAL, RESPONSES, GROQ])
def test_functions_are_called(stage: Stage, model: str) -> None:
    call = ToolCall.create("get_weather", {"city": "Oslo", "unit": "kelvin"}, id="call-1")
    stage.simulator.script(Answer(tool_calls=[call]), Answer("Yes, it rains."))
    assert stage.run("tools_from_functions", model) == (
        "get_weather({'city': 'Oslo', 'unit': 'kelvin'}) gave {'city': 'Oslo', 'sky': 'rain', 'temperature': 277}\n"
        "Yes, it rains.\n"
    )


@pytest.mark.parametrize("model", [*SEVERAL, RESPONSES])
def test_rounds_of_tools_are_streamed(stage: Stage, model: str) -> None:
    calls = [ToolCall.create("count_people", {"city": city}, id=f"call-{city}") for city in ("Oslo", "Bergen")]
    used = Usage(input=10, output=5)
    stage.simulator.script(Answer(tool_calls=calls, usage=used), Answer("A million.", usage=used))
    first, second, *rest = stage.run("streaming_tools", model).splitlines()
    assert {first, second} == {
        "[count_people {'city': 'Oslo'}: 717710]",
        "[count_people {'city': 'Bergen'}: 291940]",
    }
    assert rest == ["A million.", "2 answers, 30 tokens"]


@pytest.mark.parametrize("model", [*SEVERAL, GROQ])
def test_an_answer_comes_as_a_value(stage: Stage, model: str) -> None:
    stage.simulator.script(
        Answer('{"name": "Portugal"}'),  # does not fit, and is asked for again
        Answer('{"name": "Portugal", "capital": "Lisbon", "people": 10639726, "dishes": ["bacalhau", "cataplana"]}'),
    )
    assert stage.run("typed_answer", model) == "Portugal: Lisbon, 10,639,726 people\n- bacalhau\n- cataplana\n"
    assert len(stage.simulator.requests) == 2


@pytest.mark.parametrize("model", [*SEVERAL, GROQ])
def test_a_value_grows_while_it_comes(stage: Stage, model: str) -> None:
    steps = '[{"title": "Knead the dough", "minutes": 10}, {"title": "Bake it", "minutes": 45}]'
    stage.simulator.script(Answer(f'{{"value": {steps}}}'))
    progress, *listed = stage.run("streaming_typed", model).split("\n")
    assert progress.split("\r")[1] in ("0 steps so far", "1 steps so far")
    assert progress.endswith("\r2 steps so far")
    assert listed == ["  10 min  Knead the dough", "  45 min  Bake it", ""]


INVOICE = (
    '{"seller": "Blue Fjord Coffee", "currency": "EUR", "total": 70.4,'
    ' "items": [{"what": "Espresso beans", "amount": 58}, {"what": "Paper filters", "amount": 12.4}]}'
)


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC, GEMINI])
def test_a_pdf_becomes_a_value(stage: Stage, model: str) -> None:
    stage.simulator.script(Answer(INVOICE))
    assert stage.run("extract_from_a_pdf", model) == (
        "Invoice(seller='Blue Fjord Coffee', currency='EUR', items=[Item(what='Espresso beans', amount=58.0), "
        "Item(what='Paper filters', amount=12.4)], total=70.4)\n"
    )
    document = stage.simulator.requests[0].request.messages[-1].parts[0]
    assert isinstance(document, FilePart)
    assert document.media_type == "application/pdf"


@pytest.mark.parametrize("model", [COHERE, OLLAMA, GROQ])
def test_a_provider_that_takes_no_pdf_is_an_error(stage: Stage, model: str) -> None:
    with pytest.raises(UnsupportedError, match=re.escape("messages[0].parts[0]")):
        stage.run("extract_from_a_pdf", model)
    assert not stage.simulator.requests


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC, GEMINI, OLLAMA])
def test_a_picture_is_looked_at(stage: Stage, model: str) -> None:
    stage.simulator.script(Answer("A house."))
    assert stage.run("image", model) == "A house.\n"
    (picture,) = (part for part in stage.simulator.requests[0].request.messages[-1].parts if part.kind != "text")
    assert isinstance(picture, ImagePart)


def test_a_picture_may_be_an_address(stage: Stage) -> None:
    stage.run("image", ANTHROPIC, "https://example.com/house.png")
    assert stage.simulator.requests[0].body["messages"][0]["content"][0]["source"] == {
        "type": "url",
        "url": "https://example.com/house.png",
    }


@pytest.mark.parametrize("model", [OPENAI, GEMINI])
def test_several_answers_are_numbered(stage: Stage, model: str) -> None:
    stage.simulator.script(Answer("Crumb"))
    assert stage.run("several_answers", model) == "1. Crumb\n2. Crumb\n3. Crumb\n"


@pytest.mark.parametrize("model", [ANTHROPIC, COHERE, OLLAMA, GROQ])
def test_a_provider_that_gives_one_answer_is_told(stage: Stage, model: str) -> None:
    stage.simulator.script(Answer("Crumb"))
    with pytest.warns(AdjustmentWarning, match="n was"):
        assert stage.run("several_answers", model) == "1. Crumb\n"


@pytest.mark.parametrize("model", [ANTHROPIC, GEMINI, OLLAMA, GROQ])
def test_thoughts_stand_before_the_answer(stage: Stage, model: str) -> None:
    stage.simulator.script(
        Answer("0.05", reasoning="Half of what is left.", usage=Usage(input=9, output=9, reasoning=7))
    )
    told = None if model == OLLAMA else 7  # which does not tell
    assert stage.run("reasoning", model) == f"Half of what is left.\n=> 0.05\n{told} tokens of reasoning\n"


@pytest.mark.parametrize("model", SEVERAL)
def test_a_conversation_goes_on_the_next_time(
    stage: Stage, model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = str(tmp_path / "chat.json")
    said = iter(["Hello", "Why?", "", "And then?"])
    monkeypatch.setattr("builtins.input", lambda _: next_or_end(said))
    stage.simulator.script(Answer("Hi."), Answer("Because."), Answer("The end."))
    assert stage.run("conversation", model, file) == f"Hi.\nBecause.\n5 messages are in {file}\n"
    assert stage.run("conversation", model, file) == f"The end.\n7 messages are in {file}\n"
    texts = [message.text for message in stage.simulator.requests[-1].request.messages]
    assert texts == ["You are a patient tutor.", "Hello", "Hi.", "Why?", "Because.", "And then?"]


def next_or_end(lines: Iterator[str]) -> str:
    """The next line that is typed, or the end of what is typed, as ``input`` tells it."""
    try:
        return next(lines)
    except StopIteration:
        raise EOFError from None


@pytest.mark.parametrize(
    ("first", "second"), [(OPENAI, ANTHROPIC), (ANTHROPIC, GEMINI), (GEMINI, COHERE), (OLLAMA, RESPONSES)]
)
def test_a_conversation_moves_to_another_provider(stage: Stage, first: str, second: str) -> None:
    call = ToolCall.create("get_time", {"city": "Lisbon"}, id="call-1")
    stage.simulator.script(Answer(tool_calls=[call]), Answer("It is 18:30."), Answer("No, it is early."))
    told, report, answer = stage.run("moving_a_conversation", first, second).splitlines()
    assert told == f"{first}: It is 18:30."
    assert report == f"{second}: everything arrives as it stands"
    assert answer == f"{second}: No, it is early."
    assert stage.simulator.requests[-1].manifest_id == second.partition("/")[0]


def test_what_would_be_lost_on_the_way_is_told(stage: Stage) -> None:
    call = ToolCall.create("get_time", {"city": "Lisbon"}, id="call-1")
    stage.simulator.script(Answer(tool_calls=[call], reasoning="A tool knows."), Answer("It is 18:30."))
    assert f"{ANTHROPIC}:\n  lost: reasoning: " in stage.run("moving_a_conversation", OLLAMA, ANTHROPIC)


def test_a_prompt_is_paid_for_once(stage: Stage) -> None:
    stage.simulator.script(
        Answer("1", usage=Usage(input=20, cache_write=6000, cache_write_1h=0, output=2)),
        Answer("0", usage=Usage(input=20, cache_read=6000, output=2)),
    )
    assert stage.run("prompt_cache") == (
        "1\n  20 tokens new, 6000 written, 0 read: 0.00753 USD\n0\n  20 tokens new, 0 written, 6000 read: 0.00063 USD\n"
    )
    first, second = (request.body["system"] for request in stage.simulator.requests)
    assert first == second
    assert first[0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize("model", [OPENAI, GEMINI])
def test_a_provider_that_caches_by_itself_gets_the_same_prompt(stage: Stage, model: str) -> None:
    assert stage.run("prompt_cache", model).startswith("You said: In which colour is number 17 to be painted?\n")
    first, second = (request.request.messages[0].text for request in stage.simulator.requests)
    assert first == second


URLS = {
    OPENAI: "https://api.openai.com/v1/chat/completions",
    ANTHROPIC: "https://api.anthropic.com/v1/messages",
    GEMINI: f"https://generativelanguage.googleapis.com/v1beta/models/{GEMINI.partition('/')[2]}:generateContent",
    COHERE: "https://api.cohere.com/v2/chat",
    OLLAMA: "http://localhost:11434/api/chat",
}


@pytest.mark.parametrize("model", SEVERAL)
def test_a_request_is_shown_and_not_sent(stage: Stage, model: str) -> None:
    stage.forget(keys=True, addresses=True)
    printed = stage.run("preview_and_curl", model)
    assert printed.startswith(f"POST {URLS[model]}\n{{")
    assert f"\ncurl {URLS[model]} -X POST " in printed
    assert ("top_k is dropped: " in printed) is (model in (OPENAI, GEMINI))
    assert not stage.simulator.requests


@pytest.mark.parametrize(("model", "answers", "spent"), [(OPENAI, 4, "0.007260"), (ANTHROPIC, 3, "0.00606")])
def test_a_budget_is_not_overstepped(stage: Stage, model: str, answers: int, spent: str) -> None:
    stage.simulator.script(*[Answer("A bridge.", usage=Usage(input=20, output=400))] * 10)
    *lines, refused, total = stage.run("budget", model).splitlines()
    assert [line.endswith(": A bridge.") for line in lines] == [True] * answers
    assert refused.startswith("That is all: the call may cost 0.00")
    assert total == f"{spent} of 0.01 USD are spent"
    assert len(stage.simulator.requests) == answers


def test_a_model_without_a_price_needs_one_for_a_budget(stage: Stage) -> None:
    refused, total = stage.run("budget", COHERE).splitlines()
    assert "no price of command-a-03-2025 is known" in refused
    assert total == "0 of 0.01 USD are spent"
    assert not stage.simulator.requests


@pytest.mark.parametrize("model", SEVERAL)
def test_many_questions_keep_to_limits(stage: Stage, model: str) -> None:
    stage.simulator.script(*[Answer("A bridge.")] * 10)
    lines = stage.run("limits", model).splitlines()
    assert len(lines) == len(stage.simulator.requests) == 10
    assert all(line.endswith(": A bridge.") for line in lines)


def test_a_provider_that_is_down_is_left_alone(stage: Stage) -> None:
    stage.simulator.script(*[SimulatedError("server_error", retry_after=0)] * 30)
    printed = stage.run("limits", OPENAI)
    assert "Voss: not asked; try again in 30 s" in printed
    assert 3 <= len(stage.simulator.requests) <= 4  # two at a time


def test_capabilities_are_told_without_asking_anyone(stage: Stage) -> None:
    stage.forget(keys=True)
    printed = stage.run("capabilities")
    assert printed.startswith(
        "openai/gpt-6.1-sol\n  context 1050000, answers up to 128000 tokens\n  takes text, image, file\n"
        "  tools: True, schemas: True, web search: True\n"
    )
    assert printed.count("\n  takes ") == 4
    assert "cohere" not in printed
    assert stage.run("capabilities", COHERE).startswith(f"{COHERE}\n  context 262144, ")
    assert not stage.simulator.requests


@pytest.mark.parametrize(
    ("model", "tool"), [(OPENAI, "web_search"), (ANTHROPIC, "web_search_"), (GEMINI, "googleSearch")]
)
def test_the_provider_is_asked_to_search(stage: Stage, model: str, tool: str) -> None:
    stage.simulator.script(Answer("3.15", usage=Usage(input=9, output=2)))
    assert stage.run("web_search", model).startswith("3.15\n")
    assert tool in str(stage.simulator.requests[0].body["tools"])


@pytest.mark.parametrize("model", SEVERAL)
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SimulatedError("authentication"), "{provider} does not know this key"),
        (SimulatedError("not_found"), "{provider} has no model {model}"),
        (SimulatedError("rate_limited", retry_after=7), "too fast; again in 7.0 seconds"),
        (SimulatedError("server_error"), "server_error (500, request "),
    ],
    ids=lambda value: getattr(value, "error_class", ""),
)
def test_errors_are_told_apart(stage: Stage, model: str, error: SimulatedError, told: str) -> None:
    stage.simulator.script(error)
    provider, _, name = model.partition("/")
    printed = stage.run("errors", model)
    assert printed.startswith(told.format(provider=provider, model=name))
    assert ("retryable: True" in printed) is (error.error_class == "server_error")


def test_an_answer_without_an_error_is_printed(stage: Stage) -> None:
    assert stage.run("errors") == "You said: Why is the sky blue? One sentence.\n"


def test_what_fails_before_and_on_the_way_is_told_apart(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stage.run("errors", "opnai/gpt").startswith('not sent: There is no provider "opnai". Did you mean "openai"?')
    stage.simulator.close()
    assert stage.run("errors", OPENAI).startswith("the network failed: ")
    stage.forget(keys=True)
    assert stage.run("errors", OPENAI).startswith("not sent: ")


def test_a_provider_of_ones_own_keeps_its_rules(stage: Stage) -> None:
    stage.simulator.script(Answer("A list."))
    printed = stage.run("own_provider")
    assert "max_tokens was clamped: at most 300 here\n" in printed
    assert printed.endswith("our-house says: A list.\n")
    body = stage.simulator.requests[0].body
    assert (body["model"], body["max_completion_tokens"], body["seed"]) == ("gpt-5.4-mini", 300, 7)


@pytest.mark.parametrize("model", [ANTHROPIC, GEMINI, COHERE])
def test_other_providers_stay_as_they_are_beside_ones_own(stage: Stage, model: str) -> None:
    assert f"{model.partition('/')[0]} says: You said: What is a manifest?\n" in stage.run("own_provider", model)


@pytest.mark.parametrize("model", SEVERAL)
def test_nothing_needs_to_be_awaited(stage: Stage, model: str) -> None:
    stage.simulator.script(Answer("A line of work."), Answer("1 2 3 4 5"))
    first, second = stage.run("blocking", model).splitlines()
    assert re.fullmatch(r"A line of work\. \(\d+ ms\)", first)
    assert second == "1 2 3 4 5"


def test_ones_own_code_is_tested_with_the_simulator() -> None:
    ran = program("testing", runner=("-m", "pytest", "-v"))
    assert "4 passed" in ran.stdout


@pytest.mark.parametrize("model", SEVERAL)
def test_retries_and_deadlines_tells_every_attempt(stage: Stage, model: str) -> None:
    stage.simulator.script(SimulatedError("overloaded"), SimulatedError("overloaded"), Answer("A bitter plant."))
    printed = stage.run("retries_and_deadlines", model)
    assert printed == "A bitter plant.\nfirst: overloaded\nretry: overloaded\nretry: answered\n"


def test_retries_and_deadlines_tells_what_failed_for_good(stage: Stage) -> None:
    stage.simulator.script(SimulatedError("invalid_request"))
    assert stage.run("retries_and_deadlines") == "failed for good: invalid_request, after 1 requests\n"
