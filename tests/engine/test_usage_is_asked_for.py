"""The counts of a stream: on wires that give them only to who asks, they are asked for."""

from __future__ import annotations

import pytest

from ai_lib_python import AiClient

ASKS = {"stream_options": {"include_usage": True}}
"""How it is asked for where it must be: https://platform.openai.com/docs/api-reference/chat/create"""


async def test_a_stream_asks_for_its_counts() -> None:
    client = await AiClient.create("openai/gpt-4o")
    preview = client.chat().user("hi").preview(stream=True)
    assert {key: preview.body[key] for key in ASKS} == ASKS
    assert not ASKS.keys() & client.chat().user("hi").preview().body.keys()


@pytest.mark.parametrize("provider", ["deepseek", "groq", "xai"])
async def test_providers_that_took_over_the_wire_are_asked_too(provider: str) -> None:
    client = await AiClient.create(f"{provider}/m")
    assert client.chat().user("hi").preview(stream=True).body["stream_options"] == ASKS["stream_options"]
