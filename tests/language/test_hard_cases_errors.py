# ruff: noqa: E501  # tables of cases are read by the line
"""How errors are read. Each test lays a few keys over the small wire of ``conftest.BASE``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ai_lib_python.errors import (
    AuthenticationError,
    ContextLengthExceeded,
    InvalidRequestError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    RemoteError,
    ServerError,
)

from .conftest import Execute, Stream

ERRORS = """
errors:
  message: .error.message or .error or .message or .0.error.message or .detail
  code: .error.code or .code or $headers.x-error-type
  type: .error.type
  request_id: $headers.x-request-id
  status: {402: quota_exhausted, 529: overloaded}
  codes: {busy: rate_limited, 1301: authentication, Throttled: overloaded}
  texts: {too many tokens: context_length}
"""


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "words"),
    [
        (429, {"error": {"message": "slow", "code": "busy"}}, {}, RateLimited, "slow"),
        (400, {"error": {"message": "slow", "code": None, "type": "busy"}}, {}, RateLimited, "slow"),
        (400, {"message": "no", "code": 1301}, {}, AuthenticationError, "no"),
        (400, {"message": "no", "code": "1301"}, {}, AuthenticationError, "no"),
        (402, {"error": "no credit"}, {}, QuotaExhausted, "no credit"),
        (529, [{"error": {"message": "full"}}], {}, Overloaded, "full"),
        (422, {"detail": [{"loc": ["body"], "msg": "bad"}]}, {}, InvalidRequestError, "bad"),
        (400, {"message": "That is too many tokens."}, {}, ContextLengthExceeded, "too many"),
        (400, {"message": "wait"}, {"x-error-type": "Throttled"}, Overloaded, "wait"),
        (502, b"<html>Bad gateway</html>", {}, ServerError, "Bad gateway"),
        (500, b"", {}, ServerError, "empty body"),
        (418, "teapot", {}, InvalidRequestError, "teapot"),
    ],
)
async def test_errors_of_every_shape(
    status: int, body: Any, headers: dict[str, str], kind: type[RemoteError], words: str, execute: Execute
) -> None:
    with pytest.raises(kind, match=words) as caught:
        await execute(ERRORS, body, status=status, headers={"x-request-id": "q-1", **headers})
    assert type(caught.value) is kind
    assert (caught.value.status_code, caught.value.request_id) == (status, "q-1")


INSIDE = """
response: {steps: {error: {$if: .error, $then: .}, text: .text}}
stream: {framing: ndjson, ends: [finish], steps: {error: {$if: .error, $then: .}, text: .text, finish: .why}}
errors: {message: .error.message, code: .error.code, codes: {busy: rate_limited}}
"""


async def test_an_error_inside_200(execute: Execute) -> None:
    with pytest.raises(RateLimited, match="slow") as caught:
        await execute(INSIDE, {"error": {"message": "slow", "code": "busy"}})
    assert caught.value.status_code == 200


async def test_an_error_in_mid_stream(stream: Stream) -> None:
    with pytest.raises(RateLimited, match="slow") as caught:
        await stream(INSIDE, {"text": "Hi"}, {"error": {"message": "slow", "code": "busy"}})
    assert caught.value.partial.content == "Hi"


def soon(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("hints", "headers", "body", "wait"),
    [
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": "7"}, {}, 7),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": format_datetime(soon(60), usegmt=True)}, {}, 60),
        ("{milliseconds: $headers.retry-after-ms, seconds: $headers.retry-after}", lambda: {"retry-after-ms": "1500", "retry-after": "2"}, {}, 1.5),
        ("{milliseconds: $headers.retry-after-ms, seconds: $headers.retry-after}", lambda: {"retry-after": "2"}, {}, 2),
        ("{duration: $headers.x-ratelimit-reset-tokens}", lambda: {"x-ratelimit-reset-tokens": "1m30.5s"}, {}, 90.5),
        ("{date: $headers.x-ratelimit-reset}", lambda: {"x-ratelimit-reset": soon(60).isoformat().replace("+00:00", "Z")}, {}, 60),
        ("{date: $headers.x-ratelimit-reset}", lambda: {"x-ratelimit-reset": f"{soon(60).timestamp():.0f}"}, {}, 60),
        ("{date: $headers.x-ratelimit-reset}", lambda: {"x-ratelimit-reset": f"{soon(60).timestamp() * 1000:.0f}"}, {}, 60),
        ("{seconds: .error.wait}", dict, {"error": {"wait": 3}}, 3),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": "soon"}, {}, None),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": "1m30s"}, {}, 90),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": f"{soon(60).timestamp():.0f}"}, {}, 60),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": soon(60).isoformat()}, {}, 60),
        ("{duration: .wait}", dict, {"wait": "7"}, None),
        ("{duration: .wait}", dict, {"wait": "120ms"}, 0.12),
        ("{duration: .wait}", dict, {"wait": "2h 1 minute, 1 second and 500 ms"}, 7261.5),
        ("{duration: .wait}", dict, {"wait": "1d"}, 86400),
        ("{duration: .wait}", dict, {"wait": "1s" * 9999}, None),
        ("{duration: '.why | first(\"wait\")'}", dict, {"why": [{}, None, {"wait": None}, {"wait": "34s"}, {"wait": "1s"}]}, 34),
        ("{duration: '.why | first(\"wait\")'}", dict, {"why": {"wait": "34s"}}, None),
        ("{words: .m}", dict, {"m": "Too many. TRY AGAIN in 20s."}, 20),
        ("{words: .m}", dict, {"m": "Limit 5 in 60s. Please retry after 7 seconds."}, 7),
        ("{words: .m}", dict, {"m": "Rate limit of 15 per 60s exceeded. Please wait 42 seconds before retrying."}, 42),
        ("{words: .m}", dict, {"m": "Try again in a while, or wait for about 2 minutes"}, 120),
        ("{words: .m}", dict, {"m": "retry after 3 attempts"}, None),
        ("{words: .m}", dict, {"m": "the answer took more than 600 seconds"}, None),
        ("{words: .m}", dict, {"m": "x" * 5000 + "try again in 20s"}, None),
        ("{words: .m}", dict, {"m": {"wait": "20s"}}, None),
        ("{words: $message}", dict, {}, None),
    ],
)  # fmt: skip
async def test_hints_when_to_try_again(
    hints: str, headers: Any, body: Any, wait: float | None, execute: Execute
) -> None:
    with pytest.raises(RateLimited) as caught:
        await execute(
            f"errors: {{retry_after: {hints}, status: {{429: rate_limited}}}}",
            body,
            status=429,
            headers=headers(),
        )
    found = caught.value.retry_after
    assert found == (None if wait is None else pytest.approx(wait, abs=2 if wait == 60 else 0.001))


PATTERNS = "errors: {message: .m, code: .c, codes: {quota.*: quota_exhausted, quota.day: rate_limited, '*_key': authentication, '*': overloaded}}"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("quota.month", QuotaExhausted),
        ("quota.day", RateLimited),
        ("wrong_key", AuthenticationError),
        ("quota.api_key", QuotaExhausted),
        ("Quota.month", Overloaded),
        (17, Overloaded),
        (None, InvalidRequestError),
    ],
    ids=["a pattern", "its own name", "another pattern", "the first of two", "letters count", "a number", "no code"],
)
async def test_codes_are_known_by_patterns_too(code: Any, kind: type[RemoteError], execute: Execute) -> None:
    with pytest.raises(RemoteError) as caught:
        await execute(PATTERNS, {"m": "no", "c": code}, status=400)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("hint", "status", "retryable"),
    [
        ("true", 400, True),
        ("false", 503, False),
        ("False", 429, False),
        ("perhaps", 429, True),
        (None, 429, True),
        (None, 400, False),
    ],
)
async def test_an_answer_may_say_itself_whether_to_try_again(
    hint: str | None, status: int, retryable: bool, execute: Execute
) -> None:
    text = "errors: {message: .m, retry: $headers.x-should-retry, status: {429: rate_limited, 503: overloaded}}"
    headers = {} if hint is None else {"x-should-retry": hint}
    with pytest.raises(RemoteError) as caught:
        await execute(text, {"m": "no"}, status=status, headers=headers)
    assert caught.value.retryable is retryable


async def test_whether_to_try_again_may_stand_in_the_body(execute: Execute) -> None:
    with pytest.raises(RemoteError) as caught:
        await execute("errors: {message: .m, retry: .again}", {"m": "no", "again": True}, status=400)
    assert caught.value.retryable is True


LIMITS = """
errors: {message: .m, retry_after: {words: $message}, status: {429: rate_limited, 503: overloaded}}
rate_limits:
  gradual: %s
  requests: {limit: $headers.limit, remaining: $headers.left, reset: {seconds: $headers.reset}}
  tokens: {remaining: $headers.tokens-left, reset: {duration: $headers.tokens-reset}}
