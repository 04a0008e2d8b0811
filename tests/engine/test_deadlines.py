"""Four deadlines, on a clock that jumps; and that none of them is taken for a cancellation from outside."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import pytest

from ai_lib_python import AiClient, Timeouts
from ai_lib_python._engine.deadlines import allowed
from ai_lib_python._manifest.load import load
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import AiLibError, DeadlineExceeded

from .loopback import CHUNKED, END, PLAIN, Exchange, Loopback, chunked, frame
from .scripted import JSON, KEY, SSE
from .virtual_time import run

PING = b": ping\n\n"
Step = "bytes | float"


class Slow:
    """A transport whose answer comes piece by piece: numbers are seconds that pass before the next."""

    def __init__(self, *steps: Step, head: float = 0.0, headers: dict[str, str] | None = None) -> None:
        self.status, self.headers = 200, headers or SSE
        self._steps, self._head = steps, head
        self.requests: list[HttpRequest] = []
        self.closed = False

    async def send(self, request: HttpRequest) -> Slow:
        self.requests.append(request)
        await asyncio.sleep(self._head)
        return self

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        for step in self._steps:
            if isinstance(step, bytes):
                yield step
            else:
                await asyncio.sleep(step)

    async def finish(self) -> None:
        """Nothing is left."""

    async def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        """Nothing is open."""


class Outcome:
    """What came of a call, and how many seconds it took."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.error: Any = None
        self.seconds = 0.0


def outcome(transport: Any, timeout: Timeouts, *, stream: bool = True, busy: float = 0.0, retries: int = 0) -> Outcome:
    """A call in virtual time; ``busy`` is what the reader does between two texts."""

    async def call() -> Outcome:
        done = Outcome()
        client = await AiClient.create(
            "openai/gpt-4o", api_key=KEY, transport=transport, timeout=timeout, max_retries=retries
        )
        began = asyncio.get_running_loop().time()
        try:
            if stream:
                async for text in client.chat().user("hi").stream_text():
                    done.texts.append(text)
                    await asyncio.sleep(busy)
            else:
                done.texts.append((await client.chat().user("hi").execute()).content)
        except AiLibError as error:
            done.error = error
        done.seconds = asyncio.get_running_loop().time() - began
        return done

    return run(call())


def ran_out(done: Outcome, deadline: str, seconds: float) -> None:
    assert isinstance(done.error, DeadlineExceeded)
    assert (done.error.deadline, done.seconds) == (deadline, pytest.approx(seconds))
    assert (done.error.provider, done.error.model) == ("openai", "gpt-4o")


# The first content


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_no_head_within_first_token(stream: bool) -> None:
    ran_out(outcome(Slow(head=100), Timeouts(first_token=30), stream=stream), "first_token", 30)


def test_pings_comments_and_empty_frames_are_no_content() -> None:
    empty = b'data: {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}\n\n'
    steps = [step for _ in range(100) for step in (1.0, PING, empty)]
    done = outcome(transport := Slow(*steps), Timeouts(first_token=30))
    ran_out(done, "first_token", 30)
    assert transport.closed


def test_blank_lines_before_a_plain_answer_are_no_content() -> None:
    steps = [step for _ in range(100) for step in (1.0, b"\n")]
    transport = Slow(*steps, headers=JSON)
    ran_out(outcome(transport, Timeouts(first_token=30), stream=False), "first_token", 30)
    assert transport.closed


def test_a_plain_answer_behind_blank_lines_is_read() -> None:
    steps = [step for _ in range(20) for step in (1.0, b"\n")]
    done = outcome(Slow(*steps, PLAIN, headers=JSON), Timeouts(first_token=30), stream=False)
    assert (done.texts, done.seconds) == (["hello"], 20)


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_a_model_may_think_for_ten_minutes_unless_somebody_says_otherwise(stream: bool) -> None:
    answer = [frame("hello"), END] if stream else [PLAIN]
    headers = SSE if stream else JSON
    assert outcome(Slow(*answer, head=599, headers=headers), Timeouts(), stream=stream).texts == ["hello"]
    ran_out(outcome(Slow(*answer, head=601, headers=headers), Timeouts(), stream=stream), "first_token", 600)


# Between


def test_content_that_stays_away_is_idle_whatever_pings_come() -> None:
    steps = [step for _ in range(100) for step in (1.0, PING)]
    done = outcome(transport := Slow(frame("one"), 5.0, frame("two"), *steps), Timeouts(idle=10))
    ran_out(done, "idle", 15)
    assert done.texts == ["one", "two"]
    assert done.error.partial.content == "onetwo"
    assert transport.closed


