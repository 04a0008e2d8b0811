"""Which API of which provider speaks the wire on which a row was recorded."""

from __future__ import annotations

from functools import cache

from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest

from .exchange import manifest_of
from .recordings import Row


def speaker(row: Row) -> Manifest:
    """What holds for that API; the provider's own where none is known to speak this wire."""
    return _speaker(manifest_of(row), row.dialect)


@cache
def _speaker(provider: str, dialect: str) -> Manifest:
    own = load(provider)
    speaks = (each for each in (own, *own.for_all_apis()) if each.dialect.startswith(dialect))
    return next(speaks, own)
