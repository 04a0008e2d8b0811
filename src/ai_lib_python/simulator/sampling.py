"""A value that fits a JSON Schema: always the same, and as plain as can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

DEEPEST = 8
"""How many levels of a schema are followed; what refers to itself ends there."""

FORMATS = {
    "date": "2025-01-01",
    "date-time": "2025-01-01T00:00:00Z",
    "decimal": "1",
    "duration": "P1D",
    "time": "00:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: Any) -> Any:
    """A value for ``schema``: constants, defaults and first choices; required and constant properties only."""
    return _sample(schema, schema if isinstance(schema, Mapping) else {}, 0)


def _sample(schema: Any, root: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return {} if schema is True else None
    whole = _resolved(schema, root)
    for key in ("const", "default"):
        if key in whole:
            return whole[key]
    for key in ("enum", "examples"):
        if whole.get(key):
            return whole[key][0]
    for key in ("anyOf", "oneOf"):
        if whole.get(key):
            return _sample(_best(whole[key]), root, depth + 1)
    return _typed(_type_of(whole), whole, root, depth)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with what it refers to, and all of ``allOf``, laid into it."""
    for _ in range(DEEPEST):
        if "$ref" not in schema:
            break
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**_referred(str(schema["$ref"]), root), **rest}
    for part in schema.get("allOf", ()):
        schema = _laid_over(schema, _resolved(part, root))
    return schema


def _referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``#/$defs/Name`` points to; empty where it points nowhere."""
    node: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        node = node.get(step) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


def _laid_over(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = {**part.get("properties", {}), **schema.get("properties", {})}
    required = [*schema.get("required", ()), *part.get("required", ())]
    merged = {**part, **schema}
    return {**merged, "properties": properties, "required": required} if properties else merged


def _best(choices: list[Any]) -> Any:
    """The first choice that is not null."""
    return next((item for item in choices if item != {"type": "null"}), choices[0])


def _type_of(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        given = next((name for name in given if name != "null"), "null")
    if given is None:
        given = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(given).lower()


def _typed(kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    if kind == "object":
        properties = schema.get("properties", {})
        fixed = [name for name, each in properties.items() if isinstance(each, Mapping) and "const" in each]
        return {
            name: _sample(properties.get(name, {}), root, depth + 1)
            for name in dict.fromkeys([*schema.get("required", ()), *fixed])
        }
    if kind == "array":
        return _array(schema, root, depth)
    if kind in ("number", "integer"):
        return _number(schema)
    return {"boolean": True, "null": None}.get(kind, _string(schema))


def _array(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> list[Any]:
    """One item, or as many as there must be; none where the schema goes too deep."""
    if depth >= DEEPEST // 2 and not schema.get("minItems"):
        return []
    first = [_sample(item, root, depth + 1) for item in schema.get("prefixItems", ())]
    wanted = max(schema.get("minItems", 0), 0 if first or schema.get("maxItems") == 0 else 1)
    items = schema.get("items", {"type": "string"})
    return first + [_sample(items, root, depth + 1) for _ in range(wanted - len(first))]


def _number(schema: Mapping[str, Any]) -> Any:
    """1, or the number nearest to it that the limits allow."""
    value = min(1, *_limits(schema, "maximum", "exclusiveMaximum", -1))
    value = max(value, *_limits(schema, "minimum", "exclusiveMinimum", 1))
    step = schema.get("multipleOf")
    return value if not step or value % step == 0 else step * (value // step + 1)


def _limits(schema: Mapping[str, Any], inclusive: str, exclusive: str, step: int) -> list[Any]:
    """The limits on one side, the exclusive one moved inside; infinity where there is none."""
    limits = [schema[inclusive]] if inclusive in schema else []
    if exclusive in schema:
        limits.append(schema[exclusive] + step)
    return limits or [-step * math.inf]


def _string(schema: Mapping[str, Any]) -> str:
    """``example``, made longer or shorter where it must be."""
    usual = "ZXhhbXBsZQ==" if schema.get("contentEncoding") == "base64" else "example"
    text = FORMATS.get(str(schema.get("format")), usual)
    shortest = schema.get("minLength", 0)
    longer = text if len(text) >= shortest else text.ljust(shortest, "x")
    return longer[: schema.get("maxLength", len(longer))]
