"""The SDK of AWS against the simulator: its signatures, its binary streams, its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_python import ToolCall
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .conftest import ARGUMENTS, QUESTION, SCHEMA

boto3 = pytest.importorskip("boto3")
config = pytest.importorskip("botocore.config")
exceptions = pytest.importorskip("botocore.exceptions")

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f"
TOOLS: Any = {
    "tools": [
        {"toolSpec": {"name": "weather", "description": "Tells the weather", "inputSchema": {"json": SCHEMA}}},
    ]
}
SYSTEM: Any = [{"text": "Be brief."}]
MESSAGES: Any = [{"role": "user", "content": [{"text": QUESTION}]}]
CONVERSE: dict[str, Any] = {"modelId": MODEL, "system": SYSTEM, "messages": MESSAGES}


@pytest.fixture
def client(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=simulator.url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    yield client
    client.close()


def received(simulator: Simulator) -> Any:
    """The first request as the server half reads it."""
    return simulator.requests[0].request


def blocks(events: Any) -> list[dict[str, Any]]:
    """The blocks of a stream, put together as the documentation says."""
    found: dict[int, dict[str, Any]] = {}
    for event in events:
        if "contentBlockStart" in event:
            start = event["contentBlockStart"]
            found[start["contentBlockIndex"]] = {**start["start"]["toolUse"], "input": ""}
        elif "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]["delta"]
            block = found.setdefault(event["contentBlockDelta"]["contentBlockIndex"], {})
            _add(block, delta.get("reasoningContent", delta.get("toolUse", delta)))
    return [found[index] for index in sorted(found)]


def _add(block: dict[str, Any], pieces: dict[str, str]) -> None:
    for name, piece in pieces.items():
        block[name] = block.get(name, "") + piece


def test_converse(client: Any) -> None:
    answer = client.converse(**CONVERSE)
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": f"You said: {QUESTION}"}]}
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert (usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]) == (8, 9, 17)
    assert answer["ResponseMetadata"]["RequestId"] == "sim-1"


def test_a_signed_request_is_one_with_a_key(simulator: Simulator, client: Any) -> None:
    client.converse(**CONVERSE)
    assert simulator.requests[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


@pytest.mark.parametrize("model", [MODEL, PROFILE])
def test_the_model_stands_in_the_path(simulator: Simulator, client: Any, model: str) -> None:
    client.converse(modelId=model, messages=MESSAGES)
    request = received(simulator)
    assert request.model == model


def test_converse_stream(client: Any) -> None:
    events = list(client.converse_stream(**CONVERSE)["stream"])
    assert events[0] == {"messageStart": {"role": "assistant"}}
    assert blocks(events) == [{"text": f"You said: {QUESTION}"}]
    assert [event for event in events if "messageStop" in event] == [{"messageStop": {"stopReason": "end_turn"}}]
    assert events[-1]["metadata"]["usage"]["totalTokens"] == 17


def test_reasoning_comes_first_and_is_signed(client: Any, simulator: Simulator) -> None:
    simulator.script(*[Answer("Yes.", reasoning="Let me see", signature="c2ln")] * 2)
    thought = {"text": "Let me see", "signature": "c2ln"}
    content = client.converse(**CONVERSE)["output"]["message"]["content"]
    assert content == [{"reasoningContent": {"reasoningText": thought}}, {"text": "Yes."}]
    assert blocks(client.converse_stream(**CONVERSE)["stream"]) == [thought, {"text": "Yes."}]


def result(id: str, text: str = "22 degrees") -> dict[str, Any]:
    return {"toolResult": {"toolUseId": id, "content": [{"text": text}], "status": "success"}}


def test_a_tool_call_and_its_result(client: Any) -> None:
    asked = client.converse(**CONVERSE, toolConfig=TOOLS)
    said = asked["output"]["message"]
    (block,) = said["content"]
    assert (asked["stopReason"], block["toolUse"]["name"]) == ("tool_use", "weather")
    assert block["toolUse"]["input"] == ARGUMENTS
    told = {"role": "user", "content": [result(block["toolUse"]["toolUseId"])]}
    answer = client.converse(**{**CONVERSE, "messages": [*MESSAGES, said, told]}, toolConfig=TOOLS)
    assert answer["output"]["message"]["content"] == [{"text": "The tool answered: 22 degrees"}]


def test_a_streamed_tool_call_and_its_result(client: Any) -> None:
    events = list(client.converse_stream(**CONVERSE, toolConfig=TOOLS)["stream"])
    (call,) = blocks(events)
    assert json.loads(call["input"]) == ARGUMENTS
    assert [event["messageStop"]["stopReason"] for event in events if "messageStop" in event] == ["tool_use"]
    said = {"role": "assistant", "content": [{"toolUse": {**call, "input": ARGUMENTS}}]}
    told = {"role": "user", "content": [result(call["toolUseId"])]}
    stream = client.converse_stream(**{**CONVERSE, "messages": [*MESSAGES, said, told]}, toolConfig=TOOLS)["stream"]
    assert blocks(stream) == [{"text": "The tool answered: 22 degrees"}]


def test_several_calls_in_one_stream(client: Any, simulator: Simulator) -> None:
    calls = [ToolCall("a", "weather", json.dumps(ARGUMENTS)), ToolCall("b", "weather", "{}")]
    simulator.script(Answer("Looking.", tool_calls=calls))
    text, *called = blocks(client.converse_stream(**CONVERSE, toolConfig=TOOLS)["stream"])
    assert text == {"text": "Looking."}
    assert [(call["toolUseId"], json.loads(call["input"])) for call in called] == [("a", ARGUMENTS), ("b", {})]


def test_a_failed_result_is_one(client: Any, simulator: Simulator) -> None:
    said = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "weather", "input": ARGUMENTS}}]}
    failed = {"toolResult": {"toolUseId": "a", "content": [{"text": "no"}], "status": "error"}}
    client.converse(modelId=MODEL, messages=[*MESSAGES, said, {"role": "user", "content": [failed]}], toolConfig=TOOLS)
    request = received(simulator)
    (told,) = request.messages[-1].parts
    assert (told.id, told.text, told.is_error) == ("a", "no", True)


def test_the_parameters_arrive(client: Any, simulator: Simulator) -> None:
    limits = {"temperature": 0.5, "topP": 0.9, "maxTokens": 3, "stopSequences": ["x"]}
    client.converse(**CONVERSE, inferenceConfig=limits, toolConfig={**TOOLS, "toolChoice": {"any": {}}})
    request = received(simulator)
    assert (request.temperature, request.top_p, request.max_tokens, request.stop) == (0.5, 0.9, 3, ("x",))
    assert request.tool_choice.mode == "required"
    assert [tool.parameters for tool in request.tools] == [SCHEMA]


def test_bytes_arrive(client: Any, simulator: Simulator) -> None:
    picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    document = {"document": {"format": "pdf", "name": "plan b", "source": {"bytes": b"%PDF"}}}
    client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Look:"}, picture, document]}])
    request = received(simulator)
    _, image, file = request.messages[0].parts
    assert (image.data, image.media_type) == ("iVBORw==", "image/png")
    assert (file.data, file.media_type) == ("JVBERg==", "application/pdf")


def test_a_cut_answer(client: Any) -> None:
    answer = client.converse(**CONVERSE, inferenceConfig={"maxTokens": 4})
    assert answer["output"]["message"]["content"] == [{"text": "You said: What"}]
    assert answer["stopReason"] == "max_tokens"


def test_a_schema_is_filled(client: Any) -> None:
    wanted = {"type": "json_schema", "structure": {"jsonSchema": {"name": "place", "schema": json.dumps(SCHEMA)}}}
    answer = client.converse(**CONVERSE, outputConfig={"textFormat": wanted})
    assert json.loads(answer["output"]["message"]["content"][0]["text"]) == ARGUMENTS


CLAUDE: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 200,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": QUESTION}],
}
CLAUDE_TOOLS = [{"name": "weather", "description": "Tells the weather", "input_schema": SCHEMA}]


def frames(client: Any, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The frames of a stream of InvokeModel."""
    stream = client.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))["body"]
    return [json.loads(event["chunk"]["bytes"]) for event in stream]


