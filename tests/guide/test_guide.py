"""The guide's examples, as they stand, on five providers over real HTTP."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python import AiClient, Message, StreamingEvent
from ai_lib_python.events import ContentDelta, Metadata, StreamEnd
from ai_lib_python.response import CallStats, ChatResponse, Usage
from ai_lib_python.simulator import Simulator

from . import snippets
from .running import RESULT, run
from .transcripts import ACCEPT, ACCEPT_STREAM, COMMON_HEADERS, KEY, PROVIDERS, Provider

GUIDE = Path(__file__).parents[3] / "shared" / "guide" / "chat-completions.es.md"

# One of the guide's models has been retired since; the client says so, and asks it all the same.
pytestmark = pytest.mark.filterwarnings("ignore::ai_lib_python.warnings.SunsetWarning")

STORY = ["You", " said:", " Tell", " me", " a", " story"]


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.model)
def provider(request: pytest.FixtureRequest) -> Provider:
    given: Provider = request.param
    return given


@pytest.fixture
async def simulator(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> AsyncIterator[Simulator]:
    """Stands at the provider's address; its key and address are in the environment, and nothing else is."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL", "_API_BASE", "_API_URL", "_AUTH_TOKEN")) or "proxy" in name.lower():
            monkeypatch.delenv(name)
    async with Simulator() as simulator:
        monkeypatch.setenv(provider.address_variable, simulator.url)
        monkeypatch.setenv(provider.key_variable, KEY)
        yield simulator


@pytest.fixture
async def client(simulator: Simulator, provider: Provider) -> AsyncIterator[AiClient]:
    async with await AiClient.create(provider.model) as client:
        yield client


def assert_sent(simulator: Simulator, provider: Provider, body: dict[str, Any], *, stream: bool = False) -> None:
    """The one request that the server saw is this one, in every byte that matters."""
    (request,) = simulator.requests
    assert request.method == "POST"
    assert request.path == (provider.stream_path if stream else provider.path)
    assert request.query == (provider.stream_query if stream else {})
    headers = dict(request.headers)
    assert headers.pop("host") == simulator.url.removeprefix("http://")
    assert headers.pop("content-length") == str(len(request.raw))
    assert headers.pop("accept-encoding").startswith("gzip, deflate")
    accept = ACCEPT_STREAM if stream else ACCEPT
    assert headers == {**COMMON_HEADERS, "accept": accept, **provider.headers}
    assert request.body == body


def assert_answer(response: ChatResponse, provider: Provider, text: str, usage: tuple[int, int]) -> None:
    assert response.content == text
    assert response.finish_reason == "stop"
    assert response.provider == {"google": "gemini"}.get(provider.model.split("/")[0], provider.model.split("/")[0])
    assert response.id == "sim-1"
    assert (response.tool_calls, response.reasoning, response.refusal) == ((), None, None)
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == usage
    assert (response.usage.cache_read, response.usage.reasoning or 0) == (0, 0)


def assert_stats(stats: CallStats, provider: Provider, usage: tuple[int, int], *, stream: bool = False) -> None:
    model = provider.model.partition("/")[2]
    assert (stats.model, stats.finish_reason, stats.request_id) == (model, "stop", provider.request_id)
    assert (stats.prompt_tokens, stats.completion_tokens, stats.total_tokens) == (*usage, sum(usage))
    assert (stats.reasoning_tokens or 0, stats.cached_tokens) == (0, 0)
    assert (stats.attempts, stats.interrupted) == (1, False)
    assert 0 < stats.latency_ms < 10_000
    if stream:
        assert stats.time_to_first_token_ms is not None
        assert 0 < stats.time_to_first_token_ms <= stats.latency_ms
    else:
        assert stats.time_to_first_token_ms is None


def assert_events(events: list[StreamingEvent], usage: Usage) -> None:
    """The pieces of the text and then the end; what is told about the answer stands between them."""
    said = [event for event in events if not event.is_metadata]
    assert said == [*map(ContentDelta, STORY), StreamEnd("stop")]
    told = [event for event in events if isinstance(event, Metadata)]
    assert {event.id for event in told} == {"sim-1", None}
    assert told[-1].usage == usage
    assert events[-1] == StreamEnd("stop")


# The examples as they stand


@pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not beside this checkout")
def test_the_examples_are_the_guides() -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert tuple(blocks) == snippets.SNIPPETS


