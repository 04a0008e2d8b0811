"""What is known of a model: off its rules, and from its manifest."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient, Capabilities
from ai_lib_python import sync as blocking
from ai_lib_python._engine.capabilities import SAMPLES
from ai_lib_python.request import PARAMETERS


async def known_of(model: str, **options: Any) -> Capabilities:
    return (await AiClient.create(model, api_key="k", **options)).capabilities


def test_every_parameter_has_a_sample() -> None:
    assert {*SAMPLES, "reasoning"} == {*PARAMETERS}


async def test_a_model_that_does_not_reason() -> None:
    known = await known_of("openai/gpt-4.1")
    assert (known.context_window, known.max_output_tokens, known.sunset) == (1047576, 32768, "2027-01-14")
    assert known.input_modalities == ("text", "image", "file")
    assert (known.tools, known.strict_tools, known.parallel_tool_calls) == (True, True, True)
    assert (known.json_mode, known.json_schema, known.web_search, known.streaming) == (True, True, True, True)
    assert (known.reasoning, known.reasoning_efforts, known.reasoning_off) == (False, (), True)
    assert {"temperature", "n", "logit_bias", "store"} <= {*known.parameters}
    assert not {"top_k", "min_p", "reasoning"} & {*known.parameters}


async def test_a_model_that_always_reasons_takes_efforts() -> None:
    known = await known_of("openai/gpt-5-mini")
    assert (known.reasoning, known.reasoning_off, known.reasoning_budget) == (True, False, False)
    assert {"low", "medium", "high"} <= {*known.reasoning_efforts}
    assert not {"temperature", "logit_bias"} & {*known.parameters}
    assert (known.max_prompt_tokens, known.context_window) == (272000, 400000)


async def test_what_another_api_of_the_provider_takes_counts() -> None:
    assert (await known_of("openai/gpt-6-astra")).tools
    assert not (await known_of("openai/gpt-6-astra", api="chat")).tools


async def test_a_budget_in_tokens() -> None:
    known = await known_of("anthropic/claude-haiku-4-5")
    assert (known.reasoning, known.reasoning_budget, known.reasoning_off) == (True, True, True)
    assert (known.json_mode, known.context_window) == (False, 200000)


async def test_a_wire_of_texts_takes_nothing_else() -> None:
    manifest = {
        "id": "mine",
        "endpoint": {"base_url": "https://mine.example"},
        "request": {
            "path": "/a",
            "turns": {"roles": {"user": "u"}},
            "body": {"said": {"$each": "$turns", "$do": ".text"}},
        },
        "response": {"steps": {"text": ".text"}},
    }
    known = await known_of("one", manifest=manifest)
    assert known.input_modalities == ("text",)
    assert (known.parameters, known.tools, known.streaming, known.reasoning) == ((), False, False, False)


async def test_what_the_manifest_does_not_say_is_unknown() -> None:
    known = await known_of("openai/some-new-model")
    assert (known.context_window, known.max_output_tokens, known.input_modalities, known.sunset) == (None,) * 4


LIMITS = [
    {
        "match": "a-*",
        "context": 1000,
        "prompt": 800,
        "output": 200,
        "takes": ["text", "audio"],
        "gives": ["text", "audio"],
    },
    {"match": "*", "context": 5},
]


async def test_the_first_entry_of_limits_that_matches_counts() -> None:
    manifest = {
        "id": "mine",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://mine.example"},
        "limits": LIMITS,
    }
    first, other = await known_of("A-1", manifest=manifest), await known_of("b", manifest=manifest)
    assert (first.context_window, first.max_prompt_tokens, first.max_output_tokens) == (1000, 800, 200)
    assert (first.input_modalities, first.output_modalities) == (("text", "audio"), ("text", "audio"))
    assert (other.context_window, other.output_modalities) == (5, None)


async def test_the_rule_for_the_length_tells_the_most_tokens() -> None:
    manifest = {
        "id": "mine",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://mine.example"},
        "parameters": {"max_tokens": {"max": 77}},
    }
    assert (await known_of("one", manifest=manifest)).max_output_tokens == 77


async def test_limits_hold_for_every_api_of_a_provider() -> None:
    assert (await known_of("openai/gpt-4.1", api="responses")).context_window == 1047576


def test_the_blocking_client_has_them_too() -> None:
    client = blocking.AiClient.create("openai/gpt-4.1", api_key="k")
    assert client.capabilities.context_window == 1047576


@pytest.mark.parametrize("model", ["gemini/gemini-2.5-flash", "cohere/command-a-03-2025", "bedrock/any", "ollama/any"])
async def test_they_are_found_out_once_and_for_every_wire(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    client = await AiClient.create(model, api_key="k")
    assert client.capabilities is client.capabilities
    assert client.capabilities.tools
