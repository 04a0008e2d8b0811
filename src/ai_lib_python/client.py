"""The client: a provider, a model, and the way to ask it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from ._engine.call import execute
from ._engine.prepare import Prepared, prepare
from ._engine.target import Target
from ._manifest.load import load, load_file
from ._wire.redact import HIDDEN, redact_headers
from .chat import ChatRequestBuilder
from .errors import ConfigurationError, UnknownModelError, UnsupportedError
from .preview import RequestPreview
from .request import ChatRequest
from .response import Adjustment, CallStats, ChatResponse
from .validate import a_number, a_text

if TYPE_CHECKING:
    from ._engine.keys import Credential
    from ._engine.stream import ChatStream
    from ._manifest.manifest import Manifest
    from ._wire.http import Transport

__all__ = ["AdjustmentWarning", "AiClient", "AiClientBuilder"]

ManifestSource = "str | PathLike[str] | Mapping[str, Any]"
POLICIES = ("warn", "error", "ignore")
UNEXPECTED = frozenset({"dropped", "clamped", "replaced"})
"""The adjustments that change what was asked for."""

SIMULATOR = "simulator"


class AdjustmentWarning(UserWarning):
    """A parameter went out otherwise than it was given. Told once for each provider, model and parameter."""


class AiClient:
    """Talks to one model of one provider. Safe to share between tasks, loops and threads.

    Make one with ``await AiClient.create("provider/model")``. Close it with ``await
    client.aclose()`` or use it as ``async with``; until then it keeps its connections.
    """

    def __init__(
        self,
        target: Target,
        model: str,
        *,
        timeout: float | None = None,
        transport: Transport | None = None,
        on_unsupported: str = "warn",
    ) -> None:
        self.model = model
        self.timeout = timeout
        self._target = target
        self._transport = transport
        self._on_unsupported = on_unsupported

    @classmethod
    async def create(
        cls,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        manifest: str | PathLike[str] | Mapping[str, Any] | None = None,
        manifest_dir: str | PathLike[str] | None = None,
        variables: Mapping[str, str] | None = None,
        on_unsupported: str = "warn",
        transport: Transport | None = None,
    ) -> AiClient:
        """A client for ``"provider/model"``. Reads one manifest; touches no network.

        Args:
            model: provider and model, split at the first slash; ``"simulator/<dialect>"`` needs no key.
            api_key: the key; without it the manifest's environment variables are asked, in order.
            base_url: another address for the provider's API. It needs an explicit ``api_key``.
            timeout: seconds for each whole call; None waits as long as it takes.
            manifest: a manifest file, or a mapping, in place of the bundled one.
            manifest_dir: a folder with manifests of your own, looked into first.
            variables: values for the placeholders of the base URL, such as ``{"resource": "my-company"}``.
            on_unsupported: what to do where the provider does not take a parameter:
                ``"warn"`` and go on, raise an ``"error"``, or ``"ignore"`` it; always told in ``adjustments``.
            transport: how requests are sent, for tests.

        Raises:
            UnknownModelError: the model string names no known provider.
            ManifestError: the manifest is wrong; the message gives file, line and key.
            RetiredProviderError: the provider has ended and no ``base_url`` was given.
        """
        return _create(
            model,
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            manifest=manifest,
            manifest_dir=manifest_dir,
            variables=variables,
            on_unsupported=on_unsupported,
            transport=transport,
        )

    @staticmethod
    def builder() -> AiClientBuilder:
        """The same options, one method each."""
        return AiClientBuilder()

    def chat(self) -> ChatRequestBuilder:
        """A new request; requests share nothing with each other."""
        return ChatRequestBuilder(self)

    @property
    def provider(self) -> str:
        """Id of the provider's manifest."""
        return self._target.manifest.id

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return self._target.base_url

    async def aclose(self) -> None:
        """Closes the connections. A closed client opens new ones if it is used again."""
        if self._transport is not None:
            await self._transport.aclose()

    async def __aenter__(self) -> AiClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AiClient({self.provider}/{self.model})"

    async def _execute(self, request: ChatRequest, timeout: float | None) -> tuple[ChatResponse, CallStats]:
        prepared = self._prepare(request, stream=False, timeout=timeout)
        return await execute(self._sender(), prepared, self._target.secrets)

    def _stream(self, request: ChatRequest, timeout: float | None) -> ChatStream:
        from ._engine.stream import ChatStream

        return ChatStream(
            self._sender(),
            lambda: self._prepare(request, stream=True, timeout=timeout),
            lambda: self._target.secrets,
        )

    def _preview(self, request: ChatRequest, *, stream: bool) -> RequestPreview:
        prepared = prepare(self._target, request, stream=stream, timeout=None, credential=self._stand_in())
        http = prepared.http
        headers = redact_headers(http.headers, [HIDDEN])
        return RequestPreview(http.method, http.url, headers, msgspec.json.decode(http.body), prepared.adjustments)

    def _stand_in(self) -> Credential | None:
        from ._engine.keys import Credential

        schemes = self._target.manifest.auth
        return Credential(schemes[0], HIDDEN) if schemes else None

    def _prepare(self, request: ChatRequest, *, stream: bool, timeout: float | None) -> Prepared:
        credential = self._target.credential
        prepared = prepare(self._target, request, stream=stream, timeout=timeout, credential=credential)
        if prepared.adjustments and self._on_unsupported != "ignore":
            self._tell(prepared)
        return prepared

    def _tell(self, prepared: Prepared) -> None:
        """Warns of, or refuses, what went otherwise than asked."""
        for adjustment in prepared.adjustments:
            if adjustment.action in UNEXPECTED:
                self._tell_one(prepared, adjustment)

    def _tell_one(self, prepared: Prepared, adjustment: Adjustment) -> None:
        text = (
            f"{prepared.manifest.id}/{prepared.model}: {adjustment.parameter} was {adjustment.action} "
            f"({adjustment.reason}); given {adjustment.given!r}, sent {adjustment.sent!r}"
        )
        if self._on_unsupported == "error":
            raise UnsupportedError(text, provider=prepared.manifest.id, model=prepared.model)
        told = (prepared.manifest.id, prepared.model, adjustment.parameter, adjustment.action)
        if told not in _TOLD:
            _TOLD.add(told)
            warnings.warn(text, AdjustmentWarning, stacklevel=6)

    def _sender(self) -> Transport:
        if self._transport is None:
            from ._wire.aiohttp_transport import AiohttpTransport

            self._transport = AiohttpTransport()
        return self._transport


