"""The hosts that belong to a provider, and its address with every placeholder filled."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .._manifest.manifest import Manifest, Variable
from .._manifest.sites import host_fits
from .._placeholders import PLACEHOLDER, fill_placeholders
from .._spelling import did_you_mean
from ..errors import ConfigurationError
from .credentials import SIGNED


def may_have_key(manifest: Manifest, url: str) -> bool:
    """Whether an address belongs to the provider, and is as safe from listeners as the provider's own."""
    parts = urlsplit(url)
    if parts.scheme != "https" and urlsplit(manifest.endpoint.base_url or "").scheme != "http":
        return False
    return host_fits(parts.hostname or "", _own_hosts(manifest))


def _own_hosts(manifest: Manifest) -> list[str]:
    """The hosts that belong to the provider, as patterns; a placeholder stands for one label."""
    endpoint = manifest.endpoint
    patterns = list(endpoint.hosts)
    if endpoint.base_url is not None:
        host = urlsplit(endpoint.base_url).hostname or ""
        patterns += [PLACEHOLDER.sub("*", spelled) for spelled in _spelled(host, endpoint.variables)]
    return [pattern for pattern in patterns if pattern.strip("*.")]  # one of stars alone would be any host


def _spelled(host: str, variables: Mapping[str, Variable]) -> Iterator[str]:
    """The host with each placeholder that follows from another one spelled out, in every way."""
    for name, variable in variables.items():
        if variable.of is not None and f"{{{name}}}" in host:
            ends = [*variable.map.values(), *filter(None, [variable.otherwise])]
            for end in ends:
                yield from _spelled(host.replace(f"{{{name}}}", end), variables)
            return
    yield host


def check_variables(manifest: Manifest, given: Mapping[str, str]) -> None:
    """Refuses values for placeholders that the provider does not have.

    Raises:
        ConfigurationError: the message names the first one, and those that there are.
    """
    regions = (way.region for way in manifest.auth if way.scheme == SIGNED)
    known = {*manifest.endpoint.variables, *regions, *_used(manifest.data)}
    for name in given:
        if name not in known:
            there = f"it has {', '.join(sorted(known))}" if known else "it has none"
            problem = f"the address of {manifest.name} has no placeholder {name!r}; {there}"
            raise ConfigurationError(f"{problem}{did_you_mean(str(name), known)}", provider=manifest.id)


def _used(data: Any) -> Iterator[str]:
    """The placeholders of all addresses in a manifest."""
    for key, value in data.items():
        if key == "base_url" and isinstance(value, str):
            yield from PLACEHOLDER.findall(value)
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, Mapping):
                yield from _used(each)


def filled(manifest: Manifest, base_url: str, variables: Mapping[str, str]) -> str:
    """The address with its placeholders filled: from the caller, the environment, or the manifest's default.

    Raises:
        ConfigurationError: one has no value; the message names it and says how to give it.
    """
    return fill_placeholders(base_url, lambda name: value_of(manifest, name, variables))


def value_of(manifest: Manifest, name: str, variables: Mapping[str, str]) -> str:
    """The value of one placeholder.

    Raises:
        ConfigurationError: it has none.
    """
    declared = manifest.endpoint.variables.get(name, Variable())
    if declared.of is not None:
        found = declared.follows_from(value_of(manifest, declared.of, variables))
    else:
        found = variables.get(name) or _from_environment(declared) or declared.default
    if found is None:
        raise ConfigurationError(_missing(manifest, name, declared), provider=manifest.id)
    return found


def _from_environment(variable: Variable) -> str | None:
    return next((value for name in variable.env if (value := os.environ.get(name))), None)


def _missing(manifest: Manifest, name: str, declared: Variable) -> str:
    what = f" ({declared.note})" if declared.note else ""
    advice = f", or set {' or '.join(declared.env)}" if declared.env else ""
    return (
        f"the address of {manifest.name} needs {name!r}{what}: pass variables={{{name!r}: ...}} or base_url=...{advice}"
    )
