"""Maps merge, lists replace, null removes; and each value knows where it came from."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("lower", "upper", "left"),
    [
        ("{is: retired, since: 2026-01-01, successor: x}", "{is: live}", {"is": "live"}),
        ("{is: retired, since: 2026-01-01}", "{is: beta, note: n}", {"is": "beta", "note": "n"}),
        ("{is: retired, since: 2026-01-01}", "{is: retired}", {"is": "retired", "since": "2026-01-01"}),
        ("{is: beta, since: 2026-01-01}", "{note: n}", {"is": "beta", "since": "2026-01-01", "note": "n"}),
    ],
)  # fmt: skip
def test_another_state_takes_what_was_said_of_the_one_before(lower: str, upper: str, left: Any) -> None:
    assert data(f"status: {lower}", f"status: {upper}") == {"status": left}


@pytest.mark.parametrize(
    ("lower", "upper", "left"),
    [
        ("{env: [A], default: x, note: n}", "{of: b, else: y}", {"of": "b", "else": "y", "note": "n"}),
        ("{of: b, map: {x: y}, else: z}", "{default: d}", {"default": "d"}),
        ("{of: b, map: {x: y}, else: z}", "{env: [A]}", {"env": ["A"]}),
        ("{of: b, map: {x: y}, else: z}", "{of: c, map: {u: v}}", {"of": "c", "map": {"u": "v"}}),
        ("{of: b, map: {x: y}, else: z}", "{map: {u: v}}", {"of": "b", "map": {"x": "y", "u": "v"}, "else": "z"}),
        ("{of: b, map: {x: y}}", "{note: n}", {"of": "b", "map": {"x": "y"}, "note": "n"}),
        ("{env: [A], default: x}", "{default: y}", {"env": ["A"], "default": "y"}),
    ],
)
def test_a_placeholder_follows_from_another_or_has_a_value_of_its_own(lower: str, upper: str, left: Any) -> None:
    merged = data(f"endpoint: {{variables: {{a: {lower}}}}}", f"endpoint: {{variables: {{a: {upper}}}}}")
    assert merged == {"endpoint": {"variables": {"a": left}}}


def test_what_has_been_taken_away_has_no_origin() -> None:
    origins = merged("status:\n  is: retired\n  since: 2026-01-01", "status: {is: live}").origins
    assert ("status", "since") not in origins


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


@pytest.mark.parametrize("key", ["$if", "$where", "refused_when", "default_when", "when", "until"])
@pytest.mark.parametrize(
    ("lower", "upper"),
    [("{.a: 1}", "{.b: 2}"), ("{$any: [.a]}", "{.b: 2}"), ("{.a: 1, .b: 2}", "{.b: 3}"), ("{.a: 1}", "$b")],
    ids=["paths", "operators", "the same path", "an expression"],
)
def test_a_condition_always_replaces(key: str, lower: str, upper: str) -> None:
    expected = data("{}", f"x: {{{key}: {upper}}}")
    assert data(f"x: {{{key}: {lower}, other: 1}}", f"x: {{{key}: {upper}}}")["x"][key] == expected["x"][key]


def test_a_condition_replaces_though_the_rest_of_its_expression_is_refined() -> None:
    lower = "as: {$each: .a, $where: {.kind: text, .b: 1}, $do: .text}"
    assert data(lower, "as: {$where: {.kind: image}}") == {
        "as": {"$each": ".a", "$where": {".kind": "image"}, "$do": ".text"}
    }


def test_what_looks_until_when_is_replaced_and_the_rest_of_it_stays() -> None:
    lower = "follow: {poll: {url: .u, until: {.state: [done], .code: 1}, every: 2}}"
    assert data(lower, "follow: {poll: {until: {.over: true}}}") == {
        "follow": {"poll": {"url": ".u", "until": {".over": True}, "every": 2}}
    }


def test_nothing_within_an_entry_of_apis_is_touched() -> None:
    entry = "{extends: x, parameters: {seed: null}, request: {body: {a: null}}}"
    expected = {"extends": "x", "parameters": {"seed": None}, "request": {"body": {"a": None}}}
    assert data(f"apis: {{one: {entry}}}", "name: N")["apis"] == {"one": expected}
    assert data("name: N", f"apis: {{one: {entry}}}")["apis"] == {"one": expected}


def test_an_entry_of_apis_replaces_one_of_its_name_and_stands_beside_others() -> None:
    both = data("apis: {one: {extends: x, request: {path: /a}}, two: {extends: y}}", "apis: {one: {extends: z}}")
    assert both == {"apis": {"one": {"extends": "z"}, "two": {"extends": "y"}}}


def test_null_removes_an_entry_of_apis() -> None:
    assert data("apis: {one: {extends: x}, two: {extends: y}}", "apis: {one: null}") == {
        "apis": {"two": {"extends": "y"}}
    }


def test_a_map_called_apis_elsewhere_merges_like_any_other() -> None:
    assert data("request: {apis: {one: {a: 1}}}", "request: {apis: {one: {a: null, b: 2}}}") == {
        "request": {"apis": {"one": {"b": 2}}}
    }


def test_a_literal_stands_as_it_is_written() -> None:
    assert data("{}", "body: {x: {$literal: {a: null, b: {c: null}}}}") == {
        "body": {"x": {"$literal": {"a": None, "b": {"c": None}}}}
    }


def test_values_of_an_entry_of_apis_know_their_lines() -> None:
    both = merged("apis:\n  one:\n    extends: x\n    request: {path: /a}\n", "x: 1\napis:\n  one:\n    extends: z\n")
    assert str(both.origin(("apis", "one", "extends"))) == "up.yaml:4"
    assert str(both.origin(("apis", "one", "request", "path"))) == "up.yaml:3"
