"""JSON Schemas cut down for wires that take only a part of the language."""

from __future__ import annotations

from typing import Any

from ai_lib_python._compile.schemas import inline_refs, upper_types, without_keywords

PERSON: dict[str, Any] = {
    "title": "Person",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "title": "Title", "enum": ["title", "Dr"]},
        "home": {"$ref": "#/$defs/place", "description": "where"},
        "tags": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    },
    "required": ["title"],
    "$defs": {"place": {"type": "object", "additionalProperties": False, "properties": {"city": {"type": "string"}}}},
}


def test_keywords_go_at_any_depth_and_properties_of_that_name_stay() -> None:
    found = without_keywords(PERSON, "title", "additionalProperties", "$defs")
    assert found == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "enum": ["title", "Dr"]},
            "home": {"$ref": "#/$defs/place", "description": "where"},
            "tags": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        },
        "required": ["title"],
    }


def test_types_are_in_capitals_and_values_are_left_alone() -> None:
    schema = {"type": "object", "properties": {"type": {"type": "string", "default": {"type": "x"}}}}
    assert upper_types(schema) == {
        "type": "OBJECT",
        "properties": {"type": {"type": "STRING", "default": {"type": "x"}}},
    }


def test_references_are_replaced_by_what_they_point_to() -> None:
    found = inline_refs(PERSON)
    assert "$defs" not in found
    assert found["properties"]["home"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"city": {"type": "string"}},
        "description": "where",
    }


def test_a_reference_into_itself_stays_with_its_definition() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}}
    found = inline_refs(tree)
    assert found["properties"]["next"] == {"$ref": "#/$defs/node"}
    assert found["$defs"] == tree["$defs"]


def test_the_schema_that_was_given_is_not_changed() -> None:
    before = repr(PERSON)
    inline_refs(PERSON)
    upper_types(without_keywords(PERSON, "title"))
    assert repr(PERSON) == before
