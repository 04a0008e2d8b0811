# ruff: noqa: E501  # tables of cases are read by the line
"""How streams are framed, how they end, and what comes in pieces. Each test lays a few keys over ``conftest.BASE``."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from ai_lib_python import ToolCall
from ai_lib_python._wire.event_stream import event_message
from ai_lib_python.errors import (
    IncompleteStream,
    MalformedResponse,
    RateLimited,
    ServerError,
)
from ai_lib_python.message import OpaquePart, TextPart

from .conftest import Stream, client_of


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("sse", b'data: {"text":"Hi"}\n\ndata:{"why":"done"}\n\n'),
        ("sse", b': hello\r\ndata: {"text":\r\ndata: "Hi"}\r\n\r\ndata: {"why":"done"}\r\n\r\n'),
        ("ndjson", b'{"text":"Hi"}\n\n{"why":"done"}'),
        ("json_array", b'[{"text":"Hi"},\n{"why":"done"}]'),
    ],
    ids=["sse", "sse-multi-line-crlf", "ndjson", "json_array"],
)
async def test_framings(framing: str, body: bytes, stream: Stream) -> None:
    text = f"stream: {{framing: {framing}, ends: [finish], steps: {{text: .text, finish: .why}}}}"
    pieces = [body[index : index + 1] for index in range(len(body))]
    _, response = await stream(text, *pieces)
    assert (response.content, response.finish_reason) == ("Hi", "stop")


async def test_the_name_of_an_sse_event_says_what_it_is(stream: Stream) -> None:
    text = """
stream:
  framing: sse
  ends: [end]
  steps: {by_event: {$by: $event, $case: {word: {text: .w}, over: {finish: .why, end: true}, ping: {}}}}
"""
    body = b'event: ping\ndata: {}\n\nevent: word\ndata: {"w":"Hi"}\n\nevent: over\ndata: {"why":"done"}\n\n'
    events, response = await stream(text, body)
    assert (response.content, response.finish_reason, response.unknown_events) == ("Hi", "stop", 0)
    assert not any(event.is_unknown for event in events)


ENDS = {
    "sentinel": ("{framing: sse, done: '[DONE]', ends: [done], steps: {text: .text}}", b"data: [DONE]\n\n"),
    "event": ("{framing: sse, ends: [end], steps: {text: .text, over: {$if: {.type: stop}, $then: {end: true}}}}", b'data: {"type":"stop"}\n\n'),
    "field": ("{framing: sse, ends: [end], steps: {text: .text, end: .is_last}}", b'data: {"is_last":true}\n\n'),
    "finish": ("{framing: sse, ends: [finish], steps: {text: .text, finish: .why}}", b'data: {"why":"done"}\n\n'),
    "eof": ("{framing: sse, ends: [eof], steps: {text: .text}}", b""),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDS)
async def test_how_a_stream_ends(kind: str, stream: Stream) -> None:
    text, last = ENDS[kind]
    events, response = await stream(f"stream: {text}", b'data: {"text":"Hi","is_last":false}\n\n', last)
    assert response.content == "Hi"
    assert events[-1].is_stream_end


@pytest.mark.parametrize("kind", [kind for kind in ENDS if kind != "eof"])
async def test_a_stream_that_breaks_off_before_its_end_is_an_error(kind: str, stream: Stream) -> None:
    with pytest.raises(IncompleteStream) as caught:
        await stream(f"stream: {ENDS[kind][0]}", b'data: {"text":"Hi","is_last":false}\n\n')
    assert caught.value.partial.content == "Hi"


@pytest.mark.parametrize(
    ("keys", "last"),
    [("done: '[DONE]', ends: [finish]", b"data: [DONE]\n\n"), ("ends: [finish]", b'data: {"over":true}\n\n')],
    ids=["done", "end"],
)
async def test_a_stream_is_complete_only_by_what_its_ends_name(keys: str, last: bytes, stream: Stream) -> None:
    text = f"stream: {{framing: sse, {keys}, steps: {{text: .text, finish: .why, end: .over}}}}"
    said = b'data: {"text":"Hi"}\n\n'
    with pytest.raises(IncompleteStream) as caught:
        await stream(text, said, last)
    assert caught.value.partial.content == "Hi"
    _, response = await stream(text, said, b'data: {"why":"done"}\n\n', last)
    assert (response.content, response.finish_reason) == ("Hi", "stop")


@pytest.mark.parametrize(
    ("keys", "body"),
    [("", b'{"text":"Hi","why":"done"}'), ("\nresponse: {data: text, steps: {text: ., finish: done}}", b"Hi")],
    ids=["json", "text"],
)
async def test_where_a_provider_cannot_stream_the_answer_comes_in_one_piece(
    keys: str, body: bytes, stream: Stream
) -> None:
    events, response = await stream(f"stream: null{keys}", body[:2], body[2:])
    assert (response.content, response.finish_reason) == ("Hi", "stop")
    assert [event.is_stream_end for event in events] == [False, True]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
async def test_a_text_in_base64_may_be_cut_within_a_character(size: int, stream: Stream) -> None:
    said = "Grüße, 世界 🌍"
    pieces = [said.encode()[at : at + size] for at in range(0, len(said.encode()), size)]
    frames = [{"b": b64encode(piece).decode()} for piece in pieces]
    text = "stream: {framing: ndjson, ends: [finish], steps: {text: .b | base64_text, finish: .why}}"
    _, response = await stream(text, *frames, {"why": "done"})
    assert response.content == said


async def test_what_is_no_text_in_base64_is_no_answer(stream: Stream) -> None:
    text = "stream: {framing: ndjson, ends: [finish], steps: {text: .b | base64_text, finish: .why}}"
    with pytest.raises(MalformedResponse):
        await stream(text, {"b": b64encode(b"A").decode()}, {"b": b64encode(b"\xff").decode()}, {"why": "done"})


async def test_usage_may_come_after_the_finish_reason_and_an_empty_reason_is_none(stream: Stream) -> None:
    text = "usage: {prompt: .in, output: .out}"
    frames = [{"text": "H", "why": ""}, {"text": "i", "why": "done"}, {"usage": {"in": 3, "out": 2}}]
    _, response = await stream(text, *frames)
    assert (response.finish_reason, response.usage.total_tokens) == ("stop", 5)


async def test_of_several_finish_reasons_the_last_counts(stream: Stream) -> None:
    frames = [{"text": "A", "why": "pause"}, {"text": "B", "why": "done"}]
    _, response = await stream("", *frames)
    assert (response.content, response.raw_finish_reason) == ("AB", "done")


async def test_a_frame_that_nobody_knows_is_kept_and_breaks_nothing(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps: {by_type: {$by: .t, $case: {word: {text: .w}, over: {finish: .why}}}}
"""
    frames = [{"t": "word", "w": "Hi"}, {"t": "new", "x": 1}, {"t": "over", "why": "done"}]
    events, response = await stream(text, *frames)
    assert [event.data for event in events if event.is_unknown] == [{"t": "new", "x": 1}]
    assert (response.content, response.unknown_events) == ("Hi", 1)