def test_invoke_model_with_the_body_of_claude(client: Any) -> None:
    answer = client.invoke_model(modelId=MODEL, body=json.dumps(CLAUDE))
    body = json.loads(answer["body"].read())
    assert (body["type"], body["model"], body["stop_reason"]) == ("message", MODEL, "end_turn")
    assert body["content"] == [{"type": "text", "text": f"You said: {QUESTION}"}]
    assert (body["usage"]["input_tokens"], body["usage"]["output_tokens"]) == (8, 9)
    assert answer["ResponseMetadata"]["RequestId"] == "sim-1"


def test_invoke_model_streams_the_frames_of_claude(client: Any) -> None:
    came = frames(client, CLAUDE)
    assert [came[0]["type"], came[-1]["type"]] == ["message_start", "message_stop"]
    texts = [frame["delta"]["text"] for frame in came if frame["type"] == "content_block_delta"]
    assert "".join(texts) == f"You said: {QUESTION}"
    assert came[-1]["amazon-bedrock-invocationMetrics"] == {"inputTokenCount": 8, "outputTokenCount": 9}


def test_invoke_model_streams_a_tool_call(client: Any) -> None:
    came = frames(client, {**CLAUDE, "tools": CLAUDE_TOOLS})
    (start,) = [frame["content_block"] for frame in came if frame["type"] == "content_block_start"]
    assert (start["type"], start["name"]) == ("tool_use", "weather")
    pieces = [frame["delta"]["partial_json"] for frame in came if frame["type"] == "content_block_delta"]
    assert json.loads("".join(pieces)) == ARGUMENTS
    assert came[-2]["delta"] == {"stop_reason": "tool_use"}


