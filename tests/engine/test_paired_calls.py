"""Calls of tools and their results belong to each other, or the request is refused with the place and the id."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient, Message, MessageRole, ToolCall
from ai_lib_python.errors import ConfigurationError, HistoryError, UnsupportedError
from ai_lib_python.message import OpaquePart, ToolResult, as_parts

from .scripted import KEY, MODELS, Answer, client

STRICT = ("anthropic-messages", "gemini-generate", "openai-chat")
ASKED = Message.user("hi")
CALLS = Message.assistant(tool_calls=[ToolCall("t1", "f"), ToolCall("t2", "g")])
ONE, TWO = Message.tool("t1", "one"), Message.tool("t2", "two")
BOTH = Message(MessageRole.TOOL, ONE.parts + TWO.parts)

BROKEN: dict[str, tuple[list[Message], str, tuple[int, int | None]]] = {
    "a result without its call": (
        [ASKED, ONE],
        r"messages\[1\] has a result for the tool call 't1', which nobody made",
        (1, 0),
    ),
    "a result before its call": ([ASKED, ONE, CALLS], r"messages\[1\] has a result for the tool call 't1'", (1, 0)),
    "a call without a result": (
        [ASKED, CALLS, ONE, Message.user("and?")],
        r"the tool call 't2' of messages\[1\] has no result before messages\[3\]; add Message.tool\('t2', ...\)",
        (1, None),
    ),
    "results behind what is said": (
        [ASKED, CALLS, Message.user("wait"), BOTH],
        r"the tool call 't1' of messages\[1\] has no result before messages\[2\]",
        (1, None),
    ),
    "two results for one call": (
        [ASKED, CALLS, BOTH, ONE],
        r"messages\[3\] has a second result for the tool call 't1'",
        (3, 0),
    ),
    "two results in one message": (
        [ASKED, CALLS, Message(MessageRole.TOOL, (*ONE.parts, *BOTH.parts))],
        r"messages\[2\] has a second result for the tool call 't1'",
        (2, 1),
    ),
}

WHOLE: dict[str, list[Message]] = {
    "results each in a message": [ASKED, CALLS, ONE, TWO, Message.user("and?")],
    "results in one message": [ASKED, CALLS, BOTH, Message.assistant("so"), Message.user("and?")],
    "results in another order": [ASKED, CALLS, TWO, ONE, Message.user("and?")],
    "results and words in one message": [ASKED, CALLS, Message(MessageRole.USER, BOTH.parts + as_parts("and?"))],
    "calls in two messages": [
        ASKED,
        Message.assistant("a", tool_calls=CALLS.tool_calls[:1]),
        Message.assistant(tool_calls=CALLS.tool_calls[1:]),
        BOTH,
    ],
    "calls that are not answered yet": [ASKED, CALLS],
    "one id in each round": [ASKED, CALLS, BOTH, CALLS, BOTH, Message.user("and?")],
    "one id for both calls": [
        ASKED,
        Message.assistant(tool_calls=[ToolCall("", "f"), ToolCall("", "g")]),
        Message(
            MessageRole.TOOL, tuple(ToolResult("", as_parts(text), name) for text, name in (("1", "f"), ("2", "g")))
        ),
        Message.user("and?"),
    ],
    "calls and results that only the provider reads": [
        ASKED,
        Message.assistant([OpaquePart({"type": "call"})], tool_calls=CALLS.tool_calls),
        Message.user([OpaquePart({"type": "result"})]),
        ONE,
        Message.user("and?"),
    ],
}


async def shown(model: str, messages: list[Message], **extra: Any) -> Any:
    asked, _ = await client(model)
    return asked.chat().messages(messages).extra_body(extra).preview().body


@pytest.mark.parametrize("dialect", STRICT)
@pytest.mark.parametrize(("messages", "told", "place"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_history_is_refused(
    dialect: str, messages: list[Message], told: str, place: tuple[int, int | None]
) -> None:
    with pytest.raises(HistoryError, match=told) as caught:
        await shown(dialect, messages)
    assert caught.value.places == (place,)
    assert (caught.value.provider, caught.value.model) == tuple(MODELS[dialect].split("/"))
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.standard_code == "E1001"


@pytest.mark.parametrize("dialect", STRICT)
@pytest.mark.parametrize("messages", WHOLE.values(), ids=WHOLE)
async def test_a_whole_history_goes_out(dialect: str, messages: list[Message]) -> None:
    assert await shown(dialect, messages)


async def test_nothing_is_sent() -> None:
    asked, script = await client("openai-chat", Answer({}))
    for call in (asked.chat().messages([ASKED, ONE]).execute(), asked.chat().messages([ASKED, ONE]).stream()):
        with pytest.raises(HistoryError):
            await call
    assert script.requests == []


@pytest.mark.parametrize("model", ["ollama/qwen3", "vllm/x", "llamacpp/x", "cohere/command-r"])
@pytest.mark.parametrize("name", ["a call without a result", "two results for one call"])
async def test_a_wire_that_takes_any_history_gets_it(model: str, name: str) -> None:
    asked = await AiClient.create(model, api_key=KEY)
    assert asked.chat().messages(BROKEN[name][0]).preview().body


async def test_results_may_stand_anywhere_behind_their_calls_where_ids_alone_count() -> None:
    asked = await AiClient.create("openai/gpt-4o", api="responses")
    assert asked.chat().messages(BROKEN["results behind what is said"][0]).preview().body
    for name in ("a result without its call", "two results for one call"):
        with pytest.raises(HistoryError):
            asked.chat().messages(BROKEN[name][0]).preview()


async def test_results_of_calls_that_the_provider_keeps_go_out() -> None:
    asked = await AiClient.create("openai/gpt-4o", api="responses")
    going_on = asked.chat().messages([ONE]).extra_body({"previous_response_id": "resp_1"}).preview().body
    assert going_on["input"][0]["call_id"] == "t1"


async def test_a_conversation_without_a_message_is_refused() -> None:
    for dialect in MODELS:
        with pytest.raises(UnsupportedError, match="needs at least one message"):
            await shown(dialect, [])