"""
USED_UP = {"limit": "10", "left": "0", "reset": "60"}


@pytest.mark.parametrize(
    ("gradual", "status", "headers", "message", "wait"),
    [
        ("false", 429, USED_UP, "no", 60),
        ("true", 429, USED_UP, "no", 6),
        ("true", 429, {"left": "0", "reset": "60"}, "no", 60),
        ("true", 429, {**USED_UP, "tokens-left": "0", "tokens-reset": "20s"}, "no", 20),
        ("true", 429, {"tokens-left": "0", "tokens-reset": "20s"}, "no", 20),
        ("false", 429, {**USED_UP, "left": "1"}, "no", None),
        ("false", 429, {"reset": "60"}, "no", None),
        ("false", 429, {"limit": "10", "left": "0"}, "no", None),
        ("false", 429, USED_UP, "try again in 3s", 3),
        ("false", 503, USED_UP, "no", None),
    ],
)
async def test_where_no_hint_is_there_a_limit_that_is_used_up_tells_the_wait(
    gradual: str, status: int, headers: dict[str, str], message: str, wait: float | None, execute: Execute
) -> None:
    with pytest.raises(RemoteError) as caught:
        await execute(LIMITS % gradual, {"m": message}, status=status, headers=headers)
    assert caught.value.retry_after == wait
