"""What becomes of inherited addresses where a manifest has moved the base URL that they were written beside.

Else a gateway's key would go to the provider that the gateway stands before, or the provider's key to the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .inherit import inherited
from .manifest import problem_at
from .merge import Layer
from .sites import host_fits, moved, parted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .yaml_source import Document

__all__ = ["with_api_moved", "with_hosts_left", "with_list_moved"]


def with_list_moved(provider: Layer, chain: Sequence[Document]) -> Layer:
    """The provider without a list of models that would be asked for where it was before the base URL moved."""
    listing = provider.data.get("list_models", {})
    url = listing.get("base_url")
    if url is None or not (move := _move(provider, chain, ("list_models", "base_url"))):
        return provider
    before, after = move
    url = None if after is None else moved(url, before, after)
    data = {key: value for key, value in provider.data.items() if key != "list_models"}
    return Layer(data if url is None else {**data, "list_models": {**listing, "base_url": url}}, provider.origins)


def with_hosts_left(provider: Layer, chain: Sequence[Document]) -> Layer:
    """The provider without the hosts that belong to where it was before its base URL moved to somebody else's."""
    endpoint = provider.data.get("endpoint", {})
    hosts = endpoint.get("hosts")
    if not hosts or not (move := _move(provider, chain, ("endpoint", "hosts"))):
        return provider
    before, after = (parted(url or "")[0] for url in move)
    if before == after or host_fits(after.partition("://")[2], hosts):
        return provider
    kept = {key: value for key, value in endpoint.items() if key != "hosts"}
    return Layer({**provider.data, "endpoint": kept}, provider.origins)


def with_api_moved(own: Layer, provider: Layer, chain: Sequence[Document], name: str) -> Layer:
    """What an API says, with its address where the provider's has moved to since.

    Raises:
        ManifestError: nobody can tell where that is.
    """
    endpoint = own.data.get("endpoint") or {}
    url = endpoint.get("base_url")
    if url is None or not (move := _move(provider, chain, ("apis", name))):
        return own
    before, after = move
    there = None if after is None else moved(url, before, after)
    if after is not None and there is None:
        place = provider.origin(("endpoint", "base_url"))
        problem = (
            f"is inherited and at {url}, while endpoint.base_url ({place}) is now {after}; write apis.{name} anew "
            f"with an endpoint.base_url of its own, or `{name}: null` where there is none"
        )
        raise problem_at(provider, ("apis", name, "endpoint"), problem)
    return Layer({**own.data, "endpoint": {**endpoint, "base_url": there, "hosts": []}}, own.origins)


def _move(provider: Layer, chain: Sequence[Document], path: tuple[str, str]) -> tuple[str | None, str | None] | None:
    """The base URL as it was beside what stands at a path, and as it is; None where it is the same."""
    first, second = path
    writer = next(index for index, document in enumerate(chain) if (document.data.get(first) or {}).get(second))
    before = (inherited(chain[writer:]).data.get("endpoint") or {}).get("base_url") if writer else None
    after = provider.data.get("endpoint", {}).get("base_url")
    return (before, after) if writer and before != after else None
