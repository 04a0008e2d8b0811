"""One streamed answer: frames become events as they arrive, and the answer grows beside them."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from time import perf_counter
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

from .._wire.http import HttpResponse, Transport
from ..errors import AiLibError
from ..events import ContentDelta, Metadata, StreamEnd, StreamingEvent, UnknownEvent
from ..response import CallStats, ChatResponse
from .account import Hold
from .billing import bill_of
from .call import MILLISECONDS
from .failures import with_context
from .order import Order
from .prepare import Prepared
from .read_stream import StreamReader
from .sending import read_body, send
from .stream import CLOSED, NOT_BEGUN

if TYPE_CHECKING:
    from .attempts import Attempts

SILENT = frozenset({Metadata, UnknownEvent})
"""Events that are no content: what has given no others may be tried again, and is as idle as if it had given none."""

MOST_HELD = 100
"""Events before the first content that are kept back; a stream with more of them is not tried again."""


class _Nothing:
    """A body that is at its end."""

    def __aiter__(self) -> _Nothing:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


NOTHING = _Nothing()


class AnswerRun:
    """The state of one streamed call."""

    def __init__(self, transport: Transport, order: Callable[[], Order]) -> None:
        """``order`` makes the call, whose time begins with it."""
        self._transport = transport
        self._ordered = order
        self._order: Order | None = None
        self._attempts: Attempts | None = None
        self._hold: Hold | None = None
        self._failed = False
        self._opening: asyncio.Future[Any] | None = None
        self._answer: HttpResponse | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._reader: StreamReader | None = None
        self._steps: weakref.ReferenceType[AsyncGeneratorType[StreamingEvent, None]] | None = None
        self._started = 0.0
        self._first: float | None = None
        self._ended: float | None = None
        self._complete = self._is_read = False
        self.closed = False

    @property
    def reader(self) -> StreamReader:
        if self._reader is None:
            raise RuntimeError(NOT_BEGUN)
        return self._reader

    @property
    def order(self) -> Order:
        if self._order is None:
            raise RuntimeError(NOT_BEGUN)
        return self._order

    async def open(self) -> None:
        """Sends the request, once, or as often as it may be tried. Who closes the stream meanwhile ends the waiting."""
        if self._reader is not None:
            return
        if self.closed:
            raise RuntimeError(CLOSED)
        self._order = order = self._ordered()
        self._attempts = None  # of a call that never began, before this one
        try:
            prepared = await order.watch.within(order.prepared())
            if self.closed:
                raise RuntimeError(CLOSED)
            await self._in_task(self._opened(order, prepared))
        except AiLibError as error:
            order.watch.stop()
            raise order.knows(error) from error.__cause__
        except BaseException:
            order.watch.stop()
            raise

    async def _in_task(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Waits for what ``close`` can end."""
        self._opening = asyncio.ensure_future(waiting)
        try:
            await self._opening
        except asyncio.CancelledError:
            await self.close()
            if self.closed:
                raise RuntimeError(CLOSED) from None
            raise

    async def _opened(self, order: Order, prepared: Prepared | None, failure: AiLibError | None = None) -> None:
        """Sends the request until there is an answer; after a failure, once it is time for another attempt.

        Raises:
            AiLibError: there is none to be had.
        """
        order.watch.waits()
        try:
            while True:
                if failure is not None:
                    self._attempts = self._attempts or order.attempts()
                    await self._attempts.after(failure)
                try:
                    if prepared is None:
                        prepared = await order.watch.within(order.prepared())
                    return await self._attempt(order, prepared)
                except AiLibError as error:
                    failure, prepared = error, None
        finally:
            order.watch.task = None

    async def _attempt(self, order: Order, prepared: Prepared) -> None:
        """Sends the request once."""
        if order.limits is None:
            hold = order.hold(prepared)
        else:
            prepared, hold = await order.watch.within(order.entered(order.limits, prepared))
        self._hold = hold
        self._started = perf_counter()
        order.watch.sends(prepared.http)
        try:
            answer, asked, whole = await self._sent(order, prepared)
        except BaseException as error:
            failure = order.watch.verdict(error)
            hold.failed(failure, prepared)
            self._hold = None
            if failure is error:
                raise
        else:
            self._answer = answer
            self._reader = StreamReader(asked, answer.status, answer.headers, whole=whole)
            if order.limits is not None:
                hold.begun(self._reader.heard)
            self._chunks = self._first = self._ended = None
            self._is_read = False
            return
        raise failure

    async def _sent(self, order: Order, prepared: Prepared) -> tuple[HttpResponse, Prepared, bool]:
        """The answer, behind the receipt where there is one; what it answers; whether it is a plain one."""
        answer = await send(self._transport, prepared)
        follow = prepared.program.follow
        if follow is None:
            return answer, prepared, False
        from .follow import Follower, Receipt, WholeAnswer, is_stream  # for calls of two steps

        if is_stream(answer.headers):
            return answer, prepared, False
        follower = Follower(self._transport, prepared, follow, order.watch, order.retries)
        receipt = Receipt(answer.status, answer.headers, await read_body(answer, prepared))
        behind = await follower.stream(receipt)
        if behind is not None:
            return behind, follower.asked, False
        whole = WholeAnswer(await follower.whole(receipt))
        return whole, follower.asked, not is_stream(whole.headers)

    async def _begun(self) -> None:
        """Sends the request, unless that was done or the stream was closed meanwhile."""
        await self.open()
        if self._answer is None or self.closed:
            await self.close()
            raise RuntimeError(CLOSED)

    def events(self) -> AsyncGenerator[StreamingEvent, None]:
        """Everything the stream gives; the connection is let go however the loop is left."""
        steps = self._events()
        if isinstance(steps, AsyncGeneratorType):
            self._steps = weakref.ref(steps)
        return steps

    async def _events(self) -> AsyncGenerator[StreamingEvent, None]:  # noqa: C901  # the loop of every stream: no calls
        await self._begun()
        watch = self.order.watch
        watch.steps = self._steps
        try:
            while not self._is_read and self._first is None:
                held, failure = await self._beginning()
                came = watch.clock()
                for event in held:
                    yield event
                watch.since += watch.clock() - came
                if failure is not None:
                    raise failure
            reader, clock, current = self.reader, watch.clock, asyncio.current_task
            watch.since, watch.task = clock(), current()
            async for chunk in self._rest():
                events = reader.feed(chunk)
                if events:
                    is_content = events[-1].__class__ is ContentDelta or has_content(events)
                    came = 0.0 if is_content else clock()
                    for event in events:
                        yield event
                    watch.since = clock() if is_content else watch.since + clock() - came
                    watch.task = current()
                if reader.wants_no_more:
                    break
            for event in self._last():
                yield event
            yield self._end()
        except (AiLibError, asyncio.CancelledError) as error:
            failure = self._failure_of(error)
            if failure is None:
                raise
            raise failure from failure.__cause__
        finally:
            await self.close()

    async def _beginning(self) -> tuple[list[StreamingEvent], AiLibError | None]:
        """The events up to the first content, and what failed for good behind them.

        What fails before is tried again, as nobody has seen any of it.
        """
        order = self.order
        while True:
            held: list[StreamingEvent] = []
            order.watch.waits()
            try:
                await self._until_content(held)
            except (AiLibError, asyncio.CancelledError) as error:
                failure = order.watch.verdict(error)
                if not isinstance(failure, AiLibError):
                    raise
            else:
                return held, None
            finally:
                order.watch.task = None
            if self.closed or has_content(held):
                return held, failure
            await self._drop(failure)
            try:
                await self._in_task(self._opened(order, None, failure))
            except AiLibError as error:
                return (held if error is failure else []), error

    async def _until_content(self, held: list[StreamingEvent]) -> None:
        """Reads up to the first content, to the end, or as far as anything can be held back."""
        reader, watch = self.reader, self.order.watch
        most = 0 if self._is_last else MOST_HELD
        async for chunk in self._rest():
            events = reader.feed(chunk)
            held += events
            if has_content(events):
                self._first = perf_counter()
                watch.content()
                watch.committed = True
                return
            if reader.takes_whole and not chunk.isspace():
                watch.content()
            if reader.wants_no_more:
                break
            if len(held) > most:
                watch.committed = True
                return
        self._is_read = True
        held += reader.finish()
        if reader.failure is not None:
            raise reader.failure

    def _last(self) -> list[StreamingEvent]:
        """The events that come of the body's end, where they were not given yet."""
        if self._is_read:
            return []
        self._is_read = True
        return self.reader.finish()

    def _end(self) -> StreamEnd:
        """The last event of all.

        Raises:
            AiLibError: the answer has not come to its end, or is an error.
        """
        if self.reader.failure is not None:
            raise self.reader.failure
        self._complete = True
        self._ended = perf_counter()
        return StreamEnd(self.reader.sink.finish_reason)

    @property
    def _is_last(self) -> bool:
        """Whether there will be no other attempt, so that nothing has to be held back."""
        if self._attempts is not None:
            return self._attempts.are_over
        return self.order.retries.max_retries == 0 or self.order.watch.committed

    def _rest(self) -> AsyncIterator[bytes]:
        """The rest of the body, as far as it matters."""
        if self._chunks is None:
            if self._answer is None:
                raise RuntimeError(CLOSED)
            self._chunks = self._answer.chunks()
        return NOTHING if self._is_read or self.reader.wants_no_more else self._chunks

    def _failure_of(self, error: BaseException) -> AiLibError | None:
        """What the stream ends with, where that is an error and nobody's wish."""
        failure = self.order.watch.verdict(error)
        if not isinstance(failure, AiLibError):
            return None
        self._fails(failure)
        self._attempts = self._attempts or self.order.attempts()
        self._attempts.note(failure)
        return with_context(failure, self.reader.prepared, self.reader.response())

    def _fails(self, failure: AiLibError) -> None:
        """The attempt ends with an error, though an answer had begun."""
        self._failed = True
        if self._hold is not None:
            self._hold.ends_with(failure)

    async def _drop(self, failure: AiLibError) -> None:
        """Breaks off an attempt that failed before anything of it was given."""
        self._fails(failure)
        await self._let_go()
        self._failed = False

    async def close(self) -> None:
        """Gives the connection back, or breaks it where the answer was not read to its end."""
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._order is not None:
            self._order.watch.stop()
        await self._let_go()

    async def _let_go(self) -> None:
        answer, self._answer = self._answer, None
        if answer is None:
            return
        try:
            if self._complete:
                await answer.finish()
            else:
                self._ended = perf_counter()
                await answer.close()
        finally:
            self._settle()

    def _settle(self) -> None:
        """What was set aside for this attempt gives way to what it cost."""
        hold, self._hold = self._hold, None
        if hold is not None and self._reader is not None:
            hold.answered(self._stats(), failed=self._failed)

    def __del__(self) -> None:
        order = getattr(self, "_order", None)
        if order is not None:
            order.watch.stop()
        hold = getattr(self, "_hold", None)
        if hold is not None:  # begun, and dropped without a loop or a close
            self._hold = None  # who is dropped in a cycle may yet be closed, by the finalizer of its events
            hold.left_behind()

    def response(self) -> ChatResponse:
        """The answer so far."""
        return self.reader.response()

    def stats(self) -> CallStats:
        """How the call went, so far."""
        stats = self._stats()
        return stats if self._attempts is None else self._attempts.together(stats)

    def _stats(self) -> CallStats:
        """How the latest attempt went."""
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
            status_code=reader.status,
            heard=reader.heard,
        )


def has_content(events: list[StreamingEvent]) -> bool:
    """Whether any of the events is a piece of the answer."""
    return any(type(event) not in SILENT for event in events)
