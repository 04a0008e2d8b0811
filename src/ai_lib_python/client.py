"""The client: a provider, a model, and the way to ask it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .chat import ChatRequestBuilder
from .errors import ConfigurationError
from .message import Content, Message
from .validate import some_messages

if TYPE_CHECKING:
    from decimal import Decimal
    from ssl import SSLContext

    from typing_extensions import Self  # for type checkers only; not installed with us

    from ._engine.caller import Caller
    from ._engine.fallback_caller import FallbackCaller
    from ._wire.http import Transport
    from .capabilities import Capabilities, ModelInfo
    from .conversation import Conversation
    from .fallback import Fallback
    from .limits.settings import Limits
    from .money.budget import Budget
    from .money.prices import Prices
    from .money.totals import ClientUsage
    from .retries import Retries
    from .timeouts import Timeouts

__all__ = ["AiClient", "AiClientBuilder"]


class AiClient:
    """Talks to one model of one provider. Safe to share between tasks, loops and threads.

    Make one with ``await AiClient.create("provider/model")``. Close it with ``await
    client.aclose()`` or use it as ``async with``; until then it keeps its connections.

    Attributes:
        model: the model, by the provider's own name for it.
    """

    def __init__(
        self,
        caller: Caller,
        model: str,
        *,
        timeout: float | Timeouts | None = None,
        max_retries: int | Retries | None = None,
        fallback: Fallback | None = None,
    ) -> None:
        from ._engine.terms import terms_of  # not needed by whoever only imports us

        self.model = model
        self._caller = caller
        self._timeout = timeout
        self._max_retries = max_retries
        self._terms = terms_of(timeout, max_retries)
        self._asks: Caller | FallbackCaller = caller
        if fallback is not None:
            from ._engine.fallback_caller import with_fallback  # for who has others

            self._asks = with_fallback(caller, model, fallback)

    @classmethod
    async def create(
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
        """A client for ``"provider/model"``. Reads one manifest; touches no network.

        Args:
            model: provider and model, split at the first slash; ``"simulator/<dialect>"`` needs no key.
            api_key: the key; without it the manifest's environment variables are asked, in order.
            base_url: another address for the provider's API. It needs an explicit ``api_key``.
            timeout: seconds for each whole call, at least 0.001; or ``Timeouts`` with several deadlines, some of which
                hold even where nothing is given.
            max_retries: how often a call that failed for a while is tried again, 0 or more; 2 if not given. ``Retries``
                say more.
            manifest: a manifest file, or a mapping, in place of the bundled one.
            manifest_dir: a folder with manifests of your own, looked into first.
            variables: values for the placeholders of the base URL, such as ``{"resource": "my-company"}``.
            on_unsupported: what to do where the provider does not take a parameter:
                ``"warn"`` and go on, raise an ``"error"``, or ``"ignore"`` it. ``adjustments`` always tell.
            api: which of the provider's APIs to use, such as ``"responses"``; without it the manifest chooses for each
                request. `ai-lib providers show ID` lists them.
            credentials: a credential of several parts in place of a key, such as
                ``{"access_key_id": ..., "secret_access_key": ...}`` where requests are signed.
            check_context: refuse a prompt that cannot fit into the model's context before it is sent; see
                ``ContextWindowExceeded``.
            transport: how requests are sent, for tests.
            prices: what models cost, by their names or patterns of them: ``Prices``, or a mapping with their names.
                They count before all other prices, though not before a cost that the provider tells.
            verify: the certificates that servers are checked against, where the system's own (or those of the variable
                ``SSL_CERT_FILE``) will not do: ``ssl.create_default_context(cafile="company.pem")``.
            max_response_bytes: the most bytes that a whole answer may have, and that a stream may send without an
                event, at least 1024; 256 MiB where nothing is said. More is a ``ResponseTooLarge``.
            limits: how much may be sent, and when to leave a failing provider alone; clients that are given the same
                ``Limits`` share them.
            fallback: other models for the calls that this one fails, as ``"provider/model"`` or as clients; or a
                ``Fallback``, which says more.

        Raises:
            UnknownModelError: the model string names no known provider.
            ManifestError: the manifest is wrong; the message gives file, line and key.
            RetiredProviderError: the provider has ended and no ``base_url`` was given.
            NoChatError: the provider has no chat API.
            ConfigurationError: the address is no URL, or a part of it is missing.
            TypeError, ValueError: an option is of the wrong type or out of range.
        """
        from ._engine.connect import Own, Shared, connect  # not needed by whoever only imports us
        from ._engine.terms import terms_of

        terms_of(timeout, max_retries)  # what is wrong with them is told first
        others = None if fallback is None else _some_fallback(fallback)
        own = Own(
            api_key=api_key,
            base_url=base_url,
            manifest=manifest,
            variables=variables,
            api=api,
            credentials=credentials,
            prices=prices,
        )
        shared = Shared(
            manifest_dir=manifest_dir,
            on_unsupported=on_unsupported,
            check_context=check_context,
            transport=transport,
            verify=verify,
            max_response_bytes=max_response_bytes,
            limits=limits,
        )
        caller, name = connect(model, own, shared)
        return cls(caller, name, timeout=timeout, max_retries=max_retries, fallback=others)

    @staticmethod
    def builder() -> AiClientBuilder:
        """The same options, one method each."""
        return AiClientBuilder()

    def chat(self) -> ChatRequestBuilder:
        """A new request; requests share nothing with each other."""
        return ChatRequestBuilder(self._asks, self.model, self._terms)

    def conversation(
        self,
        system: Content | None = None,
        *,
        messages: Iterable[Message] = (),
        configure: Callable[[ChatRequestBuilder], object] | None = None,
    ) -> Conversation:
        """A conversation that keeps its turns.

        Args:
            system: instructions for the model, in front of everything.
            messages: a history to go on from.
            configure: sets the parameters of each turn: ``lambda request: request.temperature(0).tools([weather])``.

        Raises:
            TypeError, ValueError: a parameter is of the wrong type or out of range, or ``configure`` adds messages.
        """
        from .conversation import Conversation  # for who holds one

        before = () if system is None else (Message.system(system),)
        return Conversation(self.chat, (*before, *some_messages(messages)), configure)

    async def list_models(self) -> list[str]:
        """The names by which the provider's models are called, in its own order.

        Raises:
            UnsupportedError: the provider has no list that is known.
            RemoteError, TransportError: the provider, or the network, failed.
        """
        return await self._caller.list_models(self._terms)

    async def list_model_info(self) -> list[ModelInfo]:
        """What the provider's list says of each model: sizes and kinds of content, where it tells them, and all else.

        Raises:
            UnsupportedError: the provider has no list that is known.
            RemoteError, TransportError: the provider, or the network, failed.
        """
        return await self._caller.list_details(self._terms)

    async def model_info(self) -> ModelInfo | None:
        """What the provider's list says of this client's model; None where the model is not in it.

        Raises:
            UnsupportedError, RemoteError, TransportError: as ``list_model_info``.
        """
        return next((each for each in await self.list_model_info() if each.id == self.model), None)

    @property
    def capabilities(self) -> Capabilities:
        """What is known of this client's model: sizes, kinds of content, what it can be asked for, its end.

        Asks nobody.
        """
        return self._caller.capabilities(self.model)

    @property
    def usage(self) -> ClientUsage:
        """What all calls of this client came to, up to now: requests, tokens and cost."""
        return self._caller.account.usage

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

        self._caller.account.budget = a_budget(usd, prompt_tokens)
        return self._caller.account.budget

    @property
    def timeout(self) -> float | Timeouts | None:
        """The deadlines of each call, as they were given: ``Timeouts``, or seconds for the whole of it."""
        return self._timeout

    @property
    def max_retries(self) -> int | Retries | None:
        """How often a call is tried again, as it was given: a number, or ``Retries``; None is 2."""
        return self._max_retries

    @property
    def provider(self) -> str:
        """Id of the provider's manifest."""
        return self._caller.target.manifest.id

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return self._caller.target.base_url

    async def aclose(self) -> None:
        """Closes the connections. A closed client opens new ones if it is used again."""
        await self._caller.aclose()

    async def __aenter__(self) -> AiClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AiClient({self.provider}/{self.model})"


