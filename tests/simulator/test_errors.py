# ruff: noqa: E501  # tables of cases are read by the line
"""Errors, as each wire writes them and as our own client reads them again."""

from __future__ import annotations

import pytest

from ai_lib_python import AiClient
from ai_lib_python.errors import REMOTE_ERRORS, RateLimited, RemoteError
from ai_lib_python.simulator import SimulatedError, Simulator
from ai_lib_python.simulator.routing import Router

from .wire import Seen, post

ASK = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi there"}]}
SAID = [{"role": "user", "content": [{"text": "Hi"}]}]
ASK_ELSEWHERE = {
    "gemini-generate": {"contents": [{"parts": [{"text": "Hi"}]}]},
    "gemini-interactions": {"model": "m", "input": "Hi"},
    "openai-responses": {"model": "m", "input": "Hi"},
    "bedrock-converse": {"messages": SAID},
    "bedrock-invoke": {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": ASK["messages"]},
    "ollama-chat": {"model": "m", "messages": ASK["messages"]},
    "ollama-generate": {"model": "m", "prompt": "Hi"},
    "cohere-v1": {"model": "m", "message": "Hi"},
    "replicate-predictions": {"input": {"prompt": "Hi"}},
}
"""What is asked on wires that have other words for it."""

EXPECTED = {
    "openai-chat": (
        429,
        {"error": {"message": "slower", "type": "rate_limit_exceeded", "code": "rate_limit_exceeded"}},
    ),
    "anthropic-messages": (
        429,
        {"type": "error", "error": {"type": "rate_limit_error", "message": "slower"}, "request_id": "sim-1"},
    ),
    "gemini-generate": (429, {"error": {"code": 429, "message": "slower", "status": "RESOURCE_EXHAUSTED"}}),
    "cohere-v2": (429, {"id": "sim-1", "message": "slower"}),
    "openai-responses": (
        429,
        {"error": {"message": "slower", "type": "rate_limit_exceeded", "code": "rate_limit_exceeded"}},
    ),
    "mistral-chat": (
        429,
        {"object": "error", "message": "slower", "type": "rate_limited", "code": "1300", "raw_status_code": 429},
    ),
    "bedrock-converse": (429, {"message": "slower"}),
    "bedrock-invoke": (429, {"message": "slower"}),
    "ollama-chat": (429, {"error": "slower"}),
    "ollama-generate": (429, {"error": "slower"}),
    "cohere-v1": (429, {"id": "sim-1", "message": "slower"}),
    "gemini-interactions": (429, {"error": {"code": "rate_limit_exceeded", "message": "slower"}}),
    "replicate-predictions": (429, {"title": "Error", "detail": "slower", "status": 429}),
    "tiangong-chat": (429, {"code": 429, "code_msg": "slower"}),
}
PATHS = {
    "openai-chat": "/v1/chat/completions",
    "anthropic-messages": "/v1/messages",
    "gemini-generate": "/models/m:generateContent",
    "cohere-v2": "/v2/chat",
    "openai-responses": "/v1/responses",
    "mistral-chat": "/v1/chat/completions",
    "bedrock-converse": "/model/m/converse",
    "bedrock-invoke": "/model/m/invoke",
    "ollama-chat": "/api/chat",
    "ollama-generate": "/api/generate",
    "cohere-v1": "/v1/chat",
    "gemini-interactions": "/interactions",
    "replicate-predictions": "/models/m/predictions",
    "tiangong-chat": "/sky-work/api/v1/chat",
}

STATUS_ONLY = {"context_length", "request_too_large", "content_filtered", "conflict", "cancelled", "timeout", "unknown"}
"""What wires cannot say that tell of an error by the commonest statuses."""

INEXPRESSIBLE = {
    "openai-chat": {"cancelled", "unknown"},
    "anthropic-messages": {"content_filtered", "cancelled", "unknown"},
    "gemini-generate": {"request_too_large", "content_filtered", "conflict", "quota_exhausted", "unknown"},
    "cohere-v2": {"request_too_large", "content_filtered", "conflict", "unknown"},
    "openai-responses": {"unknown"},
    "mistral-chat": {"content_filtered", "cancelled", "unknown"},
    "bedrock-converse": {"request_too_large", "content_filtered", "cancelled", "unknown"},
    "bedrock-invoke": {"content_filtered", "cancelled", "unknown"},
    "ollama-chat": {"content_filtered", "conflict", "cancelled", "timeout", "unknown"},
    "ollama-generate": {"content_filtered", "conflict", "cancelled", "timeout", "unknown"},
    "cohere-v1": {"request_too_large", "content_filtered", "conflict", "unknown"},
    "gemini-interactions": {"request_too_large", "content_filtered", "conflict", "unknown"},
    "replicate-predictions": STATUS_ONLY,
    "tiangong-chat": {*STATUS_ONLY, "quota_exhausted"},
}
"""The classes that a wire has no words for; they arrive as something more general."""

TEXT_ONLY = set(REMOTE_ERRORS) - {"server_error", "context_length"}
"""What streams cannot say that tell of an error by a text alone."""

IN_STREAM = {
    "openai-chat": set(),
    "anthropic-messages": set(),
    "gemini-generate": set(),
    "cohere-v2": TEXT_ONLY,
    "openai-responses": set(),
    "mistral-chat": set(),
    "bedrock-converse": set(),
    "bedrock-invoke": set(),
    "ollama-chat": TEXT_ONLY,
    "ollama-generate": TEXT_ONLY,
    "cohere-v1": TEXT_ONLY,
    "gemini-interactions": set(),
    "replicate-predictions": TEXT_ONLY | {"context_length"},
    "tiangong-chat": set(),
}

dialects = pytest.mark.parametrize("dialect", Router().dialects())


def _words(*without: dict[str, set[str]]) -> pytest.MarkDecorator:
    """Every class in every wire that has a word for it."""
    rows = [
        (dialect, error_class)
        for dialect in Router().dialects()
        for error_class in REMOTE_ERRORS
        if not any(error_class in table[dialect] for table in without)
    ]
    return pytest.mark.parametrize(("dialect", "error_class"), rows)


@dialects
def test_an_error_in_the_words_of_the_wire(simulator: Simulator, dialect: str) -> None:
    simulator.script(SimulatedError("rate_limited", "slower", retry_after=1.5, headers={"x-note": "n"}))
    seen = post(simulator.address(dialect) + PATHS[dialect], ASK_ELSEWHERE.get(dialect, ASK))
    assert (seen.status, seen.json) == EXPECTED[dialect]
    assert (seen.headers["retry-after"], seen.headers["x-note"]) == ("1.5", "n")


def test_a_status_of_ones_own(simulator: Simulator) -> None:
    simulator.script(SimulatedError("server_error", status=502))
    assert post(simulator.url + "/v1/chat/completions", ASK).status == 502


@_words(INEXPRESSIBLE)
async def test_a_client_reads_the_class_that_was_meant(simulator: Simulator, dialect: str, error_class: str) -> None:
    simulator.script(SimulatedError(error_class, retry_after=3))
    async with await AiClient.create(
        f"simulator/{dialect}", base_url=simulator.address(dialect), max_retries=0
    ) as client:
        with pytest.raises(RemoteError) as caught:
            await client.chat().user("Hi").execute()
    assert type(caught.value) is REMOTE_ERRORS[error_class]
    assert caught.value.retry_after == 3


@_words(INEXPRESSIBLE, IN_STREAM)
async def test_a_client_reads_the_class_in_mid_stream_and_keeps_what_came(
    simulator: Simulator, dialect: str, error_class: str
) -> None:
    simulator.script(SimulatedError(error_class, after_frames=6))
    async with await AiClient.create(
        f"simulator/{dialect}", base_url=simulator.address(dialect), max_retries=0
    ) as client:
        texts: list[str] = []
        with pytest.raises(RemoteError) as caught:
            await _read(client, texts)
    assert type(caught.value) is REMOTE_ERRORS[error_class]
    assert texts
    assert caught.value.partial.content == "".join(texts)


async def _read(client: AiClient, texts: list[str]) -> None:
    async for text in client.chat().user("one two three four five six").stream_text():
        texts.append(text)


def test_an_error_in_mid_stream_on_the_wire(simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy", after_frames=3))
    text = post(simulator.url + "/v1/messages", {**ASK, "stream": True}).text
    frames = text.split("\n\n")
    assert frames[2].startswith("event: content_block_start")
    assert frames[3] == ('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}')
    assert frames[4:] == [""]


def test_an_error_for_the_middle_of_a_stream_comes_at_once_in_a_plain_answer(simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", after_frames=3))
    assert post(simulator.url + "/v1/messages", ASK).status == 529


@pytest.mark.parametrize(
    ("body", "message", "lenient"),
    [
        (b"{", "the body is no JSON object", "the body is no JSON object"),
        ([], "the body is no JSON object", "the body is no JSON object"),
        ({"model": "m"}, "must be given", "Object missing required field `messages`"),
        ({**ASK, "messages": "Hi"}, "messages: expected a list", "missing required field `messages`"),
        ({**ASK, "temperature": "hot"}, "temperature: expected a number", "Expected `float | null`, got `str` - at `$.temp"),
        ({**ASK, "messages": [{"role": "judge", "content": "Hi"}]}, "[0].role: expected one of", "Invalid enum value 'judge'"),
        ({**ASK, "messages": [{"role": "user", "content": [{"type": "dance"}]}]}, "[0].type: expected", None),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_in_the_words_of_its_wire(body: object, message: str, lenient: str | None) -> None:
    for strict, told in ((True, message), (False, lenient)):
        with Simulator(strict=strict) as simulator:
            for path in ("/v1/messages", "/v1/chat/completions"):
                assert_refused(post(simulator.url + path, body), told)


def assert_refused(seen: Seen, told: str | None) -> None:
    """With this message; None where a lenient server need not refuse."""
    if told is not None:
        assert seen.status == 400
        assert seen.json["error"]["type"] == "invalid_request_error"
        assert told in seen.json["error"]["message"]


def test_a_part_that_no_server_half_reads_is_refused_by_lenient_ones_too() -> None:
    with Simulator(strict=False) as simulator:
        asked = {**ASK, "messages": [{"role": "user", "content": [{"type": "dance"}]}]}
        assert_refused(post(simulator.url + "/v1/chat/completions", asked), "no part of kind 'dance'")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png,x"}},
        {"type": "file", "file": {"file_data": "data:application/pdf,x"}},
    ],
)
def test_a_data_uri_that_is_none_is_a_wrong_request(simulator: Simulator, part: object) -> None:
    seen = post(simulator.url + "/v1/chat/completions", {**ASK, "messages": [{"role": "user", "content": [part]}]})
    assert seen.status == 400
    assert "a data URI must look like" in seen.json["error"]["message"]


async def test_the_class_decides_what_a_client_may_retry(simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited"))
    async with await AiClient.create(
        "openai/m", base_url=simulator.address("openai"), api_key="key-1", max_retries=0
    ) as client:
        with pytest.raises(RateLimited) as caught:
            await client.chat().user("Hi").execute()
    assert caught.value.retryable
    assert caught.value.request_id == "sim-1"


def test_an_unknown_class_is_refused_where_it_is_given() -> None:
    with pytest.raises(ValueError, match='did you mean "overloaded"'):
        SimulatedError("overload")
