"""Messages, events, responses, statistics and errors as values."""

from __future__ import annotations

import base64
import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest

import ai_lib_python.errors as errors
from ai_lib_python import (
    CallStats,
    ChatResponse,
    ContentBlock,
    Message,
    MessageRole,
    StreamingEvent,
    ToolCall,
    Usage,
)
from ai_lib_python import events as kinds
from ai_lib_python.message import (
    AudioPart,
    FilePart,
    ImagePart,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolResult,
)
from ai_lib_python.money.bills import Bill
from ai_lib_python.response import ToolOutcome

# Messages

PNG = base64.b64encode(b"\x89PNG").decode()


def test_the_four_roles() -> None:
    assert Message.system("a") == Message(MessageRole.SYSTEM, (TextPart("a"),))
    assert Message.user("a").role is MessageRole.USER
    assert Message.assistant("a").role is MessageRole.ASSISTANT
    assert Message.tool("id", "a").parts == (ToolResult("id", (TextPart("a"),)),)
    assert str(MessageRole.TOOL) == "tool"


def test_a_message_keeps_its_parts_in_order() -> None:
    call = ToolCall.create("f", {"x": 1}, id="t1")
    message = Message.assistant(["a", RefusalPart("no"), "b"], tool_calls=[call])
    assert [part.kind for part in message.parts] == ["text", "refusal", "text", "tool_call"]
    assert (message.text, message.tool_calls) == ("ab", (call,))


def test_an_image_by_address_or_bytes_or_base64_or_data_uri() -> None:
    assert ContentBlock.image_url("https://x/y.png", detail="low") == ImagePart(url="https://x/y.png", detail="low")
    assert ContentBlock.image_base64(b"\x89PNG") == ImagePart(data=PNG, media_type="image/png")
    assert ContentBlock.image_base64(PNG, "image/webp") == ImagePart(data=PNG, media_type="image/webp")
    assert ContentBlock.image_url(f"data:image/jpeg;base64,{PNG}") == ImagePart(data=PNG, media_type="image/jpeg")
    assert ContentBlock.image_url(f"data:image/jpeg;charset=x;base64,{PNG}") == ImagePart(
        data=PNG, media_type="image/jpeg"
    )


def test_a_data_uri_brings_its_own_media_type() -> None:
    assert ContentBlock.image_base64(f"data:image/jpeg;base64,{PNG}") == ImagePart(data=PNG, media_type="image/jpeg")
    assert ContentBlock.audio(f"data:audio/mpeg;base64,{PNG}").format == "mp3"
    assert ContentBlock.file(f"data:text/plain;base64,{PNG}").media_type == "text/plain"


@pytest.mark.parametrize("data", ["not base64!", "data:image/png,abc", "data:image/png;base64,!!", "abc"])
def test_what_is_no_base64_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        ContentBlock.image_base64(data)


def test_a_data_uri_that_is_none_is_refused_as_an_address_too() -> None:
    for url in ("data:image/png,abc", "data:image/png;base64,!!"):
        with pytest.raises(ValueError, match="base64"):
            ContentBlock.image_url(url)


@pytest.mark.parametrize("data", [None, 5, ["x"]])
def test_data_of_another_type_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="data must be bytes or base64 text, got"):
        ContentBlock.image_base64(data)


def test_every_kind_of_bytes_is_taken() -> None:
    for data in (b"\x89PNG", bytearray(b"\x89PNG"), memoryview(b"\x89PNG")):
        assert ContentBlock.image_base64(data).data == PNG  # type: ignore[arg-type]


def test_audio_and_its_format() -> None:
    assert ContentBlock.audio(b"\x89PNG") == AudioPart(data=PNG, media_type="audio/wav")
    assert [AudioPart(media_type=kind).format for kind in ("audio/mpeg", "audio/x-wav", "audio/ogg", None)] == [
        "mp3",
        "wav",
        "ogg",
        None,
    ]


def test_a_file_has_exactly_one_source() -> None:
    assert ContentBlock.file(file_id="f1").kind == "file_id"
    assert ContentBlock.file(url="https://x/y.pdf", filename="y.pdf") == FilePart(
        url="https://x/y.pdf", media_type="application/pdf", filename="y.pdf"
    )
    assert ContentBlock.file(b"\x89PNG").kind == "file_base64"
    with pytest.raises(ValueError, match="exactly one of data, url, file_id; got none"):
        ContentBlock.file()
    with pytest.raises(ValueError, match="got data, url"):
        ContentBlock.file(b"x", url="https://x")


def test_a_media_type_must_look_like_one() -> None:
    with pytest.raises(ValueError, match="image/png"):
        ContentBlock.image_base64(PNG, "png")


