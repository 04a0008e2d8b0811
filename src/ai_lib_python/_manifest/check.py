"""Holds a manifest against the published JSON Schema, and says what is wrong with it in plain words.

A validator of just the part of JSON Schema (draft 2020-12) that our schema uses, because its errors must
name a file, a line, and the key that was probably meant. ``KEYWORDS`` lists that part; a test holds the
schema to it, another holds this validator against a complete one.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .._spelling import did_you_mean
from ..errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .yaml_source import Document, KeyPath

__all__ = ["KEYWORDS", "Problem", "check", "problems", "schema", "spell", "violations"]

SCHEMA_FILE = Path(__file__).parent.parent / "manifests" / "schema" / "manifest.schema.json"

Schema = dict[str, Any]


class Problem(NamedTuple):
    """One thing wrong: the path of the key, and what is the matter with it."""

    path: KeyPath
    message: str


def check(document: Document) -> None:
    """Raise the first thing that is wrong with a manifest, if anything is.

    Raises:
        ManifestError: ``groq.yaml:14: parameters.temprature: unknown key; did you mean "temperature"?``
    """
    for problem in violations(document.data, schema()):
        raise ManifestError(_told(document, problem))


def problems(document: Document) -> list[str]:
    """Everything that is wrong with a manifest, each as one line of text."""
    return [_told(document, problem) for problem in violations(document.data, schema())]


@cache
def schema() -> Schema:
    """The published JSON Schema of a manifest."""
    decoded: Schema = msgspec.json.decode(SCHEMA_FILE.read_bytes())
    return decoded


def spell(path: KeyPath) -> str:
    """A path as text: ``models[0].match``."""
    spelled = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return spelled.removeprefix(".") or "the manifest"


def _told(document: Document, problem: Problem) -> str:
    return f"{document.place(problem.path)}: {spell(problem.path)}: {problem.message}"


def violations(value: Any, rules: Schema | bool, path: KeyPath = ()) -> Iterator[Problem]:
    """Where a value breaks a schema, in the order of the value's keys."""
    if isinstance(rules, bool):
        if not rules:
            yield Problem(path, "is not allowed here")
        return
    if "type" in rules and not _is_a(value, rules["type"]):
        yield Problem(path, f"expected {_kinds(rules['type'])}, got {_shown(value)}")
        return
    for keyword, argument in rules.items():
        if rule := _RULES.get(keyword):
            yield from rule(value, argument, rules, path)


