"""Conversations that keep their turns: what was said is sent again with what is said next.

    chat = client.conversation("You are a tutor.")
    response = await chat.say("What is recursion?")
    response = await chat.say("And why does it end?")

A turn is added when its answer is whole. Whatever goes wrong before that leaves the history as it was.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Union, overload

from ._forks import a_lock
from .chat import ChatRequestBuilder
from .message import Message, Part
from .response import ChatResponse, TypedResponse, Usage, sum_of
from .validate import some_messages

if TYPE_CHECKING:
    from ._engine.stream import ChatStream
    from .client import AiClient
    from .events import StreamingEvent
    from .request_parts import RequestParts

__all__ = ["Conversation"]

Said = Union[str, Part, Message, Iterable[Union[str, Part, Message]]]
"""What may be said in one turn: what a person says (a text, a part, several of both), or a message or several of them,
such as the results of tools."""

TICKS = 5
"""How often the event loop may go round before a stream that was left must be closed; two or three are enough."""

T = TypeVar("T")
Builder = TypeVar("Builder", bound="RequestParts")
AnyClient = TypeVar("AnyClient")


class ConversationParts(Generic[Builder]):
    """What a conversation is; how it is held is up to the class that builds on this."""

    def __init__(
        self,
        new_request: Callable[[], Builder],
        messages: Iterable[Message],
        configure: Callable[[Builder], object] | None,
    ) -> None:
        """``new_request`` makes an empty request, and ``configure`` sets the parameters of each."""
        if configure is not None and not callable(configure):
            raise TypeError(f"configure must be a function that is given a request, got {type(configure).__name__}")
        self._new_request = new_request
        self._configure = configure
        self._messages = tuple(some_messages(messages))
        self._usage = Usage()
        self._lock = a_lock()
        self._turn: Turn | None = None
        self._configured()  # so that what is wrong with it is told at once

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything that was said, whole turns only; the system prompt is the first."""
        return self._messages

    @property
    def usage(self) -> Usage:
        """The tokens of all turns of this object, rounds of tools included."""
        return self._usage

    def request(self, said: Said | None = None) -> Builder:
        """The request of the next turn, to look at or to perform yourself; ``add`` then keeps what came of it."""
        turn = () if said is None else messages_of(said)
        return self._configured().messages((*self._messages, *turn))

    def add(self, messages: Message | Iterable[Message]) -> None:
        """Adds messages to the history, and asks nobody.

        Raises:
            RuntimeError: an answer is being waited for.
        """
        turn = Turn(self, (messages,) if isinstance(messages, Message) else tuple(some_messages(messages)))
        try:
            self._messages = turn.messages
        finally:
            turn.end()

    def _configured(self) -> Builder:
        request = self._new_request()
        if self._configure is not None:
            self._configure(request)
            if request.build().messages:
                raise ValueError("configure sets parameters; messages belong into the conversation itself")
        return request

    def _stream(self, said: Said) -> ChatStream:
        """The answer to what is said, as a stream that is not begun."""
        return self._streamed(said, lambda request: request._caller.stream(request.build(), request._terms))

    def _tool_stream(self, said: Said, max_rounds: int, tool_timeout: float | None) -> ChatStream:
        return self._streamed(said, lambda request: request._tool_stream(max_rounds, tool_timeout))

    def _streamed(self, said: Said, start: Callable[[Builder], ChatStream]) -> ChatStream:
        from ._engine.stream import ChatStream

        return ChatStream(TurnRun(self, messages_of(said), start))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self._messages)} messages>"


