from __future__ import annotations

import pytest

from ai_lib_python._manifest.advice import advise
from ai_lib_python._manifest.folders import known_ids


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("gpt-4o", "openai/gpt-4o"),
        ("GPT-4o", "openai/GPT-4o"),
        ("/gpt-4o", "openai/gpt-4o"),
        ("claude-3-5-sonnet", "anthropic/claude-3-5-sonnet"),
        ("deepseek-chat", "deepseek/deepseek-chat"),
        ("gemini-2.0-flash", "gemini/gemini-2.0-flash"),
        ("command-r", "cohere/command-r"),
        ("grok-4", "xai/grok-4"),
    ],
)
def test_a_model_alone_is_put_under_the_provider_that_makes_it(given: str, meant: str) -> None:
    assert f'"{given}" names no provider' in advise(given)
    assert f'did you mean "{meant}"?' in advise(given)


@pytest.mark.parametrize("given", ["openai", "openai/", "OpenAI", "opnai"])
def test_a_provider_alone_gets_a_model(given: str) -> None:
    assert 'did you mean "openai/' in advise(given)


def test_an_alias_alone_gets_a_model() -> None:
    assert 'did you mean "anthropic/' in advise("claude/")


def test_the_simulator_alone_gets_a_wire_format() -> None:
    assert 'did you mean "simulator/' in advise("simulator")


@pytest.mark.parametrize("given", ["", " ", "/"])
def test_nothing_at_all_says_the_form(given: str) -> None:
    assert 'a model is written "provider/model"' in advise(given)
    assert "did you mean" not in advise(given)


@pytest.mark.parametrize("given", ["", "gpt-4o", "openai/", "xyzzy"])
def test_the_known_providers_are_listed(given: str) -> None:
    assert f"Known providers: {', '.join(known_ids())}." in advise(given)


def test_a_word_that_is_like_nothing_gets_no_suggestion() -> None:
    assert "did you mean" not in advise("xyzzy")


def test_a_manifest_that_cannot_be_read_does_not_matter(tmp_path, monkeypatch) -> None:
    (tmp_path / "mine.yaml").write_text("id: [\n")
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(tmp_path))
    assert 'did you mean "openai/gpt-4o"?' in advise("gpt-4o")
