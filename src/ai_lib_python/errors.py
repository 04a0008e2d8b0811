"""Every error of the library, as one tree.

AiLibError
├── ConfigurationError            nothing was sent
│   ├── ManifestError             a manifest is wrong: file, line, key, what was expected
│   ├── UnknownModelError         the "provider/model" string names nothing known
│   ├── MissingKeyError           no API key was found; names the variables
│   ├── ExpiredCredentialsError   the credentials were good once
│   ├── RetiredProviderError      the provider has ended; names its successor
│   ├── NoChatError               the provider has no chat API
│   ├── UnsupportedError          this wire cannot say what was asked for
│   │   └── HistoryError          calls and results of tools in the history do not belong to each other
│   ├── ContextWindowExceeded     the prompt cannot fit into the model's context
│   └── BudgetExceeded            the call may cost more than is left of a budget, or nobody knows how much
├── ToolRoundsExceeded            the model went on asking for tools; ``partial`` has all rounds
├── AnswerError                   an answer came, but not in the type that was asked for; ``partial`` is it
│   ├── OutputTruncated           it ends at the output limit
│   ├── AnswerRefused             the model declined
│   └── InvalidAnswer             it does not fit the type
├── HeldBack                      limits that you set hold the call back; nothing was sent
│   ├── LimitExceeded             its turn would come later than it may wait
│   └── CircuitOpen               the provider fails, and is left alone for a while
├── TransportError                the network, not the provider
│   ├── ConnectionFailed
│   ├── DeadlineExceeded          ``deadline`` names the one that ran out
│   ├── FetchFailed               a file of the request could not be had; nothing was sent to the provider
│   ├── ResponseTooLarge          the server sends more than is taken: of a body, an event, a header
│   ├── IncompleteStream          the stream ended before its end marker; ``partial`` has what came
│   └── StreamInterrupted         the connection broke in mid-stream; ``partial`` has what came
└── RemoteError                   the provider answered with an error
    ├── InvalidRequestError
    │   ├── ContextLengthExceeded
    │   ├── RequestTooLarge
    │   └── ContentFiltered
    ├── AuthenticationError
    ├── PermissionDeniedError
    ├── NotFoundError
    ├── ConflictError
    ├── CancelledByProvider
    ├── RateLimited
    ├── QuotaExhausted
    ├── ServerError
    │   ├── Overloaded
    │   ├── ProviderTimeout
    │   └── MalformedResponse     an answer that is not what the manifest expects
    └── UnknownRemoteError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from decimal import Decimal

    from .limits.standing import RateLimit
    from .response import Attempt, Heard

__all__ = [
    "AiLibError",
    "AnswerError",
    "AnswerRefused",
    "AuthenticationError",
    "BudgetExceeded",
    "CancelledByProvider",
    "CircuitOpen",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailed",
    "ContentFiltered",
    "ContextLengthExceeded",
    "ContextWindowExceeded",
    "DeadlineExceeded",
    "ExpiredCredentialsError",
    "FetchFailed",
    "HeldBack",
    "HistoryError",
    "IncompleteStream",
    "InvalidAnswer",
    "InvalidRequestError",
    "LimitExceeded",
    "MalformedResponse",
    "ManifestError",
    "MissingKeyError",
    "NoChatError",
    "NotFoundError",
    "OutputTruncated",
    "Overloaded",
    "PermissionDeniedError",
    "ProviderTimeout",
    "QuotaExhausted",
    "RateLimited",
    "RemoteError",
    "RequestTooLarge",
    "ResponseTooLarge",
    "RetiredProviderError",
    "ServerError",
    "StreamInterrupted",
    "ToolRoundsExceeded",
    "TransportError",
    "UnknownModelError",
    "UnknownRemoteError",
    "UnsupportedError",
]


class AiLibError(Exception):
    """The base of all errors.

    Attributes:
        provider: id of the manifest in use, where one was.
        model: the model asked for.
        status_code: HTTP status, where there was an answer.
        error_class: one word for the kind of failure, the same for every provider.
        standard_code: ``E1001`` to ``E9999``, fixed for each error class.
        retryable: whether the same request may succeed later.
        retry_after: seconds the provider asks to wait, or None.
        request_id: the provider's id of the request, for its support.
        code: the provider's own error code.
        body: the start of the answer's body, with keys removed.
        partial: the response as far as it came, for errors in mid-stream.
        ledger: every request of the call, as ``CallStats.ledger`` has them; empty where none was sent.
        previous: where other models were asked before, their errors in order.
    """

    error_class: ClassVar[str] = "unknown"
    standard_code: ClassVar[str] = "E9999"
    retryable: bool = False
    ledger: tuple[Attempt, ...] = ()
    _heard: Heard | None = None
    previous: tuple[AiLibError, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        model: str | None = None,
        status_code: int | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        code: str | None = None,
        body: str | None = None,
        partial: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.model = model
        self.status_code = status_code
        if retryable is not None:
            self.retryable = retryable
        self.retry_after = retry_after
        self.request_id = request_id
        self.code = code
        self.body = body
        self.partial = partial

    @property
    def attempts(self) -> int:
        """How many requests the provider saw."""
        return len(self.ledger)

    @property
    def rate_limit(self) -> RateLimit | None:
        """How the provider's own limits stood, as the headers of its answer said; None where nothing is known."""
        return None if self._heard is None else self._heard.rate_limit

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__.copy())


