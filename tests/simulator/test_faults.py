"""Delays, a slower pace, and connections that break."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from ai_lib_python import AiClient
from ai_lib_python.errors import DeadlineExceeded, MalformedResponse, StreamInterrupted, TransportError
from ai_lib_python.simulator import Answer, SimulatedError, Simulator
from ai_lib_python.simulator.routing import Router

from .wire import post

SOON = 0.3
"""Seconds within which a server must see that its client has gone."""

dialects = pytest.mark.parametrize("dialect", Router().dialects())


async def client_of(simulator: Simulator, dialect: str = "openai-chat") -> AiClient:
    return await AiClient.create(f"simulator/{dialect}", base_url=simulator.address(dialect), max_retries=0)


@dialects
@pytest.mark.parametrize("frames", [0, 1, 3])
async def test_a_stream_breaks_where_it_was_told_to(simulator: Simulator, dialect: str, frames: int) -> None:
    simulator.script(Answer("one two three four five", cut_after=frames))
    async with await client_of(simulator, dialect) as client:
        with pytest.raises(StreamInterrupted) as caught:
            async for _ in client.chat().user("Hi").stream():
                pass
    assert "one two three four five".startswith(caught.value.partial.content)
    assert caught.value.partial.content != "one two three four five"


async def test_what_came_before_the_break_is_kept(simulator: Simulator) -> None:
    simulator.script(Answer("one two three four five", cut_after=3))
    async with await client_of(simulator) as client:
        with pytest.raises(StreamInterrupted) as caught:
            async for _ in client.chat().user("Hi").stream():
                pass
    assert caught.value.partial.content == "one two"


async def test_a_stream_breaks_before_its_last_bytes(simulator: Simulator) -> None:
    simulator.script(Answer("one", cut_after=99))
    async with await client_of(simulator) as client:
        stream = client.chat().user("Hi").stream()
        async for _ in stream:
            pass
    assert stream.response.content == "one"  # all frames had come; only the connection's end was rough


async def test_a_plain_body_breaks_in_its_middle(simulator: Simulator) -> None:
    simulator.script(Answer("one two", cut_after=0))
    async with await client_of(simulator) as client:
        with pytest.raises((TransportError, MalformedResponse)):
            await client.chat().user("Hi").execute()


async def test_the_next_answer_is_whole_again(simulator: Simulator) -> None:
    simulator.script(Answer("one two", cut_after=1))
    async with await client_of(simulator) as client:
        with pytest.raises(StreamInterrupted):
            async for _ in client.chat().user("Hi").stream():
                pass
        assert (await client.chat().user("Hi").execute()).content == "You said: Hi"


async def test_a_delay_outlasts_a_deadline(simulator: Simulator) -> None:
    simulator.script(Answer("late", delay=30))
    async with await client_of(simulator) as client:
        with pytest.raises(DeadlineExceeded):
            await client.chat().user("Hi").timeout(0.1).execute()


@pytest.mark.parametrize("answer", [Answer("late", delay=0.1), SimulatedError("overloaded", delay=0.1)])
def test_an_answer_may_be_delayed(simulator: Simulator, answer: Answer | SimulatedError) -> None:
    simulator.script(answer)
    assert _seconds(simulator) >= 0.1


def test_all_answers_may_be_delayed() -> None:
    with Simulator([Answer("prompt", delay=0)], delay=0.1) as simulator:
        assert _seconds(simulator) < 0.1
        assert _seconds(simulator) >= 0.1


@pytest.mark.parametrize("of_all", [True, False])
async def test_frames_may_come_at_a_pace(of_all: bool) -> None:
    answer = Answer("one two three", pace=None if of_all else 0.05)
    async with (
        Simulator([answer], pace=0.05 if of_all else 0.0) as simulator,
        await client_of(simulator) as client,
    ):
        stream = client.chat().user("Hi").stream()
        times = [time.perf_counter() async for event in stream if event.is_content_delta]
    assert len(times) == 3
    assert times[2] - times[0] >= 0.09


async def test_more_words_in_one_frame(simulator: Simulator) -> None:
    simulator.script(Answer("one two three four five", chunk_size=2))
    async with await client_of(simulator) as client:
        texts = [text async for text in client.chat().user("Hi").stream_text()]
    assert texts == ["one two", " three four", " five"]


def test_text_comes_as_it_is_whatever_its_spaces(simulator: Simulator) -> None:
    text = "\n  one\n\ntwo   three \n"
    simulator.script(Answer(text))
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    frames = post(simulator.url + "/v1/chat/completions", body).text
    datas = [json.loads(line[6:]) for line in frames.splitlines() if line.startswith("data: {")]
    assert "".join(data["choices"][0]["delta"].get("content", "") for data in datas if data["choices"]) == text


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_client_that_leaves_is_noticed(simulator: Simulator, streamed: bool) -> None:
    simulator.script(Answer("one two three four", pace=30 if streamed else None, delay=0 if streamed else 30))
    async with await client_of(simulator) as client:
        if streamed:
            async for _ in client.chat().user("Hi").stream():
                break
        else:
            task = asyncio.create_task(client.chat().user("Hi").execute())
            await _until(lambda: len(simulator.requests) == 1)
            task.cancel()
        await _until(lambda: simulator.requests[0].disconnected)


async def _until(true: Callable[[], bool]) -> None:
    """The simulator is in another thread, so there is no event of ours to wait for."""
    deadline = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def test_a_client_that_stays_is_not_said_to_have_left(simulator: Simulator) -> None:
    _seconds(simulator)
    assert not simulator.requests[0].disconnected


def _seconds(simulator: Simulator) -> float:
    begun = time.perf_counter()
    post(
        simulator.url + "/v1/chat/completions",
        {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    )
    return time.perf_counter() - begun
