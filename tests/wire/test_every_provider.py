"""What goes to each provider is what its transcript says, and what comes back in its format is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_lib_python import AiClient, Message
from ai_lib_python._manifest.folders import known_ids
from ai_lib_python._manifest.load import load
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.response import ChatResponse
from ai_lib_python.simulator import Simulator

from .conversations import (
    RESULT,
    SAYS,
    SCENARIOS,
    SCENARIOS_WITHOUT_SYSTEM,
    WEATHER,
    WHERE,
    WITH_TOOLS,
    Redirected,
    options_of,
    transcript,
    transcripts,
)

OF_EVERY_REQUEST = {"content-type": "application/json", "accept": "application/json"}
OF_A_STREAM = {"accept": "text/event-stream, application/json"}


def test_every_provider_that_can_chat_has_a_transcript() -> None:
    chats = {id for id in known_ids() if load(id).status.state != "no_chat"}
    assert chats <= set(transcripts()), f"without: {sorted(chats - set(transcripts()))}"


async def client_of(written: dict[str, Any], transport: Redirected, id: str, **options: Any) -> AiClient:
    return await AiClient.create(f"{id}/{written['model']}", transport=transport, **options_of(written), **options)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("id", transcripts())
async def test_the_wire_is_as_written(simulator: Simulator, id: str, scenario: str) -> None:
    written = transcript(id)
    if scenario in WITH_TOOLS and "no_tools" in written:
        await assert_no_tools(simulator, written, id)
        return
    transport = Redirected(simulator, id)
    async with await client_of(written, transport, id, on_unsupported="ignore") as client:
        ask = SCENARIOS_WITHOUT_SYSTEM if "no_system" in written else SCENARIOS
        response = await ask[scenario](client)
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
    same = {name: value for name, value in request.headers.items() if name not in wanted.get("varying", ())}
    assert same.keys() | set(wanted.get("varying", ())) == request.headers.keys()
    assert same == {**beside, **wanted.get("headers", {})}


def assert_understood(response: ChatResponse, scenario: str) -> None:
    assert response.content == SAYS[scenario]
    assert response.unknown_events == 0
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == ([("weather", {"city": "example"})] if scenario == "tools" else [])
    assert response.finish_reason == ("tool_calls" if scenario == "tools" else "stop")


@pytest.mark.parametrize("id", transcripts())
async def test_a_stream_tells_what_the_whole_answer_tells(simulator: Simulator, id: str) -> None:
    written = transcript(id)
    async with await client_of(written, Redirected(simulator, id), id, on_unsupported="ignore") as client:
        whole = await client.chat().user("Hello, world!").execute()
        stream = client.chat().user("Hello, world!").stream()
        texts = [event.as_content_delta.text async for event in stream if event.is_content_delta]
    assert "".join(texts) == stream.response.content == whole.content
    assert len(texts) > 1
    assert stream.response.finish_reason == whole.finish_reason
    if "no_usage" not in written["stream"]:
        assert stream.response.usage == whole.usage


@pytest.mark.parametrize("id", [id for id in transcripts() if "no_tools" not in transcript(id)])
async def test_a_tool_is_called_in_a_stream_and_its_result_goes_back(simulator: Simulator, id: str) -> None:
    written = transcript(id)
    async with await client_of(written, Redirected(simulator, id), id, on_unsupported="ignore") as client:
        asked = client.chat().user(WHERE).tools([WEATHER]).reasoning("low").stream()
        async for _ in asked:
            pass
        (call,) = asked.response.tool_calls
        assert (call.name, call.arguments) == ("weather", {"city": "example"})
        assert asked.response.finish_reason == "tool_calls"
        history = [Message.user(WHERE), asked.response.to_message(), Message.tool(call.id, RESULT)]
        told = client.chat().messages(history).tools([WEATHER]).reasoning("low").stream()
        texts = [event.as_content_delta.text async for event in told if event.is_content_delta]
    assert "".join(texts) == SAYS["result"]


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