async def test_the_first_example(simulator: Simulator, provider: Provider, capsys: pytest.CaptureFixture[str]) -> None:
    snippet = snippets.BASIC.replace(snippets.GUIDE_MODEL, provider.model)
    names = await run(snippet, {"AiClient": AiClient})
    await names["client"].aclose()
    assert capsys.readouterr().out == "You said: Hello, world!\n"
    assert_sent(simulator, provider, provider.basic)
    assert_answer(names["response"], provider, "You said: Hello, world!", (4, 6))


async def test_a_system_message(simulator: Simulator, client: AiClient, provider: Provider) -> None:
    names = await run(snippets.SYSTEM, {"client": client})
    assert_sent(simulator, provider, provider.system)
    assert_answer(names[RESULT], provider, "You said: Explain closures", (13, 7))


async def test_several_turns(simulator: Simulator, client: AiClient, provider: Provider) -> None:
    names = await run(snippets.TURNS, {"client": client})
    assert names["Message"] is Message
    assert_sent(simulator, provider, provider.turns)
    assert_answer(names[RESULT], provider, "You said: Can you show an example?", (26, 9))


async def test_streaming(
    simulator: Simulator, client: AiClient, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    names = await run(snippets.STREAM, {"client": client})
    assert capsys.readouterr().out == "".join(STORY)
    assert names["event"] == StreamEnd("stop")
    assert_sent(simulator, provider, provider.stream, stream=True)


async def test_statistics(
    simulator: Simulator, client: AiClient, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    names = await run(snippets.STATS, {"client": client})
    assert re.fullmatch(r"Tokens: 6\nLatency: \d+\.\d+ms\n", capsys.readouterr().out)
    assert_sent(simulator, provider, provider.stats)
    assert_answer(names["response"], provider, "You said: Hello", (2, 4))
    assert_stats(names["stats"], provider, (2, 4))


# What the guide says besides


async def test_the_parameters(simulator: Simulator, client: AiClient, provider: Provider) -> None:
    request = client.chat().user("Write a poem").temperature(0.9).max_tokens(200).top_p(0.95).stop(["END", "\n\n"])
    response = await request.execute()
    assert_sent(simulator, provider, provider.parameters)
    assert_answer(response, provider, "You said: Write a poem", (3, 6))
    assert {adjustment.action for adjustment in response.adjustments} <= {"renamed"}


async def test_the_events_of_a_stream(simulator: Simulator, client: AiClient, provider: Provider) -> None:
    stream = client.chat().user("Tell me a story").stream()
    events = [event async for event in stream]
    assert_events(events, stream.response.usage)
    assert_answer(stream.response, provider, "You said: Tell me a story", (4, 7))
    assert_stats(stream.stats, provider, (4, 7), stream=True)
    assert_sent(simulator, provider, provider.stream, stream=True)


@pytest.mark.parametrize("awaited", [False, True])
async def test_the_longer_form_of_a_stream(
    simulator: Simulator, client: AiClient, provider: Provider, awaited: bool
) -> None:
    stream = client.chat().user("Tell me a story").stream().execute_stream()
    if awaited:
        stream = await stream
        assert len(simulator.requests) == 1
    events = [event async for event in stream]
    assert_events(events, stream.response.usage)
    assert_stats(stream.stats, provider, (4, 7), stream=True)
    assert_sent(simulator, provider, provider.stream, stream=True)


async def test_a_stream_sums_up_to_the_plain_answer(client: AiClient) -> None:
    request = client.chat().user("Tell me a story")
    plain = await request.execute()
    stream = request.stream()
    async for _ in stream:
        pass
    assert (stream.response.parts, stream.response.usage) == (plain.parts, plain.usage)
    assert stream.response.finish_reason == plain.finish_reason


async def test_the_examples_run_one_after_the_other_in_one_place(
    simulator: Simulator, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"AiClient": AiClient}
    for snippet in snippets.SNIPPETS:
        await run(snippet.replace(snippets.GUIDE_MODEL, provider.model), names)
    await names["client"].aclose()
    bodies = [request.body for request in simulator.requests]
    assert bodies == [provider.basic, provider.system, provider.turns, provider.stream, provider.stats]
    assert capsys.readouterr().out.startswith("You said: Hello, world!\nYou said: Tell me a storyTokens: 6\n")
