"""A streamed call that goes to another model where one fails before it has given anything."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import msgspec

from ..errors import AiLibError
from ..events import ContentDelta, PartialToolCall, StreamingEvent
from ..request import ChatRequest
from ..response import CallStats, ChatResponse
from .answer_stream import has_content
from .fallback_caller import Asked, FallbackCaller
from .falling import Route
from .stream import CLOSED, NOT_BEGUN, ChatStream
from .terms import Terms

if TYPE_CHECKING:
    from .order import Order


class Begun(msgspec.Struct):
    """The stream of a model that has begun to answer, or has answered with nothing.

    Attributes:
        held: its events so far, which nobody has seen.
        steps: the others.
    """

    asked: Asked
    stream: ChatStream
    held: list[StreamingEvent]
    steps: AsyncGenerator[StreamingEvent, None]

    def said(self, event: StreamingEvent) -> StreamingEvent:
        """An event in the words of the request: the arguments of a tool that stands for an answer are its text."""
        if self.asked.form.tool is None or not isinstance(event, PartialToolCall) or event.index != 0:
            return event
        return ContentDelta(event.arguments)


class FallbackRun:
    """The state of one streamed call."""

    def __init__(self, caller: FallbackCaller, request: ChatRequest, terms: Terms) -> None:
        self._caller = caller
        self._request = request
        self._terms = terms
        self._falling = caller.falling(terms)
        self._open: list[ChatStream] = []
        self._begun: Begun | None = None
        self.closed = False

    @property
    def begun(self) -> Begun:
        if self._begun is None:
            raise RuntimeError(NOT_BEGUN)
        return self._begun

    async def open(self) -> None:
        """Asks models until one begins to answer, once."""
        if self.closed:
            raise RuntimeError(CLOSED)
        if self._begun is None:
            self._falling, self._open = self._caller.falling(self._terms), []
            self._begun = begun = await self._falling.first(self._begin)
            for other in self._open:  # one that began in the same moment
                if other is not begun.stream:
                    await other.aclose()
            self._open = [begun.stream]

    async def _begin(self, route: Route, terms: Terms, orders: list[Order]) -> Begun:
        """The stream of a model with its first piece of content. Nothing is left open where it fails."""
        if self.closed:
            raise RuntimeError(CLOSED)
        asked = self._caller.asked(route, self._request, stream=True)
        stream = route.caller.stream(asked.form.request, terms, orders)
        self._open.append(stream)
        begun = Begun(asked, stream, [], stream.__aiter__())
        try:
            async for event in begun.steps:
                begun.held.append(event)
                if has_content([event]):
                    break
        except BaseException:
            await stream.aclose()
            raise
        return begun

    async def events(self) -> AsyncGenerator[StreamingEvent, None]:
        """The events of the model that answers."""
        try:
            await self.open()
            begun = self.begun
            for event in begun.held:
                yield begun.said(event)
            begun.held.clear()
            async for event in begun.steps:
                yield begun.said(event)
        except AiLibError as error:
            if self._begun is None:
                raise
            if error.partial is not None:
                error.partial = self._begun.asked.answered(error.partial)
            raise self._falling.ended(error) from error.__cause__
        finally:
            await self.close()

    async def close(self) -> None:
        """Ends what is open, and wakes who waits."""
        for stream in self._open:
            await stream.aclose()

    def response(self) -> ChatResponse:
        """The answer so far."""
        return self.begun.asked.answered(self.begun.stream.response)

    def stats(self) -> CallStats:
        """How the call went, so far."""
        return self._falling.whole(self.begun.stream.stats)
