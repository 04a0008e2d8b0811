"""A caller that asks other models where one fails, with the face of the one who asks the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import msgspec

from ..fallback import Fallback
from ..request import ChatRequest
from ..response import Adjustment, CallStats, ChatResponse
from .answer_forms import Form, best_form
from .falling import Falling, Route
from .stream import ChatStream
from .terms import Terms

if TYPE_CHECKING:
    from .._types.answers import AnswerType
    from ..preview import RequestPreview
    from .account import Account
    from .caller import Caller
    from .order import Order
    from .target import Target

OWN = ("extra_body", "extra_headers", "extra_query")
"""What a request says in one provider's words."""

NOT_THEIRS = "it is written for another provider"


class Asked(msgspec.Struct, frozen=True):
    """A request as one model gets it."""

    form: Form
    told: tuple[Adjustment, ...]

    def answered(self, response: ChatResponse) -> ChatResponse:
        """The model's answer, in the words of the request."""
        plain = self.form.plain(response)
        return msgspec.structs.replace(plain, adjustments=(*self.told, *plain.adjustments)) if self.told else plain


class FallbackCaller:
    """Performs calls with the first of several models that answers."""

    def __init__(self, routes: tuple[Route, ...], fallback: Fallback, kind: AnswerType[Any] | None = None) -> None:
        """``kind`` is the type in which answers are wanted: each model is asked for it in its own best way."""
        self.routes = routes
        self.fallback = fallback
        self._kind = kind

    def for_type(self, request: ChatRequest, kind: AnswerType[Any], *, stream: bool) -> tuple[FallbackCaller, Form]:
        """Who asks for an answer of a type; in which form is up to each model."""
        return FallbackCaller(self.routes, self.fallback, kind), Form(request)

    async def execute(self, request: ChatRequest, terms: Terms) -> tuple[ChatResponse, CallStats]:
        """One plain call."""

        async def ask(route: Route, terms: Terms, orders: list[Order]) -> tuple[ChatResponse, CallStats]:
            asked = self.asked(route, request, stream=False)
            response, stats = await route.caller.execute(asked.form.request, terms, orders)
            return asked.answered(response), stats

        falling = self.falling(terms)
        response, stats = await falling.first(ask)
        return response, falling.whole(stats)

    def stream(self, request: ChatRequest, terms: Terms) -> ChatStream:
        """One streamed call, not sent yet."""
        from .fallback_stream import FallbackRun  # for who streams

        return ChatStream(FallbackRun(self, request, terms))

    def falling(self, terms: Terms) -> Falling:
        """A call on its way through the models."""
        return Falling(self.routes, self.fallback, terms)

    def asked(self, route: Route, request: ChatRequest, *, stream: bool) -> Asked:
        """The request as a model gets it.

        Raises:
            UnsupportedError: its wire cannot say it.
        """
        theirs, told = (request, ()) if route is self.routes[0] else self._for_others(route, request)
        form = Form(theirs) if self._kind is None else best_form(route.caller, theirs, self._kind, stream=stream)
        return Asked(form, told)

    def _for_others(self, route: Route, request: ChatRequest) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
        """The request for a model that it was not written for, and what it lost on the way."""
        if route.provider == self.routes[0].provider:
            return msgspec.structs.replace(request, model=route.model), ()
        lost = {name: getattr(request, name) for name in OWN if getattr(request, name)}
        told = tuple(Adjustment(name, "dropped", NOT_THEIRS, given) for name, given in lost.items())
        return msgspec.structs.replace(request, model=route.model, api=None, **dict.fromkeys(lost)), told

    # What only the first model is asked.

    @property
    def first(self) -> Caller:
        return self.routes[0].caller

    @property
    def account(self) -> Account:
        return self.first.account

    @property
    def target(self) -> Target:
        return self.first.target

    def preview(self, request: ChatRequest, *, stream: bool) -> RequestPreview:
        """The request as it would be sent to the first model."""
        return self.first.preview(request, stream=stream)

    def adjustments_of(self, request: ChatRequest, *, stream: bool) -> tuple[Adjustment, ...]:
        """What the first model would be asked otherwise."""
        return self.first.adjustments_of(request, stream=stream)


AnyCaller = Union["Caller", FallbackCaller]
"""Who performs calls."""


def with_fallback(caller: AnyCaller, model: str, fallback: Fallback) -> FallbackCaller:
    """A caller that asks the other models where this one's fails.

    Raises:
        TypeError: one of them is neither a text nor a client.
        ConfigurationError: there is no such provider, or it is not to be spoken to.
    """
    first = caller.first if isinstance(caller, FallbackCaller) else caller
    others = (_route(first, each) for each in fallback.models)
    return FallbackCaller((Route(first, model), *others), fallback)


def _route(first: Caller, model: Any) -> Route:
    if isinstance(model, str):
        return first.route_to(model)
    client = getattr(model, "_client", model)  # the blocking client has one behind it
    caller = getattr(client, "_caller", None)
    if caller is None:
        raise TypeError(f'fallback takes models like "provider/model", or clients; got {model!r}')
    return Route(caller, client.model)
