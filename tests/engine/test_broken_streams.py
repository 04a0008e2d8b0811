"""A stream that breaks: what was good is given, then the error comes, however the bytes arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_lib_python import AiClient
from ai_lib_python._wire.event_stream import event_message
from ai_lib_python.errors import AiLibError, IncompleteStream, InvalidRequestError, MalformedResponse

from .scripted import KEY, Answer, Script

GOOD = [b'{"text":"One"}', b'{"text":" two"}']
WRONG = b'{"problem":"no more"}'


def message(payload: bytes) -> bytes:
    return event_message({":event-type": "x"}, payload)


def body(framing: str, frames: list[bytes]) -> bytes:
    if framing == "sse":
        return b"".join(b"data: " + frame + b"\n\n" for frame in frames)
    if framing == "ndjson":
        return b"".join(frame + b"\n" for frame in frames)
    if framing == "json_array":
        return b"[" + b",\n".join(frames)
    return b"".join(map(message, frames))


BROKEN_MESSAGE = message(GOOD[0])[:-1] + b"?"
FRAMINGS = ["sse", "ndjson", "json_array", "aws-eventstream"]


def cases() -> Iterator[Any]:
    """A framing, a body that breaks behind two good frames, and the error."""
    for framing in FRAMINGS:
        good = body(framing, GOOD)
        no_json = body(
            framing, [*GOOD, b'{"text":"three"', GOOD[0]] if framing != "json_array" else [*GOOD, b"tru", b"1"]
        )
        yield pytest.param(framing, no_json, MalformedResponse, id=f"{framing}, no JSON")
        yield pytest.param(
            framing, body(framing, [*GOOD, WRONG, GOOD[0]]), InvalidRequestError, id=f"{framing}, an error"
        )
        yield pytest.param(framing, good, IncompleteStream, id=f"{framing}, no end")
    yield pytest.param("json_array", body("json_array", [*GOOD, b"?"]), MalformedResponse, id="json_array, no element")
    yield pytest.param("json_array", body("json_array", [*GOOD, b'{"te']), IncompleteStream, id="json_array, cut")
    whole = body("aws-eventstream", GOOD)
    yield pytest.param("aws-eventstream", whole + BROKEN_MESSAGE, MalformedResponse, id="a wrong checksum")
    yield pytest.param("aws-eventstream", whole + BROKEN_MESSAGE[:20], IncompleteStream, id="aws-eventstream, cut")
    for framing in ("sse", "ndjson"):
        part = body(framing, [b'{"text":"three"}']).rstrip()[:-3]
        yield pytest.param(framing, body(framing, GOOD) + part, IncompleteStream, id=f"{framing}, cut")
    yield pytest.param("sse", body("sse", GOOD) + b"d\xffta: 1\n\n" + whole[:1], MalformedResponse, id="sse, garbled")


def manifest(framing: str) -> dict[str, Any]:
    return {
        "id": "mine",
        "endpoint": {"base_url": "https://mine.example"},
        "auth": {"scheme": "bearer"},
        "request": {"path": "/x", "turns": {"roles": {"user": "u"}}, "body": {"say": "$turns.0.text"}},
        "stream": {
            "framing": framing,
            "ends": ["finish"],
            "steps": {"bad": {"$if": ".problem", "$then": {"error": "."}}, "text": ".text", "finish": ".why"},
        },
        "errors": {"message": ".problem", "codes": {"no more": "invalid_request"}, "code": ".problem"},
    }


def cut(body: bytes, sizes: list[int]) -> list[bytes]:
    chunks: list[bytes] = []
    while body:
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(body[:size])
        body = body[size:]
    return chunks


async def outcome(framing: str, chunks: list[bytes]) -> tuple[list[str], AiLibError, Answer]:
    """The texts that came, the error behind them, and how the answer was left."""
    answer = Answer(chunks, headers={})
    client = await AiClient.create("mine/m", manifest=manifest(framing), api_key=KEY, transport=Script(answer))
    texts: list[str] = []
    with pytest.raises(AiLibError) as caught:  # noqa: PT012  # the loop is what raises, in the middle
        async for text in client.chat().user("hi").stream().text():
            texts.append(text)
    return texts, caught.value, answer


@pytest.mark.parametrize(("framing", "broken", "kind"), list(cases()))
async def test_what_was_good_comes_first(framing: str, broken: bytes, kind: type[AiLibError]) -> None:
    for chunks in ([broken], cut(broken, [1]), cut(broken, [7, 30])):
        texts, error, answer = await outcome(framing, chunks)
        assert texts == ["One", " two"]
        assert type(error) is kind
        assert error.partial.content == "One two"
        assert (error.provider, error.model) == ("mine", "m")
        assert answer.closed


@pytest.mark.parametrize(("framing", "broken", "kind"), list(cases()))
def test_any_cutting_ends_alike(framing: str, broken: bytes, kind: type[AiLibError]) -> None:
    @settings(max_examples=15, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    def holds(sizes: list[int]) -> None:
        texts, error, _ = asyncio.run(outcome(framing, cut(broken, sizes)))
        assert ("".join(texts), type(error)) == ("One two", kind)

    holds()
