"""Rounds of tools as one stream: the events of each answer, and what the functions gave between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from ..errors import AiLibError
from ..events import StreamEnd, StreamingEvent, ToolAnswered
from ..response import CallStats, ChatResponse, ToolOutcome
from .call import MILLISECONDS
from .stream import CLOSED, NOT_BEGUN, ChatStream
from .sums import together

if TYPE_CHECKING:
    from ..request import ChatRequest
    from .tool_rounds import ToolRounds


class ToolRun:
    """The state of one conversation with tools that is streamed."""

    def __init__(self, rounds: ToolRounds, start: Callable[[ChatRequest], ChatStream]) -> None:
        """``start`` makes the stream of one answer."""
        self._rounds = rounds
        self._start = start
        self._stream: ChatStream | None = None
        self._is_coming = False
        self._taking: asyncio.Future[tuple[ToolOutcome, ...]] | None = None
        self._started = 0.0
        self._ended: float | None = None
        self.closed = False

    async def open(self) -> None:
        """Sends the first request, once."""
        if self._stream is None:
            self._started = perf_counter()
            await self._next()

    async def _next(self) -> None:
        """Sends the request of the next round."""
        if self.closed:
            raise RuntimeError(CLOSED)
        self._stream = self._start(self._rounds.request)
        await self._stream
        self._is_coming = True

    async def events(self) -> AsyncGenerator[StreamingEvent, None]:
        """The events of all answers, what the functions gave after each, and one end."""
        try:
            await self.open()
            outcomes: tuple[ToolOutcome, ...] | None = None
            end: StreamingEvent = StreamEnd(None)
            while outcomes is None or outcomes:
                async for event in self._current():
                    if event.is_stream_end:
                        end = event
                    else:
                        yield event
                outcomes = await self._taken(self._current())
                for index, outcome in enumerate(outcomes):
                    yield ToolAnswered(index, outcome)
                if outcomes:
                    await self._next()
            self._ended = perf_counter()
            yield end
        except AiLibError as error:
            raise self._rounds.with_rounds(error) from error.__cause__
        finally:
            await self.close()

    async def _taken(self, stream: ChatStream) -> tuple[ToolOutcome, ...]:
        """Calls what an answer asks for. Who closes the stream meanwhile ends the waiting."""
        self._taking = asyncio.ensure_future(self._rounds.take(stream.response, stream.stats))
        try:
            return await self._taking
        except asyncio.CancelledError:
            if self.closed:
                raise RuntimeError(CLOSED) from None
            raise
        finally:
            self._is_coming = False

    async def close(self) -> None:
        """Ends the answer that is coming, and the functions that are running."""
        self._ended = self._ended or perf_counter()
        if self._taking is not None and not self._taking.done():
            self._taking.cancel()
            await asyncio.wait([self._taking])
        if self._stream is not None:
            await self._stream.aclose()

    def response(self) -> ChatResponse:
        """The answer that is coming, or the last one, with the rounds so far."""
        if self._is_coming or not self._rounds.rounds:
            return msgspec.structs.replace(self._current().response, rounds=tuple(self._rounds.rounds))
        return self._rounds.response()

    def stats(self) -> CallStats:
        """All answers together; the time is that of the whole, functions included."""
        each = [round.stats for round in self._rounds.rounds]
        if self._is_coming or not each:
            each.append(self._current().stats)
        elapsed = ((self._ended or perf_counter()) - self._started) * MILLISECONDS
        return msgspec.structs.replace(together(each), latency_ms=elapsed)

    def _current(self) -> ChatStream:
        if self._stream is None:
            raise RuntimeError(NOT_BEGUN)
        return self._stream
