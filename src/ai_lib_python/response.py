"""What a call gives back: the answer, what it used, and how the call went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from .message import (
    Message,
    MessageRole,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from .limits.standing import RateLimit
    from .money.bills import Bill

__all__ = [
    "Adjustment",
    "Attempt",
    "CallStats",
    "ChatResponse",
    "Place",
    "Repair",
    "ToolOutcome",
    "ToolRound",
    "TypedResponse",
    "Usage",
]

T = TypeVar("T")


class Usage(msgspec.Struct, frozen=True):
    """Token counts in buckets that do not overlap. None means the provider did not say.

    Attributes:
        input: prompt tokens that were neither read from nor written to a cache.
        cache_read: prompt tokens read from the provider's cache.
        cache_write: prompt tokens written to the provider's cache.
        output: generated tokens, reasoning included.
        reasoning: how many of ``output`` were reasoning.
        cache_write_1h: how many of ``cache_write`` are kept for an hour, where others are kept for less.
        audio_input: how many tokens of the prompt were sound.
        audio_cache_read: how many of those were read from the cache.
        audio_output: how many of ``output`` were sound.
        image_input: how many tokens of the prompt were pictures.
        image_output: how many of ``output`` were pictures.
        tool_input: what the provider's own tools added to the prompt, where it is not counted in the prompt.
        web_searches: how often the provider searched the web. No tokens.
    """

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cache_write_1h: int | None = None
    audio_input: int | None = None
    audio_cache_read: int | None = None
    audio_output: int | None = None
    image_input: int | None = None
    image_output: int | None = None
    tool_input: int | None = None
    web_searches: int | None = None

    @property
    def prompt_tokens(self) -> int | None:
        """All tokens of the prompt, cached ones included."""
        return _sum(self.input, self.cache_read, self.cache_write)

    @property
    def completion_tokens(self) -> int | None:
        """All generated tokens, reasoning included."""
        return self.output

    @property
    def total_tokens(self) -> int | None:
        """Prompt and completion together."""
        return _sum(self.prompt_tokens, self.output)

    def __add__(self, other: Usage) -> Usage:
        """Both together, bucket by bucket."""
        return sum_of([self, other])


def sum_of(each: Iterable[Usage]) -> Usage:
    """All of them together, bucket by bucket; a bucket that none of them tells is not told."""
    return Usage(*[_sum(*counts) for counts in zip(*map(msgspec.structs.astuple, each), strict=True)])


def _sum(*counts: int | None) -> int | None:
    return None if counts.count(None) == len(counts) else sum(filter(None, counts))


class Place(NamedTuple):
    """Where in a conversation something is: the index of a message, and of a part in it (None: the whole message)."""

    message: int
    part: int | None = None


class Adjustment(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """One thing that went to the provider otherwise than it was asked for.

    Attributes:
        parameter: the name as the user gave it, or the kind of content, or the name of a part's field.
        action: ``renamed``, ``clamped``, ``dropped``, ``defaulted``, ``replaced``, ``moved``, ``adapted`` for a schema
            that was made to fit, ``emulated`` for what the wire does not have and was asked for in another way, or
            ``omitted`` for a part of an earlier turn, or of a parameter, that this wire does not take.
        reason: why, in a sentence.
        given: what the user asked for; None for a default, and where only the name is another one.
        sent: what was sent instead; None where nothing was, and where only the name is another one.
        places: where in the conversation it is, for what is about parts of messages.
    """

    parameter: str
    action: str
    reason: str
    given: Any = None
    sent: Any = None
    places: tuple[Place, ...] = ()


class ChatResponse(msgspec.Struct, frozen=True):
    """A model's answer.

    Attributes:
        provider: id of the manifest in use.
        model: the model that answered, as the provider calls it.
        id: the provider's id of the answer.
        parts: text, reasoning, tool calls and the rest, in the order they came.
        finish_reason: ``stop``, ``length``, ``tool_calls``, ``content_filter``, ``error`` or
            ``other``; None where the provider gave none.
        raw_finish_reason: the provider's own word.
        usage: the token counts, bucket by bucket.
        citations: the sources that the model cites, as the provider wrote them.
        logprobs: log-probabilities of the tokens, as the provider wrote them.
        adjustments: everything that was sent otherwise than asked.
        raw: the parsed body of a plain answer; of a stream, the frames the manifest did not know.
        unknown_events: how many frames of a stream the manifest did not know.
        alternatives: the other answers, where several were asked for with ``n``: parts, finish reason, citations and
            log-probabilities of each. The usage of all is counted together, in ``usage`` of the first.
        rounds: of ``run_tools`` and ``stream_tools``, every answer up to this one, and what its tools gave.
    """

    provider: str
    model: str | None = None
    id: str | None = None
    parts: tuple[Part, ...] = ()
    finish_reason: str | None = None
    raw_finish_reason: str | None = None
    usage: Usage = Usage()
    citations: tuple[Any, ...] = ()
    logprobs: tuple[Any, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    raw: Any = None
    unknown_events: int = 0
    rounds: tuple[ToolRound, ...] = ()
    alternatives: tuple[ChatResponse, ...] = ()

    @property
    def content(self) -> str:
        """The text of the answer; empty where there is none."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str | None:
        """What the model thought, or None where it did not say."""
        texts = [part.text for part in self.parts if isinstance(part, ReasoningPart) and part.text]
        return "".join(texts) if texts else None

    @property
    def refusal(self) -> str | None:
        """The model's words for declining, or None."""
        texts = [part.text for part in self.parts if isinstance(part, RefusalPart)]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model asks for, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    def to_message(self) -> Message:
        """The answer as a message for the next turn, with nothing lost."""
        return Message(MessageRole.ASSISTANT, self.parts)

    def to_messages(self) -> list[Message]:
        """Everything that the call adds to the history: of rounds of tools, each answer and its results too."""
        if not self.rounds:
            return [self.to_message()]
        return [message for each in self.rounds for message in each.to_messages()]