class Turn:
    """One turn in the making: while it lasts, its conversation takes no other.

    Raises:
        RuntimeError: another one is being made.
    """

    def __init__(
        self, conversation: ConversationParts[Any], said: tuple[Message, ...], run: TurnRun | None = None
    ) -> None:
        self._conversation = conversation
        self._run = None if run is None else weakref.ref(run)
        with conversation._lock:
            before = conversation._turn
            if before is not None and not before.is_left:
                raise RuntimeError(
                    "this conversation waits for an answer; say the next thing when it is there, or hold another one"
                )
            conversation._turn = self
        self.messages = (*conversation._messages, *said)

    @property
    def is_streamed(self) -> bool:
        """Whether its answer comes as a stream."""
        return self._run is not None

    @property
    def is_left(self) -> bool:
        """Whether its stream was left, and only has not been told yet."""
        if self._run is None:
            return False
        run = self._run()
        return run is None or run.is_left

    def request(self) -> Any:
        """The request of this turn."""
        return self._conversation._configured().messages(self.messages)

    def answered(self, response: ChatResponse) -> None:
        """Adds what was said, and the answer."""
        self._conversation._messages = (*self.messages, *response.to_messages())
        self._conversation._usage += _usage_of(response)

    def end(self) -> None:
        """Lets the conversation go on."""
        with self._conversation._lock:
            if self._conversation._turn is self:
                self._conversation._turn = None


class TurnRun:
    """The state of a turn that is streamed. It is added when the end of its stream has come."""

    def __init__(
        self,
        conversation: ConversationParts[Any],
        said: tuple[Message, ...],
        start: Callable[[Any], ChatStream],
    ) -> None:
        self._conversation = conversation
        self._said = said
        self._start = start
        self._turn: Turn | None = None
        self._stream: ChatStream | None = None
        self._steps: weakref.ReferenceType[AsyncGenerator[StreamingEvent, None]] | None = None
        self.closed = False

    @property
    def is_left(self) -> bool:
        """Whether the loop over its events was left: then nobody can ask for the rest of them."""
        return self._steps is not None and self._steps() is None

    async def open(self) -> None:
        """Sends the request, once."""
        if self._turn is not None:
            return
        await _let_go(self._conversation)
        if self.closed:
            raise RuntimeError(_closed())
        self._turn = Turn(self._conversation, self._said, self)
        try:
            self._stream = self._start(self._turn.request())
            await self._stream
        except BaseException:
            self._turn.end()
            raise

    def events(self) -> AsyncGenerator[StreamingEvent, None]:
        """The events; the turn is there before the last one is given."""
        steps = self._events()
        self._steps = weakref.ref(steps)
        return steps

    async def _events(self) -> AsyncGenerator[StreamingEvent, None]:
        await self.open()
        turn, stream = self._turn, self._stream
        if turn is None or stream is None:
            raise RuntimeError(_closed())
        try:
            async for event in stream:
                if event.is_stream_end:
                    turn.answered(stream.response)
                    turn.end()
                yield event
        finally:
            await self.close()

    async def close(self) -> None:
        """Ends the stream and the turn."""
        try:
            if self._stream is not None:
                await self._stream.aclose()
        finally:
            if self._turn is not None:
                self._turn.end()

    def response(self) -> ChatResponse:
        """The answer so far."""
        return self._begun().response

    def stats(self) -> Any:
        """How the call went, so far."""
        return self._begun().stats

    def _begun(self) -> ChatStream:
        if self._stream is None:
            from ._engine.stream import NOT_BEGUN

            raise RuntimeError(NOT_BEGUN)
        return self._stream


