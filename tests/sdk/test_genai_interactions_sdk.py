"""The Interactions API of Google's SDK against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

genai = pytest.importorskip("google.genai")
types = pytest.importorskip("google.genai.types")
interactions = pytest.importorskip("google.genai._interactions_errors")

MODEL = "gemini-3-flash-preview"
ASK: Any = {"model": MODEL, "system_instruction": "Be brief."}
TOOLS: Any = [{"type": "function", "name": "weather", "description": "Tells the weather", "parameters": SCHEMA}]


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    client = genai.Client(api_key="dummy", http_options=types.HttpOptions(base_url=simulator.url))
    yield client
    client.close()


def _text(steps: Any) -> str:
    return "".join(part.text for step in steps if step.type == "model_output" for part in step.content)


def _streamed(events: Any) -> str:
    return "".join(
        event.delta.text for event in events if event.event_type == "step.delta" and event.delta.type == "text"
    )


def test_chat(client: Any) -> None:
    interaction = client.interactions.create(input=QUESTION, **ASK)
    assert _text(interaction.steps) == f"You said: {QUESTION}"
    assert (interaction.id, interaction.model, interaction.status) == ("sim-1", MODEL, "completed")
    assert (interaction.usage.total_input_tokens, interaction.usage.total_output_tokens) == (8, 9)


def test_streaming(client: Any) -> None:
    events = list(client.interactions.create(input=QUESTION, stream=True, **ASK))
    assert _streamed(events) == f"You said: {QUESTION}"
    assert [event.event_type for event in events if event.event_type != "step.delta"] == [
        "interaction.created",
        "step.start",
        "step.stop",
        "interaction.completed",
    ]
    assert events[-1].interaction.usage.total_tokens == 17


def _with_result(call: Any) -> list[Any]:
    return [
        {"type": "user_input", "content": [{"type": "text", "text": QUESTION}]},
        {"type": "function_call", "id": call.id, "name": call.name, "arguments": ARGUMENTS},
        {"type": "function_result", "call_id": call.id, "name": call.name, "result": "22 degrees"},
    ]


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.interactions.create(input=QUESTION, tools=TOOLS, **ASK)
    (call,) = asked.steps
    assert (call.type, call.name, call.arguments, asked.status) == (
        "function_call",
        "weather",
        ARGUMENTS,
        "requires_action",
    )
    told = client.interactions.create(input=_with_result(call), tools=TOOLS, **ASK)
    assert _text(told.steps) == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    events = list(client.interactions.create(input=QUESTION, tools=TOOLS, stream=True, **ASK))
    (start,) = [event.step for event in events if event.event_type == "step.start"]
    arguments = "".join(event.delta.arguments for event in events if event.event_type == "step.delta")
    assert (start.name, json.loads(arguments)) == ("weather", ARGUMENTS)
    told = client.interactions.create(input=_with_result(start), tools=TOOLS, stream=True, **ASK)
    assert _streamed(told) == "The tool answered: 22 degrees"


def test_thoughts(client: Any) -> None:
    config = {"thinking_level": "low", "thinking_summaries": "auto"}
    thought, output = client.interactions.create(input=QUESTION, generation_config=config, **ASK).steps
    assert (thought.type, thought.summary[0].text) == ("thought", "Let me think about that.")
    assert thought.signature
    assert output.content[0].text == f"You said: {QUESTION}"


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    config = {"temperature": 0.5, "top_p": 0.9, "max_output_tokens": 3, "stop_sequences": ["x"], "seed": 4}
    client.interactions.create(input=QUESTION, generation_config=config, **ASK)
    request = simulator.requests[0].request
    assert request is not None
    assert (request.model, request.temperature, request.top_p) == (MODEL, 0.5, 0.9)
    assert (request.max_tokens, request.stop, request.seed) == (3, ("x",), 4)
    assert request.messages[0].text == "Be brief."


def test_a_cut_answer(client: Any) -> None:
    interaction = client.interactions.create(input=QUESTION, generation_config={"max_output_tokens": 4}, **ASK)
    assert (_text(interaction.steps), interaction.status) == ("You said: What", "incomplete")


def test_a_schema_is_filled(client: Any) -> None:
    wanted = {"type": "text", "mime_type": "application/json", "schema": SCHEMA}
    interaction = client.interactions.create(input=QUESTION, response_format=wanted, **ASK)
    assert json.loads(_text(interaction.steps)) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("invalid_request", "bad"), SimulatedError("permission_denied", "no"))
    for status, message in ((400, "bad"), (403, "no")):
        with pytest.raises(interactions.APIStatusError, match=message) as caught:
            client.interactions.create(input=QUESTION, **ASK)
        assert caught.value.status_code == status
