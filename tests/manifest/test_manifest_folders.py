"""Where manifests are found, and what is said where they are not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_lib_python._manifest import folders
from ai_lib_python.errors import UnknownModelError

Write = Callable[[str, str], Path]


def test_a_bundled_provider_is_found_beside_the_package() -> None:
    path = folders.find("openai")
    assert path.parts[-3:] == ("manifests", "providers", "openai.yaml")
    assert folders.is_bundled(path)


def test_a_bundled_dialect_is_found_by_its_id() -> None:
    assert folders.find("openai-chat").parent.name == "dialects"


def test_the_given_folder_wins_over_the_variable_and_that_over_the_bundled(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write("first/openai.yaml", "id: openai"), write("second/openai.yaml", "id: openai")
    monkeypatch.setenv(folders.VARIABLE, str(second.parent))
    assert folders.find("openai", [first.parent]) == first
    assert folders.find("openai") == second


def test_the_variable_names_several_folders_in_order(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = write("one/mine.yaml", "id: mine"), write("two/mine.yaml", "id: mine")
    other = write("two/other.yaml", "id: other")
    monkeypatch.setenv(folders.VARIABLE, os.pathsep.join([str(first.parent), "", str(second.parent)]))
    assert folders.find("mine") == first
    assert folders.find("other") == other


def test_the_other_ending_is_taken_too(write: Write, tmp_path: Path) -> None:
    mine = write("mine.yml", "id: mine")
    assert folders.find("mine", [tmp_path]) == mine


def test_a_folder_that_is_not_there_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(folders.VARIABLE, "/nowhere/at/all")
    assert folders.is_bundled(folders.find("openai"))


@pytest.mark.parametrize("id", ["../providers/openai", "providers/openai", "/etc/passwd", "", ".openai", "open*"])
def test_an_id_cannot_leave_its_folder(id: str) -> None:
    with pytest.raises(UnknownModelError):
        folders.find(id)


def test_an_alias_leads_to_its_manifest(write: Write, tmp_path: Path) -> None:
    gemini = write("gemini.yaml", "id: gemini")
    assert folders.find("google", [tmp_path]) == gemini


def test_a_manifest_of_that_very_name_comes_before_an_alias(write: Write, tmp_path: Path) -> None:
    write("gemini.yaml", "id: gemini")
    google = write("google.yaml", "id: google")
    assert folders.find("google", [tmp_path]) == google


def test_no_alias_hides_a_bundled_provider() -> None:
    assert not set(folders.aliases()) & set(folders.known_ids())


def test_known_ids_are_the_providers_without_the_dialects(write: Write, tmp_path: Path) -> None:
    write("mine.yaml", "id: mine\nkind: provider\n")
    write("wire.yaml", "id: wire\nkind: dialect\n")
    write("openai.yaml", "id: openai\n")
    known = folders.known_ids([tmp_path])
    assert known[:2] == ["mine", "openai"]
    assert known.count("openai") == 1
    assert "wire" not in known
    assert "openai-chat" not in known


def test_an_unknown_id_lists_what_there_is_and_what_was_meant() -> None:
    with pytest.raises(UnknownModelError) as caught:
        folders.find("opneai")
    assert 'There is no provider "opneai". Did you mean "openai"? Known are: ' in str(caught.value)
    assert "openai" in str(caught.value).split("Known are: ")[1]


def test_a_wrong_case_is_suggested_right() -> None:
    with pytest.raises(UnknownModelError, match='Did you mean "openai"'):
        folders.find("OpenAI")


def test_an_alias_is_suggested_too(write: Write, tmp_path: Path) -> None:
    write("lmstudio.yaml", "id: lmstudio")
    with pytest.raises(UnknownModelError, match='Did you mean "lm-studio"'):
        folders.find("lm-studo", [tmp_path])


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    with pytest.raises(UnknownModelError, match=r'"zzzzqq"\. Known are: '):
        folders.find("zzzzqq")


def test_a_file_of_another_name_that_has_the_id_is_named(write: Write, tmp_path: Path) -> None:
    path = write("gateway.yaml", 'name: Our house\nid: "our-house"\n')
    with pytest.raises(UnknownModelError) as caught:
        folders.find("our-house", [tmp_path])
    assert f"{path} has this id: call the file our-house.yaml" in str(caught.value)
