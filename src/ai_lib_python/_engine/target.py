"""Where the calls of one client go: the manifest, its address and its key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

from .._compile.program import Program
from .._manifest.manifest import Manifest
from .._wire.urls import check_base_url, fill_placeholders, join
from ..errors import ConfigurationError, RetiredProviderError
from .keys import Credential, find_credential

KEPT_PROGRAMS = 256
"""How many manifests' compiled functions the process remembers."""

KEPT_URLS = 64
"""How many URLs one client remembers; with a model in the path there is one for each."""


class Target:
    """A provider, ready to be called. Immutable but for the programs compiled on the way."""

    def __init__(
        self,
        manifest: Manifest,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        _check_alive(manifest, base_url)
        self.manifest = manifest
        self.base_url, chosen = _address(manifest, base_url, variables or {})
        self._api_key = api_key
        self._chosen = chosen
        self._credential: Credential | None = None
        self._found = False
        self._programs: dict[str, tuple[Manifest, Program]] = {}
        self._urls: dict[tuple[object, ...], str] = {}

    @property
    def credential(self) -> Credential | None:
        """The key, looked for at the first call.

        Raises:
            MissingKeyError: the provider needs one and there is none.
        """
        if not self._found:
            self._credential = find_credential(self.manifest, self._api_key, self.base_url, chosen=self._chosen)
            self._found = True
        return self._credential

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown to anyone."""
        key = self._credential.key if self._credential else self._api_key
        return (key,) if key else ()

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

    def __reduce__(self) -> str:
        raise TypeError("a client cannot be pickled: it holds a key; make one where it is needed")

    def __repr__(self) -> str:
        return f"Target({self.manifest.id!r}, {self.base_url!r})"


@lru_cache(maxsize=KEPT_PROGRAMS)
def program_of(manifest: Manifest) -> Program:
    """The compiled functions of a manifest; all clients of a manifest share them."""
    return Program(manifest)


def _check_alive(manifest: Manifest, base_url: str | None) -> None:
    status = manifest.status
    if status.state != "retired" or base_url is not None:
        return
    since = f" on {status.since}" if status.since else ""
    successor = f" Use {status.successor} instead." if status.successor else ""
    note = f" {status.note}" if status.note else ""
    raise RetiredProviderError(
        f"{manifest.name} was retired{since}.{successor}{note} "
        "With base_url=... it still speaks to servers of its kind.",
        provider=manifest.id,
    )


def _address(manifest: Manifest, base_url: str | None, variables: Mapping[str, str]) -> tuple[str, bool]:
    """The base URL, and whether the caller passed it rather than the environment or the manifest."""
    endpoint = manifest.endpoint
    if base_url is not None:
        return check_base_url(base_url), True
    for variable in endpoint.env:
        if os.environ.get(variable):
            return check_base_url(os.environ[variable]), False
    if endpoint.base_url is None:
        named = f", or set {' or '.join(endpoint.env)}" if endpoint.env else ""
        raise ConfigurationError(f"{manifest.name} has no address of its own: pass base_url=...{named}")
    return check_base_url(
        fill_placeholders(endpoint.base_url, lambda name: _variable(manifest, name, variables))
    ), False


def _variable(manifest: Manifest, name: str, variables: Mapping[str, str]) -> str | None:
    if name in variables:
        return variables[name]
    declared = manifest.endpoint.variables.get(name)
    names = declared.env if declared else ()
    for variable in names:
        if os.environ.get(variable):
            return os.environ[variable]
    advice = f", or set {' or '.join(names)}" if names else ""
    raise ConfigurationError(
        f"the address of {manifest.name} needs {name!r}: pass variables={{{name!r}: ...}} or base_url=...{advice}",
        provider=manifest.id,
    )
