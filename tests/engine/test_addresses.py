"""Base URLs and model strings, however they are written."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient, AiLibError
from ai_lib_python._wire.urls import join, shown, wire_url
from ai_lib_python.errors import ConfigurationError, UnknownModelError

from .scripted import KEY

OPENAI = ("https://api.openai.com/v1", "/chat/completions")
ANTHROPIC = ("https://api.anthropic.com", "/v1/messages")
GEMINI = ("https://generativelanguage.googleapis.com/v1beta", "/models/m:generateContent")

TABLE = [
    (*OPENAI, "https://h", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/v1", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/v1/", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h//v1//", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/v1/chat", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/v1/chat/completions", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/v1/chat/completions/", "https://h/v1/chat/completions"),
    (*OPENAI, "https://h/gateway/openai/v1", "https://h/gateway/openai/v1/chat/completions"),
    (*OPENAI, "https://h/v2", "https://h/v2/chat/completions"),
    (*OPENAI, "https://h:8443/v1?api-version=2", "https://h:8443/v1/chat/completions?api-version=2"),
    (*OPENAI, "https://h?tenant=a", "https://h/v1/chat/completions?tenant=a"),
    (*OPENAI, "http://localhost:8000", "http://localhost:8000/v1/chat/completions"),
    (*OPENAI, "http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
    (*ANTHROPIC, "https://h", "https://h/v1/messages"),
    (*ANTHROPIC, "https://h/v1", "https://h/v1/messages"),
    (*ANTHROPIC, "https://h/v1/messages", "https://h/v1/messages"),
    (*ANTHROPIC, "https://h/anthropic", "https://h/anthropic/v1/messages"),
    (*GEMINI, "https://h", "https://h/v1beta/models/m:generateContent"),
    (*GEMINI, "https://h/v1", "https://h/v1/models/m:generateContent"),
    (*GEMINI, "https://h/v1beta/models/m:generateContent", "https://h/v1beta/models/m:generateContent"),
]


@pytest.mark.parametrize(("own", "path", "base", "expected"), TABLE, ids=[f"{row[2]} + {row[1]}" for row in TABLE])
def test_base_and_path_join(own: str, path: str, base: str, expected: str) -> None:
    assert join(base, own, path, {}) == expected


def test_queries_join() -> None:
    assert join("https://h/v1?a=1", None, "/x", {"b": "2 &"}) == "https://h/v1/x?a=1&b=2%20%26"


@pytest.mark.parametrize("own", [None, "https://api.mine.example"])
def test_a_provider_without_a_prefix_gets_none(own: str | None) -> None:
    assert join("https://h", own, "/chat", {}) == "https://h/chat"


def test_people_see_neither_query_nor_password() -> None:
    assert shown(f"https://u:{KEY}@h:1/v1/x?key={KEY}#{KEY}") == "https://h:1/v1/x"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://API.Mine.Example/V1", "https://api.mine.example/V1"),
        ("HTTPS://h/x", "https://h/x"),
        ("https://h:443/x", "https://h/x"),
        ("http://h:80", "http://h/"),
        ("http://h:443/x", "http://h:443/x"),
        ("https://bücher.example/ü?ä=ö#part", "https://xn--bcher-kva.example/%C3%BC?%C3%A4=%C3%B6"),
        ("https://h/a b%20c%", "https://h/a%20b%20c%25"),
        ("https://h/x?a=1+2 3", "https://h/x?a=1+2%203"),
        ("https://u:w@h:443/x", "https://u:w@h/x"),
        ("https://[::1]:443/x", "https://[::1]/x"),
    ],
)
def test_an_address_is_written_one_way(url: str, sent: str) -> None:
    assert wire_url(url) == sent
    assert wire_url(sent) == sent


NO_ADDRESSES = [
    "https://",
    "ftp://h/x",
    "https://h:0/",
    "https://h:99999/",
    "https://[::1/",
    "https://evil.example\\.mine.example/",
    "https://a..example/",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 127}example/",
    "https://h\u00ad\u200b.\u0378/",
    "https://x\uff0fy.example/",
    "https://h h/",
]


@pytest.mark.parametrize("url", NO_ADDRESSES)
async def test_what_is_no_address_is_a_mistake_of_the_configuration(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire_url(url)
    with pytest.raises(ConfigurationError, match="base_url must look like"):
        await AiClient.create("openai/m", api_key=KEY, base_url=url)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(ConfigurationError, match="base_url must look like"):
        await AiClient.create("openai/m", api_key=KEY)


@pytest.mark.parametrize("url", ["https://a..example/", "https://h:99999", "https://[::1", "http://"])
async def test_what_is_no_address_of_a_list_is_a_mistake_of_the_configuration(url: str) -> None:
    listing = {"path": "/models", "base_url": url}
    manifest = {"id": "mine", "extends": "openai-chat", "endpoint": {"base_url": "https://h"}, "list_models": listing}
    client = await AiClient.create("mine/m", api_key=KEY, manifest=manifest)
    with pytest.raises(ConfigurationError, match="base_url must look like"):
        await client.list_models()


async def test_a_model_that_no_encoding_can_write_is_told() -> None:
    for model in ("gemini/\ud800", "openai/\ud800"):
        with pytest.raises(AiLibError):
            await url_of(model)


async def url_of(model: str, **options: Any) -> str:
    client = await AiClient.create(model, api_key=KEY, **options)
    return client.chat().user("hi").preview().url


async def test_a_model_in_the_path_is_quoted() -> None:
    assert (await url_of("gemini/a b?c#d%")).endswith("/models/a%20b%3Fc%23d%25:generateContent")


async def test_a_model_in_the_path_cannot_climb_out_of_it() -> None:
    with pytest.raises(ConfigurationError, match=r"\.\."):
        await url_of("gemini/../../v1/files")


# Model strings


async def test_provider_and_model_part_at_the_first_slash() -> None:
    client = await AiClient.create("openrouter/google/gemini-x/free", api_key=KEY)
    assert (client.provider, client.model) == ("openrouter", "google/gemini-x/free")
    assert client.chat().user("hi").preview().body["model"] == "google/gemini-x/free"


async def failure(model: Any, **options: Any) -> str:
    with pytest.raises((UnknownModelError, TypeError)) as caught:
        await AiClient.create(model, api_key=KEY, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "model", ["gpt-4o", "", " ", "openai/", "openai", "/x", "/", "//", "nosuch/x", "Nosuch/x", "../x/y"]
)
async def test_a_model_string_that_names_nothing_lists_the_providers(model: str) -> None:
    text = await failure(model)
    assert "anthropic, " in text
    assert "openai" in text


@pytest.mark.parametrize(
    ("model", "meant"),
    [
        ("gpt-4o", '"openai/gpt-4o"'),
        ("openai", '"openai/'),
        ("openai/", '"openai/'),
        ("antropic/x", '"anthropic"'),
        ("opnai/gpt-4o", '"openai"'),
        ("claude-sonnet-4-6", '"anthropic/claude-sonnet-4-6"'),
    ],
)
async def test_the_nearest_is_suggested(model: str, meant: str) -> None:
    assert meant in await failure(model)


@pytest.mark.parametrize("model", [None, 5, b"openai/gpt-4o", ["openai/gpt-4o"]])
async def test_a_model_that_is_no_text_is_a_type_error(model: Any) -> None:
    assert "'provider/model'" in await failure(model)


async def test_the_builder_needs_a_model() -> None:
    with pytest.raises(ConfigurationError, match=r"\.model\("):
        await AiClient.builder().api_key(KEY).build()


async def test_an_unknown_model_of_a_known_provider_works() -> None:
    client = await AiClient.create("openai/gpt-99-unheard-of", api_key=KEY)
    assert client.chat().user("hi").preview().body["model"] == "gpt-99-unheard-of"


async def test_a_value_for_a_placeholder_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"no placeholder 'regoin'; it has region; did you mean"):
        await AiClient.create("bedrock/m", api_key="k", variables={"regoin": "eu-west-1"})
    with pytest.raises(ConfigurationError, match="no placeholder 'region'; it has none"):
        await AiClient.create("openai/m", api_key="k", variables={"region": "eu-west-1"})
