"""What the transcripts of one API cannot hold: Bedrock's InvokeModel, and the streams of both of its APIs."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import pytest

from ai_lib_python import AiClient, ChatResponse, Message, ToolCall
from ai_lib_python._engine.assemble import Assembler
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.load import load
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import OpaquePart, ReasoningPart, TextPart
from ai_lib_python.preview import RequestPreview

from .conversations import KEY, RESULT, WEATHER, WHERE

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 10}}
SPENT = {"x-amzn-bedrock-input-token-count": "5", "x-amzn-bedrock-output-token-count": "10"}


async def preview(
    model: str, messages: Iterable[Message] = (), *, api: str | None = "invoke", stream: bool = False, **wishes: Any
) -> RequestPreview:
    client = await AiClient.create(f"bedrock/{model}", api_key=KEY, variables={"region": "us-east-1"}, api=api)
    chat = client.chat().messages(list(messages)) if messages else client.chat().user("Hello")
    for name, value in wishes.items():
        getattr(chat, name)(value)
    return chat.preview(stream=stream)


def read(
    model: str,
    *frames: Any,
    body: Any = None,
    headers: dict[str, str] | None = None,
    api: str = "invoke",
) -> ChatResponse:
    """What a whole answer says, or the frames of a stream."""
    program = program_of(load("bedrock").for_api(api).for_model(model))
    sink = Assembler(program.finish, "bedrock")
    if body is not None:
        program.read_response(sink, body, None, headers or {})
    for name, data in frames:
        program.read_frame(sink, data, {":message-type": "event", ":event-type": name}, {})
    sink.close()
    return sink.response("bedrock")


def chunks(*frames: Any) -> list[tuple[str, Any]]:
    return [("chunk", {"bytes": b64encode(json.dumps(frame).encode()).decode()}) for frame in frames]


# What goes out by InvokeModel

LIMITS: dict[str, Any] = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 10}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (
            "anthropic.claude-3-haiku-20240307-v1:0",
            {
                "anthropic_version": "bedrock-2023-05-31",
                "messages": [{"role": "user", "content": "Hello"}],
                "temperature": 0.5,
                "top_p": 0.9,
                "max_tokens": 10,
            },
        ),
        (
            NOVA,
            {
                "schemaVersion": "messages-v1",
                "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
                "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "maxTokens": 10},
            },
        ),
        (
            "amazon.titan-text-express-v1",
            {"inputText": "Hello", "textGenerationConfig": {"temperature": 0.5, "topP": 0.9, "maxTokenCount": 10}},
        ),
        ("meta.llama2-13b-chat-v1", {"prompt": "Hello", "temperature": 0.5, "top_p": 0.9, "max_gen_len": 10}),
        (
            "mistral.mistral-7b-instruct-v0:2",
            {"prompt": "Hello", "temperature": 0.5, "top_p": 0.9, "max_tokens": 10},
        ),
        ("cohere.command-text-v14", {"prompt": "Hello", "temperature": 0.5, "p": 0.9, "max_tokens": 10}),
        ("cohere.command-r-v1:0", {"message": "Hello", "temperature": 0.5, "p": 0.9, "max_tokens": 10}),
        ("ai21.j2-mid-v1", {"prompt": "Hello", "temperature": 0.5, "topP": 0.9, "maxTokens": 10}),
        (
            "arn:aws:sagemaker:us-east-1:1:endpoint/mine",
            {"prompt": "Hello", "temperature": 0.5, "top_p": 0.9, "max_tokens": 10},
        ),
    ],
)
async def test_each_family_has_a_body_of_its_own(model: str, body: dict[str, Any]) -> None:
    sent = await preview(model, **LIMITS)
    assert sent.body == body
    assert "anthropic-version" not in sent.headers


async def test_a_stream_has_a_path_and_no_word_in_the_body() -> None:
    sent = await preview("anthropic.claude-3-haiku-20240307-v1:0", stream=True)
    assert sent.url.endswith("/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke-with-response-stream")
    assert "stream" not in sent.body
    assert sent.headers["accept"] == "application/vnd.amazon.eventstream"


@pytest.mark.parametrize(
    ("model", "wishes", "body"),
    [
        ("anthropic.claude-opus-5-5", {"reasoning": "high"}, {"output_config": {"effort": "high"}}),
        ("anthropic.claude-saga-9", {"temperature": 0.5}, {"temperature": None}),
        ("us.anthropic.claude-sonnet-4-6", {"reasoning": "max"}, {"output_config": {"effort": "max"}}),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", {"reasoning": "low"}, {"output_config": {"effort": "low"}}),
        (CLAUDE, {"reasoning": "low"}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            {"response_format": {"type": "object"}},
            {"output_config": None},
        ),
        ("anthropic.claude-3-haiku-20240307-v1:0", {"reasoning": "low"}, {"thinking": None}),
    ],
)
async def test_each_claude_takes_what_it_takes(model: str, wishes: dict[str, Any], body: dict[str, Any]) -> None:
    sent = (await preview(model, **wishes)).body
    assert {name: sent.get(name) for name in body} == body


async def test_nova_takes_tools_and_their_results() -> None:
    history = [
        Message.user(WHERE),
        Message.assistant([ToolCall("call_1", "weather", "{}")]),
        Message.tool("call_1", RESULT),
    ]
    sent = await preview(NOVA, history, tools=[WEATHER], tool_choice="required")
    assert sent.body["toolConfig"]["toolChoice"] == {"any": {}}
    assert sent.body["messages"][1:] == [
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {}}}]},
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": RESULT}], "status": "success"}}],
        },
    ]


@pytest.mark.parametrize(
    "history",
    [
        [Message.system("Be brief."), Message.user("Hello")],
        [Message.user("Hello"), Message.assistant("Hi"), Message.user("Hello again")],
    ],
)
async def test_a_model_that_completes_a_prompt_takes_no_conversation(history: list[Message]) -> None:
    with pytest.raises(UnsupportedError, match="Converse does"):
        await preview("amazon.titan-text-express-v1", history)


@pytest.mark.parametrize("said", ["Once upon", ""])
async def test_a_prompt_that_the_model_began_itself_goes_without_its_thoughts_and_that_is_told(said: str) -> None:
    begun = Message.assistant([ReasoningPart("Hm", origin="bedrock/invoke"), TextPart(said), TextPart(" a time")])
    sent = await preview("amazon.titan-text-express-v1", [begun])
    assert sent.body == {"inputText": f"{said} a time"}
    assert ("reasoning", "omitted") in [(note.parameter, note.action) for note in sent.adjustments]


async def test_a_prompt_is_no_place_for_a_call() -> None:
    with pytest.raises(UnsupportedError, match="tool_call"):
        await preview("meta.llama2-13b-chat-v1", [Message.assistant([ToolCall("c", "look", "{}"), TextPart("Hm")])])


async def test_a_prompt_takes_no_system_prompt_in_a_form_of_its_own() -> None:
    marked = Message.system([OpaquePart({"text": "S"})])
    with pytest.raises(UnsupportedError, match="Converse does"):
        await preview("meta.llama2-13b-chat-v1", [marked, Message.user("Hi")])


# What comes back by InvokeModel


@pytest.mark.parametrize(
    ("model", "body", "finish"),
    [
        (
            "amazon.titan-text-express-v1",
            {
                "inputTextTokenCount": 5,
                "results": [{"outputText": "Hi", "tokenCount": 10, "completionReason": "FINISH"}],
            },
            "stop",
        ),
        (
            "meta.llama2-13b-chat-v1",
            {"generation": "Hi", "prompt_token_count": 5, "generation_token_count": 10, "stop_reason": "length"},
            "length",
        ),
        ("mistral.mixtral-8x7b-instruct-v0:1", {"outputs": [{"text": "Hi", "stop_reason": "stop"}]}, "stop"),
        ("cohere.command-text-v14", {"generations": [{"text": "Hi", "finish_reason": "MAX_TOKENS"}]}, "length"),
        ("cohere.command-r-v1:0", {"text": "Hi", "finish_reason": "COMPLETE"}, "stop"),
        (
            "ai21.j2-mid-v1",
            {"completions": [{"data": {"text": "Hi"}, "finishReason": {"reason": "endoftext"}}]},
            "stop",
        ),
    ],
)
def test_each_familys_answer_is_read_and_counted(model: str, body: Any, finish: str) -> None:
    response = read(model, body=body, headers=SPENT)
    assert (response.content, response.finish_reason) == ("Hi", finish)
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (5, 10)


@pytest.mark.parametrize(
    ("model", "frames", "finish"),
    [
        (
            "amazon.titan-text-lite-v1",
            [{"outputText": "H"}, {"outputText": "i", "completionReason": "LENGTH"}],
            "length",
        ),
        ("meta.llama2-13b-chat-v1", [{"generation": "H"}, {"generation": "i", "stop_reason": "stop"}], "stop"),
        ("mistral.mixtral-8x7b-instruct-v0:1", [{"outputs": [{"text": "Hi", "stop_reason": "stop"}]}], "stop"),
        (
            "cohere.command-light-text-v14",
            [{"index": 0, "text": "Hi"}, {"index": 1, "text": "other"}, {"finish_reason": "MAX_TOKENS"}],
            "length",
        ),
        ("cohere.command-r-v1:0", [{"text": "Hi"}, {"finish_reason": "COMPLETE", "text": "Hi"}], "stop"),
        (
            NOVA,
            [
                {"messageStart": {"role": "assistant"}},
                {"contentBlockDelta": {"delta": {"text": "H"}, "contentBlockIndex": 0}},
                {"contentBlockDelta": {"delta": {"text": "i"}, "contentBlockIndex": 1}},
                {"messageStop": {"stopReason": "end_turn"}},
                {"metadata": {"usage": {"inputTokens": 5, "outputTokens": 10}}},
            ],
            "stop",
        ),
        (
            "anthropic.claude-instant-v1",
            [{"completion": "Hi"}, {"completion": "", "stop_reason": "max_tokens"}],
            "length",
        ),
    ],
)
def test_each_familys_stream_is_read_and_counted(model: str, frames: list[Any], finish: str) -> None:
    frames = [*frames[:-1], {**frames[-1], **METRICS}]
    if model.startswith("amazon.titan"):
        frames[-1].update(inputTextTokenCount=5, totalOutputTextTokenCount=10)
    elif model.startswith("meta"):
        frames[-1].update(prompt_token_count=5, generation_token_count=10)
    response = read(model, *chunks(*frames))
    assert (response.content, response.finish_reason, response.unknown_events) == ("Hi", finish, 0)
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (5, 10)


def test_a_guardrail_that_steps_in_ends_the_answer() -> None:
    found = {"guardrail": {"actionReason": "Guardrail blocked."}}
    blocked = {"outputText": "No.", "amazon-bedrock-guardrailAction": "INTERVENED", "amazon-bedrock-trace": found}
    response = read("amazon.titan-text-lite-v1", *chunks(blocked))
    assert (response.content, response.finish_reason) == ("No.", "content_filter")
    assert response.citations == ({"trace": found},)


def test_an_unknown_frame_is_counted() -> None:
    assert read(CLAUDE, *chunks({"type": "dance"})).unknown_events == 1
    assert read(NOVA, *chunks({"dance": {}})).unknown_events == 1
    assert read(CLAUDE, ("dance", {})).unknown_events == 1
    assert read(CLAUDE, delta(0, dance={"step": 1}), api="converse").unknown_events == 1


# What Converse streams


def delta(index: int, **pieces: Any) -> tuple[str, Any]:
    return ("contentBlockDelta", {"contentBlockIndex": index, "delta": pieces})


def start(index: int, **block: Any) -> tuple[str, Any]:
    return ("contentBlockStart", {"contentBlockIndex": index, "start": block})


SERVER_CALL = {"toolUseId": "t-1", "name": "nova_code_interpreter", "type": "server_tool_use"}
SERVER_RESULT = {"toolUseId": "t-1", "type": "nova_code_interpreter_result", "status": "success"}


async def test_a_tool_that_aws_ran_goes_back_as_it_came() -> None:
    response = read(
        NOVA,
        start(0, toolUse=SERVER_CALL),
        delta(0, toolUse={"input": '{"snippet":'}),
        delta(0, toolUse={"input": '"1+1"}'}),
        start(1, toolResult=SERVER_RESULT),
        delta(1, toolResult=[{"json": {"stdOut": "2"}}]),
        delta(2, text="It is 2."),
        ("messageStop", {"stopReason": "end_turn"}),
        api="converse",
    )
    assert (response.content, response.tool_calls) == ("It is 2.", ())
    history = [Message.user("1+1?"), response.to_message(), Message.user("Sure?")]
    sent = await preview(NOVA, history, api=None)
    assert sent.body["messages"][1]["content"] == [
        {"toolUse": {**SERVER_CALL, "input": {"snippet": "1+1"}}},
        {"toolResult": {**SERVER_RESULT, "content": [{"json": {"stdOut": "2"}}]}},
        {"text": "It is 2."},
    ]


async def test_a_native_block_goes_out_as_it_is() -> None:
    block = {"searchResult": {"source": "s", "title": "t", "content": [{"text": "x"}]}}
    sent = await preview(NOVA, [Message.user([OpaquePart(block)])], api=None)
    assert sent.body["messages"] == [{"role": "user", "content": [block]}]


def test_a_picture_in_a_stream_is_kept() -> None:
    picture = {"source": {"bytes": "iVBORw=="}}
    response = read(NOVA, start(0, image={"format": "png"}), delta(0, image=picture), api="converse")
    assert response.parts == (OpaquePart({"format": "png", **picture}, "bedrock"),)


def test_citations_and_guardrails_of_a_stream_are_kept() -> None:
    source = {"title": "policy", "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 9}}}
    found = {"guardrail": {"actionReason": "Guardrail masked."}}
    response = read(
        NOVA,
        delta(0, text="20 days."),
        delta(0, citation=source),
        ("messageStop", {"stopReason": "guardrail_intervened"}),
        ("metadata", {"usage": {"inputTokens": 5, "outputTokens": 10}, "trace": found}),
        api="converse",
    )
    assert response.citations == (source, {"trace": found})
    assert response.finish_reason == "content_filter"


def test_reasoning_of_a_stream_keeps_its_signature_and_what_is_hidden() -> None:
    response = read(
        CLAUDE,
        delta(0, reasoningContent={"text": "Hm"}),
        delta(0, reasoningContent={"signature": "c2ln"}),
        delta(1, reasoningContent={"redactedContent": "aGlkZGVu"}),
        delta(2, text="Yes."),
        api="converse",
    )
    assert response.parts == (
        ReasoningPart("Hm", "c2ln", None, "bedrock"),
        ReasoningPart("", None, "aGlkZGVu", "bedrock"),
        TextPart("Yes."),
    )