class Repair(msgspec.Struct, frozen=True):
    """An answer that did not fit, how its call went, and what the model was told of it."""

    response: ChatResponse
    stats: CallStats
    problem: str


class TypedResponse(ChatResponse, Generic[T], frozen=True, kw_only=True):
    """An answer in the type that was asked for.

    Attributes:
        parsed: the answer's value.
        repairs: the answers before it that did not fit, where ``execute(repairs=...)`` allowed some.
    """

    parsed: T
    repairs: tuple[Repair, ...] = ()


class ToolOutcome(msgspec.Struct, frozen=True):
    """What became of one tool call.

    Attributes:
        call: what the model asked for.
        result: what the model was told.
        value: what the function returned; None where it did not.
        error: why it returned nothing: its own exception, arguments that do not fit, or its time was over.
        elapsed_ms: how long the function took; 0 where it was not called.
    """

    call: ToolCall
    result: ToolResult
    value: Any = None
    error: Exception | None = None
    elapsed_ms: float = 0.0


class ToolRound(msgspec.Struct, frozen=True):
    """One answer among several, how its call went, and what came of its tool calls, in their order."""

    response: ChatResponse
    stats: CallStats
    outcomes: tuple[ToolOutcome, ...] = ()

    def to_messages(self) -> list[Message]:
        """The answer and the results, as messages for the next turn."""
        results = tuple(outcome.result for outcome in self.outcomes)
        return [self.response.to_message(), *(Message(MessageRole.TOOL, (result,)) for result in results)]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a call. Times are in milliseconds on a monotonic clock.

    Attributes:
        provider: id of the manifest in use.
        model: the model that it asked.
        error_class: what went wrong, in the word of the error; None where nothing did.
        status_code: HTTP status, where there was an answer.
        latency_ms: from its first byte sent until its answer, or its error, was there.
        waited_ms: how long it was waited for before it, after the one before had failed.
        request_id: the provider's id of the request.
        kind: ``"first"``, or ``"retry"``.
    """

    provider: str
    model: str
    error_class: str | None = None
    status_code: int | None = None
    latency_ms: float = 0.0
    waited_ms: float = 0.0
    request_id: str | None = None
    kind: str = "first"


@dataclass(init=False, eq=False, repr=False)  # so that msgspec writes it as it writes structs
class Heard:
    """The headers of an answer, which say how the provider's limits stand. Few ask, so they are read when one does."""

    __slots__ = ("_at", "_headers", "_read", "rate_limit")

    rate_limit: RateLimit

    def __init__(
        self, read: Callable[[Mapping[str, str], float], RateLimit], headers: Mapping[str, str], at: float
    ) -> None:
        """``at`` is when the answer came, in seconds since 1970."""
        self._read = read
        self._headers = headers
        self._at = at

    def __getattr__(self, name: str) -> Any:
        if name != "rate_limit":  # the only one that is not there from the beginning
            raise AttributeError(name)
        self.rate_limit = self._read(self._headers, self._at)
        return self.rate_limit

    def __reduce__(self) -> tuple[Any, ...]:
        return _heard, (self.rate_limit,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Heard) and self.rate_limit == other.rate_limit

    def __hash__(self) -> int:
        return hash(self.rate_limit)

    def __repr__(self) -> str:
        return repr(self.rate_limit)