def _ref(value: Any, pointer: str, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    yield from violations(value, _resolved(pointer), path)


@cache
def _resolved(pointer: str) -> Schema:
    """The definition that ``#/$defs/name`` points to."""
    found: Any = schema()
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    resolved: Schema = found
    return resolved


def _enum(value: Any, allowed: list[Any], rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if not any(value == one and type(value) is type(one) for one in allowed):
        words = [str(one) for one in allowed if one is not None]
        yield Problem(path, f"expected one of {', '.join(words)}, got {_shown(value)}{did_you_mean(str(value), words)}")


def _pattern(value: Any, pattern: str, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if isinstance(value, str) and not re.search(pattern, value):
        what = rules.get("title", f"text like {pattern}")
        yield Problem(path, f"expected {what}, got {_shown(value)}")


def _minimum(value: Any, least: float, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if _is_a(value, "number") and value < least:
        yield Problem(path, f"expected at least {least}, got {_shown(value)}")


def _exclusive_minimum(value: Any, bound: float, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if _is_a(value, "number") and value <= bound:
        yield Problem(path, f"expected more than {bound}, got {_shown(value)}")


def _min_items(value: Any, least: int, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if isinstance(value, list) and len(value) < least:
        yield Problem(path, "expected a list with something in it")


def _items(value: Any, each: Schema | bool, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from violations(item, each, (*path, index))


def _required(value: Any, keys: list[str], rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from (Problem(path, f'the key "{key}" is missing') for key in keys if key not in value)


def _properties(value: Any, known: dict[str, Schema | bool], rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            if str(key) in known:
                yield from violations(item, known[str(key)], (*path, key))


def _pattern_properties(
    value: Any, patterns: dict[str, Schema | bool], rules: Schema, path: KeyPath
) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            for pattern, each in patterns.items():
                if re.search(pattern, str(key)):
                    yield from violations(item, each, (*path, key))


def _additional_properties(value: Any, others: Schema | bool, rules: Schema, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(value, dict) or others is True:
        return
    for key, item in value.items():
        if not _is_declared(str(key), rules):
            if others is False:
                yield Problem((*path, key), f"unknown key{_meant_key(str(key), rules, path)}")
            else:
                yield from violations(item, others, (*path, key))


def _is_declared(key: str, rules: Schema) -> bool:
    patterns = rules.get("patternProperties", ())
    return key in rules.get("properties", ()) or any(re.search(pattern, key) for pattern in patterns)


def _meant_key(key: str, rules: Schema, path: KeyPath) -> str:
    known = list(rules.get("properties", ()))
    if hint := did_you_mean(key, known):
        return hint
    if "steps" in known:
        return f"; known are {', '.join(known)}, and statements stand in steps"
    if len(path) == 1 and key in schema()["properties"]:
        return f"; {key} stands at the top, not in {path[0]}"
    if deeper := [f'"{name}.{key}"' for name in known if key in _keys_below(rules["properties"][name])]:
        return f"; did you mean {' or '.join(deeper)}?"
    if known:
        return f"; known are {', '.join(known)}"
    return f"; expected {rules['title']}" if "title" in rules else ""


def _keys_below(rules: Schema | bool) -> Schema:
    """The keys of a map that a schema describes."""
    if isinstance(rules, bool):
        return {}
    below: Schema = (_resolved(rules["$ref"]) if "$ref" in rules else rules).get("properties", {})
    return below


def _any_of(value: Any, choices: list[Schema], rules: Schema, path: KeyPath) -> Iterator[Problem]:
    """Nothing if one choice fits; else what is wrong by the choice that was probably meant."""
    if any(next(violations(value, choice, path), None) is None for choice in choices):
        return
    alike = [list(violations(value, choice, path)) for choice in choices if _is_a(value, _types(choice))]
    if alike:
        yield from min(alike, key=len)
    else:
        kinds = dict.fromkeys(kind for choice in choices for kind in _types(choice))
        yield Problem(path, f"expected {_kinds(list(kinds))}, got {_shown(value)}")


def _types(rules: Schema) -> list[str]:
    """The types that a schema lets through."""
    if "$ref" in rules and "type" not in rules:
        return _types(_resolved(rules["$ref"]))
    named = rules.get("type", list(_TYPES))
    return [named] if isinstance(named, str) else named


_RULES: dict[str, Callable[[Any, Any, Schema, KeyPath], Iterator[Problem]]] = {
    "$ref": _ref,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _minimum,
    "exclusiveMinimum": _exclusive_minimum,
    "minItems": _min_items,
    "items": _items,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "anyOf": _any_of,
}

_SILENT = {"type", "$schema", "$id", "$defs", "title", "description", "default", "examples"}

KEYWORDS = frozenset(_RULES) | _SILENT
"""The keywords of JSON Schema that are understood here; the published schema uses no other."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}

_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}


def _is_a(value: Any, kinds: str | list[str]) -> bool:
    if isinstance(kinds, list):
        return any(_is_a(value, kind) for kind in kinds)
    if isinstance(value, bool):
        return kinds == "boolean"
    if isinstance(value, float) and kinds == "integer":
        return value.is_integer()
    return isinstance(value, _TYPES[kinds])


def _kinds(kinds: str | list[str]) -> str:
    """Types in words. That null removes an inherited key goes without saying."""
    if isinstance(kinds, str):
        return _NAMES[kinds]
    *most, last = [_NAMES[kind] for kind in kinds if kind != "null"]
    return f"{', '.join(most)} or {last}" if most else last


def _shown(value: Any) -> str:
    """A value as it would stand in JSON, cut short; of lists and maps only what they are."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