class Conversation(ConversationParts[ChatRequestBuilder]):
    """A conversation with one model. ``client.conversation()`` makes it.

    It holds one turn at a time: saying something while an answer is being waited for is a ``RuntimeError``.
    """

    async def say(self, said: Said) -> ChatResponse:
        """Says something and waits for the answer; both are then in ``messages``.

        Args:
            said: a text, parts made by ``ContentBlock``, or messages, such as the results of tools.

        Raises:
            RuntimeError: an answer is being waited for.
            RemoteError, TransportError, ConfigurationError: as ``execute``; nothing was added.
        """
        turn = await _new_turn(self, said)
        try:
            response: ChatResponse = await turn.request().execute()
            turn.answered(response)
        finally:
            turn.end()
        return response

    @overload
    async def say_into(self, said: Said, kind: type[T], *, repairs: int = 0) -> TypedResponse[T]: ...
    @overload
    async def say_into(self, said: Said, kind: Any, *, repairs: int = 0) -> TypedResponse[Any]: ...
    async def say_into(self, said: Said, kind: Any, *, repairs: int = 0) -> TypedResponse[Any]:
        """Says something and waits for an answer in a type: ``parsed`` is its value, as of ``into(kind)``.

        What was said and the answer that fits are then in ``messages``; repairs before it are in none, but count in
        ``usage``. An answer that does not fit adds nothing.
        """
        turn = await _new_turn(self, said)
        try:
            response: TypedResponse[Any] = await turn.request().into(kind).execute(repairs=repairs)
            turn.answered(response)
        finally:
            turn.end()
        return response

    async def run_tools(self, said: Said, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatResponse:
        """Says something and lets the model call functions, as ``ChatRequestBuilder.run_tools`` does.

        Every answer and every result of the rounds is then in ``messages``. Where a later round fails nothing is added,
        and ``partial`` of the error has the rounds before.
        """
        turn = await _new_turn(self, said)
        try:
            response: ChatResponse = await turn.request().run_tools(max_rounds=max_rounds, tool_timeout=tool_timeout)
            turn.answered(response)
        finally:
            turn.end()
        return response

    def stream(self, said: Said) -> ChatStream:
        """Says something and gives the answer as events. The turn is added when the stream has come to its end.

        A stream that is left before that, or fails, adds nothing, not even what was said.
        """
        return self._stream(said)

    def stream_tools(self, said: Said, *, max_rounds: int = 10, tool_timeout: float | None = None) -> ChatStream:
        """``run_tools`` as one stream; it adds all rounds at its end, and nothing where it is left before."""
        return self._tool_stream(said, max_rounds, tool_timeout)

    def with_client(self, client: AiClient) -> Conversation:
        """The same history, to go on with another client; this conversation stays as it is.

        What the other provider does not take of it is told in ``adjustments`` of its answers; ``check_portability``
        tells it before.
        """
        return a_client(client).conversation(messages=self._messages, configure=self._configure)


async def _new_turn(conversation: ConversationParts[Any], said: Said) -> Turn:
    await _let_go(conversation)
    return Turn(conversation, messages_of(said))


async def _let_go(conversation: ConversationParts[Any]) -> None:
    """Gives the event loop its chance to close generators that were left, such as those of a stream's ``text()``."""
    for _ in range(TICKS):
        turn = conversation._turn
        if turn is None or not turn.is_streamed or turn.is_left:
            return
        await asyncio.sleep(0)


def a_client(client: AnyClient) -> AnyClient:
    """What ``with_client`` is given.

    Raises:
        TypeError: it is no client.
    """
    if not hasattr(client, "conversation"):
        raise TypeError(f"with_client takes a client, as AiClient.create(...) makes one, got {client!r}")
    return client


def messages_of(said: Said) -> tuple[Message, ...]:
    """What is said, as messages.

    Raises:
        TypeError: it is neither text, parts nor messages.
        ValueError: it is nothing.
    """
    if isinstance(said, Message):
        return (said,)
    if isinstance(said, Iterable) and not isinstance(said, str):
        items: list[Any] = list(said)
        if not items:
            raise ValueError("there is nothing in what is to be said")
        return tuple(items) if all(isinstance(item, Message) for item in items) else (Message.user(items),)
    return (Message.user(said),)


def _usage_of(response: ChatResponse) -> Usage:
    """The tokens of an answer, of all its rounds and repairs where there are some."""
    repairs = response.repairs if isinstance(response, TypedResponse) else ()
    answers = [*(each.response for each in repairs), response]
    return sum_of(each.usage for answer in answers for each in _rounds_of(answer))


def _rounds_of(response: ChatResponse) -> list[ChatResponse]:
    return [each.response for each in response.rounds] or [response]


def _closed() -> str:
    from ._engine.stream import CLOSED

    return CLOSED
