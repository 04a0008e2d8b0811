"""Finds the API key of a call, and decides which hosts may see it."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import msgspec

from .._manifest.manifest import AuthScheme, Manifest
from .._wire.urls import shown
from ..errors import MissingKeyError

_PLACEHOLDER = re.compile(r"\{\w+\}")


class Credential(msgspec.Struct, frozen=True):
    """A key and how it is sent. It is in no repr."""

    scheme: AuthScheme
    key: str

    def __repr__(self) -> str:
        return f"Credential({self.scheme.scheme})"


def find_credential(manifest: Manifest, api_key: str | None, base_url: str, *, chosen: bool) -> Credential | None:
    """The key to send: the explicit one, else the first variable of the manifest that is set.

    A key from the environment goes only to the manifest's own hosts, or to an address
    that comes from the environment as well; ``chosen`` says that the caller passed the
    address.

    Raises:
        MissingKeyError: there is none, and the provider needs one.
    """
    if api_key is not None:
        return Credential(manifest.auth[0], api_key) if manifest.auth else None
    trusted = not chosen or _is_own_host(manifest, base_url)
    for scheme in manifest.auth:
        for variable in scheme.env:
            if trusted and os.environ.get(variable):
                return Credential(scheme, os.environ[variable])
    if not manifest.auth or any(scheme.optional or scheme.scheme == "none" for scheme in manifest.auth):
        return None
    raise MissingKeyError(_advice(manifest, base_url, trusted), provider=manifest.id)


def key_variables(manifest: Manifest) -> list[str]:
    """The environment variables that may hold this provider's key, in order."""
    return [variable for scheme in manifest.auth for variable in scheme.env]


def _advice(manifest: Manifest, base_url: str, trusted: bool) -> str:
    variables = key_variables(manifest)
    named = " or ".join(variables)
    found = [variable for variable in variables if os.environ.get(variable)]
    if not trusted:
        name = found[0] if found else "a key from the environment"
        own = f"{manifest.name}'s own hosts over https"
        return f"{name} is only sent to {own}, not to {shown(base_url)}; pass api_key=... for it"
    advice = f"set {named}, or pass api_key=..." if named else "pass api_key=..."
    return f"no API key for {manifest.name}: {advice}"


def _is_own_host(manifest: Manifest, base_url: str) -> bool:
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" and urlsplit(manifest.endpoint.base_url or "").scheme == "https":
        return False  # what the provider takes encrypted is sent in no other way
    return any(fnmatchcase(host, pattern) for pattern in own_hosts(manifest))


def own_hosts(manifest: Manifest) -> list[str]:
    """The hosts that belong to the provider, as patterns; a placeholder stands for one label."""
    endpoint = manifest.endpoint
    patterns = list(endpoint.hosts)
    if endpoint.base_url is not None:
        patterns.append(urlsplit(_PLACEHOLDER.sub("*", endpoint.base_url)).hostname or "")
    return [pattern.lower() for pattern in patterns]