def _heard(rate_limit: RateLimit) -> Heard:
    """What was read already, and where no headers are kept."""
    made = Heard.__new__(Heard)
    made.rate_limit = rate_limit
    return made


class CallStats(msgspec.Struct, frozen=True):
    """How a call went. Times are in milliseconds on a monotonic clock.

    Attributes:
        provider: id of the manifest in use.
        model: the model that answered, by the provider's own name; the one asked for where it does not say.
        usage: the token counts, bucket by bucket.
        latency_ms: from the first byte sent to the end of the answer; retries, and the waits before them, included.
        time_to_first_token_ms: to the first content of a stream; None for a plain answer.
        finish_reason: as in the response.
        request_id: the provider's id of the request, for its support.
        attempts: how many requests the provider saw.
        interrupted: whether a stream was left before its end.
        bills: what ``cost`` is worked out from, one for each answer.
        status_code: HTTP status of the answer.
        entries: the ledger, where there is more to say than one request that succeeded.
        heard: what ``rate_limit`` is read from; of several answers, the last one.
    """

    provider: str
    model: str
    usage: Usage
    latency_ms: float
    time_to_first_token_ms: float | None = None
    finish_reason: str | None = None
    request_id: str | None = None
    attempts: int = 1
    interrupted: bool = False
    bills: tuple[Bill, ...] = ()
    status_code: int | None = None
    entries: tuple[Attempt, ...] = ()
    heard: Heard | None = None

    @property
    def ledger(self) -> tuple[Attempt, ...]:
        """Every request that the provider saw, in order: those that failed, and the last one."""
        return self.entries or (
            Attempt(
                provider=self.provider,
                model=self.model,
                status_code=self.status_code,
                latency_ms=self.latency_ms,
                request_id=self.request_id,
            ),
        )

    @property
    def rate_limit(self) -> RateLimit | None:
        """How the call stood with the provider's own limits; None where its manifest does not know where it says so.

        It is read when it is asked for.
        """
        return None if self.heard is None else self.heard.rate_limit

    @property
    def cost(self) -> Decimal | None:
        """US dollars; None where the price, or a count that the price needs, is not known.

        It is worked out when it is asked for.
        """
        amounts = [bill.cost for bill in self.bills]
        known = [amount for amount in amounts if amount is not None]
        return sum(known[1:], known[0]) if known and len(known) == len(amounts) else None

    @property
    def cost_source(self) -> str | None:
        """Who says what it costs.

        ``"provider"``: it told the cost itself. ``"caller"``: the prices given to ``AiClient.create``.
        ``"genai-prices"``: that library. ``"manifest"``: the prices that the manifest states. ``"mixed"``: several of
        them, for the several answers of one call. None where the cost is not known.
        """
        sources = {bill.source for bill in self.bills}
        if not sources or None in sources:
            return None
        return sources.pop() if len(sources) == 1 else "mixed"

    @property
    def prompt_tokens(self) -> int | None:
        return self.usage.prompt_tokens

    @property
    def completion_tokens(self) -> int | None:
        return self.usage.completion_tokens

    @property
    def total_tokens(self) -> int | None:
        return self.usage.total_tokens

    @property
    def reasoning_tokens(self) -> int | None:
        return self.usage.reasoning

    @property
    def cached_tokens(self) -> int | None:
        """Prompt tokens that were read from the provider's cache."""
        return self.usage.cache_read

    @property
    def tokens_per_second(self) -> float | None:
        """Generated tokens a second, counted from the first token where it is known."""
        if self.usage.output is None:
            return None
        elapsed = self.latency_ms - (self.time_to_first_token_ms or 0.0)
        return self.usage.output / elapsed * 1000 if elapsed > 0 else None
