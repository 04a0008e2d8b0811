"""Requests whose answer is wanted in a type: ``client.chat().user("Tell me of France").into(Country)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._types.answers import AnswerType
from .request import ChatRequest
from .request_parts import RequestParts
from .response import CallStats, ChatResponse, TypedResponse
from .validate import a_count

if TYPE_CHECKING:
    from ._engine.answer_forms import Form
    from ._engine.fallback_caller import AnyCaller
    from ._engine.stream import ChatStream
    from ._engine.tool_rounds import ToolLimits
    from ._engine.typed_call import Ask
    from ._engine.typed_stream import TypedReader, TypedStream

__all__ = ["TypedRequestBuilder"]

T = TypeVar("T")


class TypedParts(RequestParts, Generic[T]):
    """What a request for a type is made of: all that the one has that it was made from, and the type."""

    def __init__(self, parts: RequestParts, kind: Any) -> None:
        vars(self).update(parts.copied())
        self._kind: AnswerType[T] = AnswerType(kind)

    def build(self) -> ChatRequest:
        """The request in the form in which this provider is asked for a type."""
        return self._form(stream=False).request

    def _form(self, *, stream: bool) -> Form:
        from ._engine.answer_forms import best_form

        return best_form(self._caller, super().build(), self._kind, stream=stream)

    def _asked(self, *, stream: bool) -> tuple[AnyCaller, Form]:
        """Who is asked, and how."""
        return self._caller.for_type(super().build(), self._kind, stream=stream)

    async def _answered(self, repairs: int) -> tuple[TypedResponse[T], CallStats]:
        caller, form = self._asked(stream=False)

        async def ask(request: ChatRequest) -> tuple[ChatResponse, CallStats]:
            return await caller.execute(request, self._terms)

        return await self._called(form, ask, repairs)

    async def _answered_with_tools(self, limits: ToolLimits, repairs: int) -> TypedResponse[T]:
        from ._engine.tool_rounds import ToolRounds

        caller, form = self._asked(stream=False)

        async def ask(request: ChatRequest) -> tuple[ChatResponse, CallStats]:
            rounds = ToolRounds(request, limits)
            return await rounds.run(caller, self._terms), rounds.stats()

        response, _ = await self._called(form, ask, repairs)
        return response

    async def _called(self, form: Form, ask: Ask, repairs: int) -> tuple[TypedResponse[T], CallStats]:
        from ._engine.typed_call import typed_call

        return await typed_call(form, self._kind, ask, a_count("repairs", repairs, 0))

    def _begun(self) -> tuple[ChatStream, TypedReader[T]]:
        """A stream of the answer, not sent yet, and what reads it."""
        from ._engine.typed_stream import TypedReader

        caller, form = self._asked(stream=True)
        return caller.stream(form.request, self._terms), TypedReader(form, self._kind)

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}; into {self._kind.name}>"


class TypedRequestBuilder(TypedParts[T]):
    """One request for a value of a type, in the making. ``client.chat().into(...)`` makes it."""

    async def execute(self, *, repairs: int = 0) -> TypedResponse[T]:
        """Sends the request and gives the answer; ``parsed`` is its value.

        Args:
            repairs: how often the model may be told what does not fit and be asked again, 0 or more.

        Raises:
            OutputTruncated: the answer ends at the output limit; nothing of it is read.
            AnswerRefused, ContentFiltered: the model, or the provider, declined.
            InvalidAnswer: the answer is no JSON, does not fit the type, or asks for tools.
            RemoteError, TransportError, ConfigurationError: as in any call.
        """
        response, _ = await self.execute_with_stats(repairs=repairs)
        return response

    async def execute_with_stats(self, *, repairs: int = 0) -> tuple[TypedResponse[T], CallStats]:
        """The answer, and tokens, times and cost of all its calls."""
        return await self._answered(repairs)

    async def run_tools(
        self, *, max_rounds: int = 10, tool_timeout: float | None = None, repairs: int = 0
    ) -> TypedResponse[T]:
        """Calls the functions that the model wants, until it wants none; its last answer is the value.

        The options and errors are those of ``ChatRequestBuilder.run_tools`` and of ``execute``.
        """
        return await self._answered_with_tools(self._tool_limits(max_rounds, tool_timeout), repairs)

    def stream(self) -> TypedStream[T]:
        """The value while it comes: an async iterator of the data so far."""
        from ._engine.typed_stream import TypedStream

        return TypedStream(*self._begun())
