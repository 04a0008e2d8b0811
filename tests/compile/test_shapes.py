# ruff: noqa: E501  # tables of cases are read by the line
"""Shapes: what they take, and what they say of what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python._compile.shapes import problems, read_shapes
from ai_lib_python.errors import ManifestError

from .source import manifest


def told(accepts: dict[str, Any], value: Any, **serve: Any) -> list[str]:
    """What is wrong with a value by the shape ``body``."""
    shape = read_shapes(manifest(), {"serve": {"accepts": accepts, **serve}})
    assert shape is not None
    return [str(wrong) for wrong in problems(shape, value)]


@pytest.mark.parametrize(
    ("shape", "fine", "wrong"),
    [
        ("text", ["", "x"], [1, True, [], {}]),
        ("number", [1, 1.5, -1], ["1", True]),
        ("integer", [1, 1.0], [1.5, "1", False]),
        ("boolean", [True, False], [0, "true"]),
        ("map", [{}, {"a": 1}], [[], "a"]),
        ("any", [1, "a", [], {}, True], []),
        ("number(0..2)", [0, 2, 0.5], [-0.1, 2.1]),
        ("number(-1.5..)", [-1.5, 9], [-2]),
        ("text(1..3)", ["a", "abc"], ["", "abcd"]),
        ("text*", [[], ["a"]], ["a", [1]]),
        ("text+", [["a"]], [[], ["a", 1]]),
        ("text*(..2)", [[], ["a", "b"]], [["a", "b", "c"]]),
        ("integer(0..)**", [[[0]], [[]]], [[0], [[-1]]]),
        ("=auto | =none | map", ["auto", "none", {}], ["other", 1]),
        ("text | text+", ["a", ["a"]], [[], 1]),
        (["a", 1], ["a", 1], ["b", 2, True]),
        ({"a": "text!"}, [{"a": "x"}, {"a": "x", "b": None}], [{}, {"a": None}, {"a": "x", "b": 1}, []]),
        ({"*": "number"}, [{}, {"x": 1}], [{"x": "1"}]),
        ({"$by": ".t", "$case": {"x": {"n": "number!"}}}, [{"t": "x", "n": 1}], [{"t": "x"}, {"t": "y"}, {"n": 1}, {"t": []}]),
        ({"$by": ".t", "$case": {"x": {}}, "$else": "map"}, [{"t": "x"}, {"t": "y", "a": 1}, {}], [{"t": "x", "a": 1}]),
    ],
    ids=str,
)  # fmt: skip
def test_takes(shape: Any, fine: list[Any], wrong: list[Any]) -> None:
    assert [value for value in fine if told({"body": {"v": shape}}, {"v": value})] == []
    assert [value for value in wrong if not told({"body": {"v": shape}}, {"v": value})] == []


@pytest.mark.parametrize(
    ("body", "value", "message"),
    [
        ({"a": "number(0..2)"}, {"a": 3}, "a: expected a number, from 0 to 2, got 3"),
        ({"a": "number(..2)"}, {"a": 3}, "a: expected a number, at most 2, got 3"),
        ({"a": {"b": "text+"}}, {"a": {"b": ["x", 1]}}, "a.b[1]: expected a text, got 1"),
        ({"a": ["left", "right"]}, {"a": "rigth"}, 'a: expected one of "left", "right", got "rigth"; did you mean "right"?'),
        ({"a": "=left | text+"}, {"a": 1}, 'a: expected "left" or a list, got 1'),
        ({"alpha": "text"}, {"alhpa": 1}, 'alhpa: there is no such field; did you mean "alpha"?'),
        ({"a": "text!"}, {}, "a: must be given"),
        ({"a": "text"}, [], "the body: expected a map, got a list"),
        ({"a": {"$by": ".t", "$case": {"x": {}}}}, {"a": {}}, "a.t: must be given: one of x"),
        ({"a": "text"}, {"a": {"long": "map"}}, "a: expected a text, got a map"),
    ],
)  # fmt: skip
def test_says(body: Any, value: Any, message: str) -> None:
    assert told({"body": body}, value) == [message]


def test_of_several_maps_the_one_that_was_probably_meant_tells() -> None:
    accepts = {"body": {"v": "near | far"}, "near": {"a": "text!"}, "far": {"x": "text!", "y": "text!"}}
    assert told(accepts, {"v": {"a": 1}}) == ["v.a: expected a text, got 1"]


def test_a_shape_may_hold_itself() -> None:
    accepts = {"body": {"part": "part"}, "part": {"parts": "part*"}}
    assert told(accepts, {"part": {"parts": [{"parts": []}, {}]}}) == []
    assert told(accepts, {"part": {"parts": [{"part": 1}]}})


def test_both_spellings_are_one_field() -> None:
    accepts = {"body": {"maxTokens": "number!"}}
    assert told(accepts, {"max_tokens": 1}, snake_case=True) == []
    assert told(accepts, {"max_tokens": "1"}, snake_case=True) == ['max_tokens: expected a number, got "1"']
    assert len(told(accepts, {"max_tokens": 1})) == 2


@pytest.mark.parametrize(
    ("accepts", "message"),
    [
        ({"other": {}}, 'the shape "body", of the whole request, is missing'),
        ({"body": {"a": "txt"}}, """no shape 'txt'; did you mean "text"?"""),
        ({"body": {"a": "text("}}, "'text(' is no shape"),
        ({"body": {"a": ""}}, "'' is no shape"),
        ({"body": {"a": 1}}, "expected the shape of a value"),
        ({"body": {"a": []}}, "expected the shape of a value"),
        ({"body": {"a": {"$case": {}}}}, "$by must be there"),
        ({"body": {"$by": "t", "$case": {}}}, "expected one field of the map, such as .type, got 't'"),
        ({"body": {"$by": ".t", "$cases": {}}}, "$by has $case and $else beside it, and nothing else"),
        ({"body": {"$by": ".t", "$case": "a"}}, "expected a map of the field's values to their shapes, got 'a'"),
        ({"body": {}, "text": {}}, "text is a word of the language; call the shape otherwise"),
        ({"body": {}, "a": "b", "b": "a | text"}, "is itself"),
        ({"body": {"a": "part(1..)"}, "part": {}}, "part is a shape of its own, and takes no bounds"),
    ],
)
def test_refuses_what_is_no_shape(accepts: Any, message: str) -> None:
    with pytest.raises(ManifestError) as told:
        read_shapes(manifest(), {"serve": {"accepts": accepts}})
    assert message in str(told.value)


def test_without_shapes_there_is_none() -> None:
    assert read_shapes(manifest(), {}) is None
