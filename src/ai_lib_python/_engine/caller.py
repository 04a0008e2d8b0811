"""What a client does its calls with: where they go, how they are sent, and what it says of adjustments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from .._forks import a_lock
from .._wire.redact import hide_keys, hide_values
from ..errors import AiLibError, UnsupportedError
from ..message import holds_files
from ..preview import RequestPreview
from ..request import ChatRequest
from ..response import Adjustment, CallStats, ChatResponse
from ..warnings import AdjustmentWarning, SunsetWarning
from .account import Account, estimate_of, worst_case_of
from .answer_stream import AnswerRun
from .call import execute
from .order import Order
from .prepare import Prepared, adjustments_of, prepare
from .stream import ChatStream, read_whole
from .target import Target, Targets, program_of
from .terms import Terms
from .warn import warn_once

if TYPE_CHECKING:
    from .._types.answers import AnswerType
    from .._wire.http import Transport
    from ..capabilities import Capabilities, ModelInfo
    from .answer_forms import Form
    from .connect import Shared
    from .falling import Route
    from .relatives import Relatives

POLICIES = ("warn", "error", "ignore")
UNEXPECTED = frozenset({"dropped", "clamped", "replaced"})
"""The adjustments that change what was asked for."""

ALWAYS_FITS = 8192
"""Bytes of a body that no model's context is held against: no more than the smallest ones take."""


