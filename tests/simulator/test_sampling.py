"""Values that fit a JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python.simulator.sampling import sample

CASES: dict[str, tuple[Any, Any]] = {
    "a string": ({"type": "string"}, "example"),
    "a constant": ({"const": 7}, 7),
    "a default": ({"type": "string", "default": "x"}, "x"),
    "the first of an enum": ({"enum": ["b", "a"]}, "b"),
    "an example": ({"type": "string", "examples": ["Ulm"]}, "Ulm"),
    "a number": ({"type": "number"}, 1),
    "a number above a minimum": ({"type": "integer", "minimum": 5}, 5),
    "a number above an exclusive minimum": ({"type": "integer", "exclusiveMinimum": 5}, 6),
    "a number below a maximum": ({"type": "number", "maximum": 0.5}, 0.5),
    "a number that both limits allow": ({"type": "number", "minimum": -5, "maximum": -2}, -2),
    "a multiple": ({"type": "integer", "multipleOf": 4}, 4),
    "a truth": ({"type": "boolean"}, True),
    "nothing": ({"type": "null"}, None),
    "no null where something else may stand": ({"type": ["null", "integer"]}, 1),
    "no null of a choice": ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
    "capital types": (
        {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]},
        {"n": 1},
    ),
    "required properties only": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "required": ["b"],
        },
        {"b": "example"},
    ),
    "an object by its properties": ({"properties": {"a": {}}, "required": ["a"]}, {"a": "example"}),
    "an object of which nothing is known": ({"type": "object"}, {}),
    "one item": ({"type": "array", "items": {"type": "integer"}}, [1]),
    "as many items as there must be": (
        {"type": "array", "items": {"type": "integer"}, "minItems": 3},
        [1, 1, 1],
    ),
    "an array that must be empty": ({"type": "array", "maxItems": 0}, []),
    "a tuple": ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, [1, "example"]),
    "a long string": ({"type": "string", "minLength": 9}, "examplexx"),
    "a short string": ({"type": "string", "maxLength": 2}, "ex"),
    "a date": ({"type": "string", "format": "date"}, "2025-01-01"),
    "bytes": ({"type": "string", "contentEncoding": "base64"}, "ZXhhbXBsZQ=="),
    "a time span": ({"type": "string", "format": "duration"}, "P1D"),
    "what says which of several it is, required or not": (
        {"type": "object", "properties": {"kind": {"const": "cat", "default": "cat"}, "lives": {"type": "integer"}}},
        {"kind": "cat"},
    ),
    "a reference": (
        {"$defs": {"P": {"type": "integer"}}, "properties": {"p": {"$ref": "#/$defs/P"}}, "required": ["p"]},
        {"p": 1},
    ),
    "all of several": (
        {
            "allOf": [
                {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
            ]
        },
        {"a": 1, "b": 1},
    ),
    "a reference to nowhere": ({"$ref": "#/$defs/Missing"}, "example"),
    "no schema": (None, None),
}


@pytest.mark.parametrize(("schema", "value"), CASES.values(), ids=CASES.keys())
def test_a_sample_is(schema: Any, value: Any) -> None:
    assert sample(schema) == value


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}
    assert "next" in sample({"$defs": {"Node": node}, "$ref": "#/$defs/Node"})
    tree = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
    assert isinstance(sample({"$defs": {"Tree": tree}, "$ref": "#/$defs/Tree"}), list)


def test_a_list_of_a_schemas_own_kind_ends_empty_and_each_of_it_is_whole() -> None:
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
        "required": ["name", "kids"],
    }
    found = sample({"$defs": {"Node": node}, "$ref": "#/$defs/Node"})
    while found["kids"]:
        assert found["name"] == "example"
        found = found["kids"][0]


def test_the_same_schema_gives_the_same_sample() -> None:
    schema = CASES["all of several"][0]
    assert sample(schema) == sample(schema)
