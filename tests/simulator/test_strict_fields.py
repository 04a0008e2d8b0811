"""Whatever a client half sends, the server half takes: each parameter, of each provider, API and model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ai_lib_python import Message, ToolDefinition
from ai_lib_python._compile.notes import Notes
from ai_lib_python._compile.shapes import problems
from ai_lib_python._engine.target import program_of
from ai_lib_python._globs import globs_of
from ai_lib_python._manifest.folders import known_ids
from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.request import ChatRequest
from ai_lib_python.tools import Reasoning, ResponseFormat, ToolChoice, WebSearch

TOOLS = (ToolDefinition("add", "Adds.", {"type": "object", "properties": {}}, strict=True),)
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
SAMPLING: dict[str, Any] = {
    "max_tokens": 20_000,
    "stop": ("x",),
    "seed": 7,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.5,
    "logprobs": True,
    "top_logprobs": 2,
    "user": "u",
}
ASKED: list[dict[str, Any]] = [
    {},
    SAMPLING,
    {"temperature": 0.5},
    {"n": 2, "min_p": 0.1, "repetition_penalty": 1.1, "logit_bias": {"50256": -100}, "verbosity": "low"},
    *({"service_tier": tier} for tier in ("auto", "default", "flex", "priority")),
    {"store": False, "metadata": {"a": "b"}, "prompt_cache_key": "k"},
    {"web_search": WebSearch()},
    {"web_search": WebSearch(enabled=False)},
    {"web_search": WebSearch(allowed_domains=("a.example",), country="DE", context_size="low", max_uses=2)},
    {"web_search": WebSearch(blocked_domains=("a.example",)), "tools": TOOLS},
    {"top_p": 0.9, "top_k": 5},
    {"reasoning": Reasoning(enabled=False)},
    {"reasoning": Reasoning()},
    {"reasoning": Reasoning(budget_tokens=2048)},
    *({"reasoning": Reasoning(effort=effort)} for effort in ("minimal", "low", "high", "max")),
    *({"tools": TOOLS, "tool_choice": ToolChoice(mode)} for mode in ("auto", "none", "required")),
    {"tools": TOOLS, "tool_choice": ToolChoice("named", "add"), "parallel_tool_calls": False},
    {"response_format": ResponseFormat("text")},
    {"response_format": ResponseFormat("json_object")},
    {"response_format": ResponseFormat("json_schema", SCHEMA, "answer", strict=True, description="An answer.")},
]
PROVIDERS = [id for id in known_ids() if load(id).has_chat]


def variants(id: str) -> Iterator[tuple[Manifest, str]]:
    """Every API of a provider with every entry of its models, and a name of a model that each is about."""
    own = load(id)
    for manifest in (own, *own.for_all_apis()):
        yield manifest, "some-model"
        for entry in manifest.data.get("models", ()):
            yield manifest, globs_of(entry)[0].replace("*", "").replace("?", "x") or "some-model"


def wrong(manifest: Manifest, model: str, asked: dict[str, Any], stream: bool) -> list[str]:
    """What a strict simulator would say of the body that goes out."""
    program = program_of(manifest.for_model(model))
    request = ChatRequest(model, (Message.user("Hi"),), **asked)
    try:
        body = program.encode(request, stream, Notes())[3]
    except UnsupportedError:
        return []
    shape = program.serve.accepts
    assert shape is not None
    sent = msgspec.json.decode(msgspec.json.encode(body))
    return [f"{manifest.origin}/{model}: {told}" for told in problems(shape, sent)]


@pytest.mark.parametrize("id", PROVIDERS)
def test_every_parameter_is_taken_as_it_is_sent(id: str) -> None:
    found = [
        told
        for manifest, model in {(m.origin, model): (m, model) for m, model in variants(id)}.values()
        for at, asked in enumerate(ASKED)
        for told in wrong(manifest, model, asked, stream=at == 1)
    ]
    assert sorted(set(found)) == []
