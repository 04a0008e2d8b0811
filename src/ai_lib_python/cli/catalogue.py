"""What there is to ask: the providers that can be read, and the wire formats that the simulator plays."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .._engine.keys import key_variables
from .._engine.target import Target
from .._manifest import folders
from .._manifest.load import load
from .._manifest.manifest import Manifest
from ..errors import ConfigurationError, ManifestError

__all__ = ["dialects", "example", "home", "key_in_use", "speakers", "usable"]


def usable() -> Iterator[Manifest]:
    """The providers that could be called as things are, in the order of their ids."""
    return filter(_has_address, _readable())


def _has_address(manifest: Manifest) -> bool:
    try:
        Target(manifest)
    except ConfigurationError:  # retired, or a part of its address is not set
        return False
    return True


def _readable() -> Iterator[Manifest]:
    """The providers whose manifests can be read; `providers` and `manifest check` tell of the others."""
    return filter(None, map(_loaded, folders.known_ids()))


def _loaded(id: str) -> Manifest | None:
    try:
        return load(id)
    except ManifestError:
        return None


def key_in_use(manifest: Manifest) -> str | None:
    """The first of a provider's key variables that is set."""
    return next((name for name in key_variables(manifest) if os.environ.get(name)), None)


def example(manifest: Manifest) -> str | None:
    """A model of the provider to try, as ``provider/model``."""
    models = manifest.data.get("examples") or ()
    return f"{manifest.id}/{models[0]}" if models else None


def dialects() -> list[str]:
    """The wire formats that the simulator can play: those that say how they are served."""
    providers = set(folders.known_ids())
    ids = (id for id in folders.every_id(folders.search_path()) if id not in providers)
    return sorted(id for id in ids if _is_served(id))


def _is_served(id: str) -> bool:
    manifest = _loaded(id)
    return manifest is not None and "serve" in manifest.data


def speakers(dialect: str) -> list[Manifest]:
    """What of the providers that are still there speaks a wire format: their own API, or another of theirs."""
    there = (one for one in _readable() if one.status.state not in ("retired", "no_chat"))
    apis = (api for one in there for api in (one, *one.for_all_apis()))
    return [api for api in apis if api.dialect == dialect]


def home(dialect: str) -> Manifest | None:
    """The provider that a wire format is named after; else the first that speaks it."""
    found = speakers(dialect)
    return next((one for one in found if dialect.startswith(f"{one.id}-")), next(iter(found), None))
