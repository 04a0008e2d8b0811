"""A streamed answer whose value is wanted in a type: what is there of it so far, and the value at its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Generic, TypeVar

from .._types.answers import AnswerType
from .._types.partial_json import ABSENT, PartialJson
from ..events import ContentDelta, PartialToolCall, StreamingEvent
from ..response import CallStats, ChatResponse, TypedResponse
from .answer_forms import Form
from .stream import ChatStream
from .typed_call import typed_response

T = TypeVar("T")

NOT_WHOLE = "the answer is not whole yet; read the stream to its end first"


class TypedReader(Generic[T]):
    """Reads the events of one answer.

    Attributes:
        response: the answer with its value; None before the end.
    """

    def __init__(self, form: Form, kind: AnswerType[T]) -> None:
        self.response: TypedResponse[T] | None = None
        self._form = form
        self._kind = kind
        self._partial = PartialJson()
        self._is_json = True
        self._last: Any = None

    def read(self, event: StreamingEvent) -> Any:
        """The data so far, where the event adds to it; else None."""
        piece = self._piece(event)
        if not piece or not self._is_json:
            return None
        self._partial.feed(piece)
        try:
            found = self._partial.value()
        except ValueError:
            self._is_json = False  # told at the end, with the whole answer
            return None
        data = None if found is ABSENT else self._kind.part(found)
        if data is None or data == self._last:
            return None
        self._last = data
        return data

    def end(self, response: ChatResponse) -> None:
        """Takes the whole answer.

        Raises:
            AnswerError, ContentFiltered: it has no value.
        """
        self.response = typed_response(self._form.plain(response), self._kind)

    def whole(self) -> TypedResponse[T]:
        """The answer.

        Raises:
            RuntimeError: it has not come to its end.
        """
        if self.response is None:
            raise RuntimeError(NOT_WHOLE)
        return self.response

    def _piece(self, event: StreamingEvent) -> str:
        if self._form.tool is None:
            return event.text if isinstance(event, ContentDelta) else ""
        return event.arguments if isinstance(event, PartialToolCall) and event.index == 0 else ""


class TypedStream(Generic[T]):
    """The value of one streamed answer, while it comes.

    An async iterator, and an async context manager that leaves nothing open behind. Each item is the data so far, as
    JSON has it (dicts, lists, texts), each time a new one::

        stream = client.chat().user("Tell me of France").stream_into(Country)
        async for partial in stream:
            print(partial.get("name"))
        country = stream.response.parsed

    A text grows letter by letter; numbers and the like are there once they are whole.
    """

    def __init__(self, stream: ChatStream, reader: TypedReader[T]) -> None:
        self._stream = stream
        self._reader = reader
        self._steps: AsyncGenerator[Any, None] | None = None

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        return self._partials() if self._steps is None else self._steps

    async def __anext__(self) -> Any:
        if self._steps is None:
            self._steps = self._partials()
        return await self._steps.__anext__()

    async def _partials(self) -> AsyncGenerator[Any, None]:
        async with self._stream as stream:
            async for event in stream:
                data = self._reader.read(event)
                if data is not None:
                    yield data
        self._reader.end(self._stream.response)

    async def __aenter__(self) -> TypedStream[T]:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the stream; where it was not read to its end the provider sees a disconnect."""
        await self._stream.aclose()
        if self._steps is not None:
            await self._steps.aclose()

    @property
    def response(self) -> TypedResponse[T]:
        """The whole answer, after the last item; ``response.parsed`` is its value.

        Raises:
            RuntimeError: it has not come to its end.
        """
        return self._reader.whole()

    @property
    def stats(self) -> CallStats:
        """How the call went, up to now or to its end.

        Raises:
            RuntimeError: nothing has been sent yet.
        """
        return self._stream.stats
