"""``ai-lib keys``."""

from __future__ import annotations

import json

import keyring
import keyring.errors
import pytest
from tests.engine.test_keyring import Memory

KEY = "planted-key-0123456789abcdef"
OPENAI = ("ai-lib-python", "openai")


@pytest.fixture(autouse=True)
def ring():
    before = keyring.get_keyring()
    memory = Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


def test_a_key_is_read_from_a_pipe(run, ring):
    ran = run("keys", "set", "openai", stdin=f"{KEY}\n")
    assert ran.code == 0, ran.err
    assert ring.entries == {OPENAI: KEY}
    assert KEY not in ran.out + ran.err


def test_a_key_is_typed_without_an_echo(run, ring, monkeypatch):
    asked = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or KEY)
    ran = run("keys", "set", "openai")
    assert (ran.code, ring.entries) == (0, {OPENAI: KEY})
    assert "OpenAI" in asked[0]
    assert KEY not in ran.out + ran.err


@pytest.mark.parametrize("argument", [[KEY], ["--key", KEY], [f"--key={KEY}"]])
def test_a_key_is_no_argument_and_is_not_repeated(run, ring, argument):
    ran = run("keys", "set", "openai", *argument, stdin="other")
    assert ran.code == 2
    assert "history" in ran.err
    assert KEY not in ran.out + ran.err
    assert ring.entries == {}


@pytest.mark.parametrize(
    ("typed", "told"), [("", "no key"), (" \n", "no key"), ("a\nb", "line break"), ("é", "character")]
)
def test_what_is_no_key_is_not_kept(run, ring, typed, told):
    ran = run("keys", "set", "openai", stdin=typed)
    assert ran.code == 2
    assert told in ran.err
    assert ring.entries == {}


def test_another_name_of_a_provider_is_that_provider(run, ring):
    run("keys", "set", "google", stdin=KEY)
    assert list(ring.entries) == [("ai-lib-python", "gemini")]


def test_a_variable_that_comes_first_is_told(run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "other")
    assert "OPENAI_API_KEY is set, and comes first" in run("keys", "set", "openai", stdin=KEY).out


@pytest.mark.parametrize(
    ("id", "told"), [("ollama", "needs no key"), ("vertex", "no key of one text"), ("nosuch", "nosuch")]
)
def test_who_takes_no_key_is_told(run, ring, id, told):
    ran = run("keys", "set", id, stdin=KEY)
    assert ran.code == 2
    assert told in ran.err
    assert ring.entries == {}


def test_the_list_says_where_keys_come_from_and_shows_none(run, ring, monkeypatch):
    assert "no provider has a key" in run("keys", "list").out
    ring.entries = {OPENAI: KEY, ("ai-lib-python", "groq"): KEY}
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    ran = run("keys", "list")
    assert [line.split(maxsplit=1) for line in ran.out.splitlines()[1:]] == [
        ["groq", "GROQ_API_KEY (the one in the keyring waits)"],
        ["mistral", "MISTRAL_API_KEY"],
        ["openai", "keyring"],
    ]
    listed = run("keys", "list", "--json")
    assert json.loads(listed.out)[2] == {"id": "openai", "source": "keyring", "is_kept": True}
    assert all(part not in ran.out + ran.err + listed.out for part in (KEY, KEY[-4:], KEY[:8]))


def test_a_key_is_removed(run, ring):
    ring.entries = {OPENAI: KEY}
    assert run("keys", "remove", "openai").code == 0
    assert ring.entries == {}
    ran = run("keys", "remove", "openai")
    assert ran.code == 1
    assert "no key of OpenAI" in ran.err


@pytest.mark.parametrize("command", ["set", "remove", "list"])
def test_a_locked_keyring_is_told_in_a_line(run, ring, command):
    ring.failure = keyring.errors.KeyringLocked("no")
    ran = run("keys", command, *([] if command == "list" else ["openai"]), stdin=KEY)
    assert ran.code == 2
    assert "locked" in ran.err
    assert "Traceback" not in ran.err
    assert KEY not in ran.err


def test_without_the_extra_it_says_how_to_get_it(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    assert "ai-lib-python[keyring]" in run("keys", "set", "openai", stdin=KEY).err


def test_a_kept_key_answers_a_question(run, ring, monkeypatch):
    ring.entries = {OPENAI: KEY}
    ran = run("chat", "hi", "-m", "openai/gpt-4o", "--base-url", "http://127.0.0.1:9/v1", "--no-stream")
    assert ran.code == 2  # the key does not go to another address, and nothing else answers for it
    assert KEY not in ran.out + ran.err


def test_keys_of_a_manifest_of_ones_own_are_kept_for_its_address(run, ring, tmp_path, monkeypatch):
    own = "id: mine\nextends: openai-chat\nendpoint: {base_url: https://mine.example/v1}\n"
    (tmp_path / "mine.yaml").write_text(f"{own}auth: {{scheme: bearer, env: [X_KEY]}}\n")
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(tmp_path))
    assert run("keys", "set", "mine", stdin=KEY).code == 0
    [(service, entry)] = ring.entries
    assert (service, entry.partition(",")[0]) == ("ai-lib-python", "mine (https://mine.example/v1")
    assert "mine" in run("keys", "list").out