CALL_STREAMS = {
    "by index": [{"i": 0, "id": "c1", "n": "add", "a": ""}, {"i": 1, "id": "c2", "n": "mul"}, {"i": 0, "a": '{"x":'}, {"i": 1, "a": "{}"}, {"i": 0, "a": "1}"}],
    "by id": [{"id": "c1", "n": "add", "a": '{"x":'}, {"id": "c2", "n": "mul", "a": "{}"}, {"id": "c1", "a": "1}"}],
    "by neither": [{"n": "add", "a": '{"x":'}, {"a": "1}"}, {"n": "mul", "a": "{}"}],
    "whole": [{"id": "c1", "n": "add", "a": '{"x":1}'}, {"id": "c2", "n": "mul", "a": "{}"}],
    "objects": [{"id": "c1", "n": "add", "a": {"x": 1}}, {"id": "c2", "n": "mul", "a": {}}],
    "repeated": [{"id": "c1", "n": "add", "a": {"x": 1}}, {"id": "c2", "n": "mul"}, {"id": "c1", "n": "add", "a": {"x": 1}}],
}  # fmt: skip


@pytest.mark.parametrize("kind", CALL_STREAMS)
async def test_tool_calls_come_in_many_ways(kind: str, stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    call: {$with: .call, $do: {tool_call: {at: .i, id: .id, name: .n, arguments: .a}}}
    finish: .why
"""
    frames = [{"call": piece} for piece in CALL_STREAMS[kind]]
    events, response = await stream(text, *frames, {"why": "done"})
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == [("add", {"x": 1}), ("mul", {})]
    assert len({call.id for call in response.tool_calls}) == 2
    ended = [event.as_tool_call_ended for event in events if event.is_tool_call_ended]
    assert [(event.id, event.arguments_json) for event in ended] == [
        (call.id, call.arguments_json) for call in response.tool_calls
    ]


async def test_whole_arguments_as_text_that_come_twice_are_taken_once(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps: {calls: {$each: .calls, $do: {tool_call: {id: .id, name: .n, arguments: .a | parse}}}, finish: .why}
"""
    call = {"id": "c1", "n": "add", "a": '{"x":1}'}
    _, response = await stream(text, {"calls": [call]}, {"calls": [call], "why": "done"})
    assert [call.arguments for call in response.tool_calls] == [{"x": 1}]


@pytest.mark.parametrize("pieces", [['{"x":', "1}"], []])
async def test_whole_arguments_at_the_end_of_a_call_count_where_no_piece_came(
    pieces: list[str], stream: Stream
) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    begin: {$if: .n, $then: {tool_call: {at: .i, id: .id, name: .n}}}
    more: {fragment: {at: .i, text: .a}}
    close: {$if: .whole, $then: {part_end: {at: .i, arguments: .whole}}}
    finish: .why
"""
    given = [{"i": 0, "a": piece} for piece in pieces]
    whole = {"i": 0, "whole": '{"x":1}'}
    events, response = await stream(text, {"i": 0, "id": "c1", "n": "add"}, *given, whole, {"why": "done"})
    assert [call.arguments_json for call in response.tool_calls] == ['{"x":1}']
    told = [event.as_partial_tool_call.arguments for event in events if event.is_partial_tool_call]
    assert "".join(told) == '{"x":1}'


async def test_fragments_go_to_what_began_at_the_same_place(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    by:
      $by: .t
      $case:
        begin:
          $by: .kind
          $case: {call: {tool_call: {at: .i, id: .id, name: .n}}}
          $else: {opaque: {data: ., at: .i}}
        more: {fragment: {at: .i, text: .json, into: input}}
        close: {part_end: .i}
        over: {finish: .why}
"""
    frames: list[dict[str, Any]] = [
        {"t": "begin", "kind": "call", "i": 0, "id": "c1", "n": "add"},
        {"t": "begin", "kind": "search", "i": 1},
        {"t": "more", "i": 0, "json": '{"x":'},
        {"t": "more", "i": 1, "json": '{"q":1}'},
        {"t": "more", "i": 0, "json": "2}"},
        {"t": "close", "i": 0},
        {"t": "over", "why": "done"},
    ]
    _, response = await stream(text, *frames)
    call, opaque = response.parts
    assert isinstance(call, ToolCall)
    assert call.arguments == {"x": 2}
    assert isinstance(opaque, OpaquePart)
    assert opaque.data == {"t": "begin", "kind": "search", "i": 1, "input": {"q": 1}}


async def test_arguments_come_place_by_place(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    call: {$if: .n, $then: {tool_call: {id: .id, name: .n}}}
    patch: {path: .p, value: .v}
    finish: .why
"""
    frames: list[dict[str, Any]] = [
        {"id": "c1", "n": "add"},
        {"p": "$.city", "v": "Os"},
        {"p": "$.city", "v": "lo"},
        {"p": "$.days[0]", "v": 3},
        {"why": "done"},
    ]
    _, response = await stream(text, *frames)
    assert response.tool_calls[0].arguments == {"city": "Oslo", "days": [3]}


PIECES = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    call: {$if: .n, $then: {tool_call: {at: .i, id: .id, name: .n}}}
    more: {$if: .a, $then: {fragment: {at: .at, text: .a}}}
    place: {$if: .p, $then: {patch: {at: .at, path: .p, value: .v}}}
    text: {text: .text, at: .i}
    word: {text: '.word | base64_text'}
    reason: {$if: .why, $then: {finish: {$by: .why, $case: {done: done, more: length}}}}
"""


async def test_pieces_that_name_no_place_go_to_the_last_call(stream: Stream) -> None:
    frames = [{"n": "add", "id": "c1", "i": 0}, {"n": "sub", "id": "c2", "i": 1}, {"a": '{"x":'}, {"a": "1}"}]
    _, response = await stream(PIECES, *frames, {"why": "done"})
    assert [call.arguments for call in response.tool_calls] == [{}, {"x": 1}]


@pytest.mark.parametrize(
    "piece", [{"a": "{}", "at": 7}, {"p": "$.x", "v": 1, "at": 7}, {"p": "$.a]b", "v": 1}, {"p": "$", "v": 1}]
)
async def test_a_piece_that_fits_nowhere_is_unknown_and_kept(piece: dict[str, Any], stream: Stream) -> None:
    events, response = await stream(PIECES, {"n": "add", "id": "c1", "i": 0}, piece, {"why": "done"})
    assert response.unknown_events == 1
    assert [event.as_unknown.data for event in events if event.is_unknown] == list(response.raw)
    assert response.tool_calls[0].arguments == {}


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ('$["a.b"]', {"a.b": 1}),
        (r'$["a\"b"]', {'a"b': 1}),
        (r"$['it\'s']", {"it's": 1}),
        (r'$["a\\b"].c', {"a\\b": {"c": 1}}),
        ('$["two\nlines"]', {"two\nlines": 1}),
    ],
)
async def test_places_may_have_any_name(path: str, arguments: dict[str, Any], stream: Stream) -> None:
    _, response = await stream(PIECES, {"n": "f", "id": "c", "i": 0}, {"p": path, "v": 1}, {"why": "done"})
    assert response.tool_calls[0].arguments == arguments


