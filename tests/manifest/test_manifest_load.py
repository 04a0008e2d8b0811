"""Loading: find, read, inherit, check; one typed value comes out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_lib_python._compile.program import Program
from ai_lib_python._manifest import folders
from ai_lib_python._manifest import load as loading
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python._manifest.manifest import AuthScheme, Manifest, Status, Variable
from ai_lib_python.errors import ConfigurationError, ManifestError, UnknownModelError

Write = Callable[[str, str], Path]


def mistake(path: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        load_file(path)
    return str(caught.value)


# What comes out


def test_a_bundled_provider_has_everything_it_inherits() -> None:
    openai = load("openai")
    assert (openai.id, openai.kind, openai.name, openai.dialect) == (
        "openai",
        "provider",
        "OpenAI",
        "openai-chat",
    )
    assert openai.endpoint.base_url == "https://api.openai.com/v1"
    assert openai.auth == (AuthScheme("bearer", env=("OPENAI_API_KEY",)),)
    assert openai.status == Status("live")
    assert openai.data["request"]["path"] == "/chat/completions"


def test_every_bundled_manifest_loads() -> None:
    for folder in folders.BUNDLED:
        for path in folder.glob("*.yaml"):
            assert load(path.stem).id == path.stem


def test_the_typed_views(write: Write) -> None:
    path = write(
        "a.yaml",
        """
        id: a
        status: {is: retired, since: 2026-01-31, successor: b, note: gone}
        endpoint:
          base_url: https://{region}.example.com
          env: [A_URL]
          variables: {region: {env: [A_REGION], note: where you are}}
          headers: {x-app: y}
        auth:
          any:
            - {scheme: header, header: x-key, prefix: "Key ", env: [A_ONE]}
            - {scheme: query, query: key, env: [A_TWO], optional: true, prefix: null}
        """,
    )
    a = load_file(path)
    assert a.status == Status("retired", "2026-01-31", "b", "gone")
    assert a.endpoint.variables == {"region": Variable(("A_REGION",), "where you are")}
    assert (a.endpoint.env, a.endpoint.headers) == (("A_URL",), {"x-app": "y"})
    assert a.auth == (
        AuthScheme("header", header="x-key", prefix="Key ", env=("A_ONE",)),
        AuthScheme("query", query="key", env=("A_TWO",), optional=True),
    )


def test_a_manifest_that_says_little_has_defaults() -> None:
    a = load_file({"id": "a"})
    assert (a.kind, a.name, a.dialect, a.auth, a.status) == ("provider", "a", "a", (), Status("live"))
    assert a.endpoint.base_url is None


def test_a_manifest_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load("openai").id = "other"  # type: ignore[misc]


def test_where_names_file_and_line(write: Write) -> None:
    a = load_file(write("a.yaml", "id: a\nextends: openai-chat\nparameters:\n  seed:\n    to: the_seed\n"))
    assert a.where(("parameters", "seed", "to")) == "a.yaml:5"
    assert a.where(("request", "path")).startswith("openai-chat.yaml:")
    assert a.where(("parameters", "seed", "to", "deeper")) == "a.yaml:5"


def test_an_error_at_a_path_reads_like_those_of_the_check(write: Write) -> None:
    a = load_file(write("a.yaml", "id: a\nfragments:\n  x: .y\n"))
    assert str(a.error(("fragments", "x"), "no such path")) == "a.yaml:3: fragments.x: no such path"


# Inheritance


def test_chains_of_any_length(write: Write, tmp_path: Path) -> None:
    write("wire.yaml", "id: wire\nkind: dialect\nstream: {framing: sse, done: a}\n")
    write("one.yaml", "id: one\nextends: wire\nstream: {done: b}\n")
    write("two.yaml", "id: two\nextends: one\nendpoint: {base_url: 'https://two.example'}\n")
    three = load_file(write("three.yaml", "id: three\nextends: two\nname: Three\n"))
    assert three.data["stream"] == {"framing": "sse", "done": "b"}
    assert three.endpoint.base_url == "https://two.example"
    assert (three.dialect, three.kind, three.name) == ("wire", "provider", "Three")


def test_null_removes_what_is_inherited(write: Write) -> None:
    a = load_file(write("a.yaml", "id: a\nextends: openai-chat\nparameters: {seed: null}\nauth: null\n"))
    assert "seed" not in a.data["parameters"]
    assert "top_p" in a.data["parameters"]
    assert a.auth == ()


def test_what_a_manifest_says_of_itself_is_not_inherited(write: Write) -> None:
    write(
        "base.yaml",
        "id: base\nname: Base\nnotes: x\nsources: [y]\nconfidence: low\nchecked: 2026-01-01\ndocs: https://x\n",
    )
    data = load_file(write("a.yaml", "id: a\nextends: base\n")).data
    assert data == {"id": "a", "extends": "base", "docs": "https://x"}


def test_an_unknown_parent_is_named_with_its_line(write: Write) -> None:
    path = write("a.yaml", "id: a\nextends: openai-chta\n")
    assert mistake(path) == 'a.yaml:2: extends: there is no manifest "openai-chta"; did you mean "openai-chat"?'


def test_a_circle_is_named_with_its_line(write: Write) -> None:
    path = write("a.yaml", "id: a\nextends: b\n")
    write("b.yaml", "id: b\nname: B\nextends: c\n")
    write("c.yaml", "id: c\n\n\nextends: a\n")
    assert mistake(path) == "c.yaml:4: extends: goes in a circle: a -> b -> c -> a"


def test_extending_oneself_is_a_circle(write: Write) -> None:
    assert mistake(write("a.yaml", "id: a\nextends: a\n")) == "a.yaml:2: extends: goes in a circle: a -> a"


def test_a_users_manifest_may_extend_the_bundled_one_of_its_own_name(write: Write, tmp_path: Path) -> None:
    write("openai.yaml", "id: openai\nextends: openai\nname: Mine\n")
    mine = load("openai", manifest_dir=tmp_path)
    assert mine.name == "Mine"
    assert mine.endpoint.base_url == "https://api.openai.com/v1"
    assert mine.dialect == "openai-chat"


def test_a_mistake_in_a_parent_names_the_parents_file(write: Write) -> None:
    write("b.yaml", "id: b\nnam: x\n")
    assert mistake(write("a.yaml", "id: a\nextends: b\n")) == 'b.yaml:2: nam: unknown key; did you mean "name"?'


# Other APIs

WIRE = """
id: wire
kind: dialect
name: Wire
status: {is: beta}
endpoint: {base_url: https://wire.example, headers: {x-wire: w}}
auth: {scheme: bearer, env: [WIRE_KEY]}
examples: [wire-1]
docs: https://wire.example/docs
list_models: {path: /wires}
request: {path: /wire, turns: {roles: {user: u}}, body: {a: 1, b: 2}}
parameters: {seed: {to: seed}, top_p: {to: p}}
models: [{match: w-*, parameters: {seed: null}}]
"""
TWO = """
id: two
name: Two
status: {is: unverified, since: 2026-01-31}
endpoint: {base_url: https://two.example/v1, env: [TWO_URL], headers: {x-two: t}}
auth: {scheme: header, header: x-key, env: [TWO_KEY]}
examples: [two-1]
docs: https://two.example/docs
list_models: {path: /all}
request: {path: /own}
parameters: {top_k: {to: k}}
models: [{match: t-*, parameters: {top_k: null}}]
api: own
apis:
  wired:
    extends: wire
    endpoint: {base_url: https://wired.two.example}
    request:
      body: {b: null, c: 3}
    parameters: {seed: null, stop: {to: halt}}
  plain: {extends: wire, auth: {scheme: bearer}, examples: [w-1], status: {is: live}}
"""


@pytest.fixture
def two(write: Write) -> Manifest:
    """A provider with two more APIs."""
    write("wire.yaml", WIRE)
    return load_file(write("two.yaml", TWO))


def test_an_api_is_who_its_provider_is(two: Manifest) -> None:
    wired = two.for_api("wired")
    assert (wired.id, wired.name, wired.kind, wired.api) == ("two", "Two", "provider", "wired")
    assert wired.status == Status("unverified", "2026-01-31")
    assert wired.auth == (AuthScheme("header", header="x-key", env=("TWO_KEY",)),)
    assert wired.data["list_models"] == {"path": "/all"}
    assert (wired.data["examples"], wired.data["docs"]) == (["two-1"], "https://two.example/docs")


def test_an_api_has_what_its_dialect_says_and_nothing_else_of_its_provider(two: Manifest) -> None:
    plain = two.for_api("plain")
    assert plain.dialect == "wire"
    assert plain.data["request"] == {"path": "/wire", "turns": {"roles": {"user": "u"}}, "body": {"a": 1, "b": 2}}
    assert plain.data["parameters"] == {"seed": {"to": "seed"}, "top_p": {"to": "p"}}
    assert "x-wire" not in plain.endpoint.headers
    assert plain.for_model("w-7").data["parameters"] == {"top_p": {"to": "p"}}
    assert plain.for_model("t-7") is plain


def test_what_an_api_says_itself_is_laid_over_both(two: Manifest) -> None:
    wired, plain = two.for_api("wired"), two.for_api("plain")
    assert wired.endpoint.base_url == "https://wired.two.example"
    assert (wired.endpoint.env, wired.endpoint.headers) == (("TWO_URL",), {"x-two": "t"})
    assert wired.data["request"]["body"] == {"a": 1, "c": 3}
    assert wired.data["parameters"] == {"top_p": {"to": "p"}, "stop": {"to": "halt"}}
    assert plain.auth == (AuthScheme("bearer", header="x-key", env=("TWO_KEY",)),)
    assert (plain.status, plain.data["examples"]) == (Status("live"), ["w-1"])


def test_the_apis_of_a_provider_have_names_and_are_made_once(two: Manifest) -> None:
    assert (two.api, two.other_apis) == ("own", ("wired", "plain"))
    assert two.for_api("own") is two
    assert two.for_api("wired") is two.for_api("wired")
    assert [api.api for api in two.for_all_apis()] == ["wired", "plain"]


def test_what_one_api_signs_is_not_of_another(two: Manifest) -> None:
    assert [api.origin for api in (two, *two.for_all_apis())] == ["two", "two:wired", "two:plain"]


def test_a_manifest_inherits_apis_and_they_are_about_it(write: Write, two: Manifest) -> None:
    heir = load_file(
        write(
            "heir.yaml",
            """
            id: heir
            extends: two
            endpoint: {headers: {x-heir: h}}
            auth: {env: [HEIR_KEY]}
            apis: {plain: null, third: {extends: wire}}
            """,
        )
    )
    assert heir.other_apis == ("wired", "third")
    third, wired = heir.for_api("third"), heir.for_api("wired")
    assert (third.id, third.name, third.endpoint.base_url) == ("heir", "heir", "https://two.example/v1")
    assert third.endpoint.headers == wired.endpoint.headers == {"x-two": "t", "x-heir": "h"}
    assert third.auth[0].env == wired.auth[0].env == ("HEIR_KEY",)
    assert wired.endpoint.base_url == "https://wired.two.example"


def test_an_api_may_speak_a_dialect_that_inherits(write: Write) -> None:
    write("wire.yaml", WIRE)
    write("finer.yaml", "id: finer\nkind: dialect\nextends: wire\nparameters: {top_p: null}\n")
    fine = load_file(write("a.yaml", "id: a\napis: {fine: {extends: finer}}\n")).for_api("fine")
    assert fine.dialect == "finer"
    assert fine.data["parameters"] == {"seed": {"to": "seed"}}


def test_an_api_may_extend_a_provider_and_has_not_its_address_or_key() -> None:
    other = load_file({"id": "a", "apis": {"b": {"extends": "openai"}}}).for_api("b")
    assert other.endpoint.base_url is None
    assert other.auth == ()
    assert other.data["request"]["path"] == "/chat/completions"


def test_values_of_an_api_know_their_files_and_lines(two: Manifest) -> None:
    def line(file: str, beginning: str) -> int:
        return next(number for number, line in enumerate(file.splitlines(), 1) if line.lstrip().startswith(beginning))

    wired = two.for_api("wired")
    assert wired.where(("request", "body", "c")) == f"two.yaml:{line(TWO, 'body:')}"
    assert wired.where(("request", "body", "a")) == f"wire.yaml:{line(WIRE, 'request:')}"
    assert wired.where(("auth", "header")) == f"two.yaml:{line(TWO, 'auth:')}"
    assert wired.where(("endpoint", "base_url")) == f"two.yaml:{line(TWO, 'endpoint: {base_url: https://wired')}"


def test_a_mistake_in_an_api_is_told_with_its_line(write: Write) -> None:
    path = write(
        "a.yaml", "id: a\napis:\n  b:\n    extends: openai-chat\n    parameters:\n      tempreature: {to: x}\n"
    )
    assert mistake(path) == ('a.yaml:6: apis.b.parameters.tempreature: unknown key; did you mean "temperature"?')


def test_an_api_that_extends_nothing_is_told_with_its_line(write: Write) -> None:
    assert mistake(write("a.yaml", "id: a\napis:\n  b:\n    request: {path: /x}\n")) == (
        'a.yaml:3: apis.b: the key "extends" is missing'
    )


def test_a_dialect_that_is_not_there_is_told_when_its_api_is_asked_for(write: Write) -> None:
    a = load_file(write("a.yaml", "id: a\napis:\n  b: {extends: openai-chta}\n"))
    with pytest.raises(ManifestError) as caught:
        a.for_api("b")
    assert (
        str(caught.value) == 'a.yaml:3: apis.b.extends: there is no manifest "openai-chta"; did you mean "openai-chat"?'
    )


def test_a_mistake_in_the_dialect_of_an_api_is_told_with_that_file(write: Write) -> None:
    write("wire.yaml", "id: wire\nkind: dialect\nrequst: {}\n")
    a = load_file(write("a.yaml", "id: a\napis: {b: {extends: wire}}\n"))
    with pytest.raises(ManifestError, match=r"^wire\.yaml:3: requst: unknown key"):
        a.for_api("b")


def test_an_api_that_is_not_there_is_told_with_those_that_are(two: Manifest) -> None:
    with pytest.raises(ConfigurationError, match=r"Two has no API called 'wire'; it has: own, wired, plain"):
        two.for_api("wire")


# Finding


def test_a_manifest_dir_wins_over_the_bundled_manifests(write: Write, tmp_path: Path) -> None:
    write("openai.yaml", "id: openai\nextends: openai-chat\nendpoint: {base_url: 'https://mine.example'}\n")
    assert load("openai", manifest_dir=tmp_path).endpoint.base_url == "https://mine.example"
    assert load("openai").endpoint.base_url == "https://api.openai.com/v1"


def test_a_folder_of_the_environment_is_looked_in(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("mine.yaml", "id: mine\n")
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path))
    assert load("mine").id == "mine"


def test_an_alias_loads_its_manifest(write: Write, tmp_path: Path) -> None:
    write("gemini.yaml", "id: gemini\n")
    assert load("google", manifest_dir=tmp_path).id == "gemini"


def test_an_unknown_id_is_not_a_manifest_error() -> None:
    with pytest.raises(UnknownModelError):
        load("no-such-provider")


def test_a_manifest_dir_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="manifest_dir is not a folder"):
        load("openai", manifest_dir=tmp_path / "nowhere")


def test_a_file_that_is_found_by_name_must_have_that_id(write: Write, tmp_path: Path) -> None:
    write("a.yaml", "name: x\nid: b\n")
    with pytest.raises(ManifestError, match=r'^a.yaml:2: id: expected "a", as the file is called, got "b"$'):
        load("a", manifest_dir=tmp_path)


def test_a_file_that_is_given_may_have_any_name(write: Write) -> None:
    assert load_file(str(write("draft 2.yml", "id: a\n"))).id == "a"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in mistake(tmp_path / "a.yaml")


# Mappings


def test_a_mapping_is_a_manifest_too() -> None:
    a = load_file({"id": "a", "extends": "openai-chat", "parameters": {"seed": None, "top_p": {"to": "p"}}})
    assert a.data["parameters"]["top_p"]["to"] == "p"
    assert "seed" not in a.data["parameters"]
    assert a.where(("parameters", "top_p", "to")) == "manifest"


def test_a_mapping_is_copied() -> None:
    given = {"id": "a", "stream": {"ends": ["eof"]}}
    a = load_file(given)
    given["stream"]["ends"].append("done")  # type: ignore[index]
    assert a.data["stream"]["ends"] == ["eof"]


def test_a_mistake_in_a_mapping_is_told_without_a_line() -> None:
    with pytest.raises(ManifestError, match=r'^manifest: nmae: unknown key; did you mean "name"\?$'):
        load_file({"id": "a", "nmae": "x"})


@pytest.mark.parametrize("thing", [{1, 2}, b"x", object()])
def test_a_mapping_holds_only_what_yaml_can_say(thing: object) -> None:
    with pytest.raises(ManifestError, match=r"^manifest: request\.body: a .* cannot stand in a manifest"):
        load_file({"id": "a", "request": {"body": thing}})


# Authentication


@pytest.mark.parametrize("scheme", ["header", "query"])
def test_a_scheme_that_needs_a_name_says_so(write: Write, scheme: str) -> None:
    path = write("a.yaml", f"id: a\nauth:\n  scheme: {scheme}\n")
    assert mistake(path) == f"a.yaml:2: auth.{scheme}: is missing; the scheme {scheme} needs it"


def test_a_way_to_authenticate_needs_a_scheme(write: Write) -> None:
    path = write("a.yaml", "id: a\nauth:\n  any:\n    - {scheme: none}\n    - {env: [A_KEY]}\n")
    assert mistake(path).startswith("a.yaml:5: auth.any[1].scheme: is missing; expected bearer")


# Models


MODELS = """
id: a
parameters: {seed: {to: seed}, top_k: {to: k}}
models:
  - match: [gpt-5*, o3]
    parameters: {seed: null, top_k: {max: 5}}
    sunset: 2027-01-01
    replacement: gpt-6
  - match: gpt-*
    parameters: {top_k: {max: 9}}
"""


def test_the_first_entry_that_matches_is_taken(write: Write) -> None:
    a = load_file(write("a.yaml", MODELS))
    assert a.for_model("gpt-5-mini").data["parameters"] == {"top_k": {"to": "k", "max": 5}}
    assert a.for_model("gpt-4").data["parameters"] == {"seed": {"to": "seed"}, "top_k": {"to": "k", "max": 9}}


def test_a_model_that_nobody_listed_gets_the_manifest_itself(write: Write) -> None:
    a = load_file(write("a.yaml", MODELS))
    assert a.for_model("llama") is a
    assert load("openai-chat").for_model("x") is load("openai-chat")


def test_upper_and_lower_case_match_alike(write: Write) -> None:
    a = load_file(write("a.yaml", MODELS))
    assert a.for_model("GPT-5") is a.for_model("O3")


def test_a_model_of_a_pattern_is_made_once(write: Write) -> None:
    a = load_file(write("a.yaml", MODELS))
    assert a.for_model("gpt-5-mini") is a.for_model("gpt-5-large")


def test_a_model_knows_its_end_and_its_successor(write: Write) -> None:
    a = load_file(write("a.yaml", MODELS))
    assert (a.sunset, a.replacement) == (None, None)
    assert (a.for_model("o3").sunset, a.for_model("o3").replacement) == ("2027-01-01", "gpt-6")


def test_a_model_keeps_the_rest_and_knows_the_lines(write: Write) -> None:
    a = load_file(write("a.yaml", MODELS)).for_model("o3")
    assert (a.id, a.dialect) == ("a", "a")
    assert a.where(("parameters", "top_k", "max")) == "a.yaml:6"
    assert a.where(("parameters", "top_k", "to")) == "a.yaml:3"
    assert a.for_model("gpt-4") is a


def test_a_providers_list_of_models_replaces_its_parents(write: Write) -> None:
    write("a.yaml", MODELS)
    b = load_file(write("b.yaml", "id: b\nextends: a\nmodels:\n  - match: x\n    notes: n\n"))
    assert b.for_model("gpt-5") is b
    assert b.for_model("x").where(("parameters", "top_k")) == "a.yaml:3"


# The cache


def test_a_bundled_manifest_is_loaded_once() -> None:
    assert load("openai") is load("openai")


def test_a_changed_file_is_read_again(write: Write, tmp_path: Path) -> None:
    path = write("a.yaml", "id: a\nname: one\n")
    assert load("a", manifest_dir=tmp_path).name == "one"
    path.write_text("id: a\nname: two\n")
    os.utime(path, ns=(1, 1))
    assert load("a", manifest_dir=tmp_path).name == "two"


def test_a_changed_parent_is_read_again(write: Write, tmp_path: Path) -> None:
    parent = write("b.yaml", "id: b\ndocs: https://one\n")
    write("a.yaml", "id: a\nextends: b\n")
    assert load("a", manifest_dir=tmp_path).data["docs"] == "https://one"
    parent.write_text("id: b\ndocs: https://two\n")
    os.utime(parent, ns=(1, 1))
    assert load("a", manifest_dir=tmp_path).data["docs"] == "https://two"


def test_a_parent_that_is_put_in_front_is_taken(write: Write, tmp_path: Path) -> None:
    write("a.yaml", "id: a\nextends: openai-chat\n")
    assert load("a", manifest_dir=tmp_path).where(("request", "path")).startswith("openai-chat.yaml")
    write("openai-chat.yaml", "id: openai-chat\nrequest: {path: /mine}\n")
    assert load("a", manifest_dir=tmp_path).data["request"]["path"] == "/mine"


# Keys that do not fit together, and where they stand


def test_an_api_replaces_the_parents_of_its_name(write: Write, two: Manifest) -> None:
    heir = load_file(write("heir.yaml", "id: heir\nextends: two\napis: {wired: {extends: wire}}\n")).for_api("wired")
    assert heir.data["request"]["body"] == {"a": 1, "b": 2}
    assert heir.endpoint.base_url == "https://two.example/v1"


@pytest.mark.parametrize(("own", "named"), [("", "chat"), ("api: tasks\n", "tasks")])
def test_an_api_that_is_called_like_the_rest_is_told(own: str, named: str, write: Write) -> None:
    path = write("a.yaml", f"id: a\n{own}apis:\n  {named}: {{extends: openai-chat}}\n")
    assert re.match(rf"a\.yaml:[34]: apis\.{named}: is the name of the API that the rest", mistake(path))


def test_an_api_of_a_provider_leaves_that_ones_apis_and_routes_behind() -> None:
    side = load_file({"id": "a", "apis": {"b": {"extends": "openai"}}}).for_api("b")
    assert load("openai").other_apis
    assert load("openai").data["routes"]
    assert side.other_apis == ()
    assert "routes" not in side.data


@pytest.mark.parametrize("apis", ["null", "{wired: null}"])
def test_a_route_to_an_api_that_was_taken_away_is_told_when_it_is_loaded(
    apis: str, write: Write, two: Manifest
) -> None:
    write("routed.yaml", "id: routed\nextends: two\nroutes:\n  - {match: x-*, api: wired}\n")
    path = write("heir.yaml", f"id: heir\nextends: routed\napis: {apis}\n")
    assert mistake(path) == "routed.yaml:4: routes[0]: there is no API 'wired'"
    write("heir.yaml", f"id: heir\nextends: routed\napis: {apis}\nroutes: null\n")
    assert "wired" not in load_file(path).other_apis


def test_placeholders_that_follow_from_each_other_are_told(write: Write) -> None:
    variables = "{a: {of: b}, b: {of: c}, c: {of: a}, d: {of: a}}"
    path = write("a.yaml", f"id: a\nendpoint:\n  base_url: https://{{d}}.example\n  variables: {variables}\n")
    assert mistake(path) == "a.yaml:4: endpoint.variables.c.of: goes in a circle: a -> b -> c -> a"
    path = write("b.yaml", "id: b\nendpoint: {base_url: 'https://x', variables: {a: {of: a}}}\n")
    assert mistake(path) == "b.yaml:2: endpoint.variables.a.of: goes in a circle: a -> a"


@pytest.mark.parametrize(
    "said", ["$then: {env: [X]}", "$then: null", ".type: null", "a-b: {env: [X]}", "'': {env: [X]}"]
)
def test_a_placeholder_that_no_address_can_hold_is_told(write: Write, said: str) -> None:
    path = write("a.yaml", f"id: a\nendpoint:\n  base_url: https://x\n  variables:\n    {said}\n")
    assert "no address can hold this placeholder" in mistake(path)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("endpoint: {headers: {$if: null}}", "endpoint"),
        ("auth: {scheme: headers, parts: {.x: null}}", "auth"),
        ("auth: {any: [null]}", "auth.any[0]"),
    ],
)
def test_null_that_takes_nothing_away_is_told(write: Write, said: str, where: str) -> None:
    assert mistake(write("a.yaml", f"id: a\nextends: openai-chat\n{said}\n")).startswith(f"a.yaml:3: {where}")


@pytest.mark.parametrize("said", ["$if: null", ".x: null", "'': {extends: gemini}", "a b: {extends: gemini}"])
def test_a_name_that_no_api_can_have_is_told(write: Write, said: str) -> None:
    path = write("a.yaml", f"id: a\nextends: openai-chat\napis:\n  {said}\n")
    assert mistake(path).startswith("a.yaml:4: apis")
    assert "no API can be called so" in mistake(path)


def of_api(path: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        load_file(path).for_api("b")
    return str(caught.value)


def test_a_mistake_of_an_api_is_told_with_the_path_that_it_has_in_its_file(write: Write) -> None:
    path = write("a.yaml", "id: a\napis:\n  b:\n    extends: openai-chat\n    auth:\n      scheme: query\n")
    assert of_api(path) == "a.yaml:5: apis.b.auth.query: is missing; the scheme query needs it"
    variables = "{x: {of: y}, y: {of: x}}"
    path = write("a.yaml", f"id: a\napis:\n  b:\n    extends: openai-chat\n    endpoint: {{variables: {variables}}}\n")
    assert of_api(path) == "a.yaml:5: apis.b.endpoint.variables.y.of: goes in a circle: x -> y -> x"
    write("wire.yaml", "id: wire\nkind: dialect\nrequest: {path: /x, turns: {roles: {user: u}}, body: {a: $nowhere}}\n")
    b = load_file(write("a.yaml", "id: a\napis:\n  b:\n    extends: wire\n    response: {steps: {x: {text: $y}}}\n"))
    api = b.for_api("b")
    assert api.written(("response", "steps", "x")) == ("apis", "b", "response", "steps", "x")
    assert api.written(("request", "body", "a")) == ("request", "body", "a")
    with pytest.raises(ManifestError, match=r"^a\.yaml:5: apis\.b\.response\.steps\.x\.text"):
        Program(api).read_response  # noqa: B018  # it is compiled when it is asked for
    with pytest.raises(ManifestError, match=r"^wire\.yaml:3: request\.body\.a: "):
        Program(api).encode  # noqa: B018


def test_a_mistake_in_what_is_said_of_a_model_is_told_with_its_place_in_the_list(write: Write) -> None:
    entry = "{match: x, parameters: {seed: {as: {$use: nothing}}}}"
    path = write("a.yaml", f"id: a\nextends: openai-chat\nmodels:\n  - {entry}\n")
    with pytest.raises(ManifestError, match=r"^a\.yaml:4: models\.0\.parameters\.seed"):
        Program(load_file(path).for_model("x")).encode  # noqa: B018


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("{base_url: 5}", "base_url: expected text, got 5"),
        ("{base_url: 'https://a@b'}", "base_url: expected a web address"),
        ("{base_ulr: x}", "base_ulr: unknown key"),
        ("{hosts: [a/b]}", "hosts[0]: expected a host name"),
    ],
)
def test_the_endpoint_of_an_api_is_held_to_the_schema(endpoint: str, problem: str, write: Write) -> None:
    path = write("a.yaml", f"id: a\napis:\n  b: {{extends: openai-chat, endpoint: {endpoint}}}\n")
    assert mistake(path).startswith(f"a.yaml:3: apis.b.endpoint.{problem}")


# Files that change


def test_an_api_is_made_anew_when_a_file_of_its_dialect_has_changed(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = write("wire.yaml", "id: wire\nkind: dialect\nextends: base\n")
    base = write("base.yaml", "id: base\nkind: dialect\nrequest: {path: /one}\n")
    path = write("a.yaml", "id: a\napis: {b: {extends: wire}}\n")
    assert load_file(path).for_api("b").data["request"] == {"path": "/one"}
    assert load_file(path).for_api("b") is load_file(path).for_api("b")
    for file, text in ((base, "id: base\nkind: dialect\nrequest: {path: /two}\n"), (wire, "id: wire\nkind: dialect\n")):
        before = load_file(path).for_api("b")
        write(file.name, text)
        os.utime(file, ns=(1, 1))
        assert load_file(path).for_api("b") is not before
    assert "request" not in load_file(path).for_api("b").data


def test_a_bundled_api_is_parsed_and_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = list(load("vertex").for_all_apis())
    monkeypatch.setattr(loading, "read", lambda path: pytest.fail(f"{path} was read"))
    monkeypatch.setattr(loading, "_api", lambda *_: pytest.fail("was made"))
    assert all(one is other for one, other in zip(known, load("vertex").for_all_apis(), strict=True))
