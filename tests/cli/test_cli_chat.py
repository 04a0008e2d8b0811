from __future__ import annotations

import json

import pytest

from ai_lib_python import errors
from ai_lib_python._manifest import folders
from ai_lib_python.cli import chat as chat_module
from ai_lib_python.cli.catalogue import usable
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

MODEL = "simulator/openai-chat"


@pytest.fixture
def server():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def at(server, monkeypatch):
    """The options that make a provider's model be answered by the server of this test."""
    monkeypatch.setenv("MY_KEY", "planted-key-0123456789")

    def options(model="openai/gpt-4o"):
        address = server.address(model.partition("/")[0])
        return ["-m", model, "--base-url", address, "--api-key-env", "MY_KEY"]

    return options


def test_the_answer_goes_to_standard_output_alone(run):
    ran = run("chat", "Hello", "-m", MODEL)
    assert ran == (0, "You said: Hello\n", "")


def test_a_dash_reads_the_question_from_standard_input(run):
    assert run("chat", "-", "-m", MODEL, stdin="piped\n").out == "You said: piped\n"


def test_without_a_question_standard_input_is_read(run):
    assert run("chat", "-m", MODEL, stdin="piped\n").out == "You said: piped\n"


def test_piped_text_comes_after_the_question(run, at, server):
    run("chat", "Review this:", *at(), stdin="\n  diff\n")
    assert server.requests[0].body["messages"] == [{"role": "user", "content": "Review this:\n\n  diff"}]


def test_an_empty_pipe_adds_nothing(run):
    assert run("chat", "Hello", "-m", MODEL, stdin="").out == "You said: Hello\n"


@pytest.mark.parametrize("stdin", [None, "", " \n"])
def test_no_question_is_wrong_usage(run, stdin):
    ran = run("chat", "-m", MODEL, stdin=stdin)
    assert ran.code == 2
    assert "there is no question" in ran.err


def test_everything_that_is_given_is_sent(run, at, server):
    run("chat", "Hi", "-s", "Be brief.", "--temperature", "0.5", "--top-p", "0.9", "--max-tokens", "7", *at())
    body = server.requests[0].body
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["top_p"]) == (0.5, 0.9)
    assert 7 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert body["stream"] is True


def test_stop_may_be_given_several_times(run, at, server):
    run("chat", "Hi", "--stop", "A", "--stop", "B", *at())
    assert server.requests[0].body["stop"] == ["A", "B"]


def test_no_stream_asks_for_the_whole_answer(run, at, server):
    ran = run("chat", "Hi", "--no-stream", *at())
    assert ran.out == "You said: Hi\n"
    assert not server.requests[0].body.get("stream")


@pytest.mark.parametrize("how", [[], ["--no-stream"]])
def test_json_is_one_object(run, how):
    ran = run("chat", "Hi", "-m", MODEL, "--json", *how)
    told = json.loads(ran.out)
    assert {name: told[name] for name in ("content", "tool_calls", "reasoning", "finish_reason", "simulated")} == {
        "content": "You said: Hi",
        "tool_calls": [],
        "reasoning": None,
        "finish_reason": "stop",
        "simulated": True,
    }
    assert told["usage"]["total_tokens"] == told["usage"]["prompt_tokens"] + told["usage"]["completion_tokens"]
    assert told["stats"]["latency_ms"] > 0
    assert [attempt["error_class"] for attempt in told["stats"]["ledger"]] == [None]
    assert not {"entries", "heard", "bills"} & told["stats"].keys()
    assert told["adjustments"] == []


def test_json_has_tool_calls_with_their_arguments(run, at, server):
    from ai_lib_python import ToolCall

    server.script(Answer(tool_calls=[ToolCall.create("weather", {"city": "Rome"}, id="call_1")]))
    ran = run("chat", "Hi", "--json", *at())
    assert json.loads(ran.out)["tool_calls"] == [{"id": "call_1", "name": "weather", "arguments": {"city": "Rome"}}]


def test_stats_go_to_standard_error(run):
    ran = run("chat", "Hi", "-m", MODEL, "--stats")
    assert ran.out == "You said: Hi\n"
    assert "tokens" in ran.err
    assert "first token after" in ran.err


def test_adjustments_are_told_in_one_line(run):
    ran = run("chat", "Hi", "-m", "simulator/anthropic-messages", "--temperature", "1.5")
    assert ran.err.splitlines() == ["temperature clamped to 1 (1.5 asked for): at most 1 here"]


