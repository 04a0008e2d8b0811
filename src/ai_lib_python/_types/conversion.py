"""Python types and JSON: the schema of a type, a value of it from JSON, and JSON of any value.

Standard types, dataclasses, TypedDicts, NamedTuples, enums and msgspec Structs are understood by themselves; models
of pydantic by the methods they have, so that pydantic is never imported here. What only pydantic understands is stood
for by a class with the same methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import PurePath
from typing import Any

import msgspec

from .._plain import plain
from .._structs import convert
from .moments import with_formats

ROOT = "#/$defs/"


PROBLEMS = 8
"""How many problems of one value are told."""


def understood(kind: Any) -> Any:
    """The type, or a class that stands for it where only pydantic understands it.

    Raises:
        TypeError: the type, or one within it, has no form in JSON.
    """
    if _is_model(kind):
        return kind
    from . import by_pydantic

    standing = by_pydantic.standing_for(kind) if by_pydantic.is_for_pydantic(kind) else None
    if standing is not None:
        return standing
    try:
        schema_of(kind)
    except TypeError:
        standing = by_pydantic.standing_for(kind)
        if standing is None:
            raise
        return standing
    return kind


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type that is ``understood``, an object's own schema on top.

    Raises:
        TypeError: the type, or one within it, has no form in JSON.
    """
    if _is_model(kind):
        return _root_on_top(kind.model_json_schema())
    try:
        schema = msgspec.json.schema(kind, schema_hook=_hooked_schema)
        with_formats(schema, msgspec.inspect.type_info(kind))
    except NameError as error:
        raise TypeError(
            f"an annotation names {error.name!r}, which its module does not know; types of annotations must stand "
            "outside of functions"
        ) from None
    return _with_definitions_on_top(_root_on_top(schema))


def value_of(kind: Any, data: Any) -> Any:
    """What came as JSON, as a value of a type. Numbers and truth values may have come as texts.

    Raises:
        ValueError: it does not fit; the message says where.
    """
    try:
        return convert(data, kind, strict=False, dec_hook=_from_data)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def json_of(value: Any) -> str:
    """Any value as JSON.

    Raises:
        TypeError: something in it has no form in JSON.
    """
    return msgspec.json.encode(value, enc_hook=_to_data).decode()


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate_json")


def _hooked_schema(kind: Any) -> dict[str, Any]:
    if _is_model(kind):
        return schema_of(kind)
    raise NotImplementedError  # as msgspec asks: it then says which type it was


def _from_data(kind: Any, data: Any) -> Any:
    """For msgspec, which turns a ValueError into an error that says where."""
    try:
        return kind.model_validate_json(msgspec.json.encode(data))
    except ValueError as error:
        problems = error.errors() if hasattr(error, "errors") else []
        if not problems:
            raise
        raise ValueError("; ".join(_told(problems))) from None


def _told(problems: list[Mapping[str, Any]]) -> Iterator[str]:
    """What pydantic found, each in a few words with its place."""
    for problem in islice(problems, PROBLEMS):
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in problem["loc"]).lstrip(".")
        yield f"{place}: {problem['msg']}" if place else problem["msg"]
    if len(problems) > PROBLEMS:
        yield f"and {len(problems) - PROBLEMS} more"


def _to_data(value: Any) -> Any:
    if isinstance(value, PurePath):
        return str(value)
    if _is_model(type(value)):
        return value.model_dump(mode="json")
    return plain(value)


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
