"""The SDK of Groq against the simulator: a provider whose server half is its dialect's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

groq = pytest.importorskip("groq")

MODEL = "openai/gpt-oss-20b"
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA},
    }
]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with groq.Groq(base_url=f"{simulator.url}/groq", api_key="dummy", max_retries=0) as client:
        yield client


def _text(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_chat(client: Any) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    (choice,) = completion.choices
    assert choice.message.content == f"You said: {QUESTION}"
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert (completion.object, completion.model) == ("chat.completion", MODEL)
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (8, 9, 17)


def test_streaming(client: Any) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True))
    assert _text(chunks) == f"You said: {QUESTION}"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def _with_result(call: Any, message: Any) -> list[Any]:
    return [*MESSAGES, message, {"role": "tool", "tool_call_id": call.id, "content": "22 degrees"}]


def test_a_tool_call_and_its_result(client: Any) -> None:
    (choice,) = client.chat.completions.create(model=MODEL, messages=MESSAGES, tools=TOOLS).choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, call.type, call.function.name) == ("tool_calls", "function", "weather")
    assert json.loads(call.function.arguments) == ARGUMENTS
    told = client.chat.completions.create(model=MODEL, messages=_with_result(call, choice.message), tools=TOOLS)
    assert told.choices[0].message.content == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=MESSAGES, tools=TOOLS, stream=True))
    pieces = [call for chunk in chunks if chunk.choices for call in chunk.choices[0].delta.tool_calls or ()]
    assert (pieces[0].function.name, {piece.index for piece in pieces}) == ("weather", {0})
    arguments = "".join(piece.function.arguments for piece in pieces)
    assert json.loads(arguments) == ARGUMENTS
    called = {"id": pieces[0].id, "type": "function", "function": {"name": "weather", "arguments": arguments}}
    messages = _with_result(pieces[0], {"role": "assistant", "tool_calls": [called]})
    told = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS, stream=True)
    assert _text(list(told)) == "The tool answered: 22 degrees"


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        temperature=0.5,
        top_p=0.9,
        max_completion_tokens=3,
        stop=["x"],
        seed=4,
        user="person-1",
        reasoning_effort="low",
    )
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.max_tokens) == (0.5, 0.9, 3)
    assert (request.stop, request.seed, request.user) == (("x",), 4, "person-1")
    assert request.reasoning is not None
    assert request.reasoning.effort == "low"


def test_a_cut_answer(client: Any) -> None:
    (choice,) = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_completion_tokens=4).choices
    assert (choice.message.content, choice.finish_reason) == ("You said: What", "length")


def test_a_schema_is_filled(client: Any) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    completion = client.chat.completions.create(model=MODEL, messages=MESSAGES, response_format=wanted)
    assert json.loads(completion.choices[0].message.content) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "slower"), SimulatedError("server_error"))
    with pytest.raises(groq.RateLimitError, match="slower") as caught:
        client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert caught.value.status_code == 429
    with pytest.raises(groq.InternalServerError):
        client.chat.completions.create(model=MODEL, messages=MESSAGES)


def test_an_error_in_mid_stream(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy", after_frames=3))
    stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    with pytest.raises(groq.APIError, match="busy"):
        list(stream)


def test_the_models(client: Any) -> None:
    assert [model.id for model in client.models.list().data] == ["simulator"]


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with groq.AsyncGroq(base_url=f"{simulator.url}/groq", api_key="dummy", max_retries=0) as client:
        completion = await client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert completion.choices[0].message.content == f"You said: {QUESTION}"
