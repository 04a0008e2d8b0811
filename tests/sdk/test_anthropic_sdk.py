"""The SDK of Anthropic against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

anthropic = pytest.importorskip("anthropic")

ASK: dict[str, Any] = {
    "model": "claude-sonnet",
    "max_tokens": 200,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": QUESTION}],
}
TOOLS: Any = [{"name": "weather", "description": "Tells the weather", "input_schema": SCHEMA}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=simulator.url, api_key="dummy", max_retries=0) as client:
        yield client


def test_chat(client: Any) -> None:
    message = client.messages.create(**ASK)
    (block,) = message.content
    assert (block.type, block.text) == ("text", f"You said: {QUESTION}")
    assert (message.role, message.model, message.stop_reason) == ("assistant", "claude-sonnet", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (8, 9)


def test_streaming(client: Any) -> None:
    with client.messages.stream(**ASK) as stream:
        texts = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(texts) == 8
    assert "".join(texts) == message.content[0].text == f"You said: {QUESTION}"
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 9)


def test_the_events_of_a_stream(client: Any) -> None:
    kinds = [event.type for event in client.messages.create(**ASK, stream=True)]
    assert kinds == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * 8,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def _with_result(message: Any, id: str) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": id, "content": "22 degrees"}
    history = [*ASK["messages"], {"role": "assistant", "content": message.content}]
    return {**ASK, "messages": [*history, {"role": "user", "content": [result]}], "tools": TOOLS}


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.messages.create(**ASK, tools=TOOLS)
    (block,) = asked.content
    assert (asked.stop_reason, block.type, block.name, block.input) == (
        "tool_use",
        "tool_use",
        "weather",
        ARGUMENTS,
    )
    told = client.messages.create(**_with_result(asked, block.id))
    assert told.content[0].text == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    with client.messages.stream(**ASK, tools=TOOLS) as stream:
        asked = stream.get_final_message()
    (block,) = asked.content
    assert (asked.stop_reason, block.name, block.input) == ("tool_use", "weather", ARGUMENTS)
    said = {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}
    asked.content = [said]
    with client.messages.stream(**_with_result(asked, block.id)) as stream:
        assert stream.get_final_text() == "The tool answered: 22 degrees"


@pytest.mark.parametrize("streamed", [False, True])
def test_thinking(client: Any, streamed: bool) -> None:
    ask = {**ASK, "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048}
    if streamed:
        with client.messages.stream(**ask) as stream:
            message = stream.get_final_message()
    else:
        message = client.messages.create(**ask)
    thinking, text = message.content
    assert (thinking.type, thinking.thinking) == ("thinking", "Let me think about that.")
    assert thinking.signature
    assert text.text == f"You said: {QUESTION}"


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    # this release of the SDK knows no sampling parameters any more
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 5}
    client.messages.create(**ASK, stop_sequences=["x"], extra_body=sampling)
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.top_k, request.stop) == (0.5, 0.9, 5, ("x",))
    assert request.messages[0].text == "Be brief."


def test_a_cut_answer(client: Any) -> None:
    message = client.messages.create(**{**ASK, "max_tokens": 4})
    assert (message.content[0].text, message.stop_reason) == ("You said: What", "max_tokens")


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy"), SimulatedError("authentication"))
    with pytest.raises(anthropic.APIStatusError, match="busy") as caught:
        client.messages.create(**ASK)
    assert caught.value.status_code == 529
    with pytest.raises(anthropic.AuthenticationError):
        client.messages.create(**ASK)


def test_an_error_in_mid_stream(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy", after_frames=4))
    with pytest.raises(anthropic.APIStatusError, match="busy"):
        list(client.messages.create(**ASK, stream=True))


def test_tokens_from_a_cache(client: Any, simulator: Simulator) -> None:
    from ai_lib_python import Usage

    simulator.script(Answer("x", usage=Usage(input=1, cache_read=2, cache_write=3, output=4)))
    usage = client.messages.create(**ASK).usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (1, 2, 3)


def test_the_models(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["simulator"]


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with anthropic.AsyncAnthropic(base_url=simulator.url, api_key="dummy", max_retries=0) as client:
        message = await client.messages.create(**ASK)
    assert message.content[0].text == f"You said: {QUESTION}"