def test_a_plain_body_that_stops_in_the_middle_is_idle() -> None:
    ran_out(outcome(Slow(PLAIN[:10], 100.0, headers=JSON), Timeouts(idle=10), stream=False), "idle", 10)


def test_the_time_of_who_reads_does_not_count() -> None:
    steps = [step for number in range(5) for step in (8.0, frame(str(number)))]
    done = outcome(Slow(frame("a"), *steps, END), Timeouts(idle=10), busy=1000)
    assert done.error is None
    assert done.texts == ["a", "0", "1", "2", "3", "4"]


def test_a_stream_that_goes_on_for_hours_is_not_idle() -> None:
    steps = [step for number in range(100) for step in (290.0, frame(str(number)))]
    assert outcome(Slow(*steps, END), Timeouts()).seconds == 29000


@pytest.mark.parametrize(
    "delta", [{"reasoning_content": "hm"}, {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f"}}]}]
)
def test_reasoning_and_tool_calls_are_content(delta: dict[str, Any]) -> None:
    import json

    piece = f"data: {json.dumps({'id': 'c', 'choices': [{'index': 0, 'delta': delta}]})}\n\n".encode()
    done = outcome(Slow(25.0, piece, 100.0), Timeouts(first_token=30, idle=10))
    ran_out(done, "idle", 35)


# The whole


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_the_total_is_that_of_everything(stream: bool) -> None:
    steps = [step for _ in range(100) for step in (1.0, frame("a"))] if stream else [100.0]
    ran_out(outcome(Slow(*steps), Timeouts(total=20.5), stream=stream), "total", 20.5)


def test_the_total_does_not_interrupt_who_reads_but_the_wait_behind() -> None:
    done = outcome(Slow(frame("a"), 100.0), Timeouts(total=10), busy=50)
    assert done.error.deadline == "total"
    assert 50 <= done.seconds <= 51.5


def test_a_call_in_time_leaves_nothing_behind() -> None:
    assert outcome(Slow(5.0, frame("a"), END), Timeouts(first_token=10, idle=10, total=10)).error is None


def test_hundreds_of_calls_each_have_their_own_time() -> None:
    async def call(seconds: float) -> float:
        client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=Slow(head=1e6), max_retries=0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded):
            await client.chat().user("hi").timeout(seconds).execute()
        return asyncio.get_running_loop().time() - began

    async def calls() -> list[float]:
        return await asyncio.gather(*(call(1 + number / 10) for number in range(300)))

    for number, took in enumerate(run(calls())):
        assert took == pytest.approx(1 + number / 10, abs=0.01)


# Which hold


def test_what_is_not_said_is_as_the_client_says_and_then_the_manifest() -> None:
    manifest = {
        "id": "slow", "extends": "openai-chat", "endpoint": {"base_url": "https://slow.example"},
        "timeouts": {"first_token": 5, "idle": 6}, "models": [{"match": "slower", "timeouts": {"idle": 7}}],
    }  # fmt: skip

    async def times(model: str, **asked: Any) -> Any:
        client = await AiClient.create(f"slow/{model}", manifest=manifest, api_key=KEY, timeout=Timeouts(idle=9))
        terms = client.chat().timeout(Timeouts(**asked))._terms
        return allowed(client._caller.target.program(model)[0], terms.timeouts)

    for model, asked, expected in (
        ("any", {}, (15, 5, 9, None)),
        ("any", {"idle": None, "connect": 1, "total": 3}, (1, 5, None, 3)),
        ("slower", {}, (15, 5, 9, None)),
    ):
        found = asyncio.run(times(model, **asked))
        assert (found.connect, found.first_token, found.idle, found.total) == expected
    assert load("openai").timeouts == Timeouts()


async def test_a_number_is_the_whole_call_and_leaves_the_others() -> None:
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, timeout=Timeouts(idle=9, total=4))
    assert client.chat().timeout(7)._terms.timeouts == Timeouts(idle=9, total=7)


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ({"idle": 0}, ValueError, "idle must be at least 0.001, got 0"),
        ({"connect": "1"}, TypeError, "connect must be a number, got '1'"),
        ({"total": float("nan")}, ValueError, "total must be at least 0.001, got nan"),
    ],
)
def test_what_is_no_time_is_told(given: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        Timeouts(**given)


# Cancellations


Begin = Callable[[AiClient], Awaitable[Any]]


def plain(client: AiClient) -> Awaitable[Any]:
    return client.chat().user("hi").execute()


def streamed(client: AiClient) -> Awaitable[Any]:
    return client.chat().user("hi").stream().__anext__()


def ended(begin: Begin, transport: Slow, cancelled_at: float) -> str:
    """How a call of at most ten seconds ends that is cancelled at a moment."""

    async def call() -> str:
        client = await AiClient.create(
            "openai/gpt-4o", api_key=KEY, transport=transport, timeout=Timeouts(total=10), max_retries=0
        )
        task = asyncio.ensure_future(begin(client))
        loop = asyncio.get_running_loop()
        loop.call_at(loop.time() + cancelled_at, lambda: task.cancel())
        try:
            await task
        except asyncio.CancelledError:
            return "cancelled"
        except DeadlineExceeded:
            return "late"
        return "neither"

    return run(call())


@pytest.mark.parametrize("begin", [plain, streamed])
@pytest.mark.parametrize("moment", [9.999, 10.0, 10.001], ids=["before", "in the same tick", "after"])
def test_a_cancellation_from_outside_is_obeyed_though_a_deadline_runs_out(begin: Begin, moment: float) -> None:
    assert ended(begin, Slow(head=100), moment) == ("late" if moment > 10 else "cancelled")


class CleansUp(Slow):
    """A transport that takes five seconds to leave a request."""

    async def send(self, request: HttpRequest) -> Slow:
        try:
            return await super().send(request)
        finally:
            await asyncio.sleep(5)


@pytest.mark.parametrize("begin", [plain, streamed])
@pytest.mark.parametrize(("cancelled_at", "ends"), [(12, "cancelled"), (16, "late")])
def test_a_cancellation_while_the_transport_cleans_up_behind_a_deadline_is_obeyed(
    begin: Begin, cancelled_at: float, ends: str
) -> None:
    assert ended(begin, CleansUp(head=100), cancelled_at) == ends


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tasks do not count how often they were cancelled")
@pytest.mark.parametrize("begin", [plain, streamed])
def test_a_cancellation_is_obeyed_though_a_deadline_runs_out_while_the_transport_cleans_up_behind_it(
    begin: Begin,
) -> None:
    assert ended(begin, CleansUp(head=100), 9) == "cancelled"


@pytest.mark.parametrize("begin", [plain, streamed])
def test_a_task_that_once_swallowed_a_cancellation_still_has_deadlines(begin: Begin) -> None:
    async def call() -> None:
        client = await AiClient.create(
            "openai/gpt-4o", api_key=KEY, transport=Slow(head=100), timeout=Timeouts(total=10), max_retries=0
        )
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        with pytest.raises(DeadlineExceeded):
            await begin(client)

    run(call())


@pytest.mark.parametrize("begin", [plain, streamed])
def test_a_deadline_leaves_no_cancellation_with_the_task(begin: Begin) -> None:
    async def call() -> None:
        client = await AiClient.create(
            "openai/gpt-4o", api_key=KEY, transport=Slow(head=100), timeout=Timeouts(first_token=10), max_retries=0
        )
        for _ in range(3):
            with pytest.raises(DeadlineExceeded):
                await begin(client)
            await asyncio.sleep(1)
        count = getattr(asyncio.current_task(), "cancelling", lambda: 0)
        assert count() == 0

    run(call())


# Real sockets


async def test_a_host_that_takes_no_connection_is_a_deadline_of_connecting() -> None:
    with socket.socket() as full:  # its queue is full, so that nobody else is let in
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        options: Any = {"api_key": KEY, "base_url": url, "max_retries": 0}
        async with await AiClient.create("openai/gpt-4o", timeout=Timeouts(connect=0.2), **options) as client:
            began = monotonic()
            with pytest.raises(DeadlineExceeded, match=r"no connection to .* within 0\.2 s") as caught:
                await client.chat().user("hi").execute()
        for one in waiting:
            one.close()
    assert (caught.value.deadline, caught.value.provider) == ("connect", "openai")
    assert monotonic() - began < 2


async def test_pings_do_not_keep_a_real_stream_alive() -> None:
    async def pings(exchange: Exchange) -> None:
        await exchange.send(CHUNKED, chunked(frame("one")))
        for _ in range(200):
            await exchange.send(chunked(PING))
            await asyncio.sleep(0.02)

    async with Loopback(pings) as server, await server.client(timeout=Timeouts(idle=0.2)) as client:
        began = monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            async for _text in client.chat().user("hi").stream_text():
                pass
        assert 0.15 < monotonic() - began < 1.5
        assert (caught.value.deadline, caught.value.partial.content) == ("idle", "one")
        await server.seen_gone(monotonic())
