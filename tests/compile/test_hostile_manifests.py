"""Nothing that stands in a manifest becomes code, and every mistake in one says where it is."""

from __future__ import annotations

import ast
import inspect
import json
import linecache
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.folders import BUNDLED
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python.errors import ManifestError

from .source import body_of, manifest, program, told

HOSTILE = [
    '"; import os; x="',
    "'; import os; x='",
    "'''",
    '"""',
    "__class__",
    "__import__('os').system('true')",
    "\n    import os\n",
    "\\",
    "\\'",
    "{0}",
    "{__class__}",
    "%s",
    "}",
    "{",
    "é世界🌍\u2028\x00\x85",
    "#",
    "sink",
    "frame",
    "v1",
    "request",
    "None",
    "k1",
    "def",
    "$${x}",
    "a: b",
    "",
]


def key_of(text: str) -> str:
    """The text as a key that is neither empty nor an operator."""
    return text if text and not text.startswith("$") else f"k{text}"


def sections_with(text: str) -> dict[str, Any]:
    """A manifest with the text wherever a manifest may have one of its own."""
    quoted = json.dumps(text)[1:-1]
    plain = text if not text.startswith((".", "$")) else f"x{text}"
    key = key_of(text)
    path = f'.["{quoted}"]'
    return {
        "request": {
            "body": {
                key: plain,
                "deep": {key: [plain, {key: plain}]},
                "literal": {"$literal": {key: text}},
                "said": {"$if": {"$model": plain}, "$then": plain, "$else": plain},
                "by": {"$by": "$model", "$case": {key: plain}, "$else": plain},
                "or": f'$seed or "{quoted}"',
                "inside": f"a{plain.replace('${', '')}${{$model}}b",
            },
            "headers": {"x-h": plain},
        },
        "parameters": {
            "user": {"to": "user", "map": {text: text}, "reason": text or "r"},
            "temperature": {"to": "temperature", "default": 1, "reason": text or "r"},
        },
        "response": {
            "steps": {
                "text": path,
                f"label{text}": {"$if": {path: plain}, "$then": {"id": path}},
                "each": {"$each": path, "$do": {"finish": f"{path}.a"}},
            }
        },
        "finish": {"map": {key: "stop"}},
        "errors": {"message": path, "codes": {key: "rate_limited"}, "texts": {key: "overloaded"}},
    }


