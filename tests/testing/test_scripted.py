"""The transport whose answers a test writes."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python.errors import RateLimited, StreamInterrupted
from ai_lib_python.testing import ScriptedAnswer, ScriptedTransport, UnscriptedRequest

HELLO = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
PIECES = [
    {"choices": [{"index": 0, "delta": {"content": "Grüße, "}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": "語"}, "finish_reason": "stop"}]},
    "[DONE]",
]


async def client(*answers: Any, **options: Any) -> tuple[AiClient, ScriptedTransport]:
    transport = ScriptedTransport(*answers, **options)
    return await AiClient.create("openai/gpt-4o", api_key="any", transport=transport, max_retries=0), transport


async def test_answers_come_in_order_and_the_requests_are_kept() -> None:
    talking, transport = await client(HELLO, ScriptedAnswer(HELLO, headers={"x-request-id": "r1"}))
    for prompt in ("one", "two"):
        assert (await talking.chat().user(prompt).execute()).content == "Hello"
    assert transport.body["messages"][0]["content"] == "two"
    assert [request.method for request in transport.requests] == ["POST"] * 2
    await talking.aclose()
    assert transport.closed


@pytest.mark.parametrize("cut", [None, 1, 2, 7])
async def test_a_stream_may_be_cut_anywhere(cut: int | None) -> None:
    talking, _ = await client(ScriptedAnswer.events(*PIECES, cut=cut))
    assert "".join([text async for text in talking.chat().user("Hi").stream_text()]) == "Grüße, 語"


async def test_pieces_of_bytes_come_as_they_are() -> None:
    answer = ScriptedAnswer([b"a", b"bc"])
    assert [piece async for piece in answer.chunks()] == [b"a", b"bc"]
    assert await answer.read() == b"abc"


async def test_an_exception_comes_in_place_of_an_answer_or_behind_it() -> None:
    talking, _ = await client(
        RateLimited("slow down"), ScriptedAnswer.events(*PIECES[:1], failure=StreamInterrupted("gone"))
    )
    with pytest.raises(RateLimited):
        await talking.chat().user("Hi").execute()
    with pytest.raises(StreamInterrupted) as caught:
        async for _ in talking.chat().user("Hi").stream():
            pass
    assert caught.value.partial.content == "Grüße, "


async def test_an_answer_tells_how_it_was_left() -> None:
    read, left = ScriptedAnswer.events(*PIECES), ScriptedAnswer.events(*PIECES)
    talking, _ = await client(read, left)
    async for _ in talking.chat().user("Hi").stream():
        pass
    async with talking.chat().user("Hi").stream() as stream:
        await stream.__anext__()
    assert [(answer.finished, answer.closed) for answer in (read, left)] == [(True, False), (False, True)]


async def test_one_request_too_many_is_told_and_not_taken_for_a_provider_that_fails() -> None:
    talking, _ = await client(HELLO)
    await talking.chat().user("Hi").execute()
    with pytest.raises(UnscriptedRequest, match="request 2, and the script has 1 answers"):
        await talking.chat().user("Hi").execute()
    with pytest.raises(UnscriptedRequest):
        await (await client(repeat=True))[0].chat().user("Hi").execute()


async def test_the_last_answer_may_be_repeated() -> None:
    talking, transport = await client(HELLO, repeat=True)
    for _ in range(3):
        await talking.chat().user("Hi").execute()
    assert len(transport.requests) == 3


def test_a_piece_has_one_byte_at_least() -> None:
    with pytest.raises(ValueError, match="cut must be at least 1 byte, got 0"):
        ScriptedAnswer(b"x", cut=0)
