"""Takes a manifest that is given as a Python mapping, as the counterpart of ``yaml_source``."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..errors import ManifestError
from .bounds import MOST_LEVELS, MOST_VALUES, problem_of
from .check import spell
from .yaml_source import Document

if TYPE_CHECKING:
    from .yaml_source import KeyPath

__all__ = ["from_mapping"]

_NAME = "manifest"

SHOWN = 10
"""How much of a path without end is shown."""


def from_mapping(mapping: Mapping[str, Any]) -> Document:
    """The mapping as a document: a copy, of plain maps, lists and values, without lines.

    Raises:
        ManifestError: something in it cannot stand in a YAML manifest.
    """
    lines: dict[KeyPath, int] = {}
    return Document(_NAME, _plain(mapping, (), lines), lines)


def _plain(value: Any, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    if (problem := problem_of(value)) or (problem := _too_much(path, lines)):
        raise ManifestError(f"{_NAME}: {spell(path[:SHOWN])}: {problem}")
    lines[path] = 0
    if value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(item, (*path, key), lines) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, (*path, index), lines) for index, item in enumerate(value)]
    what = repr(value) if isinstance(value, float) else f"a {type(value).__name__}"
    raise ManifestError(f"{_NAME}: {spell(path)}: {what} cannot stand in a manifest")


def _too_much(path: KeyPath, lines: dict[KeyPath, int]) -> str | None:
    if len(path) > MOST_LEVELS:
        return f"nested more than {MOST_LEVELS} levels deep"
    return f"more than {MOST_VALUES:,} values" if len(lines) >= MOST_VALUES else None


def _key(key: Any, path: KeyPath) -> str | int:
    if isinstance(key, str) or type(key) is int:
        return key
    raise ManifestError(f"{_NAME}: {spell(path)}: a key must be text or an integer, got {key!r}")