async def test_texts_that_grow_side_by_side_stay_whole(stream: Stream) -> None:
    frames = [{"i": at, "text": text} for at, text in [(0, "A1"), (1, "B1"), (0, "A2"), (1, "B2")]]
    events, response = await stream(PIECES, *frames, {"why": "done"})
    assert [part.text for part in response.parts if isinstance(part, TextPart)] == ["A1A2", "B1B2"]
    assert [event.as_content_delta.text for event in events if event.is_content_delta] == ["A1", "B1", "A2", "B2"]


async def test_a_text_that_goes_on_behind_something_else_is_another(stream: Stream) -> None:
    call = {"i": 1, "n": "add", "id": "c1"}
    _, response = await stream(PIECES, {"i": 0, "text": "A"}, call, {"i": 0, "text": "B"}, {"why": "done"})
    assert [part.kind for part in response.parts] == ["text", "tool_call", "text"]


@pytest.mark.parametrize("word", ["*bad*", "SGVsbG8", "/w=="])
async def test_a_text_that_is_not_written_in_base64_is_malformed(word: str, stream: Stream) -> None:
    with pytest.raises(MalformedResponse, match="a text that is no UTF-8 in base64") as caught:
        await stream(PIECES, {"word": "SGVsbG8="}, {"word": word}, {"why": "done"})
    assert caught.value.partial.content == "Hello"


