"""The SDK of OpenAI against the simulator, on the Responses API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python import ToolCall
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

openai = pytest.importorskip("openai")

MODEL = "gpt-6-luna"
ECHO = f"You said: {QUESTION}"
TOOLS: Any = [
    {"type": "function", "name": "weather", "description": "Tells the weather", "parameters": SCHEMA, "strict": False}
]
INPUT: Any = [{"role": "user", "content": QUESTION}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{simulator.url}/v1", api_key="dummy", max_retries=0) as client:
        yield client


def test_a_response(client: Any) -> None:
    response = client.responses.create(model=MODEL, instructions="Be brief.", input=QUESTION)
    assert response.output_text == ECHO
    assert (response.object, response.model, response.status) == ("response", MODEL, "completed")
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (8, 9, 17)


def test_streaming(client: Any) -> None:
    events = list(client.responses.create(model=MODEL, instructions="Be brief.", input=INPUT, stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == ECHO
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert events[-1].response.output_text == ECHO
    assert events[-1].response.usage.total_tokens == 17


def test_the_streaming_helper_assembles_the_same_answer(client: Any, simulator: Simulator) -> None:
    simulator.script(Answer("Yes.", reasoning="Let me see"))
    with client.responses.stream(model=MODEL, input=INPUT) as stream:
        for _ in stream:
            pass
        thought, message = stream.get_final_response().output
    assert ([part.text for part in thought.summary], thought.encrypted_content) == (["Let me see"], "c2ltdWxhdGVk")
    assert message.content[0].text == "Yes."


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.responses.create(model=MODEL, input=INPUT, tools=TOOLS)
    (call,) = asked.output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "weather", ARGUMENTS)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "22 degrees"}
    told = client.responses.create(model=MODEL, input=[*INPUT, *asked.output, result], tools=TOOLS)
    assert told.output_text == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    with client.responses.stream(model=MODEL, input=INPUT, tools=TOOLS) as stream:
        pieces = [event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
        (call,) = stream.get_final_response().output
    assert json.loads("".join(pieces)) == json.loads(call.arguments) == ARGUMENTS
    said = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "22 degrees"}
    events = client.responses.create(model=MODEL, input=[*INPUT, said, result], tools=TOOLS, stream=True)
    texts = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(texts) == "The tool answered: 22 degrees"


def test_a_whole_answer_goes_back_as_one_turn(client: Any, simulator: Simulator) -> None:
    calls = [ToolCall("a", "weather", json.dumps(ARGUMENTS)), ToolCall("b", "weather", "{}")]
    simulator.script(Answer("Looking.", reasoning="Let me see", tool_calls=calls))
    asked = client.responses.create(model=MODEL, input=INPUT, tools=TOOLS)
    assert [item.type for item in asked.output] == ["reasoning", "message", "function_call", "function_call"]
    results = [{"type": "function_call_output", "call_id": id, "output": "22 degrees"} for id in ("a", "b")]
    client.responses.create(model=MODEL, input=[*INPUT, *asked.output, *results], tools=TOOLS)
    request = simulator.requests[1].request
    assert request is not None
    assert [message.role.value for message in request.messages] == ["user", "assistant", "tool", "tool"]
    kinds = [part.kind for part in request.messages[1].parts]
    assert kinds == ["reasoning", "text", "tool_call", "tool_call"]


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    client.responses.create(
        model=MODEL,
        input=INPUT,
        temperature=0.5,
        top_p=0.9,
        max_output_tokens=30,
        top_logprobs=2,
        include=["message.output_text.logprobs"],
        reasoning={"effort": "low"},
        tools=TOOLS,
        tool_choice={"type": "function", "name": "weather"},
        parallel_tool_calls=False,
    )
    request = simulator.requests[0].request
    assert request is not None
    assert (request.temperature, request.top_p, request.max_tokens) == (0.5, 0.9, 30)
    assert (request.logprobs, request.top_logprobs, request.parallel_tool_calls) == (True, 2, False)
    assert request.reasoning is not None
    assert request.reasoning.effort == "low"
    assert request.tool_choice is not None
    assert (request.tool_choice.mode, request.tool_choice.name) == ("named", "weather")


def test_pictures_and_files_arrive(client: Any, simulator: Simulator) -> None:
    content = [
        {"type": "input_text", "text": QUESTION},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_file", "file_id": "file-1"},
    ]
    client.responses.create(model=MODEL, input=[{"role": "user", "content": content}])
    request = simulator.requests[0].request
    assert request is not None
    kinds = [part.kind for part in request.messages[0].parts]
    assert kinds == ["text", "image_base64", "file_base64", "file_id"]


def test_a_cut_answer(client: Any) -> None:
    response = client.responses.create(model=MODEL, input=INPUT, max_output_tokens=4)
    assert (response.output_text, response.status) == ("You said: What", "incomplete")
    assert response.incomplete_details.reason == "max_output_tokens"


def test_a_cut_stream_ends_as_incomplete(client: Any) -> None:
    events = list(client.responses.create(model=MODEL, input=INPUT, max_output_tokens=4, stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"


def test_a_schema_is_filled(client: Any) -> None:
    wanted: Any = {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA}}
    response = client.responses.create(model=MODEL, input=INPUT, text=wanted)
    assert json.loads(response.output_text) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "slower"), SimulatedError("server_error"))
    with pytest.raises(openai.RateLimitError) as caught:
        client.responses.create(model=MODEL, input=INPUT)
    assert (caught.value.code, caught.value.status_code) == ("rate_limit_exceeded", 429)
    with pytest.raises(openai.InternalServerError):
        client.responses.create(model=MODEL, input=INPUT)


def test_an_error_in_mid_stream_is_an_event(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy", after_frames=3))
    last = list(client.responses.create(model=MODEL, input=INPUT, stream=True))[-1]
    assert (last.type, last.code, last.message) == ("error", "server_is_overloaded", "busy")


async def test_the_client_for_asyncio(simulator: Simulator) -> None:
    async with openai.AsyncOpenAI(base_url=f"{simulator.url}/v1", api_key="dummy", max_retries=0) as client:
        response = await client.responses.create(model=MODEL, input=INPUT)
    assert response.output_text == ECHO
