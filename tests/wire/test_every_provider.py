"""What goes to each provider is what its transcript says, and what comes back in its format is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python._manifest.folders import known_ids
from ai_lib_python._manifest.load import load
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.response import ChatResponse
from ai_lib_python.simulator import Simulator

from .conversations import KEY, SAYS, SCENARIOS, WEATHER, WHERE, WITH_TOOLS, Redirected, transcript, transcripts

CALLABLE = ("live", "beta")
OF_EVERY_REQUEST = {"content-type": "application/json", "accept": "application/json"}
OF_A_STREAM = {"accept": "text/event-stream, application/json"}


def test_every_live_provider_has_a_transcript() -> None:
    live = {id for id in known_ids() if load(id).status.state in CALLABLE}
    assert live <= set(transcripts()), f"without: {sorted(live - set(transcripts()))}"


async def client_of(written: dict[str, Any], transport: Redirected, id: str, **options: Any) -> AiClient:
    return await AiClient.create(
        f"{id}/{written['model']}",
        api_key=written.get("key", KEY),
        variables=written.get("variables"),
        base_url=written.get("base_url"),
        transport=transport,
        **options,
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("id", transcripts())
async def test_the_wire_is_as_written(simulator: Simulator, id: str, scenario: str) -> None:
    written = transcript(id)
    if scenario in WITH_TOOLS and "no_tools" in written:
        await assert_no_tools(simulator, written, id)
        return
    transport = Redirected(simulator, id)
    async with await client_of(written, transport, id, on_unsupported="ignore") as client:
        response = await SCENARIOS[scenario](client)
    assert_sent(written, scenario, transport.sent)
    assert {note.parameter: note.action for note in response.adjustments} == written[scenario].get("adjustments", {})
    assert_understood(response, scenario)


async def assert_no_tools(simulator: Simulator, written: dict[str, Any], id: str) -> None:
    """A provider without tools says so before anything is sent, to whoever wants to know."""
    transport = Redirected(simulator, id)
    async with await client_of(written, transport, id, on_unsupported="error") as client:
        with pytest.raises(UnsupportedError, match="tools was dropped"):
            await client.chat().user(WHERE).tools([WEATHER]).execute()
    assert not transport.sent


def assert_sent(written: dict[str, Any], scenario: str, sent: list[HttpRequest]) -> None:
    """The last request is the transcript's, word by word."""
    wanted = {**written, **written[scenario]}
    request = sent[wanted.get("request", -1)]
    assert request.url == wanted["url"]
    assert request.method == wanted.get("method", "POST")
    assert json.loads(request.body) == wanted["body"]
    beside = {**OF_EVERY_REQUEST, **(OF_A_STREAM if scenario == "stream" else {})}
    assert dict(request.headers) == {**beside, **wanted.get("headers", {})}


def assert_understood(response: ChatResponse, scenario: str) -> None:
    assert response.content == SAYS[scenario]
    assert response.unknown_events == 0
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == ([("weather", {"city": "example"})] if scenario == "tools" else [])
    assert response.finish_reason == ("tool_calls" if scenario == "tools" else "stop")


@pytest.mark.parametrize("id", transcripts())
async def test_a_call_has_its_stats(simulator: Simulator, id: str) -> None:
    written = transcript(id)
    async with await client_of(written, Redirected(simulator, id), id, on_unsupported="ignore") as client:
        response, stats = await client.chat().user("Hello").execute_with_stats()
    assert (stats.provider, stats.attempts) == (id, 1)
    if "no_usage" not in written:
        assert (stats.prompt_tokens, stats.completion_tokens) == (2, 4)
    assert stats.latency_ms > 0
    assert stats.finish_reason == response.finish_reason
