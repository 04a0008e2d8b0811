"""From ``"provider/model"`` and options to what performs the calls. Touches no network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

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


def connect(
    model: str,
    *,
    api_key: str | None,
    base_url: str | None,
    manifest: str | PathLike[str] | Mapping[str, Any] | None,
    manifest_dir: str | PathLike[str] | None,
    variables: Mapping[str, str] | None,
    on_unsupported: str,
    api: str | None,
    credentials: Mapping[str, str] | None,
    transport: Transport | None,
    check_context: bool,
    prices: Mapping[str, Prices | Mapping[str, Any]] | None,
    verify: SSLContext | None,
    max_response_bytes: int | None,
    limits: Limits | None,
) -> tuple[Caller, str]:
    """The caller, and the model's name there. The options are those of ``AiClient.create``."""
    if api_key is not None and credentials is not None:
        raise ConfigurationError("pass api_key= or credentials=, not both")
    if api_key is not None:
        a_secret("api_key", api_key)
    a_switch("check_context", check_context)
    if verify is not None:
        _check_verify(verify, transport)
    most_bytes = MOST_BYTES
    if max_response_bytes is not None:
        most_bytes = a_count("max_response_bytes", max_response_bytes, LEAST_BYTES)
    if limits is not None:
        from ..limits.settings import some_limits  # for who limits

        some_limits(limits)
    for part, value in (credentials or {}).items():
        a_secret(f"credentials[{part!r}]", value)
    provider, name = _split(model, named=manifest is not None)
    if provider == SIMULATOR:
        provider, name, base_url, api_key = _embedded(name, base_url, api_key)
    found = _manifest(provider, manifest, manifest_dir)
    targets = Targets(
        found,
        key=api_key or credentials,
        base_url=base_url,
        variables=variables,
        prices=given_prices(prices),
        max_bytes=most_bytes,
    )
    another = partial(  # what is about one provider does not go over to another
        connect,
        api_key=None,
        base_url=None,
        manifest=None,
        variables=None,
        api=None,
        credentials=None,
        prices=None,
        manifest_dir=manifest_dir,
        on_unsupported=on_unsupported,
        transport=transport,
        check_context=check_context,
        verify=verify,
        max_response_bytes=max_response_bytes,
        limits=limits,
    )
    caller = Caller(
        targets,
        transport,
        on_unsupported,
        api,
        check_context=check_context,
        verify=verify,
        limits=limits,
        connect_another=another,
    )
    return caller, name


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
