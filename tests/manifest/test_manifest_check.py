"""What is wrong with a manifest is said with file, line, key, and what was expected."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ai_lib_python._manifest.check import check, problems, violations
from ai_lib_python._manifest.yaml_source import parse
from ai_lib_python.errors import REMOTE_ERRORS, ManifestError


def wrong(text: str) -> list[str]:
    return problems(parse("id: a\n" + dedent(text), "a.yaml"))


def test_a_good_manifest_has_no_problems() -> None:
    assert wrong("extends: openai-chat\nendpoint: {base_url: 'https://api.example.com/v1'}") == []


def test_an_unknown_key_is_named_with_its_line_and_the_one_that_was_meant() -> None:
    text = "parameters:\n  temprature: {to: t}\n"
    assert wrong(text) == ['a.yaml:3: parameters.temprature: unknown key; did you mean "temperature"?']


def test_an_unknown_key_that_resembles_nothing_lists_the_known_ones() -> None:
    assert wrong("status: {qqq: 1}") == ["a.yaml:2: status.qqq: unknown key; known are is, since, successor, note"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("max: abc", 'max: expected a number, got "abc"'),
        ("max: true", "max: expected a number, got true"),
        ("max: [1]", "max: expected a number, got a list"),
        ("max_items: 1.5", "max_items: expected a whole number, got 1.5"),
        ("max_items: 0", "max_items: expected at least 1, got 0"),
        ("values: {a: 1}", "values: expected a list, got a map"),
        ("refused: 1", "refused: expected true or false or text, got 1"),
        ("to: 'a b'", 'to: expected a dotted path, header:Name or query:name, got "a b"'),
    ],
)
def test_a_wrong_value_says_what_was_expected(written: str, message: str) -> None:
    assert wrong(f"parameters: {{seed: {{{written}}}}}") == [f"a.yaml:2: parameters.seed.{message}"]


def test_a_word_that_is_not_one_of_the_choices_lists_them() -> None:
    (problem,) = wrong("status: {is: retird}")
    assert problem == (
        "a.yaml:2: status.is: expected one of live, beta, unverified, retired, no_chat, "
        'got "retird"; did you mean "retired"?'
    )


def test_a_scalar_where_a_map_belongs() -> None:
    assert wrong("status: live") == ['a.yaml:2: status: expected a map, got "live"']


def test_a_missing_key_is_named() -> None:
    assert problems(parse("name: x", "a.yaml")) == ['a.yaml:1: the manifest: the key "id" is missing']
    assert wrong("models:\n  - notes: x") == ['a.yaml:3: models[0]: the key "match" is missing']


def test_a_long_value_is_cut_short() -> None:
    assert len(wrong(f"checked: {'x' * 500}")[0]) < 150


@pytest.mark.parametrize(
    "url", ["api.example.com", "https://user@host/v1", "https://host\\@other", "https://h/?q=1", "ftp://h"]
)
def test_a_base_url_is_a_plain_web_address(url: str) -> None:
    assert "expected a web address" in wrong(f"endpoint: {{base_url: '{url}'}}")[0]


@pytest.mark.parametrize(
    "url",
    ["https://{resource}.example.com/v1", "http://localhost:8000", "http://[::1]:80/v1", "https://h/{a}/b"],
)
def test_a_base_url_may_have_ports_and_placeholders(url: str) -> None:
    assert wrong(f"endpoint: {{base_url: '{url}'}}") == []


def test_a_path_begins_with_a_slash_so_that_it_cannot_change_the_host() -> None:
    assert wrong("request: {path: '@other.com/v1'}")[0].endswith(
        'expected a path that begins with /, got "@other.com/v1"'
    )


@pytest.mark.parametrize("status", ["429", '"429"'])
def test_a_status_may_be_a_number_or_text(status: str) -> None:
    assert wrong(f"errors: {{status: {{{status}: rate_limited}}}}") == []


def test_a_status_out_of_range_is_refused() -> None:
    assert wrong("errors: {status: {999: rate_limited}}") == [
        "a.yaml:2: errors.status[999]: unknown key; expected an HTTP status"
    ]


def test_the_error_classes_are_those_of_the_error_tree() -> None:
    every = ", ".join(f"{number}: {name}" for number, name in enumerate(REMOTE_ERRORS, start=400))
    assert wrong(f"errors: {{status: {{{every}}}}}") == []
    assert 'did you mean "rate_limited"' in wrong("errors: {codes: {x: rate_limit}}")[0]


def test_the_words_of_finish_reasons_are_checked() -> None:
    assert 'did you mean "tool_calls"' in wrong("finish: {map: {x: tool_call}}")[0]


def test_one_way_to_authenticate_or_several() -> None:
    assert wrong("auth: {scheme: bearer, env: [A_KEY]}") == []
    assert wrong("auth: {any: [{scheme: bearer}, {scheme: none}]}") == []


def test_a_mistake_in_a_way_to_authenticate_is_told_by_the_form_that_was_meant() -> None:
    assert wrong("auth: {schema: bearer}") == ['a.yaml:2: auth.schema: unknown key; did you mean "scheme"?']
    assert (
        'auth.any[0].scheme: expected one of bearer, header, query, headers, aws-sigv4, adc, none, got "bear"'
        in wrong("auth: {any: [{scheme: bear}]}")[0]
    )
    assert wrong("auth: bearer") == ['a.yaml:2: auth: expected a map, got "bearer"']


def test_an_environment_variable_has_a_name_of_that_form() -> None:
    assert "expected the name of an environment variable" in wrong("auth: {env: ['sk-123']}")[0]


def test_null_is_allowed_where_something_could_be_inherited() -> None:
    assert wrong("parameters: {seed: null}\nauth: null\nstream: {done: null}\nrequest: {turns: {system: null}}") == []


def test_templates_may_be_anything() -> None:
    assert wrong("request: {body: {$if: [1, {x: null}]}}\nfragments: {a: 1, b: [2]}\nresponse: {steps: {x: .a}}") == []


def test_the_first_problem_is_raised_and_all_are_listed() -> None:
    document = parse("id: a\nname: 1\ndocs: 2\n", "a.yaml")
    with pytest.raises(ManifestError, match=r"^a\.yaml:2: name: expected text, got 1$"):
        check(document)
    assert [line.split(" ")[0] for line in problems(document)] == ["a.yaml:2:", "a.yaml:3:"]


def test_a_schema_may_be_just_false() -> None:
    assert [problem.message for problem in violations(1, False)] == ["is not allowed here"]
    assert list(violations(1, True)) == []