def test_stats_tell_defaults_too(run):
    assert "max_tokens defaulted to" in run("chat", "Hi", "-m", "simulator/anthropic-messages", "--stats").err


def test_an_answer_that_was_cut_off_says_so(run):
    ran = run("chat", "one two three four five", "-m", MODEL, "--max-tokens", "2")
    assert "cut off" in ran.err
    assert ran.code == 0


def test_an_answer_that_ends_a_line_gets_no_empty_one(run, at, server):
    server.script(Answer("line\n"))
    assert run("chat", "Hi", *at()).out == "line\n"


# What fails for a while


@pytest.fixture
def at_once(monkeypatch):
    """Nobody waits between attempts."""
    monkeypatch.setattr("ai_lib_python._engine.attempts.between", lambda least, most: least)


OVERLOADED = SimulatedError("overloaded", "too busy")


def test_a_call_that_fails_for_a_while_is_tried_again(run, at, server, at_once):
    server.script(OVERLOADED, OVERLOADED)
    ran = run("chat", "Hi", *at())
    assert (*ran, len(server.requests)) == (0, "You said: Hi\n", "", 3)


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_it_is_tried_again_as_often_as_asked_for(run, at, server, at_once, retries):
    server.script(*[OVERLOADED] * 9)
    ran = run("chat", "Hi", "--max-retries", str(retries), *at())
    assert (ran.code, len(server.requests)) == (1, retries + 1)


def test_an_error_tells_what_became_of_each_request(run, at, server, at_once):
    server.script(SimulatedError("rate_limited", "slower"), OVERLOADED)
    ran = run("chat", "Hi", "--max-retries", "1", *at())
    assert "2 requests: openai/gpt-4o: rate_limited (429), overloaded (503)" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_error_of_one_request_tells_of_none(run, at, server):
    server.script(OVERLOADED)
    assert "requests" not in run("chat", "Hi", "--max-retries", "0", *at()).err


@pytest.mark.parametrize("how", [[], ["--no-stream"]])
def test_where_a_model_fails_the_next_one_is_asked(run, at, server, how):
    server.script(SimulatedError("quota_exhausted", "no money left"))
    ran = run("chat", "Hi", "--fallback", "simulator/cohere-v2", *how, *at())
    assert (ran.code, ran.out) == (0, "You said: Hi\n")
    assert ran.err.startswith("cohere-v2/simulator has answered; openai/gpt-4o: quota_exhausted (429); cohere-v2/")


def test_several_models_are_asked_in_order(run, at, server):
    server.script(SimulatedError("quota_exhausted", "no money left"))
    options = ["--fallback", "simulator/ollama-chat", "--fallback", "simulator/cohere-v2"]
    told = json.loads(run("chat", "Hi", "--json", *options, *at()).out)
    assert told["model"].startswith("ollama-chat/")


def test_who_answers_at_once_is_not_told_of(run, at):
    assert run("chat", "Hi", "--fallback", "simulator/cohere-v2", *at()).err == ""


