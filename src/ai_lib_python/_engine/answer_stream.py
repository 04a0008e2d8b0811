"""One streamed answer: frames become events as they arrive, and the answer grows beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from time import perf_counter

from .._wire.http import HttpResponse, Transport
from ..errors import AiLibError
from ..events import StreamEnd, StreamingEvent
from ..response import CallStats, ChatResponse
from .account import Hold
from .billing import bill_of
from .call import MILLISECONDS
from .failures import with_context
from .follow import Follower, Receipt, WholeAnswer, is_stream, read_body
from .prepare import Prepared
from .read_stream import StreamReader
from .sending import send
from .stream import CLOSED, NOT_BEGUN


class AnswerRun:
    """The state of one streamed call."""

    def __init__(
        self, transport: Transport, prepare: Callable[[], Awaitable[Prepared]], hold: Callable[[Prepared], Hold]
    ) -> None:
        self._transport = transport
        self._prepare = prepare
        self._set_aside = hold
        self._hold: Hold | None = None
        self._failed = False
        self._opening: asyncio.Future[None] | None = None
        self._answer: HttpResponse | None = None
        self._reader: StreamReader | None = None
        self._started = 0.0
        self._first: float | None = None
        self._ended: float | None = None
        self._complete = False
        self.closed = False

    @property
    def reader(self) -> StreamReader:
        if self._reader is None:
            raise RuntimeError(NOT_BEGUN)
        return self._reader

    async def open(self) -> None:
        """Sends the request, once. Who closes the stream meanwhile ends the waiting."""
        if self._reader is not None:
            return
        prepared = await self._prepare() if not self.closed else None
        if prepared is None or self.closed:
            raise RuntimeError(CLOSED)
        self._hold = self._set_aside(prepared)
        self._started = perf_counter()
        self._opening = asyncio.ensure_future(self._send(prepared))
        try:
            await self._opening
        except BaseException as error:
            hold, self._hold = self._hold, None
            if hold is not None:
                hold.failed(error, prepared)
            if not isinstance(error, asyncio.CancelledError):
                raise
            await self.close()
            if self.closed:
                raise RuntimeError(CLOSED) from None
            raise

    async def _send(self, prepared: Prepared) -> None:
        answer, asked = await self._sent(prepared)
        self._answer = answer
        whole = isinstance(answer, WholeAnswer) and not is_stream(answer.headers)
        self._reader = StreamReader(asked, answer.status, answer.headers, whole=whole)

    async def _sent(self, prepared: Prepared) -> tuple[HttpResponse, Prepared]:
        """The answer, behind the receipt where there is one, and what it answers."""
        follow = prepared.program.follow
        if follow is None:
            return await send(self._transport, prepared), prepared
        follower = Follower(self._transport, prepared, follow)
        answer = await send(self._transport, prepared)
        if is_stream(answer.headers):
            return answer, prepared
        receipt = Receipt(answer.status, answer.headers, await read_body(answer, prepared))
        behind = await follower.stream(receipt) or WholeAnswer(await follower.whole(receipt))
        return behind, follower.asked

    async def _begun(self) -> tuple[HttpResponse, StreamReader]:
        """The answer and its reader, unless the stream was closed meanwhile."""
        await self.open()
        answer = self._answer
        if answer is None or self.closed:
            await self.close()
            raise RuntimeError(CLOSED)
        return answer, self.reader

    async def events(self) -> AsyncGenerator[StreamingEvent, None]:
        """Everything the stream gives; the connection is let go however the loop is left."""
        answer, reader = await self._begun()
        try:
            async for chunk in answer.chunks():
                events = reader.feed(chunk)
                if self._first is None and reader.sink.has_parts:
                    self._first = perf_counter()
                for event in events:
                    yield event
                if reader.wants_no_more:
                    break
            for event in reader.finish():
                yield event
            if reader.failure is not None:
                raise reader.failure
            self._complete = True
            self._ended = perf_counter()
            yield StreamEnd(reader.sink.finish_reason)
        except AiLibError as error:
            self._failed = True
            raise with_context(error, reader.prepared, reader.response()) from error.__cause__
        finally:
            await self.close()

    async def close(self) -> None:
        """Gives the connection back, or breaks it where the answer was not read to its end."""
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            await asyncio.wait([self._opening])
        answer, self._answer = self._answer, None
        if answer is None:
            return
        if self._complete:
            await answer.finish()
        else:
            self._ended = perf_counter()
            await answer.close()
        self._settle()

    def _settle(self) -> None:
        """What was set aside for this call gives way to what it cost."""
        hold, self._hold = self._hold, None
        if hold is not None and self._reader is not None:
            hold.answered(self.stats(), failed=self._failed)

    def __del__(self) -> None:
        hold = getattr(self, "_hold", None)
        if hold is not None:  # begun, and dropped without a loop or a close
            hold.left_behind()

    def response(self) -> ChatResponse:
        """The answer so far."""
        return self.reader.response()

    def stats(self) -> CallStats:
        """How the call went, so far."""
        reader = self.reader
        usage = reader.sink.current_usage()
        return CallStats(
            provider=reader.prepared.manifest.id,
            model=reader.sink.response_model or reader.prepared.model,
            usage=usage,
            latency_ms=((self._ended or perf_counter()) - self._started) * MILLISECONDS,
            time_to_first_token_ms=None if self._first is None else (self._first - self._started) * MILLISECONDS,
            finish_reason=reader.sink.finish_reason,
            request_id=reader.request_id,
            interrupted=self._ended is not None and not self._complete,
            bills=(bill_of(reader.prepared, reader.sink, usage, complete=self._complete),),
        )
