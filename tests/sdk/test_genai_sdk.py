"""The SDK of Google, google-genai, against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python.simulator import SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

genai = pytest.importorskip("google.genai")
types = pytest.importorskip("google.genai.types")
errors = pytest.importorskip("google.genai.errors")

MODEL = "gemini-2.0-flash"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Any]:
    client = genai.Client(api_key="dummy", http_options=types.HttpOptions(base_url=simulator.url))
    yield client
    client.close()


def _config(**more: Any) -> Any:
    return types.GenerateContentConfig(system_instruction="Be brief.", **more)


def _with_tools() -> Any:
    declared = types.FunctionDeclaration(name="weather", description="Tells the weather", parameters_json_schema=SCHEMA)
    return _config(tools=[types.Tool(function_declarations=[declared])])


def test_chat(client: Any) -> None:
    response = client.models.generate_content(model=MODEL, contents=QUESTION, config=_config())
    assert response.text == f"You said: {QUESTION}"
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert (response.model_version, response.response_id) == (MODEL, "sim-1")
    usage = response.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (8, 9, 17)


def test_streaming(client: Any) -> None:
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=QUESTION, config=_config()))
    assert "".join(chunk.text or "" for chunk in chunks) == f"You said: {QUESTION}"
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.total_token_count == 17


def _history(content: Any, call: Any) -> list[Any]:
    """With the call, and the tool's answer to it."""
    answered = types.FunctionResponse(id=call.id, name=call.name, response={"output": "22 degrees"})
    return [
        types.Content(role="user", parts=[types.Part(text=QUESTION)]),
        content,
        types.Content(role="user", parts=[types.Part(function_response=answered)]),
    ]


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.models.generate_content(model=MODEL, contents=QUESTION, config=_with_tools())
    (call,) = asked.function_calls
    assert (call.name, call.args) == ("weather", ARGUMENTS)
    told = client.models.generate_content(
        model=MODEL, contents=_history(asked.candidates[0].content, call), config=_with_tools()
    )
    assert told.text == "The tool answered: 22 degrees"


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=QUESTION, config=_with_tools()))
    (chunk,) = [chunk for chunk in chunks if chunk.function_calls]
    (call,) = chunk.function_calls
    assert (call.name, call.args) == ("weather", ARGUMENTS)
    told = client.models.generate_content_stream(
        model=MODEL, contents=_history(chunk.candidates[0].content, call), config=_with_tools()
    )
    assert "".join(piece.text or "" for piece in told) == "The tool answered: 22 degrees"


def test_a_python_function_is_called_by_the_sdk_itself(client: Any) -> None:
    given: list[str] = []

    def weather(city: str) -> str:
        """Tells the weather.

        Args:
            city: where
        """
        given.append(city)
        return "22 degrees"

    response = client.models.generate_content(model=MODEL, contents=QUESTION, config=_config(tools=[weather]))
    assert given == ["example"]
    assert "22 degrees" in response.text


@pytest.mark.parametrize("streamed", [False, True])
def test_thoughts(client: Any, streamed: bool) -> None:
    config = _config(thinking_config=types.ThinkingConfig(include_thoughts=True))
    if streamed:
        chunks = client.models.generate_content_stream(model=MODEL, contents=QUESTION, config=config)
        parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    else:
        parts = (
            client.models.generate_content(model=MODEL, contents=QUESTION, config=config).candidates[0].content.parts
        )
    assert "".join(part.text for part in parts if part.thought) == "Let me think about that."
    assert "".join(part.text for part in parts if not part.thought) == f"You said: {QUESTION}"


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    config = _config(temperature=0.5, top_p=0.9, top_k=5, max_output_tokens=3, stop_sequences=["x"], seed=4)
    client.models.generate_content(model=MODEL, contents=QUESTION, config=config)
    request = simulator.requests[0].request
    assert request is not None
    assert (request.model, request.temperature, request.top_p, request.top_k) == (MODEL, 0.5, 0.9, 5)
    assert (request.max_tokens, request.stop, request.seed) == (3, ("x",), 4)


def test_a_cut_answer(client: Any) -> None:
    response = client.models.generate_content(model=MODEL, contents=QUESTION, config=_config(max_output_tokens=4))
    assert response.text == "You said: What"
    assert response.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_a_schema_is_filled(client: Any) -> None:
    config = _config(response_mime_type="application/json", response_json_schema=SCHEMA)
    response = client.models.generate_content(model=MODEL, contents=QUESTION, config=config)
    assert json.loads(response.text) == ARGUMENTS


def test_errors(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("invalid_request", "bad"), SimulatedError("permission_denied", "no"))
    for code, status in ((400, "INVALID_ARGUMENT"), (403, "PERMISSION_DENIED")):
        with pytest.raises(errors.ClientError) as caught:
            client.models.generate_content(model=MODEL, contents=QUESTION)
        assert (caught.value.code, caught.value.status) == (code, status)


def test_the_models(client: Any) -> None:
    assert [model.name for model in client.models.list()] == ["models/simulator"]


async def test_the_client_for_asyncio(client: Any) -> None:
    response = await client.aio.models.generate_content(model=MODEL, contents=QUESTION)
    await client.aio.aclose()
    assert response.text == f"You said: {QUESTION}"