async def test_a_text_that_ends_within_a_character_is_malformed(stream: Stream) -> None:
    with pytest.raises(MalformedResponse, match="a text that ends within a character") as caught:
        await stream(PIECES, {"word": "SGk="}, {"word": "w6k="[:2] + "=="}, {"why": "done"})
    assert caught.value.partial.content == "Hi"


async def test_a_word_that_no_case_names_is_absent_and_no_error(stream: Stream) -> None:
    _, response = await stream(PIECES, {"text": "Hi"}, {"why": "new"}, {"why": "more"})
    assert (response.raw_finish_reason, response.content) == ("length", "Hi")


SO_FAR = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    text: {text: .all, so_far: true}
    reasoning: {text: .thought, so_far: true}
    finish: .why
"""


async def test_of_a_text_that_comes_whole_each_time_only_what_is_new_is_told(stream: Stream) -> None:
    said: list[dict[str, Any]] = [{"thought": "H"}, {"thought": "Hm"}, {"all": "He"}, {"all": "He"}, {"all": "Hello"}]
    events, response = await stream(SO_FAR, *said, {"all": "Hello", "why": "done"})
    assert [event.as_content_delta.text for event in events if event.is_content_delta] == ["He", "llo"]
    assert [event.as_reasoning_delta.text for event in events if event.is_reasoning_delta] == ["H", "m"]
    assert (response.content, response.reasoning) == ("Hello", "Hm")


async def test_a_text_that_is_not_the_one_before_and_more_is_unknown(stream: Stream) -> None:
    _, response = await stream(SO_FAR, {"all": "Hello"}, {"all": "Goodbye"}, {"all": "Hello you", "why": "done"})
    assert (response.content, response.unknown_events) == ("Hello you", 1)


@pytest.mark.parametrize("cut", [1, 5])
async def test_an_array_without_its_bracket_has_not_ended_though_the_body_has(cut: int, stream: Stream) -> None:
    text = "stream: {framing: json_array, ends: [eof], steps: {text: .t}}"
    body = b'[{"t": "a"}, {"t": "b"}]'
    _, response = await stream(text, body)
    assert response.content == "ab"
    with pytest.raises(IncompleteStream) as caught:
        await stream(text, body[:-cut])
    assert caught.value.partial.content == ("ab" if cut == 1 else "a")


PLAIN_TEXT = """
stream:
  framing: sse
  data: text
  ends: [end]
  steps:
    by_event:
      $by: $event
      $case:
        output: {text: .}
        done: {end: true}
        error: {error: .}
