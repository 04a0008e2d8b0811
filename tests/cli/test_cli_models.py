"""``ai-lib models``: the list of each wire format, over real HTTP."""

from __future__ import annotations

import json

import pytest

from ai_lib_python._manifest.folders import known_ids
from ai_lib_python._manifest.load import load
from ai_lib_python.simulator import Simulator

LISTED = [id for id in known_ids() if load(id).data.get("list_models") and "models" in load(id).data.get("serve", {})]


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch):
    """Where a simulator with two models answers as a provider; there is a key."""
    monkeypatch.setenv("A_KEY", "key-1")
    with Simulator(models=["acme/small", "acme/large"]) as simulator:
        yield simulator.address


@pytest.mark.parametrize("id", LISTED)
def test_each_provider_with_a_list_is_asked_for_it(run, address, id):
    ran = run("models", id, "--base-url", address(id), "--api-key-env", "A_KEY")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"{id}/acme/small", f"{id}/acme/large"]


def test_json_is_a_list_of_names(run, address):
    ran = run("models", "openai", "--json", "--base-url", address("openai"), "--api-key-env", "A_KEY")
    assert json.loads(ran.out) == ["acme/small", "acme/large"]


def test_a_provider_without_a_list_says_so(run):
    ran = run("models", "spark")
    assert ran.code != 0
    assert "is not known to have a list of its models" in ran.err


def test_a_missing_key_is_told(run):
    ran = run("models", "openai")
    assert ran.code != 0
    assert "OPENAI_API_KEY" in ran.err


def test_details_stand_beside_the_names(run, address):
    ran = run("models", "openai", "--details", "--base-url", address("openai"), "--api-key-env", "A_KEY")
    first, *rest = ran.out.splitlines()
    assert first.split() == ["MODEL", "CONTEXT", "ANSWER"]
    assert rest
    assert all(line.startswith("openai/") for line in rest)
    ran = run("models", "openai", "--details", "--json", "--base-url", address("openai"), "--api-key-env", "A_KEY")
    assert all(set(each) == {"id"} for each in json.loads(ran.out))
