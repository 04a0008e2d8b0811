"""Schemas made to fit wires that take only a part of JSON Schema, with everything told that is changed."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import ResponseFormat, ToolDefinition
from ai_lib_python._compile.notes import Notes
from ai_lib_python._compile.schema_rules import SchemaFitter, SchemaRules
from ai_lib_python.errors import UnsupportedError


def fitted(schema: dict[str, Any], **rules: Any) -> tuple[Any, list[str]]:
    notes = Notes()
    found = SchemaFitter(SchemaRules(**rules)).response_format(ResponseFormat("json_schema", schema), notes)
    return found.schema, [each.reason.removeprefix("the schema of the answer: ") for each in notes.adjustments]


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def test_a_schema_that_fits_is_the_very_same_and_nothing_is_told() -> None:
    schema = an_object(name={"type": "string"})
    notes = Notes()
    wanted = ResponseFormat("json_schema", schema)
    rules = SchemaRules(closed=True, all_required=True, any_of=True, bare_refs=True, recursive=False)
    assert SchemaFitter(rules).response_format(wanted, notes) is wanted
    assert notes.adjustments == []


def test_objects_are_closed_at_every_depth() -> None:
    inner = {"type": "object", "properties": {"city": {"type": "string"}}}
    found, told = fitted({"type": "object", "properties": {"homes": {"type": "array", "items": inner}}}, closed=True)
    assert found["additionalProperties"] is False
    assert found["properties"]["homes"]["items"]["additionalProperties"] is False
    assert told == ["other keys are ruled out (the whole, homes[])"]


@pytest.mark.parametrize(
    "free",
    [{"type": "object"}, {"type": "object", "additionalProperties": {"type": "number"}}, {"type": ["object", "null"]}],
)
def test_an_object_of_free_keys_cannot_be_closed_and_is_refused_with_its_place(free: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=r"the answer cannot be said on this wire.*free keys.*at prices\[\]"):
        fitted(an_object(prices={"type": "array", "items": free}), closed=True)


def test_what_may_be_absent_is_required_and_may_be_null() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "sex": {"enum": ["m", "f"]},
            "pet": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "job": {"type": ["string", "null"]},
        },
        "required": ["name"],
    }
    found, told = fitted(schema, all_required=True)
    assert found["required"] == ["name", "age", "sex", "pet", "job"]
    assert found["properties"] == {
        "name": {"type": "string"},
        "age": {"type": ["integer", "null"]},
        "sex": {"anyOf": [{"enum": ["m", "f"]}, {"type": "null"}]},
        "pet": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "job": {"type": ["string", "null"]},
    }
    assert told == ["what may be absent is null instead (age, sex, pet, job)"]


def test_a_keyword_that_the_wire_does_not_take_is_told_to_the_model_in_words() -> None:
    age = {"type": "integer", "minimum": 0, "maximum": 120, "description": "in years"}
    found, told = fitted(an_object(age=age, name={"type": "string", "minLength": 1}), without={"minimum", "minLength"})
    assert found["properties"] == {
        "age": {"type": "integer", "maximum": 120, "description": "in years (minimum: 0)"},
        "name": {"type": "string", "description": "minLength: 1"},
    }
    assert told == ["minimum is left out (age)", "minLength is left out (name)"]


def test_a_property_that_is_called_like_a_keyword_stays() -> None:
    schema = an_object(minimum={"type": "integer"}, title={"type": "string"})
    found, told = fitted(schema, without={"minimum", "title"})
    assert (found, told) == (schema, [])


def test_only_the_keywords_that_the_wire_takes_stay_and_a_title_is_no_loss_for_the_model() -> None:
    found, told = fitted({"type": "string", "title": "Name", "pattern": "^a"}, only={"type", "description"})
    assert found == {"type": "string", "description": 'pattern: "^a"'}
    assert told == ["title is left out (the whole)", "pattern is left out (the whole)"]


def test_numbers_and_formats_that_the_wire_takes_stay() -> None:
    rules: dict[str, Any] = {"at_most": {"minItems": 1}, "formats": {"date"}}
    few = an_object(days={"type": "array", "minItems": 1, "items": {"type": "string", "format": "date"}})
    assert fitted(few, **rules) == (few, [])
    many = an_object(days={"type": "array", "minItems": 2, "items": {"type": "string", "format": "binary"}})
    found, told = fitted(many, **rules)
    days = found["properties"]["days"]
    assert days["description"] == "minItems: 2"
    assert days["items"] == {"type": "string", "description": 'format: "binary"'}
    assert told == ["minItems is left out (days)", "format is left out (days[])"]


def test_a_choice_of_one_is_sent_as_a_choice_of_any() -> None:
    found, told = fitted(an_object(it={"oneOf": [{"type": "string"}, {"type": "null"}]}), any_of=True)
    assert found["properties"]["it"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert told == ["oneOf is sent as anyOf (it)"]


def test_a_constant_is_sent_as_an_enum_of_one() -> None:
    found, told = fitted(an_object(kind={"const": "cat", "title": "Kind"}), const_as_enum=True)
    assert found["properties"]["kind"] == {"enum": ["cat"], "title": "Kind"}
    assert told == []


def test_what_holds_a_schema_together_is_never_left_out() -> None:
    both = {"allOf": [{"type": "string"}, {"minLength": 1}]}
    with pytest.raises(UnsupportedError, match="takes no allOf, which stands at it"):
        fitted(an_object(it=both), without={"allOf"})


def test_an_all_of_of_one_schema_is_that_schema() -> None:
    found, told = fitted(an_object(it={"allOf": [{"type": "string"}], "description": "it"}), without={"allOf"})
    assert found["properties"]["it"] == {"type": "string", "description": "it"}
    assert told == []


NODE = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}
CIRCLE = {"$defs": {"node": NODE}, **NODE}
SHARED = {"$defs": {"place": {"type": "string"}}, **an_object(a={"$ref": "#/$defs/place", "description": "where"})}


@pytest.mark.parametrize("rules", [{"recursive": False}, {"inline_refs": True}])
def test_a_schema_that_refers_to_itself_is_refused_where_the_wire_takes_none(rules: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match="node refers to itself"):
        fitted(CIRCLE, **rules)
    assert fitted(SHARED, recursive=False) == (SHARED, [])


def test_references_are_replaced_by_what_they_refer_to() -> None:
    found, _ = fitted(SHARED, inline_refs=True)
    assert found == an_object(a={"type": "string", "description": "where"})


def test_a_reference_with_something_beside_it_is_replaced_where_it_must_stand_alone() -> None:
    found, _ = fitted(SHARED, bare_refs=True)
    assert found["properties"]["a"] == {"type": "string", "description": "where"}
    alone = {"$defs": SHARED["$defs"], **an_object(a={"$ref": "#/$defs/place"})}
    assert fitted(alone, bare_refs=True) == (alone, [])


def test_null_may_be_a_keyword_and_types_in_capitals() -> None:
    schema = an_object(a={"type": ["string", "null"]}, b={"anyOf": [{"type": "integer"}, {"type": "null"}]})
    found, _ = fitted(schema, nullable=True, upper_types=True)
    assert found["properties"] == {
        "a": {"type": "STRING", "nullable": True},
        "b": {"type": "INTEGER", "nullable": True},
    }


def test_rules_for_strict_schemas_leave_others_alone() -> None:
    loose = ToolDefinition("loose", None, {"type": "object", "properties": {}})
    tight = ToolDefinition("tight", None, {"type": "object", "properties": {}}, strict=True)
    notes = Notes()
    found = SchemaFitter(SchemaRules(when="strict", closed=True)).tools((loose, tight), notes)
    assert found[0] is loose
    assert found[1].parameters["additionalProperties"] is False
    assert [(each.parameter, each.action) for each in notes.adjustments] == [("tools.schema", "adapted")]
    assert notes.adjustments[0].reason == "the schema of the tool tight: other keys are ruled out (the whole)"


def test_the_same_schema_tells_the_same_the_second_time() -> None:
    fitter, schema = SchemaFitter(SchemaRules(without=frozenset({"minimum"}))), an_object(a={"minimum": 1})
    first, second = Notes(), Notes()
    one = fitter.response_format(ResponseFormat("json_schema", schema), first)
    two = fitter.response_format(ResponseFormat("json_schema", schema), second)
    assert one == two
    assert first.adjustments == second.adjustments != []
