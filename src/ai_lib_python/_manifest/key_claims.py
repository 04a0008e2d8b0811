"""Keeps API keys with the hosts they belong to.

A manifest that somebody else wrote must not be able to send a well-known provider's key elsewhere just by
naming its environment variable. So a manifest that did not come with the library may use the variables of
a bundled provider only if every place that it sends requests to is one where bundled manifests send that key.
It is the merged manifest that counts: inheriting the variable and changing the address is the same as naming
the one beside the other. What a library finds by itself, such as the log-in of a cloud, is a key like any other.
And no variable of a bundled provider's key may be a part of an address, which is neither secret nor hidden.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .._placeholders import PLACEHOLDER
from .check import spell
from .folders import bundled_providers
from .manifest import BORROWED, Variable
from .sites import host_fits, parted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from .manifest import AuthScheme, Endpoint, Manifest
    from .yaml_source import KeyPath

__all__ = ["check_claims", "withheld_schemes"]

_BASE_URL = ("endpoint", "base_url")
_LABEL = re.compile(r"[a-z0-9-]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]+")
_FIXED_END = re.compile(r"\}[a-z0-9-]*(\.[a-z0-9-]+){2,}(:[0-9]+)?\Z", re.IGNORECASE)
"""What follows the last placeholder of a host that is in the same domain whatever the placeholder is."""


class _Place(NamedTuple):
    """A place that requests may go to: an address, a pattern of hosts, or a variable that holds an address."""

    path: KeyPath
    text: str | None


def check_claims(manifest: Manifest, ancestors: Collection[str], bundled: Callable[[str], Manifest]) -> None:
    """Hold a manifest that is not bundled, or inherits from one that is not, to the rule above.

    Args:
        manifest: the merged manifest.
        ancestors: ids of what it extends.
        bundled: loads a bundled provider, whatever the user's folders hold.

    Raises:
        ManifestError: it would send a bundled provider's key to another host.
    """
    for path, variable in _of_keys(manifest):
        owners = list(_owners(variable, _has_variable, ancestors, bundled))
        if owners and (strange := list(_strange(manifest, owners))):
            elsewhere = ", ".join(dict.fromkeys(_told(manifest, place) for place in strange))
            own = re.sub(r"[^A-Z0-9]", "_", manifest.id.upper()) + "_API_KEY"
            message = f"{_claimed(variable, owners)} and may not go to {elsewhere}"
            raise manifest.error(path, f"{message}; use a variable of your own, such as {own}")
    for path, variable in _of_addresses(manifest):
        if owners := list(_owners(variable, _has_variable, ancestors, bundled)):
            raise manifest.error(path, f"{_claimed(variable, owners)} and may not stand in an address")


def _claimed(variable: str, owners: list[Manifest]) -> str:
    theirs = ", ".join(dict.fromkeys(f"{owner.id} ({_told_base(owner)})" for owner in owners))
    return f"{variable} is the key of {theirs}"


def withheld_schemes(
    manifest: Manifest, ancestors: Collection[str], bundled: Callable[[str], Manifest]
) -> frozenset[str]:
    """The schemes whose credentials a library finds, and for which it must not be asked here."""
    schemes = {way.scheme for way in manifest.auth} & BORROWED
    return frozenset(
        scheme for scheme in schemes if any(_strange(manifest, _owners(scheme, _has_scheme, ancestors, bundled)))
    )


def _of_keys(manifest: Manifest) -> Iterator[tuple[KeyPath, str]]:
    """Each variable that a key is read from, with the path of the list it stands in."""
    several = "any" in manifest.data.get("auth", {})
    for index, way in enumerate(manifest.auth):
        path: KeyPath = ("auth", "any", index) if several else ("auth",)
        yield from (((*path, "env"), variable) for variable in way.env)
        yield from (((*path, "parts", part), name) for part, names in way.parts.items() for name in names)


def _of_addresses(manifest: Manifest) -> Iterator[tuple[KeyPath, str]]:
    """Each variable that an address or a part of one is read from, with the path of the list it stands in."""
    endpoint = manifest.endpoint
    yield from ((("endpoint", "env"), variable) for variable in endpoint.env)
    for placeholder, declared in endpoint.variables.items():
        yield from ((("endpoint", "variables", placeholder, "env"), variable) for variable in declared.env)


def _has_variable(way: AuthScheme, name: str) -> bool:
    return name in way.env or any(name in names for names in way.parts.values())


def _has_scheme(way: AuthScheme, name: str) -> bool:
    return way.scheme == name


def _owners(
    word: str, has: Callable[[AuthScheme, str], bool], ancestors: Collection[str], bundled: Callable[[str], Manifest]
) -> Iterator[Manifest]:
    """The bundled APIs with a way to authenticate that is so. Few files are parsed: their text is searched first."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    for path in bundled_providers():
        text = _text_of(path)
        if path.stem in ancestors or (word in text and pattern.search(text)):
            provider = bundled(path.stem)
            apis = (provider, *provider.for_all_apis())
            yield from (api for api in apis if any(has(way, word) for way in api.auth))


@cache
def _text_of(path: Path) -> str:
    """The text of a bundled manifest, which does not change; every variable of a manifest of one's own asks for all."""
    return path.read_text("utf-8")