_TOLD: set[tuple[str, str, str, str]] = set()


class AiClientBuilder:
    """``AiClient.create`` with one method for each option."""

    def __init__(self) -> None:
        self._model: str | None = None
        self._options: dict[str, Any] = {}

    def model(self, model: str) -> AiClientBuilder:
        """``"provider/model"``"""
        self._model = model
        return self

    def api_key(self, key: str) -> AiClientBuilder:
        return self._with("api_key", key)

    def base_url(self, url: str) -> AiClientBuilder:
        return self._with("base_url", url)

    def timeout(self, seconds: float) -> AiClientBuilder:
        return self._with("timeout", seconds)

    def manifest(self, manifest: str | PathLike[str] | Mapping[str, Any]) -> AiClientBuilder:
        return self._with("manifest", manifest)

    def manifest_dir(self, folder: str | PathLike[str]) -> AiClientBuilder:
        return self._with("manifest_dir", folder)

    def variables(self, variables: Mapping[str, str]) -> AiClientBuilder:
        return self._with("variables", variables)

    def on_unsupported(self, policy: str) -> AiClientBuilder:
        return self._with("on_unsupported", policy)

    def transport(self, transport: Transport) -> AiClientBuilder:
        return self._with("transport", transport)

    async def build(self) -> AiClient:
        """The client.

        Raises:
            ConfigurationError: no model was given; and all that ``AiClient.create`` raises.
        """
        if self._model is None:
            raise ConfigurationError('the builder needs a model: .model("provider/model")')
        return await AiClient.create(self._model, **self._options)

    def _with(self, name: str, value: Any) -> AiClientBuilder:
        self._options[name] = value
        return self

    def __repr__(self) -> str:
        return f"AiClientBuilder({self._model!r}, options: {', '.join(self._options) or 'none'})"


def _create(
    model: str,
    *,
    api_key: str | None,
    base_url: str | None,
    timeout: float | None,
    manifest: str | PathLike[str] | Mapping[str, Any] | None,
    manifest_dir: str | PathLike[str] | None,
    variables: Mapping[str, str] | None,
    on_unsupported: str,
    transport: Transport | None,
) -> AiClient:
    if on_unsupported not in POLICIES:
        raise ValueError(f"on_unsupported must be one of {', '.join(POLICIES)}, got {on_unsupported!r}")
    if timeout is not None:
        a_number("timeout", timeout, 0.001)
    if api_key is not None:
        a_text("api_key", api_key)
    provider, name = _split(model, named=manifest is not None)
    if provider == SIMULATOR:
        provider, name, base_url, api_key = _embedded(name, base_url, api_key)
    found = _manifest(provider, manifest, manifest_dir)
    target = Target(found, api_key=api_key, base_url=base_url, variables=variables)
    return AiClient(target, name, timeout=timeout, transport=transport, on_unsupported=on_unsupported)


def _manifest(
    provider: str,
    manifest: str | PathLike[str] | Mapping[str, Any] | None,
    manifest_dir: str | PathLike[str] | None,
) -> Manifest:
    if manifest is not None:
        return load_file(manifest, manifest_dir=manifest_dir)
    return load(provider, manifest_dir=manifest_dir)


def _split(model: Any, *, named: bool) -> tuple[str, str]:
    """Provider and model of ``"provider/model"``; a manifest of one's own names the provider itself."""
    if not isinstance(model, str):
        raise TypeError(f"model must be a string like 'provider/model', got {model!r}")
    provider, slash, name = model.partition("/")
    if provider and slash and name:
        return provider, name
    if named and model and not slash:
        return "", model
    from ._manifest.advice import advise

    raise UnknownModelError(advise(model))


def _embedded(name: str, base_url: str | None, api_key: str | None) -> tuple[str, str, str | None, str | None]:
    """Starts the simulator in this process, for ``"simulator/<dialect>"``."""
    from .simulator import embedded

    manifest_id, _, model = name.partition("/")
    address = base_url or embedded().address(manifest_id)
    return manifest_id, model or SIMULATOR, address, api_key or SIMULATOR
