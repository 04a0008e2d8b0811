"""Reads YAML text into plain data, and remembers the line of everything.

The rules are those of YAML 1.2's core schema, narrowed to what JSON can say, so that a manifest
means what it looks like:

- only ``true`` and ``false`` are booleans; ``on``, ``no`` and ``yes`` are words;
- ``null``, ``~`` and nothing at all are null;
- there are integers and floats, but no dates: ``2026-11-23`` is text. ``.inf`` and ``.nan`` are words;
- duplicate keys, tags, merge keys and several documents are errors; anchors and aliases are fine;
- a key is text or an integer (an HTTP status), nothing else.

This is the only module that imports ``yaml``, and only when something is read: it costs more than
the reading does.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ManifestError
from .bounds import MOST_BYTES, MOST_LEVELS, MOST_VALUES, problem_of
from .later import Later

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Document", "KeyPath", "parse", "read"]

KeyPath = tuple[str | int, ...]
"""The keys and list indexes that lead to a value. ``()`` is the whole document."""

_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("0123456789+-.")


class Document(NamedTuple):
    """One manifest as read, before anything is inherited.

    Attributes:
        name: what messages call it, usually the file's name.
        data: the map at its top.
        lines: the line (from 1) of each value; of a map's entry it is the line of the key. All are 0 in
            a manifest that was given as a mapping.
    """

    name: str
    data: dict[str, Any]
    lines: Mapping[KeyPath, int]

    def place(self, path: KeyPath) -> str:
        """``file.yaml:12`` for a path, or for its nearest ancestor that stands in the file."""
        while path not in self.lines:
            path = path[:-1]
        line = self.lines[path]
        return f"{self.name}:{line}" if line else self.name


def read(path: Path) -> Document:
    """The document in a file.

    Raises:
        ManifestError: it cannot be read, or is not YAML as described above.
    """
    try:
        text = _bytes_of(path).decode("utf-8-sig")
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ManifestError(f"{path.name}:{line}: the file is not UTF-8") from error
    return parse(text, path.name)


def _bytes_of(path: Path) -> bytes:
    """What is in a file; a device, or a file that no manifest can be, is not read to its end."""
    with path.open("rb") as file:
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise ManifestError(f"{path}: a manifest has at most {MOST_BYTES:,} bytes")
    return text


def parse(text: str, name: str) -> Document:
    """The document in a text; ``name`` is what error messages call it.

    Raises:
        ManifestError: the text is not YAML as described above.
    """
    root = _compose(text, name)
    if root is None:
        raise ManifestError(f"{name}:1: the file is empty")
    if root.id != "mapping":
        raise ManifestError(f"{name}:{_line(root)}: expected a map of keys at the top")
    return Document(name, _Reader(name).value(root), Later(partial(_lines, text, name)))


def _lines(text: str, name: str) -> dict[KeyPath, int]:
    """The lines of a text that is known to be a document."""
    root = _compose(text, name)
    lines: dict[KeyPath, int] = {(): _line(root)}
    _note_lines(root, _Reader(name).value(root), (), lines)
    return lines


def _note_lines(node: Any, value: Any, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    """Notes the lines of what stands in a node, which is read as ``value``."""
    if node.id == "mapping":
        for (key_node, value_node), (key, inner) in zip(node.value, value.items(), strict=True):
            here = (*path, key)
            lines[here] = _line(key_node)
            _note_lines(value_node, inner, here, lines)
    elif node.id == "sequence":
        for index, (item_node, inner) in enumerate(zip(node.value, value, strict=True)):
            here = (*path, index)
            lines[here] = _line(item_node)
            _note_lines(item_node, inner, here, lines)


def _compose(text: str, name: str) -> Any:
    """The text as a tree of nodes, or None for an empty text."""
    from yaml.error import MarkedYAMLError, YAMLError

    try:
        return _parser()(text).get_single_node()
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ManifestError(f"{name}:{line}: {_problem(error)}") from error
    except YAMLError as error:  # a character that YAML forbids
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise ManifestError(f"{name}:{line}: {getattr(error, 'reason', error)}") from error


def _problem(error: Any) -> str:
    if error.context == "expected a single document in the stream":
        return "a manifest is one document; another one begins here"
    return ", ".join(part for part in (error.context, error.problem) if part)


@cache
def _parser() -> type[Any]:
    """libyaml's parser, or the pure Python one, that leaves the meaning of plain words to us."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return type("_Parser", (_NoResolver, base), {})


class _NoResolver:
    """Stands before a loader's resolver: implicit tags stay empty, so a tag that is there was written."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return ""

    def descend_resolver(self, node: Any, index: Any) -> None: ...

    def ascend_resolver(self) -> None: ...


class _Reader:
    """Turns nodes into values."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 1
        self._open: set[int] = set()

    def value(self, node: Any) -> Any:
        if node.tag:
            raise self._error(node, f"tags are not allowed: {node.tag}")
        if node.id == "scalar":
            return self._scalar(node)
        if id(node) in self._open:
            raise self._error(node, "an alias stands inside its own anchor")
        if len(self._open) >= MOST_LEVELS:
            raise self._error(node, f"nested more than {MOST_LEVELS} levels deep")
        self._open.add(id(node))
        made = self._map(node) if node.id == "mapping" else self._list(node)
        self._open.discard(id(node))
        return made

    def _scalar(self, node: Any) -> Any:
        try:
            return _quoted(node.value) if node.style else _plain(node.value)
        except ValueError as error:
            raise self._error(node, str(error)) from error

    def _map(self, node: Any) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in made:
                first = next(_line(other) for other, _ in node.value if self._key(other) == key)
                raise self._error(key_node, f"duplicate key {key!r}; it stands in line {first} already")
            self._count += 1
            if self._count > MOST_VALUES:
                raise self._too_many(key_node)
            made[key] = self.value(value_node)
        return made

    def _list(self, node: Any) -> list[Any]:
        made = []
        for item in node.value:
            self._count += 1
            if self._count > MOST_VALUES:
                raise self._too_many(item)
            made.append(self.value(item))
        return made

    def _too_many(self, node: Any) -> ManifestError:
        return self._error(node, f"more than {MOST_VALUES} values; do aliases multiply?")

    def _key(self, node: Any) -> str | int:
        if node.id != "scalar":
            raise self._error(node, "a key must be text or an integer")
        key = self.value(node)
        if key == "<<" and not node.style:
            raise self._error(node, "merge keys (<<) are not allowed; use `extends`")
        if isinstance(key, str) or type(key) is int:
            return key
        raise self._error(node, f'a key must be text or an integer; write "{node.value}"')

    def _error(self, node: Any, message: str) -> ManifestError:
        return ManifestError(f"{self._name}:{_line(node)}: {message}")


def _quoted(text: str) -> str:
    """A text that is not too long.

    Raises:
        ValueError: it is.
    """
    if problem := problem_of(text):
        raise ValueError(problem)
    return text


@lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """What a word without quotes means; manifests say the same words again and again.

    Raises:
        ValueError: a number or a text that is too large.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return _quoted(text)
    try:
        value = _number(text)
    except ValueError as error:
        raise ValueError("the number is too large") from error
    if problem := problem_of(value):
        raise ValueError(problem)
    return value


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if not isfinite(number):
        raise ValueError
    return number


def _line(node: Any) -> int:
    line: int = node.start_mark.line
    return line + 1
