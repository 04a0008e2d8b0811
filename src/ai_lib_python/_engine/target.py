"""Where the calls of one client go: the manifest, its address and its key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache, partial

from .._compile.program import Program
from .._manifest.manifest import AuthScheme, Manifest
from .._wire.bounds import MOST_BYTES
from .._wire.sigv4 import SigningScope
from .._wire.urls import check_base_url, join
from ..errors import AiLibError, ConfigurationError, MissingKeyError, NoChatError, RetiredProviderError
from ..money.bills import ModelPrices
from .credentials import Credential, Renewed
from .hosts import check_variables, filled, value_of
from .keys import Given, KeySource, find_key_source, shown_credential

KEPT_PROGRAMS = 256
"""How many manifests' compiled functions the process remembers."""

KEPT_URLS = 64
"""How many URLs one client remembers; with a model in the path there is one for each."""


class Targets:
    """The APIs of one provider, each ready to be called; made when they are first asked for."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        key: Given = None,
        base_url: str | None = None,
        variables: Mapping[str, str] | None = None,
        prices: tuple[ModelPrices, ...] = (),
        max_bytes: int = MOST_BYTES,
    ) -> None:
        if variables and base_url is None:  # an address of one's own has none to fill
            check_variables(manifest, variables)
        self._manifest = manifest
        self._make = partial(
            Target, key=key, base_url=base_url, variables=variables, prices=prices, max_bytes=max_bytes
        )
        self._made: dict[str, Target] = {}

    def of(self, api: str | None) -> Target:
        """The target of an API; the manifest's own without a name.

        Raises:
            ConfigurationError: the provider has no API of that name.
        """
        name = api or self._manifest.api
        if name not in self._made:
            self._made[name] = self._make(self._manifest.for_api(name))
        return self._made[name]


class Target:
    """One API of a provider, ready to be called. Immutable but for the programs compiled on the way."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        key: Given = None,
        base_url: str | None = None,
        variables: Mapping[str, str] | None = None,
        prices: tuple[ModelPrices, ...] = (),
        max_bytes: int = MOST_BYTES,
    ) -> None:
        """``key`` is a key, or the parts of a credential by their names; ``prices`` are the caller's own.

        ``max_bytes`` is the most that an answer may have.
        """
        own_address = base_url or _address_variable(manifest)
        check_alive(manifest, own_address)
        self.manifest = manifest
        self._variables = variables or {}
        self.base_url, self._chosen = _address(manifest, base_url, self._variables)
        self._elsewhere = own_address is not None
        self.prices = prices
        self.max_bytes = max_bytes
        self._given = key
        self._source: KeySource = None
        self._found = False
        self._programs: dict[str, tuple[Manifest, Program]] = {}
        self._urls: dict[tuple[object, ...], str] = {}

    @property
    def is_elsewhere(self) -> bool:
        """Whether requests go to another address than the manifest's."""
        return self._elsewhere or _address_variable(self.manifest) is not None

    async def credential(self) -> Credential | None:
        """The key of the next call. Where it comes from is looked for at the first one.

        Raises:
            MissingKeyError: the provider needs one and there is none.
            ExpiredCredentialsError: it was good once.
        """
        if not self._found:
            self._source = find_key_source(self.manifest, self._given, self.base_url, chosen=self._chosen)
            self._found = True
        source = self._source
        if source is None:
            return None
        try:
            return source() if callable(source) else await self._asked(source)
        except AiLibError as error:
            self._found = not isinstance(error, MissingKeyError)  # a key may be set meanwhile
            error.provider = self.manifest.id
            raise

    async def _asked(self, source: Renewed) -> Credential:
        """What a source gives that may block; it is asked no more where that lasts."""
        credential = await _renewed(source)
        if source.lasts:
            self._source = lambda: credential
        return credential

    def account_of(self, credential: Credential | None) -> str:
        """What tells one account from others: its key; where that is renewed again and again, how it is found."""
        if credential is None:
            return ""
        return "\n".join(credential.secrets) if callable(self._source) else credential.scheme.scheme

    def shown_credential(self) -> Credential | None:
        """What stands for the key where a request is only shown."""
        return shown_credential(self.manifest, self._given)

    def scope(self, scheme: AuthScheme) -> SigningScope:
        """What a signature is good for.

        Raises:
            ConfigurationError: the region is not known; the message says how to give it.
        """
        return SigningScope(value_of(self.manifest, scheme.region, self._variables), scheme.service or "")

    def program(self, model: str) -> tuple[Manifest, Program]:
        """The manifest with the rules of ``model``, and its compiled functions."""
        known = self._programs.get(model)
        if known is None:
            manifest = self.manifest.for_model(model)
            known = self._programs[model] = (manifest, program_of(manifest))
        return known

    def url(self, path: str, query: Mapping[str, str]) -> str:
        """The full URL of a path; most clients ask for very few."""
        key = (path, *query.items())
        known = self._urls.get(key)
        if known is None:
            if len(self._urls) >= KEPT_URLS:
                self._urls.clear()
            known = self._urls[key] = join(self.base_url, self.manifest.endpoint.base_url, path, query)
        return known

    def url_at(self, base_url: str | None, path: str, query: Mapping[str, str]) -> str:
        """The full URL of a path at another of the provider's addresses, unless another was chosen for all."""
        if base_url is None or self._elsewhere:
            return self.url(path, query)
        return join(check_base_url(filled(self.manifest, base_url, self._variables)), None, path, query)

    def __reduce__(self) -> str:
        raise TypeError("a client cannot be pickled: it holds a key; make one where it is needed")

    def __repr__(self) -> str:
        return f"Target({self.manifest.id!r}, {self.base_url!r})"


async def _renewed(source: Renewed) -> Credential:
    """The credential of a source that may ask files, or the network."""
    import asyncio  # for who has no plain key

    return await asyncio.to_thread(source.current)


@lru_cache(maxsize=KEPT_PROGRAMS)
def program_of(manifest: Manifest) -> Program:
    """The compiled functions of a manifest; all clients of a manifest share them."""
    return Program(manifest)


def check_alive(manifest: Manifest, own_address: str | None) -> None:
    """Refuses a provider that has ended, unless an address of one's own is given for it."""
    status = manifest.status
    if status.state == "no_chat":
        raise NoChatError(f"{manifest.name} has no chat API. {status.note or ''}".rstrip(), provider=manifest.id)
    if status.state != "retired" or own_address is not None:
        return
    since = f" on {status.since}" if status.since else ""
    successor = f" Use {status.successor} instead." if status.successor else ""
    note = f" {status.note}" if status.note else ""
    raise RetiredProviderError(
        f"{manifest.name} was retired{since}.{successor}{note} "
        "With base_url=... it still speaks to servers of its kind.",
        provider=manifest.id,
    )


def _address_variable(manifest: Manifest) -> str | None:
    """The first of the manifest's variables for another address that is set."""
    return next((name for name in manifest.endpoint.env if os.environ.get(name)), None)


def _address(manifest: Manifest, base_url: str | None, variables: Mapping[str, str]) -> tuple[str, bool]:
    """The base URL, and whether the caller passed it rather than the environment or the manifest."""
    endpoint = manifest.endpoint
    if base_url is not None:
        return check_base_url(base_url), True
    variable = _address_variable(manifest)
    if variable is not None:
        return check_base_url(os.environ[variable]), False
    if endpoint.base_url is None:
        named = f", or set {' or '.join(endpoint.env)}" if endpoint.env else ""
        raise ConfigurationError(f"{manifest.name} has no address of its own: pass base_url=...{named}")
    return check_base_url(filled(manifest, endpoint.base_url, variables)), False
