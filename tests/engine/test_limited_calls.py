"""Calls that keep to limits, from the client down to the transport, in virtual time."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from ai_lib_python import AiClient, Budget, CircuitBreaker, Limits, RateLimit
from ai_lib_python._engine.target import Target
from ai_lib_python.errors import (
    BudgetExceeded,
    CircuitOpen,
    ConnectionFailed,
    DeadlineExceeded,
    HeldBack,
    InvalidRequestError,
    LimitExceeded,
    RateLimited,
    ServerError,
)
from ai_lib_python.limits.standing import Standing
from ai_lib_python.sync import AiClient as SyncClient

from .bodies import chat_body
from .scripted import KEY, SSE, Answer, sse
from .virtual_time import run

MODEL = "openai/gpt-4o"
ANSWER = chat_body("gpt-4o", {"prompt_tokens": 50, "completion_tokens": 50})
FRAMES = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "One "}}]},
    {"choices": [{"index": 0, "delta": {"content": "two"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]
STREAM = sse(*FRAMES, "[DONE]")


def failing(status: int = 500, **headers: str) -> Answer:
    return Answer({"error": {"message": "no"}}, status=status, headers=headers)


class Wire:
    """Answers each request by a function of its number, after some seconds, and notes the moments."""

    def __init__(self, answer: Callable[[int], Any] = lambda number: Answer(ANSWER), lasting: float = 0.0) -> None:
        self.moments: list[float] = []
        self.under_way = self.most = 0
        self._answer = answer
        self._lasting = lasting

    async def send(self, request: Any) -> Any:
        self.moments.append(asyncio.get_running_loop().time() - 1000)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self._lasting)
        finally:
            self.under_way -= 1
        answer = self._answer(len(self.moments))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def aclose(self) -> None:
        """Nothing is open."""


async def client_of(wire: Wire, limits: Limits | None, **options: Any) -> AiClient:
    options = {"api_key": KEY, "max_retries": 0, **options}
    return await AiClient.create(options.pop("model", MODEL), transport=wire, limits=limits, **options)


def called(wire: Wire, limits: Limits, times: int, **options: Any) -> list[Any]:
    """What so many calls, begun at once, come to."""

    async def calls() -> list[Any]:
        client = await client_of(wire, limits, **options)
        asked = (client.chat().user("Hi").execute() for _ in range(times))
        return await asyncio.gather(*asked, return_exceptions=True)

    return run(calls())


def kinds(outcomes: list[Any]) -> list[str]:
    return [type(outcome).__name__ for outcome in outcomes]


def test_calls_keep_to_requests_a_minute() -> None:
    wire = Wire()
    called(wire, Limits(requests_per_minute=2), 3)
    assert wire.moments[:2] == [0, 0]
    assert 60 <= wire.moments[2] < 60.5


def test_calls_keep_to_tokens_a_minute_by_what_they_really_used() -> None:
    wire = Wire(lasting=1)

    async def calls() -> None:
        client = await client_of(wire, Limits(tokens_per_minute=150))
        for _ in range(3):  # each is estimated at 8 tokens, and comes to 100
            await client.chat().user("Hi").execute()

    run(calls())
    assert wire.moments[:2] == [0, 1]
    assert wire.moments[2] >= 61


def test_calls_keep_to_a_number_at_a_time() -> None:
    wire = Wire(lasting=10)
    called(wire, Limits(concurrency=2), 5)
    assert (wire.most, wire.moments) == (2, [0, 0, 10, 10, 20])


def test_a_retry_waits_for_a_turn_of_its_own() -> None:
    wire = Wire(lambda number: failing() if number == 1 else Answer(ANSWER))
    (outcome,) = called(wire, Limits(requests_per_minute=1), 1, max_retries=2)
    assert outcome.content
    assert len(wire.moments) == 2
    assert wire.moments[1] >= 60


def test_who_waits_to_try_again_keeps_nobody_from_going() -> None:
    wire = Wire(lambda number: failing(503, **{"retry-after": "20"}) if number == 1 else Answer(ANSWER))
    called(wire, Limits(concurrency=1), 2, max_retries=1)
    assert wire.moments == [0, 0, 20]


def test_waiting_counts_for_the_deadline_of_the_whole_call() -> None:
    wire = Wire()
    outcomes = called(wire, Limits(requests_per_minute=1), 2, timeout=5, max_retries=2)
    assert kinds(outcomes) == ["ChatResponse", "DeadlineExceeded"]
    assert outcomes[1].deadline == "total"
    assert "the turn of the call had not come within 5 s" in str(outcomes[1])
    assert wire.moments == [0]


def test_a_call_that_waited_is_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    credential = Target.credential

    async def counted(target: Target, *arguments: Any) -> Any:
        asked.append(asyncio.get_running_loop().time() - 1000)
        return await credential(target, *arguments)

    monkeypatch.setattr(Target, "credential", counted)
    called(Wire(), Limits(requests_per_minute=1), 2)
    assert asked[:2] == [0, 0]
    assert asked[2] >= 60
    assert len(asked) == 3


def test_a_call_that_may_not_wait_sends_nothing() -> None:
    wire = Wire()
    outcomes = called(wire, Limits(requests_per_minute=1, max_wait=0), 2, max_retries=5)
    assert kinds(outcomes) == ["ChatResponse", "LimitExceeded"]
    assert (outcomes[1].provider, outcomes[1].model, outcomes[1].attempts) == ("openai", "gpt-4o", 0)
    assert wire.moments == [0]


def test_what_a_budget_refuses_gives_its_turn_back() -> None:
    async def calls() -> None:
        wire = Wire()
        client = await client_of(wire, Limits(requests_per_minute=1, concurrency=1, max_wait=0))
        client.budget(Budget(0))
        for _ in range(2):
            with pytest.raises(BudgetExceeded):
                await client.chat().user("Hi").max_tokens(10).execute()
        client.budget(None)
        await client.chat().user("Hi").execute()
        assert wire.moments == [0]

    run(calls())


@pytest.mark.parametrize("same", [True, False], ids=["one key", "two keys"])
def test_clients_share_limits_where_they_have_the_same_key(same: bool) -> None:
    wire = Wire(lasting=10)

    async def calls() -> None:
        limits = Limits(concurrency=1)
        clients = [await client_of(wire, limits, api_key=key) for key in (KEY, KEY if same else "another")]
        await asyncio.gather(*(client.chat().user("Hi").execute() for client in clients))

    run(calls())
    assert wire.moments == ([0, 10] if same else [0, 0])


def test_apis_of_one_address_share_limits() -> None:
    wire = Wire(lasting=10)

    async def calls() -> None:
        limits = Limits(concurrency=1)
        chat, responses = [await client_of(wire, limits, api=api) for api in ("chat", "responses")]
        await asyncio.gather(
            chat.chat().user("Hi").execute(), responses.chat().user("Hi").execute(), return_exceptions=True
        )

    run(calls())
    assert wire.moments == [0, 10]


Left = Callable[[Any], Coroutine[Any, Any, None]]


async def read_to_its_end(stream: Any) -> None:
    async for _ in stream:
        pass


async def left_in_the_middle(stream: Any) -> None:
    async for _ in stream:
        break


async def closed(stream: Any) -> None:
    await stream
    await stream.aclose()


async def left_by_an_error(stream: Any) -> None:
    try:
        async with stream:
            async for _ in stream:
                raise KeyError
    except KeyError:
        return


async def dropped(stream: Any) -> None:
    await stream


@pytest.mark.parametrize("leave", [read_to_its_end, left_in_the_middle, closed, left_by_an_error, dropped])
def test_a_stream_holds_its_place_until_it_is_left(leave: Left) -> None:
    async def calls() -> None:
        wire = Wire(lambda number: Answer(STREAM, headers=SSE))
        client = await client_of(wire, Limits(concurrency=1, max_wait=0))
        stream: Any = client.chat().user("Hi").stream()
        await stream
        with pytest.raises(LimitExceeded):
            await client.chat().user("Hi").stream()
        await leave(stream)
        del stream
        gc.collect()
        await asyncio.sleep(0)
        await read_to_its_end(client.chat().user("Hi").stream())
        assert len(wire.moments) == 2

    run(calls())


def test_a_stream_that_is_closed_while_it_waits_leaves_the_line() -> None:
    async def calls() -> None:
        wire = Wire(lambda number: Answer(STREAM, headers=SSE))
        client = await client_of(wire, Limits(concurrency=1))
        first, second = (client.chat().user("Hi").stream() for _ in range(2))
        await first
        waiting = asyncio.ensure_future(second.__aenter__())
        await asyncio.sleep(1)
        await second.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await waiting
        third = asyncio.ensure_future(read_to_its_end(client.chat().user("Hi").stream()))
        await asyncio.sleep(1)
        assert len(wire.moments) == 1
        await first.aclose()
        await third
        assert len(wire.moments) == 2

    run(calls())


def test_a_stream_waits_for_its_turn_within_its_deadline() -> None:
    async def calls() -> None:
        wire = Wire(lambda number: Answer(STREAM, headers=SSE))
        client = await client_of(wire, Limits(requests_per_minute=1), timeout=5)
        await read_to_its_end(client.chat().user("Hi").stream())
        with pytest.raises(DeadlineExceeded):
            await read_to_its_end(client.chat().user("Hi").stream())
        assert wire.moments == [0]

    run(calls())


TOLD = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30s"}
SAID = RateLimit(requests=Standing(60, 0, 30.0, gradual=True))


def test_when_the_provider_says_that_nothing_is_left_the_next_call_waits() -> None:
    wire = Wire(lambda number: Answer(ANSWER, headers=TOLD))

    async def calls() -> None:
        client = await client_of(wire, Limits())
        _, stats = await client.chat().user("Hi").execute_with_stats()
        assert stats.rate_limit == SAID
        assert msgspec.json.decode(msgspec.json.encode(stats))["heard"]["rate_limit"] == msgspec.to_builtins(SAID)
        await client.chat().user("Hi").execute()

    run(calls())
    assert wire.moments == [0, 0.5]  # of 60 that are there again after 30 seconds, one


def test_a_call_waits_until_there_are_tokens_enough_for_its_prompt() -> None:
    told = {
        "x-ratelimit-limit-tokens": "600",
        "x-ratelimit-remaining-tokens": "100",
        "x-ratelimit-reset-tokens": "50s",
    }
    wire = Wire(lambda number: Answer(ANSWER, headers=told))

    async def calls() -> None:
        client = await client_of(wire, Limits())
        long = "a word " * 128  # estimated at 205 tokens with what is around it
        for question in ("Hi", "Hi", long):
            await client.chat().user(question).execute()

    run(calls())
    assert wire.moments[:2] == [0, 0]
    assert wire.moments[2] == pytest.approx(10.5, abs=0.5)  # 10 come back in a second


def test_a_stream_tells_what_the_provider_says_when_it_begins() -> None:
    async def calls() -> None:
        wire = Wire(lambda number: Answer(STREAM, headers={**SSE, **TOLD}))
        client = await client_of(wire, Limits())
        stream = client.chat().user("Hi").stream()
        await stream
        await client.chat().user("Hi").stream().aclose()
        second = client.chat().user("Hi").stream()
        await second
        assert stream.stats.rate_limit == SAID
        assert wire.moments == [0, 0.5]
        await stream.aclose()
        await second.aclose()

    run(calls())


def test_without_limits_nobody_waits_and_the_provider_is_still_heard() -> None:
    wire = Wire(lambda number: Answer(ANSWER, headers=TOLD))

    async def calls() -> None:
        client = await client_of(wire, None)
        await client.chat().user("Hi").execute()
        _, stats = await client.chat().user("Hi").execute_with_stats()
        assert stats.rate_limit == SAID

    run(calls())
    assert wire.moments == [0, 0]


def test_one_refusal_holds_the_others_until_the_provider_wants_more() -> None:
    async def calls() -> None:
        wire = Wire(lambda number: failing(429, **{"retry-after": "20"}) if number == 1 else Answer(ANSWER))
        client = await client_of(wire, Limits())
        with pytest.raises(RateLimited):
            await client.chat().user("Hi").execute()
        await client.chat().model("gpt-9").user("Hi").execute()
        await asyncio.gather(client.chat().user("Hi").execute(), client.chat().user("Hi").execute())
        assert wire.moments == [0, 0, 20, 20]

    run(calls())


def test_an_error_says_what_its_headers_said() -> None:
    (error,) = called(Wire(lambda number: failing(429, **TOLD)), Limits(), 1)
    assert error.rate_limit == SAID


def test_the_headers_of_a_refusal_hold_the_others_too() -> None:
    wire = Wire(lambda number: failing(429, **TOLD) if number == 1 else Answer(ANSWER))
    assert kinds(called(wire, Limits(concurrency=1), 2)) == ["RateLimited", "ChatResponse"]
    assert wire.moments == [0, 0.5]


BREAKER = CircuitBreaker(failures=3, open_for=30)


def test_while_the_circuit_is_open_nothing_is_sent() -> None:
    async def calls() -> None:
        wire = Wire(lambda number: failing() if number <= 3 else Answer(ANSWER))
        client = await client_of(wire, Limits(breaker=BREAKER))
        for _ in range(3):
            with pytest.raises(ServerError):
                await client.chat().user("Hi").execute()
        with pytest.raises(CircuitOpen) as caught:
            await client.chat().user("Hi").execute()
        assert (caught.value.retry_after, caught.value.model) == (30, "gpt-4o")
        assert isinstance(caught.value, HeldBack)
        await asyncio.sleep(30)
        assert (await client.chat().user("Hi").execute()).content
        assert wire.moments == [0, 0, 0, 30]

    run(calls())


def test_retries_end_where_the_circuit_opens_and_the_error_tells_of_all() -> None:
    wire = Wire(lambda number: failing())
    (error,) = called(wire, Limits(breaker=BREAKER), 1, max_retries=9)
    assert type(error) is CircuitOpen
    assert [attempt.error_class for attempt in error.ledger] == ["server_error"] * 3
    assert len(wire.moments) == 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: ConnectionFailed("lost"), id="a connection that fails"),
        pytest.param(lambda: Answer("<html>", headers={"content-type": "text/html"}), id="a page of a proxy"),
        pytest.param(lambda: Answer(sse(FRAMES[0]), headers=SSE), id="a stream without an end"),
        pytest.param(
            lambda: Answer(sse(FRAMES[0], {"error": {"message": "no", "code": 503}}), headers=SSE),
            id="an error in mid-stream",
        ),
    ],
)
def test_streams_fail_in_many_ways_and_each_opens_the_circuit(answer: Callable[[], Any]) -> None:
    async def calls() -> None:
        wire = Wire(lambda number: answer())
        client = await client_of(wire, Limits(breaker=BREAKER))
        for _ in range(3):
            with pytest.raises(Exception, match=r"."):
                await read_to_its_end(client.chat().user("Hi").stream())
        with pytest.raises(CircuitOpen):
            await read_to_its_end(client.chat().user("Hi").stream())
        assert len(wire.moments) == 3

    run(calls())


def test_streams_that_are_left_tell_nothing_of_the_provider() -> None:
    async def calls() -> None:
        wire = Wire(lambda number: failing() if number == 4 else Answer(STREAM, headers=SSE))
        client = await client_of(wire, Limits(breaker=CircuitBreaker(failures=1)))
        for _ in range(3):
            await closed(client.chat().user("Hi").stream())
        with pytest.raises(ServerError):
            await client.chat().user("Hi").execute()
        with pytest.raises(CircuitOpen):  # it was all that is known
            await client.chat().user("Hi").execute()

    run(calls())


def test_what_the_caller_does_wrong_opens_no_circuit() -> None:
    outcomes = called(Wire(lambda number: failing(400)), Limits(breaker=CircuitBreaker(failures=1)), 5)
    assert {type(outcome) for outcome in outcomes} == {InvalidRequestError}


def test_calls_that_are_cancelled_leave_nothing_behind() -> None:
    async def calls() -> None:
        wire = Wire(lasting=100)
        client = await client_of(wire, Limits(concurrency=1, breaker=CircuitBreaker(failures=1)))
        tasks = [asyncio.ensure_future(client.chat().user("Hi").execute()) for _ in range(3)]
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        assert kinds(await asyncio.gather(*tasks, return_exceptions=True)) == ["CancelledError"] * 3
        assert (await client.chat().user("Hi").execute()).content
        assert wire.moments == [0, 1]

    run(calls())


async def test_the_builder_takes_limits() -> None:
    limits = Limits(concurrency=1)
    client = await AiClient.builder().model(MODEL).api_key(KEY).limits(limits).build()
    assert client._caller.limits is limits


@pytest.mark.parametrize("value", [5, {"concurrency": 1}, Limits])
async def test_what_are_no_limits_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="limits must be Limits, such as"):
        await AiClient.create(MODEL, api_key=KEY, limits=value)


def test_the_blocking_client_keeps_to_limits() -> None:
    wire = Wire(lasting=0)
    limits = Limits(requests_per_minute=1, max_wait=0)
    with SyncClient.create(MODEL, api_key=KEY, transport=wire, limits=limits) as client:
        assert client.chat().user("Hi").execute().content
        with pytest.raises(LimitExceeded):
            client.chat().user("Hi").execute()
    assert SyncClient.builder().model(MODEL).api_key(KEY).limits(limits).build()._client._caller.limits is limits


def test_who_sets_no_limits_loads_nothing_of_them() -> None:
    code = """
import asyncio, sys
from ai_lib_python import AiClient
async def main():
    async with await AiClient.create("simulator/openai-chat") as client:
        await client.chat().user("Hello").execute()
asyncio.run(main())
print([name for name in sys.modules if "ai_lib_python.limits" in name or name.endswith(("limiting", "rate_limits"))])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
