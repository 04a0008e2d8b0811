"""JSON Schemas for wires that take only a part of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCHEMAS_IN_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
"""Keywords whose map is of names chosen by people, with a schema under each."""

PLAIN_VALUES = frozenset({"enum", "const", "default", "examples", "required"})
"""Keywords that hold values and no schemas."""


def without_keywords(schema: Any, *keywords: str) -> Any:
    """The schema without these keywords, at any depth; a property of such a name stays."""

    def strip(node: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in node.items() if key not in keywords}

    return _rewritten(schema, strip)


def upper_types(schema: Any) -> Any:
    """The schema with its types in capitals: ``STRING``, ``OBJECT``."""

    def raised(node: Mapping[str, Any]) -> dict[str, Any]:
        kind = node.get("type")
        return {**node, "type": kind.upper()} if isinstance(kind, str) else dict(node)

    return _rewritten(schema, raised)


def inline_refs(schema: Any) -> Any:
    """The schema with what ``$ref`` points to in its place; one that leads back into itself stays."""
    if not isinstance(schema, Mapping):
        return schema
    definitions = {
        f"#/{section}/{name}": body
        for section in ("$defs", "definitions")
        for name, body in dict(schema.get(section) or {}).items()
    }
    inlined = _inlined(schema, definitions, ())
    if "'$ref'" not in repr(inlined):
        inlined = {key: value for key, value in inlined.items() if key not in ("$defs", "definitions")}
    return inlined


def _inlined(node: Any, definitions: Mapping[str, Any], seen: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions, seen) for item in node]
    if not isinstance(node, Mapping):
        return node
    target = node.get("$ref")
    if isinstance(target, str) and target in definitions and target not in seen:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**_inlined(definitions[target], definitions, (*seen, target)), **beside}
    return {
        key: value if key in ("$defs", "definitions") else _inlined(value, definitions, seen)
        for key, value in node.items()
    }


def _rewritten(schema: Any, rewrite: Any) -> Any:
    """The schema with ``rewrite`` done to it and to every schema inside."""
    if isinstance(schema, list):
        return [_rewritten(item, rewrite) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: _inside(key, value, rewrite) for key, value in rewrite(schema).items()}


def _inside(key: str, value: Any, rewrite: Any) -> Any:
    if key in PLAIN_VALUES:
        return value
    if key in SCHEMAS_IN_MAPS and isinstance(value, Mapping):
        return {name: _rewritten(item, rewrite) for name, item in value.items()}
    return _rewritten(value, rewrite)