def _rebuild(kind: type[AiLibError], message: str, state: dict[str, Any]) -> AiLibError:
    error = kind.__new__(kind, message)
    error.__dict__.update(state)
    return error


class ConfigurationError(AiLibError):
    """Something is wrong before anything was sent."""

    error_class = "invalid_request"
    standard_code = "E1001"


class ManifestError(ConfigurationError):
    """A manifest is wrong. The message begins with ``file:line`` and names the key."""


class UnknownModelError(ConfigurationError):
    """The model string names no known provider, or has not the form ``provider/model``."""

    error_class = "not_found"
    standard_code = "E1004"


class MissingKeyError(ConfigurationError):
    """No API key was given, none of the manifest's environment variables is set, and none is kept in the keyring."""

    error_class = "authentication"
    standard_code = "E1002"


class ExpiredCredentialsError(ConfigurationError):
    """The credentials have expired and could not be renewed; the message says how to get new ones."""

    error_class = "authentication"
    standard_code = "E1002"


class RetiredProviderError(ConfigurationError):
    """The provider has ended; the message says since when and what replaces it."""

    error_class = "not_found"
    standard_code = "E1004"


class NoChatError(ConfigurationError):
    """The provider makes something else than chat; the message says what."""

    error_class = "not_found"
    standard_code = "E1004"


class UnsupportedError(ConfigurationError):
    """This wire cannot express what was asked for; the message names it.

    Attributes:
        places: where in the conversation it is, where it is there: indexes of message and part.
    """

    places: tuple[tuple[int, int | None], ...] = ()
    _where: tuple[Any, ...] = ()  # what becomes the places


class HistoryError(UnsupportedError):
    """The conversation does not hold together: calls and results of tools do not belong to each other."""


class ContextWindowExceeded(ConfigurationError):
    """The prompt is longer than the model's context, whatever a token is, so it was not sent.

    Attributes:
        least_tokens: how many tokens the prompt has at least.
        window: how many the model takes.
    """

    error_class = "request_too_large"
    standard_code = "E1005"

    def __init__(self, message: str, *, least_tokens: int = 0, window: int = 0, **more: Any) -> None:
        super().__init__(message, **more)
        self.least_tokens = least_tokens
        self.window = window


