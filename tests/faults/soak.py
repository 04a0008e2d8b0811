"""Thousands of calls and streams in one process, many of them left early, in every way there is."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from ai_lib_python import AiClient, ChatRequestBuilder
from ai_lib_python.simulator import Simulator

from .campaign import SETTLED, _sockets

AT_ONCE = 8
"""Callers at a time."""

SOON = 0.004
"""Seconds within which who is impatient leaves: before, while and after an answer comes."""

WARM = 200
"""Calls before anything is measured: whatever is made once has been made."""

GROWTH = 5000
"""Blocks of memory that may be in use more at the end: calls that are not added up yet, and the interpreter's caches.
It is the same for any number of calls.
"""

WORDS = "one two three four five six seven eight nine ten"


class Left(Exception):
    """What somebody's loop raises."""


class Use(msgspec.Struct, frozen=True):
    """What is in use; blocks of memory are what Python's allocator has given out, one or more for an object."""

    sockets: int
    tasks: int
    blocks: int


class Soaked(msgspec.Struct):
    """What came of it.

    Attributes:
        ways: how often each way to end was taken.
        wrong: answers that were not what they should be, and what they were.
    """

    before: Use
    after: Use
    ways: Counter[str]
    wrong: list[str]
    seconds: float

    @property
    def problems(self) -> list[str]:
        """What did not return to where it was, and what else was wrong."""
        grown = self.after.blocks - self.before.blocks
        found = list(self.wrong)
        for name in ("sockets", "tasks"):
            more = getattr(self.after, name) - getattr(self.before, name)
            found += [f"{more} {name} more than before"] if more > 0 else []
        return found + ([f"{grown:,} blocks of memory more than before"] if grown > GROWTH else [])


async def soak(calls: int, streams: int, *, seed: int = 0) -> Soaked:
    """Makes so many calls and streams, and measures before and after, with the client closed."""
    began = time.perf_counter()
    simulator = Simulator(keep=0).start_in_thread()
    try:
        client = await AiClient.create("simulator/openai-chat", base_url=simulator.address("openai-chat"))
        soaking = _Soaking(client, random.Random(seed))
        await soaking.run(WARM, WARM // 4)
        before = await _use(client)
        soaking.ways.clear()
        await soaking.run(calls, streams)
        after = await _use(client)
    finally:
        simulator.close()
    return Soaked(before, after, soaking.ways, soaking.wrong, time.perf_counter() - began)


async def _use(client: AiClient) -> Use:
    """What is in use when all is quiet; sockets may take a moment to close."""
    await client.aclose()
    usual = _quiet()
    ends = time.monotonic() + SETTLED
    await asyncio.sleep(0.3)
    while (found := _quiet()) < usual and time.monotonic() < ends:
        usual = found
        await asyncio.sleep(0.1)
    return Use(*found)


def _quiet() -> tuple[int, int, int]:
    gc.collect()
    return _sockets(), len(asyncio.all_tasks()), sys.getallocatedblocks()


class _Soaking:
    def __init__(self, client: AiClient, chance: random.Random) -> None:
        self._client = client
        self._chance = chance
        self.ways: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def run(self, calls: int, streams: int) -> None:
        """So many of each, in any order."""
        todo = [self._call] * calls + [self._stream] * streams
        self._chance.shuffle(todo)
        queue = iter(todo)
        await asyncio.gather(*(self._worker(queue) for _ in range(AT_ONCE)))

    async def _worker(self, queue: AsyncIterator[Callable[[], Awaitable[None]]] | object) -> None:
        for work in queue:  # type: ignore[union-attr]
            await work()

    def _asked(self) -> ChatRequestBuilder:
        return self._client.chat().user(WORDS)

    async def _call(self) -> None:
        if self._chance.random() < 0.3:
            await self._cancelled(self._whole())
            self.ways["call cancelled"] += 1
        await self._whole()
        self.ways["call"] += 1

    async def _whole(self) -> None:
        """A call that nobody disturbs; it must succeed whatever came before it."""
        self._check((await self._asked().execute()).content)

    def _check(self, content: str) -> None:
        if content != f"You said: {WORDS}":
            self.wrong.append(f"an answer was {content!r}")

    async def _cancelled(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        await asyncio.wait([task], timeout=self._chance.uniform(0, SOON))
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return

    async def _stream(self) -> None:
        way = self._chance.choice(WAYS)
        await way(self)
        self.ways[f"stream {way.__name__.strip('_')}"] += 1
        await self._whole()

    async def _read(self) -> None:
        self._check("".join([text async for text in self._asked().stream_text()]))

    async def _broken_off(self) -> None:
        left = self._chance.randrange(12)
        async for _event in self._asked().stream():
            left -= 1
            if left < 0:
                break

    async def _raised(self) -> None:
        try:
            async for event in self._asked().stream():
                if event.is_content_delta:
                    raise Left
        except Left:
            return

    async def _closed(self) -> None:
        stream = self._asked().stream()
        await stream.__anext__()
        await stream.aclose()

    async def _held(self) -> None:
        async with self._asked().stream() as stream:
            async for event in stream:
                if event.is_content_delta:
                    break

    async def _text_left(self) -> None:
        async for _text in self._asked().stream_text():
            break

    async def _cancelled_in_a_task(self) -> None:
        await self._cancelled(self._read())

    async def _begun_and_dropped(self) -> None:
        stream = self._asked().stream()
        await stream.__anext__()

    async def _never_begun(self) -> None:
        self._asked().stream()


WAYS: tuple[Callable[[_Soaking], Awaitable[None]], ...] = (
    _Soaking._read,
    _Soaking._broken_off,
    _Soaking._raised,
    _Soaking._closed,
    _Soaking._held,
    _Soaking._text_left,
    _Soaking._cancelled_in_a_task,
    _Soaking._begun_and_dropped,
    _Soaking._never_begun,
)
"""How a stream may end."""
