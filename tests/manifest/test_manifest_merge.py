"""Maps merge, lists replace, null removes; and each value knows where it came from."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from ai_lib_python._manifest.merge import Layer, layer_of, merge
from ai_lib_python._manifest.yaml_source import parse


def layer(text: str, name: str) -> Layer:
    return layer_of(parse(dedent(text).lstrip("\n"), name))


def merged(lower: str, upper: str) -> Layer:
    return merge(merge(Layer({}, {}), layer(lower, "low.yaml")), layer(upper, "up.yaml"))


def data(lower: str, upper: str) -> Any:
    return merged(lower, upper).data


def test_maps_merge_deeply() -> None:
    assert data("a: {b: {c: 1, d: 2}}", "a: {b: {d: 3, e: 4}}") == {"a": {"b": {"c": 1, "d": 3, "e": 4}}}


def test_lists_replace() -> None:
    assert data("a: [1, 2, 3]", "a: [4]") == {"a": [4]}


def test_a_value_replaces_a_map_and_a_map_a_value() -> None:
    assert data("{a: {b: 1}, c: 1}", "{a: 1, c: {d: 1}}") == {"a": 1, "c": {"d": 1}}


def test_null_removes_the_key() -> None:
    assert data("a: {b: 1, c: 2}", "a: {b: null}") == {"a": {"c": 2}}


def test_null_for_a_key_that_is_not_there_leaves_nothing_behind() -> None:
    assert data("a: 1", "{b: null, c: {d: null}}") == {"a": 1, "c": {}}


def test_a_null_of_the_root_manifest_leaves_nothing_behind() -> None:
    assert data("{a: null, b: 1}", "{}") == {"b": 1}


def test_null_under_a_path_is_a_value() -> None:
    condition = {"refused_when": {"$tools": None, ".index": None}}
    assert data("refused_when: {$tools: null, .index: null}", "{}") == condition
    assert data("{}", "refused_when: {$tools: null, .index: null}") == condition


def test_a_repeated_condition_stays_what_it_is() -> None:
    assert data("when: {$tools: null}", "when: {$tools: null}") == {"when": {"$tools": None}}


def test_nulls_inside_lists_are_kept() -> None:
    assert data("a: 1", "models: [{match: x, parameters: {top_k: null}}]")["models"] == [
        {"match": "x", "parameters": {"top_k": None}}
    ]


def test_an_expression_of_another_kind_replaces_the_old_one() -> None:
    assert data("as: {$if: $x, $then: 1, $else: 2}", "as: {$by: $y, $case: {a: 1}}") == {
        "as": {"$by": "$y", "$case": {"a": 1}}
    }


def test_an_expression_that_is_written_out_replaces_the_old_one() -> None:
    assert data("as: {$if: $x, $then: 1, $else: 2}", "as: {$if: $y, $then: 3}") == {"as": {"$if": "$y", "$then": 3}}


def test_an_expression_that_names_only_later_operators_refines_the_old_one() -> None:
    assert data("as: {$by: .kind, $case: {a: 1, b: 2}}", "as: {$case: {b: 3, c: 4}}") == {
        "as": {"$by": ".kind", "$case": {"a": 1, "b": 3, "c": 4}}
    }


def test_a_plain_map_and_an_expression_replace_each_other() -> None:
    assert data("{a: {$if: $x, $then: 1}, b: {c: 1}}", "{a: {type: text}, b: {$use: c}}") == {
        "a": {"type": "text"},
        "b": {"$use": "c"},
    }


def test_several_ways_to_authenticate_replace_one_and_the_reverse() -> None:
    one, several = "auth: {scheme: bearer, env: [A]}", "auth: {any: [{scheme: none}]}"
    assert data(one, several) == {"auth": {"any": [{"scheme": "none"}]}}
    assert data(several, one) == {"auth": {"scheme": "bearer", "env": ["A"]}}


def test_merging_changes_neither_side() -> None:
    low, up = layer("a: {b: 1}", "low.yaml"), layer("a: {b: null, c: 2}", "up.yaml")
    merge(low, up)
    assert low.data == {"a": {"b": 1}}
    assert up.data == {"a": {"b": None, "c": 2}}


def test_each_value_knows_its_file_and_line() -> None:
    both = merged("a:\n  b: 1\n  c: 2\n", "x: 1\na:\n  c: 3\n")
    assert str(both.origin(("a", "b"))) == "low.yaml:2"
    assert str(both.origin(("a", "c"))) == "up.yaml:3"


def test_below_what_was_replaced_nothing_comes_from_the_lower_layer() -> None:
    both = merged("a:\n  - b: 1\n  - c: 1\n", "x: 1\na:\n  - d: 2\n")
    assert str(both.origin(("a", 0, "b"))) == "up.yaml:3"
    assert str(both.origin(("a", 1, "c"))) == "up.yaml:2"


def test_a_removed_key_is_found_where_it_was_removed() -> None:
    assert str(merged("a: {b: {c: 1}}", "x: 1\na:\n  b: null\n").origin(("a", "b", "c"))) == "up.yaml:3"


def test_a_part_keeps_its_origins() -> None:
    part = layer("models:\n  - match: x\n    stream:\n      done: y\n", "a.yaml").part(("models", 0))
    assert part.data == {"match": "x", "stream": {"done": "y"}}
    assert str(part.origin(("stream", "done"))) == "a.yaml:4"
    assert str(part.origin(("unknown",))) == "a.yaml:2"