def test_a_content_block_is_no_class_to_make() -> None:
    with pytest.raises(TypeError, match=r"ContentBlock\.text"):
        ContentBlock()


def test_values_do_not_change() -> None:
    for value in (Message.user("a"), TextPart("a"), ToolCall("a", "b"), Usage(), kinds.ContentDelta("a")):
        with pytest.raises(AttributeError):
            value.kind = "other"  # type: ignore[union-attr, misc]


@pytest.mark.parametrize(
    ("text", "arguments", "problem"),
    [
        ("", {}, None),
        ("null", {}, None),
        (" ", {}, None),
        ('{"a": 1}', {"a": 1}, None),
        ("{", {}, "not JSON"),
        ("[1]", {}, "got list"),
        ("[" * 100_000, {}, "not JSON"),
        ('"\ud800"', {}, "not JSON"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_arguments_of_a_call(text: str, arguments: dict[str, Any], problem: str | None) -> None:
    call = ToolCall("t", "f", text)
    assert call.arguments == arguments
    assert (problem in call.arguments_error) if problem and call.arguments_error else call.arguments_error is problem


# Events

EVENTS = [
    kinds.ContentDelta("a"),
    kinds.ReasoningDelta("a"),
    kinds.RefusalDelta("a"),
    kinds.ToolCallStarted(0, "i", "n"),
    kinds.PartialToolCall(0, "{"),
    kinds.ToolCallEnded(0, "i", "n", "{}"),
    kinds.ToolAnswered(0, ToolOutcome(ToolCall("i", "n"), ToolResult("i", ()))),
    kinds.CitationDelta({}),
    kinds.AlternativeEvent(1, kinds.ContentDelta("a")),
    kinds.Metadata(),
    kinds.UnknownEvent({}),
    kinds.StreamEnd("stop"),
]
FLAGS = [name for name in dir(StreamingEvent) if name.startswith("is_")]


def test_there_is_a_flag_and_a_narrowing_for_each_kind() -> None:
    assert {type(event) for event in EVENTS} == set(StreamingEvent.__subclasses__())
    assert {flag.replace("is_", "as_") for flag in FLAGS} == {
        name for name in dir(StreamingEvent) if name.startswith("as_")
    }
    assert len(FLAGS) == len(EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_exactly_one_flag_is_true_and_its_narrowing_fits(event: StreamingEvent) -> None:
    (flag,) = [flag for flag in FLAGS if getattr(event, flag)]
    assert getattr(event, flag.replace("is_", "as_")) is event
    for other in set(FLAGS) - {flag}:
        with pytest.raises(TypeError, match=f"this event is a {type(event).__name__}, not a "):
            getattr(event, other.replace("is_", "as_"))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_can_be_matched_and_pickled(event: StreamingEvent) -> None:
    match_args = type(event).__match_args__
    assert match_args == type(event).__struct_fields__
    assert pickle.loads(pickle.dumps(event)) == event


# Responses


def response(*parts: Any, **more: Any) -> ChatResponse:
    return ChatResponse(provider="p", parts=parts, **more)


def test_a_response_sorts_its_parts() -> None:
    call = ToolCall("t", "f")
    given = response(
        ReasoningPart("thought "),
        TextPart("a"),
        call,
        ReasoningPart("more"),
        RefusalPart("no"),
        TextPart("b"),
        OpaquePart({}),
    )
    assert (given.content, given.reasoning, given.refusal, given.tool_calls) == (
        "ab",
        "thought more",
        "no",
        (call,),
    )


def test_an_empty_response_has_empty_text_and_no_more() -> None:
    given = response()
    assert (given.content, given.reasoning, given.refusal, given.tool_calls) == ("", None, None, ())
    assert response(ReasoningPart("", signature="s")).reasoning is None


def test_a_response_becomes_a_message_with_all_its_parts() -> None:
    parts = (
        ReasoningPart("t", "sig", "data", "d"),
        TextPart("a", "sig", "d"),
        ToolCall("t", "f", "{}", "sig", "d"),
        OpaquePart({"x": 1}, "d"),
    )
    assert response(*parts).to_message() == Message(MessageRole.ASSISTANT, parts)


def test_usage_sums() -> None:
    usage = Usage(input=10, cache_read=5, cache_write=2, output=7, reasoning=3)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (17, 7, 24)
    assert (Usage().prompt_tokens, Usage().completion_tokens, Usage().total_tokens) == (None, None, None)
    assert (Usage(output=5).total_tokens, Usage(cache_read=0).prompt_tokens) == (5, 0)


def stats(**more: Any) -> CallStats:
    return CallStats(
        **{"provider": "p", "model": "m", "usage": Usage(10, 5, None, 20, 3), "latency_ms": 1000.0, **more}
    )


def test_stats_tell_of_usage() -> None:
    given = stats()
    assert (given.prompt_tokens, given.completion_tokens, given.total_tokens) == (15, 20, 35)
    assert (given.reasoning_tokens, given.cached_tokens) == (3, 5)


def test_tokens_per_second_count_from_the_first_token() -> None:
    assert stats().tokens_per_second == 20
    assert stats(time_to_first_token_ms=500.0).tokens_per_second == 40
    assert stats(time_to_first_token_ms=1000.0).tokens_per_second is None
    assert stats(usage=Usage()).tokens_per_second is None


STATS = (
    "prompt_tokens completion_tokens total_tokens reasoning_tokens cached_tokens latency_ms time_to_first_token_ms "
    "tokens_per_second cost model provider attempts ledger request_id finish_reason interrupted"
)
RESPONSE = "content tool_calls reasoning finish_reason usage adjustments raw to_message"


def test_an_answer_and_its_statistics_have_the_names_that_they_always_had() -> None:
    given, answer = stats(), response()
    assert [name for name in STATS.split() if not hasattr(given, name)] == []
    assert [name for name in RESPONSE.split() if not hasattr(answer, name)] == []


def test_stats_can_be_pickled() -> None:
    given = stats(bills=(Bill(usage=Usage(), reported=Decimal("0.1")),))
    again = pickle.loads(pickle.dumps(given))
    assert again == given
    assert (again.cost, again.cost_source) == (Decimal("0.1"), "provider")


# Errors

KINDS = [getattr(errors, name) for name in errors.__all__]
CONTEXT: dict[str, Any] = {
    "provider": "p",
    "model": "m",
    "status_code": 429,
    "retry_after": 1.5,
    "request_id": "r",
    "code": "c",
    "body": "b",
    "partial": response(TextPart("half")),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "copied",
    [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
def test_an_error_survives_pickling_with_all_it_knows(kind: Any, copied: Any) -> None:
    error = kind("it broke", **CONTEXT, retryable=True)
    again = copied(error)
    assert type(again) is kind
    assert (str(again), again.args) == ("it broke", ("it broke",))
    assert again.__dict__ == error.__dict__
    for name, value in CONTEXT.items():
        assert getattr(again, name) == value
    assert again.retryable is True


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_class_a_code_and_a_docstring(kind: Any) -> None:
    assert kind.__doc__
    assert kind.error_class in CODES
    assert kind.standard_code == CODES[kind.error_class]


CODES = {
    "invalid_request": "E1001",
    "authentication": "E1002",
    "permission_denied": "E1003",
    "not_found": "E1004",
    "request_too_large": "E1005",
    "rate_limited": "E2001",
    "quota_exhausted": "E2002",
    "server_error": "E3001",
    "overloaded": "E3002",
    "timeout": "E3003",
    "conflict": "E4001",
    "cancelled": "E4002",
    "unknown": "E9999",
}


def test_the_tree_is_as_drawn() -> None:
    drawn = [
        line.replace("│", " ")
        for line in (errors.__doc__ or "").splitlines()
        if "──" in line or line.strip() == "AiLibError"
    ]
    parents: dict[int, str] = {}
    for line in drawn:
        indent = len(line) - len(line.lstrip(" ├└─"))
        name = line.strip(" ├└─").split()[0]
        above = [parents[depth] for depth in sorted(parents) if depth < indent]
        if above:
            assert getattr(errors, name).__base__ is getattr(errors, above[-1]), name
        parents = {depth: known for depth, known in parents.items() if depth < indent} | {indent: name}
    assert {line.strip(" ├└─").split()[0] for line in drawn} == set(errors.__all__)


@pytest.mark.parametrize("url", ["cat.png", "/home/me/cat.png", "C:\\cats\\cat.png", "example.com/cat.png", ""])
def test_what_is_no_url_is_refused_and_told_how_a_file_is_given(url: str) -> None:
    for make in (
        ContentBlock.image_url,
        lambda url: ContentBlock.video(url=url),
        lambda url: ContentBlock.file(url=url),
    ):
        with pytest.raises(ValueError, match=r"is no URL; ContentBlock.attachment\(...\) takes a file by its path"):
            make(url)


@pytest.mark.parametrize("url", ["https://example.com/a", "HTTP://x.y/z", "gs://bucket/a.png", "s3://bucket/a.png"])
def test_any_scheme_of_a_url_is_taken(url: str) -> None:
    assert ContentBlock.image_url(url).url == url
