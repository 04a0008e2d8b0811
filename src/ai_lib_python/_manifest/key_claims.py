"""Keeps API keys with the hosts they belong to.

A manifest that somebody else wrote must not be able to send a well-known provider's key elsewhere just by
naming its environment variable. So a manifest that did not come with the library may use the variables of
a bundled provider only for that provider's own host. It is the merged manifest that counts: inheriting the
variable and changing the address is the same as naming the one beside the other.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .folders import bundled_providers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from .manifest import AuthScheme, Manifest
    from .yaml_source import KeyPath

__all__ = ["check_claims"]


def check_claims(manifest: Manifest, ancestors: Collection[str], bundled: Callable[[str], Manifest]) -> None:
    """Hold a manifest that is not bundled, or inherits from one that is not, to the rule above.

    Args:
        manifest: the merged manifest.
        ancestors: ids of what it extends.
        bundled: loads a bundled provider, whatever the user's folders hold.

    Raises:
        ManifestError: it would send a bundled provider's key to another host.
    """
    host = _host(manifest)
    for path, variable in _variables(manifest):
        owners = list(_owners(variable, ancestors, bundled))
        if owners and not any(_belongs_to(manifest, owner) for owner in owners):
            theirs = ", ".join(dict.fromkeys(f"{owner.id} ({_host(owner)})" for owner in owners))
            own = re.sub(r"[^A-Z0-9]", "_", manifest.id.upper()) + "_API_KEY"
            elsewhere = ", ".join([host, *manifest.endpoint.hosts])
            message = f"{variable} is the key of {theirs} and may not go to {elsewhere}"
            raise manifest.error(path, f"{message}; use a variable of your own, such as {own}")


def _variables(manifest: Manifest) -> Iterator[tuple[KeyPath, str]]:
    """Each variable that a key may come from, with the path of the list it stands in."""
    several = "any" in manifest.data.get("auth", {})
    for index, way in enumerate(manifest.auth):
        path: KeyPath = ("auth", "any", index) if several else ("auth",)
        yield from (((*path, "env"), variable) for variable in way.env)
        yield from (((*path, "parts", part), name) for part, names in way.parts.items() for name in names)


def _all_variables(way: AuthScheme) -> set[str]:
    return {*way.env, *(name for names in way.parts.values() for name in names)}


def _owners(variable: str, ancestors: Collection[str], bundled: Callable[[str], Manifest]) -> Iterator[Manifest]:
    """The bundled providers whose key is in a variable. Few files are parsed: their text is searched first."""
    word = re.compile(rf"\b{re.escape(variable)}\b")
    for path in bundled_providers():
        if path.stem in ancestors or word.search(path.read_text("utf-8")):
            provider = bundled(path.stem)
            owners = (provider, *provider.for_all_apis())
            yield from (owner for owner in owners if any(variable in _all_variables(way) for way in owner.auth))


def _belongs_to(manifest: Manifest, owner: Manifest) -> bool:
    """Whether all hosts that a manifest sends keys to are the owner's."""
    ours, theirs = set(manifest.endpoint.hosts), set(owner.endpoint.hosts)
    host = _host(manifest)
    return ours <= theirs and (host == _host(owner) or _is_one_of(host, theirs))


def _is_one_of(host: str, patterns: Collection[str]) -> bool:
    """Whether patterns of host names cover a host. What a placeholder will be is not known, so it is not."""
    scheme, _, name = host.partition("://")
    return scheme == "https" and "{" not in name and any(fnmatchcase(name, pattern) for pattern in patterns)


def _host(manifest: Manifest) -> str:
    """Scheme, host and port of the base URL, as written; the schema lets no user or backslash into it."""
    scheme, _, rest = (manifest.endpoint.base_url or "").partition("://")
    return f"{scheme}://{rest.split('/')[0]}".lower() if rest else "an address that it does not say"
