"""The same client without ``await``, for scripts, notebooks and threads.

    from ai_lib_python.sync import AiClient

    client = AiClient.create("openai/gpt-4o")
    print(client.chat().user("Hello, world!").execute().content)

It is a face over the same engine. One background thread, shared by the process and started at the first use,
runs it; so it works inside a running event loop too, though it blocks that loop while it waits.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import client as _async
from ._engine.background import BackgroundLoop
from .conversation import ConversationParts, Said, Turn, a_client, messages_of
from .events import ContentDelta, StreamingEvent
from .message import Content, Message
from .request_parts import RequestParts
from .response import CallStats, ChatResponse, TypedResponse
from .typed import TypedParts
from .validate import some_messages

if TYPE_CHECKING:
    from decimal import Decimal
    from ssl import SSLContext

    from ._engine import stream as _async_stream
    from ._engine.typed_stream import TypedReader
    from ._wire.http import Transport
    from .capabilities import Capabilities, ModelInfo
    from .fallback import Fallback
    from .limits.settings import Limits
    from .money.budget import Budget
    from .money.prices import Prices
    from .money.totals import ClientUsage
    from .retries import Retries
    from .timeouts import Timeouts

__all__ = [
    "AiClient",
    "AiClientBuilder",
    "ChatRequestBuilder",
    "ChatStream",
    "Conversation",
    "TextStream",
    "TypedRequestBuilder",
    "TypedStream",
]

T = TypeVar("T")

_LOOP = BackgroundLoop("ai-lib sync")


class AiClient:
    """Talks to one model of one provider, and waits for the answers. Safe to share between threads.

    Make one with ``AiClient.create("provider/model")``. Close it with ``close()`` or use it as ``with``;
    until then it keeps its connections.
    """

    def __init__(self, client: _async.AiClient) -> None:
        self._client = client

    @classmethod
    def create(
        cls,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | Timeouts | None = None,
        max_retries: int | Retries | None = None,
        manifest: str | PathLike[str] | Mapping[str, Any] | None = None,
        manifest_dir: str | PathLike[str] | None = None,
        variables: Mapping[str, str] | None = None,
        on_unsupported: str = "warn",
        api: str | None = None,
        credentials: Mapping[str, str] | None = None,
        check_context: bool = True,
        transport: Transport | None = None,
        prices: Mapping[str, Prices | Mapping[str, Any]] | None = None,
        verify: SSLContext | None = None,
        max_response_bytes: int | None = None,
        limits: Limits | None = None,
        fallback: Fallback | Sequence[str | AiClient] | None = None,
    ) -> AiClient:
        """A client for ``"provider/model"``; the options are those of ``ai_lib_python.AiClient.create``.

        Raises:
            UnknownModelError: the model string names no known provider.
            ManifestError: the manifest is wrong; the message gives file, line and key.
            RetiredProviderError: the provider has ended and no ``base_url`` was given.
            ConfigurationError: the address is no URL, or a part of it is missing.
            TypeError, ValueError: an option is of the wrong type or out of range.
        """
        made = _async.AiClient.create(
            model,
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            manifest=manifest,
            manifest_dir=manifest_dir,
            variables=variables,
            on_unsupported=on_unsupported,
            api=api,
            credentials=credentials,
            check_context=check_context,
            transport=transport,
            prices=prices,
            verify=verify,
            max_response_bytes=max_response_bytes,
            limits=limits,
            fallback=fallback,  # type: ignore[arg-type]  # clients of this face stand for theirs
        )
        return cls(_LOOP.run(made))

    @staticmethod
    def builder() -> AiClientBuilder:
        """The same options, one method each."""
        return AiClientBuilder()

    def chat(self) -> ChatRequestBuilder:
        """A new request; requests share nothing with each other."""
        return ChatRequestBuilder(self._client._asks, self.model, self._client._terms)

    def conversation(
        self,
        system: Content | None = None,
        *,
        messages: Iterable[Message] = (),
        configure: Callable[[ChatRequestBuilder], object] | None = None,
    ) -> Conversation:
        """A conversation that keeps its turns; the arguments are those of ``ai_lib_python.AiClient.conversation``."""
        before = () if system is None else (Message.system(system),)
        return Conversation(self.chat, (*before, *some_messages(messages)), configure)

    def list_models(self) -> list[str]:
        """The names by which the provider's models are called, in its own order.

        Raises:
            UnsupportedError: the provider has no list that is known.
            RemoteError, TransportError: the provider, or the network, failed.
        """
        return _LOOP.run(self._client.list_models())

    def list_model_info(self) -> list[ModelInfo]:
        """What the provider's list says of each model; as in ``ai_lib_python.AiClient``."""
        return _LOOP.run(self._client.list_model_info())

    def model_info(self) -> ModelInfo | None:
        """What the provider's list says of this client's model; None where the model is not in it."""
        return _LOOP.run(self._client.model_info())

    @property
    def capabilities(self) -> Capabilities:
        """What is known of this client's model. Asks nobody."""
        return self._client.capabilities

    @property
    def model(self) -> str:
        """The model, by the provider's own name for it."""
        return self._client.model

    @property
    def timeout(self) -> float | Timeouts | None:
        """The deadlines of each call, as they were given."""
        return self._client.timeout

    @property
    def max_retries(self) -> int | Retries | None:
        """How often a call is tried again, as it was given; None is 2."""
        return self._client.max_retries

    @property
    def usage(self) -> ClientUsage:
        """What all calls of this client came to, up to now: requests, tokens and cost."""
        return self._client._caller.account.usage

    def budget(self, usd: Decimal | float | str | Budget | None, *, prompt_tokens: int | None = None) -> Budget | None:
        """What all calls of this client may cost from now on, in US dollars. See :class:`Budget`.

        Args:
            usd: the amount; a ``Budget`` that several clients share; None for no limit any more.
            prompt_tokens: the most tokens that a prompt may have, for calls of which that cannot be estimated.

        Returns:
            The budget, which tells what is spent, reserved and left.

        Raises:
            TypeError, ValueError: the amount is no number, or below 0.
        """
        from .money.budget import a_budget  # for who limits what calls cost

        self._client._caller.account.budget = a_budget(usd, prompt_tokens)
        return self._client._caller.account.budget

    @property
    def provider(self) -> str:
        """Id of the provider's manifest."""
        return self._client.provider

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return self._client.base_url

    def close(self) -> None:
        """Closes the connections. A closed client opens new ones if it is used again."""
        _LOOP.run(self._client.aclose())

    def __enter__(self) -> AiClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"sync.{self._client!r}"