def test_invoke_model_raises_what_converse_raises(client: Any, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "slower"), SimulatedError("overloaded", "busy", after_frames=3))
    with pytest.raises(client.exceptions.ThrottlingException, match="slower"):
        client.invoke_model(modelId=MODEL, body=json.dumps(CLAUDE))
    with pytest.raises(exceptions.EventStreamError) as caught:
        frames(client, CLAUDE)
    assert caught.value.response["Error"] == {"Code": "serviceUnavailableException", "Message": "busy"}


@pytest.mark.parametrize(
    ("error_class", "raised", "status"),
    [
        ("rate_limited", "ThrottlingException", 429),
        ("invalid_request", "ValidationException", 400),
        ("permission_denied", "AccessDeniedException", 403),
        ("not_found", "ResourceNotFoundException", 404),
        ("timeout", "ModelTimeoutException", 408),
        ("server_error", "InternalServerException", 500),
        ("overloaded", "ServiceUnavailableException", 503),
    ],
)
def test_an_error_is_raised_as_what_it_is(
    client: Any, simulator: Simulator, error_class: str, raised: str, status: int
) -> None:
    simulator.script(*[SimulatedError(error_class, "not now")] * 2)
    for call in (client.converse, client.converse_stream):
        with pytest.raises(getattr(client.exceptions, raised), match="not now") as caught:
            call(**CONVERSE)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("error_class", "raised"),
    [
        ("rate_limited", "throttlingException"),
        ("invalid_request", "validationException"),
        ("server_error", "internalServerException"),
        ("overloaded", "serviceUnavailableException"),
    ],
)
def test_an_error_in_mid_stream(client: Any, simulator: Simulator, error_class: str, raised: str) -> None:
    simulator.script(SimulatedError(error_class, "not now", after_frames=3))
    stream = client.converse_stream(**CONVERSE)["stream"]
    with pytest.raises(exceptions.EventStreamError) as caught:
        list(stream)
    assert caught.value.response["Error"] == {"Code": raised, "Message": "not now"}
