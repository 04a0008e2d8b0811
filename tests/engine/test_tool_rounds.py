"""Rounds of tools: functions are called with what the model asks for, and it is told what they gave."""

from __future__ import annotations

import asyncio
import functools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

from ai_lib_python import AiClient, ContentBlock, Retries, ToolDefinition, tool
from ai_lib_python._manifest.folders import bundled_dialects
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.errors import ConnectionFailed, RateLimited, ToolRoundsExceeded, UnsupportedError
from ai_lib_python.events import ContentDelta, StreamEnd, ToolAnswered, ToolCallEnded
from ai_lib_python.response import ToolOutcome
from ai_lib_python.simulator import Simulator

from .scripted import KEY, Answer, Script, sse


def asks(*calls: tuple[str, Any], text: str | None = None) -> Answer:
    """An answer that calls functions; arguments that are a text go as they are."""
    made = [
        {
            "id": f"call-{index}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for index, (name, given) in enumerate(calls)
    ]
    usage = {"prompt_tokens": 2, "completion_tokens": 1}
    message = {"role": "assistant", "content": text, "tool_calls": made}
    return Answer({"id": "1", "choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage})


def says(text: str) -> Answer:
    message = {"role": "assistant", "content": text}
    return Answer(
        {"id": "2", "choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
    )


async def chat(*answers: Any) -> tuple[ChatRequestBuilder, Script]:
    script = Script(*answers)
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
    return client.chat().user("Is it raining in Oslo?"), script


def told(script: Script) -> list[dict[str, Any]]:
    """The messages of the last request, after the first question."""
    return json.loads(script.requests[-1].body)["messages"][1:]


def chunk(delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return {"id": "3", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


CALL = {"index": 0, "id": "call-1", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
STREAMED_CALL = sse(chunk({"tool_calls": [CALL]}, None), chunk({}, "tool_calls"), "[DONE]")
STREAMED_TEXT = sse(chunk({"content": "Yes."}, None), chunk({}, "stop"), "[DONE]")


async def outcome_of(function: Any, arguments: Any, **limits: Any) -> ToolOutcome:
    """What becomes of one call."""
    request, _ = await chat(asks((function.__name__, arguments)), says("Done."))
    response = await request.tools([function]).run_tools(**limits)
    (outcome,) = response.rounds[0].outcomes
    return outcome


def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


# The usual way


async def test_a_function_is_called_and_the_model_is_told() -> None:
    request, script = await chat(asks(("weather", {"city": "Oslo"}), text="I look."), says("It is."))
    response = await request.tools([weather]).run_tools()
    assert response.content == "It is."
    call = {"id": "call-0", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    assert told(script) == [
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call-0", "content": "rain in Oslo"},
    ]


async def test_every_round_is_in_the_response() -> None:
    request, _ = await chat(asks(("weather", {"city": "Oslo"})), asks(("weather", {"city": "Rome"})), says("Yes."))
    response = await request.tools([weather]).run_tools()
    assert [[each.value for each in round.outcomes] for round in response.rounds] == [
        ["rain in Oslo"],
        ["rain in Rome"],
        [],
    ]
    assert [round.stats.total_tokens for round in response.rounds] == [3, 3, 9]
    assert response.rounds[-1].response.content == response.content
    roles = [message.role.value for message in response.to_messages()]
    assert roles == ["assistant", "tool", "assistant", "tool", "assistant"]


async def test_the_messages_of_all_rounds_go_on_in_another_call() -> None:
    request, script = await chat(asks(("weather", {"city": "Oslo"})), says("It is."), says("Take a coat."))
    first = await request.tools([weather]).run_tools()
    await request.messages(first.to_messages()).user("And now?").execute()
    assert [message["role"] for message in told(script)] == ["assistant", "tool", "assistant", "user"]


async def test_an_answer_without_calls_is_one_round() -> None:
    request, script = await chat(says("No idea."))
    response = await request.tools([weather]).run_tools()
    assert (len(response.rounds), len(script.requests)) == (1, 1)
    assert response.to_messages() == [response.to_message()]


async def test_a_builder_can_run_twice_and_sends_the_same_first() -> None:
    request, script = await chat(says("No idea."))
    request.tools([weather])
    await request.run_tools()
    await request.run_tools()
    assert script.requests[0].body == script.requests[1].body


async def test_calls_of_one_answer_run_side_by_side_and_results_keep_their_order() -> None:
    here = threading.Barrier(2, timeout=5)

    def slow(city: str) -> str:
        here.wait()
        time.sleep(0.05 if city == "Oslo" else 0)
        return city

    request, script = await chat(asks(("slow", {"city": "Oslo"}), ("slow", {"city": "Rome"})), says("Both."))
    await request.tools([slow]).run_tools()
    assert [message["content"] for message in told(script)[1:]] == ["Oslo", "Rome"]


async def test_a_choice_that_forces_a_tool_is_for_the_first_round() -> None:
    request, script = await chat(asks(("weather", {"city": "Oslo"})), says("It is."))
    await request.tools([weather]).tool_choice("required").run_tools()
    assert [json.loads(sent.body)["tool_choice"] for sent in script.requests] == ["required", "auto"]


# Functions of every kind


async def test_coroutine_functions_run_in_this_loop() -> None:
    async def here(city: str) -> bool:
        return asyncio.get_running_loop() is loop and threading.current_thread() is thread

    loop, thread = asyncio.get_running_loop(), threading.current_thread()
    assert (await outcome_of(here, {"city": "Oslo"})).value is True


async def test_other_functions_do_not_block_the_loop() -> None:
    def elsewhere(city: str) -> bool:
        return threading.current_thread() is not thread

    thread = threading.current_thread()
    assert (await outcome_of(elsewhere, {"city": "Oslo"})).value is True


async def test_partials_and_objects_with_coroutines_are_awaited() -> None:
    class Shop:
        async def __call__(self, item: str) -> str:
            return item

    async def fetch(key: str, path: str) -> str:
        return key + path

    shop, fetched = tool(Shop(), name="shop"), tool(functools.partial(fetch, key="k"), name="fetch")
    request, script = await chat(asks(("shop", {"item": "bread"}), ("fetch", {"path": "/p"})), says("Yes."))
    await request.tools([shop, fetched]).run_tools()
    assert [message["content"] for message in told(script)[1:]] == ["bread", "k/p"]


class Forecast(pydantic.BaseModel):
    rain: bool


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (None, "null"),
        ({"rain": True}, '{"rain":true}'),
        ([1, 2], "[1,2]"),
        (Forecast(rain=False), '{"rain":false}'),
        ([], "[]"),
    ],
)
async def test_what_a_function_gives_is_told_as_text_or_json(value: Any, text: str) -> None:
    def gives() -> Any:
        return value

    outcome = await outcome_of(gives, {})
    assert (outcome.value, outcome.result.text, outcome.result.is_error) == (value, text, False)


async def test_a_picture_that_a_function_gives_stays_one_and_a_wire_that_takes_none_says_so() -> None:
    parts = [ContentBlock.text("a tree"), ContentBlock.image_url("https://example.com/tree.png")]

    def draws() -> Any:
        return parts

    with pytest.raises(UnsupportedError, match="image_url") as caught:
        await outcome_of(draws, {})
    assert caught.value.partial.rounds[0].outcomes[0].result.parts == tuple(parts)


async def test_texts_and_parts_in_one_list_stay_what_they_are() -> None:
    def gives() -> list[Any]:
        return ["a tree", ContentBlock.text(" and a house")]

    outcome = await outcome_of(gives, {})
    assert (outcome.result.text, outcome.result.is_error) == ("a tree and a house", False)


# What goes wrong


@pytest.mark.parametrize("gives", [lambda: "a\udcff", lambda: ["a\udcff"], lambda: [ContentBlock.text("a\udcff")]])
async def test_half_of_a_character_is_told_and_ends_nothing(gives: Callable[[], Any]) -> None:
    """Names of files may hold one, and no request can."""

    def lists() -> Any:
        return gives()

    outcome = await outcome_of(lists, {})
    assert outcome.result.is_error
    assert "surrogates not allowed" in outcome.result.text


async def test_half_of_a_character_in_what_a_function_raises_ends_nothing() -> None:
    def fails() -> None:
        raise LookupError("no file a\udcff")

    assert (await outcome_of(fails, {})).result.text == "LookupError: no file a\\udcff"


async def test_what_a_function_raises_is_told_to_the_model_and_kept() -> None:
    def fails(city: str) -> str:
        raise LookupError(f"no such city: {city}")

    outcome = await outcome_of(fails, {"city": "Ys"})
    assert (outcome.result.is_error, outcome.result.text) == (True, "LookupError: no such city: Ys")
    assert isinstance(outcome.error, LookupError)


async def test_what_has_no_form_in_json_is_told() -> None:
    def gives() -> object:
        return object()

    outcome = await outcome_of(gives, {})
    assert (outcome.result.is_error, outcome.result.text) == (True, "TypeError: object has no form in JSON")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "ValueError: Object missing required field `city`"),
        ('{"city": "Os', "ValueError: the arguments cannot be read: not JSON"),
        ("[1]", "ValueError: the arguments cannot be read: expected a JSON object, got list"),
    ],
)
async def test_arguments_that_do_not_fit_are_told_and_nothing_is_called(arguments: Any, text: str) -> None:
    called = []

    def weather(city: str) -> None:
        called.append(city)

    outcome = await outcome_of(weather, arguments)
    assert outcome.result.is_error
    assert outcome.result.text.startswith(text)
    assert not called


async def test_a_tool_that_is_not_there_is_told_with_those_that_are() -> None:
    request, script = await chat(asks(("forecast", {})), says("Sorry."))
    await request.tools([weather]).run_tools()
    assert told(script)[1]["content"] == "ValueError: there is no tool 'forecast'; there are weather"


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_function_that_hangs_is_given_up_in_time(is_async: bool) -> None:
    free = threading.Event()

    async def hangs() -> None:
        await asyncio.sleep(60)

    def blocks() -> None:
        free.wait(10)

    started = time.monotonic()
    outcome = await outcome_of(hangs if is_async else blocks, {}, tool_timeout=0.05)
    free.set()
    assert time.monotonic() - started < 5
    name = "hangs" if is_async else "blocks"
    assert outcome.result.text == f"TimeoutError: {name} gave nothing within 0.05 s"


async def test_too_many_rounds_are_an_error_that_has_them_all() -> None:
    called = []

    def again(city: str) -> None:
        called.append(city)

    request, script = await chat(asks(("again", {"city": "Oslo"})))
    with pytest.raises(ToolRoundsExceeded, match="still asks for tools after 3 rounds") as caught:
        await request.tools([again]).run_tools(max_rounds=3)
    assert (len(script.requests), len(called)) == (3, 2)
    assert len(caught.value.partial.rounds) == 3
    assert caught.value.provider == "openai"


@pytest.mark.parametrize("failure", [Answer({"error": {"message": "slow down"}}, 429), ConnectionFailed("gone")])
async def test_a_call_that_fails_later_keeps_the_rounds_before(failure: Any) -> None:
    request, _ = await chat(asks(("weather", {"city": "Oslo"})), failure)
    with pytest.raises((RateLimited, ConnectionFailed)) as caught:
        await request.tools([weather]).run_tools()
    (round,) = caught.value.partial.rounds
    assert round.outcomes[0].value == "rain in Oslo"


async def test_a_tool_without_a_function_is_the_callers_and_nothing_is_called() -> None:
    called = []

    def looks(city: str) -> None:
        called.append(city)

    request, script = await chat(asks(("looks", {"city": "Oslo"}), ("finish", {})))
    response = await request.tools([looks, ToolDefinition("finish")]).run_tools()
    assert [call.name for call in response.tool_calls] == ["looks", "finish"]
    assert (called, len(script.requests)) == ([], 1)


async def test_without_a_function_nothing_is_sent() -> None:
    request, script = await chat(says("Hello"))
    with pytest.raises(ValueError, match="there is no function among the tools"):
        await request.tools([ToolDefinition("finish")]).run_tools()
    assert not script.requests


@pytest.mark.parametrize(
    ("limits", "problem"),
    [({"max_rounds": 0}, "max_rounds must be at least 1"), ({"tool_timeout": 0}, "tool_timeout must be at least")],
)
async def test_limits_out_of_range_are_refused(limits: dict[str, Any], problem: str) -> None:
    request, script = await chat(says("Hello"))
    with pytest.raises(ValueError, match=problem):
        await request.tools([weather]).run_tools(**limits)
    assert not script.requests


async def test_who_is_cancelled_leaves_no_function_running() -> None:
    ended = asyncio.Event()
    begun = asyncio.Event()

    async def waits() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    request, _ = await chat(asks(("waits", {})))
    running = asyncio.ensure_future(request.tools([waits]).run_tools())
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.wait_for(ended.wait(), 1)


def test_two_tools_of_one_name_are_refused() -> None:
    client = asyncio.run(AiClient.create("openai/gpt-4o", api_key=KEY))
    with pytest.raises(ValueError, match=r"tools\[1\] has the name of another tool, 'weather'"):
        client.chat().tools([weather, ToolDefinition("weather")])


# As one stream


async def simulated(dialect: str = "openai-chat") -> AiClient:
    return await AiClient.create(f"simulator/{dialect}", on_unsupported="ignore")


async def test_a_stream_of_rounds_gives_every_answers_events_and_one_end() -> None:
    async with await simulated() as client:
        stream = client.chat().user("Is it raining?").tools([weather]).stream_tools()
        events = [event async for event in stream]
    kinds = [type(event) for event in events]
    assert kinds.count(StreamEnd) == 1
    assert kinds[-1] is StreamEnd
    assert kinds.index(ToolCallEnded) < kinds.index(ToolAnswered) < kinds.index(ContentDelta)
    (answered,) = (event.as_tool_answered for event in events if event.is_tool_answered)
    assert (answered.index, answered.outcome.value) == (0, "rain in example")
    assert "".join(event.text for event in events if isinstance(event, ContentDelta)) == stream.response.content


async def test_a_stream_of_rounds_says_what_the_rounds_say() -> None:
    async with await simulated() as client:
        request = client.chat().user("Is it raining?").tools([weather])
        whole, stream = await request.run_tools(), request.stream_tools()
        async for _ in stream:
            pass
    assert stream.response.content == whole.content
    said = [[message.role for message in response.to_messages()] for response in (stream.response, whole)]
    assert said[0] == said[1]
    usages = [round.stats.usage for round in whole.rounds]
    assert stream.stats.usage == usages[0] + usages[1]
    assert (stream.stats.attempts, stream.stats.finish_reason) == (2, "stop")
    assert stream.stats.latency_ms >= sum(round.stats.latency_ms for round in stream.response.rounds)


async def test_the_ledger_of_all_rounds_tells_every_request() -> None:
    busy = Answer({"error": {"message": "busy"}}, 503)
    script = Script(busy, Answer(STREAMED_CALL), busy, Answer(STREAMED_TEXT))
    retries = Retries(max_retries=1, base_delay=0)
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script, max_retries=retries)
    stream = client.chat().user("Is it raining?").tools([weather]).stream_tools()
    async for _ in stream:
        pass
    assert [each.error_class for each in stream.stats.ledger] == ["overloaded", None, "overloaded", None]
    assert stream.stats.attempts == len(script.requests) == client.usage.requests == 4


async def test_a_stream_of_rounds_can_be_read_meanwhile() -> None:
    async with await simulated() as client:
        stream = client.chat().user("Is it raining?").tools([weather]).stream_tools()
        with pytest.raises(RuntimeError, match="has not begun"):
            _ = stream.response
        rounds = []
        async for _ in stream:
            rounds.append((len(stream.response.rounds), stream.stats.attempts))
    assert rounds == sorted(rounds)
    assert {count for count, _ in rounds} == {0, 1, 2}


async def test_who_leaves_a_stream_of_rounds_leaves_nothing_open() -> None:
    called = []

    def looks(city: str) -> None:
        called.append(city)

    with Simulator() as simulator:
        client = await AiClient.create("openai/gpt-4o", base_url=simulator.address("openai"), api_key=KEY)
        async with client:
            async with client.chat().user("Is it raining?").tools([looks]).stream_tools() as stream:
                async for event in stream:
                    if event.is_tool_call_started:
                        break
            assert (len(simulator.requests), called) == (1, [])
            assert stream.stats.interrupted
            with pytest.raises(RuntimeError):
                await stream.__anext__()


async def test_closing_a_stream_of_rounds_ends_the_function_that_runs() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def waits(city: str) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def read(stream: Any) -> None:
        async for _ in stream:
            pass

    async with await simulated() as client:
        stream = client.chat().user("Is it raining?").tools([waits]).stream_tools()
        reading = asyncio.ensure_future(read(stream))
        await begun.wait()
        await stream.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await reading
    assert ended.is_set()


async def test_an_error_in_a_later_stream_keeps_the_rounds_before() -> None:
    async with await simulated() as client:
        stream = client.chat().user("Is it raining?").tools([weather]).stream_tools(max_rounds=1)
        with pytest.raises(ToolRoundsExceeded) as caught:
            async for _ in stream:
                pass
    assert [call.name for call in caught.value.partial.rounds[0].response.tool_calls] == ["weather"]


WITHOUT_TOOLS = {"cohere-v1", "ollama-generate", "replicate-predictions", "tiangong-chat"}


@pytest.mark.parametrize("dialect", sorted({path.stem for path in bundled_dialects()} - WITHOUT_TOOLS))
async def test_rounds_go_over_every_wire_that_has_tools(dialect: str) -> None:
    def at(place: Forecast, days: int = 1) -> str:
        """Tells the weather.

        Args:
            place: where.
            days: how many days.
        """
        return "22 degrees"

    async with await simulated(dialect) as client:
        request = client.chat().user("What is it like?").tools([at])
        whole, stream = await request.run_tools(), request.stream_tools()
        async for _ in stream:
            pass
    for response in (whole, stream.response):
        assert [outcome.value for outcome in response.rounds[0].outcomes] == ["22 degrees"]
        assert "22 degrees" in response.content