def _places(manifest: Manifest) -> Iterator[_Place]:
    """Wherever a manifest may send requests, or follow answers to."""
    endpoint = manifest.endpoint
    yield _Place(_BASE_URL, endpoint.base_url)
    yield from (_Place(("endpoint", "hosts"), pattern) for pattern in endpoint.hosts)
    yield from (_Place(("endpoint", "env"), variable) for variable in endpoint.env)
    if listed := (manifest.data.get("list_models") or {}).get("base_url"):
        yield _Place(("list_models", "base_url"), listed)


def _strange(manifest: Manifest, owners: Iterator[Manifest] | list[Manifest]) -> Iterator[_Place]:
    """The places where none of the owners sends its key."""
    known = list(owners)
    for place in _places(manifest):
        if not any(_is_of(owner, place, manifest.endpoint) for owner in known):
            yield place


def _is_of(owner: Manifest, place: _Place, ours: Endpoint) -> bool:
    theirs = owner.endpoint
    if place.path == ("endpoint", "hosts"):
        return place.text in theirs.hosts
    if place.path == ("endpoint", "env"):
        return place.text in theirs.env
    if place.text is None:
        return theirs.base_url is None
    site = _site(place.text)
    scheme, _, host = site.partition("://")
    if scheme == "https" and _is_one_of(host, theirs.hosts):
        return True
    urls = (found.text for found in _places(owner) if found.path[-1] == "base_url" and found.text is not None)
    return any(site == _site(url) for url in urls) and _filled_alike(host, ours, theirs)


def _site(url: str) -> str:
    """Scheme, host and port of an address, in small letters but for its placeholders."""
    site, _ = parted(url)
    return "".join(piece if piece.startswith("{") else piece.lower() for piece in re.split(r"(\{\w+\})", site))


def _is_one_of(host: str, patterns: Collection[str]) -> bool:
    """Whether patterns of host names cover a host. What a placeholder will be is not known, so it is not."""
    return _HOST.fullmatch(host) is not None and host_fits(host, patterns)


def _filled_alike(host: str, ours: Endpoint, theirs: Endpoint) -> bool:
    """Whether the placeholders of a host get no value by which it would be another's."""
    mine, owners = _declared(host, ours), _declared(host, theirs)
    return mine.keys() == owners.keys() and all(
        _is_kept(name, mine[name], owners[name]) and _may_be_so(name, mine, owners[name].default, host, theirs.hosts)
        for name in mine
    )


def _declared(host: str, endpoint: Endpoint) -> dict[str, Variable]:
    """The placeholders of a host and those that they follow from."""
    found: dict[str, Variable] = {}
    names = PLACEHOLDER.findall(host)
    while names:
        name = names.pop()
        if name not in found:
            found[name] = endpoint.variables.get(name, Variable())
            names += filter(None, [found[name].of])
    return found


def _is_kept(name: str, mine: Variable, owners: Variable) -> bool:
    """Whether a placeholder still follows from what its owner says, and is read from no other variable."""
    follows = (mine.of, mine.map, mine.otherwise) == (owners.of, owners.map, owners.otherwise)
    return follows and set(mine.env) <= set(owners.env)


def _may_be_so(
    name: str, variables: Mapping[str, Variable], owners_default: str | None, host: str, hosts: Collection[str]
) -> bool:
    """Whether a placeholder's default is the owner's, or keeps the host within the owner's domain all the same."""
    default = variables[name].default
    if default in (None, owners_default):
        return True
    followers = (variable for variable in variables.values() if variable.of == name)
    texts = [host, *(text for one in followers for text in (*one.map.values(), one.otherwise) if text is not None)]
    return all(_stays(text, name, str(default), hosts) for text in texts if f"{{{name}}}" in text)


def _stays(text: str, name: str, value: str, hosts: Collection[str]) -> bool:
    """Whether a text with a placeholder filled is one of the hosts, or has an end that no label in it can change."""
    filled = text.replace(f"{{{name}}}", value).lower()
    return _is_one_of(filled, hosts) or bool(_LABEL.fullmatch(value) and _FIXED_END.search(text))


def _told(manifest: Manifest, place: _Place) -> str:
    """A place in words, and where it is written if that is not where one would look first."""
    if place.path == _BASE_URL:
        return _told_base(manifest)
    if place.path == ("endpoint", "env"):
        return f"the address in {place.text} ({spell(place.path)})"
    text = str(place.text)
    return f"{_with_defaults(text, manifest) if '://' in text else text} ({spell(place.path)})"


def _told_base(manifest: Manifest) -> str:
    base_url = manifest.endpoint.base_url
    return "an address that it does not say" if base_url is None else _with_defaults(base_url, manifest)


def _with_defaults(url: str, manifest: Manifest) -> str:
    """The host of an address with its placeholders filled as far as the manifest says by what."""
    variables = manifest.endpoint.variables

    def value(name: str) -> str | None:
        declared = variables.get(name, Variable())
        if declared.of is None:
            return declared.default
        source = value(declared.of)
        return None if source is None else declared.follows_from(source)

    return PLACEHOLDER.sub(lambda found: value(found[1]) or found[0], _site(url))
