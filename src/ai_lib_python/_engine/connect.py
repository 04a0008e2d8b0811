"""From ``"provider/model"`` and options to what performs the calls. Touches no network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from .._manifest.load import load, load_file
from .._wire.bounds import LEAST_BYTES, MOST_BYTES
from ..errors import ConfigurationError, UnknownModelError
from ..money.bills import given_prices
from ..validate import a_count, a_secret, a_switch
from .caller import Caller
from .target import Targets

if TYPE_CHECKING:
    from ssl import SSLContext

    from .._manifest.manifest import Manifest
    from .._wire.http import Transport
    from ..limits.settings import Limits
    from ..money.prices import Prices

ANY_KEY = "any"
"""What a simulator is sent where a wire wants a key."""

SIMULATOR = "simulator"
"""The provider that answers without a key or a network: ``simulator/<dialect>``."""


class Own(NamedTuple):
    """The options of ``AiClient.create`` that are about one provider; those of other models' callers are not given."""

    api_key: str | None = None
    base_url: str | None = None
    manifest: str | PathLike[str] | Mapping[str, Any] | None = None
    variables: Mapping[str, str] | None = None
    api: str | None = None
    credentials: Mapping[str, str] | None = None
    prices: Mapping[str, Prices | Mapping[str, Any]] | None = None

    def __repr__(self) -> str:
        return "Own(...)"  # there may be a key in it


class Shared(NamedTuple):
    """The options that are no one provider's: the callers of other models have them too."""

    manifest_dir: str | PathLike[str] | None = None
    on_unsupported: str = "warn"
    check_context: bool = True
    transport: Transport | None = None
    verify: SSLContext | None = None
    max_response_bytes: int | None = None
    limits: Limits | None = None


def connect(model: str, own: Own, shared: Shared) -> tuple[Caller, str]:
    """The caller, and the model's name there."""
    _check_own(own)
    _check_shared(shared)
    provider, name = _split(model, named=own.manifest is not None)
    if provider == SIMULATOR:
        provider, name, base_url, api_key = _embedded(name, own.base_url, own.api_key)
        own = own._replace(base_url=base_url, api_key=api_key)
    targets = Targets(
        _manifest(provider, own.manifest, shared.manifest_dir),
        key=own.api_key or own.credentials,
        base_url=own.base_url,
        variables=own.variables,
        prices=given_prices(own.prices),
        max_bytes=shared.max_response_bytes or MOST_BYTES,
    )
    return Caller(targets, own.api, shared, connect_another=partial(connect, own=Own(), shared=shared)), name


def _check_own(own: Own) -> None:
    if own.api_key is not None and own.credentials is not None:
        raise ConfigurationError("pass api_key= or credentials=, not both")
    if own.api_key is not None:
        a_secret("api_key", own.api_key)
    for part, value in (own.credentials or {}).items():
        a_secret(f"credentials[{part!r}]", value)


def _check_shared(shared: Shared) -> None:
    a_switch("check_context", shared.check_context)
    if shared.verify is not None:
        _check_verify(shared.verify, shared.transport)
    if shared.max_response_bytes is not None:
        a_count("max_response_bytes", shared.max_response_bytes, LEAST_BYTES)
    if shared.limits is not None:
        from ..limits.settings import some_limits  # for who limits

        some_limits(shared.limits)


def manifest_of(
    model: str,
    manifest: str | PathLike[str] | Mapping[str, Any] | None,
    manifest_dir: str | PathLike[str] | None,
) -> tuple[Manifest, str]:
    """The manifest of ``"provider/model"``, and the model's name there; a simulator's is that of what it simulates."""
    provider, name = _split(model, named=manifest is not None)
    if provider == SIMULATOR:
        provider, _, name = name.partition("/")
    return _manifest(provider, manifest, manifest_dir), name or SIMULATOR


def _check_verify(verify: Any, transport: Transport | None) -> None:
    """Refuses what would leave servers unverified without saying so."""
    from ssl import SSLContext  # for who brings certificates

    if not isinstance(verify, SSLContext):
        raise TypeError(
            f"verify must be an ssl.SSLContext, got {verify!r}. Servers are always verified: whoever stands in between "
            'could read the key. For certificates of your own: verify=ssl.create_default_context(cafile="company.pem")'
        )
    if transport is not None:
        raise ConfigurationError("pass verify= or transport=, not both: it is the transport that verifies")


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
    from .._manifest.advice import advise

    raise UnknownModelError(advise(model))


def _embedded(name: str, base_url: str | None, api_key: str | None) -> tuple[str, str, str | None, str | None]:
    """Starts the simulator in this process, for ``"simulator/<dialect>"``."""
    from ..simulator import embedded

    manifest_id, _, model = name.partition("/")
    address = base_url or embedded().address(manifest_id)
    return manifest_id, model or SIMULATOR, address, api_key or ANY_KEY
