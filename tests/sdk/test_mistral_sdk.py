"""The SDK of Mistral against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

mistralai = pytest.importorskip("mistralai.client")
errors = pytest.importorskip("mistralai.client.errors")

MODEL = "mistral-small-latest"
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA},
    }
]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with mistralai.Mistral(api_key="dummy", server_url=f"{simulator.url}/mistral") as client:
        yield client


def _streamed(client: Any, **ask: Any) -> list[Any]:
    with client.chat.stream(model=MODEL, **ask) as stream:
        return [event.data for event in stream]


def _text(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_chat(client: Any) -> None:
    response = client.chat.complete(model=MODEL, messages=MESSAGES)
    (choice,) = response.choices
    assert choice.message.content == f"You said: {QUESTION}"
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert (response.id, response.model) == ("sim-1", MODEL)
    usage = response.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (8, 9, 17)


def test_streaming(client: Any) -> None:
    chunks = _streamed(client, messages=MESSAGES)
    assert _text(chunks) == f"You said: {QUESTION}"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert chunks[-1].usage.total_tokens == 17


def _with_result(call: Any, message: Any) -> list[Any]:
    result = {"role": "tool", "name": call.function.name, "content": "22 degrees", "tool_call_id": call.id}
    return [*MESSAGES, message, result]


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.chat.complete(model=MODEL, messages=MESSAGES, tools=TOOLS, tool_choice="any")
    (choice,) = asked.choices
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, call.function.name) == ("tool_calls", "weather")
    assert json.loads(call.function.arguments) == ARGUMENTS
    assert len(call.id) == 9
    assert call.id.isalnum()
    told = client.chat.complete(model=MODEL, messages=_with_result(call, choice.message), tools=TOOLS)
    assert told.choices[0].message.content == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    chunks = _streamed(client, messages=MESSAGES, tools=TOOLS)
    (call,) = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert (chunks[-1].choices[0].finish_reason, call.function.name) == ("tool_calls", "weather")
    assert json.loads(call.function.arguments) == ARGUMENTS
    said = {"role": "assistant", "content": "", "tool_calls": [call]}
    told = _streamed(client, messages=_with_result(call, said), tools=TOOLS)
    assert _text(told) == "The tool answered: 22 degrees"


def test_thinking_is_a_chunk_of_the_content(client: Any) -> None:
    response = client.chat.complete(model=MODEL, messages=MESSAGES, reasoning_effort="high")
    thinking, text = response.choices[0].message.content
    assert (thinking.type, thinking.thinking[0].text) == ("thinking", "Let me think about that.")
    assert (text.type, text.text) == ("text", f"You said: {QUESTION}")
    again = [*MESSAGES, response.choices[0].message, {"role": "user", "content": "Sure?"}]
    assert client.chat.complete(model=MODEL, messages=again).choices[0].message.content == "You said: Sure?"


def test_streamed_thinking_comes_in_chunks_too(client: Any) -> None:
    chunks = _streamed(client, messages=MESSAGES, reasoning_effort="high")
    pieces = [piece for chunk in chunks for piece in chunk.choices[0].delta.content or ()]
    thinking = "".join(piece.thinking[0].text for piece in pieces if piece.type == "thinking")
    text = "".join(piece.text for piece in pieces if piece.type == "text")
    assert (thinking, text) == ("Let me think about that.", f"You said: {QUESTION}")


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    client.chat.complete(
        model=MODEL,
        messages=MESSAGES,
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        max_tokens=3,
        stop=["x"],
        random_seed=4,
        presence_penalty=0.25,
    )
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.top_k, request.max_tokens) == (0.5, 0.9, 5, 3)
    assert (request.stop, request.seed, request.presence_penalty) == (("x",), 4, 0.25)


def test_pictures_sounds_and_documents_arrive(client: Any, simulator: Simulator) -> None:
    content = [
        {"type": "text", "text": "Look and listen:"},
        {"type": "image_url", "image_url": "https://pictures.example/cat.png"},
        {"type": "input_audio", "input_audio": "YWJj"},
        {"type": "document_url", "document_url": "https://papers.example/a.pdf"},
        {"type": "file", "file_id": "f-1"},
    ]
    client.chat.complete(model=MODEL, messages=[{"role": "user", "content": content}])
    request = simulator.requests[0].request
    assert request is not None
    kinds = [part.kind for part in request.messages[0].parts]
    assert kinds == ["text", "image_url", "audio_base64", "file_url", "file_id"]


def test_a_cut_answer(client: Any) -> None:
    (choice,) = client.chat.complete(model=MODEL, messages=MESSAGES, max_tokens=4).choices
    assert (choice.message.content, choice.finish_reason) == ("You said: What", "length")


def test_a_schema_is_filled(client: Any) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    response = client.chat.complete(model=MODEL, messages=MESSAGES, response_format=wanted)
    assert json.loads(response.choices[0].message.content) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "slower"), SimulatedError("not_found", "Invalid model: x"))
    with pytest.raises(errors.SDKError, match="slower") as caught:
        client.chat.complete(model=MODEL, messages=MESSAGES)
    assert caught.value.status_code == 429
    assert json.loads(caught.value.body) == {
        "object": "error",
        "message": "slower",
        "type": "rate_limited",
        "code": "1300",
        "raw_status_code": 429,
    }
    with pytest.raises(errors.SDKError, match="Invalid model") as caught:
        client.chat.complete(model=MODEL, messages=MESSAGES)
    assert caught.value.status_code == 400


def test_the_models(client: Any) -> None:
    assert [model.id for model in client.models.list().data] == ["simulator"]


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with mistralai.Mistral(api_key="dummy", server_url=f"{simulator.url}/mistral") as client:
        response = await client.chat.complete_async(model=MODEL, messages=MESSAGES)
    assert response.choices[0].message.content == f"You said: {QUESTION}"