def test_a_fallback_without_a_key_does_not_make_the_answer_a_simulated_one(run, at, server, monkeypatch):
    address = server.address("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    server.script(SimulatedError("quota_exhausted", "no money left"))
    ran = run("chat", "Hi", "-m", "openai/gpt-4o", "--fallback", "groq/x")
    assert (ran.code, ran.out) == (2, "")
    assert "GROQ_API_KEY" in ran.err
    assert "simulated" not in ran.err


def test_the_time_of_the_whole_call_ends_it(run, at, server):
    server.script(Answer("late", delay=30))
    ran = run("chat", "Hi", "--timeout", "0.05", *at())
    assert (ran.code, ran.out) == (1, "")
    assert "0.05" in ran.err


# Which model answers


def test_without_any_key_the_answer_is_simulated_and_says_so(run):
    ran = run("chat", "Hello")
    assert (ran.code, ran.out) == (0, "You said: Hello\n")
    assert "simulated" in ran.err
    assert "OPENAI_API_KEY" in ran.err


@pytest.mark.parametrize("id", folders.known_ids())
def test_a_model_without_its_key_is_simulated_or_explained(run, id):
    needs_only_a_key = id in [one.id for one in usable() if one.needs_key]
    ran = run("chat", "Hello", "-m", f"{id}/some-model", "--timeout", "5")
    assert ("simulated" in ran.err) == needs_only_a_key
    if needs_only_a_key:
        assert (ran.code, ran.out) == (0, "You said: Hello\n")
    else:  # a server on this machine that is not there; an address that nobody gave; a retired provider
        assert ran.code in (1, 2)
        assert ran.err.startswith("ai-lib: ")


def test_the_missing_variables_are_named(run):
    ran = run("chat", "Hello", "-m", "openai/gpt-4o")
    assert ran.err == "no API key for OpenAI: set OPENAI_API_KEY; this answer is simulated\n"


def test_the_model_may_come_from_the_environment(run, monkeypatch):
    monkeypatch.setenv("AI_LIB_MODEL", "simulator/cohere-v2")
    assert json.loads(run("chat", "Hi", "--json").out)["model"].startswith("cohere-v2/")


def test_the_first_provider_with_a_key_is_asked_for_its_first_example(monkeypatch):
    from ai_lib_python.cli.choice import choose

    monkeypatch.setenv("OPENAI_API_KEY", "any")
    assert choose(None).model.startswith("openai/")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    assert choose(None).model.startswith("anthropic/")
    assert choose("groq/x").model == "groq/x"


def test_another_address_is_never_simulated(run, server):
    ran = run("chat", "Hi", "-m", "openai/gpt-4o", "--base-url", server.address("openai"))
    assert (ran.code, ran.out, server.requests) == (2, "", [])
    assert "--api-key-env" in ran.err


def test_a_key_variable_that_is_not_set_is_wrong_usage(run):
    ran = run("chat", "Hi", "--api-key-env", "NOT_THERE")
    assert (ran.code, ran.out) == (2, "")
    assert "NOT_THERE is not set" in ran.err


# What goes wrong


def test_a_model_without_a_provider_gets_advice(run):
    ran = run("chat", "Hi", "-m", "gpt-4o")
    assert ran.code == 2
    assert 'did you mean "openai/gpt-4o"?' in ran.err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--temperature", "3", "temperature must be between 0 and 2, got 3.0"),
        ("--max-tokens", "0", "max_tokens must be at least 1, got 0"),
        ("--system", "", ""),
        ("--max-retries", "-1", "max_retries must be at least 0, got -1"),
        ("--timeout", "0", "timeout must be at least 0.001, got 0"),
        ("--timeout", "nan", "timeout must be at least 0.001, got nan"),
        ("--timeout", "inf", "timeout must be a finite number, got inf"),
    ],
)
def test_an_impossible_value_is_wrong_usage(run, option, value, said):
    ran = run("chat", "Hi", "-m", MODEL, option, value)
    assert said in ran.err
    assert ran.code == (2 if said else 0)


@pytest.mark.parametrize("given", ["nope/x", "gpt-4o", ""])
def test_a_fallback_that_is_no_model_is_wrong_usage(run, given):
    ran = run("chat", "Hi", "-m", MODEL, "--fallback", given)
    assert (ran.code, ran.out) == (2, "")
    assert given.partition("/")[0] in ran.err


def test_a_failed_call_is_one_line_and_exit_code_1(run, at, server):
    server.script(SimulatedError("quota_exhausted", "no money left"))
    ran = run("chat", "Hi", *at())
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ai-lib: ")
    assert "no money left" in ran.err
    assert "planted" not in ran.err


def test_what_came_before_an_error_stays(run, at, server):
    server.script(SimulatedError("overloaded", "too busy", after_frames=3))
    ran = run("chat", "one two three four five", *at())
    assert ran.code == 1
    assert ran.out.startswith("You said:")
    assert ran.out.endswith("\n")
    assert "too busy" in ran.err


def test_nobody_there_is_one_line(run, monkeypatch):
    monkeypatch.setenv("MY_KEY", "planted-key-0123456789")
    ran = run("chat", "Hi", "-m", "openai/x", "--base-url", "http://127.0.0.1:9", "--api-key-env", "MY_KEY")
    assert ran.code == 1
    assert ran.err.startswith("ai-lib: could not reach")
    assert "planted" not in ran.err


def test_debug_raises(run):
    with pytest.raises(errors.UnknownModelError):
        run("chat", "Hi", "-m", "nope/x", "--debug")


def test_an_interruption_is_130(run, monkeypatch):
    async def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(chat_module, "_ask", interrupted)
    assert run("chat", "Hi", "-m", MODEL).code == 130


def test_our_own_faults_are_not_hidden(run, monkeypatch):
    monkeypatch.setattr(chat_module, "choose", lambda named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("chat", "Hi")
