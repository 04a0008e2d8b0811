"""Base URLs and model strings, however they are written."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python._wire.urls import join, shown
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
