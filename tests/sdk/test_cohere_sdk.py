"""The SDK of Cohere against the simulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_lib_python.simulator import SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

cohere = pytest.importorskip("cohere")

MODEL = "command-a"
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA},
    }
]


@pytest.fixture
def client(simulator: Simulator) -> Any:
    return cohere.ClientV2(api_key="dummy", base_url=simulator.url)


def _text(response: Any) -> str:
    return "".join(item.text for item in response.message.content)


def _streamed(events: Any) -> tuple[str, Any]:
    """The text of a stream, and its last event."""
    seen = list(events)
    deltas = [event.delta.message.content.text for event in seen if event.type == "content-delta"]
    return "".join(deltas), seen[-1]


def test_chat(client: Any) -> None:
    response = client.chat(model=MODEL, messages=MESSAGES)
    assert _text(response) == f"You said: {QUESTION}"
    assert (response.id, response.message.role, response.finish_reason) == ("sim-1", "assistant", "COMPLETE")
    assert (response.usage.tokens.input_tokens, response.usage.tokens.output_tokens) == (8, 9)


def test_streaming(client: Any) -> None:
    text, last = _streamed(client.chat_stream(model=MODEL, messages=MESSAGES))
    assert text == f"You said: {QUESTION}"
    assert (last.type, last.delta.finish_reason) == ("message-end", "COMPLETE")
    assert last.delta.usage.tokens.output_tokens == 9


def _with_result(calls: list[Any]) -> list[Any]:
    said = [{"id": id, "type": "function", "function": {"name": name, "arguments": text}} for id, name, text in calls]
    results = [{"role": "tool", "tool_call_id": id, "content": "22 degrees"} for id, _, _ in calls]
    return [*MESSAGES, {"role": "assistant", "tool_calls": said}, *results]


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.chat(model=MODEL, messages=MESSAGES, tools=TOOLS)
    (call,) = asked.message.tool_calls
    assert (asked.finish_reason, call.function.name) == ("TOOL_CALL", "weather")
    assert json.loads(call.function.arguments) == ARGUMENTS
    result = {"role": "tool", "tool_call_id": call.id, "content": "22 degrees"}
    told = client.chat(model=MODEL, messages=[*MESSAGES, asked.message, result], tools=TOOLS)
    assert _text(told) == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    events = list(client.chat_stream(model=MODEL, messages=MESSAGES, tools=TOOLS))
    (start,) = [event for event in events if event.type == "tool-call-start"]
    pieces = [event.delta.message.tool_calls.function.arguments for event in events if event.type == "tool-call-delta"]
    call = start.delta.message.tool_calls
    assert (call.function.name, json.loads("".join(pieces))) == ("weather", ARGUMENTS)
    assert events[-1].delta.finish_reason == "TOOL_CALL"
    messages = _with_result([(call.id, call.function.name, "".join(pieces))])
    text, _ = _streamed(client.chat_stream(model=MODEL, messages=messages, tools=TOOLS))
    assert text == "The tool answered: 22 degrees"


@pytest.mark.parametrize("streamed", [False, True])
def test_thinking(client: Any, streamed: bool) -> None:
    ask: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, "thinking": {"type": "enabled"}}
    if streamed:
        contents = [event.delta.message.content for event in client.chat_stream(**ask) if event.type == "content-delta"]
        thinking = "".join(content.thinking or "" for content in contents)
        text = "".join(content.text or "" for content in contents)
    else:
        first, second = client.chat(**ask).message.content
        thinking, text = first.thinking, second.text
    assert (thinking, text) == ("Let me think about that.", f"You said: {QUESTION}")


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    client.chat(
        model=MODEL,
        messages=MESSAGES,
        temperature=0.5,
        p=0.9,
        k=5,
        max_tokens=3,
        stop_sequences=["x"],
        seed=4,
    )
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.top_k) == (0.5, 0.9, 5)
    assert (request.max_tokens, request.stop, request.seed) == (3, ("x",), 4)


def test_a_cut_answer(client: Any) -> None:
    response = client.chat(model=MODEL, messages=MESSAGES, max_tokens=4)
    assert (_text(response), response.finish_reason) == ("You said: What", "MAX_TOKENS")


def test_a_schema_is_filled(client: Any) -> None:
    wanted: Any = {"type": "json_object", "json_schema": SCHEMA}
    assert json.loads(_text(client.chat(model=MODEL, messages=MESSAGES, response_format=wanted))) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("invalid_request", "bad"))
    with pytest.raises(cohere.BadRequestError) as caught:
        client.chat(model=MODEL, messages=MESSAGES)
    assert caught.value.status_code == 400


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with cohere.AsyncClientV2(api_key="dummy", base_url=simulator.url) as client:
        assert _text(await client.chat(model=MODEL, messages=MESSAGES)) == f"You said: {QUESTION}"
