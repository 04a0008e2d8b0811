from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ai_lib_python._version import __version__

COMMAND = [sys.executable, "-m", "ai_lib_python"]


def in_a_process(*argv: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *argv], input=stdin, capture_output=True, text=True, timeout=30, env={**os.environ, **more}
    )


def test_version(run):
    assert run("--version") == (0, f"ai-lib {__version__}\n", "")


def test_nothing_at_all_prints_the_help(run):
    ran = run()
    assert ran.code == 0
    assert "ai-lib demo" in ran.out


@pytest.mark.parametrize(
    "argv", [["nope"], ["chat", "--nope"], ["manifest"], ["manifest", "check"], ["providers", "x"]]
)
def test_wrong_usage_is_2(run, argv):
    ran = run(*argv)
    assert ran.code == 2
    assert "usage: ai-lib" in ran.err


@pytest.mark.parametrize(
    "argv",
    [[], ["chat"], ["demo"], ["simulate"], ["providers"], ["providers", "show"], ["manifest", "check"]],
)
def test_every_command_has_help(run, argv):
    assert run(*argv, "--help").code == 0


def test_a_command_runs_in_a_process_of_its_own():
    ran = in_a_process("chat", "-m", "simulator/openai-chat", stdin="Hello\n")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "You said: Hello\n", "")


def test_errors_have_no_traceback_unless_asked_for():
    assert "Traceback" not in in_a_process("chat", "Hi", "-m", "nope/x").stderr
    asked = in_a_process("--debug", "chat", "Hi", "-m", "nope/x")
    assert "Traceback" in asked.stderr
    assert asked.returncode == 1


def test_starting_imports_neither_the_library_nor_the_network():
    code = (
        "import sys; from ai_lib_python.cli import main; main(['--version']);"
        "print(sorted(set(sys.modules) & {'asyncio', 'aiohttp', 'msgspec', 'yaml', 'ai_lib_python.client'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[1] == "[]"


def test_listing_imports_no_network():
    code = (
        "import sys; from ai_lib_python.cli import main; main(['providers', 'show', 'openai']);"
        "print(sorted(set(sys.modules) & {'asyncio', 'aiohttp'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
@pytest.mark.parametrize("argv", [["providers"], ["manifest", "show", "openai"], ["demo"], ["chat", "Hi"]])
def test_a_reader_that_leaves_is_no_error(argv):
    with subprocess.Popen(
        [*COMMAND, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(20) == 0
    assert "Traceback" not in told
    assert "Broken" not in told


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_during_an_answer_is_130():
    import signal
    import time

    from ai_lib_python.simulator import Answer, Simulator

    with Simulator([Answer("one two", delay=20)]) as server:
        argv = [
            *COMMAND,
            "chat",
            "Hi",
            "-m",
            "openai/x",
            "--base-url",
            server.address("openai"),
            "--api-key-env",
            "K",
        ]
        with subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "K": "any"},
        ) as process:
            deadline = time.monotonic() + 10
            while not server.requests and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
            assert "Traceback" not in process.stderr.read()


def test_a_terminal_without_the_characters_still_gets_an_answer():
    ran = in_a_process(
        "chat", "caf\u00e9 \u2603", "-m", "simulator/openai-chat", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert ran.returncode == 0
    assert ran.stdout.startswith("You said: caf")


def test_piped_bytes_that_are_no_text_are_wrong_usage():
    ran = subprocess.run(
        [*COMMAND, "chat"],
        input=b"\xff\xfe\xff",
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        check=False,
    )
    assert ran.returncode == 2
    assert b"standard input is not text" in ran.stderr
