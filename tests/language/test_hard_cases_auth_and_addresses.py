# ruff: noqa: E501  # manifests are read by the line
"""Where requests go and what authenticates them. Each test lays a few keys over the small wire of ``conftest.BASE``."""

from __future__ import annotations

from hashlib import md5
from time import time
from typing import Any

import pytest
from google.auth.exceptions import DefaultCredentialsError

from ai_lib_python import AiClient
from ai_lib_python.errors import (
    ConfigurationError,
    ExpiredCredentialsError,
    MissingKeyError,
    NoChatError,
    RetiredProviderError,
)

from .conftest import Answer, Preview, Scripted, client_of


@pytest.mark.parametrize(
    ("path", "body", "url"),
    [
        ("/chat", "{model: $model}", "/chat"),
        ("/models/${$model | in_path}:run", "{x: 1}", "/models/org/m%201:run"),
        ("/models/${$model | in_path}", "{model: $model}", "/models/org/m%201"),
        ("/chat", "{x: 1}", "/chat"),
    ],
    ids=["body", "path", "both", "absent"],
)
async def test_where_the_model_stands(path: str, body: str, url: str, preview: Preview) -> None:
    text = f'request: {{path: "{path}", turns: {{roles: {{user: user}}}}, body: {body}}}'
    request = await preview(text, model="org/m 1")
    assert request.url == f"https://toy.example{url}"
    assert request.body.get("model") == ("org/m 1" if "$model" in body else None)


async def test_a_stream_is_asked_for_by_path_query_flag_and_header(preview: Preview) -> None:
    text = """
request:
  path: /chat
  stream_path: /chat-stream
  query: {version: 2}
  stream_query: {alt: sse}
  stream_headers: {accept: application/x-ndjson}
  turns: {roles: {user: user}}
  body: {options: {a: 1}}
  stream_body: {options: {stream: true}}
"""
    plain, streamed = await preview(text), await preview(text, stream=True)
    assert (plain.url, plain.body) == ("https://toy.example/chat?version=2", {"options": {"a": 1}})
    assert streamed.url == "https://toy.example/chat-stream?version=2&alt=sse"
    assert streamed.body == {"options": {"a": 1, "stream": True}}
    assert streamed.headers["accept"] == "application/x-ndjson"


