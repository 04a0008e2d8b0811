"""Schemas of moments: that a text is a date with a time, or a time of day, which msgspec leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

FORMATS: tuple[tuple[type[inspect.Type], str], ...] = ((inspect.DateTimeType, "date-time"), (inspect.TimeType, "time"))
"""What models and providers call them. One without a zone is taken as well, as it stands in the type."""


def with_formats(schema: dict[str, Any], kind: inspect.Type) -> None:
    """Writes formats into a schema that msgspec made of the type."""
    _Walk(schema).walk(schema, kind)


class _Walk:
    """Through a schema and its type side by side, every definition once."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._definitions: dict[str, Any] = root.get("$defs", {})
        self._seen: set[str] = set()

    def walk(self, schema: Any, kind: inspect.Type) -> None:
        while isinstance(kind, inspect.Metadata):
            kind = kind.type
        schema = self._behind(schema)
        if not isinstance(schema, dict):
            return
        for moment, form in FORMATS:
            if isinstance(kind, moment) and schema.get("type") == "string":
                schema.setdefault("format", form)
        for part, of_part in _parts(schema, kind):
            self.walk(part, of_part)

    def _behind(self, schema: Any) -> Any:
        """What a reference refers to; None where that was looked at before."""
        name = str(schema.get("$ref", "")).rpartition("/")[2] if isinstance(schema, dict) else ""
        if not name:
            return schema
        if name in self._seen:
            return None
        self._seen.add(name)
        return self._definitions.get(name)


def _parts(schema: dict[str, Any], kind: inspect.Type) -> Iterator[tuple[Any, inspect.Type]]:
    """The schemas within a schema, each with its type."""
    if isinstance(kind, inspect.CollectionType):
        yield schema.get("items"), kind.item_type
    elif isinstance(kind, inspect.TupleType):
        yield from zip(schema.get("prefixItems", ()), kind.item_types, strict=False)
    elif isinstance(kind, inspect.DictType):
        yield schema.get("additionalProperties"), kind.value_type
    elif isinstance(kind, inspect.UnionType):
        yield from _choices(schema, kind)
    else:
        yield from _fields(schema, getattr(kind, "fields", ()))


def _choices(schema: dict[str, Any], kind: inspect.UnionType) -> Iterator[tuple[Any, inspect.Type]]:
    """As msgspec orders them: first what is neither a Struct nor None, then Structs, by themselves or in one choice."""
    plain = [each for each in kind.types if not isinstance(_bare(each), (inspect.StructType, inspect.NoneType))]
    structs = [each for each in kind.types if isinstance(_bare(each), inspect.StructType)]
    choices = schema.get("anyOf", [])
    rest = choices[len(plain) :]
    yield from zip(choices, plain, strict=False)
    yield from zip(rest[0].get("anyOf", rest) if rest else (), structs, strict=False)


def _bare(kind: inspect.Type) -> inspect.Type:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _fields(schema: dict[str, Any], fields: tuple[inspect.Field, ...]) -> Iterator[tuple[Any, inspect.Type]]:
    if "properties" in schema:
        yield from ((schema["properties"].get(field.encode_name), field.type) for field in fields)
    else:  # of a row, with a tag before the fields where there is one
        rows = schema.get("prefixItems", [])
        yield from zip(rows[len(rows) - len(fields) :], (field.type for field in fields), strict=True)
