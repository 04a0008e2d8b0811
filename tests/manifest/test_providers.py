"""Every bundled provider: it loads, it compiles, and its odd facts come out on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from ai_lib_python import AiClient, ContentBlock, Message
from ai_lib_python._engine.assemble import Assembler, ErrorInAnswer
from ai_lib_python._engine.target import Target, program_of
from ai_lib_python._manifest import folders
from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import OpaquePart, ReasoningPart, TextPart, ToolCall
from ai_lib_python.preview import RequestPreview
from ai_lib_python.tools import ToolDefinition

PROVIDERS = sorted(path.stem for path in folders.bundled_providers())
MINE = [
    "anthropic",
    "azure",
    "cohere",
    "deepseek",
    "gemini",
    "groq",
    "llamacpp",
    "lmstudio",
    "mistral",
    "ollama",
    "openai",
    "openrouter",
    "together",
    "vllm",
    "xai",
]
LOCAL = ["llamacpp", "lmstudio", "ollama", "vllm"]
TOOLS = [ToolDefinition("look", "Looks.")]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CALL = ToolCall("call_1", "look", "{}")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_function_of_every_provider_compiles(provider: str) -> None:
    manifest = load(provider)
    for version in [manifest, *for_each_model_rule(manifest)]:
        program = program_of(version)
        assert program.source()
        assert all((program.encode, program.read_response, program.read_frame, program.classify, program.request_id))


def for_each_model_rule(manifest: Manifest) -> list[Manifest]:
    return [manifest._overlaid(index) for index in range(len(manifest.data.get("models", ())))]


@pytest.mark.parametrize("provider", MINE)
def test_a_provider_says_who_where_and_since_when_it_is_known(provider: str) -> None:
    data = load(provider).data
    for key in ("name", "docs", "sources", "checked", "confidence", "examples"):
        assert data.get(key), key
    assert data["status"] == {"is": "live"}
    assert data["endpoint"]["base_url"].startswith("http")


@pytest.mark.parametrize("provider", MINE)
def test_every_model_rule_can_be_reached(provider: str) -> None:
    manifest = load(provider)
    for index, entry in enumerate(manifest.data.get("models", ())):
        globs = [entry["match"]] if isinstance(entry["match"], str) else entry["match"]
        names = [glob.replace("*", "x").replace("[0-9]", "9").replace("[123]", "1") for glob in globs]
        names += [glob.replace("*", "").replace("[67]", "6").replace("[6-9]", "9") for glob in globs]
        assert index in {manifest._entry(name) for name in names}, entry["match"]


@pytest.mark.parametrize("provider", MINE)
@pytest.mark.parametrize("model", ["a-model-nobody-has-heard-of", "vendor/model:tag"])
def test_an_unlisted_model_works_with_every_parameter(provider: str, model: str) -> None:
    def everything(chat: ChatRequestBuilder) -> ChatRequestBuilder:
        chat.temperature(0.5).top_p(0.9).top_k(5).max_tokens(100).stop(["x"]).seed(1).user_id("u").logprobs(top=2)
        chat.presence_penalty(0.5).frequency_penalty(0.5).tools(TOOLS).tool_choice("required").reasoning("low")
        return chat.parallel_tool_calls(False).response_format(SCHEMA)

    shown = preview(f"{provider}/{model}", everything)
    assert shown.method == "POST"


@pytest.mark.parametrize("provider", LOCAL)
def test_a_local_server_needs_no_key(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in load(provider).auth:
        for variable in scheme.env:
            monkeypatch.delenv(variable, raising=False)
    assert Target(load(provider)).credential is None


# What goes out


def preview(
    model: str,
    build: Callable[[ChatRequestBuilder], Any] | None = None,
    *,
    stream: bool = False,
    messages: list[Message] | None = None,
) -> RequestPreview:
    client = asyncio.run(AiClient.create(model, api_key="k", variables={"resource": "r"}))
    chat = client.chat().messages(messages or [Message.user("hi")])
    if build is not None:
        build(chat)
    return chat.preview(stream=stream)


class Row(NamedTuple):
    """One fact: what is asked of a model, what must stand in the body (None: nothing), what must be noted."""

    fact: str
    model: str
    ask: Callable[[ChatRequestBuilder], Any]
    body: dict[str, Any]
    notes: set[tuple[str, str]] = set()


def hot(chat: ChatRequestBuilder) -> ChatRequestBuilder:
    return chat.temperature(0.5)


def with_tools(chat: ChatRequestBuilder) -> ChatRequestBuilder:
    return chat.tools(TOOLS)


DROPPED_HEAT = {("temperature", "dropped")}
THINKING_1024 = {"type": "enabled", "budget_tokens": 1024}

ROWS = [
    # openai
    Row(
        "max_completion_tokens for all",
        "openai/gpt-4o",
        lambda c: c.max_tokens(9),
        {"max_completion_tokens": 9, "max_tokens": None},
        {("max_tokens", "renamed")},
    ),
    Row(
        "an unlisted model takes no sampling parameters",
        "openai/gpt-9",
        hot,
        {"temperature": None},
        DROPPED_HEAT,
    ),
    Row(
        "gpt-4o takes sampling parameters",
        "openai/gpt-4o",
        lambda c: hot(c).top_p(0.5).logprobs(top=3),
        {"temperature": 0.5, "top_p": 0.5, "logprobs": True, "top_logprobs": 3},
    ),
    Row(
        "a fine-tune is known by what it was made of",
        "openai/ft:gpt-4.1-mini:me::1",
        hot,
        {"temperature": 0.5},
    ),
    Row(
        "gpt-4o does not reason",
        "openai/gpt-4o",
        lambda c: c.reasoning("low"),
        {"reasoning_effort": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "off is nothing where a model never reasons",
        "openai/gpt-4o",
        lambda c: c.reasoning(False),
        {"reasoning_effort": None},
    ),
    Row(
        "a search model takes no sampling parameters",
        "openai/gpt-4o-search-preview",
        hot,
        {"temperature": None},
        DROPPED_HEAT,
    ),
    Row("o3 takes no stop", "openai/o3", lambda c: c.stop(["x"]), {"stop": None}, {("stop", "dropped")}),
    Row("o1 takes stop", "openai/o1", lambda c: c.stop(["x"]), {"stop": ["x"]}),
    Row(
        "gpt-5 always reasons",
        "openai/gpt-5-nano",
        lambda c: c.reasoning(False),
        {"reasoning_effort": None},
        {("reasoning", "dropped")},
    ),
    Row("gpt-5.2 samples while it does not reason", "openai/gpt-5.2", hot, {"temperature": 0.5}),
    Row(
        "gpt-5.2 does not sample while it reasons",
        "openai/gpt-5.2",
        lambda c: hot(c).reasoning("high"),
        {"temperature": None, "reasoning_effort": "high"},
        DROPPED_HEAT,
    ),
    Row(
        "gpt-5.4 takes no effort beside tools",
        "openai/gpt-5.4-mini",
        lambda c: with_tools(c).reasoning("high"),
        {"reasoning_effort": None, "tools": [...]},
        {("reasoning", "dropped")},
    ),
    Row(
        "gpt-5.5 samples only with reasoning off",
        "openai/gpt-5.5",
        lambda c: hot(c).reasoning(False),
        {"temperature": 0.5, "reasoning_effort": "none"},
    ),
    Row(
        "gpt-5.6 takes tools only with reasoning off, so it is switched off beside them",
        "openai/gpt-5.6-terra",
        with_tools,
        {"tools": [...], "reasoning_effort": "none"},
        {("reasoning", "defaulted"), ("reasoning", "renamed")},
    ),
    Row(
        "gpt-5.6 loses an effort beside tools",
        "openai/gpt-5.6-terra",
        lambda c: with_tools(c).reasoning("high"),
        {"tools": [...], "reasoning_effort": "none"},
        {("reasoning", "dropped"), ("reasoning", "defaulted"), ("reasoning", "renamed")},
    ),
    Row(
        "gpt-5.6 takes tools with reasoning off",
        "openai/gpt-5.6-terra",
        lambda c: with_tools(c).tool_choice("look").reasoning(False),
        {
            "tools": [...],
            "tool_choice": {"type": "function", "function": {"name": "look"}},
            "reasoning_effort": "none",
        },
    ),
    Row(
        "gpt-5.6 has no minimal",
        "openai/gpt-5.6-luna",
        lambda c: c.reasoning("minimal"),
        {"reasoning_effort": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "gpt-6-astra takes no tools at all",
        "openai/gpt-6-astra",
        lambda c: with_tools(c).reasoning(False),
        {"tools": None, "reasoning_effort": None},
        {("tools", "dropped"), ("reasoning", "dropped")},
    ),
    Row(
        "gpt-6 never samples",
        "openai/gpt-6-luna",
        lambda c: hot(c).reasoning(False),
        {"temperature": None, "reasoning_effort": "none"},
        DROPPED_HEAT,
    ),
    Row(
        "a budget is no effort",
        "openai/gpt-6-luna",
        lambda c: c.reasoning(budget_tokens=99),
        {"reasoning_effort": None},
        {("reasoning", "dropped")},
    ),
    # azure
    Row(
        "a deployment's name says nothing",
        "azure/chat-prod",
        lambda c: with_tools(hot(c)).max_tokens(9),
        {"temperature": 0.5, "tools": [...], "max_completion_tokens": 9},
        {("max_tokens", "renamed")},
    ),
    Row("a deployment named for its model", "azure/my-gpt-6-luna", hot, {"temperature": None}, DROPPED_HEAT),
    Row(
        "Mistral there refuses max_completion_tokens",
        "azure/mistral-large",
        lambda c: c.max_tokens(9),
        {"max_tokens": 9, "max_completion_tokens": None},
    ),
    # anthropic
    Row(
        "an unlisted model takes no sampling parameters",
        "anthropic/claude-opus-9",
        lambda c: hot(c).top_p(0.5).top_k(5),
        {"temperature": None, "top_p": None, "top_k": None},
        {*DROPPED_HEAT, ("top_p", "dropped"), ("top_k", "dropped"), ("max_tokens", "defaulted")},
    ),
    Row(
        "temperature ends at 1",
        "anthropic/claude-3-5-sonnet",
        lambda c: c.temperature(1.5).max_tokens(9),
        {"temperature": 1},
        {("temperature", "clamped")},
    ),
    Row(
        "opus-4-7 and newer think adaptively",
        "anthropic/claude-sonnet-5-5",
        lambda c: c.max_tokens(9).reasoning("xhigh"),
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}},
    ),
    Row(
        "newer models take no budget",
        "anthropic/claude-opus-4-8",
        lambda c: c.max_tokens(9).reasoning(budget_tokens=2000),
        {"thinking": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "opus-5-5 cannot be switched off",
        "anthropic/claude-opus-5-5",
        lambda c: c.max_tokens(9).reasoning(False),
        {"thinking": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "opus-5 can be switched off",
        "anthropic/claude-opus-5",
        lambda c: c.max_tokens(9).reasoning(False),
        {"thinking": {"type": "disabled"}},
    ),
    Row(
        "fable cannot be forced",
        "anthropic/claude-fable-5-1",
        lambda c: with_tools(c).max_tokens(9).tool_choice("required"),
        {"tool_choice": None, "tools": [...]},
        {("tool_choice", "dropped")},
    ),
    Row(
        "haiku-4-5 thinks by a budget",
        "anthropic/claude-haiku-4-5",
        lambda c: c.max_tokens(9999).reasoning("low"),
        {"thinking": THINKING_1024, "output_config": None},
    ),
    Row(
        "the default limit is above the budget",
        "anthropic/claude-haiku-4-5",
        lambda c: c.reasoning("high"),
        {"thinking": {"type": "enabled", "budget_tokens": 24000}, "max_tokens": 32000},
        {("max_tokens", "defaulted")},
    ),
    Row(
        "opus-4-5 takes an effort too",
        "anthropic/claude-opus-4-5",
        lambda c: c.max_tokens(9999).reasoning("low"),
        {"thinking": THINKING_1024, "output_config": {"effort": "low"}},
    ),
    Row(
        "no temperature while it thinks",
        "anthropic/claude-haiku-4-5",
        lambda c: hot(c).max_tokens(9999).reasoning("low"),
        {"temperature": None},
        DROPPED_HEAT,
    ),
    Row(
        "temperature and top_p not together on 4.5",
        "anthropic/claude-haiku-4-5",
        lambda c: c.temperature(0).top_p(0.5).max_tokens(9),
        {"temperature": 0, "top_p": None},
        {("top_p", "dropped")},
    ),
    Row(
        "the cap of 4.5",
        "anthropic/claude-sonnet-4-5",
        lambda c: c.max_tokens(99999),
        {"max_tokens": 64000},
        {("max_tokens", "clamped")},
    ),
    Row(
        "the cap of 5.x",
        "anthropic/claude-haiku-5-5",
        lambda c: c.max_tokens(999999),
        {"max_tokens": 128000},
        {("max_tokens", "clamped")},
    ),
    Row(
        "claude-3 has no structured output",
        "anthropic/claude-3-5-sonnet",
        lambda c: c.max_tokens(9).response_format(SCHEMA),
        {"output_config": None},
        {("response_format", "dropped")},
    ),
    Row(
        "4.5 has structured output",
        "anthropic/claude-haiku-4-5",
        lambda c: c.max_tokens(9).response_format(SCHEMA),
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {("response_format", "renamed")},
    ),
    # gemini
    Row(
        "Gemini 3 thinks by level",
        "gemini/gemini-3.1-pro-preview",
        lambda c: c.reasoning("low"),
        {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"}}},
    ),
    Row(
        "Gemini 2.5 thinks by budget",
        "gemini/gemini-2.5-flash",
        lambda c: c.reasoning("medium"),
        {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192}}},
    ),
    Row(
        "2.5-flash can be switched off",
        "gemini/gemini-2.5-flash",
        lambda c: c.reasoning(False),
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
    ),
    Row(
        "2.5-pro cannot be switched off",
        "gemini/gemini-2.5-pro",
        lambda c: c.reasoning(False),
        {"generationConfig": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "no MINIMAL on 3.8-flash",
        "gemini/gemini-3.8-flash",
        lambda c: c.reasoning("minimal"),
        {"generationConfig": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "argon ignores the temperature",
        "gemini/gemini-4-argon",
        hot,
        {"generationConfig": None},
        DROPPED_HEAT,
    ),
    Row(
        "no penalties from Gemini 3 on",
        "gemini/gemini-3.1-pro-preview",
        lambda c: c.presence_penalty(0.5),
        {"generationConfig": None},
        {("presence_penalty", "dropped")},
    ),
    Row(
        "Gemini 2 takes penalties",
        "gemini/gemini-2.0-flash",
        lambda c: c.presence_penalty(0.5),
        {"generationConfig": {"presencePenalty": 0.5}},
        {("presence_penalty", "renamed")},
    ),
    # deepseek
    Row(
        "temperature is sent, though without effect while it thinks",
        "deepseek/deepseek-flash",
        hot,
        {"temperature": 0.5},
    ),
    Row(
        "temperature counts with thinking off",
        "deepseek/deepseek-flash",
        lambda c: hot(c).reasoning(False),
        {"temperature": 0.5, "thinking": {"type": "disabled"}, "reasoning_effort": None},
    ),
    Row(
        "thinking takes an effort",
        "deepseek/deepseek-v4-pro",
        lambda c: c.reasoning("max"),
        {"thinking": {"type": "enabled"}, "reasoning_effort": "max"},
    ),
    Row(
        "no forced tool while it thinks",
        "deepseek/deepseek-flash",
        lambda c: with_tools(c).tool_choice("required"),
        {"tool_choice": None},
        {("tool_choice", "dropped")},
    ),
    Row(
        "a forced tool with thinking off",
        "deepseek/deepseek-flash",
        lambda c: with_tools(c).tool_choice("required").reasoning(False),
        {"tool_choice": "required"},
    ),
    Row(
        "no JSON schema",
        "deepseek/deepseek-flash",
        lambda c: c.response_format(SCHEMA),
        {"response_format": None},
        {("response_format", "dropped")},
    ),
    Row(
        "JSON mode",
        "deepseek/deepseek-flash",
        lambda c: c.response_format("json"),
        {"response_format": {"type": "json_object"}},
    ),
    Row("no seed", "deepseek/deepseek-flash", lambda c: c.seed(1), {"seed": None}, {("seed", "dropped")}),
    Row(
        "user is user_id",
        "deepseek/deepseek-flash",
        lambda c: c.user_id("u"),
        {"user_id": "u", "user": None},
        {("user", "renamed")},
    ),
    # cohere
    Row(
        "top_p is p, top_k is k",
        "cohere/command-a-03-2025",
        lambda c: c.top_p(1).top_k(5),
        {"p": 0.99, "k": 5},
        {("top_p", "clamped"), ("top_p", "renamed"), ("top_k", "renamed")},
    ),
    Row(
        "one penalty at a time",
        "cohere/command-a-03-2025",
        lambda c: c.presence_penalty(0.5).frequency_penalty(0.5),
        {"frequency_penalty": 0.5, "presence_penalty": None},
        {("presence_penalty", "dropped")},
    ),
    Row(
        "no choice of one tool",
        "cohere/command-a-03-2025",
        lambda c: with_tools(c).tool_choice("look"),
        {"tool_choice": None},
        {("tool_choice", "dropped")},
    ),
    Row(
        "thinking takes a budget",
        "cohere/command-a-reasoning-08-2025",
        lambda c: c.reasoning(budget_tokens=500),
        {"thinking": {"type": "enabled", "token_budget": 500}},
        {("reasoning", "renamed")},
    ),
    Row(
        "thinking takes no effort",
        "cohere/command-a-reasoning-08-2025",
        lambda c: c.reasoning("high"),
        {"thinking": None},
        {("reasoning", "dropped")},
    ),
    # groq
    Row(
        "max_completion_tokens",
        "groq/openai/gpt-oss-120b",
        lambda c: c.max_tokens(9),
        {"max_completion_tokens": 9},
        {("max_tokens", "renamed")},
    ),
    Row(
        "no log-probabilities",
        "groq/openai/gpt-oss-120b",
        lambda c: c.logprobs(top=2),
        {"logprobs": None, "top_logprobs": None},
        {("logprobs", "dropped"), ("top_logprobs", "dropped")},
    ),
    Row(
        "no response format with tools",
        "groq/openai/gpt-oss-120b",
        lambda c: with_tools(c).response_format(SCHEMA),
        {"response_format": None, "tools": [...]},
        {("response_format", "dropped")},
    ),
    Row(
        "gpt-oss cannot be switched off",
        "groq/openai/gpt-oss-20b",
        lambda c: c.reasoning(False),
        {"reasoning_effort": None, "reasoning_format": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "qwen reasons by default or not at all",
        "groq/qwen/qwen3-32b",
        lambda c: c.reasoning(),
        {"reasoning_effort": "default", "reasoning_format": "parsed"},
        {("reasoning", "renamed")},
    ),
    # mistral
    Row(
        "seed is random_seed",
        "mistral/mistral-small-latest",
        lambda c: c.seed(7),
        {"random_seed": 7, "seed": None},
        {("seed", "renamed")},
    ),
    Row(
        "required is any",
        "mistral/mistral-small-latest",
        lambda c: with_tools(c).tool_choice("required"),
        {"tool_choice": "any"},
    ),
    Row(
        "temperature ends at 1.5",
        "mistral/mistral-small-latest",
        lambda c: c.temperature(2),
        {"temperature": 1.5},
        {("temperature", "clamped")},
    ),
    Row(
        "no user",
        "mistral/mistral-small-latest",
        lambda c: c.user_id("u"),
        {"user": None},
        {("user", "dropped")},
    ),
    Row(
        "magistral reasons by prompt mode",
        "mistral/magistral-medium-latest",
        lambda c: c.reasoning(),
        {"prompt_mode": "reasoning"},
        {("reasoning", "renamed")},
    ),
    # openrouter
    Row(
        "reasoning is a map",
        "openrouter/openai/gpt-oss-120b",
        lambda c: c.reasoning("low"),
        {"reasoning": {"enabled": True, "effort": "low"}},
    ),
    Row(
        "a budget is max_tokens",
        "openrouter/z-ai/glm-5.2",
        lambda c: c.reasoning(budget_tokens=500),
        {"reasoning": {"enabled": True, "max_tokens": 500}},
    ),
    Row("top_k", "openrouter/openrouter/auto", lambda c: c.top_k(5), {"top_k": 5, "model": "openrouter/auto"}),
    # xai
    Row(
        "a reasoning model takes no stop and no penalties",
        "xai/grok-4.7",
        lambda c: c.stop(["x"]).presence_penalty(0.5),
        {"stop": None, "presence_penalty": None},
        {("stop", "dropped"), ("presence_penalty", "dropped")},
    ),
    Row(
        "a model that does not reason takes stop",
        "xai/grok-4.20-0309-non-reasoning",
        lambda c: c.stop(["x"]),
        {"stop": ["x"]},
    ),
    Row(
        "grok-4.20 takes no effort",
        "xai/grok-4.20-0309-reasoning",
        lambda c: c.reasoning("low"),
        {"reasoning_effort": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "grok-4.3 can be switched off",
        "xai/grok-4.3",
        lambda c: c.reasoning(False),
        {"reasoning_effort": "none"},
        {("reasoning", "renamed")},
    ),
    Row(
        "grok-4.6 cannot be switched off",
        "xai/grok-4.6",
        lambda c: c.reasoning(False),
        {"reasoning_effort": None},
        {("reasoning", "dropped")},
    ),
    Row(
        "xhigh from grok-4.6 on",
        "xai/grok-4.7",
        lambda c: c.reasoning("xhigh"),
        {"reasoning_effort": "xhigh"},
        {("reasoning", "renamed")},
    ),
    # together
    Row(
        "logprobs is a number",
        "together/openai/gpt-oss-120b",
        lambda c: c.logprobs(top=5),
        {"logprobs": 5, "top_logprobs": None},
    ),
    Row(
        "stop is a list of any length",
        "together/openai/gpt-oss-120b",
        lambda c: c.stop(["a", "b", "c", "d", "e"]),
        {"stop": ["a", "b", "c", "d", "e"]},
    ),
    Row(
        "hybrid models are switched",
        "together/zai-org/GLM-5.3",
        lambda c: c.reasoning(False),
        {"reasoning": {"enabled": False}, "reasoning_effort": None},
    ),
    # local
    Row(
        "ollama ignores the tool choice",
        "ollama/qwen3",
        lambda c: with_tools(c).tool_choice("required"),
        {"tool_choice": None},
        {("tool_choice", "dropped")},
    ),
    Row("ollama reads max_tokens only", "ollama/qwen3", lambda c: c.max_tokens(9), {"max_tokens": 9}),
    Row(
        "llama.cpp takes a tool choice as a word only",
        "llamacpp/default",
        lambda c: with_tools(c).tool_choice("required"),
        {"tool_choice": "required"},
    ),
    Row(
        "llama.cpp knows no choice of one tool",
        "llamacpp/default",
        lambda c: with_tools(c).tool_choice("look"),
        {"tool_choice": None},
        {("tool_choice", "dropped")},
    ),
    Row(
        "llama.cpp takes a reasoning budget",
        "llamacpp/default",
        lambda c: c.reasoning(budget_tokens=9),
        {"reasoning_budget_tokens": 9},
    ),
    Row(
        "vllm takes top_k and a thinking budget",
        "vllm/m",
        lambda c: c.top_k(5).reasoning(budget_tokens=9),
        {"top_k": 5, "thinking_token_budget": 9},
    ),
    Row("vllm ignores user", "vllm/m", lambda c: c.user_id("u"), {"user": None}, {("user", "dropped")}),
    Row(
        "lmstudio has no JSON mode",
        "lmstudio/m",
        lambda c: c.response_format("json"),
        {"response_format": None},
        {("response_format", "dropped")},
    ),
    Row(
        "lmstudio takes a tool choice as a word only",
        "lmstudio/m",
        lambda c: with_tools(c).tool_choice("look"),
        {"tool_choice": None},
        {("tool_choice", "dropped")},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.fact}")
def test_a_parameter_goes_out_as_the_provider_takes_it(row: Row) -> None:
    shown = preview(row.model, row.ask)
    for key, expected in row.body.items():
        if expected == [...]:
            assert shown.body.get(key)
        else:
            assert shown.body.get(key) == expected, key
    noted = {(each.parameter, each.action) for each in shown.adjustments}
    unasked = {note for note in noted if note[1] == "renamed" or note == ("max_tokens", "defaulted")}
    assert row.notes <= noted
    assert noted - row.notes <= unasked


def test_openai_drops_for_a_reason_that_says_what_to_do() -> None:
    shown = preview("openai/gpt-5.6-terra", hot)
    assert ".reasoning(False)" in shown.adjustments[0].reason


# Where it goes


@pytest.mark.parametrize(
    ("model", "url", "header"),
    [
        ("openai/gpt-4o", "https://api.openai.com/v1/chat/completions", "authorization"),
        ("azure/d", "https://r.openai.azure.com/openai/v1/chat/completions", "api-key"),
        ("anthropic/claude-haiku-4-5", "https://api.anthropic.com/v1/messages", "x-api-key"),
        (
            "gemini/gemini-4-argon",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-4-argon:generateContent",
            "x-goog-api-key",
        ),
        ("deepseek/deepseek-flash", "https://api.deepseek.com/chat/completions", "authorization"),
        ("cohere/command-a-03-2025", "https://api.cohere.com/v2/chat", "authorization"),
        ("groq/openai/gpt-oss-20b", "https://api.groq.com/openai/v1/chat/completions", "authorization"),
        ("mistral/mistral-large-4", "https://api.mistral.ai/v1/chat/completions", "authorization"),
        ("openrouter/openrouter/auto", "https://openrouter.ai/api/v1/chat/completions", "authorization"),
        ("xai/grok-4.7", "https://api.x.ai/v1/chat/completions", "authorization"),
        ("together/Qwen/Qwen3.5-9B", "https://api.together.ai/v1/chat/completions", "authorization"),
        ("ollama/qwen3", "http://localhost:11434/v1/chat/completions", "authorization"),
        ("llamacpp/default", "http://localhost:8080/v1/chat/completions", "authorization"),
        ("vllm/m", "http://localhost:8000/v1/chat/completions", "authorization"),
        ("lmstudio/m", "http://localhost:1234/v1/chat/completions", "authorization"),
    ],
)
def test_a_request_goes_to_the_provider(model: str, url: str, header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in load(model.partition("/")[0]).endpoint.env:
        monkeypatch.delenv(variable, raising=False)
    shown = preview(model)
    assert shown.url == url
    assert header in shown.headers


@pytest.mark.parametrize(
    ("provider", "variables"),
    [
        ("openai", ["OPENAI_API_KEY"]),
        ("azure", ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY", "AZURE_OPENAI_AD_TOKEN"]),
        ("anthropic", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"]),
        ("gemini", ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]),
        ("cohere", ["CO_API_KEY", "COHERE_API_KEY"]),
        ("openrouter", ["OPENROUTER_API_KEY", "OR_API_KEY"]),
        ("together", ["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"]),
        ("llamacpp", []),
    ],
)
def test_keys_are_looked_for_in_the_providers_own_order(provider: str, variables: list[str]) -> None:
    assert [variable for scheme in load(provider).auth for variable in scheme.env] == variables


@pytest.mark.parametrize("provider", ["mistral", "openrouter", "together"])
def test_stream_options_are_not_sent_where_they_are_refused_or_needless(provider: str) -> None:
    body = preview(f"{provider}/m", stream=True).body
    assert body["stream"] is True
    assert "stream_options" not in body


@pytest.mark.parametrize("provider", ["openai", "azure", "deepseek", "groq", "xai", "ollama", "vllm"])
def test_usage_is_asked_for_where_it_must_be(provider: str) -> None:
    assert preview(f"{provider}/m", stream=True).body["stream_options"] == {"include_usage": True}


# Messages

PICTURE = ContentBlock.image_url("https://example.com/a.png")
SOUND = ContentBlock.audio(b"abc", "audio/mpeg")
PAPER = ContentBlock.file(b"abc", filename="a.pdf")
THOUGHT = ReasoningPart("hm")


@pytest.mark.parametrize(
    ("model", "part", "sent"),
    [
        ("mistral/m", SOUND, {"type": "input_audio", "input_audio": "YWJj"}),
        (
            "mistral/m",
            PAPER,
            {
                "type": "document_url",
                "document_url": "data:application/pdf;base64,YWJj",
                "document_name": "a.pdf",
            },
        ),
        (
            "mistral/m",
            ContentBlock.file(url="https://example.com/a.pdf"),
            {"type": "document_url", "document_url": "https://example.com/a.pdf"},
        ),
        ("mistral/m", ContentBlock.file(file_id="f"), {"type": "file", "file_id": "f"}),
        (
            "openrouter/m",
            ContentBlock.file(url="https://example.com/a.pdf", filename="a.pdf"),
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://example.com/a.pdf"}},
        ),
        (
            "deepseek/deepseek-flash",
            PICTURE,
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ),
    ],
)
def test_a_part_is_written_as_the_provider_reads_it(model: str, part: Any, sent: Any) -> None:
    shown = preview(model, messages=[Message.user([ContentBlock.text("look:"), part])])
    assert shown.body["messages"][0]["content"] == [{"type": "text", "text": "look:"}, sent]


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("ollama/qwen3", PICTURE),
        ("deepseek/deepseek-v4-pro", PICTURE),
        ("groq/m", SOUND),
        ("groq/m", PAPER),
        ("azure/d", PAPER),
        ("xai/grok-4.7", SOUND),
        ("deepseek/deepseek-flash", PAPER),
    ],
)
def test_a_part_that_the_provider_refuses_is_an_error_that_names_it(model: str, part: Any) -> None:
    with pytest.raises(UnsupportedError, match=part.kind):
        preview(model, messages=[Message.user([ContentBlock.text("look:"), part])])


def history(*parts: Any) -> list[Message]:
    return [
        Message.user("hi"),
        Message.assistant(list(parts), tool_calls=[CALL]),
        Message.tool("call_1", "seen"),
    ]


def test_mistral_gets_ids_of_nine_letters_the_same_both_ways() -> None:
    messages = preview("mistral/m", messages=history()).body["messages"]
    id = messages[1]["tool_calls"][0]["id"]
    assert len(id) == 9
    assert id.isalnum()
    assert messages[2] == {"role": "tool", "tool_call_id": id, "name": "look", "content": "seen"}


def test_mistral_gets_its_thoughts_back() -> None:
    thought = ReasoningPart("hm", signature="s", origin="mistral")
    messages = preview("mistral/m", messages=history(thought, TextPart("ok"))).body["messages"]
    assert messages[1]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "s"},
        {"type": "text", "text": "ok"},
    ]


@pytest.mark.parametrize(("parts", "sent"), [((THOUGHT,), "hm"), ((), "")])
def test_deepseek_gets_reasoning_content_beside_tool_calls(parts: tuple[Any, ...], sent: str) -> None:
    assert preview("deepseek/deepseek-flash", messages=history(*parts)).body["messages"][1]["reasoning_content"] == sent


def test_the_retired_reasoner_gets_no_reasoning_back() -> None:
    messages = preview("deepseek/deepseek-reasoner", messages=history(THOUGHT)).body["messages"]
    assert "reasoning_content" not in messages[1]


@pytest.mark.parametrize("model", ["groq/openai/gpt-oss-20b", "ollama/qwen3"])
def test_reasoning_goes_back_by_the_name_reasoning(model: str) -> None:
    messages = preview(model, messages=history(THOUGHT, TextPart("ok"))).body["messages"]
    assert (messages[1]["reasoning"], messages[1]["content"]) == ("hm", "ok")


# What comes back


def read(provider: str, *, body: Any = None, frames: list[Any] | None = None) -> Any:
    manifest = load(provider)
    program = program_of(manifest)
    sink = Assembler(program.finish, manifest.id)
    if body is not None:
        program.read_response(sink, body)
    for frame in frames or []:
        program.read_frame(sink, frame, None)
    sink.close()
    return sink.response(provider)


def choice(**message: Any) -> dict[str, Any]:
    return {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "choices": [{"index": 0, "delta": fields}]}


ENCRYPTED = {"type": "reasoning.encrypted", "data": "zz", "index": 1, "id": "rs_1", "format": "f"}


def summary(text: str) -> dict[str, Any]:
    return {"type": "reasoning.summary", "summary": text, "index": 0, "format": "f"}


def test_openrouter_gets_its_reasoning_details_back_unchanged() -> None:
    answer = read("openrouter", body=choice(content="ok", reasoning="ab", reasoning_details=[summary("ab"), ENCRYPTED]))
    sent = preview("openrouter/m", messages=[Message.user("hi"), answer.to_message(), Message.user("go")]).body
    assert sent["messages"][1] == {
        "role": "assistant",
        "content": "ok",
        "reasoning_details": [summary("ab"), ENCRYPTED],
    }


def test_openrouters_streamed_reasoning_details_are_whole_again_when_they_go_back() -> None:
    frames = [
        delta(reasoning="a", reasoning_details=[summary("a")]),
        delta(reasoning="b", reasoning_details=[summary("b")]),
        delta(reasoning_details=[ENCRYPTED]),
        delta(content="ok"),
    ]
    answer = read("openrouter", frames=frames)
    assert answer.reasoning == "ab"
    sent = preview("openrouter/m", messages=[Message.user("hi"), answer.to_message(), Message.user("go")]).body
    assert sent["messages"][1]["reasoning_details"] == [summary("ab"), ENCRYPTED]


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        (
            {"id": "1", "choices": [{"error": {"code": 502, "message": "down"}, "finish_reason": "error"}]},
            "server_error",
        ),
        (
            {"error": {"code": 429, "message": "x", "metadata": {"error_type": "rate_limit_exceeded"}}},
            "rate_limited",
        ),
        ({"error": {"code": 529, "message": "x"}}, "overloaded"),
    ],
)
def test_openrouters_errors_inside_a_good_status_are_found(body: Any, error_class: str) -> None:
    with pytest.raises(ErrorInAnswer) as caught:
        read("openrouter", body=body)
    assert program_of(load("openrouter")).classify(200, {}, caught.value.data).error_class == error_class


def test_mistrals_lists_of_chunks_are_read() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "s"}
    reference = {"type": "reference", "reference_ids": [1]}
    answer = read("mistral", body=choice(content=[thinking, {"type": "text", "text": "ok"}, reference]))
    assert answer.content == "ok"
    assert answer.parts == (
        ReasoningPart("hm", "s", None, "mistral"),
        TextPart("ok"),
        OpaquePart(reference, "mistral"),
    )


def test_mistrals_streamed_chunks_are_read() -> None:
    def thought(text: str) -> dict[str, Any]:
        return delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": text}]}])

    answer = read("mistral", frames=[thought("h"), thought("m"), delta(content="o"), delta(content="k")])
    assert (answer.reasoning, answer.content) == ("hm", "ok")


def test_groqs_usage_is_read_from_x_groq() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    answer = read("groq", frames=[{**delta(content="x"), "x_groq": {"id": "r", "usage": usage}}])
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 2)


def test_groqs_error_in_mid_stream_is_found() -> None:
    with pytest.raises(ErrorInAnswer) as caught:
        read("groq", frames=[{"id": "1", "choices": [], "x_groq": {"error": "it broke"}}])
    assert program_of(load("groq")).classify(200, {}, caught.value.data).message == "it broke"


def test_xais_completion_tokens_do_not_hold_the_reasoning() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 5}}
    found = read("xai", body={**choice(content="x"), "usage": usage}).usage
    assert (found.completion_tokens, found.reasoning) == (7, 5)


@pytest.mark.parametrize(
    ("provider", "word", "reason"),
    [
        ("deepseek", "insufficient_system_resource", "error"),
        ("together", "eos", "stop"),
        ("mistral", "model_length", "length"),
        ("openrouter", "error", "error"),
        ("vllm", "abort", "error"),
        ("anthropic", "refusal", "content_filter"),
        ("gemini", "CONTINUATION", "length"),
    ],
)
def test_the_end_of_an_answer_is_understood(provider: str, word: str, reason: str) -> None:
    assert program_of(load(provider)).finish.map[word] == reason


# Errors


def nested(message: str = "m", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


class Failure(NamedTuple):
    """An error answer, and what it must be told as."""

    provider: str
    status: int
    body: Any
    error_class: str
    code: str | None = None
    retry_after: float | None = None
    headers: dict[str, str] = {}


ERRORS = [
    Failure("openai", 400, nested(code="context_length_exceeded"), "context_length", "context_length_exceeded"),
    Failure("openai", 401, nested(code="invalid_api_key"), "authentication", "invalid_api_key"),
    Failure("openai", 404, nested(code="model_not_found"), "not_found", "model_not_found"),
    Failure(
        "openai",
        429,
        nested(code="rate_limit_exceeded"),
        "rate_limited",
        "rate_limit_exceeded",
        retry_after=1.5,
        headers={"retry-after-ms": "1500"},
    ),
    Failure("openai", 429, nested(code="insufficient_quota"), "quota_exhausted", "insufficient_quota"),
    Failure("openai", 429, nested(type="insufficient_quota", code="billing_x"), "quota_exhausted", "billing_x"),
    Failure(
        "openai",
        503,
        nested(type="service_unavailable_error", code="server_is_overloaded"),
        "overloaded",
        "server_is_overloaded",
    ),
    Failure("azure", 400, nested(code="content_filter"), "content_filtered", "content_filter"),
    Failure("azure", 401, {"statusCode": 401, "message": "Access denied"}, "authentication"),
    Failure("azure", 404, nested(code="DeploymentNotFound"), "not_found", "DeploymentNotFound"),
    Failure("azure", 429, nested(code="429"), "rate_limited", "429", retry_after=7.0, headers={"retry-after": "7"}),
    Failure(
        "anthropic",
        529,
        {"type": "error", **nested(type="overloaded_error")},
        "overloaded",
        "overloaded_error",
    ),
    Failure(
        "anthropic",
        400,
        nested("prompt is too long: 9 > 8", type="invalid_request_error"),
        "context_length",
        "invalid_request_error",
    ),
    Failure("anthropic", 402, nested(type="billing_error"), "quota_exhausted", "billing_error"),
    Failure(
        "anthropic",
        429,
        nested(type="rate_limit_error"),
        "rate_limited",
        "rate_limit_error",
        retry_after=20.0,
        headers={"retry-after": "20"},
    ),
    Failure(
        "anthropic",
        429,
        nested(type="rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}),
        "quota_exhausted",
        "enforced_spend_limit_reached",
    ),
    Failure("anthropic", 504, nested(type="timeout_error"), "timeout", "timeout_error"),
    Failure(
        "gemini",
        400,
        nested("API key not valid.", code=400, status="INVALID_ARGUMENT"),
        "authentication",
        "INVALID_ARGUMENT",
    ),
    Failure(
        "gemini",
        429,
        nested(code=429, status="RESOURCE_EXHAUSTED", details=[{"retryDelay": "34s"}]),
        "rate_limited",
        "RESOURCE_EXHAUSTED",
        retry_after=34.0,
    ),
    Failure("gemini", 503, [nested(code=503, status="UNAVAILABLE")], "overloaded", "UNAVAILABLE"),
    Failure(
        "deepseek",
        402,
        nested("Insufficient Balance", code="invalid_request_error"),
        "quota_exhausted",
        "invalid_request_error",
    ),
    Failure("deepseek", 503, nested(), "overloaded"),
    Failure("cohere", 400, {"message": "too many tokens: 9", "id": "1"}, "context_length"),
    Failure("cohere", 498, {"message": "invalid token"}, "authentication"),
    Failure("cohere", 402, {"message": "m"}, "quota_exhausted"),
    Failure(
        "groq",
        429,
        nested(code="rate_limit_exceeded", type="tokens"),
        "rate_limited",
        "rate_limit_exceeded",
        retry_after=2.0,
        headers={"retry-after": "2"},
    ),
    Failure(
        "groq",
        429,
        nested(type="tokens"),
        "rate_limited",
        "tokens",
        retry_after=179.56,
        headers={"x-ratelimit-reset-tokens": "2m59.56s"},
    ),
    Failure("groq", 498, nested(code="capacity_exceeded"), "overloaded", "capacity_exceeded"),
    Failure("groq", 400, nested(code="tool_use_failed"), "invalid_request", "tool_use_failed"),
    Failure("mistral", 422, {"detail": [{"type": "extra_forbidden", "msg": "Extra inputs"}]}, "invalid_request"),
    Failure(
        "mistral",
        422,
        {"object": "error", "message": {"detail": [{"msg": "m"}]}, "type": "invalid_request_error"},
        "invalid_request",
        "invalid_request_error",
    ),
    Failure(
        "mistral",
        400,
        {"object": "error", "message": "m", "type": "invalid_function_call", "code": "3280"},
        "invalid_request",
        "3280",
    ),
    Failure("mistral", 429, {"message": "m", "type": "rate_limit_error"}, "rate_limited", "rate_limit_error"),
    Failure("mistral", 401, {"detail": "Unauthorized"}, "authentication"),
    Failure("openrouter", 402, nested(code=402), "quota_exhausted", "402"),
    Failure("openrouter", 403, nested(code=403), "content_filtered", "403"),
    Failure(
        "openrouter",
        403,
        nested(code=403, metadata={"error_type": "permission_denied"}),
        "permission_denied",
        "permission_denied",
    ),
    Failure(
        "openrouter",
        400,
        nested(code=400, metadata={"error_type": "context_length_exceeded"}),
        "context_length",
        "context_length_exceeded",
    ),
    Failure(
        "openrouter",
        503,
        nested(code=503, metadata={"error_type": "provider_overloaded"}),
        "overloaded",
        "provider_overloaded",
        retry_after=3.0,
        headers={"retry-after": "3"},
    ),
    Failure("openrouter", 524, nested(code=524), "timeout", "524"),
    Failure(
        "xai",
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: k"},
        "authentication",
        "Client specified an invalid argument",
    ),
    Failure("xai", 400, {"code": "c", "error": "This model's maximum prompt length is 9"}, "context_length", "c"),
    Failure("xai", 200, {"code": "c", "error": "The service is currently unavailable"}, "overloaded", "c"),
    Failure("xai", 429, nested(type="t"), "rate_limited", "t"),
    Failure("together", 402, nested(), "quota_exhausted"),
    Failure("together", 403, nested(), "context_length"),
    Failure("together", 504, nested(), "timeout"),
    Failure("ollama", 404, nested(type="not_found_error", code=None), "not_found", "not_found_error"),
    Failure("ollama", 500, nested(type="api_error"), "server_error", "api_error"),
    Failure("llamacpp", 400, nested(code=400, type="exceed_context_size_error", n_ctx=9), "context_length", "400"),
    Failure("llamacpp", 503, nested(code=503, type="unavailable_error"), "overloaded", "503"),
    Failure(
        "vllm",
        400,
        nested("This model's maximum context length is 9", type="BadRequestError", code=400),
        "context_length",
        "400",
    ),
    Failure(
        "vllm",
        404,
        {"object": "error", "message": "m", "type": "NotFoundError", "code": 404},
        "not_found",
        "404",
    ),
    Failure("vllm", 401, {"error": "Unauthorized"}, "authentication"),
    Failure(
        "lmstudio",
        400,
        {"error": "The number of tokens to keep is greater than the context length (n_keep: 9)"},
        "context_length",
    ),
    Failure("lmstudio", 400, {"error": "Invalid tool_choice type: 'object'"}, "invalid_request"),
]


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: f"{row.provider} {row.status} {row.code} is {row.error_class}")
def test_an_error_is_told_by_its_class(row: Failure) -> None:
    found = program_of(load(row.provider)).classify(row.status, row.headers, row.body)
    assert (found.error_class, found.code) == (row.error_class, row.code)
    assert found.retry_after == (None if row.retry_after is None else pytest.approx(row.retry_after))
    assert found.message


def test_a_mistral_detail_is_the_message() -> None:
    body = {
        "message": {"detail": [{"msg": "Extra inputs are not permitted"}]},
        "type": "invalid_request_error",
    }
    assert program_of(load("mistral")).classify(422, {}, body).message == "Extra inputs are not permitted"


# Models that end


@pytest.mark.parametrize(
    ("provider", "model", "sunset", "replacement"),
    [
        ("openai", "gpt-4.1", "2027-01-14", None),
        ("openai", "gpt-4.1-mini", None, None),
        ("openai", "gpt-5-mini", "2026-12-11", None),
        ("openai", "o3", "2026-12-11", None),
        ("openai", "o3-mini", "2026-10-23", None),
        ("openai", "gpt-4-turbo", "2026-10-23", None),
        ("openai", "gpt-4o", None, None),
        ("anthropic", "claude-sonnet-4-5-20250929", "2026-11-30", None),
        ("anthropic", "claude-sonnet-4-20250514", "2026-06-15", None),
        ("deepseek", "deepseek-chat", "2026-07-24", "deepseek-flash"),
        ("deepseek", "deepseek-reasoner", "2026-07-24", "deepseek-v4-pro"),
        ("xai", "grok-3", "2026-05-15", "grok-4.3"),
        ("xai", "grok-4.3", None, None),
        ("groq", "llama-3.3-70b-versatile", "2026-08-16", None),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "2026-10-22", None),
    ],
)
def test_the_end_of_a_model_is_known(provider: str, model: str, sunset: str | None, replacement: str | None) -> None:
    found = load(provider).for_model(model)
    assert (found.sunset, found.replacement) == (sunset, replacement)
