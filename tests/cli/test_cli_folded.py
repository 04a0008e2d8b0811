from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._manifest.yaml_source import parse
from ai_lib_python.cli.folded import as_json, as_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
WORDS = st.sampled_from(["on", "No", "~", ".5", ".inf", "1e3", "0x1f", "*a", "&a", "- x", "a: b", "a #b", "$if", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | WORDS, inner, max_size=4),
)


def test_what_fits_stands_on_one_line() -> None:
    assert as_json({"a": [1, 2], "b": {"c": "d"}}, 40) == '{"a": [1, 2], "b": {"c": "d"}}'


def test_what_does_not_fit_is_folded() -> None:
    assert as_json({"a": [1, 2], "b": {"c": "d"}}, 20) == '{\n  "a": [1, 2],\n  "b": {"c": "d"}\n}'


def test_yaml_is_written_as_manifests_are() -> None:
    data = {
        "id": "x",
        "auth": {"scheme": "bearer", "env": ["X_KEY"]},
        "status": {429: "rate_limited", 500: None},
    }
    assert as_yaml(data, 40) == ("id: x\nauth: {scheme: bearer, env: [X_KEY]}\nstatus: {429: rate_limited, 500: null}")


@given(VALUES, st.integers(1, 120))
def test_json_means_the_same(value: Any, width: int) -> None:
    assert json.loads(as_json(value, width)) == value


@given(st.dictionaries(TEXTS | WORDS | st.integers(0, 999), VALUES, min_size=1, max_size=4), st.integers(1, 120))
def test_yaml_means_the_same_to_our_reader_and_to_others(data: dict[Any, Any], width: int) -> None:
    written = as_yaml(data, width)
    assert parse(written, "written").data == data


@given(st.dictionaries(TEXTS | WORDS, TEXTS | WORDS, min_size=1, max_size=4))
def test_texts_are_texts_to_other_readers_too(data: dict[str, str]) -> None:
    assert yaml.safe_load(as_yaml(data)) == data
