"""The path language: what it means, and where it says it was misunderstood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai_lib_python._compile.expression import (
    Expression,
    ExpressionError,
    Filter,
    Literal,
    Path,
    is_expression,
    parse_expression,
    parse_interpolation,
)


def path(root: str | None, *steps: str | int) -> Path:
    return Path(root, steps)


MEANINGS: list[tuple[str, Expression]] = [
    (".", Expression((path(None),), ())),
    (".a", Expression((path(None, "a"),), ())),
    (".a.b.0", Expression((path(None, "a", "b", 0),), ())),
    (".0.a", Expression((path(None, 0, "a"),), ())),
    (".[0]", Expression((path(None, 0),), ())),
    (".a[-1]", Expression((path(None, "a", -1),), ())),
    ('.["odd key"].b', Expression((path(None, "odd key", "b"),), ())),
    (".x-api-key", Expression((path(None, "x-api-key"),), ())),
    ("$name", Expression((path("name"),), ())),
    ("$headers.retry-after", Expression((path("headers", "retry-after"),), ())),
    (".a or .b", Expression((path(None, "a"), path(None, "b")), ())),
    ('.a or "x"', Expression((path(None, "a"), Literal("x")), ())),
    (".a or 5 | json", Expression((path(None, "a"), Literal(5)), (Filter("json", ()),))),
    (
        '.a | join(", ") | upper',
        Expression((path(None, "a"),), (Filter("join", (", ",)), Filter("upper", ()))),
    ),
    (".a|f( 1 , -2.5,true , null )", Expression((path(None, "a"),), (Filter("f", (1, -2.5, True, None)),))),
    (" .a ", Expression((path(None, "a"),), ())),
    (".or", Expression((path(None, "or"),), ())),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_what_an_expression_means(text: str, meaning: Expression) -> None:
    assert parse_expression(text) == meaning


MISTAKES = [
    ("", 1, "a value"),
    ("$", 2, "name after '$'"),
    ("$1", 2, "name after '$'"),
    (".a.", 4, "key after '.'"),
    (".a..b", 4, "key after '.'"),
    (".a b", 4, "unexpected 'b'"),
    (".a or", 4, "unexpected 'o'"),
    (".a or x", 7, "unknown word 'x'"),
    (".a |", 5, "name of a filter"),
    (".a | 5", 6, "name of a filter"),
    (".a | f(", 8, "a value"),
    (".a | f(1", 9, "expected ')'"),
    (".a | f()", 8, "a value"),
    (".a[", 4, "a value"),
    (".a[x]", 4, "unknown word 'x'"),
    (".a[1.5]", 7, "a number or a quoted key"),
    (".a[true]", 8, "a number or a quoted key"),
    (".a[0", 5, "expected ']'"),
    (".a]", 3, "unexpected ']'"),
    (".é", 2, "unexpected 'é'"),
    ('.a or "x', 7, "a value"),
    ('.a or "\\x"', 11, "not a value"),
    (".a or 01", 9, "not a value"),
    (".a; import os", 3, "unexpected ';'"),
]


@pytest.mark.parametrize(("text", "column", "problem"), MISTAKES, ids=[text for text, _, _ in MISTAKES])
def test_a_mistake_is_told_with_its_column(text: str, column: int, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert f"column {column}: " in str(caught.value)
    assert problem in str(caught.value)
    assert repr(text) in str(caught.value)


ALPHABET = st.text(st.sampled_from(list(".$ab0[]()|,\"\\ -é{}'\n")) | st.characters(), max_size=20)


@settings(max_examples=300, derandomize=True)
@given(ALPHABET)
@example(".a[" + "9" * 5000 + "]")
@example("." + "9" * 5000)
@example('.a["\ud800"]')
@example(".a | f(" + "1" * 5000 + ")")
def test_parsing_gives_an_expression_or_says_where_it_failed(text: str) -> None:
    try:
        parsed = parse_expression(text)
    except ExpressionError as error:
        assert "column" in str(error)  # noqa: PT017  # failing is one of the two ways that are right
    else:
        assert parsed.alternatives


@settings(max_examples=200, derandomize=True)
@given(st.lists(st.one_of(ALPHABET, st.sampled_from(["${", "}", "${.a}", "$${", "$"])), max_size=5))
def test_interpolation_gives_segments_or_says_where_it_failed(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        segments = parse_interpolation(text)
    except ExpressionError as error:
        assert "column" in str(error)  # noqa: PT017  # failing is one of the two ways that are right
    else:
        if "${" not in text:
            assert "".join(str(segment) for segment in segments) == text


INTERPOLATIONS: list[tuple[str, list[Any]]] = [
    ("plain", ["plain"]),
    ("a${.b}c", ["a", parse_expression(".b"), "c"]),
    ("${.a}${ $b }", [parse_expression(".a"), parse_expression("$b")]),
    ("$${x}", ["${x}"]),
    ("100$ {}", ["100$ {}"]),
]


@pytest.mark.parametrize(("text", "segments"), INTERPOLATIONS, ids=[text for text, _ in INTERPOLATIONS])
def test_what_a_text_with_expressions_means(text: str, segments: list[Any]) -> None:
    assert parse_interpolation(text) == segments


@pytest.mark.parametrize("text", ["data:${.media_type", "${", "a${.b}c${d"])
def test_an_expression_that_is_never_closed_is_a_mistake(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"column \d+: no '}'"):
        parse_interpolation(text)


def test_what_counts_as_an_expression() -> None:
    assert [text for text in (".a", "$a", "${.a}", "a", "", "a.b") if is_expression(text)] == [".a", "$a"]
