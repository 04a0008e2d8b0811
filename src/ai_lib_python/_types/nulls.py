"""Null in the place of what is absent: wires that require every key have models write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def without_nulls(data: Any, schema: Any, root: Mapping[str, Any]) -> Any:
    """The data without a null for what may be absent but not null.

    Args:
        data: what a model wrote, as JSON has it.
        schema: what it should be.
        root: the whole schema, which has the definitions that others refer to.
    """
    schema = _chosen(data, _resolved(schema, root), root)
    if isinstance(data, list):
        items = schema.get("items")
        return [without_nulls(item, items, root) for item in data] if isinstance(items, Mapping) else data
    properties = schema.get("properties")
    if not isinstance(data, dict) or not isinstance(properties, Mapping):
        return data
    required = schema.get("required") or ()
    return {
        key: without_nulls(value, properties.get(key), root)
        for key, value in data.items()
        if value is not None or key in required or key not in properties or _may_be_null(properties[key], root)
    }


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references, and the one of a choice between it and null."""
    for _ in range(16):
        if not isinstance(schema, Mapping):
            return {}
        choices = [each for each in schema.get("anyOf") or schema.get("oneOf") or () if each != {"type": "null"}]
        if isinstance(schema.get("$ref"), str):
            schema = root.get("$defs", {}).get(schema["$ref"].rpartition("/")[2])
        elif len(choices) == 1:
            schema = choices[0]
        else:
            return schema
    return {}


def _chosen(data: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a choice between objects, the first whose fixed words are those of the data; else the schema as it is."""
    for choice in schema.get("anyOf") or schema.get("oneOf") or ():
        found = _resolved(choice, root)
        if isinstance(data, dict) and _has_fixed_words(data, found.get("properties"), root):
            return found
    return schema


def _has_fixed_words(data: Mapping[str, Any], properties: Any, root: Mapping[str, Any]) -> bool:
    if not isinstance(properties, Mapping) or not data.keys() <= properties.keys():
        return False
    for key, value in data.items():
        schema = _resolved(properties[key], root)
        if value is not None and value not in schema.get("enum", [schema.get("const", value)]):
            return False
    return True


def _may_be_null(schema: Any, root: Mapping[str, Any]) -> bool:
    if not isinstance(schema, Mapping):
        return True
    if "$ref" in schema:
        return _may_be_null(root.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2]), root)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return any(_may_be_null(each, root) for each in choices)
    kind = schema.get("type")
    if "const" in schema or "enum" in schema:
        return None in (schema.get("enum") or [schema.get("const")])
    return kind is None or kind == "null" or (isinstance(kind, list) and "null" in kind)
