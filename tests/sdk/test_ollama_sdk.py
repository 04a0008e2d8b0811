"""The SDK of Ollama against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

ollama = pytest.importorskip("ollama")

MODEL = "qwen3"
MESSAGES: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA},
    }
]
KEY = {"authorization": "Bearer dummy"}
PIXEL = "iVBORw0KGgo="


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with ollama.Client(host=simulator.url, headers=KEY) as client:
        yield client


def test_chat(client: Any) -> None:
    response = client.chat(MODEL, MESSAGES)
    assert (response.message.role, response.message.content) == ("assistant", f"You said: {QUESTION}")
    assert (response.model, response.done, response.done_reason) == (MODEL, True, "stop")
    assert (response.prompt_eval_count, response.eval_count) == (8, 9)


def test_streaming(client: Any) -> None:
    chunks = list(client.chat(MODEL, MESSAGES, stream=True))
    assert "".join(chunk.message.content for chunk in chunks) == f"You said: {QUESTION}"
    assert [chunk.done for chunk in chunks] == [False] * 8 + [True]
    assert (chunks[-1].done_reason, chunks[-1].eval_count) == ("stop", 9)


def _with_result(message: Any) -> list[Any]:
    return [*MESSAGES, message, {"role": "tool", "tool_name": "weather", "content": "22 degrees"}]


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.chat(MODEL, MESSAGES, tools=TOOLS)
    (call,) = asked.message.tool_calls
    assert (call.function.name, call.function.arguments, asked.done_reason) == ("weather", ARGUMENTS, "stop")
    told = client.chat(MODEL, _with_result(asked.message), tools=TOOLS)
    assert told.message.content == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    chunks = list(client.chat(MODEL, MESSAGES, tools=TOOLS, stream=True))
    (message,) = [chunk.message for chunk in chunks if chunk.message.tool_calls]
    assert message.tool_calls[0].function.arguments == ARGUMENTS
    told = client.chat(MODEL, _with_result(message), tools=TOOLS, stream=True)
    assert "".join(chunk.message.content for chunk in told) == "The tool answered: 22 degrees"


def test_a_python_function_is_a_tool(client: Any) -> None:
    def weather(city: str) -> str:
        """Tells the weather.

        Args:
            city: where
        """
        return city

    (call,) = client.chat(MODEL, MESSAGES, tools=[weather]).message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", {"city": "example"})


def test_thinking(client: Any) -> None:
    message = client.chat(MODEL, MESSAGES, think=True).message
    assert (message.thinking, message.content) == ("Let me think about that.", f"You said: {QUESTION}")
    assert client.chat(MODEL, MESSAGES, think=False).message.thinking is None


def test_streamed_thinking_comes_before_the_text(client: Any, simulator: Simulator) -> None:
    chunks = list(client.chat(MODEL, MESSAGES, think="high", stream=True))
    assert "".join(chunk.message.thinking or "" for chunk in chunks) == "Let me think about that."
    assert "".join(chunk.message.content for chunk in chunks) == f"You said: {QUESTION}"
    request = simulator.requests[0].request
    assert request is not None
    assert request.reasoning is not None
    assert request.reasoning.effort == "high"


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    options = {"temperature": 0.5, "top_p": 0.9, "top_k": 5, "num_predict": 3, "stop": ["x"], "seed": 4}
    client.chat(MODEL, MESSAGES, options={**options, "presence_penalty": 0.25, "frequency_penalty": 0.75})
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.top_k, request.max_tokens) == (0.5, 0.9, 5, 3)
    assert (request.stop, request.seed) == (("x",), 4)
    assert (request.presence_penalty, request.frequency_penalty) == (0.25, 0.75)


def test_a_limit_of_minus_one_is_none(client: Any) -> None:
    assert client.chat(MODEL, MESSAGES, options={"num_predict": -1}).done_reason == "stop"


def test_a_picture_arrives(client: Any, simulator: Simulator) -> None:
    client.chat(MODEL, [{"role": "user", "content": "Look:", "images": [PIXEL]}])
    request = simulator.requests[0].request
    assert request is not None
    text, picture = request.messages[0].parts
    assert (text.text, picture.data) == ("Look:", PIXEL)


def test_a_cut_answer(client: Any) -> None:
    response = client.chat(MODEL, MESSAGES, options={"num_predict": 4})
    assert (response.message.content, response.done_reason) == ("You said: What", "length")


def test_a_schema_is_filled(client: Any) -> None:
    assert json.loads(client.chat(MODEL, MESSAGES, format=SCHEMA).message.content) == ARGUMENTS
    assert client.chat(MODEL, MESSAGES, format="json").message.content == "{}"


def test_a_prompt_is_completed(client: Any) -> None:
    response = client.generate(MODEL, QUESTION, system="Be brief.", think=True)
    assert (response.response, response.thinking) == (f"You said: {QUESTION}", "Let me think about that.")
    assert (response.done_reason, response.prompt_eval_count, response.context) == ("stop", 8, [1, 2, 3])


def test_a_completion_is_streamed(client: Any) -> None:
    chunks = list(client.generate(MODEL, QUESTION, stream=True, images=[PIXEL]))
    assert "".join(chunk.response for chunk in chunks) == f"You said: {QUESTION}"
    assert (chunks[-1].done, chunks[-1].done_reason) == (True, "stop")


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("not_found", 'model "x" not found'), SimulatedError("overloaded", "busy"))
    with pytest.raises(ollama.ResponseError, match='model "x" not found') as caught:
        client.chat(MODEL, MESSAGES)
    assert caught.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match="busy") as caught:
        list(client.chat(MODEL, MESSAGES, stream=True))
    assert caught.value.status_code == 503


def test_an_error_in_mid_stream(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("server_error", "it broke", after_frames=3))
    with pytest.raises(ollama.ResponseError, match="it broke"):
        list(client.chat(MODEL, MESSAGES, stream=True))


def test_several_calls_in_one_answer(client: Any, simulator: Simulator) -> None:
    from ai_lib_python import ToolCall

    simulator.script(Answer(tool_calls=[ToolCall("a", "weather", '{"city":"Ulm"}'), ToolCall("b", "weather")]))
    calls = client.chat(MODEL, MESSAGES, tools=TOOLS).message.tool_calls
    assert [call.function.arguments for call in calls] == [{"city": "Ulm"}, {}]


def test_the_models(client: Any) -> None:
    assert [model.model for model in client.list().models] == ["simulator"]


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with ollama.AsyncClient(host=simulator.url, headers=KEY) as client:
        response = await client.chat(MODEL, MESSAGES)
    assert response.message.content == f"You said: {QUESTION}"
