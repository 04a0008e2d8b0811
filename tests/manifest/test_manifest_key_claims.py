"""A key goes only to the hosts of the provider it belongs to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ai_lib_python._manifest import folders, key_claims
from ai_lib_python._manifest import load as loading
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python.errors import ManifestError

Write = Callable[[str, str], Path]

BEARER = {"scheme": "bearer", "env": ["OPENAI_API_KEY"]}


def manifest(base_url: str | None, **more: Any) -> dict[str, Any]:
    return {"id": "mine", "endpoint": {"base_url": base_url}, "auth": BEARER, **more}


def test_naming_a_bundled_providers_variable_for_another_host_is_refused(write: Write) -> None:
    path = write(
        "mine.yaml",
        "id: mine\nendpoint: {base_url: 'https://evil.example/v1'}\nauth:\n  scheme: bearer\n  env: [OPENAI_API_KEY]\n",
    )
    with pytest.raises(ManifestError) as caught:
        load_file(path)
    assert str(caught.value) == (
        "mine.yaml:5: auth.env: OPENAI_API_KEY is the key of openai (https://api.openai.com) and may not go to "
        "https://evil.example; use a variable of your own, such as MINE_API_KEY"
    )


@pytest.mark.parametrize(
    "base_url",
    [
        None,
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.evil.example",
        "https://{host}/v1",
    ],
)
def test_what_only_resembles_the_host_is_another_one(base_url: str | None) -> None:
    with pytest.raises(ManifestError, match="may not go to"):
        load_file(manifest(base_url))


@pytest.mark.parametrize("base_url", ["https://api.openai.com/v2", "https://API.openai.com"])
def test_the_same_host_may_have_the_key(base_url: str) -> None:
    assert load_file(manifest(base_url)).auth[0].env == ("OPENAI_API_KEY",)


def test_adding_a_host_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"may not go to \* \(endpoint\.hosts\)"):
        load_file({"id": "mine", "extends": "openai", "endpoint": {"hosts": ["*"]}})


@pytest.mark.parametrize(
    ("base_url", "fine"),
    [
        ("https://eu.owner.example/v1", True),
        ("http://eu.owner.example/v1", False),
        ("https://{region}.owner.example/v1", False),
        ("https://eu.owner.example.evil/v1", False),
    ],
)
def test_the_owners_other_hosts_may_have_the_key(
    base_url: str, fine: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endpoint = {"base_url": "https://owner.example", "hosts": ["*.owner.example"]}
    owner = load_file({"id": "owner", "endpoint": endpoint, "auth": {"scheme": "bearer", "env": ["OWNER_KEY"]}})
    file = tmp_path / "owner.yaml"
    file.write_text("auth: {env: [OWNER_KEY]}")
    monkeypatch.setattr(key_claims, "bundled_providers", lambda: [file])
    mine = load_file(
        {"id": "mine", "endpoint": {"base_url": base_url}, "auth": {"scheme": "bearer", "env": ["MY_KEY"]}}
    )
    given = msgspec.structs.replace(mine, auth=owner.auth)
    with contextlib.nullcontext() if fine else pytest.raises(ManifestError, match="OWNER_KEY is the key of owner"):
        key_claims.check_claims(given, (), lambda _: owner)


def test_inheriting_the_variable_and_changing_the_address_is_refused() -> None:
    with pytest.raises(ManifestError, match="OPENAI_API_KEY is the key of openai"):
        load_file({"id": "mine", "extends": "openai", "endpoint": {"base_url": "https://evil.example"}})


def test_extending_a_provider_and_leaving_its_address_alone_is_fine() -> None:
    mine = load_file({"id": "mine", "extends": "openai", "auth": {"env": ["MY_KEY", "OPENAI_API_KEY"]}})
    assert mine.auth[0].env == ("MY_KEY", "OPENAI_API_KEY")


def test_extending_a_provider_with_a_variable_and_an_address_of_ones_own_is_fine() -> None:
    given = {
        "id": "mine",
        "extends": "openai",
        "endpoint": {"base_url": "http://localhost:1"},
        "auth": {"env": ["MY_KEY"]},
    }
    assert load_file(given).auth[0].env == ("MY_KEY",)


def test_one_of_several_ways_to_authenticate_counts_too() -> None:
    given = manifest("https://evil.example", auth={"any": [{"scheme": "none"}, BEARER]})
    with pytest.raises(ManifestError, match=r"auth\.any\[1\]\.env: OPENAI_API_KEY"):
        load_file(given)


def test_a_grandparent_of_the_users_counts_too(write: Write) -> None:
    write("base.yaml", "id: base\nextends: openai\nendpoint: {base_url: 'https://evil.example'}\n")
    with pytest.raises(ManifestError, match=r"may not go to https://evil\.example"):
        load_file(write("mine.yaml", "id: mine\nextends: base\n"))


def test_a_manifest_in_the_place_of_the_bundled_one_cannot_make_itself_the_owner(write: Write, tmp_path: Path) -> None:
    write(
        "openai.yaml",
        "id: openai\nendpoint: {base_url: 'https://evil.example'}\nauth: {scheme: bearer, env: [OPENAI_API_KEY]}\n",
    )
    with pytest.raises(ManifestError, match=r"may not go to https://evil\.example"):
        load("openai", manifest_dir=tmp_path)


def test_a_dialect_in_the_place_of_the_bundled_one_cannot_either(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "openai-chat.yaml",
        "id: openai-chat\nkind: dialect\nauth: {scheme: bearer}\nendpoint: {base_url: 'https://evil.example'}\n",
    )
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path))
    assert load("openai").endpoint.base_url == "https://api.openai.com/v1"


def test_a_variable_of_ones_own_costs_no_parsing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(id: str) -> None:
        raise AssertionError(id)

    monkeypatch.setattr(loading, "_bundled", never)
    given = manifest("https://mine.example", auth={"scheme": "bearer", "env": ["MINE_API_KEY"]})
    assert load_file(given).id == "mine"


def test_bundled_manifests_are_not_held_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loading._from_files.cache_clear()
    monkeypatch.setattr(loading, "check_claims", lambda *_: pytest.fail("was checked"))
    assert load("openai").id == "openai"


# Other APIs, and credentials of several parts

EVIL = "https://evil.example/v1"


def api_of(entry: dict[str, Any], **more: Any) -> None:
    load_file({"id": "mine", "apis": {"side": {"extends": "openai-chat", **entry}}, **more}).for_api("side")


@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ({"endpoint": {"base_url": EVIL}}, {"extends": "openai"}),
        ({"endpoint": {"hosts": ["*"]}}, {"extends": "openai"}),
        ({"endpoint": {"base_url": None}}, {"extends": "openai"}),
        ({"auth": BEARER}, {"endpoint": {"base_url": EVIL}}),
        ({"auth": {"any": [{"scheme": "none"}, BEARER]}, "endpoint": {"base_url": EVIL}}, {}),
    ],
    ids=["address", "hosts", "no address", "variable", "both"],
)
def test_another_api_cannot_send_a_bundled_providers_key_elsewhere(entry: dict[str, Any], more: dict[str, Any]) -> None:
    with pytest.raises(ManifestError, match=r"OPENAI_API_KEY is the key of openai"):
        api_of(entry, **more)


def test_another_api_may_have_the_key_at_the_providers_own_host_or_one_of_its_own() -> None:
    api_of({"endpoint": {"base_url": "https://api.openai.com/v2"}}, extends="openai")
    api_of({"endpoint": {"base_url": EVIL}, "auth": {"env": ["MINE_KEY"]}}, extends="openai")


def test_an_api_that_is_inherited_and_sent_elsewhere_counts_too(write: Write) -> None:
    side = f"{{extends: openai-chat, endpoint: {{base_url: '{EVIL}'}}}}"
    write("base.yaml", f"id: base\nextends: openai\napis: {{side: {side}}}\n")
    mine = load_file(write("mine.yaml", "id: mine\nextends: base\n"))
    with pytest.raises(ManifestError, match=r"may not go to https://evil\.example"):
        mine.for_api("side")


def test_a_dialect_of_ones_own_gives_an_api_no_address(write: Write, tmp_path: Path) -> None:
    write("odd.yaml", f"id: odd\nkind: dialect\nextends: openai-chat\nendpoint: {{base_url: '{EVIL}', hosts: ['*']}}\n")
    side = load_file(write("mine.yaml", "id: mine\nextends: openai\napis: {side: {extends: odd}}\n")).for_api("side")
    assert (side.endpoint.base_url, side.auth[0].env) == ("https://api.openai.com/v1", ("OPENAI_API_KEY",))
    assert "*" not in side.endpoint.hosts


def test_the_variable_of_an_api_belongs_to_its_provider_too() -> None:
    (variable, *_) = load("vertex").for_api("express").auth[0].env
    with pytest.raises(ManifestError, match=rf"{variable} is the key of .*vertex"):
        load_file(manifest(EVIL, auth={"scheme": "bearer", "env": [variable]}))


@pytest.mark.parametrize("part", ["access_key_id", "secret_access_key", "session_token"])
def test_each_part_of_a_credential_belongs_to_its_provider(part: str) -> None:
    parts = next(way for way in load("bedrock").auth if way.parts).parts
    auth = {"scheme": "headers", "parts": {"secret": list(parts[part])}, "headers": {"x-secret": "$secret"}}
    with pytest.raises(ManifestError) as caught:
        load_file(manifest(EVIL, auth=auth))
    assert f"auth.parts.secret: {parts[part][0]} is the key of" in str(caught.value)


@pytest.mark.parametrize("id", [path.stem for path in folders.bundled_providers() if load(path.stem).other_apis])
def test_who_adds_an_api_to_a_bundled_provider_is_not_held_for_a_thief(id: str) -> None:
    mine = load_file({"id": "mine", "extends": id, "apis": {"side": {"extends": "openai-chat"}}})
    assert [api.api for api in mine.for_all_apis()][-1] == "side"


# Lists of models, addresses from the environment, placeholders


@pytest.mark.parametrize(
    ("id", "listed", "where"),
    [
        ("openai", EVIL, "https://evil.example"),
        ("openai", "http://api.openai.com/v1", "http://api.openai.com"),
        ("openai", "https://{x}.openai.com/v1", "https://{x}.openai.com"),
        ("bedrock", "https://bedrock.{other}.amazonaws.com", "https://bedrock.{other}.amazonaws.com"),
    ],
)
def test_a_list_of_models_that_is_asked_elsewhere_is_refused(id: str, listed: str, where: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_file({"id": "mine", "extends": id, "list_models": {"base_url": listed}})
    assert f"may not go to {where} (list_models.base_url)" in str(caught.value)


def test_a_list_of_models_may_be_asked_at_the_owners_hosts() -> None:
    for listed in ("https://api.openai.com/v9", "https://eu.api.openai.com"):
        load_file({"id": "mine", "extends": "openai", "list_models": {"base_url": listed}})


def test_an_address_may_come_only_from_the_owners_variables() -> None:
    with pytest.raises(ManifestError, match=r"may not go to the address in MY_URL \(endpoint\.env\)"):
        load_file({"id": "mine", "extends": "openai", "endpoint": {"env": ["OPENAI_BASE_URL", "MY_URL"]}})
    for fine in (["OPENAI_BASE_URL"], [], None):
        load_file({"id": "mine", "extends": "openai", "endpoint": {"env": fine}})
    mine = {"id": "mine", "extends": "openai", "endpoint": {"env": ["MY_URL"]}, "auth": {"env": ["MY_KEY"]}}
    assert load_file(mine).endpoint.env == ("MY_URL",)


def vary(id: str, **variables: Any) -> None:
    load_file({"id": "mine", "extends": id, "endpoint": {"variables": variables}})


@pytest.mark.parametrize(
    "region",
    [
        {"default": "x.evil.example"},
        {"default": "evil.example/"},
        {"default": ""},
        {"env": ["MY_REGION"]},
        {"of": "place", "else": "eu-1"},
        {"of": "place", "map": {"x": "evil.example"}},
    ],
    ids=["another domain", "a path", "nothing", "environment", "of", "map"],
)
def test_an_owners_placeholder_may_not_lead_elsewhere(region: dict[str, Any]) -> None:
    with pytest.raises(ManifestError, match="AWS_BEARER_TOKEN_BEDROCK is the key of bedrock"):
        vary("bedrock", region=region, place={})


def test_an_owners_placeholder_may_have_a_default_within_the_owners_domain() -> None:
    vary("bedrock", region={"default": "eu-west-1"})
    vary("bedrock", region={"env": ["AWS_REGION"]})
    vary("azure", resource={"default": "my-company"})


@pytest.mark.parametrize(
    "host",
    [
        {"map": {"global": "evil.example"}},
        {"map": {"mine": "evil.example"}},
        {"else": "evil.example"},
        {"of": "project"},
        {"of": None, "map": None, "else": None, "default": "evil.example"},
    ],
    ids=["map", "another entry", "else", "of", "default"],
)
def test_what_follows_from_a_placeholder_may_not_lead_a_clouds_log_in_elsewhere(host: dict[str, Any]) -> None:
    assert load_file({"id": "mine", "extends": "vertex", "endpoint": {"variables": {"host": host}}}).withheld == {"adc"}
    assert load_file({"id": "mine", "extends": "vertex"}).withheld == set()


def test_a_placeholder_may_lead_nowhere_though_another_one_stands_behind_it() -> None:
    assert key_claims._stays("{a}.owner.example", "a", "x", ())
    assert not key_claims._stays("{a}.owner.example.{b}", "a", "x", ())
    assert not key_claims._stays("{a}.owner.example{b}", "a", "x", ())


@pytest.mark.parametrize(
    "endpoint",
    [
        {"base_url": "https://api.openai.com/{k}", "variables": {"k": {"env": ["OPENAI_API_KEY"]}}},
        {"base_url": "https://mine.example/{k}", "variables": {"k": {"env": ["MY_K", "AWS_SECRET_ACCESS_KEY"]}}},
        {"base_url": "https://mine.example", "variables": {"unused": {"env": ["OPENAI_API_KEY"]}}},
        {"base_url": "https://mine.example", "env": ["OPENAI_API_KEY"]},
    ],
    ids=["the owner's host", "a part of a credential", "another placeholder", "an address"],
)
@pytest.mark.parametrize("auth", [None, {"scheme": "bearer", "env": ["MY_KEY"]}], ids=["no key", "a key of its own"])
def test_a_key_of_a_bundled_provider_may_not_stand_in_an_address(endpoint: Any, auth: Any) -> None:
    with pytest.raises(ManifestError, match=r"endpoint\..*env: \w+ is the key of .* and may not stand in an address"):
        load_file({"id": "mine", "endpoint": endpoint, "auth": auth})


def test_no_bundled_manifest_reads_a_key_into_an_address() -> None:
    for path in folders.bundled_providers():
        provider = load(path.stem)
        for api in (provider, *provider.for_all_apis()):
            key_claims.check_claims(api, (), loading._bundled)


# What libraries find

ADC = {"scheme": "adc", "scopes": ["https://scope.example"]}
SIGNED = {"scheme": "aws-sigv4", "service": "bedrock"}


@pytest.mark.parametrize(("auth", "scheme"), [(ADC, "adc"), (SIGNED, "aws-sigv4")])
def test_the_log_in_of_a_cloud_is_withheld_from_other_hosts_in_every_way(
    auth: dict[str, Any], scheme: str, write: Write
) -> None:
    address = {"base_url": EVIL}
    plain = {"id": "mine", "extends": "openai-chat", "endpoint": address}
    assert load_file({**plain, "auth": auth}).withheld == {scheme}
    assert load_file({**plain, "auth": {"any": [{"scheme": "none"}, auth]}}).withheld == {scheme}
    side = {"extends": "openai-chat", "auth": auth}
    own = {"scheme": "bearer", "env": ["MY_KEY"]}
    assert load_file({**plain, "auth": own, "apis": {"side": side}}).for_api("side").withheld == {scheme}
    models = [{"match": "x", "parameters": {"seed": {"refused": "no seeds"}}}]
    assert load_file({**plain, "auth": auth, "models": models}).for_model("x").withheld == {scheme}
    inherited = {**plain, "auth": auth, "apis": {"side": {"extends": "openai-chat", "models": models}}}
    assert load_file(inherited).for_api("side").for_model("x").withheld == {scheme}


def test_a_dialect_of_ones_own_does_not_get_it_either(write: Write) -> None:
    write("odd.yaml", "id: odd\nkind: dialect\nextends: openai-chat\nauth: {scheme: adc, scopes: [x]}\n")
    assert load_file(write("mine.yaml", f"id: mine\nextends: odd\nendpoint: {{base_url: '{EVIL}'}}\n")).withheld == {
        "adc"
    }


@pytest.mark.parametrize(
    "moved", [{"endpoint": {"base_url": "https://evil.example"}}, {"endpoint": {"hosts": ["*.evil.example"]}}]
)
def test_it_is_withheld_from_an_heir_that_goes_elsewhere_and_from_its_apis(moved: dict[str, Any]) -> None:
    mine = load_file({"id": "mine", "extends": "vertex", **moved})
    assert mine.withheld == mine.for_api("anthropic").withheld == mine.for_api("openai").withheld == {"adc"}
    side = {"extends": "openai-chat", **moved}
    assert load_file({"id": "mine", "extends": "vertex", "apis": {"side": side}}).for_api("side").withheld == {"adc"}


# A gateway of one's own

GATEWAY: dict[str, Any] = {
    "id": "mine",
    "extends": "vertex",
    "endpoint": {"base_url": "https://gateway.example"},
    "auth": {"scheme": "bearer", "env": ["GATEWAY_KEY"], "scopes": None, "reads": None},
}


def test_an_api_on_the_host_that_moved_is_at_the_gateway_with_its_key() -> None:
    anthropic = load_file(GATEWAY).for_api("anthropic")
    place = "/v1/projects/{project}/locations/{location}/publishers/anthropic"
    assert anthropic.endpoint.base_url == f"https://gateway.example{place}"
    assert [way.env for way in anthropic.auth] == [("GATEWAY_KEY",)]


def test_an_api_on_another_host_gets_neither_the_gateways_key_nor_the_gateway_its_own() -> None:
    with pytest.raises(ManifestError, match=r"^vertex\.yaml:\d+: apis\.express\.endpoint: is inherited and at https"):
        load_file(GATEWAY).for_api("express")


def test_an_inherited_api_with_a_key_of_its_own_does_not_take_it_to_the_gateway(write: Write) -> None:
    side = "{extends: openai-chat, auth: {scheme: bearer, env: [OPENAI_API_KEY]}}"
    write("base.yaml", f"id: base\nextends: openai\napis: {{side: {side}}}\n")
    text = "id: mine\nextends: base\nendpoint: {base_url: 'https://gateway.example'}\nauth: {env: [GATEWAY_KEY]}\n"
    mine = load_file(write("mine.yaml", text))
    with pytest.raises(
        ManifestError, match=r"^base\.yaml:3: apis\.side\.auth\.env: OPENAI_API_KEY is the key of openai"
    ):
        mine.for_api("side")


def test_an_api_that_is_written_beside_the_gateway_is_where_it_says() -> None:
    express = {"extends": "gemini", "endpoint": {"base_url": "https://gateway.example/express"}}
    mine = load_file({**GATEWAY, "apis": {"express": express}}).for_api("express")
    assert (mine.endpoint.base_url, mine.auth[0].env) == ("https://gateway.example/express", ("GATEWAY_KEY",))


@pytest.mark.parametrize(
    ("base_url", "listed"),
    [
        ("https://gateway.example/v1/projects/{project}/locations/{location}/publishers/google", True),
        ("https://gateway.example", True),
        ("https://gateway.example/elsewhere", False),
    ],
)
def test_a_list_of_models_goes_with_the_host_or_is_none(base_url: str, listed: bool) -> None:
    mine = load_file({**GATEWAY, "endpoint": {"base_url": base_url}})
    known = mine.data.get("list_models", {}).get("base_url")
    assert known == ("https://gateway.example/v1beta1/publishers/google" if listed else None)


@pytest.mark.parametrize(
    ("endpoint", "hosts"),
    [
        ({"base_url": "https://gateway.example/v1"}, ()),
        ({"base_url": "http://localhost:9"}, ()),
        ({"base_url": "https://gateway.example", "hosts": ["more.gateway.example"]}, ("more.gateway.example",)),
        ({"base_url": "https://api.replicate.com/v2"}, ("stream.replicate.com",)),
        ({"base_url": "https://stream.replicate.com"}, ("stream.replicate.com",)),
        ({"headers": {"x-team": "a"}}, ("stream.replicate.com",)),
    ],
    ids=["gateway", "local", "with hosts", "another path", "one of them", "as it was"],
)
def test_the_other_hosts_of_an_owner_are_not_a_gateways(endpoint: dict[str, Any], hosts: tuple[str, ...]) -> None:
    given = {"id": "mine", "extends": "replicate", "endpoint": {"env": None, **endpoint}, "auth": {"env": ["MY_KEY"]}}
    assert load_file(given).endpoint.hosts == hosts


def test_the_hosts_of_an_api_are_left_behind_too(write: Write) -> None:
    side = "{extends: openai-chat, endpoint: {base_url: 'https://base.example/side', hosts: [side.base.example]}}"
    write("base.yaml", f"id: base\nendpoint: {{base_url: 'https://base.example'}}\napis: {{side: {side}}}\n")
    mine = load_file(write("mine.yaml", "id: mine\nextends: base\nendpoint: {base_url: 'https://gateway.example'}\n"))
    moved = mine.for_api("side").endpoint
    assert (moved.base_url, moved.hosts) == ("https://gateway.example/side", ())
    assert load("base", manifest_dir=write("x.txt", "").parent).for_api("side").endpoint.hosts == ("side.base.example",)
