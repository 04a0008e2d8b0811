"""What a stream gives, and what it says when it goes wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_lib_python import AiLibError, StreamingEvent
from ai_lib_python._engine.credentials import Credential
from ai_lib_python._engine.prepare import prepare
from ai_lib_python._engine.read_stream import StreamReader
from ai_lib_python._engine.target import Target
from ai_lib_python._manifest.load import load
from ai_lib_python.errors import (
    IncompleteStream,
    MalformedResponse,
    Overloaded,
    RateLimited,
    RemoteError,
    StreamInterrupted,
)
from ai_lib_python.events import (
    ContentDelta,
    Metadata,
    PartialToolCall,
    ReasoningDelta,
    StreamEnd,
    ToolCallEnded,
    ToolCallStarted,
    UnknownEvent,
)
from ai_lib_python.message import Message, ToolCall
from ai_lib_python.request import ChatRequest
from ai_lib_python.testing import ScriptedAnswer

from .scripted import JSON, KEY, MODELS, SSE, Answer, client, sse
from .transcripts import CALLS, FRAMES, PLAIN, STREAMS, TEXT, THOUGHT

every_dialect = pytest.mark.parametrize("dialect", MODELS)


async def events_of(*answers: Answer, dialect: str = "openai-chat") -> tuple[list[StreamingEvent], Any]:
    """The events of a stream, and the stream."""
    asked, _ = await client(dialect, *answers)
    stream = asked.chat().user("hi").stream()
    return [event async for event in stream], stream


async def failed(answer: Answer, dialect: str = "openai-chat") -> tuple[list[StreamingEvent], AiLibError, Any]:
    """The events before the error, the error, and the stream."""
    asked, _ = await client(dialect, answer)
    stream = asked.chat().user("hi").stream()
    events = []
    with pytest.raises(AiLibError) as caught:  # noqa: PT012  # the events before the error count
        async for event in stream:
            events.append(event)
    return events, caught.value, stream


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def call_piece(
    index: int | None = None, id: str | None = None, name: str | None = None, arguments: Any = None
) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece = {key: value for key, value in (("index", index), ("id", id)) if value is not None}
    return chunk({"tool_calls": [{**piece, "function": function}]})


async def calls_of(*pieces: dict[str, Any]) -> tuple[ToolCall, ...]:
    events, stream = await events_of(Answer(sse(*pieces, chunk(finish="tool_calls"), "[DONE]")))
    ended = [event for event in events if isinstance(event, ToolCallEnded)]
    calls: tuple[ToolCall, ...] = stream.response.tool_calls
    by_index = {event.index: (event.id, event.name, event.arguments_json) for event in ended}
    assert list(by_index.values()) == [(call.id, call.name, call.arguments_json) for call in calls]
    for event in ended:
        pieces_of_it = [
            each.arguments for each in events if isinstance(each, PartialToolCall) and each.index == event.index
        ]
        assert ("".join(pieces_of_it) or "{}") == event.arguments_json
    started = [event.index for event in events if isinstance(event, ToolCallStarted)]
    assert started == list(range(len(calls)))
    return calls


# Odd frames


@pytest.mark.parametrize("blank", [b"data:\n\n", b"data: \n\n", b"data\n\n", b"data:  \r\ndata:\r\n\r\n"], ids=repr)
async def test_a_frame_with_nothing_in_it_is_a_sign_of_life(blank: bytes) -> None:
    body = blank + sse(chunk({"content": "a"})) + blank + sse(chunk(finish="stop")) + blank + sse("[DONE]")
    events, stream = await events_of(Answer(body))
    assert (stream.response.content, stream.response.unknown_events) == ("a", 0)
    assert events[-1] == StreamEnd("stop")


@pytest.mark.parametrize("end", ["[DONE] ", " [DONE]", "[DONE]\t"])
async def test_space_around_the_end_marker_is_no_part_of_it(end: str) -> None:
    events, _ = await events_of(Answer(sse(chunk({"content": "a"}), end)))
    assert events[-1] == StreamEnd(None)


async def test_frames_of_odd_json_are_read() -> None:
    """A log-probability that is no number, and a character in two halves."""
    odd = json.dumps(chunk({"content": "a\ud83d"}, logprobs=float("-inf")))
    events, stream = await events_of(Answer(sse(odd, json.dumps(chunk({"content": "\ude00b"})), chunk(finish="stop"))))
    assert stream.response.content == "a\N{GRINNING FACE}b"
    assert [event.text for event in events if isinstance(event, ContentDelta)] == ["a", "\N{GRINNING FACE}b"]


# The whole


@every_dialect
async def test_a_stream_sums_to_the_plain_answer(dialect: str) -> None:
    asked, _ = await client(dialect, Answer(PLAIN[dialect]), Answer(STREAMS[dialect]))
    plain = await asked.chat().user("hi").execute()
    stream = asked.chat().user("hi").stream()
    events = [event async for event in stream]
    assert stream.response == msgspec.structs.replace(plain, raw=None)
    assert plain.content == TEXT == "".join(event.text for event in events if isinstance(event, ContentDelta))
    assert plain.reasoning == THOUGHT == "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert [(call.name, call.arguments) for call in plain.tool_calls] == CALLS
    assert plain.finish_reason == "tool_calls"
    assert plain.usage.prompt_tokens == 20
    assert plain.usage.completion_tokens == 9


@every_dialect
async def test_the_end_is_the_last_event_and_the_only_one(dialect: str) -> None:
    events, _ = await events_of(Answer(STREAMS[dialect]), dialect=dialect)
    assert [event.is_stream_end for event in events].index(True) == len(events) - 1
    assert events[-1].as_stream_end.finish_reason == "tool_calls"


def reader(dialect: str) -> StreamReader:
    manifest = load(MODELS[dialect].partition("/")[0])
    target = Target(manifest, key=KEY)
    request = ChatRequest(MODELS[dialect].partition("/")[2], (Message.user("hi"),))
    prepared = prepare(target, request, stream=True, credential=Credential(manifest.auth[0], KEY))
    return StreamReader(prepared, 200, dict(SSE))


def read(dialect: str, pieces: list[bytes]) -> tuple[list[StreamingEvent], str, Any]:
    reading = reader(dialect)
    events: list[StreamingEvent] = []
    for piece in pieces:
        events += reading.feed(piece)
        if reading.over or reading.failure:
            break
    if reading.failure is None:
        events += reading.finish()
    return events, str(reading.failure), reading.response()


ODD = {
    "openai-chat": sse(chunk({"content": "a"}), "", ": ping", {"error": {"message": "it broke €"}}),
    "anthropic-messages": STREAMS["anthropic-messages"].replace(b"\n", b"\r\n"),
    "gemini-generate": STREAMS["gemini-generate"].replace(b"\n", b"\r"),
    "cohere-v2": b"\xef\xbb\xbf" + STREAMS["cohere-v2"] + b"data: [DONE]\n\n",
}


@every_dialect
def test_every_single_cut_gives_the_same_events(dialect: str) -> None:
    for body in (STREAMS[dialect], ODD[dialect]):
        whole = read(dialect, [body])
        for at in range(1, len(body), 3):
            assert read(dialect, [body[:at], body[at:]]) == whole
        assert read(dialect, [body[at : at + 1] for at in range(len(body))]) == whole


@every_dialect
def test_any_cutting_gives_the_same_events(dialect: str) -> None:
    @settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, len(STREAMS[dialect])), max_size=12), st.booleans())
    def holds(cuts: list[int], odd: bool) -> None:
        body = ODD[dialect] if odd else STREAMS[dialect]
        edges = [0, *sorted(cuts), len(body)]
        assert read(dialect, [body[a:b] for a, b in pairwise(edges)]) == read(dialect, [body])

    holds()


# Ends


def without_its_end(dialect: str) -> bytes:
    """The stream of a dialect up to where an end, in any form, would come."""
    count = {"openai-chat": 3, "anthropic-messages": 2, "gemini-generate": 1, "cohere-v2": 1}[dialect]
    return sse(*FRAMES[dialect][:-count], names=dialect != "openai-chat")


@every_dialect
async def test_a_stream_without_its_end_is_incomplete_and_keeps_what_came(dialect: str) -> None:
    events, error, stream = await failed(Answer(without_its_end(dialect)), dialect)
    assert isinstance(error, IncompleteStream)
    assert error.partial.content == TEXT
    assert error.partial == stream.response
    assert error.provider == MODELS[dialect].partition("/")[0]
    assert not any(event.is_stream_end for event in events)
    assert stream.stats.interrupted


@pytest.mark.parametrize("dialect", ["anthropic-messages", "cohere-v2"])
async def test_a_finish_reason_is_no_end_where_the_manifest_wants_an_event(dialect: str) -> None:
    frames = [chunk for chunk in FRAMES[dialect] if chunk["type"] not in ("message_stop", "message-end")]
    _, error, _ = await failed(Answer(sse(*frames, names=True)), dialect)
    assert isinstance(error, IncompleteStream)


async def test_a_finish_reason_and_the_end_of_the_body_are_an_end_where_the_manifest_says_so() -> None:
    events, stream = await events_of(Answer(sse(chunk({"content": "a"}), chunk(finish="stop"))))
    assert isinstance(events[-1], StreamEnd)
    assert (stream.response.content, stream.response.finish_reason) == ("a", "stop")


async def test_an_empty_finish_reason_is_none() -> None:
    _, error, _ = await failed(Answer(sse(chunk({"content": "a"}, finish=""))))
    assert isinstance(error, IncompleteStream)


async def test_what_comes_behind_the_end_is_not_read() -> None:
    body = sse(chunk({"content": "a"}), chunk(finish="stop"), "[DONE]", chunk({"content": "b"}), "{oops")
    _, stream = await events_of(Answer(body))
    assert stream.response.content == "a"


async def test_a_last_event_without_a_blank_line_counts() -> None:
    _, stream = await events_of(Answer(sse(chunk({"content": "a"}), chunk(finish="stop")).rstrip()))
    assert stream.response.finish_reason == "stop"


# Errors in mid-stream

MID_STREAM: dict[str, tuple[Any, type[RemoteError]]] = {
    "openai-chat": ({"error": {"message": "too busy", "code": "rate_limit_exceeded"}}, RateLimited),
    "anthropic-messages": (
        {"type": "error", "error": {"type": "overloaded_error", "message": "too busy"}},
        Overloaded,
    ),
    "gemini-generate": ({"error": {"code": 503, "status": "UNAVAILABLE", "message": "too busy"}}, Overloaded),
    "cohere-v2": (
        {"type": "message-end", "delta": {"error": "too busy", "finish_reason": "ERROR"}},
        RemoteError,
    ),
}


@every_dialect
async def test_an_error_in_mid_stream_is_typed_and_comes_after_the_events_before_it(dialect: str) -> None:
    body, kind = MID_STREAM[dialect]
    events, error, stream = await failed(
        Answer(without_its_end(dialect) + sse(body, names=dialect != "openai-chat")), dialect
    )
    assert isinstance(error, kind)
    assert "too busy" in str(error)
    assert "".join(event.text for event in events if isinstance(event, ContentDelta)) == TEXT
    assert error.partial.content == TEXT
    assert stream.stats.interrupted


async def test_a_broken_frame_in_mid_stream_keeps_what_came() -> None:
    events, error, _ = await failed(Answer(sse(chunk({"content": "a"}), "{oops")))
    assert isinstance(error, MalformedResponse)
    assert error.partial.content == "a"
    assert [event.text for event in events if isinstance(event, ContentDelta)] == ["a"]


async def test_a_connection_that_breaks_keeps_what_came() -> None:
    broken = StreamInterrupted("the connection broke")
    events, error, stream = await failed(Answer(sse(chunk({"content": "a"})), failure=broken))
    assert error is broken
    assert (error.provider, error.model, error.partial.content) == ("openai", "gpt-4o", "a")
    assert [event.text for event in events if isinstance(event, ContentDelta)] == ["a"]
    assert stream.stats.interrupted


async def test_an_error_status_is_raised_before_any_event() -> None:
    events, error, _ = await failed(Answer({"error": {"message": "slow"}}, 429))
    assert (events, type(error)) == ([], RateLimited)


# Usage


async def test_usage_after_the_finish_reason_counts() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    body = sse(chunk({"content": "a"}), chunk(finish="stop"), {"choices": [], "usage": usage}, "[DONE]")
    events, stream = await events_of(Answer(body))
    assert stream.stats.total_tokens == 5
    assert [event.usage.total_tokens for event in events if isinstance(event, Metadata) and event.usage] == [5]


async def test_usage_that_never_came_is_none() -> None:
    _, stream = await events_of(Answer(sse(chunk({"content": "a"}), chunk(finish="stop"), "[DONE]")))
    assert stream.stats.total_tokens is None
    assert stream.response.usage.prompt_tokens is None


# Tool calls


async def test_fragments_of_two_calls_are_told_apart_by_index() -> None:
    calls = await calls_of(
        call_piece(0, "a", "f", '{"x"'),
        call_piece(1, "b", "g", "{"),
        call_piece(0, arguments=": 1}"),
        call_piece(1, arguments="}"),
    )
    assert [(call.id, call.name, call.arguments) for call in calls] == [("a", "f", {"x": 1}), ("b", "g", {})]


async def test_fragments_without_an_index_belong_to_the_last_call() -> None:
    calls = await calls_of(
        call_piece(None, "a", "f", '{"x"'),
        call_piece(arguments=": 1}"),
        call_piece(None, "b", "g", '{"y"'),
        call_piece(arguments=": 2}"),
    )
    assert [(call.id, call.arguments) for call in calls] == [("a", {"x": 1}), ("b", {"y": 2})]


async def test_fragments_with_an_id_only_belong_to_that_call() -> None:
    calls = await calls_of(
        call_piece(None, "a", "f", '{"x"'),
        call_piece(None, "b", "g", '{"y"'),
        call_piece(None, "a", None, ": 1}"),
        call_piece(None, "b", None, ": 2}"),
    )
    assert [(call.id, call.arguments) for call in calls] == [("a", {"x": 1}), ("b", {"y": 2})]


async def test_ids_that_are_numbers_tell_calls_apart_too() -> None:
    calls = await calls_of(
        call_piece(None, 1, "f", '{"x"'), call_piece(None, 2, "g", "{}"), call_piece(None, 1, None, ": 1}")
    )  # type: ignore[arg-type]
    assert [(call.id, call.arguments) for call in calls] == [("1", {"x": 1}), ("2", {})]


async def test_two_whole_calls_in_one_chunk() -> None:
    pieces = [{"index": i, "id": str(i), "function": {"name": "f", "arguments": f'{{"n": {i}}}'}} for i in range(2)]
    calls = await calls_of(chunk({"tool_calls": pieces}))
    assert [call.arguments for call in calls] == [{"n": 0}, {"n": 1}]


async def test_two_calls_under_one_index_with_new_ids_are_two_calls() -> None:
    calls = await calls_of(call_piece(0, "a", "f", '{"x": 1}'), call_piece(0, "b", "f", '{"x": 2}'))
    assert [(call.id, call.arguments) for call in calls] == [("a", {"x": 1}), ("b", {"x": 2})]


@pytest.mark.parametrize(("index", "id"), [(0, None), (0, "a"), (0, ""), (None, "a")])
@pytest.mark.parametrize("arguments", [('{"x": 1}', '{"x": 2}'), ({"x": 1}, {"x": 2})])
@pytest.mark.parametrize("name", ["f", "g"])
async def test_whole_calls_at_one_place_are_calls_of_their_own(
    index: int | None, id: str | None, arguments: tuple[Any, Any], name: str
) -> None:
    """Some servers number every call 0, or give all of them one id."""
    calls = await calls_of(call_piece(index, id, "f", arguments[0]), call_piece(index, id, name, arguments[1]))
    assert [(call.name, call.arguments) for call in calls] == [("f", {"x": 1}), (name, {"x": 2})]


@pytest.mark.parametrize("arguments", ['{"x": 1}', {"x": 1}])
async def test_a_whole_call_that_comes_again_is_one_call(arguments: Any) -> None:
    calls = await calls_of(call_piece(0, "a", "f", arguments), call_piece(0, "a", "f", arguments))
    assert [(call.id, call.name, call.arguments) for call in calls] == [("a", "f", {"x": 1})]


async def test_a_name_that_is_repeated_beside_pieces_that_end_in_brackets_makes_one_call() -> None:
    calls = await calls_of(
        call_piece(0, None, "f", '{"x": {}'), call_piece(0, None, "f", ', "y": {}'), call_piece(0, None, "f", "}")
    )
    assert [(call.name, call.arguments) for call in calls] == [("f", {"x": {}, "y": {}})]


async def test_an_id_and_a_name_that_are_repeated_make_one_call() -> None:
    calls = await calls_of(
        call_piece(0, "a", "f", '{"x"'), call_piece(0, "a", "f", ": 1"), call_piece(0, "a", "f", "}")
    )
    assert [(call.id, call.name, call.arguments) for call in calls] == [("a", "f", {"x": 1})]


@pytest.mark.parametrize("arguments", [None, ""])
async def test_empty_arguments_are_an_empty_map(arguments: str | None) -> None:
    (call,) = await calls_of(call_piece(0, "a", "f", arguments))
    assert (call.arguments_json, call.arguments, call.arguments_error) == ("{}", {}, None)


async def test_arguments_as_a_map_become_their_json() -> None:
    (call,) = await calls_of(call_piece(0, "a", "f", {"x": "ü"}))
    assert (json.loads(call.arguments_json), call.arguments) == ({"x": "ü"}, {"x": "ü"})


async def test_broken_arguments_are_kept_and_told() -> None:
    (call,) = await calls_of(call_piece(0, "a", "f", '{"x": '))
    assert (call.arguments_json, call.arguments) == ('{"x": ', {})
    assert "JSON" in (call.arguments_error or "")


async def test_arguments_that_are_no_map_are_kept_and_told() -> None:
    (call,) = await calls_of(call_piece(0, "a", "f", "[1]"))
    assert (call.arguments_json, call.arguments) == ("[1]", {})
    assert "object" in (call.arguments_error or "")


async def test_a_call_without_an_id_gets_one_and_always_the_same() -> None:
    first, second = [await calls_of(call_piece(0, None, "f", "{}"), call_piece(1, None, "f", "{}")) for _ in range(2)]
    assert first == second
    assert len({call.id for call in first}) == 2


async def test_a_name_that_comes_after_the_arguments_loses_nothing() -> None:
    (call,) = await calls_of(call_piece(0, "a", None, '{"x"'), call_piece(0, None, "f", ": 1}"))
    assert (call.name, call.arguments) == ("f", {"x": 1})


async def test_tool_calls_beside_stop_are_the_finish_reason() -> None:
    _, stream = await events_of(Answer(sse(call_piece(0, "a", "f", "{}"), chunk(finish="stop"), "[DONE]")))
    assert (stream.response.finish_reason, stream.response.raw_finish_reason) == ("tool_calls", "stop")


# Unknown frames


async def test_an_unknown_frame_is_counted_and_kept_and_breaks_nothing() -> None:
    odd = {"type": "brand_new", "data": 1}
    frames = FRAMES["anthropic-messages"]
    events, stream = await events_of(
        Answer(sse(*frames[:3], odd, *frames[3:], names=True)), dialect="anthropic-messages"
    )
    assert [event.data for event in events if isinstance(event, UnknownEvent)] == [odd]
    assert stream.response.unknown_events == 1
    assert stream.response.raw == (odd,)
    assert stream.response.content == TEXT


async def test_only_so_many_unknown_frames_are_kept_but_all_are_counted() -> None:
    frames = FRAMES["anthropic-messages"]
    odd = [{"type": "brand_new", "n": n} for n in range(500)]
    _, stream = await events_of(Answer(sse(*odd, *frames, names=True)), dialect="anthropic-messages")
    assert stream.response.unknown_events == 500
    assert len(stream.response.raw) == 100


# JSON in place of a stream


@every_dialect
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_a_plain_object_in_place_of_a_stream_is_read(dialect: str, content_type: str) -> None:
    answer = Answer(json.dumps(PLAIN[dialect]).encode(), headers={"content-type": content_type})
    events, stream = await events_of(answer, dialect=dialect)
    assert stream.response.content == TEXT
    assert [(call.name, call.arguments) for call in stream.response.tool_calls] == CALLS
    assert events[-1].is_stream_end
    assert not stream.stats.interrupted


PLAIN_LABELS = ["text/event-stream", "text/plain", "", "application/problem+json"]


@pytest.mark.parametrize("content_type", PLAIN_LABELS)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n \n"], ids=repr)
@pytest.mark.parametrize("cut", [1, 2, 10_000])
async def test_a_plain_object_is_read_whatever_it_is_called(content_type: str, before: bytes, cut: int) -> None:
    body = before + json.dumps(PLAIN["openai-chat"], indent=1).encode()
    answer = ScriptedAnswer(body, headers={"content-type": content_type}, cut=cut)
    _, stream = await events_of(answer)  # type: ignore[arg-type]
    assert stream.response.content == TEXT
    assert [(call.name, call.arguments) for call in stream.response.tool_calls] == CALLS


@pytest.mark.parametrize("content_type", PLAIN_LABELS)
@pytest.mark.parametrize("cut", [1, 10_000])
async def test_an_error_object_is_raised_whatever_it_is_called(content_type: str, cut: int) -> None:
    body = b'\n{"error": {"message": "too many of them", "code": "rate_limit_exceeded"}}'
    answer = ScriptedAnswer(body, headers={"content-type": content_type}, cut=cut)
    events, error, _ = await failed(answer)  # type: ignore[arg-type]
    assert (events, type(error)) == ([], RateLimited)
    assert "too many of them" in str(error)


async def test_what_is_told_of_an_object_that_is_none_does_not_depend_on_how_it_was_cut() -> None:
    told = set()
    for cut in (1, 2, 10_000):
        answer = ScriptedAnswer(b"\n {\xc6\n\n", headers={"content-type": "text/event-stream"}, cut=cut)
        _, error, _ = await failed(answer)  # type: ignore[arg-type]
        told.add(str(error))
    assert len(told) == 1


async def test_an_array_of_frames_in_place_of_a_stream_is_read() -> None:
    answer = Answer(json.dumps(FRAMES["gemini-generate"]).encode(), headers=JSON)
    events, stream = await events_of(answer, dialect="gemini-generate")
    assert stream.response.content == TEXT
    assert events[-1].is_stream_end


async def test_a_stream_that_is_labelled_as_json_is_read() -> None:
    _, stream = await events_of(Answer(STREAMS["openai-chat"], headers=JSON))
    assert stream.response.content == TEXT


async def test_an_error_object_in_place_of_a_stream_is_raised() -> None:
    _, error, _ = await failed(Answer({"error": {"message": "no"}}))
    assert isinstance(error, RemoteError)


# The object


async def test_it_is_an_async_iterator_and_a_context_manager() -> None:
    asked, _ = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    async with asked.chat().user("hi").stream() as stream:
        first = await anext(stream)
        rest = [event async for event in stream]
    assert isinstance(first, Metadata)
    assert rest[-1].is_stream_end
    assert stream.response.content == TEXT


async def test_anext_reads_to_the_end_and_then_stops() -> None:
    asked, _ = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    stream = asked.chat().user("hi").stream()
    events = []
    while True:
        try:
            events.append(await stream.__anext__())
        except StopAsyncIteration:
            break
    assert events[-1].is_stream_end
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()


async def test_execute_stream_is_iterated_or_awaited() -> None:
    asked, script = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    iterated = [event async for event in asked.chat().user("hi").stream().execute_stream()]
    stream = await asked.chat().user("hi").stream().execute_stream()
    assert len(script.requests) == 2
    assert [event async for event in stream] == iterated
    assert len(script.requests) == 2


async def test_nothing_is_sent_before_the_first_event_is_asked_for() -> None:
    asked, script = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    asked.chat().user("hi").stream()
    assert script.requests == []


async def test_iterating_twice_is_a_clear_error() -> None:
    asked, _ = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    stream = asked.chat().user("hi").stream()
    async for _event in stream:
        pass
    with pytest.raises(RuntimeError, match="read already"):
        async for _event in stream:
            pass


async def test_a_closed_stream_cannot_be_iterated() -> None:
    asked, script = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    for opened in (False, True):
        stream = asked.chat().user("hi").stream()
        if opened:
            await stream
        await stream.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            async for _event in stream:
                pass
    assert len(script.requests) == 1


async def test_response_and_stats_before_the_start_are_a_clear_error() -> None:
    asked, _ = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    stream = asked.chat().user("hi").stream()
    for name in ("response", "stats"):
        with pytest.raises(RuntimeError, match="not begun"):
            getattr(stream, name)


async def test_leaving_the_loop_interrupts_and_closes() -> None:
    answer = Answer([STREAMS["openai-chat"][:700], STREAMS["openai-chat"][700:]])
    asked, _ = await client("openai-chat", answer)
    async with asked.chat().user("hi").stream() as stream:
        async for event in stream:
            if event.is_reasoning_delta:
                break
    assert stream.stats.interrupted
    assert answer.closed
    assert not answer.finished


async def test_leaving_the_loop_at_the_end_event_is_no_interruption() -> None:
    answer = Answer(STREAMS["openai-chat"])
    asked, _ = await client("openai-chat", answer)
    async with asked.chat().user("hi").stream() as stream:
        async for event in stream:
            if event.is_stream_end:
                break
    assert not stream.stats.interrupted
    assert answer.finished


async def test_a_complete_stream_has_stats() -> None:
    _, stream = await events_of(Answer(STREAMS["openai-chat"], headers={**SSE, "x-request-id": "req-1"}))
    stats = stream.stats
    assert (stats.provider, stats.model, stats.request_id, stats.finish_reason) == (
        "openai",
        "gpt-4o",
        "req-1",
        "tool_calls",
    )
    assert (stats.prompt_tokens, stats.completion_tokens, stats.total_tokens) == (20, 9, 29)
    assert (stats.cached_tokens, stats.reasoning_tokens) == (8, 3)
    assert 0 <= stats.time_to_first_token_ms <= stats.latency_ms
    assert stats.tokens_per_second > 0
    assert not stats.interrupted


async def test_stream_text_gives_only_the_text() -> None:
    asked, _ = await client("openai-chat", Answer(STREAMS["openai-chat"]))
    assert "".join([text async for text in asked.chat().user("hi").stream_text()]) == TEXT


async def test_execute_with_stats_tells_how_it_went() -> None:
    asked, _ = await client("openai-chat", Answer(PLAIN["openai-chat"], headers={"x-request-id": "req-2"}))
    response, stats = await asked.chat().user("hi").execute_with_stats()
    assert stats.usage == response.usage
    assert (stats.request_id, stats.attempts, stats.cost) == (
        "req-2",
        1,
        Decimal("0.00013"),
    )  # 12 * 2.50 + 8 * 1.25 + 9 * 10
    assert stats.time_to_first_token_ms is None
    assert not stats.interrupted


async def test_empty_pieces_do_not_cut_what_is_growing_in_two() -> None:
    """Servers send `content: ""` beside reasoning, and the other way round."""
    frames = [
        {"choices": [{"index": 0, "delta": {"content": "", "reasoning_content": piece}}]} for piece in ("one ", "two ")
    ] + [
        {"choices": [{"index": 0, "delta": {"content": piece, "reasoning_content": ""}}]}
        for piece in ("three ", "four")
    ]
    body = sse(*frames, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "[DONE]")
    events, stream = await events_of(Answer(body, 200, SSE))
    assert [type(part).__name__ for part in stream.response.parts] == ["ReasoningPart", "TextPart"]
    assert (stream.response.reasoning, stream.response.content) == ("one two ", "three four")
    assert len([event for event in events if event.is_content_delta or event.is_reasoning_delta]) == 4