class BudgetExceeded(ConfigurationError):
    """A call may cost more than is left of a budget, or nobody can tell how much it may cost. Nothing was sent.

    Attributes:
        budget: the whole budget, in US dollars.
        spent: what of it was spent.
        reserved: what calls under way may still spend.
        worst_case: the most that the refused call can cost; None where that is not known, and the message says what
            would make it known.
    """

    error_class = "quota_exhausted"
    standard_code = "E2002"

    def __init__(
        self,
        message: str,
        *,
        budget: Decimal | None = None,
        spent: Decimal | None = None,
        reserved: Decimal | None = None,
        worst_case: Decimal | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.budget = budget
        self.spent = spent
        self.reserved = reserved
        self.worst_case = worst_case


class ToolRoundsExceeded(AiLibError):
    """The model asked for tools in more rounds than allowed. ``partial`` is the last answer, with all rounds."""


class AnswerError(AiLibError):
    """An answer came, but not one of the type that was asked for. ``partial`` is the whole response."""


class OutputTruncated(AnswerError):
    """The answer ends where its limit of tokens was reached, so it was not even read; ``max_tokens`` may be too low."""


class AnswerRefused(AnswerError):
    """The model declined to answer; ``partial.refusal`` has its words where the wire tells them apart."""


class InvalidAnswer(AnswerError):
    """The answer is no JSON, or does not fit the type; the message says where."""


class HeldBack(AiLibError):
    """Limits that were set for the client hold the call back. Nothing was sent; another provider may take it."""

    error_class = "rate_limited"
    standard_code = "E2001"
    retryable = True


class LimitExceeded(HeldBack):
    """The turn of a call would come later than it may wait for it.

    Attributes:
        limit: what it would wait for: ``requests``, ``tokens``, ``concurrency``, ``line`` (those who came before it) or
            ``provider`` (which said so itself).
    """

    def __init__(self, message: str, *, limit: str = "", **context: Any) -> None:
        super().__init__(message, **context)
        self.limit = limit


class CircuitOpen(HeldBack):
    """The provider has failed so often that it is left alone; ``retry_after`` says for how many seconds."""

    error_class = "overloaded"
    standard_code = "E3002"


class TransportError(AiLibError):
    """The network failed, not the provider."""

    error_class = "server_error"
    standard_code = "E3001"
    retryable = True


class ConnectionFailed(TransportError):
    """No connection could be made, or it broke before the answer began.

    Attributes:
        may_have_arrived: whether the provider may have the request; False where there was no connection at all.
    """

    may_have_arrived: bool = True


class DeadlineExceeded(TransportError):
    """A deadline ran out. In mid-stream, ``partial`` is the response so far.

    Attributes:
        deadline: which one, of ``Timeouts``: ``"connect"``, ``"first_token"``, ``"idle"`` or ``"total"``.
    """

    error_class = "timeout"
    standard_code = "E3003"

    def __init__(self, message: str, *, deadline: str = "total", **context: Any) -> None:
        super().__init__(message, **context)
        self.deadline = deadline


class FetchFailed(TransportError):
    """A file of the request could not be fetched from its address; nothing was sent to the provider."""


class ResponseTooLarge(TransportError):
    """The server sends more than is taken: a body, an event, a header without end. The message names the limit.

    ``partial`` is the response so far, where a stream had begun. It would be so again, so it is not retried;
    ``max_response_bytes=`` of a client sets the limit of bodies and events.
    """

    retryable = False


class IncompleteStream(TransportError):
    """The stream ended without its end marker. ``partial`` is the response so far."""


class StreamInterrupted(TransportError):
    """The connection broke in mid-stream. ``partial`` is the response so far."""


class RemoteError(AiLibError):
    """The provider answered with an error."""


class InvalidRequestError(RemoteError):
    """The provider refuses the request as it stands."""

    error_class = "invalid_request"
    standard_code = "E1001"


class ContextLengthExceeded(InvalidRequestError):
    """Prompt and answer together are longer than the model's context."""

    error_class = "request_too_large"
    standard_code = "E1005"


class RequestTooLarge(InvalidRequestError):
    """The request's body is larger than the provider takes."""

    error_class = "request_too_large"
    standard_code = "E1005"


class ContentFiltered(InvalidRequestError):
    """The provider's content policy blocked the request; or an answer that was wanted in a type: ``partial``."""


class AuthenticationError(RemoteError):
    """The key is wrong, expired, or missing."""

    error_class = "authentication"
    standard_code = "E1002"


class PermissionDeniedError(RemoteError):
    """The key may not do this."""

    error_class = "permission_denied"
    standard_code = "E1003"


class NotFoundError(RemoteError):
    """No such model or endpoint."""

    error_class = "not_found"
    standard_code = "E1004"


class ConflictError(RemoteError):
    """The request conflicts with another one."""

    error_class = "conflict"
    standard_code = "E4001"
    retryable = True


class CancelledByProvider(RemoteError):
    """The provider gave the request up."""

    error_class = "cancelled"
    standard_code = "E4002"


class RateLimited(RemoteError):
    """Too many requests or tokens in too short a time."""

    error_class = "rate_limited"
    standard_code = "E2001"
    retryable = True


class QuotaExhausted(RemoteError):
    """The account's money or quota is used up; waiting does not help."""

    error_class = "quota_exhausted"
    standard_code = "E2002"


class ServerError(RemoteError):
    """The provider failed."""

    error_class = "server_error"
    standard_code = "E3001"
    retryable = True


class Overloaded(ServerError):
    """The provider has no capacity at the moment."""

    error_class = "overloaded"
    standard_code = "E3002"


class ProviderTimeout(ServerError):
    """The provider says that it ran out of time."""

    error_class = "timeout"
    standard_code = "E3003"


class MalformedResponse(ServerError):
    """The answer is not what the manifest expects: a proxy's page, cut JSON, wrong types."""


class UnknownRemoteError(RemoteError):
    """An error that the manifest does not classify."""


REMOTE_ERRORS: dict[str, type[RemoteError]] = {
    "invalid_request": InvalidRequestError,
    "context_length": ContextLengthExceeded,
    "request_too_large": RequestTooLarge,
    "content_filtered": ContentFiltered,
    "authentication": AuthenticationError,
    "permission_denied": PermissionDeniedError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "cancelled": CancelledByProvider,
    "rate_limited": RateLimited,
    "quota_exhausted": QuotaExhausted,
    "server_error": ServerError,
    "overloaded": Overloaded,
    "timeout": ProviderTimeout,
    "unknown": UnknownRemoteError,
}
"""The words that a manifest's error tables may use, and what each raises."""