async def test_a_base_url_has_placeholders(preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_REGION", "eu")
    text = """
endpoint:
  base_url: https://{resource}.{region}.toy.example/v1
  variables: {region: {env: [TOY_REGION]}, resource: {env: [TOY_RESOURCE]}}
"""
    request = await preview(text, variables={"resource": "mine"})
    assert request.url == "https://mine.eu.toy.example/v1/chat"
    with pytest.raises(ConfigurationError, match="TOY_RESOURCE"):
        await preview(text)


@pytest.mark.parametrize(
    ("auth", "where"),
    [
        ("{scheme: bearer}", ("authorization", "Bearer [redacted]")),
        ("{scheme: header, header: X-Key}", ("x-key", "[redacted]")),
        ("{scheme: header, header: authorization, prefix: 'Token '}", ("authorization", "Token [redacted]")),
        ("{any: [{scheme: header, header: a-key}, {scheme: bearer}]}", ("a-key", "[redacted]")),
    ],
)
async def test_a_key_goes_into_a_header(auth: str, where: tuple[str, str], preview: Preview) -> None:
    request = await preview(f"auth: {auth}", api_key="k")
    assert where in request.headers.items()


async def test_a_key_goes_into_the_query_or_nowhere(preview: Preview) -> None:
    request = await preview("auth: {scheme: query, query: key}")
    assert request.url.endswith("/chat?key=%5Bredacted%5D")
    nowhere = await preview("auth: {scheme: none}")
    assert "redacted" not in str((nowhere.url, nowhere.headers))


async def test_of_several_ways_to_authenticate_the_first_with_a_key_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOY_TOKEN", "t")
    text = "auth: {any: [{scheme: header, header: x-key, env: [TOY_KEY]}, {scheme: bearer, env: [TOY_TOKEN]}]}"
    client, transport = await client_of(text, {"text": "Hi"})
    await client.chat().user("Hello").execute()
    headers = transport.requests[0].headers
    assert headers["authorization"] == "Bearer t"
    assert "x-key" not in headers


async def test_extra_headers_and_fields_are_fixed_or_the_users_and_those_come_last(preview: Preview) -> None:
    text = """
endpoint: {base_url: https://toy.example, headers: {X-Org: one}}
request:
  path: /chat
  headers: {X-Version: "1"}
  turns: {roles: {user: user}}
  body: {safe: true, options: {a: 1}}
"""

    def ask(chat: Any) -> Any:
        more = chat.user("Hello").extra_body({"options": {"b": 2}, "safe": False})
        return more.extra_headers({"X-ORG": "two"})

    request = await preview(text, ask)
    assert request.body == {"safe": False, "options": {"a": 1, "b": 2}}
    assert (request.headers["x-org"], request.headers["x-version"]) == ("two", "1")
    assert [name for name in request.headers if name.lower() == "x-org"] == ["x-org"]


async def test_a_retired_provider_names_its_successor_unless_an_address_is_given(preview: Preview) -> None:
    text = "status: {is: retired, since: 2026-01-01, successor: pebble}"
    with pytest.raises(RetiredProviderError, match=r"2026-01-01.*pebble"):
        await preview(text)
    request = await preview(text, base_url="http://localhost:1")
    assert request.url == "http://localhost:1/chat"


# Whether a provider is there


@pytest.mark.parametrize("state", ["live", "beta", "unverified"])
async def test_what_may_be_there_is_called(state: str, preview: Preview) -> None:
    request = await preview(f"status: {{is: {state}, since: 2026-01-01}}")
    assert request.url == "https://toy.example/chat"


RETIRED = """
status: {is: retired, since: 2026-01-01, note: Its software goes on.}
endpoint: {base_url: https://toy.example, env: [TOY_BASE_URL]}
"""


async def test_a_retired_provider_is_there_where_its_own_variable_says_so(
    preview: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RetiredProviderError, match=r"2026-01-01\. Its software goes on\. With base_url="):
        await preview(RETIRED)
    monkeypatch.setenv("TOY_BASE_URL", "http://localhost:1")
    assert (await preview(RETIRED)).url == "http://localhost:1/chat"


async def test_a_provider_without_a_chat_says_so_whatever_the_address(preview: Preview) -> None:
    text = "status: {is: no_chat, note: It only paints.}\nname: Toy"
    for options in ({}, {"base_url": "http://localhost:1"}):
        with pytest.raises(NoChatError, match=r"Toy has no chat API\. It only paints\.") as caught:
            await preview(text, **options)
        assert caught.value.provider == "toy"


# What an address is made of

PLACES = """
auth: {scheme: bearer, env: [TOY_KEY]}
endpoint:
  base_url: https://{host}/v1
  variables:
    place: {env: [TOY_PLACE], default: home}
    host: {of: place, map: {home: api.toy.example}, else: "{place}.api.toy.example"}
"""


@pytest.mark.parametrize(
    ("given", "in_environment", "host"),
    [
        (None, None, "api.toy.example"),
        (None, "eu", "eu.api.toy.example"),
        ("us", "eu", "us.api.toy.example"),
        ("home", "eu", "api.toy.example"),
    ],
    ids=["default", "environment", "caller", "map"],
)
async def test_a_placeholder_has_a_default_and_another_follows_from_it(
    given: str | None,
    in_environment: str | None,
    host: str,
    preview: Preview,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if in_environment is not None:
        monkeypatch.setenv("TOY_PLACE", in_environment)
    request = await preview(PLACES, api_key="k", variables={} if given is None else {"place": given})
    assert request.url == f"https://{host}/v1/chat"


async def test_nobody_gives_a_placeholder_that_follows_from_another(preview: Preview) -> None:
    request = await preview(PLACES, api_key="k", variables={"host": "elsewhere.example"})
    assert request.url == "https://api.toy.example/v1/chat"


async def test_a_value_from_which_nothing_follows_is_told_by_name(preview: Preview) -> None:
    text = PLACES.replace(', else: "{place}.api.toy.example"', "")
    with pytest.raises(ConfigurationError, match="the address of toy needs 'host'"):
        await preview(text, api_key="k", variables={"place": "mars"})


async def test_a_placeholder_cannot_lead_to_another_host(preview: Preview) -> None:
    with pytest.raises(ConfigurationError, match="'host' must be letters, digits"):
        await preview(PLACES, api_key="k", variables={"place": "evil.example/x"})


@pytest.mark.parametrize(
    ("base_url", "trusted"),
    [
        ("https://api.toy.example/v1", True),
        ("https://eu.api.toy.example/v1", True),
        ("https://toy.example/v1", False),
        ("https://eu.api.toy.example.evil.example/v1", False),
        ("https://home/v1", False),
        ("http://eu.api.toy.example/v1", False),
    ],
)
async def test_the_hosts_that_placeholders_can_spell_may_have_the_key(
    base_url: str, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_KEY", "k-1")
    client, transport = await client_of(PLACES, {"text": "Hi"}, base_url=base_url)
    if trusted:
        await client.chat().user("Hello").execute()
        assert transport.requests[0].headers["authorization"] == "Bearer k-1"
    else:
        with pytest.raises(MissingKeyError, match="only sent to toy's own hosts"):
            await client.chat().user("Hello").execute()
        assert transport.requests == []


# Credentials of several parts

SIGNED = """
endpoint: {base_url: "https://toy.{zone}.example", variables: {zone: {env: [TOY_ZONE]}}}
auth:
  scheme: aws-sigv4
  service: toys
  region: zone
  parts: {access_key_id: [TOY_ID], secret_access_key: [TOY_SECRET], session_token: [TOY_SESSION], expires: [TOY_EXPIRES]}
"""
PARTS = {"access_key_id": "AKID", "secret_access_key": "s3cret"}


async def test_requests_are_signed_for_a_service_and_a_region() -> None:
    client, transport = await client_of(SIGNED, {"text": "Hi"}, credentials=PARTS, variables={"zone": "eu-1"})
    await client.chat().user("Hello").execute()
    (request,) = transport.requests
    scheme, _, rest = request.headers["authorization"].partition(" ")
    credential, day, *scope = rest.partition(",")[0].split("/")
    assert (scheme, credential, scope) == ("AWS4-HMAC-SHA256", "Credential=AKID", ["eu-1", "toys", "aws4_request"])
    assert request.headers["x-amz-date"].startswith(day)
    assert "s3cret" not in str(dict(request.headers))


async def test_parts_of_a_credential_stand_in_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ID", "AKID"), ("SECRET", "s3cret"), ("SESSION", "t0ken"), ("ZONE", "eu-1")):
        monkeypatch.setenv(f"TOY_{name}", value)
    client, transport = await client_of(SIGNED, {"text": "Hi"})
    await client.chat().user("Hello").execute()
    assert transport.requests[0].headers["x-amz-security-token"] == "t0ken"


async def test_a_credential_that_has_expired_signs_nothing() -> None:
    given = {**PARTS, "expires": "2026-01-01T00:00:00Z"}
    client, transport = await client_of(SIGNED, credentials=given, variables={"zone": "eu-1"})
    with pytest.raises(ExpiredCredentialsError, match="2026-01-01T00:00:00Z"):
        await client.chat().user("Hello").execute()
    assert transport.requests == []


HEADERS = """
auth:
  scheme: headers
  parts: {app: [TOY_APP], secret: [TOY_SECRET]}
  headers: {x-app: $app, x-stamp: "${$now}", x-sign: "v1-${$app}-${$secret}"}
"""


async def test_headers_are_made_of_several_parts_and_the_time() -> None:
    client, transport = await client_of(HEADERS, {"text": "Hi"}, credentials={"app": "a1", "secret": "s1"})
    before = int(time())
    await client.chat().user("Hello").execute()
    headers = transport.requests[0].headers
    assert (headers["x-app"], headers["x-sign"]) == ("a1", "v1-a1-s1")
    assert before <= int(headers["x-stamp"]) <= time()


@pytest.mark.parametrize("made", ["'${$app}${$secret}${$now}'", "{$if: $app, $then: '${$app}${$secret}${$now}'}"])
async def test_a_digest_of_parts_is_a_header(made: str) -> None:
    template = f"{{$with: {made}, $do: . | md5}}"
    text = f"auth: {{scheme: headers, parts: {{app: [TOY_APP], secret: [TOY_SECRET]}}, headers: {{stamp: '${{$now}}', sign: {template}}}}}"
    client, transport = await client_of(text, {"text": "Hi"}, credentials={"app": "a1", "secret": "s1"})
    await client.chat().user("Hello").execute()
    headers = transport.requests[0].headers
    assert headers["sign"] == md5(f"a1s1{headers['stamp']}".encode()).hexdigest()


async def test_a_preview_shows_no_part_of_a_credential(preview: Preview) -> None:
    request = await preview(HEADERS, credentials={"app": "app-1", "secret": "sec-1"})
    assert "app-1" not in str(request)
    assert "sec-1" not in str(request)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_key": "k"}, r"toy takes credentials=\{'app': \.\.\., 'secret': \.\.\.\}"),
        ({"credentials": {"app": "a1"}}, "toy takes credentials="),
        ({"credentials": {"app": "a1", "secret": "s1", "salt": "x"}}, "toy takes credentials="),
        ({"credentials": {"app": "a1", "secret": "s1"}, "api_key": "k"}, "api_key= or credentials=, not both"),
    ],
    ids=["a key", "too few", "too many", "both"],
)
async def test_a_credential_of_other_parts_is_refused_with_those_that_are_taken(
    options: dict[str, Any], words: str
) -> None:
    async def ask() -> None:
        client, _ = await client_of(HEADERS, {"text": "Hi"}, **options)
        await client.chat().user("Hello").execute()

    with pytest.raises(ConfigurationError, match=words):
        await ask()


async def test_parts_go_the_way_that_takes_them_and_a_key_the_other() -> None:
    text = "auth: {any: [{scheme: bearer, env: [TOY_KEY]}, {scheme: headers, parts: {app: [TOY_APP]}, headers: {x-app: $app}}]}"
    keyed, first = await client_of(text, {"text": "Hi"}, api_key="k")
    await keyed.chat().user("Hello").execute()
    assert first.requests[0].headers["authorization"] == "Bearer k"
    parted, second = await client_of(text, {"text": "Hi"}, credentials={"app": "a1"})
    await parted.chat().user("Hello").execute()
    assert second.requests[0].headers["x-app"] == "a1"
    assert "authorization" not in second.requests[0].headers


async def of_the_cloud(*answers: Any) -> tuple[AiClient, Scripted]:
    """A client of a cloud whose log-in a library of its own finds, and the transport that answers it."""
    transport = Scripted(*map(Answer, answers))
    mine = {"id": "mine", "extends": "vertex", "auth": {"scopes": ["all"], "env": ["MINE_TOKEN"]}}
    return await AiClient.create("mine/m", manifest=mine, variables={"project": "p"}, transport=transport), transport


async def test_a_token_of_the_clouds_own_library_is_a_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Found:
        valid, token = True, "from-the-library"

    def default(scopes: list[str], **more: Any) -> tuple[Found, None]:
        asked.append(scopes)
        return Found(), None

    monkeypatch.setattr("google.auth.default", default)
    client, transport = await of_the_cloud({"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]})
    await client.chat().user("Hello").execute()
    assert transport.requests[0].headers["authorization"] == "Bearer from-the-library"
    assert asked == [["all"]]


async def test_where_a_library_finds_nothing_all_ways_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(scopes: list[str], **more: Any) -> Any:
        raise DefaultCredentialsError

    monkeypatch.setattr("google.auth.default", nothing)
    client, _ = await of_the_cloud()
    with pytest.raises(MissingKeyError, match=r"set MINE_TOKEN, or install ai-lib-python\[google\] and log in"):
        await client.chat().user("Hello").execute()