class Caller:
    """Performs the calls of one client."""

    def __init__(
        self,
        targets: Targets,
        api: str | None,
        shared: Shared,
        *,
        connect_another: Callable[[str], tuple[Caller, str]],
    ) -> None:
        """``connect_another`` makes the caller of another model, with the same options that are no one provider's."""
        if shared.on_unsupported not in POLICIES:
            raise ValueError(f"on_unsupported must be one of {', '.join(POLICIES)}, got {shared.on_unsupported!r}")
        self.target = targets.of(api)
        self._targets = targets
        self._chooses = api is None and "routes" in self.target.manifest.data
        self._transport = shared.transport
        self._verify = shared.verify
        self.account = Account()
        self.limits = shared.limits
        self._lock = a_lock()
        self._on_unsupported = shared.on_unsupported
        self._checks_context = shared.check_context
        self._capabilities: dict[str, Capabilities] = {}
        self._connect_another = connect_another
        self._relatives: Relatives | None = None

    async def execute(
        self, request: ChatRequest, terms: Terms, orders: list[Order] | None = None
    ) -> tuple[ChatResponse, CallStats]:
        """One plain call. It is put into ``orders``, for who wants to know of a call that was cancelled."""
        target = self._target_of(request, stream=False)
        if target.program(request.model)[1].streams_only:
            return await read_whole(self._stream(target, request, terms, orders))
        order = Order(self, target, request, terms, stream=False)
        if orders is not None:
            orders.append(order)
        watch = order.watch
        watch.waits()
        try:
            try:
                return await self._attempt(order)
            except AiLibError as error:
                failure = error
            return await self._attempts_after(failure, order)
        finally:
            watch.stop()

    async def _attempts_after(self, failure: AiLibError, order: Order) -> tuple[ChatResponse, CallStats]:
        """All attempts but the first, which failed."""
        attempts = order.attempts()
        while True:
            await attempts.after(failure)
            try:
                response, stats = await self._attempt(order)
            except AiLibError as error:
                failure = error
            else:
                return response, attempts.together(stats)

    async def _attempt(self, order: Order) -> tuple[ChatResponse, CallStats]:
        """Sends the request once."""
        hold = prepared = None
        try:
            if order.limits is None:
                prepared = await order.prepared()
                hold = order.hold(prepared)
            else:
                prepared, hold = await order.entered(order.limits)
            order.watch.sends(prepared.http)
            response, stats = await execute(self.sender(), order, prepared)
        except BaseException as error:
            failure = order.watch.verdict(error)
            if hold is not None and prepared is not None:
                hold.failed(failure, prepared)
            if not isinstance(failure, AiLibError) or failure is error:
                raise
        else:
            hold.answered(stats)
            return response, stats
        raise order.knows(failure)

    def stream(self, request: ChatRequest, terms: Terms, orders: list[Order] | None = None) -> ChatStream:
        """One streamed call, not sent yet."""
        return self._stream(None, request, terms, orders)

    def _stream(
        self, target: Target | None, request: ChatRequest, terms: Terms, orders: list[Order] | None
    ) -> ChatStream:
        """A streamed call to a target that is known, or is to be found."""

        def order() -> Order:
            there = target or self._target_of(request, stream=True)
            made = Order(self, there, request, terms, stream=True)
            if orders is not None:
                orders.append(made)
            return made

        return ChatStream(AnswerRun(self.sender(), order))

    def preview(self, request: ChatRequest, *, stream: bool) -> RequestPreview:
        """The request as it would be sent, without a key."""
        target = self._target_of(request, stream=stream)
        stream = stream or target.program(request.model)[1].streams_only
        shown = msgspec.structs.replace(request, extra_query=hide_values(request.extra_query or {}))
        told: tuple[Adjustment, ...] = ()
        if holds_files(request.messages):
            from .files import with_files_shown  # for who has files

            shown, changed, fetched = with_files_shown(*target.program(shown.model), shown)
            told = (*fetched, *changed)
        prepared = prepare(target, shown, stream=stream, credential=target.shown_credential())
        http = prepared.http
        body = msgspec.json.decode(http.body) if http.body else None
        headers = {**http.headers, **hide_keys(request.extra_headers or {})}
        estimate, worst_case = estimate_of(request, prepared), worst_case_of(request, prepared)
        adjustments = (*told, *prepared.adjustments)
        return RequestPreview(http.method, http.url, headers, body, adjustments, estimate.tokens, worst_case)

    def adjustments_of(self, request: ChatRequest, *, stream: bool) -> tuple[Adjustment, ...]:
        """What a request would be sent otherwise than asked; nothing is sent, and no key is needed."""
        target = self._target_of(request, stream=stream)
        if not holds_files(request.messages):
            return adjustments_of(target, request, stream=stream)
        from .files import with_files_shown  # for who has files

        settled, changed, fetched = with_files_shown(*target.program(request.model), request)
        return (*fetched, *changed, *adjustments_of(target, settled, stream=stream))

    async def list_models(self, terms: Terms) -> list[str]:
        """The names by which the provider's models are called."""
        from .list_models import list_models  # for who asks

        return await list_models(self._targets.of(None), self.sender(), terms)

    async def list_details(self, terms: Terms) -> list[ModelInfo]:
        """What the provider's list says of each model."""
        from .list_models import list_details  # for who asks

        return await list_details(self._targets.of(None), self.sender(), terms)

    def for_type(self, request: ChatRequest, kind: AnswerType[Any], *, stream: bool) -> tuple[Caller, Form]:
        """Who asks for an answer of a type, and in which form.

        Raises:
            UnsupportedError: the wire cannot say the request at all.
        """
        from .answer_forms import best_form  # for who wants types

        return self, best_form(self, request, kind, stream=stream)

    def route_to(self, model: str) -> Route:
        """The way to ``"provider/model"``, for calls that this one's model fails; to its own provider it is its own.

        Raises:
            ConfigurationError: there is no such provider, or it is not to be spoken to.
        """
        from .falling import Route  # for who falls back
        from .relatives import Relatives

        provider, _, name = model.partition("/")
        if name and provider == self.target.manifest.id:
            return Route(self, name)
        with self._lock:
            if self._relatives is None:
                self._relatives = Relatives(self._connect_another, self.account)
            return self._relatives.route(model)

    def capabilities(self, model: str) -> Capabilities:
        """What can be asked of a model; found out once."""
        known = self._capabilities.get(model)
        if known is None:
            from .capabilities import capabilities_of  # for who asks

            found = capabilities_of(lambda request: self._target_of(request, stream=False), model)
            known = self._capabilities[model] = found
        return known

    async def aclose(self) -> None:
        """Closes its connections, and those of its relatives."""
        if self._transport is not None:
            await self._transport.aclose()
        if self._relatives is not None:
            await self._relatives.aclose()

    def _target_of(self, request: ChatRequest, *, stream: bool) -> Target:
        """Where a request goes: the API that it or the client names, else the one that the manifest's routes say."""
        if request.api is not None:
            return self._targets.of(request.api)
        if not self._chooses:
            return self.target
        api = program_of(self.target.manifest).route(request, stream)
        return self.target if api is None else self._targets.of(api)

    def tell(self, request: ChatRequest, prepared: Prepared) -> None:
        """Says of a call everything that has to be said, or refuses it."""
        if len(prepared.http.body) > ALWAYS_FITS and self._checks_context:
            from .context_window import check_window  # for long requests

            check_window(prepared.target, request, prepared.http.body)
        if prepared.manifest.sunset is not None:
            _tell_sunset(prepared)
        if prepared.adjustments and self._on_unsupported != "ignore":
            for adjustment in prepared.adjustments:
                if adjustment.action in UNEXPECTED:
                    self._tell(prepared, adjustment)

    def _tell(self, prepared: Prepared, adjustment: Adjustment) -> None:
        """Warns of, or refuses, what went otherwise than asked."""
        text = (
            f"{prepared.manifest.id}/{prepared.model}: {adjustment.parameter} was {adjustment.action} "
            f"({adjustment.reason}); given {adjustment.given!r}, sent {adjustment.sent!r}"
        )
        if self._on_unsupported == "error":
            raise UnsupportedError(text, provider=prepared.manifest.id, model=prepared.model)
        told = (prepared.manifest.id, prepared.model, adjustment.parameter, adjustment.action)
        warn_once(told, text, AdjustmentWarning)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds connections and a key and cannot be pickled: make one in each process")

    def sender(self) -> Transport:
        with self._lock:  # threads that send their first request at once must share one
            if self._transport is None:
                from .._wire.aiohttp_transport import AiohttpTransport  # the HTTP library: only for who sends

                self._transport = AiohttpTransport(verify=self._verify)
            return self._transport


def _tell_sunset(prepared: Prepared) -> None:
    """Warns, once, of a model that ends soon or has ended."""
    from .sunset import notice, today  # for models with an end

    manifest = prepared.manifest
    text = notice(manifest, prepared.model, today())
    if text is not None:
        warn_once((manifest.id, prepared.model), text, SunsetWarning)
