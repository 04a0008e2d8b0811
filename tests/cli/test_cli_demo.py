from __future__ import annotations

import re
from time import process_time

import pytest

from ai_lib_python._manifest import folders
from ai_lib_python.cli import guide
from ai_lib_python.cli.catalogue import dialects
from ai_lib_python.simulator import Answer


@pytest.fixture(scope="module", params=[None, *dialects()])
def only(request):
    return request.param


def test_the_demo_shows_every_step_on_every_wire_format(run, only):
    started = process_time()
    ran = run("demo", *(["--dialect", only] if only else []))
    assert ran.code == 0, ran.out[-500:]
    assert process_time() - started < 3
    shown = [only] if only else dialects()
    for number, step in enumerate(guide.STEPS, 1):
        assert f"{number}. {step.title}" in ran.out
    for id in dialects():
        assert len(re.findall(f"(?m)^  {re.escape(id)}$", ran.out)) == (len(guide.STEPS) if id in shown else 0)
    printed = ran.out.count("\n  == ")
    unsaid = ran.out.count("\n  == (this wire format cannot say that: ")
    followed = len(re.findall("(?m)^  -> GET /", ran.out))
    assert printed == len(guide.STEPS) * len(shown)
    assert len(re.findall("(?m)^  -> [A-Z]+ /", ran.out)) - followed == printed - unsaid
    assert unsaid <= 2 * len(shown)
    assert re.fullmatch(
        rf"{len(guide.STEPS)} steps on \d+ wire formats?: \d+ calls, all as expected, [\d.]+ s",
        ran.out.splitlines()[-1],
    )
    assert ran.err == ""


def test_a_wire_format_that_is_not_there_is_wrong_usage(run):
    ran = run("demo", "--dialect", "smoke-signals")
    assert ran.code == 2
    assert ", ".join(dialects()) in ran.err


def test_an_answer_that_is_not_the_right_one_fails_the_demo(run, monkeypatch):
    monkeypatch.setattr(guide, "Answer", lambda text: Answer("Another story."))
    ran = run("demo", "--dialect", dialects()[0])
    assert ran.code == 1
    assert "FAILED" in ran.out
    assert "1 NOT as expected" in ran.out.splitlines()[-1]


def test_the_demo_works_with_keys_set_and_shows_none(run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-0123456789")
    ran = run("demo", "--dialect", "openai-chat")
    assert ran.code == 0
    assert "planted" not in ran.out + ran.err


def test_a_wire_format_of_ones_own_is_shown_too(run, tmp_path, monkeypatch):
    bundled = next(folders.candidates("openai-chat", folders.BUNDLED)).read_text("utf-8")
    (tmp_path / "mine-chat.yaml").write_text(bundled.replace("id: openai-chat", "id: mine-chat", 1), "utf-8")
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(tmp_path))
    ran = run("demo", "--dialect", "mine-chat")
    assert ran.code == 0
    assert "no provider of this wire format is known" in ran.out
