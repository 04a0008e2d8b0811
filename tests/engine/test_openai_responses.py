"""The Responses API through the client: what goes out as items, what is read off them, and what goes back."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import ChatResponse, ContentBlock, Message, ToolCall
from ai_lib_python.errors import (
    CancelledByProvider,
    IncompleteStream,
    RateLimited,
    RemoteError,
    ServerError,
    UnsupportedError,
)
from ai_lib_python.message import OpaquePart, ReasoningPart, RefusalPart, TextPart

from .scripted import Answer, client, sse

ACME = {
    "id": "acme",
    "extends": "openai-responses",
    "name": "Acme",
    "endpoint": {"base_url": "https://api.acme.example/v1"},
    "auth": {"env": ["ACME_API_KEY"]},
}
TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}

THOUGHT = {
    "id": "rs_1",
    "type": "reasoning",
    "status": "completed",
    "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}],
    "encrypted_content": "gAAA",
}
LOGPROBS = [{"token": "Let", "logprob": -0.5, "bytes": [76], "top_logprobs": []}]
SAID = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "phase": "commentary",
    "content": [
        {
            "type": "output_text",
            "text": "Let me look.",
            "annotations": [{"type": "url_citation", "url": "https://a.example", "start_index": 0, "end_index": 3}],
            "logprobs": LOGPROBS,
        }
    ],
}
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "Ulm"}}
CALL = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city": "Ulm"}',
}
FAR_CALL = {**CALL, "id": "fc_2", "call_id": "call_2", "namespace": "meteo"}
OUTPUT = [THOUGHT, SAID, SEARCH, CALL, FAR_CALL]
USAGE = {
    "input_tokens": 50,
    "input_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 10},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 59,
}
HEAD = {"id": "resp_1", "object": "response", "model": "m-1-2026", "error": None, "incomplete_details": None}
WHOLE = {**HEAD, "status": "completed", "output": OUTPUT, "usage": USAGE}


def delta(kind: str, at: int, text: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "output_index": at, "item_id": "i", "delta": text, **more}


def added(at: int, item: dict[str, Any], **empty: Any) -> dict[str, Any]:
    begun = {**item, **empty, "status": "in_progress"}
    return {"type": "response.output_item.added", "output_index": at, "item": begun}


def done(at: int, item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": at, "item": item}


def summary_part(at: int, number: int) -> dict[str, Any]:
    return {"type": "response.reasoning_summary_part.added", "output_index": at, "summary_index": number}


BEGUN = {"type": "response.created", "response": {**HEAD, "status": "in_progress", "output": [], "usage": None}}
FRAMES = [
    BEGUN,
    added(0, THOUGHT, summary=[], encrypted_content="gA"),
    summary_part(0, 0),
    delta("reasoning_summary_text", 0, "First.", summary_index=0),
    summary_part(0, 1),
    delta("reasoning_summary_text", 0, "Then.", summary_index=1),
    done(0, THOUGHT),
    added(1, SAID, content=[]),
    delta("output_text", 1, "Let", content_index=0, logprobs=LOGPROBS),
    delta("output_text", 1, " me look.", content_index=0, logprobs=[]),
    done(1, SAID),
    added(2, SEARCH),
    {"type": "response.web_search_call.searching", "output_index": 2, "item_id": "ws_1"},
    done(2, SEARCH),
    added(3, CALL, arguments=""),
    delta("function_call_arguments", 3, '{"city":'),
    delta("function_call_arguments", 3, ' "Ulm"}'),
    {"type": "response.function_call_arguments.done", "output_index": 3, "arguments": CALL["arguments"]},
    done(3, CALL),
    added(4, FAR_CALL, arguments=""),
    {"type": "response.function_call_arguments.done", "output_index": 4, "arguments": CALL["arguments"]},
    done(4, FAR_CALL),
    {"type": "response.completed", "response": WHOLE},
]


async def answered(answer: Any) -> ChatResponse:
    asked, _ = await client("acme/m-1", Answer(answer), manifest=ACME)
    return await asked.chat().user("hi").execute()


async def streamed(*frames: Any) -> ChatResponse:
    asked, _ = await client("acme/m-1", Answer(sse(*frames, names=True)), manifest=ACME)
    async with asked.chat().user("hi").stream() as stream:
        async for _event in stream:
            pass
    return stream.response


async def body(messages: list[Message]) -> Any:
    asked, _ = await client("acme/m-1", manifest=ACME)
    return asked.chat().messages(messages).preview().body


async def asks(wish: Any) -> Any:
    asked, _ = await client("acme/m-1", manifest=ACME)
    return wish(asked.chat().user("hi")).preview().body


async def test_an_answer_is_read_item_by_item() -> None:
    response = await answered(WHOLE)
    assert (response.id, response.model, response.content) == ("resp_1", "m-1-2026", "Let me look.")
    assert response.reasoning == "First.\n\nThen."
    assert [part.kind for part in response.parts] == ["reasoning", "text", "opaque", "tool_call", "tool_call"]
    assert [call.id for call in response.tool_calls] == ["call_1", "call_2"]
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "completed")
    assert [source["url"] for source in response.citations] == ["https://a.example"]
    assert [each["token"] for each in response.logprobs] == ["Let"]
    usage = response.usage
    assert (usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning) == (20, 20, 10, 9, 4)


async def test_a_stream_is_the_same_answer() -> None:
    whole, stream = await answered(WHOLE), await streamed(*FRAMES)
    assert stream.parts == whole.parts
    assert (stream.citations, stream.logprobs, stream.usage) == (whole.citations, whole.logprobs, whole.usage)
    assert (stream.id, stream.model, stream.finish_reason) == (whole.id, whole.model, whole.finish_reason)
    assert stream.unknown_events == 0


async def test_an_answer_goes_back_as_the_items_that_it_was() -> None:
    response = await answered(WHOLE)
    results = [Message.tool(call.id, "22 degrees") for call in response.tool_calls]
    sent = await body([Message.user("hi"), response.to_message(), *results])
    assert sent["input"] == [
        {"type": "message", "role": "user", "content": "hi"},
        {"type": "reasoning", "summary": THOUGHT["summary"], "encrypted_content": "gAAA"},
        {"type": "message", "role": "assistant", "content": "Let me look.", "phase": "commentary"},
        SEARCH,
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city": "Ulm"}'},
        {
            "type": "function_call",
            "call_id": "call_2",
            "name": "weather",
            "arguments": '{"city": "Ulm"}',
            "namespace": "meteo",
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "22 degrees"},
        {"type": "function_call_output", "call_id": "call_2", "output": "22 degrees"},
    ]
    assert (sent["store"], sent["include"]) == (False, ["reasoning.encrypted_content"])


async def test_plain_reasoning_goes_back_whole() -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}
    response = await answered({**WHOLE, "output": [thought, CALL]})
    assert response.reasoning == "Hm"
    assert (await body([Message.user("hi"), response.to_message()]))["input"][1] == thought


async def test_reasoning_that_only_points_to_what_is_stored_is_left_out() -> None:
    reference = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": None}
    response = await answered({**WHOLE, "output": [reference, CALL]})
    assert [part.kind for part in response.parts] == ["tool_call"]


async def test_reasoning_without_a_form_to_keep_is_dropped_and_that_is_told() -> None:
    asked, _ = await client("acme/m-1", manifest=ACME)
    said = Message.assistant([ReasoningPart("Hm", origin="acme"), TextPart("Yes")])
    shown = asked.chat().messages([Message.user("hi"), said]).preview()
    assert shown.body["input"][1:] == [{"type": "message", "role": "assistant", "content": "Yes"}]
    assert [note.parameter for note in shown.adjustments] == ["reasoning"]


async def test_system_prompts_keep_their_places() -> None:
    sent = await body([Message.system("Be brief."), Message.user("hi"), Message.system("In verse.")])
    assert [(item["role"], item["content"]) for item in sent["input"]] == [
        ("system", "Be brief."),
        ("user", "hi"),
        ("system", "In verse."),
    ]
    assert "instructions" not in sent


async def test_pictures_and_files() -> None:
    parts = [
        "Look:",
        ContentBlock.image_url("https://a.example/a.png", detail="low"),
        ContentBlock.image_base64("iVBORw0KGgo="),
        ContentBlock.file("JVBERg==", filename="a.pdf"),
        ContentBlock.file(url="https://a.example/a.pdf"),
        ContentBlock.file(file_id="file-1"),
    ]
    sent = await body([Message.user(parts)])
    assert sent["input"][0]["content"] == [
        {"type": "input_text", "text": "Look:"},
        {"type": "input_image", "image_url": "https://a.example/a.png", "detail": "low"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_file", "file_url": "https://a.example/a.pdf"},
        {"type": "input_file", "file_id": "file-1"},
    ]


async def test_a_sound_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match="audio"):
        await body([Message.user([ContentBlock.audio("AAAA")])])


async def test_a_result_may_hold_a_picture() -> None:
    call = ToolCall("call_1", "camera", "{}")
    picture = ContentBlock.image_base64("iVBORw0KGgo=")
    sent = await body([Message.user("hi"), Message.assistant(tool_calls=[call]), Message.tool("call_1", [picture])])
    output = [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]
    assert sent["input"][2] == {"type": "function_call_output", "call_id": "call_1", "output": output}


async def test_tools_are_flat_and_lenient_unless_asked() -> None:
    sent = await asks(lambda chat: chat.tools([TOOL]).tool_choice("weather").parallel_tool_calls(False))
    assert sent["tools"] == [{"type": "function", **TOOL, "strict": False}]
    assert sent["tool_choice"] == {"type": "function", "name": "weather"}
    assert sent["parallel_tool_calls"] is False
    assert (await asks(lambda chat: chat.tools([{**TOOL, "strict": True}])))["tools"][0]["strict"] is True


async def test_a_schema_stands_in_text_format() -> None:
    schema = {"type": "object", "properties": {}}
    assert (await asks(lambda chat: chat.response_format(schema)))["text"] == {
        "format": {"type": "json_schema", "name": "answer", "schema": schema}
    }
    assert (await asks(lambda chat: chat.response_format("json")))["text"] == {"format": {"type": "json_object"}}


async def test_reasoning_is_an_effort() -> None:
    assert (await asks(lambda chat: chat.reasoning(effort="low")))["reasoning"] == {"effort": "low"}
    assert (await asks(lambda chat: chat.reasoning(False)))["reasoning"] == {"effort": "none"}
    wished = await asks(lambda chat: chat.reasoning(effort="low").extra_body({"reasoning": {"summary": "auto"}}))
    assert wished["reasoning"] == {"effort": "low", "summary": "auto"}


async def test_log_probabilities_are_asked_for_by_name() -> None:
    sent = await asks(lambda chat: chat.logprobs(top=3))
    assert sent["include"] == ["reasoning.encrypted_content", "message.output_text.logprobs"]
    assert sent["top_logprobs"] == 3


async def test_a_refusal_is_told_and_goes_back() -> None:
    part = {"type": "refusal", "refusal": "No."}
    whole = await answered({**WHOLE, "output": [{**SAID, "phase": None, "content": [part]}]})
    stream = await streamed(BEGUN, delta("refusal", 0, "N"), delta("refusal", 0, "o."), FRAMES[-1])
    assert whole.parts == stream.parts == (RefusalPart("No."),)
    sent = await body([Message.user("hi"), whole.to_message()])
    assert sent["input"][1] == {"type": "message", "role": "assistant", "content": [part]}


async def test_calls_of_other_tools_are_kept_as_they_are() -> None:
    custom = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "c", "name": "shell", "input": "ls"}
    frames = [delta("custom_tool_call_input", 0, "ls"), done(0, custom), FRAMES[-1]]
    assert (await streamed(BEGUN, *frames)).parts == (OpaquePart(custom, "acme"),)


@pytest.mark.parametrize(
    ("reason", "ours"),
    [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("max_messages", "other")],
)
async def test_an_incomplete_answer_says_why(reason: str, ours: str) -> None:
    cut = {**WHOLE, "status": "incomplete", "incomplete_details": {"reason": reason}, "output": [SAID]}
    frames = [delta("output_text", 0, "Let"), {"type": "response.incomplete", "response": cut}]
    assert (await answered(cut)).finish_reason == (await streamed(BEGUN, *frames)).finish_reason == ours


FAILED = {**WHOLE, "status": "failed", "output": [], "error": {"code": "rate_limit_exceeded", "message": "slower"}}
CANCELLED = {**WHOLE, "status": "cancelled", "output": []}


async def test_an_answer_that_failed_or_was_cancelled_is_an_error() -> None:
    with pytest.raises(RateLimited, match="slower"):
        await answered(FAILED)
    with pytest.raises(CancelledByProvider):
        await answered(CANCELLED)


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ({"type": "response.failed", "response": FAILED}, RateLimited),
        ({"type": "response.cancelled", "response": CANCELLED}, CancelledByProvider),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slower", "param": None}, RateLimited),
        ({"type": "error", "error": {"type": "server_error", "message": "broken"}}, ServerError),
        ({"error": {"type": "server_error", "message": "broken"}}, ServerError),
    ],
)
async def test_an_error_in_mid_stream_comes_with_what_was_there(frame: Any, error: type[Exception]) -> None:
    with pytest.raises(RemoteError) as caught:
        await streamed(BEGUN, delta("output_text", 0, "Let"), frame)
    assert type(caught.value) is error
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Let"


async def test_a_stream_without_its_last_event_is_incomplete() -> None:
    with pytest.raises(IncompleteStream):
        await streamed(*FRAMES[:-1])


async def test_what_comes_behind_the_last_event_is_not_read() -> None:
    assert (await streamed(*FRAMES, "[DONE]")).content == "Let me look."


async def test_an_event_that_nobody_knows_is_counted() -> None:
    response = await streamed(*FRAMES[:-1], {"type": "response.novelty", "x": 1}, FRAMES[-1])
    assert (response.unknown_events, response.content) == (1, "Let me look.")
