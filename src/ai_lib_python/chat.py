"""The requests that ``client.chat()`` makes: the ways in which one may be performed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from .request_parts import RequestParts
from .response import CallStats, ChatResponse

if TYPE_CHECKING:
    from ._engine.stream import ChatStream
    from ._engine.text_stream import TextStream
    from ._engine.typed_stream import TypedStream
    from .typed import TypedRequestBuilder

__all__ = ["ChatRequestBuilder"]

T = TypeVar("T")


class ChatRequestBuilder(RequestParts):
    """One request in the making. ``client.chat()`` makes a fresh one each time."""

    @overload
    def into(self, kind: type[T]) -> TypedRequestBuilder[T]: ...
    @overload
    def into(self, kind: Any) -> TypedRequestBuilder[Any]: ...
    def into(self, kind: Any) -> TypedRequestBuilder[Any]:
        """The same request, its answer wanted in a type: ``response.parsed`` is then a value of it.

        Args:
            kind: a dataclass, a TypedDict, a NamedTuple, a Struct, a model of pydantic, or a standard type such as
                ``list[str]``. The provider is held to its JSON Schema where that can be; elsewhere the model is asked
                in another way, which ``adjustments`` tell.

        Raises:
            TypeError: the type, or one within it, has no form in JSON.
        """
        from .typed import TypedRequestBuilder

        return TypedRequestBuilder(self, kind)

    @overload
    def stream_into(self, kind: type[T]) -> TypedStream[T]: ...
    @overload
    def stream_into(self, kind: Any) -> TypedStream[Any]: ...
    def stream_into(self, kind: Any) -> TypedStream[Any]:
        """The value of a type while it comes; short for ``.into(kind).stream()``."""
        return self.into(kind).stream()

    async def execute(self) -> ChatResponse:
        """Sends the request and gives the answer.

        Raises:
            RemoteError: the provider answered with an error.
            TransportError: the network failed.
            ConfigurationError: nothing could be sent.
        """
        response, _ = await self.execute_with_stats()
        return response

    async def execute_with_stats(self) -> tuple[ChatResponse, CallStats]:
        """The answer, and tokens, times and cost of the call."""
        return await self._caller.execute(self.build(), self._terms)

    async def run_tools(self, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatResponse:
        """Asks, calls the functions that the model wants, tells it what they gave, and asks again, until it wants none.

        The calls of one answer run side by side; coroutine functions in this event loop, others in threads. What one
        raises, arguments that do not fit, and a call that takes too long are told to the model as errors. A tool
        without a function is the caller's: an answer that calls one ends the rounds, and none of its calls is made.
        A ``tool_choice`` that forces a tool counts for the first round, and the request's timeout for each answer.

        Args:
            max_rounds: how many answers there may be, at least 1.
            tool_timeout: seconds for each call of a function, at least 0.001; None waits as long as it takes. A
                function in a thread goes on in the background.

        Returns:
            The last answer. ``rounds`` has every answer with its statistics, its calls and what they gave;
            ``to_messages()`` all of it for the history.

        Raises:
            ToolRoundsExceeded: the model wants still more; no tool of its last answer was called.
            ValueError: no tool is a function.
            RemoteError, TransportError, ConfigurationError: as ``execute``; ``partial`` has the rounds before.
        """
        return await self._tool_rounds(max_rounds, tool_timeout).run(self._caller, self._terms)

    def stream_tools(self, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatStream:
        """``run_tools`` as one stream: the events of every answer, a ``tool_answered`` for each call, and one end.

        ``response`` and ``stats`` of the stream are those of all rounds so far; the options and errors are those of
        ``run_tools``.
        """
        return self._tool_stream(max_rounds, tool_timeout)

    def stream(self) -> ChatStream:
        """The answer as events, while it comes."""
        return self._caller.stream(self.build(), self._terms)

    def stream_text(self) -> TextStream:
        """Only the pieces of the answer's text, while it comes."""
        from ._engine.text_stream import TextStream  # for who wants the text alone

        return TextStream(self.stream())
