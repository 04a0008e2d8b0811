"""The client without ``await``."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import time
from collections.abc import Iterator

import pytest

import ai_lib_python
from ai_lib_python import ChatResponse, Message, sync
from ai_lib_python.chat import ChatRequestBuilder as AsyncBuilder
from ai_lib_python.client import AiClient as AsyncClient
from ai_lib_python.client import AiClientBuilder as AsyncClientBuilder
from ai_lib_python.errors import (
    ConfigurationError,
    DeadlineExceeded,
    MissingKeyError,
    Overloaded,
    UnknownModelError,
)
from ai_lib_python.simulator import Answer, SimulatedError, Simulator
from ai_lib_python.sync import AiClient

SOON = 0.3
"""Seconds within which the server must see that its client has gone."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[AiClient]:
    with AiClient.create(
        "openai/gpt-4o", base_url=simulator.address("openai"), api_key="key-1", max_retries=0
    ) as client:
        yield client


def until_disconnected(simulator: Simulator) -> None:
    deadline = time.monotonic() + SOON
    while not simulator.requests[-1].disconnected:
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Plain answers


def test_an_answer(client: AiClient) -> None:
    response = client.chat().system("Be brief.").user("Hello, world!").execute()
    assert isinstance(response, ChatResponse)
    assert response.content == "You said: Hello, world!"


def test_an_answer_with_stats(client: AiClient) -> None:
    response, stats = client.chat().messages([Message.user("Hi")]).temperature(0.5).execute_with_stats()
    assert (response.content, stats.total_tokens, stats.model) == ("You said: Hi", 4, "gpt-4o")


def test_a_preview_needs_no_server() -> None:
    preview = AiClient.create("openai/gpt-4o").chat().user("Hi").preview(stream=True)
    assert preview.body["stream"] is True