errors: {message: .}
"""


async def test_frames_may_be_plain_text(stream: Stream) -> None:
    pieces = (b"event: output\ndata: Hel\n\n", b"event: output\ndata: lo\ndata: you\n\n", b"event: done\ndata: {}\n\n")
    _, response = await stream(PLAIN_TEXT, *pieces)
    assert response.content == "Hello\nyou"


async def test_an_error_among_plain_text_is_raised_with_its_words(stream: Stream) -> None:
    with pytest.raises(ServerError, match="out of memory") as caught:
        await stream(PLAIN_TEXT, b"event: output\ndata: Hel\n\n", b"event: error\ndata: out of memory\n\n")
    assert caught.value.partial.content == "Hel"


AWS = """
stream:
  framing: aws-eventstream
  ends: [end]
  steps:
    by_kind:
      $if: {'$event[":message-type"]': exception}
      $then: {error: {data: {words: .message, kind: '$event[":exception-type"]'}}}
      $else:
        $by: $event[":event-type"]
        $case:
          word: {text: .w}
          ping: {}
          over: {finish: .why, end: true}
errors: {message: .words, code: .kind, codes: {busyException: rate_limited}}
"""


def message(kind: str, payload: bytes, *, word: str = "event") -> bytes:
    return event_message({f":{word}-type": kind, ":message-type": word}, payload)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_binary_messages_say_in_their_headers_what_they_are(size: int, stream: Stream) -> None:
    messages = (("ping", b""), ("word", b'{"w":"Hi"}'), ("new", b'{"x":1}'), ("over", b'{"why":"done"}'))
    body = b"".join(message(kind, payload) for kind, payload in messages)
    events, response = await stream(AWS, *(body[at : at + size] for at in range(0, len(body), size)))
    assert (response.content, response.finish_reason) == ("Hi", "stop")
    assert [event.data for event in events if event.is_unknown] == [{"x": 1}]


async def test_an_exception_among_binary_messages_is_an_error_that_keeps_what_came(stream: Stream) -> None:
    failure = message("busyException", b'{"message":"slow"}', word="exception")
    with pytest.raises(RateLimited, match="slow") as caught:
        await stream(AWS, message("word", b'{"w":"Hi"}') + failure)
    assert (caught.value.code, caught.value.partial.content) == ("busyException", "Hi")


@pytest.mark.parametrize("at", [5, 20, -1], ids=["length", "headers", "checksum"])
async def test_a_binary_message_that_was_garbled_is_no_answer(at: int, stream: Stream) -> None:
    garbled = bytearray(message("word", b'{"w":"Hi"}'))
    garbled[at] ^= 0xFF
    with pytest.raises(MalformedResponse, match="event stream"):
        await stream(AWS, bytes(garbled) + message("over", b'{"why":"done"}'))


async def test_a_stream_that_ends_within_a_binary_message_is_incomplete(stream: Stream) -> None:
    with pytest.raises(IncompleteStream, match="within a frame") as caught:
        await stream(AWS, message("word", b'{"w":"Hi"}') + message("word", b'{"w":"Ho"}')[:-3])
    assert caught.value.partial.content == "Hi"


async def test_a_stream_of_nothing_but_half_a_binary_message_is_no_answer(stream: Stream) -> None:
    with pytest.raises(MalformedResponse, match="no answer in it"):
        await stream(AWS, message("word", b'{"w":"Hi"}')[:-3])


ONLY = """
request: {path: /chat, turns: {roles: {user: user}}, body: {a: 1}, stream_body: {live: true}}
response: {steps: {}}
usage: {prompt: .in, output: .out}
stream: {framing: ndjson, ends: [finish], only: true, steps: {text: .text, finish: .why, usage: .usage}}
"""


async def test_where_answers_only_stream_a_plain_call_reads_one_to_its_end() -> None:
    client, transport = await client_of(ONLY, b'{"text":"Hi"}\n{"why":"done","usage":{"in":3,"out":2}}\n')
    response, stats = await client.chat().user("Hello").execute_with_stats()
    assert (response.content, response.finish_reason, response.usage.total_tokens) == ("Hi", "stop", 5)
    assert (stats.finish_reason, stats.usage.output, stats.interrupted) == ("stop", 2, False)
    (request,) = transport.requests
    assert json.loads(request.body) == {"a": 1, "live": True}


async def test_where_answers_only_stream_one_that_breaks_off_fails_a_plain_call() -> None:
    client, _ = await client_of(ONLY, b'{"text":"Hi"}\n')
    with pytest.raises(IncompleteStream) as caught:
        await client.chat().user("Hello").execute()
    assert caught.value.partial.content == "Hi"
