"""A conversation keeps whole turns: nothing of one that failed, or that was left before its end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Conversation, Message, messages_from_json, messages_to_json, sync
from ai_lib_python.errors import ConnectionFailed, InvalidAnswer, Overloaded, RateLimited, ToolRoundsExceeded
from ai_lib_python.message import TextPart
from ai_lib_python.simulator import Answer as Simulated
from ai_lib_python.simulator import SimulatedError, Simulator

from .scripted import KEY, Answer, Script, sse
from .test_tool_rounds import asks, says


async def conversation(*answers: Any, **options: Any) -> tuple[Conversation, Script]:
    script = Script(*answers)
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script, max_retries=0)
    return client.conversation("Be brief.", **options), script


def sent(script: Script) -> list[Any]:
    """What was said in the last request, as role and text."""
    return [(turn["role"], turn["content"]) for turn in json.loads(script.requests[-1].body)["messages"]]


def texts(chat: Conversation | sync.Conversation) -> list[tuple[str, str]]:
    return [(message.role.value, message.text) for message in chat.messages]


def frames(*pieces: str, end: bool = True) -> Answer:
    chunks: list[Any] = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    if end:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        chunks.append({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
        chunks.append("[DONE]")
    return Answer(sse(*chunks))


def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def with_weather(request: Any) -> None:
    request.tools([weather])


SYSTEM = ("system", "Be brief.")
FIRST = [SYSTEM, ("user", "a"), ("assistant", "b")]


async def test_what_was_said_is_sent_again_with_what_is_said_next() -> None:
    chat, script = await conversation(says("b"), says("d"))
    assert (await chat.say("a")).content == "b"
    assert sent(script) == [SYSTEM, ("user", "a")]
    assert (await chat.say("c")).content == "d"
    assert sent(script) == [*FIRST, ("user", "c")]
    assert texts(chat) == [*FIRST, ("user", "c"), ("assistant", "d")]
    assert chat.usage.prompt_tokens == 18


async def test_the_bytes_of_a_turn_begin_with_those_of_the_turn_before() -> None:
    chat, script = await conversation(says("b"))
    for text in "abc":
        await chat.say(text)
    first, second, third = (json.dumps(json.loads(each.body)["messages"])[:-1] for each in script.requests)
    assert second.startswith(first)
    assert third.startswith(second)


async def test_parts_and_messages_may_be_said() -> None:
    chat, script = await conversation(says("b"))
    picture = ContentBlock.image_url("https://x/y.png")
    await chat.say(picture)
    await chat.say(["look", picture])
    await chat.say(Message.user("a"))
    await chat.say([Message.user("b"), Message.user("c")])
    said = [message for message in chat.messages if message.role.value == "user"]
    expected = [Message.user(picture), Message.user(["look", picture]), *map(Message.user, "abc")]
    assert said == expected
    for nothing in ([], 5):
        with pytest.raises((TypeError, ValueError)):
            await chat.say(nothing)  # type: ignore[arg-type]
    assert len(script.requests) == 4


async def test_a_turn_that_fails_adds_nothing_and_can_be_tried_again() -> None:
    busy = Answer({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429)
    chat, script = await conversation(says("b"), busy, ConnectionFailed("no route"), says("d"))
    await chat.say("a")
    for kind in (RateLimited, ConnectionFailed):
        with pytest.raises(kind):
            await chat.say("c")
        assert texts(chat) == FIRST
    await chat.say("c")
    assert sent(script) == [*FIRST, ("user", "c")]


async def test_a_turn_that_is_cancelled_adds_nothing() -> None:
    class Silent(Script):
        async def send(self, request: Any) -> Any:
            await asyncio.Event().wait()

    client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=Silent())
    chat = client.conversation()
    waiting = asyncio.ensure_future(chat.say("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for ask in (chat.say("b"), chat.stream("b").__anext__()):
        with pytest.raises(RuntimeError, match="this conversation waits for an answer"):
            await ask
    with pytest.raises(RuntimeError, match="this conversation waits for an answer"):
        chat.add(Message.user("b"))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    chat.add(Message.user("c"))
    assert texts(chat) == [("user", "c")]


# Streams


async def test_a_stream_adds_its_turn_when_its_end_has_come() -> None:
    chat, script = await conversation(frames("b", "c"), says("e"))
    async for event in chat.stream("a"):
        assert (len(chat.messages) == 3) == event.is_stream_end
        if event.is_stream_end:
            break
    assert texts(chat) == [SYSTEM, ("user", "a"), ("assistant", "bc")]
    assert chat.usage.completion_tokens == 2
    await chat.say("d")
    assert sent(script)[2:] == [("assistant", "bc"), ("user", "d")]


async def test_a_stream_that_is_left_adds_nothing() -> None:
    chat, script = await conversation(frames("b", "c"))
    async with chat.stream("a") as stream:
        async for event in stream:
            if event.is_content_delta:
                break
        assert stream.response.content.startswith("b")
    assert texts(chat) == [SYSTEM]
    assert stream.stats.interrupted
    assert script.answers[0].closed  # type: ignore[union-attr]
    async with chat.stream("a"):
        pass  # opened, and nothing read
    assert texts(chat) == [SYSTEM]
    assert [text async for text in chat.stream("a").text()] == ["b", "c"]
    assert len(chat.messages) == 3


async def test_a_loop_that_is_left_lets_the_conversation_go_on() -> None:
    chat, _ = await conversation(frames("b", "c"), says("d"))
    async for event in chat.stream("a"):
        if event.is_content_delta:
            break
    await chat.say("c")
    assert texts(chat) == [SYSTEM, ("user", "c"), ("assistant", "d")]


async def test_so_does_a_loop_over_texts_only() -> None:
    chat, _ = await conversation(frames("b", "c"), says("d"))
    kept = chat.stream("a")
    async for _text in kept.text():
        break
    assert (await chat.say("c")).content == "d"


async def test_a_stream_that_is_read_by_hand_lasts_until_it_is_closed() -> None:
    chat, _ = await conversation(frames("b", "c"), says("d"))
    stream = chat.stream("a")
    await stream.__anext__()
    with pytest.raises(RuntimeError, match="waits for an answer"):
        await chat.say("c")
    await stream.aclose()
    await chat.say("c")
    assert texts(chat) == [SYSTEM, ("user", "c"), ("assistant", "d")]


async def test_a_stream_that_breaks_adds_nothing() -> None:
    chat, _ = await conversation(frames("b", end=False), ConnectionFailed("no route"), says("c"))
    for kind in ("IncompleteStream", "ConnectionFailed"):
        with pytest.raises(Exception) as caught:  # noqa: PT011  # its name is looked at
            async for _event in chat.stream("a"):
                pass
        assert type(caught.value).__name__ == kind
        assert texts(chat) == [SYSTEM]
    await chat.say("a")


async def test_a_stream_asks_with_the_history_as_it_is_when_it_begins() -> None:
    chat, script = await conversation(says("b"), frames("d"))
    later = chat.stream("c")
    with pytest.raises(RuntimeError, match="has not begun"):
        _ = later.response
    await chat.say("a")
    async for _event in later:
        pass
    assert sent(script) == [*FIRST, ("user", "c")]


async def test_a_stream_is_read_once() -> None:
    chat, _ = await conversation(frames("b"))
    stream = chat.stream("a")
    async for _event in stream:
        pass
    with pytest.raises(RuntimeError, match="read already"):
        async for _event in stream:
            pass
    closed = chat.stream("a")
    await closed.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await closed.__anext__()
    assert len(chat.messages) == 3


# Tools


async def test_rounds_of_tools_are_added_whole() -> None:
    chat, script = await conversation(asks(("weather", {"city": "Oslo"})), says("It rains."), configure=with_weather)
    response = await chat.run_tools("Rain?")
    assert response.content == "It rains."
    assert [message.role.value for message in chat.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert chat.usage.prompt_tokens == 11
    await chat.say("Sure?")
    assert [turn["role"] for turn in script.body["messages"]][2:] == ["assistant", "tool", "assistant", "user"]


async def test_rounds_that_fail_add_nothing() -> None:
    chat, _ = await conversation(asks(("weather", {"city": "Oslo"})), configure=with_weather)
    with pytest.raises(ToolRoundsExceeded) as caught:
        await chat.run_tools("Rain?", max_rounds=2)
    assert len(caught.value.partial.rounds) == 2
    assert texts(chat) == [SYSTEM]


async def test_rounds_of_tools_are_streamed_and_added_at_their_end() -> None:
    call = {"index": 0, "id": "t1", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    calling = {"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    chat, _ = await conversation(Answer(sse(calling, "[DONE]")), frames("It rains."), configure=with_weather)
    stream = chat.stream_tools("Rain?")
    async for event in stream:
        assert event.is_stream_end or texts(chat) == [SYSTEM]
    assert [message.role.value for message in chat.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert len(stream.response.rounds) == 2


async def test_results_that_the_caller_makes_are_said() -> None:
    chat, script = await conversation(asks(("weather", {"city": "Oslo"})), says("It rains."), configure=with_weather)
    response = await chat.say("Rain?")
    await chat.say([Message.tool(call.id, "rain") for call in response.tool_calls])
    assert [turn["role"] for turn in script.body["messages"]] == ["system", "user", "assistant", "tool"]


# Parameters, other clients, JSON


async def test_every_turn_has_the_parameters() -> None:
    chat, script = await conversation(says("b"), configure=lambda request: request.temperature(0).max_tokens(9))
    for text in "ab":
        await chat.say(text)
        assert (script.body["temperature"], script.body["max_completion_tokens"]) == (0, 9)
    shown = chat.request("c").preview().body
    assert shown["messages"][-1] == {"role": "user", "content": "c"}
    assert shown["temperature"] == 0
    assert len(chat.messages) == 5


async def test_what_is_wrong_with_the_parameters_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="temperature must be between 0 and 2"):
        await conversation(configure=lambda request: request.temperature(3))
    with pytest.raises(ValueError, match="messages belong into the conversation"):
        await conversation(configure=lambda request: request.system("a"))
    with pytest.raises(TypeError, match=r"messages\[0\] must be a Message"):
        await conversation(messages=["a"])
    with pytest.raises(TypeError, match="configure must be a function that is given a request, got dict"):
        await conversation(configure={"temperature": 0})


async def test_what_is_no_client_is_told_at_once() -> None:
    chat, _ = await conversation()
    with pytest.raises(TypeError, match=r"with_client takes a client, .* got 'openai/gpt-4o'"):
        chat.with_client("openai/gpt-4o")  # type: ignore[arg-type]


async def test_a_turn_of_ones_own_is_added() -> None:
    chat, script = await conversation(says("b"))
    response = await chat.request("a").temperature(0.5).execute()
    chat.add([Message.user("a"), *response.to_messages()])
    assert script.body["temperature"] == 0.5
    assert texts(chat) == FIRST


async def test_it_goes_on_with_another_client() -> None:
    chat, _ = await conversation(says("b"), configure=lambda request: request.max_tokens(9))
    await chat.say("a")
    script = Script(Answer({"content": [{"type": "text", "text": "d"}], "stop_reason": "end_turn"}))
    other = await AiClient.create("anthropic/claude-haiku-4-5", api_key=KEY, transport=script)
    moved = chat.with_client(other)
    await moved.say("c")
    assert script.body["max_tokens"] == 9
    assert script.body["system"] == "Be brief."
    assert [turn["role"] for turn in script.body["messages"]] == ["user", "assistant", "user"]
    assert texts(chat) == FIRST
    assert texts(moved) == [*FIRST, ("user", "c"), ("assistant", "d")]


async def test_it_is_kept_as_json_and_taken_up_again() -> None:
    chat, script = await conversation(says("b"))
    await chat.say("a")
    text = messages_to_json(chat.messages)
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
    again = client.conversation(messages=messages_from_json(text))
    await again.say("c")
    assert sent(script) == [*FIRST, ("user", "c")]


async def test_conversations_of_one_client_share_nothing() -> None:
    chat, script = await conversation(says("b"))
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
    others = [client.conversation(), client.conversation()]
    await asyncio.gather(*(each.say("a") for each in others))
    assert [len(each.messages) for each in (chat, *others)] == [1, 2, 2]
    assert repr(others[0]) == "<Conversation: 2 messages>"


# Without await


def test_the_same_without_await() -> None:
    with Simulator() as simulator:
        client = sync.AiClient.create(
            "openai/gpt-4o", base_url=simulator.address("openai"), api_key="key-1", max_retries=0
        )
        with client:
            chat = client.conversation("Be brief.")
            assert chat.say("a").content == "You said: a"
            assert "".join(chat.stream("b").text()) == "You said: b"
            with chat.stream("left") as stream:
                next(stream)
            simulator.script(SimulatedError("overloaded"))
            with pytest.raises(Overloaded):
                chat.say("failed")
            simulator.script(Simulated("last"))
            assert chat.with_client(client).say("c").content == "last"
            assert [message.text for message in chat.messages][1:] == ["a", "You said: a", "b", "You said: b"]
            assert chat.request(TextPart("d")).build().messages[:-1] == chat.messages
            chat = client.conversation(configure=with_weather)
            assert len(chat.run_tools("Rain in Oslo?").rounds) == 2
            assert [event.is_stream_end for event in chat.stream_tools("Rain in Oslo?")][-1]
            assert chat.request(TextPart("d")).build().messages[:-1] == chat.messages


async def test_a_turn_may_be_answered_in_a_type() -> None:
    chat, script = await conversation(says("b"), says('{"value": [1, 2]}'), says("d"))
    await chat.say("a")
    response = await chat.say_into("count", list[int])
    assert response.parsed == [1, 2]
    await chat.say("c")
    assert sent(script)[:-1] == [*FIRST, ("user", "count"), ("assistant", '{"value": [1, 2]}')]


async def test_repairs_of_a_turn_in_a_type_are_no_turns_but_cost_tokens() -> None:
    chat, _ = await conversation(says("none"), says('{"value": [1]}'))
    response = await chat.say_into("count", list[int], repairs=1)
    assert texts(chat) == [SYSTEM, ("user", "count"), ("assistant", '{"value": [1]}')]
    assert chat.usage == response.usage + response.repairs[0].response.usage
    assert chat.usage != response.usage


async def test_an_answer_that_does_not_fit_its_type_adds_nothing() -> None:
    chat, _ = await conversation(says("none"), says("b"))
    with pytest.raises(InvalidAnswer):
        await chat.say_into("count", list[int])
    assert texts(chat) == [SYSTEM]
    await chat.say("a")
    assert texts(chat) == FIRST


def test_a_turn_may_be_answered_in_a_type_without_await() -> None:
    script = Script(says('{"value": [1]}'))
    with sync.AiClient.create("openai/gpt-4o", api_key=KEY, transport=script) as client:
        chat = client.conversation("Be brief.")
        assert chat.say_into("count", list[int]).parsed == [1]
        assert len(chat.messages) == 3
