"""Patterns of model names, as entries of ``models`` and ``routes`` have them under ``match``."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any


def globs_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The patterns of model names that an entry is for."""
    match = entry["match"]
    return (match,) if isinstance(match, str) else tuple(match)


@lru_cache(maxsize=1024)
def fits_one(model: str, globs: tuple[str, ...]) -> bool:
    """Whether one of the patterns fits a model's name, whatever its case."""
    return any(fnmatchcase(model.lower(), glob.lower()) for glob in globs)
