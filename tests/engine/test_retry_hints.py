# ruff: noqa: E501  # tables of cases are read by the line
"""When to try again, as each provider says it: in headers, in fields of the error, in words, by its limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ai_lib_python._compile.classify import Classified
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.folders import bundled_providers
from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest

TOO_MANY = 429


def classified(manifest: Manifest, headers: dict[str, str], body: Any = None, status: int = TOO_MANY) -> Classified:
    return program_of(manifest).classify(status, headers, body)


def hint(id: str, headers: dict[str, str], body: Any = None, status: int = TOO_MANY) -> float | None:
    return classified(load(id), headers, body, status).retry_after


def soon(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


def about(seconds: float) -> Any:
    """So many seconds from a moment that was some time ago, to the second."""
    return pytest.approx(seconds, abs=5)


def apis(id: str) -> Iterator[Manifest]:
    manifest = load(id)
    yield manifest
    yield from manifest.for_all_apis()


WITH_CHAT = sorted(path.stem for path in bundled_providers() if load(path.stem).data["status"]["is"] != "no_chat")


@pytest.mark.parametrize("id", WITH_CHAT)
def test_the_headers_of_http_are_read_on_every_api_of_every_provider(id: str) -> None:
    date = format_datetime(soon(60), usegmt=True)
    for manifest in apis(id):
        found = [classified(manifest, {"retry-after": text}, {}).retry_after for text in ("12", "0.25", date)]
        assert found == [12, 0.25, about(60)], manifest.api
        assert classified(manifest, {"retry-after": "7"}, {}, 503).retry_after == 7, manifest.api


MESSAGE = (
    "Rate limit reached on tokens per min (TPM): Limit 30000, Used 18928, Requested 11159. Please try again in {}."
)
QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "perMinute"}]}
HELP = {"@type": "type.googleapis.com/google.rpc.Help", "links": []}
INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
NOTHING_LEFT = {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0"}


def google(*details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": TOO_MANY, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": list(details)}}


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


HINTS: list[tuple[str, str, dict[str, str], Any, Any]] = [
    ("openai", "milliseconds come first", {"retry-after-ms": "1500", "retry-after": "2"}, {}, 1.5),
    ("openai", "what cannot be read is passed over", {"retry-after-ms": "soon", "retry-after": "2"}, {}, 2),
    ("openai", "a number with a unit", {"retry-after": "30s"}, {}, 30),
    ("openai", "milliseconds in words", {}, error(MESSAGE.format("174ms")), 0.174),
    ("openai", "minutes in words", {}, error(MESSAGE.format("1m30.5s")), 90.5),
    ("openai", "minutes and none in words", {}, error(MESSAGE.format("6m0s")), 360),
    ("openai", "headers come before words", {"retry-after": "3"}, error(MESSAGE.format("20s")), 3),
    ("openai", "words without a wait", {}, error("The model is overloaded. Please try again later."), None),
    ("openai", "a time that nobody is asked to wait", {}, error("Request timed out after 600 seconds."), None),
    ("openai", "requests come back one by one", {"x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0s"}, {}, 6),
    ("openai", "tokens that are used up", {"x-ratelimit-limit-tokens": "9000", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30.5s"}, {}, 90.5),
    ("openai", "tokens that are there", {"x-ratelimit-limit-tokens": "9000", "x-ratelimit-remaining-tokens": "8999", "x-ratelimit-reset-tokens": "7ms"}, {}, None),
    ("groq", "the reset of tokens", {"x-ratelimit-reset-tokens": "2m59.56s", "x-ratelimit-reset-requests": "17.399999999s"}, {}, 179.56),
    ("groq", "in words", {}, error(MESSAGE.format("7.66s")), 7.66),
    ("anthropic", "milliseconds come first", {"retry-after-ms": "1500", "retry-after": "2"}, {}, 1.5),
    ("gemini", "behind other details", {}, google(QUOTA, HELP, INFO, {}, RETRY), 34.5),
    ("gemini", "before other details", {}, google(RETRY, QUOTA, HELP), 34.5),
    ("gemini", "in a list, as streams have it", {}, [google(QUOTA, RETRY)], 34.5),
    ("gemini", "a header comes first", {"retry-after": "3"}, google(RETRY), 3),
    ("gemini", "a day's quota tells none", {}, google(QUOTA, HELP), None),
    ("vertex", "behind other details", {}, google(INFO, RETRY), 34.5),
    ("moonshot", "in words", {}, error("Your account request reached organization max RPM: 3, please try again after 1 seconds", type="rate_limit_reached_error"), 1),
    ("replicate", "in words", {}, {"title": "Too many requests", "detail": "Request was throttled. Expected available in 5 seconds.", "status": TOO_MANY}, 5),
    ("replicate", "with a tilde", {}, {"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": TOO_MANY}, 30),
    ("replicate", "the reset", {"ratelimit-remaining": "0", "ratelimit-reset": "1"}, {}, 1),
    ("huggingface", "the reset of a backend", {"ratelimit-limit": "400", "ratelimit-remaining": "0", "ratelimit-reset": "19"}, {}, 19),
    ("huggingface", "retry-after comes first", {"retry-after": "13", "ratelimit-reset": "19"}, {}, 13),
    ("cerebras", "the reset of tokens", {"x-ratelimit-reset-tokens-minute": "11.382"}, {}, 11.382),
]  # fmt: skip


@pytest.mark.parametrize(
    ("id", "headers", "body", "wait"),
    [(id, headers, body, wait) for id, _, headers, body, wait in HINTS],
    ids=[f"{id}: {what}" for id, what, *_ in HINTS],
)
def test_what_a_provider_says_of_when_to_try_again(id: str, headers: dict[str, str], body: Any, wait: Any) -> None:
    assert hint(id, headers, body) == (None if wait is None else pytest.approx(wait))


def test_a_reset_is_a_moment_of_milliseconds_in_a_header() -> None:
    reset = f"{soon(60).timestamp() * 1000:.0f}"
    assert hint("openrouter", {**NOTHING_LEFT, "x-ratelimit-reset": reset}, {}) == about(60)


def test_a_reset_is_a_moment_of_milliseconds_in_the_body() -> None:
    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0"}
    headers["X-RateLimit-Reset"] = f"{soon(60).timestamp() * 1000:.0f}"
    body = error("Rate limit exceeded: free-models-per-min.", code=TOO_MANY, metadata={"headers": headers})
    assert hint("openrouter", {}, body) == about(60)


def test_the_latest_reset_of_the_limits_that_are_used_up_counts() -> None:
    headers = {
        f"anthropic-ratelimit-{kind}-{word}": text
        for kind, remaining, seconds in [("requests", 7, 900), ("input-tokens", 0, 60), ("output-tokens", 0, 30)]
        for word, text in [
            ("limit", "1000"),
            ("remaining", str(remaining)),
            ("reset", soon(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")),
        ]
    }
    assert hint("anthropic", headers, {"error": {"type": "rate_limit_error", "message": "m"}}) == about(60)


def test_limits_that_are_used_up_say_nothing_of_other_errors() -> None:
    headers = {"x-ratelimit-limit-tokens": "9", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "30s"}
    assert hint("openai", headers, {}, 503) is None