class AiClientBuilder(_async.ClientOptions):
    """``AiClient.create`` with one method for each option."""

    def build(self) -> AiClient:
        """The client.

        Raises:
            ConfigurationError: no model was given; and all that ``AiClient.create`` raises.
        """
        return AiClient.create(self._wanted(), **self._options)


class ChatRequestBuilder(RequestParts):
    """One request in the making. ``client.chat()`` makes a fresh one each time."""

    def execute(self) -> ChatResponse:
        """Sends the request and waits for the answer.

        Raises:
            RemoteError: the provider answered with an error.
            TransportError: the network failed.
            ConfigurationError: nothing could be sent.
        """
        response, _ = self.execute_with_stats()
        return response

    def execute_with_stats(self) -> tuple[ChatResponse, CallStats]:
        """The answer, and tokens, times and cost of the call."""
        return _LOOP.run(self._caller.execute(self.build(), self._terms))

    def run_tools(self, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatResponse:
        """Calls the functions that the model wants, until it wants none; as in ``ai_lib_python.ChatRequestBuilder``.

        Functions run in threads, coroutine functions in the event loop of this module's own thread.
        """
        return _LOOP.run(self._tool_rounds(max_rounds, tool_timeout).run(self._caller, self._terms))

    def stream_tools(self, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatStream:
        """``run_tools`` as one stream."""
        return ChatStream(self._tool_stream(max_rounds, tool_timeout))

    def stream(self) -> ChatStream:
        """The answer as events, while it comes."""
        return ChatStream(self._caller.stream(self.build(), self._terms))

    def stream_text(self) -> TextStream:
        """Only the pieces of the answer's text, while it comes."""
        return TextStream(self.stream())

    @overload
    def into(self, kind: type[T]) -> TypedRequestBuilder[T]: ...
    @overload
    def into(self, kind: Any) -> TypedRequestBuilder[Any]: ...
    def into(self, kind: Any) -> TypedRequestBuilder[Any]:
        """The same request, its answer wanted in a type; as in ``ai_lib_python.ChatRequestBuilder``."""
        return TypedRequestBuilder(self, kind)

    @overload
    def stream_into(self, kind: type[T]) -> TypedStream[T]: ...
    @overload
    def stream_into(self, kind: Any) -> TypedStream[Any]: ...
    def stream_into(self, kind: Any) -> TypedStream[Any]:
        """The value of a type while it comes; short for ``.into(kind).stream()``."""
        return self.into(kind).stream()


class TypedRequestBuilder(TypedParts[T]):
    """One request for a value of a type, in the making. ``client.chat().into(...)`` makes it."""

    def execute(self, *, repairs: int = 0) -> TypedResponse[T]:
        """Sends the request and waits for the answer; as in ``ai_lib_python.TypedRequestBuilder``."""
        response, _ = self.execute_with_stats(repairs=repairs)
        return response

    def execute_with_stats(self, *, repairs: int = 0) -> tuple[TypedResponse[T], CallStats]:
        """The answer, and tokens, times and cost of all its calls."""
        return _LOOP.run(self._answered(repairs))

    def run_tools(
        self, *, max_rounds: int = 10, tool_timeout: float | None = None, repairs: int = 0
    ) -> TypedResponse[T]:
        """Calls the functions that the model wants, until it wants none; its last answer is the value."""
        return _LOOP.run(self._answered_with_tools(self._tool_limits(max_rounds, tool_timeout), repairs))

    def stream(self) -> TypedStream[T]:
        """The value while it comes: an iterator of the data so far."""
        stream, reader = self._begun()
        return TypedStream(ChatStream(stream), reader)


class TextStream:
    """The pieces of text of one streamed answer, while they come; as the async one."""

    def __init__(self, stream: ChatStream) -> None:
        self._stream = stream
        self._steps: Generator[str, None, None] | None = None

    def __iter__(self) -> Iterator[str]:
        return self._pieces() if self._steps is None else self._steps

    def __next__(self) -> str:
        if self._steps is None:
            self._steps = self._pieces()
        return next(self._steps)

    def _pieces(self) -> Generator[str, None, None]:
        with self._stream as stream:
            yield from stream.text()

    def __enter__(self) -> TextStream:
        self._stream.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream; where it was not read to its end the provider sees a disconnect."""
        self._stream.close()
        if self._steps is not None:
            self._steps.close()


class TypedStream(Generic[T]):
    """The value of one streamed answer, while it comes: each item is the data so far; as the async one."""

    def __init__(self, stream: ChatStream, reader: TypedReader[T]) -> None:
        self._stream = stream
        self._reader = reader
        self._steps: Generator[Any, None, None] | None = None

    def __iter__(self) -> Iterator[Any]:
        return self._partials() if self._steps is None else self._steps

    def __next__(self) -> Any:
        if self._steps is None:
            self._steps = self._partials()
        return next(self._steps)

    def _partials(self) -> Generator[Any, None, None]:
        with self._stream as stream:
            for event in stream:
                data = self._reader.read(event)
                if data is not None:
                    yield data
        self._reader.end(self._stream.response)

    def __enter__(self) -> TypedStream[T]:
        self._stream.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream; where it was not read to its end the provider sees a disconnect."""
        self._stream.close()
        if self._steps is not None:
            self._steps.close()

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


class Conversation(ConversationParts[ChatRequestBuilder]):
    """A conversation with one model. ``client.conversation()`` makes it.

    It holds one turn at a time: saying something while an answer is being waited for is a ``RuntimeError``.
    """

    def say(self, said: Said) -> ChatResponse:
        """Says something and waits for the answer; both are then in ``messages``. A failed call adds nothing."""
        turn = Turn(self, messages_of(said))
        try:
            response: ChatResponse = turn.request().execute()
            turn.answered(response)
        finally:
            turn.end()
        return response

    @overload
    def say_into(self, said: Said, kind: type[T], *, repairs: int = 0) -> TypedResponse[T]: ...
    @overload
    def say_into(self, said: Said, kind: Any, *, repairs: int = 0) -> TypedResponse[Any]: ...
    def say_into(self, said: Said, kind: Any, *, repairs: int = 0) -> TypedResponse[Any]:
        """Says something and waits for an answer in a type. One that does not fit adds nothing."""
        turn = Turn(self, messages_of(said))
        try:
            response: TypedResponse[Any] = turn.request().into(kind).execute(repairs=repairs)
            turn.answered(response)
        finally:
            turn.end()
        return response

    def run_tools(self, said: Said, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatResponse:
        """Says something and lets the model call functions; every round is then in ``messages``."""
        turn = Turn(self, messages_of(said))
        try:
            response: ChatResponse = turn.request().run_tools(max_rounds=max_rounds, tool_timeout=tool_timeout)
            turn.answered(response)
        finally:
            turn.end()
        return response

    def stream(self, said: Said) -> ChatStream:
        """Says something and gives the answer as events; the turn is added when they have come to their end."""
        return ChatStream(self._stream(said))

    def stream_tools(self, said: Said, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatStream:
        """``run_tools`` as one stream; it adds all rounds at its end."""
        return ChatStream(self._tool_stream(said, max_rounds, tool_timeout))

    def with_client(self, client: AiClient) -> Conversation:
        """The same history, to go on with another client; this conversation stays as it is."""
        return a_client(client).conversation(messages=self._messages, configure=self._configure)


class ChatStream:
    """The events of one streamed answer.

    An iterator, and a context manager that leaves nothing open behind::

        with client.chat().user("Hi").stream() as stream:
            for event in stream:
                ...
        print(stream.response.content, stream.stats.latency_ms)

    Nothing is sent before the first event is asked for, or the stream is entered.
    """

    def __init__(self, stream: _async_stream.ChatStream) -> None:
        self._stream = stream
        self._given: weakref.ReferenceType[Generator[StreamingEvent, None, None]] | None = None
        self._steps: Generator[StreamingEvent, None, None] | None = None

    def __iter__(self) -> Iterator[StreamingEvent]:
        return self._begun() if self._steps is None else self._steps

    def __next__(self) -> StreamingEvent:
        if self._steps is None:
            self._steps = self._begun()
        return next(self._steps)

    def _begun(self) -> Generator[StreamingEvent, None, None]:
        if self._given is not None:
            raise RuntimeError("this stream has been read already; call .stream() again for another")
        steps = _events(self._stream)
        # Held weakly: leaving a loop must close the connection at once, though the stream lives on.
        self._given = weakref.ref(steps)
        return steps

    def execute_stream(self) -> ChatStream:
        """Sends the request now, and gives the stream itself."""
        return self.__enter__()

    def __enter__(self) -> ChatStream:
        _LOOP.run(self._stream.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream; where it was not read to its end the provider sees a disconnect."""
        _close(self._stream)

    def text(self) -> Generator[str, None, None]:
        """Only the pieces of the answer's text."""
        for event in self:
            if isinstance(event, ContentDelta):
                yield event.text

    @property
    def response(self) -> ChatResponse:
        """The answer as far as it has come; whole after the last event.

        Raises:
            RuntimeError: nothing has been sent yet.
        """
        return self._stream.response

    @property
    def stats(self) -> CallStats:
        """How the call went, up to now or to its end.

        Raises:
            RuntimeError: nothing has been sent yet.
        """
        return self._stream.stats


def _events(stream: _async_stream.ChatStream) -> Generator[StreamingEvent, None, None]:
    """The events, each waited for in the background thread; closed however the loop is left."""
    try:
        while (event := _LOOP.run(_next(stream))) is not None:
            yield event
    finally:
        _close(stream)


async def _next(stream: _async_stream.ChatStream) -> StreamingEvent | None:
    try:
        return await stream.__anext__()
    except StopAsyncIteration:
        return None


def _close(stream: _async_stream.ChatStream) -> None:
    """Waits for the end; not where the garbage collector calls from the background thread itself.

    When the interpreter ends, the thread has been stopped, and the connection goes with the process.
    """
    if sys.is_finalizing():
        return
    if _LOOP.is_current:
        _LOOP.submit(stream.aclose())
    else:
        _LOOP.run(stream.aclose())
