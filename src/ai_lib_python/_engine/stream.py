"""One streamed call: frames become events as they arrive, and the answer grows beside them."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from time import perf_counter
from types import TracebackType
from typing import Any

from .._wire.http import HttpResponse, Transport
from ..errors import AiLibError
from ..events import ContentDelta, StreamEnd, StreamingEvent
from ..response import CallStats, ChatResponse
from .call import MILLISECONDS
from .failures import with_context
from .follow import Follower, Receipt, WholeAnswer, is_stream, read_body
from .prepare import Prepared
from .read_stream import StreamReader
from .sending import send

CLOSED = "this stream is closed; call .stream() again for another"


class ChatStream:
    """The events of one streamed answer.

    An async iterator, and an async context manager that leaves nothing open behind::

        async with client.chat().user("Hi").stream() as stream:
            async for event in stream:
                ...
        print(stream.response.content, stream.stats.latency_ms)

    Nothing is sent before the first event is asked for, or the stream is awaited or entered.
    """

    def __init__(self, transport: Transport, prepare: Callable[[], Awaitable[Prepared]]) -> None:
        self._run = _Run(transport, prepare)
        self._given: weakref.ReferenceType[AsyncGenerator[StreamingEvent, None]] | None = None
        self._steps: AsyncGenerator[StreamingEvent, None] | None = None

    def __aiter__(self) -> AsyncGenerator[StreamingEvent, None]:
        if self._steps is not None:
            return self._steps
        if self._given is not None:
            raise RuntimeError("this stream has been read already; call .stream() again for another")
        steps = self._run.events()
        # Held weakly: leaving a loop must close the connection at once, though the stream lives on.
        self._given = weakref.ref(steps)
        return steps

    async def __anext__(self) -> StreamingEvent:
        if self._steps is None:
            self._steps = self.__aiter__()
        return await self._steps.__anext__()

    def execute_stream(self) -> ChatStream:
        """The stream itself; ``await`` it to send the request now, or iterate over it."""
        return self

    def __await__(self) -> Generator[Any, None, ChatStream]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> ChatStream:
        await self._run.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the stream; where it was not read to its end the provider sees a disconnect."""
        self._run.closed = True
        steps = self._steps or (self._given() if self._given is not None else None)
        waited_for = getattr(steps, "ag_running", False)  # by another task, which is woken by the close
        if steps is not None and not waited_for:
            await steps.aclose()
        await self._run.close()

    async def text(self) -> AsyncGenerator[str, None]:
        """Only the pieces of the answer's text."""
        async for event in self:
            if isinstance(event, ContentDelta):
                yield event.text

    @property
    def response(self) -> ChatResponse:
        """The answer as far as it has come; whole after the last event.

        Raises:
            RuntimeError: nothing has been sent yet.
        """
        return self._run.reader.response()

    @property
    def stats(self) -> CallStats:
        """How the call went, up to now or to its end.

        Raises:
            RuntimeError: nothing has been sent yet.
        """
        return self._run.stats()


async def read_whole(stream: ChatStream) -> tuple[ChatResponse, CallStats]:
    """The answer of a stream as a plain call gives it."""
    async with stream:
        async for _ in stream:
            pass
    return stream.response, stream.stats


class _Run:
    """The state of one streamed call."""

    def __init__(self, transport: Transport, prepare: Callable[[], Awaitable[Prepared]]) -> None:
        self._transport = transport
        self._prepare = prepare
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
            raise RuntimeError("the stream has not begun; iterate over it, or await it, first")
        return self._reader

    async def open(self) -> None:
        """Sends the request, once. Who closes the stream meanwhile ends the waiting."""
        if self._reader is not None:
            return
        prepared = await self._prepare() if not self.closed else None
        if prepared is None or self.closed:
            raise RuntimeError(CLOSED)
        self._started = perf_counter()
        self._opening = asyncio.ensure_future(self._send(prepared))
        try:
            await self._opening
        except asyncio.CancelledError:
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

    def stats(self) -> CallStats:
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
        )
