"""An answer that is not what the manifest expects becomes a typed error that says where it came from."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ai_lib_python import AiLibError, RemoteError
from ai_lib_python.errors import (
    AuthenticationError,
    ContextLengthExceeded,
    MalformedResponse,
    NotFoundError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    ServerError,
)

from .scripted import JSON, KEY, MODELS, SSE, Answer, client, sse
from .transcripts import PLAIN, TEXT

HTML = {"content-type": "text/html"}
PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"

both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
every_dialect = pytest.mark.parametrize("dialect", MODELS)


async def error_of(answer: Answer, *, dialect: str = "openai-chat", stream: bool = False) -> AiLibError:
    """The error that a call with this answer raises."""
    asked, _ = await client(dialect, answer)
    request = asked.chat().user("hi")
    with pytest.raises(AiLibError) as caught:  # noqa: PT012  # which statement raises is what the parameter says
        if stream:
            async for _event in request.stream():
                pass
        else:
            await request.execute()
    return caught.value


@both
@every_dialect
async def test_a_proxys_page_under_200_is_malformed(dialect: str, stream: bool) -> None:
    error = await error_of(Answer(PAGE, 200, HTML), dialect=dialect, stream=stream)
    assert isinstance(error, MalformedResponse)
    assert (error.provider, error.model) == tuple(MODELS[dialect].split("/"))
    assert error.status_code == 200
    assert "<html>" in str(error)
    assert error.body == PAGE.decode()
    assert error.retryable


@both
@every_dialect
async def test_a_proxys_page_under_502_is_a_server_error(dialect: str, stream: bool) -> None:
    error = await error_of(Answer(PAGE, 502, HTML), dialect=dialect, stream=stream)
    assert isinstance(error, ServerError)
    assert (error.status_code, error.body) == (502, PAGE.decode())
    assert "502 Bad Gateway" in str(error)
    assert (error.error_class, error.standard_code) == ("server_error", "E3001")


@both
@every_dialect
@pytest.mark.parametrize("headers", [JSON, SSE, {}])
async def test_an_empty_body_is_malformed(dialect: str, headers: dict[str, str], stream: bool) -> None:
    error = await error_of(Answer(b"", 200, headers), dialect=dialect, stream=stream)
    assert isinstance(error, MalformedResponse)
    assert "empty" in str(error)


@both
@every_dialect
async def test_a_byte_order_mark_before_an_answer_is_no_part_of_it(dialect: str, stream: bool) -> None:
    asked, _ = await client(dialect, Answer(BOM_UTF8 + json.dumps(PLAIN[dialect]).encode(), headers=JSON))
    request = asked.chat().user("hi")
    if stream:
        assert "".join([text async for text in request.stream_text()]) == TEXT
    else:
        assert (await request.execute()).content == TEXT


@both
@pytest.mark.parametrize(
    "content", [[{"text": "a"}, {"type": "text", "text": "b"}], ["a", {"text": "b"}], {"text": "ab"}]
)
async def test_a_piece_of_text_without_a_type_is_text(content: Any, stream: bool) -> None:
    choice = {"delta" if stream else "message": {"content": content}, "finish_reason": "stop"}
    body = sse({"choices": [choice]}) if stream else {"choices": [choice]}
    asked, _ = await client("openai-chat", Answer(body))
    request = asked.chat().user("hi")
    text = "".join([text async for text in request.stream_text()]) if stream else (await request.execute()).content
    assert text == "ab"


async def test_odd_json_is_read() -> None:
    body = json.dumps({"choices": [{"message": {"content": "a\ud83d"}, "logprobs": {"content": [float("nan")]}}]})
    asked, _ = await client("openai-chat", Answer(body.encode(), headers=JSON))
    response = await asked.chat().user("hi").execute()
    assert response.content == "a\N{REPLACEMENT CHARACTER}"
    assert json.loads(json.dumps(response.raw))["choices"][0]["logprobs"] == {"content": [None]}


@both
async def test_an_empty_body_of_an_error_says_so(stream: bool) -> None:
    error = await error_of(Answer(b"", 503, {}), stream=stream)
    assert isinstance(error, Overloaded)
    assert "an empty body" in str(error)


@both
@every_dialect
@pytest.mark.parametrize("body", [b'{"choices": [{"mess', b'{"id": "x', b"{"])
async def test_cut_json_is_malformed(dialect: str, body: bytes, stream: bool) -> None:
    error = await error_of(Answer(body, 200, JSON), dialect=dialect, stream=stream)
    assert isinstance(error, MalformedResponse)
    assert error.body == body.decode()


WRONG = [
    [],
    {},
    "x",
    5,
    True,
    None,
    {"choices": "no"},
    {"choices": [{"message": None}]},
    {"choices": [None]},
    {"choices": {}},
    [[]],
]


@both
@every_dialect
@pytest.mark.parametrize("data", WRONG, ids=json.dumps)
async def test_json_of_another_shape_is_malformed(dialect: str, data: Any, stream: bool) -> None:
    error = await error_of(Answer(json.dumps(data).encode(), 200, JSON), dialect=dialect, stream=stream)
    assert isinstance(error, MalformedResponse)
    assert error.provider


@every_dialect
@pytest.mark.parametrize("data", ["x", 5, None, {"choices": "no"}, {"choices": [{"message": None}]}], ids=json.dumps)
async def test_frames_of_another_shape_are_an_error_of_ours(dialect: str, data: Any) -> None:
    error = await error_of(Answer(sse(json.dumps(data))), dialect=dialect, stream=True)
    assert isinstance(error, AiLibError)


@every_dialect
async def test_a_frame_that_is_no_json_is_malformed_and_shown(dialect: str) -> None:
    error = await error_of(Answer(sse("{oops")), dialect=dialect, stream=True)
    assert isinstance(error, MalformedResponse)
    assert "{oops" in str(error)


ERRORS: list[tuple[Any, str]] = [
    ({"error": {"message": "it broke", "type": "t"}}, "it broke"),
    ({"error": "it broke"}, "it broke"),
    ({"error": {"message": ["it broke"]}}, "it broke"),
    ({"error": ["it broke"]}, "it broke"),
    ({"error": {"message": {"deep": "it broke"}}}, "it broke"),
]


@both
@pytest.mark.parametrize(("data", "words"), ERRORS, ids=lambda value: json.dumps(value)[:40])
async def test_an_error_inside_200_is_raised_with_its_words(data: Any, words: str, stream: bool) -> None:
    error = await error_of(Answer(data), stream=stream)
    assert isinstance(error, RemoteError)
    assert not isinstance(error, MalformedResponse)
    assert words in str(error)
    assert error.model == "gpt-4o"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *ERRORS,
        ({"detail": "it broke"}, "it broke"),
        ({"detail": [{"msg": "it broke"}]}, "it broke"),
        ("it broke", "it broke"),
        (["it broke"], "it broke"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
async def test_an_error_of_any_shape_is_told_in_its_words(data: Any, words: str) -> None:
    error = await error_of(Answer(json.dumps(data).encode(), 400, JSON))
    assert words in str(error)
    assert (error.status_code, error.error_class) == (400, "invalid_request")


DIALECT_ERRORS: dict[str, tuple[Any, type[RemoteError]]] = {
    "openai-chat": ({"error": {"message": "m", "code": "insufficient_quota"}}, QuotaExhausted),
    "anthropic-messages": (
        {"type": "error", "error": {"type": "overloaded_error", "message": "m"}},
        Overloaded,
    ),
    "gemini-generate": (
        {"error": {"code": 400, "message": "m", "details": [{"reason": "API_KEY_INVALID"}]}},
        AuthenticationError,
    ),
    "cohere-v2": ({"message": "too many tokens: m"}, ContextLengthExceeded),
}


@both
@every_dialect
async def test_each_dialects_codes_give_the_class(dialect: str, stream: bool) -> None:
    body, kind = DIALECT_ERRORS[dialect]
    error = await error_of(Answer(body, 400), dialect=dialect, stream=stream)
    assert type(error) is kind
    assert "m" in error.message


async def test_code_request_id_and_url_are_on_the_error() -> None:
    body = {"error": {"message": "no such model", "code": "model_not_found"}}
    error = await error_of(Answer(body, 404, {"x-request-id": "req-7"}))
    assert type(error) is NotFoundError
    assert (error.code, error.request_id, error.provider, error.model) == (
        "model_not_found",
        "req-7",
        "openai",
        "gpt-4o",
    )
    assert "https://api.openai.com/v1/chat/completions" in str(error)
    assert json.loads(error.body or "") == body


async def test_retry_after_in_seconds() -> None:
    error = await error_of(Answer({"error": {"message": "slow"}}, 429, {"retry-after": "12"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 12


async def test_retry_after_in_milliseconds_comes_first() -> None:
    error = await error_of(Answer({"error": {"message": "slow"}}, 429, {"retry-after": "12", "retry-after-ms": "1500"}))
    assert error.retry_after == 1.5


async def test_retry_after_as_a_date() -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=60), usegmt=True)
    error = await error_of(Answer({"error": {"message": "slow"}}, 429, {"retry-after": date}))
    assert error.retry_after == pytest.approx(60, abs=3)


async def test_retry_after_in_the_past_is_now() -> None:
    error = await error_of(
        Answer({"error": {"message": "slow"}}, 429, {"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"})
    )
    assert error.retry_after == 0


async def test_retry_after_in_the_body() -> None:
    body = {
        "error": {
            "code": 429,
            "status": "RESOURCE_EXHAUSTED",
            "message": "m",
            "details": [{}, {"retryDelay": "34.5s"}],
        }
    }
    error = await error_of(Answer(body, 429), dialect="gemini-generate")
    assert error.retry_after == 34.5


async def test_a_redirect_is_an_error_and_is_not_followed() -> None:
    asked, script = await client("openai-chat", Answer(b"", 302, {"location": "https://evil.example/"}))
    with pytest.raises(RemoteError) as caught:
        await asked.chat().user("hi").execute()
    assert caught.value.status_code == 302
    assert len(script.requests) == 1


async def test_a_long_body_is_cut() -> None:
    error = await error_of(Answer(b"x" * 1_000_000, 500, {}))
    assert len(error.body or "") <= 2000
    assert len(str(error)) < 1000


@both
async def test_a_key_that_the_server_echoes_is_taken_out(stream: bool) -> None:
    body = {"error": {"message": f"wrong key {KEY}", "code": KEY, "type": KEY}}
    error = await error_of(Answer(body, 401, {"x-request-id": KEY}), stream=stream)
    for text in (str(error), repr(error), error.body, error.code, error.request_id, error.message):
        assert KEY not in str(text)
    assert isinstance(error, AuthenticationError)


@both
async def test_a_key_is_taken_out_before_the_body_is_cut(stream: bool) -> None:
    for shift in range(len(KEY)):
        body = b"x" * (2000 - shift) + KEY.encode() + b"x" * 4000
        error = await error_of(Answer(body, 500, {}), stream=stream)
        assert KEY[:8] not in (error.body or "")


@both
async def test_a_key_in_a_malformed_answer_is_taken_out(stream: bool) -> None:
    for body in (
        b"<html>" + KEY.encode(),
        sse("{" + KEY),
        b"x" * 1990 + KEY.encode(),
        b"x" * 3990 + KEY.encode() + b"x" * 9000,
    ):
        error = await error_of(Answer(body, 200, SSE), stream=stream)
        assert KEY[:8] not in str(error)
        assert KEY[:8] not in str(error.body)
