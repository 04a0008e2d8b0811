"""Whichever way a reader leaves whichever kind of stream, the server sees it within 0.3 s."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python.simulator import Answer, Fault, Simulator
from ai_lib_python.simulator.routing import Router
from ai_lib_python.sync import AiClient as BlockingClient

from .loopback import Exchange, Loopback, frame

SOON = 0.3
"""Seconds within which a server must see that its client has gone."""

BEGUN = '{"name": "Oslo", "people'


@dataclass
class City:
    name: str
    people: int


def nothing() -> str:
    """Does nothing."""
    return "done"


def with_tools(request: Any) -> Any:
    return request.tools([nothing])


KINDS: dict[str, Callable[[Any], Any]] = {
    "stream": lambda client: client.chat().user("Hi").stream(),
    "text": lambda client: client.chat().user("Hi").stream_text(),
    "tools": lambda client: client.chat().user("Hi").tools([nothing]).stream_tools(),
    "typed": lambda client: client.chat().user("Hi").stream_into(City),
    "conversation": lambda client: client.conversation().stream("Hi"),
    "conversation with tools": lambda client: client.conversation(configure=with_tools).stream_tools("Hi"),
}
"""Every kind of stream that there is."""

RECEIPTS = frozenset({"replicate-predictions"})
"""Wires on which a stream is asked for with a receipt: it is the second answer that stalls."""

every_kind = pytest.mark.parametrize("kind", KINDS)


class Ours(Exception):
    """What a reader raises."""


async def broken_off(stream: Any, begun: asyncio.Event) -> None:
    async for _ in stream:
        begun.set()
        break


async def raising(stream: Any, begun: asyncio.Event) -> None:
    async def read() -> None:
        async for _ in stream:
            begun.set()
            raise Ours

    with pytest.raises(Ours):
        await read()


async def closed(stream: Any, begun: asyncio.Event) -> None:
    await stream.__anext__()
    begun.set()
    await stream.aclose()


async def cancelled(stream: Any, begun: asyncio.Event) -> None:
    async def read() -> None:
        async for _ in stream:
            begun.set()

    task = asyncio.ensure_future(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def timed_out(stream: Any, begun: asyncio.Event) -> None:
    async def read() -> None:
        async for _ in stream:
            begun.set()

    task = asyncio.ensure_future(read())
    await begun.wait()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(task, 0.01)


async def stalls(exchange: Exchange) -> None:
    await exchange.stream(frame(BEGUN), end=False)


@every_kind
@pytest.mark.parametrize("leave", [broken_off, raising, closed, cancelled, timed_out])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "dropped"])
async def test_a_reader_who_leaves_is_seen(kind: str, leave: Callable[..., Any], kept: bool) -> None:
    async with Loopback(stalls) as server, await server.client() as client:
        begun = asyncio.Event()
        stream = KINDS[kind](client)
        held = [stream] if kept else []
        left = leave(stream, begun)
        del stream
        await left
        gone = monotonic()
        del left
        await server.seen_gone(gone, SOON)
        assert begun.is_set()
        assert len(held) == kept


@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "plain"])
@pytest.mark.parametrize("dialect", Router().dialects())
async def test_a_task_that_is_cancelled_is_seen_on_every_wire(dialect: str, streamed: bool) -> None:
    async with Simulator([Fault("stall", Answer("one two three"), at=60)]) as simulator:
        address = simulator.address(dialect)
        async with await AiClient.create(f"simulator/{dialect}", base_url=address) as client:
            request = client.chat().user("Hi")
            task = asyncio.ensure_future(_read(request.stream()) if streamed else request.execute())
            asked = 2 if streamed and dialect in RECEIPTS else 1
            await _until(lambda: len(simulator.requests) == asked, 5)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await _until(lambda: simulator.requests[-1].disconnected, SOON)


async def _read(stream: AsyncIterator[Any]) -> None:
    async for _ in stream:
        pass


async def _until(true: Callable[[], bool], within: float) -> None:
    ends = monotonic() + within
    while not true():
        assert monotonic() < ends
        await asyncio.sleep(0.005)


# The blocking face


@pytest.fixture
def blocking() -> Iterator[tuple[BlockingClient, Simulator]]:
    with Simulator([Fault("stall", Answer(BEGUN + '": 7}'), at=600)]) as simulator:
        address = simulator.address("openai-chat")
        with BlockingClient.create("simulator/openai-chat", base_url=address) as client:
            yield client, simulator


def seen(simulator: Simulator) -> None:
    ends = time.monotonic() + SOON
    while not simulator.requests[-1].disconnected:
        assert time.monotonic() < ends
        time.sleep(0.005)


@every_kind
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "dropped"])
@pytest.mark.parametrize("raises", [True, False], ids=["exception", "break"])
def test_a_blocking_loop_that_is_left_is_seen(
    kind: str, kept: bool, raises: bool, blocking: tuple[BlockingClient, Simulator]
) -> None:
    client, simulator = blocking
    stream = KINDS[kind](client) if kept else None

    def read() -> None:
        for _ in stream if stream is not None else KINDS[kind](client):
            if raises:
                raise Ours
            break

    if raises:
        with pytest.raises(Ours):
            read()
    else:
        read()
    seen(simulator)


@every_kind
def test_a_blocking_stream_that_is_closed_is_seen(kind: str, blocking: tuple[BlockingClient, Simulator]) -> None:
    client, simulator = blocking
    stream = KINDS[kind](client)
    next(stream if hasattr(stream, "__next__") else iter(stream))
    stream.close()
    seen(simulator)


@pytest.mark.parametrize("kind", ["stream", "tools", "conversation"])
def test_a_blocking_stream_that_another_thread_closes_is_seen(
    kind: str, blocking: tuple[BlockingClient, Simulator]
) -> None:
    client, simulator = blocking
    stream = KINDS[kind](client)
    next(stream)
    closing = threading.Thread(target=stream.close)
    closing.start()
    closing.join()
    seen(simulator)
