"""Where requests go and what authenticates them. Each test lays a few keys over the small wire of ``conftest.BASE``."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python.errors import (
    ConfigurationError,
    RetiredProviderError,
)

from .conftest import Preview, manifest_of


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
    client = await AiClient.create("toy/m", manifest=manifest_of(text))
    credential = await client._caller.target.credential()
    assert credential is not None
    assert (credential.scheme.scheme, credential.key) == ("bearer", "t")


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
