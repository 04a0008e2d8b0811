from __future__ import annotations

import ast
import json

import pytest

from ai_lib_python._manifest import folders
from ai_lib_python._manifest.load import load

IDS = folders.known_ids()


def test_every_provider_has_a_line(run):
    ran = run("providers")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["ID", *IDS]


def test_json_lists_the_same(run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-0123456789")
    ran = run("providers", "--json")
    rows = {row["id"]: row for row in json.loads(ran.out)}
    assert list(rows) == IDS
    assert rows["openai"]["key_set"] == "OPENAI_API_KEY"
    assert rows["anthropic"]["key_set"] is None
    assert rows["openai"]["dialect"] == "openai-chat"
    assert "planted" not in ran.out


def test_a_key_that_is_set_is_told_but_not_shown(run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-0123456789")
    for ran in (run("providers"), run("providers", "show", "openai")):
        assert "set" in ran.out
        assert "planted" not in ran.out


@pytest.mark.parametrize("id", IDS)
def test_show_has_what_is_needed_to_start(run, id):
    manifest = load(id)
    ran = run("providers", "show", id)
    assert ran.code == 0
    for text in filter(None, [manifest.name, manifest.dialect, manifest.data.get("docs"), manifest.endpoint.base_url]):
        assert text in ran.out
    for way in manifest.auth:
        for variable in way.env:
            assert variable in ran.out
    for model in manifest.data.get("examples", ()):
        assert f"{id}/{model}" in ran.out
    assert ("\nExample\n" in ran.out) is manifest.has_chat


@pytest.mark.parametrize("id", [id for id in IDS if load(id).has_chat])
def test_the_example_that_is_shown_is_python_and_names_the_provider(run, id):
    example = "\n".join(line[2:] for line in run("providers", "show", id).out.partition("\nExample\n")[2].splitlines())
    assert f'"{id}/' in ast.unparse(ast.parse(example)).replace("'", '"')


def test_show_takes_other_names(run):
    assert run("providers", "show", "claude").out == run("providers", "show", "anthropic").out


def test_an_unknown_provider_gets_advice(run):
    ran = run("providers", "show", "opnai")
    assert ran.code == 2
    assert 'Did you mean "openai"?' in ran.err


def test_a_broken_manifest_of_ones_own_does_not_hide_the_others(run, tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text("id: mine\nextends: openai-chat\nname: [\n")
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(tmp_path))
    ran = run("providers")
    assert ran.code == 0
    assert "broken" in ran.out.splitlines()[1]
    assert "openai" in ran.out
    assert "mine.yaml:" in ran.err
    assert run("chat", "Hi").out == "You said: Hi\n"


def test_a_provider_of_ones_own_is_listed_and_simulated(run, tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(
        "id: mine\nextends: openai-chat\nname: Mine\nexamples: [m1]\n"
        "endpoint: {base_url: 'https://mine.example'}\nauth: {env: [MINE_API_KEY]}\n"
    )
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(tmp_path))
    assert run("providers").out.splitlines()[1].split()[:2] == ["mine", "Mine"]
    ran = run("chat", "Hi", "-m", "mine/m1")
    assert ran.out == "You said: Hi\n"
    assert "set MINE_API_KEY" in ran.err


def test_all_rules_are_put_in_words(run, tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(
        """\
id: mine
extends: openai-chat
endpoint:
  base_url: 'https://{region}.mine.example'
  hosts: [eu.mine.example]
  variables: {region: {env: [MINE_REGION]}}
auth: {any: [{scheme: query, query: key, env: [MINE_API_KEY]}, {scheme: none}]}
notes: Mind the gap.
parameters:
  temperature: {values: [0, 1]}
  top_p: {fixed: 1}
  top_k: {to: "query:k", max: 40, min: null}
  seed: {refused: no seeds here}
  user: null
  reasoning: {map: {minimal: low}}
models:
  - match: [old-*, older]
    sunset: 2026-01-01
    replacement: new
    parameters: {max_tokens: {to: max_output_tokens}, stop: {refused: true}, seed: null}
"""
    )
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(tmp_path))
    out = run("providers", "show", "mine").out
    for text in (
        "only 0, 1",
        "always 1",
        "query:k",
        "at most 40",
        "refused: no seeds here",
        "minimal becomes low",
        "old-*, older",
        "gone from 2026-01-01; new takes its place",
        "max_tokens: called max_output_tokens",
        "stop: refused: dropped",
        "seed: not taken: dropped",
        "MINE_REGION",
        "in the query: key=KEY",
        "or without a key",
        "note      Mind the gap.",
        "eu.mine.example",
        'variables={"region": "..."}',
    ):
        assert text in out, text
