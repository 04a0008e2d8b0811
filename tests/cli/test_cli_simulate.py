from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from ai_lib_python.cli.catalogue import dialects
from ai_lib_python.cli.failures import UsageError
from ai_lib_python.cli.script import read_script
from ai_lib_python.simulator import Answer, Fault, FaultMix, SimulatedError, Simulator


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_the_simulator_says_where_it_is_answers_and_ends_with_ctrl_c(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["Scripted"]))
    command = [sys.executable, "-m", "ai_lib_python", "simulate", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(3 + len(dialects()))]
        address = re.search(r"http://127\.0\.0\.1:\d+", lines[0])[0]
        for id, line in zip(dialects(), lines[3:], strict=True):
            assert line.split() == [id, f"{address}/{id}"]
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode()
        headers = {"authorization": "Bearer any", "content-type": "application/json"}
        request = urllib.request.Request(f"{address}/openai-chat/chat/completions", body, headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == "Scripted"
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""


def test_a_port_in_use_is_wrong_usage(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("simulate", "--port", str(port))
    assert ran.code == 2
    assert ran.err == f"ai-lib: port {port} is in use already; --port 0 takes a free one\n"


@pytest.mark.parametrize("option", [["--port", "70000"], ["--port", "x"], ["--delay", "-1"], ["--pace", "inf"]])
def test_impossible_options_are_wrong_usage(run, option):
    assert run("simulate", *option).code == 2


def test_a_script_has_texts_answers_tool_calls_and_errors(tmp_path):
    script = tmp_path / "script.json"
    calls = [{"name": "weather", "arguments": {"city": "Rome"}}]
    error = {"error_class": "rate_limited", "retry_after": 2}
    script.write_text(json.dumps(["Hi", {"text": "Rome", "delay": 0.5}, {"tool_calls": calls}, error]))
    first, second, third, fourth = read_script(str(script))
    assert (first, second) == (Answer("Hi"), Answer("Rome", delay=0.5))
    assert [(call.id, call.name, call.arguments) for call in third.tool_calls] == [
        ("call_1", "weather", {"city": "Rome"})
    ]
    assert fourth == SimulatedError("rate_limited", retry_after=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1", "is not JSON"),
        ("{}", "expected a list"),
        ("[1]", "answer 1: expected a text or an object"),
        ('["a", {"txt": "b"}]', "answer 2: unknown key 'txt'"),
        ('[{"text": 1}]', "answer 1: "),
        ('[{"chunk_size": 0}]', "answer 1: chunk_size must be at least 1"),
        ('[{"kind": "cutt"}]', "answer 1: the kind of a fault must be one of"),
        ('[{"kind": "cut", "att": 1}]', "answer 1: unknown key 'att'"),
        ('[{"kind": "cut", "at": "x"}]', "answer 1: "),
        ('[{"kind": "cut", "answer": {"txt": "x"}}]', "answer 1: unknown key 'txt'"),
        ('[{"error_class": "nope"}]', "answer 1: error_class must be one of"),
        ('[{"tool_calls": [{"name": 1}]}]', "answer 1: a tool call is"),
        ('[{"tool_calls": 1}]', "answer 1: "),
        ('[{"tool_calls": [{"name": "a", "arguments": "{}"}]}]', "answer 1: the arguments"),
    ],
)
def test_a_wrong_script_says_where(run, tmp_path, text, said):
    script = tmp_path / "script.json"
    script.write_text(text)
    with pytest.raises(UsageError, match=re.escape(said)):
        read_script(str(script))
    ran = run("simulate", "--script", str(script))
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(("options", "faults"), [((), None), (("--faults", "7"), FaultMix(7))])
def test_a_seed_lets_something_go_wrong_with_each_answer(run, monkeypatch, options, faults):
    made = []

    class Noted(Simulator):
        def __init__(self, *args, **kwargs):
            made.append(kwargs["faults"])
            super().__init__(*args, **kwargs)

        async def start(self):
            raise KeyboardInterrupt

    monkeypatch.setattr("ai_lib_python.cli.simulate.Simulator", Noted)
    assert run("simulate", *options).code == 0
    assert made == [faults]


def test_a_script_may_hold_faults(tmp_path):
    script = tmp_path / "script.json"
    call = {"name": "weather", "arguments": {"city": "Rome"}}
    script.write_text(json.dumps([{"kind": "cut", "at": 3, "answer": {"tool_calls": [call]}}, {"kind": "empty"}]))
    cut, empty = read_script(str(script))
    assert (cut.kind, cut.at, cut.answer.tool_calls[0].name, empty) == ("cut", 3, "weather", Fault("empty"))


def test_a_script_that_is_not_there_is_wrong_usage(run, tmp_path):
    assert run("simulate", "--script", str(tmp_path / "none.json")).code == 2
    assert run("simulate", "--script", str(tmp_path)).code == 2