def _some_fallback(
    given: Fallback | Iterable[Any], on: Collection[str] | None = None, hedge_after: float | None = None
) -> Fallback:
    from .fallback import some_fallback  # for who has others

    return some_fallback(given, on, hedge_after)


class ClientOptions:
    """The options of ``AiClient.create``, one method each."""

    def __init__(self) -> None:
        self._model: str | None = None
        self._options: dict[str, Any] = {}

    def model(self, model: str) -> Self:
        """``"provider/model"``"""
        self._model = model
        return self

    def api_key(self, key: str) -> Self:
        """The key, in place of the environment's."""
        return self._with("api_key", key)

    def base_url(self, url: str) -> Self:
        """Another address for the provider's API."""
        return self._with("base_url", url)

    def timeout(self, timeout: float | Timeouts) -> Self:
        """Seconds for each whole call, at least 0.001; or ``Timeouts`` with several deadlines."""
        return self._with("timeout", timeout)

    def max_retries(self, retries: int | Retries) -> Self:
        """How often a call that failed for a while is tried again, 0 or more; or ``Retries``, which say more."""
        return self._with("max_retries", retries)

    def manifest(self, manifest: str | PathLike[str] | Mapping[str, Any]) -> Self:
        """A manifest file, or a mapping, in place of the bundled one."""
        return self._with("manifest", manifest)

    def manifest_dir(self, folder: str | PathLike[str]) -> Self:
        """A folder with manifests of your own, looked into first."""
        return self._with("manifest_dir", folder)

    def variables(self, variables: Mapping[str, str]) -> Self:
        """Values for the placeholders of the base URL."""
        return self._with("variables", variables)

    def on_unsupported(self, policy: str) -> Self:
        """``"warn"``, ``"error"`` or ``"ignore"`` where the provider does not take a parameter."""
        return self._with("on_unsupported", policy)

    def api(self, name: str) -> Self:
        """Which of the provider's APIs to use, such as ``"responses"``."""
        return self._with("api", name)

    def credentials(self, parts: Mapping[str, str]) -> Self:
        """A credential of several parts, in place of a key."""
        return self._with("credentials", parts)

    def check_context(self, check: bool) -> Self:
        """Whether a prompt that cannot fit into the model's context is refused before it is sent."""
        return self._with("check_context", check)

    def transport(self, transport: Transport) -> Self:
        """How requests are sent, for tests."""
        return self._with("transport", transport)

    def prices(self, prices: Mapping[str, Prices | Mapping[str, Any]]) -> Self:
        """What models cost, by their names or patterns of them."""
        return self._with("prices", prices)

    def verify(self, context: SSLContext) -> Self:
        """The certificates that servers are checked against, in place of the system's."""
        return self._with("verify", context)

    def max_response_bytes(self, count: int) -> Self:
        """The most bytes that a whole answer may have, and that a stream may send without an event."""
        return self._with("max_response_bytes", count)

    def limits(self, limits: Limits) -> Self:
        """How much may be sent, and when to leave a failing provider alone."""
        return self._with("limits", limits)

    def fallback(
        self, models: Fallback | Iterable[Any], *, on: Collection[str] | None = None, hedge_after: float | None = None
    ) -> Self:
        """Other models for the calls that this one fails; the options are those of a request's ``fallback``."""
        return self._with("fallback", _some_fallback(models, on, hedge_after))

    def _wanted(self) -> str:
        """The model that was given.

        Raises:
            ConfigurationError: none was.
        """
        if self._model is None:
            raise ConfigurationError('the builder needs a model: .model("provider/model")')
        return self._model

    def _with(self, name: str, value: Any) -> Self:
        self._options[name] = value
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._model!r}, options: {', '.join(self._options) or 'none'})"


class AiClientBuilder(ClientOptions):
    """``AiClient.create`` with one method for each option."""

    async def build(self) -> AiClient:
        """The client.

        Raises:
            ConfigurationError: no model was given; and all that ``AiClient.create`` raises.
        """
        return await AiClient.create(self._wanted(), **self._options)
