"""The published JSON Schema: sound, complete, and meaning the same to our validator as to a full one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python._manifest import folders
from ai_lib_python._manifest.check import KEYWORDS, problems, schema
from ai_lib_python._manifest.yaml_source import Document, parse, read
from ai_lib_python.errors import REMOTE_ERRORS

BUNDLED = [path for folder in folders.BUNDLED for path in sorted(folder.glob("*.yaml"))]

GOOD = [
    "id: a",
    "{id: a, kind: dialect, notes: [x, y], sources: [z], checked: 2026-11-23, confidence: low}",
    "{id: a, status: {is: retired, since: 2026-01-01, successor: b, note: gone}}",
    "{id: a, endpoint: {base_url: 'https://{r}.h.com', variables: {r: {env: [R], note: x}}, headers: {x: y}}}",
    "{id: a, list_models: {path: /m}}",
    "{id: a, auth: {any: [{scheme: header, header: x-key, env: [A]}, {scheme: query, query: key}]}}",
    "{id: a, auth: null, request: null, parameters: {top_k: null}}",
    "{id: a, parameters: {seed: {to: query:seed, min: -1, max: 1.5, values: [1], map: {1: 2}}}}",
    "{id: a, parameters: {stop: {refused: no stops, max_items: 3}}}",
    "{id: a, models: [{match: [x-*], parameters: {seed: null}, sunset: 2027-01-01, replacement: y}]}",
    "{id: a, stream: {framing: sse, done: x, ends: [done, eof], steps: {a: {b: c}}}}",
    "{id: a, errors: {message: .m, retry_after: {seconds: .s}, status: {429: rate_limited}}}",
    "{id: a, errors: {codes: {1113: quota_exhausted}, in_answer: {a_type: conflict}}}",
    "{id: a, usage: {input: .i, answer: .o}, finish: {tool_calls_win: true, map: {x: other}}}",
    "{id: a, serve: {routes: [{path: /a, stream: true, of: id}], finish: {stop: 1}, models: {path: /m}}}",
    "{id: a, serve: {stream: {start: [{data: {x: 1}}, {$if: .a, $then: {raw: x}}], end: null}}}",
    "{id: a, serve: {error: {codes: {overloaded: 1, unknown: null}, status: {overloaded: 529}, body: [1]}}}",
    "{id: a, serve: {error: {stream: [{exception: e, data: {}}]}}}",
]

BAD = [
    "name: a",
    "id: 1",
    "id: Abc",
    "{id: a, kind: thing}",
    "{id: a, kind: null}",
    "{id: a, extends: 1}",
    "{id: a, whatever: 1}",
    "{id: a, status: live}",
    "{id: a, status: {is: dead}}",
    "{id: a, checked: 23.11.2026}",
    "{id: a, notes: [1]}",
    "{id: a, endpoint: {base_url: h.com}}",
    "{id: a, endpoint: {env: X}}",
    "{id: a, endpoint: {hosts: ['https://h.com']}}",
    "{id: a, endpoint: {headers: {x: 1}}}",
    "{id: a, auth: bearer}",
    "{id: a, auth: {scheme: basic}}",
    "{id: a, auth: {any: []}}",
    "{id: a, auth: {any: [{scheme: bearer}], env: [A]}}",
    "{id: a, auth: {env: [1A]}}",
    "{id: a, request: {path: v1}}",
    "{id: a, request: {turns: {system: up}}}",
    "{id: a, request: {turns: {roles: {robot: x}}}}",
    "{id: a, parameters: {number: {max: 1}}}",
    "{id: a, parameters: {seed: {max: x}}}",
    "{id: a, parameters: {seed: {max_items: 0}}}",
    "{id: a, parameters: {seed: {refused: 3}}}",
    "{id: a, models: {match: x}}",
    "{id: a, models: [{notes: x}]}",
    "{id: a, models: [{match: []}]}",
    "{id: a, models: [{match: x, endpoint: {}}]}",
    "{id: a, stream: {framing: xml}}",
    "{id: a, stream: {ends: []}}",
    "{id: a, usage: {input: 1}}",
    "{id: a, finish: {map: {x: y}}}",
    "{id: a, errors: {status: {999: conflict}}}",
    "{id: a, errors: {codes: {x: nonsense}}}",
    "{id: a, serve: []}",
    "{id: a, serve: {routes: [1]}}",
    "{id: a, serve: {routes: [{stream: true}]}}",
    "{id: a, serve: {routes: [{path: a}]}}",
    "{id: a, serve: {routes: [{path: /a, framing: lines}]}}",
    "{id: a, serve: {stream: {strat: []}}}",
    "{id: a, serve: {stream: {start: [{dta: 1}]}}}",
    "{id: a, serve: {stream: {start: {data: 1}}}}",
    "{id: a, serve: {error: {x: 1}}}",
    "{id: a, serve: {error: {codes: {overload: x}}}}",
    "{id: a, serve: {error: {status: {overloaded: x}}}}",
    "{id: a, serve: {error: {stream: [{dta: 1}]}}}",
    "{id: a, serve: {finish: {stopp: x}}}",
    "{id: a, serve: {models: []}}",
    "{id: a, serve: {models: {path: /m, boddy: 1}}}",
]


def as_json(document: Document) -> Any:
    """As a JSON tool sees it: keys are text."""
    return json.loads(json.dumps(document.data))


def full_validator() -> Any:
    return pytest.importorskip("jsonschema").Draft202012Validator


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    if isinstance(schema, dict):
        yield schema
        for name in ("properties", "patternProperties", "$defs"):
            for inner in schema.get(name, {}).values():
                yield from nodes(inner)
        for inner in [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]:
            yield from nodes(inner)


def test_the_schema_is_valid_by_its_own_draft() -> None:
    full_validator().check_schema(schema())


def test_the_schema_uses_only_what_our_validator_understands() -> None:
    assert {keyword for node in nodes(schema()) for keyword in node} <= KEYWORDS


def test_every_key_is_described() -> None:
    bare = [
        name
        for node in nodes(schema())
        for name, inner in node.get("properties", {}).items()
        if not inner.get("description")
    ]
    assert bare == []


def test_every_definition_is_used() -> None:
    used = {node["$ref"].removeprefix("#/$defs/") for node in nodes(schema()) if "$ref" in node}
    assert used == set(schema()["$defs"])


def test_the_error_classes_of_the_schema_are_those_of_the_error_tree() -> None:
    assert [name for name in schema()["$defs"]["errorClass"]["enum"] if name] == list(REMOTE_ERRORS)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_every_bundled_manifest_keeps_to_the_schema(path: Path) -> None:
    assert problems(read(path)) == []


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_a_full_validator_accepts_every_bundled_manifest(path: Path) -> None:
    full_validator()(schema()).validate(as_json(read(path)))


@pytest.mark.parametrize("text", GOOD)
def test_both_validators_accept(text: str) -> None:
    document = parse(text, "a.yaml")
    assert problems(document) == []
    assert full_validator()(schema()).is_valid(as_json(document))


@pytest.mark.parametrize("text", BAD)
def test_both_validators_refuse(text: str) -> None:
    document = parse(text, "a.yaml")
    assert problems(document) != []
    assert not full_validator()(schema()).is_valid(as_json(document))