def names_in(source: str) -> set[str]:
    """Every name and attribute that code mentions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        assert not isinstance(node, (ast.Import, ast.ImportFrom, ast.Lambda, ast.ClassDef, ast.JoinedStr))
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_a_hostile_text_stays_a_text(text: str) -> None:
    tame, hostile = program(**sections_with("harmless")), program(**sections_with(text))
    assert names_in(hostile.source()) - {f"v{n}" for n in range(500)} <= names_in(tame.source()) | {
        f"v{n}" for n in range(500)
    }
    body = body_of(hostile, model="m", user=text)
    assert body["literal"] == {key_of(text): text}
    assert body["or"] == text
    assert told(hostile, {text: "found"})[0] == ("text", ("found",), {})
    assert hostile.classify(400, {}, {text: f"-{text}-"}).message == f"-{text}-"


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=12))
def test_any_text_stays_a_text(text: str) -> None:
    made = program(**sections_with(text))
    ast.parse(made.source())
    assert body_of(made)["literal"] == {key_of(text): text}
    assert told(made, {text: "found"})[0] == ("text", ("found",), {})


@pytest.mark.parametrize(
    "name",
    [
        "sink",
        "frame",
        "event",
        "read_usage",
        "counts",
        "notes",
        "request",
        "stream",
        "body",
        "headers",
        "system",
        "turns",
        "v1",
        "k1",
        "len",
        "dict",
        "list",
        "str",
        "enumerate",
        "put_at",
        "merge_into",
    ],
)
def test_keys_of_a_wire_and_names_of_a_function_do_not_meet(name: str) -> None:
    made = program(
        request={"body": {name: "$model", "also": {name: "${$model}!"}}},
        response={
            "steps": {
                "text": f".{name}",
                "each": {"$each": f".{name}s", "$as": "item", "$do": {"text": f"$item.{name}"}},
            }
        },
    )
    assert body_of(made) == {name: "m", "also": {name: "m!"}}
    assert [args for _, args, _ in told(made, {name: "a", f"{name}s": [{name: "b"}]})] == [("a",), ("b",)]


@pytest.mark.parametrize("name", ["sink", "read_usage", "notes"])
def test_what_the_functions_themselves_use_cannot_be_reached(name: str) -> None:
    with pytest.raises(ManifestError, match=rf"no name \${name}"):
        _ = program(response={"steps": {"text": f"${name}"}}).read_response
    with pytest.raises(ManifestError, match=rf"no name \${name}"):
        _ = program(request={"body": {"x": f"${name}"}}).encode


@pytest.mark.parametrize("name", ["sink", "notes", "read_usage", "absent", "a b", "", 5, ["a"]])
def test_a_name_of_ones_own_that_cannot_be_is_refused(name: Any) -> None:
    with pytest.raises(ManifestError, match=r"\$as: "):
        _ = program(response={"steps": {"$each": ".items", "$as": name, "$do": {"text": "."}}}).read_response


@pytest.mark.parametrize("name", ["frame", "current", "self", "index", "node", "v1"])
def test_a_name_of_ones_own_takes_nothing_away(name: str) -> None:
    made = program(
        response={"steps": {"$each": ".items", "$as": name, "$do": {"text": f"${name}.t", "usage": f"${name}.u"}}},
        usage={"output": ".n"},
    )
    assert told(made, {"items": [{"t": "a", "u": {"n": 3}}]}) == [
        ("text", ("a",), {}),
        ("usage", (), {"output": 3}),
    ]


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_numbers_that_python_writes_as_names_are_refused(number: str) -> None:
    with pytest.raises(ManifestError, match=f"request.body.x: {number} cannot stand"):
        program(request={"body": {"x": float(number)}})


# Source


BUNDLED_IDS = sorted(path.stem for folder in BUNDLED for path in Path(folder).glob("*.yaml"))


@pytest.mark.parametrize("id", BUNDLED_IDS)
def test_a_bundled_manifest_always_gives_the_same_source(id: str) -> None:
    first, second = Program(load(id)).source(), Program(load(id)).source()
    assert first == second
    ast.parse(first)


def test_a_new_reading_of_the_same_file_gives_the_same_source(tmp_path: Path) -> None:
    text = (BUNDLED[1] / "openai-chat.yaml").read_text("utf-8")
    sources = set()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "openai-chat.yaml"
        path.write_text(text, "utf-8")
        sources.add(Program(load_file(path)).source())
    assert len(sources) == 1


@pytest.mark.parametrize("function", ["encode", "read_response", "read_frame", "classify", "request_id"])
def test_the_source_is_shown_by_inspect(function: str) -> None:
    made = getattr(Program(load("openai")), function)
    source = inspect.getsource(made)
    assert source.startswith("def ")
    assert inspect.getsourcefile(made) in linecache.cache
    linecache.checkcache()
    assert inspect.getsource(made) == source


def test_a_traceback_shows_the_generated_line() -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        Program(load("openai")).read_response(Broken(), {"id": "x"})
    assert "sink.response_id" in "".join(traceback.format_exception(caught.value))


# Mistakes

TEMPLATE = """\
id: mine
kind: dialect
endpoint: {{base_url: https://api.mine.example}}
fragments:
  greeting: hello
  loop: {{$use: other}}
  other: {{$use: loop}}
request:
  path: /x
  turns:
    roles: {{user: user, assistant: assistant, system: system, tool: tool}}
  body:
    messages:
      $each: $turns
      $do:
        content:
          $each: .parts
          $do:
            {template}
response:
  steps:
    {statement}
"""

TEMPLATES = [
    ("{$eahc: .parts}", "no operator '$eahc'", '"$each"'),
    ("{$by: .kind, $case: {text: {text: .txet}}}", "text has no field 'txet'", '"text"'),
    ("{$by: .kind, $case: {image: .data}}", "no part is of kind 'image'", '"image_url"'),
    ("{x: .kind | jsn}", "no filter 'jsn'", '"json"'),
    ("{x: .kind | join}", "filter 'join' takes 1 arguments, got 0", ""),
    ("{$use: greting}", "no fragment 'greting'", '"greeting"'),
    ("{$use: loop}", "uses itself", ""),
    ("{x: $modle}", "no name $modle", '"model"'),
    ("{x: .kind.x}", "a plain value has no 'x' in it", ""),
    ("{$if: .text, $than: 1}", "$if does not go with '$than'", '"$then"'),
    ("{$each: .parts}", "needs $do", ""),
    ("{$drop: no}", "$drop stands only in the case", ""),
    ('{x: "${.kind"}', "no '}'", ""),
    ("{x: .kind |}", "column 8", ""),
    ("{$if: [1], $then: 1}", "a condition is an expression", ""),
    ("{$if: {$any: .kind}, $then: 1}", "$any needs a list", ""),
    ("{$by: .kind}", "$by needs a map of cases", ""),
    ("{$use: [greeting]}", "", ""),
    ("{$use: 5}", "", ""),
    ("{$merge: {a: 1}}", "", ""),
    ("{$concat: 5}", "", ""),
    ("{$each: 5, $do: 1}", "", ""),
    ("{$each: .parts, $as: 5, $do: 1}", "", ""),
    ("{$each: .parts, $as: [a], $do: 1}", "", ""),
    ("{$with: [], $do: 1}", "", ""),
    ("{$by: {a: 1}, $case: {}}", "", ""),
]

STATEMENTS = [
    ("{txt: .a}", "no event 'txt'", '"text"'),
    ("{tool_call: {idd: .a}}", "carries no 'idd'", '"id"'),
    ("{reasoning: {signature: .a}}", "needs 'text'", ""),
    ("text", "", ""),
    ("{text: .a | sting}", "no filter 'sting'", '"string"'),
    ("{$use: gretting}", "no fragment 'gretting'", '"greeting"'),
    ("{$use: loop}", "uses itself", ""),
    ("{$literal: 1}", "no operator '$literal'", ""),
    ("{x: {$fi: .a}}", "no operator '$fi'", '"$if"'),
    ("{text: $fram.a}", "no name $fram", '"frame"'),
    ("{5: .a}", "no event 5", ""),
    ("{x: 5}", "no event 'x'", ""),
    ("{$each: .a}", "needs $do", ""),
]


def failure(folder: Path, template: str, statement: str, attribute: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(TEMPLATE.format(template=template, statement=statement), "utf-8")
    with pytest.raises(ManifestError) as caught:
        getattr(Program(load_file(path)), attribute)
    return str(caught.value)


@pytest.mark.parametrize(("template", "problem", "meant"), TEMPLATES, ids=[template for template, _, _ in TEMPLATES])
def test_a_mistake_in_a_template_names_file_line_and_key(
    template: str, problem: str, meant: str, tmp_path: Path
) -> None:
    text = failure(tmp_path, template, "{text: .a}", "encode")
    assert text.startswith("mine.yaml:")
    line = int(text.split(":")[1])
    assert line in (5, 6, 7, 18, 19), text
    assert "request.body" in text or "fragments." in text
    assert problem in text
    assert meant in text


@pytest.mark.parametrize(
    ("statement", "problem", "meant"), STATEMENTS, ids=[statement for statement, _, _ in STATEMENTS]
)
def test_a_mistake_in_a_statement_names_file_line_and_key(
    statement: str, problem: str, meant: str, tmp_path: Path
) -> None:
    text = failure(tmp_path, "{x: .kind}", statement, "read_response")
    assert text.startswith("mine.yaml:")
    assert int(text.split(":")[1]) in (5, 6, 7, 21, 22), text
    assert problem in text
    assert meant in text


@pytest.mark.parametrize(
    ("sections", "attribute", "words"),
    [
        ({"parameters": {"temprature": {"to": "x"}}}, "encode", ["temprature", '"temperature"']),
        ({"usage": {"outputs": ".x"}}, "read_response", ["outputs", '"output"']),
        ({"errors": {"codes": {"a": "rate_limit"}}}, "classify", ["rate_limit", '"rate_limited"']),
        ({"errors": {"retry_after": {"second": ".x"}}}, "classify", ["second", '"seconds"']),
        ({"parameters": {"seed": {"to": "cookie:x"}}}, "encode", ["cookie:x"]),
    ],
)
def test_other_mistakes_suggest_what_was_meant(sections: dict[str, Any], attribute: str, words: list[str]) -> None:
    with pytest.raises(ManifestError) as caught:
        getattr(program(**sections), attribute)
    assert all(word in str(caught.value) for word in words)


NODES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.sampled_from(
            [".", ".a", "$model", "$turns", ".kind", ".x | json", "${.a}", "$nosuch", "text", "x", ".parts"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "$if",
                    "$then",
                    "$else",
                    "$each",
                    "$do",
                    "$by",
                    "$case",
                    "$as",
                    "$where",
                    "$with",
                    "$use",
                    "$merge",
                    "$concat",
                    "$literal",
                    "$drop",
                    "$not",
                    "$any",
                    "text",
                    "tool_call",
                    "id",
                    "usage",
                    "at",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=250, derandomize=True, suppress_health_check=list(HealthCheck))
@given(NODES)
def test_any_template_compiles_or_is_a_manifest_error(node: Any) -> None:
    try:
        made = program(
            request={"body": {"x": node}},
            response={"steps": {"x": node}},
            parameters={"seed": {"as": node}},
            fragments={"x": node, "text": node},
        )
    except ManifestError:
        return
    for attribute in ("encode", "read_response"):
        try:
            function = getattr(made, attribute)
        except ManifestError as error:
            assert str(error).startswith("manifest")  # noqa: PT017  # failing is one of the two ways that are right
        else:
            assert callable(function)


def test_the_name_of_a_manifest_may_be_anything() -> None:
    assert manifest(name="'\"\n{}").name == "'\"\n{}"
