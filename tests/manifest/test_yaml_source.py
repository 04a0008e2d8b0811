"""YAML 1.2, narrowed: what a manifest looks like is what it means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python._manifest import yaml_source
from ai_lib_python._manifest.yaml_source import parse, read
from ai_lib_python.errors import ManifestError


def value(written: str) -> Any:
    return parse(f"key: {written}", "a.yaml").data["key"]


def mistake(text: str) -> str:
    with pytest.raises(ManifestError) as caught:
        parse(text, "a.yaml")
    return str(caught.value)


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "NO", "y", "n", "True", "TRUE", "False", "Null", "NULL"])
def test_norway_is_a_country(word: str) -> None:
    assert value(word) == word


def test_true_and_false_are_the_only_booleans() -> None:
    assert value("true") is True
    assert value("false") is False


@pytest.mark.parametrize("written", ["null", "~", ""])
def test_null_has_three_spellings(written: str) -> None:
    assert value(written) is None


@pytest.mark.parametrize(
    "written", ["2026-11-23", "2026-11-23T10:00:00Z", "12:30:45", "1_000", "0b1", "1.2.3", "-x", "."]
)
def test_what_only_resembles_a_number_or_date_is_text(written: str) -> None:
    assert value(written) == written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0", 0),
        ("007", 7),
        ("-12", -12),
        ("+3", 3),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.", -1.0),
    ],
)
def test_numbers_are_those_of_the_core_schema(written: str, meant: float) -> None:
    assert value(written) == meant
    assert type(value(written)) is type(meant)


@pytest.mark.parametrize("word", [".inf", ".nan", "-.inf"])
def test_infinity_and_nan_are_words(word: str) -> None:
    assert value(word) == word


@pytest.mark.parametrize("number", ["1e999", "9" * 5000])
def test_a_number_that_no_float_or_int_holds_is_refused(number: str) -> None:
    assert mistake(f"a: 1\nb: {number}") == "a.yaml:2: the number is too large"


@pytest.mark.parametrize("quoted", ['"true"', "'true'", "|-\n  true"])
def test_quoted_words_are_text(quoted: str) -> None:
    assert value(quoted) == "true"


def test_a_status_is_an_integer_key() -> None:
    assert parse("status: {429: rate_limited}", "a.yaml").data == {"status": {429: "rate_limited"}}


@pytest.mark.parametrize("key", ["true", "null", "1.5"])
def test_other_keys_than_text_and_integers_are_refused(key: str) -> None:
    assert mistake(f"a: 1\n{key}: 2") == f'a.yaml:2: a key must be text or an integer; write "{key}"'


def test_a_map_cannot_be_a_key() -> None:
    assert mistake("? {a: 1}\n: 2") == "a.yaml:1: a key must be text or an integer"


def test_duplicate_keys_are_refused_with_both_lines() -> None:
    assert mistake("a: 1\nb: 2\na: 3") == "a.yaml:3: duplicate key 'a'; it stands in line 1 already"


def test_duplicate_keys_are_refused_deep_inside() -> None:
    assert mistake("x:\n  - y: {k: 1,\n     k: 2}") == "a.yaml:3: duplicate key 'k'; it stands in line 2 already"


@pytest.mark.parametrize("tagged", ["!mine 1", "!!python/object:os.system x", "!!str 1", "!mine {a: 1}", "!mine [1]"])
def test_tags_are_refused(tagged: str) -> None:
    assert mistake(f"a: 1\nb: {tagged}").startswith("a.yaml:2: tags are not allowed")


def test_a_tagged_key_is_refused() -> None:
    assert mistake("a: 1\n!mine b: 1").startswith("a.yaml:2: tags are not allowed")


def test_merge_keys_are_refused() -> None:
    assert mistake("a: &a {x: 1}\nb:\n  <<: *a") == "a.yaml:3: merge keys (<<) are not allowed; use `extends`"


def test_several_documents_are_refused() -> None:
    assert mistake("a: 1\n---\nb: 2") == "a.yaml:2: a manifest is one document; another one begins here"


def test_aliases_repeat_what_was_anchored() -> None:
    assert parse("a: &a [1, {b: 2}]\nc: *a", "a.yaml").data["c"] == [1, {"b": 2}]


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    assert mistake("a: &a\n  b: *a").endswith("an alias stands inside its own anchor")


def test_aliases_that_multiply_are_refused() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "do aliases multiply?" in mistake(text)


def test_an_unknown_alias_is_refused() -> None:
    assert mistake("a: 1\nb: *c").startswith("a.yaml:2: ")


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "a:\n\t- 1", 'a: "x'])
def test_broken_yaml_names_file_and_line(text: str) -> None:
    assert mistake(text).startswith("a.yaml:")


@pytest.mark.parametrize("depth", [400, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert mistake("a: " + "[" * depth + "]" * depth).startswith("a.yaml:1: ")


def test_a_forbidden_character_names_its_line() -> None:
    assert mistake("a: 1\nb: \x07").startswith("a.yaml:2: ")


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert mistake(text) == "a.yaml:1: the file is empty"


@pytest.mark.parametrize("text", ["- a", "word"])
def test_the_top_must_be_a_map(text: str) -> None:
    assert mistake(text) == "a.yaml:1: expected a map of keys at the top"


def test_every_value_has_its_line() -> None:
    document = parse("# head\na:\n  b: 1\n  c:\n    - x\n    - d: 2\n", "a.yaml")
    assert document.lines == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
    }


def test_a_place_is_that_of_the_nearest_ancestor() -> None:
    document = parse("a: 1\nb:\n  c: 1\n", "a.yaml")
    assert document.place(("b", "missing", "deeper")) == "a.yaml:2"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfid: a")
    assert read(path).data == {"id": "a"}


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"id: a\nname: caf\xe9\n")
    with pytest.raises(ManifestError, match=r"^a.yaml:2: the file is not UTF-8"):
        read(path)


def test_a_missing_file_is_a_manifest_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        read(tmp_path / "a.yaml")


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = "a: [no, 1, {b: 2026-11-23}]\n429: ~\n"
    fast = parse(text, "a.yaml")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    yaml_source._parser.cache_clear()
    try:
        assert parse(text, "a.yaml") == fast
    finally:
        yaml_source._parser.cache_clear()


def test_importing_the_module_does_not_import_yaml() -> None:
    code = "import sys, ai_lib_python._manifest.load; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_this_module_imports_yaml() -> None:
    package = Path(yaml_source.__file__).parent.parent
    importers = [path.name for path in package.rglob("*.py") if "import yaml\n" in path.read_text("utf-8")]
    assert importers == ["yaml_source.py"]
