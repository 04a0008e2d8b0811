"""Finds the key of a call, and decides which hosts may see it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Union

from .._manifest.manifest import AuthScheme, Manifest
from .._wire.urls import shown
from ..errors import ConfigurationError, MissingKeyError
from .credentials import (
    SOURCES,
    Credential,
    FromLibraries,
    Renewed,
    credential_of,
    hidden_credential,
    parts_needed,
)
from .hosts import may_have_key
from .keyring_keys import FromKeyring, is_installed, takes_text, way_of_keys

Given = Union[str, Mapping[str, str], None]
"""What the caller passed: a key, the parts of a credential, or nothing."""

KeySource = Union[Callable[[], Credential], Renewed, None]
"""Where the key of each call comes from: at once, from a source that may block, or from nowhere."""


def find_key_source(manifest: Manifest, given: Given, base_url: str, *, chosen: bool) -> KeySource:
    """Where the key comes from: the caller, else the first variables that are set, else the keyring, else a library.

    A key from the environment goes only to the manifest's own hosts, or to an address
    that comes from the environment as well; ``chosen`` says that the caller passed the
    address. One from the keyring goes to the manifest's own hosts alone, wherever the
    address is from.

    Raises:
        MissingKeyError: there is none, and the provider needs one.
    """
    if given is not None:
        return _given(manifest, given)
    trusted = not chosen or may_have_key(manifest, base_url)
    if trusted and (source := next(_from_environment(manifest), None)):
        return source
    if not manifest.needs_key:
        return None

    def advice() -> str:
        return _advice(manifest, base_url, trusted)

    ways = _with_library(manifest) if trusted else []
    libraries = FromLibraries(ways, advice) if ways else None
    if source := _from_keyring(manifest, base_url, libraries, advice):
        return source
    if libraries is not None:
        return libraries
    raise MissingKeyError(advice(), provider=manifest.id)


def _from_keyring(
    manifest: Manifest, base_url: str, rest: Renewed | None, advice: Callable[[], str]
) -> FromKeyring | None:
    """The keyring as a source, where it is installed, and its key may go to this address."""
    way = way_of_keys(manifest)
    if way is None or not is_installed() or not may_have_key(manifest, base_url):
        return None
    return FromKeyring(manifest, way, rest, advice)


def key_variables(manifest: Manifest) -> list[str]:
    """The environment variables that may hold this provider's key, in order."""
    return [name for way in manifest.auth for name in (*way.env, *_variables_of_parts(way), *way.reads)]


def _variables_of_parts(scheme: AuthScheme) -> list[str]:
    return [name for names in scheme.parts.values() for name in names]


def _given(manifest: Manifest, given: str | Mapping[str, str]) -> KeySource:
    """What the caller passed: a text goes the first way that takes one, parts the first way of such parts."""
    if not manifest.auth:
        return None
    for way in manifest.auth:
        if isinstance(given, str) and takes_text(way):
            return partial(Credential, way, given)
        if not isinstance(given, str) and way.parts and parts_needed(way) <= given.keys() <= way.parts.keys():
            return partial(credential_of, way, given)
    takes = [
        f"credentials={{{', '.join(f'{part!r}: ...' for part in way.parts)}}}" for way in manifest.auth if way.parts
    ]
    if any(takes_text(way) for way in manifest.auth):
        takes.insert(0, "api_key=...")
    raise ConfigurationError(f"{manifest.name} takes {' or '.join(takes)}", provider=manifest.id)


def shown_credential(manifest: Manifest, given: Given) -> Credential | None:
    """What stands for the credential that a request would most likely have, by what is given and the environment."""
    source = _given(manifest, given) if given is not None else next(_from_environment(manifest), None)
    if isinstance(source, partial):
        return hidden_credential(*source.args)
    return hidden_credential(manifest.auth[0]) if manifest.auth else None


def _with_library(manifest: Manifest) -> list[AuthScheme]:
    """The ways for which a library may find the credentials."""
    return [way for way in manifest.auth if way.scheme in SOURCES and way.scheme not in manifest.withheld]


def _from_environment(manifest: Manifest) -> Iterator[KeySource]:
    """The ways for which the environment has what they need, in order."""
    for way in manifest.auth:
        for variable in way.env:
            if key := os.environ.get(variable):
                yield partial(Credential, way, key)
        parts = {part: value for part, names in way.parts.items() if (value := _first_set(names))}
        if way.parts and parts.keys() >= parts_needed(way):
            yield partial(credential_of, way, parts)


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


def _advice(manifest: Manifest, base_url: str, trusted: bool) -> str:
    variables = key_variables(manifest)
    found = [variable for variable in variables if os.environ.get(variable)]
    if not trusted:
        name = found[0] if found else "a key from the environment"
        own = f"{manifest.name}'s own hosts over https"
        return f"{name} is only sent to {own}, not to {shown(base_url)}; pass api_key=... for it"
    not_asked = "; the log-in of another provider is not used at this address" if manifest.withheld else ""
    return f"no API key for {manifest.name}: {', or '.join(_ways(manifest))}{not_asked}"


def _ways(manifest: Manifest) -> Iterator[str]:
    """How a key can be given, in words."""
    by_library = _with_library(manifest)
    keys = [name for way in manifest.auth for name in way.env]
    if keys:
        yield f"set {' or '.join(keys)}"
    for way in manifest.auth:
        if way.parts:
            named = [names[0] for part, names in way.parts.items() if names and part in parts_needed(way)]
            yield f"set {' and '.join(named)}" if named else f"pass credentials={{{', '.join(map(repr, way.parts))}}}"
        if way in by_library:
            yield f"install ai-lib-python[{SOURCES[way.scheme][0]}] and log in with its own tools"
    if any(takes_text(way) and way not in by_library for way in manifest.auth):
        yield "pass api_key=..."
    if way_of_keys(manifest) is not None:
        yield f"keep one with `ai-lib keys set {manifest.id}`"