def test_errors_are_raised_where_the_call_is_made(client: AiClient, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded"))
    with pytest.raises(Overloaded):
        client.chat().user("Hi").execute()


def test_a_deadline(client: AiClient, simulator: Simulator) -> None:
    simulator.script(Answer("late", delay=30))
    with pytest.raises(DeadlineExceeded):
        client.chat().user("Hi").timeout(0.1).execute()


def test_wrong_values_are_refused_where_they_are_given(client: AiClient) -> None:
    with pytest.raises(ValueError, match=r"temperature must be between 0 and 2, got 3\.5"):
        client.chat().temperature(3.5)


# Streams


def test_a_stream(client: AiClient) -> None:
    stream = client.chat().user("Hello, world!").stream()
    texts = [event.as_content_delta.text for event in stream if event.is_content_delta]
    assert texts == ["You", " said:", " Hello,", " world!"]
    assert stream.response.content == "You said: Hello, world!"
    assert (stream.stats.finish_reason, stream.stats.interrupted) == ("stop", False)


def test_a_stream_that_is_sent_at_once(client: AiClient, simulator: Simulator) -> None:
    stream = client.chat().user("Hi").stream().execute_stream()
    assert len(simulator.requests) == 1
    assert list(stream)[-1].is_stream_end


def test_nothing_is_sent_before_it_is_read(client: AiClient, simulator: Simulator) -> None:
    stream = client.chat().user("Hi").stream()
    assert simulator.requests == []
    with pytest.raises(RuntimeError, match="has not begun"):
        _ = stream.response


def test_event_by_event(client: AiClient) -> None:
    stream = client.chat().user("Hi").stream()
    kinds = []
    while True:
        try:
            kinds.append(type(next(stream)).__name__)
        except StopIteration:
            break
    assert kinds.count("ContentDelta") == 3
    assert kinds[-1] == "StreamEnd"


def test_a_loop_goes_on_where_next_has_stopped(client: AiClient) -> None:
    stream = client.chat().user("one two").stream()
    first = next(stream)
    rest = list(stream)
    assert rest[-1].is_stream_end
    assert first not in rest
    assert stream.response.content == "You said: one two"


def test_only_the_text(client: AiClient) -> None:
    assert list(client.chat().user("Hi").stream_text()) == ["You", " said:", " Hi"]


def test_the_text_of_a_stream(client: AiClient) -> None:
    with client.chat().user("Hi").stream() as stream:
        assert "".join(stream.text()) == "You said: Hi"


def test_a_stream_is_read_once(client: AiClient) -> None:
    stream = client.chat().user("Hi").stream()
    list(stream)
    with pytest.raises(RuntimeError, match="read already"):
        list(stream)


def test_leaving_a_loop_closes_the_connection(client: AiClient, simulator: Simulator) -> None:
    simulator.script(Answer("one two three", pace=0.5))
    stream = client.chat().user("Hi").stream()
    for event in stream:
        if event.is_content_delta:
            break
    until_disconnected(simulator)
    assert stream.stats.interrupted
    assert stream.response.content == "one"


def test_leaving_a_loop_over_the_text_closes_the_connection(client: AiClient, simulator: Simulator) -> None:
    simulator.script(Answer("one two three", pace=0.5))
    for _ in client.chat().user("Hi").stream_text():
        break
    until_disconnected(simulator)


def test_an_exception_in_a_loop_closes_the_connection(client: AiClient, simulator: Simulator) -> None:
    simulator.script(Answer("one two three", pace=30))

    def read() -> None:
        for _ in client.chat().user("Hi").stream():
            raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        read()
    until_disconnected(simulator)


def test_leaving_the_with_closes_the_connection(client: AiClient, simulator: Simulator) -> None:
    simulator.script(Answer("one two three", pace=30))
    with client.chat().user("Hi").stream() as stream:
        next(stream)
    until_disconnected(simulator)


def test_a_forgotten_stream_closes_when_it_is_collected(client: AiClient, simulator: Simulator) -> None:
    simulator.script(Answer("one two three", pace=30))
    circle: list[object] = []
    steps = iter(client.chat().user("Hi").stream())
    next(steps)
    circle.extend([circle, steps])
    del steps, circle
    gc.collect()
    until_disconnected(simulator)


def test_an_error_in_mid_stream_comes_after_the_events_before_it(client: AiClient, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", after_frames=3))
    texts: list[str] = []
    with pytest.raises(Overloaded) as caught:
        texts.extend(client.chat().user("Hi").stream_text())
    assert caught.value.partial.content == "You said:"


# Clients


def test_the_builder(simulator: Simulator) -> None:
    made = AiClient.builder().model("openai/m").api_key("key-1").base_url(simulator.address("openai")).timeout(5)
    assert isinstance(made, sync.AiClientBuilder)
    with made.build() as client:
        assert (client.provider, client.model, client.timeout) == ("openai", "m", 5)
        assert client.base_url == simulator.address("openai")
        assert client.chat().user("Hi").execute().content == "You said: Hi"


def test_a_builder_needs_a_model() -> None:
    with pytest.raises(ConfigurationError, match="the builder needs a model"):
        AiClient.builder().build()


def test_creating_fails_as_it_does_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownModelError):
        AiClient.create("nobody-knows/it")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        AiClient.create("openai/gpt-4o").chat().user("Hi").execute()


def test_the_simulator_needs_no_key() -> None:
    with AiClient.create("simulator/gemini-generate") as client:
        assert client.chat().user("Hi").execute().content == "You said: Hi"


def test_a_closed_client_opens_again(client: AiClient) -> None:
    for _ in range(2):
        assert client.chat().user("Hi").execute().content == "You said: Hi"
        client.close()


def test_reprs(client: AiClient) -> None:
    assert repr(client) == "sync.AiClient(openai/gpt-4o)"
    assert repr(client.chat().user("Hi")) == "<ChatRequestBuilder gpt-4o: 1 messages; no parameters>"


# Loops and threads


async def test_it_works_inside_a_running_loop(client: AiClient) -> None:
    assert client.chat().user("Hi").execute().content == "You said: Hi"
    assert list(client.chat().user("Hi").stream_text()) == ["You", " said:", " Hi"]


def test_it_works_from_many_threads(client: AiClient) -> None:
    answers: list[str] = []

    def ask(text: str) -> None:
        answers.append("".join(client.chat().user(text).stream_text()))

    threads = [threading.Thread(target=ask, args=(text,)) for text in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [f"You said: {text}" for text in "abcdefgh"]


def test_one_thread_serves_the_process(client: AiClient) -> None:
    client.chat().user("Hi").execute()
    assert [thread.name for thread in threading.enumerate()].count("ai-lib sync") == 1


def test_it_may_not_wait_for_itself(client: AiClient) -> None:
    async def within() -> None:
        client.chat().user("Hi").execute()

    with pytest.raises(RuntimeError, match="cannot be made from within the ai-lib sync thread"):
        sync._LOOP.run(within())


# The same API


@pytest.mark.parametrize(
    ("ours", "theirs", "renamed"),
    [
        (sync.AiClient, AsyncClient, {"aclose": "close"}),
        (sync.AiClientBuilder, AsyncClientBuilder, {}),
        (sync.ChatRequestBuilder, AsyncBuilder, {}),
        (sync.ChatStream, ai_lib_python.ChatStream, {"aclose": "close"}),
    ],
)
def test_it_has_the_same_methods_with_the_same_arguments(ours: type, theirs: type, renamed: dict[str, str]) -> None:
    def public(kind: type) -> dict[str, list[str]]:
        methods = inspect.getmembers(kind, lambda value: inspect.isroutine(value))
        return {name: list(inspect.signature(value).parameters) for name, value in methods if name[0] != "_"}

    assert public(ours) == {renamed.get(name, name): given for name, given in public(theirs).items()}


def test_both_faces_send_the_same_bytes(client: AiClient, simulator: Simulator) -> None:
    client.chat().user("Hi").temperature(0.5).execute()

    async def ask() -> None:
        made = AsyncClient.create("openai/gpt-4o", base_url=simulator.address("openai"), api_key="key-1")
        async with await made as other:
            await other.chat().user("Hi").temperature(0.5).execute()

    asyncio.run(ask())
    first, second = simulator.requests
    assert first.raw == second.raw


# Tools


def weather(city: str) -> str:
    """The weather of a city."""
    assert threading.current_thread() is not threading.main_thread()
    return f"rain in {city}"


def test_functions_are_called_round_by_round(client: AiClient) -> None:
    response = client.chat().user("Is it raining?").tools([weather]).run_tools()
    assert [outcome.value for outcome in response.rounds[0].outcomes] == ["rain in example"]
    assert "rain in example" in response.content


def test_rounds_are_streamed(client: AiClient) -> None:
    stream = client.chat().user("Is it raining?").tools([weather]).stream_tools()
    assert [event.as_tool_answered.outcome.value for event in stream if event.is_tool_answered] == ["rain in example"]
    assert len(stream.response.rounds) == 2
