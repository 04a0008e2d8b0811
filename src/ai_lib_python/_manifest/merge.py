"""Lays one manifest over another, and keeps where each value came from.

- Maps merge, key by key. Lists and single values replace.
- ``null`` removes the key.
- A map of the template language is one expression, and half of two expressions is none. So a map with
  an operator or a path among its keys (``$if``, ``$value.kind``, ``.type``) replaces what was there,
  unless it only refines it: it names some of the operators that were there, but not the first one, which
  says what kind of expression it is. ``{$case: {audio: ...}}`` adds a case to ``{$by: .kind, $case: ...}``.
- Under an operator or a path, ``null`` is a value (``refused_when: {$tools: null}``), not a removal.
- A condition (under ``$if``, ``$where``, ``refused_when``, ``default_when``, ``when``, ``until``) always replaces.
- ``auth`` is replaced where one of the two is a choice (``any``) and the other is not.
- Of keys that exclude each other the upper one stands alone: another ``status.is`` takes away what was said of the one
  before, and a placeholder of a base URL that follows from another one has no value of its own.
- Within lists, and within each of ``apis``, nothing is touched: what stands there is laid over something else later.

What the upper layer says about a path decides where it came from; what it does not mention came from
the lower one, except below what was replaced.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .later import Later

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .yaml_source import Document, KeyPath

__all__ = ["Layer", "Origin", "layer_of", "merge"]

CONDITIONS = frozenset({"$if", "$where", "refused_when", "default_when", "when", "until"})
"""Keys whose map is a condition; half of two conditions is none."""

LITERAL = "$literal"
"""The operator whose value stands as it is, nulls and all."""

OVERLAYS = ("apis",)
"""The map whose values are to be laid over other manifests."""

Data = dict[str, Any]
"""Below the top, keys may be integers too."""


class Origin(NamedTuple):
    """The file and line that a value came from. A manifest given as a mapping has line 0 everywhere.

    ``below`` is the path, in that file, of the map that the value's own path counts from: ``("apis", "tasks")``, say.
    """

    file: str
    line: int
    below: KeyPath = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Layer(NamedTuple):
    """Data, and the origin of each path in it."""

    data: Data
    origins: Mapping[KeyPath, Origin]

    def origin(self, path: KeyPath) -> Origin:
        """Where the value at a path came from, or its nearest ancestor that is known."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins[path]

    def written(self, path: KeyPath) -> KeyPath:
        """The path as it is in the file that the value came from."""
        return (*self.origin(path).below, *path)

    def part(self, path: KeyPath) -> Layer:
        """The map at a path as a layer of its own."""
        data: Any = self.data
        for key in path:
            data = data[key]
        return Layer(data, Later(partial(self._origins_below, path)))

    def only(self, wanted: Callable[[Any], bool]) -> Layer:
        """The entries at the top whose keys are wanted."""
        kept = {key: value for key, value in self.data.items() if wanted(key)}
        return Layer(kept, Later(partial(self._origins_of_only, wanted)))

    def _origins_of_only(self, wanted: Callable[[Any], bool]) -> dict[KeyPath, Origin]:
        return {path: origin for path, origin in self.origins.items() if not path or wanted(path[0])}

    def _origins_below(self, path: KeyPath) -> dict[KeyPath, Origin]:
        size = len(path)
        found = {at[size:]: origin for at, origin in self.origins.items() if at[:size] == path}
        found.setdefault((), self.origin(path))
        return {at: origin._replace(below=(*origin.below, *path)) for at, origin in found.items()}


def layer_of(document: Document) -> Layer:
    """A document as a layer, as it stands: its nulls are still removals to be done."""
    return Layer(document.data, Later(partial(_origins_of, document)))


def _origins_of(document: Document) -> dict[KeyPath, Origin]:
    name = document.name
    origins = {path: Origin(name, line) for path, line in document.lines.items()}
    origins.setdefault((), Origin(name, 0))
    return origins


def merge(lower: Layer, upper: Layer) -> Layer:
    """``upper`` laid over ``lower``. Neither is changed; the result shares their values."""
    replaced: set[KeyPath] = set()
    data = _merged(lower.data, upper.data, (), replaced)
    return Layer(data, Later(partial(_origins_merged, lower, upper, replaced)))


def _origins_merged(lower: Layer, upper: Layer, replaced: set[KeyPath]) -> dict[KeyPath, Origin]:
    kept = _without(lower.origins, replaced) if replaced else lower.origins
    return {**kept, **upper.origins}


def _merged(lower: Data, upper: Data, path: KeyPath, replaced: set[KeyPath]) -> Data:
    """The two as one map; the paths of the lower maps and lists that are gone go into ``replaced``."""
    made = dict(lower)
    for key, value in upper.items():
        here = (*path, key)
        before = made.get(key)
        if path != OVERLAYS and isinstance(before, dict) and isinstance(value, dict) and _merges(here, before, value):
            gone = _outlived(here, before, value)
            replaced.update((*here, word) for word in gone)
            kept = {word: inner for word, inner in before.items() if word not in gone}
            made[key] = _merged(kept, value, here, replaced)
            continue
        if isinstance(before, (dict, list)):
            replaced.add(here)
        if value is None and not _is_operator(key):
            made.pop(key, None)
        elif here == OVERLAYS and isinstance(value, dict):
            made[key] = _merged({}, value, here, replaced)
        else:
            made[key] = value if path == OVERLAYS else _alone(key, value)
    return made


def _alone(key: str | int, value: Any) -> Any:
    """A value that is laid over nothing: its nulls have nothing to remove, and are gone."""
    if not isinstance(value, dict) or key == LITERAL:
        return value
    return {inner: _alone(inner, item) for inner, item in value.items() if item is not None or _is_operator(inner)}


def _outlived(path: KeyPath, lower: Data, upper: Data) -> set[Any]:
    """Keys of ``lower`` that mean nothing beside what ``upper`` says."""
    if path == ("status",) and upper.get("is", lower.get("is")) != lower.get("is"):
        return set(lower)
    if path[:2] != ("endpoint", "variables") or len(path) != len(("endpoint", "variables", "name")):
        return set()
    if upper.get("of") is not None:
        follows = {"map", "else"} if lower.get("of") != upper["of"] else set()
        return set(lower) & {"env", "default", *follows}
    given = any(upper.get(word) is not None for word in ("env", "default"))
    return set(lower) & {"of", "map", "else"} if given else set()


def _merges(path: KeyPath, lower: Data, upper: Data) -> bool:
    """Whether ``upper`` is to be merged into ``lower``, and not to replace it."""
    if path[-1] in CONDITIONS or (path == ("auth",) and ("any" in lower) != ("any" in upper)):
        return False
    there = [key for key in lower if _is_operator(key)]
    new = [key for key in upper if _is_operator(key)]
    if not there and not new:
        return True
    return bool(new) and set(new) <= set(there) and there[0] not in new


def _is_operator(key: str | int) -> bool:
    return isinstance(key, str) and key.startswith(("$", "."))


def _without(origins: Mapping[KeyPath, Origin], gone: set[KeyPath]) -> dict[KeyPath, Origin]:
    """The origins that stand neither at nor below the paths that are gone."""
    ends = range(1, max(map(len, gone)) + 1)
    return {path: origin for path, origin in origins.items() if not any(path[:end] in gone for end in ends)}
