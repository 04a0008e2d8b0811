"""Python types and JSON: the schema of a type, a value of it from JSON, and JSON of any value.

Standard types, dataclasses, TypedDicts, NamedTuples, enums and msgspec Structs are understood by themselves; models
of pydantic by the methods they have, so that pydantic is never imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

ROOT = "#/$defs/"


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type, an object's own schema on top.

    Raises:
        TypeError: the type, or one within it, has no form in JSON.
    """
    if _is_model(kind):
        return _root_on_top(kind.model_json_schema())
    return _with_definitions_on_top(_root_on_top(msgspec.json.schema(kind, schema_hook=_hooked_schema)))


def value_of(kind: Any, data: Any) -> Any:
    """What came as JSON, as a value of a type. Numbers and truth values may have come as texts.

    Raises:
        ValueError: it does not fit; the message says where.
    """
    try:
        return msgspec.convert(data, kind, strict=False, dec_hook=_from_data)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def json_of(value: Any) -> str:
    """Any value as JSON.

    Raises:
        TypeError: something in it has no form in JSON.
    """
    return msgspec.json.encode(value, enc_hook=_to_data).decode()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate")


def _hooked_schema(kind: Any) -> dict[str, Any]:
    if _is_model(kind):
        return schema_of(kind)
    raise NotImplementedError  # as msgspec asks: it then says which type it was


def _from_data(kind: Any, data: Any) -> Any:
    """For msgspec, which turns a ValueError into an error that says where."""
    return kind.model_validate(data)


def _to_data(value: Any) -> Any:
    if _is_model(type(value)):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _root_on_top(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its own definition in the place of a reference to it, unless others refer to that too."""
    reference, definitions = schema.get("$ref"), schema.get("$defs", {})
    name = reference.removeprefix(ROOT) if isinstance(reference, str) else None
    if name not in definitions:
        return schema
    others = {key: value for key, value in definitions.items() if key != name}
    if _refers(definitions, reference):
        return {**definitions[name], "$defs": definitions}
    return {**definitions[name], "$defs": others} if others else dict(definitions[name])


def _refers(node: Any, reference: str | None) -> bool:
    if isinstance(node, Mapping):
        return node.get("$ref") == reference or any(_refers(value, reference) for value in node.values())
    return isinstance(node, list) and any(_refers(value, reference) for value in node)


def _with_definitions_on_top(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with definitions that stand deeper within it where references look for them."""
    found: dict[str, Any] = {}

    def without_definitions(node: Any) -> Any:
        if isinstance(node, list):
            return [without_definitions(item) for item in node]
        if not isinstance(node, Mapping):
            return node
        for name, body in node.get("$defs", {}).items():
            definition = without_definitions(body)
            if found.setdefault(name, definition) != definition:
                raise TypeError(f"two types are both called {name!r}, and a schema needs a name for each")
        return {key: without_definitions(value) for key, value in node.items() if key != "$defs"}

    top = without_definitions(schema)
    return {**top, "$defs": found} if found else top
