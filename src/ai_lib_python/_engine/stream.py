"""What streams look like to those who read them, whatever it is that runs behind."""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Generator
from types import TracebackType
from typing import Any, NoReturn, Protocol

from ..events import ContentDelta, StreamingEvent
from ..response import CallStats, ChatResponse

CLOSED = "this stream is closed; call .stream() again for another"
NOT_BEGUN = "the stream has not begun; iterate over it, or await it, first"


class StreamRun(Protocol):
    """What runs behind a stream. ``closed`` is set by who wants no more, just before ``close``."""

    closed: bool

    async def open(self) -> None:
        """Sends the first request, once."""

    def events(self) -> AsyncGenerator[StreamingEvent, None]:
        """All events; whatever is open is let go however the loop is left."""

    async def close(self) -> None:
        """Lets go what is open, and wakes who waits."""

    def response(self) -> ChatResponse:
        """The answer so far."""

    def stats(self) -> CallStats:
        """How it went, so far."""


class ChatStream:
    """The events of one streamed answer.

    An async iterator, and an async context manager that leaves nothing open behind::

        async with client.chat().user("Hi").stream() as stream:
            async for event in stream:
                ...
        print(stream.response.content, stream.stats.latency_ms)

    Nothing is sent before the first event is asked for, or the stream is awaited or entered.
    """

    def __init__(self, run: StreamRun) -> None:
        self._run = run
        self._given: weakref.ReferenceType[AsyncGenerator[StreamingEvent, None]] | None = None
        self._steps: AsyncGenerator[StreamingEvent, None] | None = None

    def __reduce__(self) -> NoReturn:
        raise TypeError("a stream holds a connection and cannot be pickled: make one in each process")

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
        return self._run.response()

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
