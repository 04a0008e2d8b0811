from __future__ import annotations

import pytest

from ai_lib_python._manifest import folders
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python._manifest.yaml_source import parse

IDS = [id for id in folders.every_id(folders.BUNDLED) if load(id).has_chat]
FILES = [str(next(folders.candidates(id, folders.BUNDLED))) for id in IDS]

MINE = "id: mine\nextends: openai-chat\nendpoint: {base_url: 'https://mine.example'}\n"


@pytest.fixture
def mine(tmp_path):
    """Writes a manifest of one's own, and gives its path."""

    def write(more: str, name: str = "mine.yaml") -> str:
        path = tmp_path / name
        path.write_text(MINE + more)
        return str(path)

    return write


def test_all_bundled_manifests_are_fine(run):
    ran = run("manifest", "check", *FILES)
    assert ran.code == 0, ran.out
    assert ran.out.splitlines() == [f"{file}: fine" for file in FILES]


def test_every_problem_is_told_with_its_line(run, mine):
    path = mine("parameters:\n  temprature: {to: t}\n  seed: {min: low}\nnonsense: 1\n")
    ran = run("manifest", "check", path)
    assert ran.code == 1
    first, second, third = ran.out.splitlines()
    assert first.startswith(f"{path}:5: parameters.temprature: unknown key")
    assert second.startswith(f"{path}:6: parameters.seed.min: expected a number")
    assert third.startswith(f"{path}:7: nonsense: unknown key")
    assert "3 problems" in ran.err


@pytest.mark.parametrize(
    ("more", "line", "said"),
    [
        ("request: {body: {x: $nothing}}\n", 4, "nothing"),
        ("response: {steps: {a: {nonsense: .x}}}\n", 4, "nonsense"),
        ("errors: {message: '.a | nofilter'}\n", 4, "nofilter"),
        ("serve: {response: {x: $nothing}}\n", 4, "nothing"),
        ("models:\n  - match: m-*\n    request: {body: {x: $nothing}}\n", 6, "nothing"),
        ("models:\n  - match: m-[0-9]\n    request: {body: {x: $nothing}}\n", 6, "nothing"),
    ],
)
def test_templates_are_compiled(run, mine, more, line, said):
    path = mine(more)
    ran = run("manifest", "check", path)
    assert ran.code == 1, ran.out
    assert ran.out.startswith(f"{path}:{line}: ")
    assert said in ran.out


def test_problems_of_several_functions_are_told_at_once(run, mine):
    ran = run("manifest", "check", mine("request: {body: {x: $nothing}}\nerrors: {message: '.a | nofilter'}\n"))
    assert len(ran.out.splitlines()) == 2


def test_problems_of_inheriting_are_told(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("id: mine\nextends: opnai\n")
    ran = run("manifest", "check", str(path))
    assert (ran.code, "did you mean" in ran.out) == (1, True)


def test_an_id_that_is_not_the_files_name_is_told(run, mine):
    ran = run("manifest", "check", mine("", name="other.yaml"))
    assert ran.code == 1
    assert 'id: expected "other"' in ran.out


def test_files_that_are_no_manifests_are_told(run, tmp_path):
    (tmp_path / "bad.yaml").write_bytes(b"id: \xff\n")
    ran = run("manifest", "check", str(tmp_path / "none.yaml"), str(tmp_path), str(tmp_path / "bad.yaml"))
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 3


@pytest.mark.parametrize("id", IDS)
def test_what_show_prints_means_the_same(run, tmp_path, id):
    printed = run("manifest", "show", id).out
    data = {key: value for key, value in load(id).data.items() if key != "extends"}
    assert parse(printed, "shown").data == data
    path = tmp_path / f"{id}.yaml"
    path.write_text(printed)
    assert run("manifest", "check", str(path)).code == 0
    assert load_file(path).data == data


def test_show_takes_the_rules_of_a_model(run, mine):
    path = mine("models:\n  - match: m-*\n    parameters: {seed: {to: mine_seed}}\n")
    assert "mine_seed" not in run("manifest", "show", path, "--model", "other").out.partition("models:")[0]
    assert "seed: {to: mine_seed}" in run("manifest", "show", path, "--model", "m-1").out


def test_show_can_say_where_everything_is_from(run, mine):
    out = run("manifest", "show", mine("parameters: {seed: {to: s}}\n"), "--origins").out
    assert "endpoint: {base_url: " in out
    assert "# mine.yaml:3" in out
    assert "seed: {to: s}" in out
    assert "# openai-chat.yaml:" in out


@pytest.mark.parametrize("id", IDS)
def test_compile_prints_python(run, id):
    out = run("manifest", "compile", id).out
    compile(out, id, "exec")
    assert f"# {id}: encode a request" in out


def test_compile_takes_a_file_and_a_model(run, mine):
    path = mine("models:\n  - match: m-*\n    parameters: {seed: {to: mine_seed}}\n")
    assert "mine_seed" in run("manifest", "compile", path, "--model", "m-1").out
    assert "mine_seed" not in run("manifest", "compile", path).out


@pytest.mark.parametrize("what", ["show", "compile"])
def test_an_unknown_id_is_wrong_usage(run, what):
    ran = run("manifest", what, "opnai")
    assert ran.code == 2
    assert 'Did you mean "openai"?' in ran.err
    assert run("manifest", what, "no/such/file.yaml").code == 2
