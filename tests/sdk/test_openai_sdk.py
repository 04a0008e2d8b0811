"""The SDK of OpenAI against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

openai = pytest.importorskip("openai")

MODEL = "gpt-4o"
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA},
    }
]
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{simulator.url}/v1", api_key="dummy", max_retries=0) as client:
        yield client


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
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == f"You said: {QUESTION}"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 17


def test_the_streaming_helper_assembles_the_same_answer(client: Any) -> None:
    with client.chat.completions.stream(model=MODEL, messages=MESSAGES) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()
    assert completion.choices[0].message.content == f"You said: {QUESTION}"


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.chat.completions.create(model=MODEL, messages=MESSAGES, tools=TOOLS)
    (choice,) = asked.choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, call.type, call.function.name) == ("tool_calls", "function", "weather")
    assert json.loads(call.function.arguments) == ARGUMENTS
    result = {"role": "tool", "tool_call_id": call.id, "content": "22 degrees"}
    told = client.chat.completions.create(model=MODEL, messages=[*MESSAGES, choice.message, result], tools=TOOLS)
    assert told.choices[0].message.content == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    with client.chat.completions.stream(model=MODEL, messages=MESSAGES, tools=TOOLS) as stream:
        for _ in stream:
            pass
        (choice,) = stream.get_final_completion().choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, call.function.name) == ("tool_calls", "weather")
    assert json.loads(call.function.arguments) == ARGUMENTS
    said = {"role": "assistant", "tool_calls": [call.model_dump(include={"id", "type", "function"})]}
    result = {"role": "tool", "tool_call_id": call.id, "content": "22 degrees"}
    chunks = client.chat.completions.create(model=MODEL, messages=[*MESSAGES, said, result], tools=TOOLS, stream=True)
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == "The tool answered: 22 degrees"


def test_several_calls_in_one_stream(client: Any, simulator: Simulator) -> None:
    from ai_lib_python import ToolCall

    calls = [ToolCall("a", "weather", json.dumps(ARGUMENTS)), ToolCall("b", "weather", "{}")]
    simulator.script(Answer("Looking.", tool_calls=calls))
    with client.chat.completions.stream(model=MODEL, messages=MESSAGES, tools=TOOLS) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    assert message.content == "Looking."
    assert [(call.id, json.loads(call.function.arguments)) for call in message.tool_calls] == [
        ("a", ARGUMENTS),
        ("b", {}),
    ]


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        temperature=0.5,
        top_p=0.9,
        max_completion_tokens=3,
        stop=["x"],
        seed=4,
    )
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.max_tokens) == (0.5, 0.9, 3)
    assert (request.stop, request.seed) == (("x",), 4)


def test_a_cut_answer(client: Any) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=4)
    assert (completion.choices[0].message.content, completion.choices[0].finish_reason) == (
        "You said: What",
        "length",
    )


def test_a_schema_is_filled(client: Any) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    completion = client.chat.completions.create(model=MODEL, messages=MESSAGES, response_format=wanted)
    assert json.loads(completion.choices[0].message.content) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "slower"), SimulatedError("server_error"))
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert (caught.value.code, caught.value.status_code) == ("rate_limit_exceeded", 429)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model=MODEL, messages=MESSAGES)


def test_an_error_in_mid_stream(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy", after_frames=3))
    stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIError, match="busy"):
        list(stream)


def test_the_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["simulator"]


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with openai.AsyncOpenAI(base_url=f"{simulator.url}/v1", api_key="dummy", max_retries=0) as client:
        completion = await client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert completion.choices[0].message.content == f"You said: {QUESTION}"
