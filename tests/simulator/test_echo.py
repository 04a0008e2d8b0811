"""What is answered when nothing was scripted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_lib_python import Message, ResponseFormat, ToolCall, ToolChoice, ToolDefinition
from ai_lib_python.request import ChatRequest
from ai_lib_python.simulator.answers import Answer
from ai_lib_python.simulator.echo import echo, tokens
from ai_lib_python.simulator.requests import WrongRequestError
from ai_lib_python.tools import Reasoning

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (ToolDefinition("weather", "", CITY), ToolDefinition("time", ""))


def asked(*messages: Message, **fields: Any) -> Answer:
    return echo(ChatRequest("m", messages or (Message.user("one two three four"),), **fields), 7)


def test_it_says_what_the_user_said_last() -> None:
    history = (Message.user("first"), Message.assistant("yes"), Message.user("second"))
    assert asked(*history).text == "You said: second"


def test_a_history_that_ends_with_the_model_echoes_the_user_before() -> None:
    assert asked(Message.user("first"), Message.assistant("yes")).text == "You said: first"


def test_after_a_tool_it_says_what_the_tool_answered() -> None:
    history = (
        Message.user("?"),
        Message.assistant(tool_calls=[ToolCall("1", "weather")]),
        Message.tool("1", "22"),
    )
    assert asked(*history, tools=TOOLS).text == "The tool answered: 22"


def test_the_first_tool_is_called() -> None:
    answer = asked(tools=TOOLS)
    assert list(answer.tool_calls) == [ToolCall("call_7", "weather", '{"city":"example"}')]
    assert answer.finish == "tool_calls"


def test_the_named_tool_is_called() -> None:
    (call,) = asked(tools=TOOLS, tool_choice=ToolChoice("named", "time")).tool_calls
    assert (call.name, call.arguments_json) == ("time", "{}")


def test_a_named_tool_that_is_not_offered_is_a_wrong_request() -> None:
    with pytest.raises(WrongRequestError, match="'missing' must be called"):
        asked(tools=TOOLS, tool_choice=ToolChoice("named", "missing"))


def test_no_tool_is_called_where_none_may_be() -> None:
    answer = asked(tools=TOOLS, tool_choice=ToolChoice("none"))
    assert (answer.tool_calls, answer.finish) == ((), "stop")


def test_a_schema_is_filled() -> None:
    answer = asked(response_format=ResponseFormat("json_schema", CITY))
    assert json.loads(answer.text or "") == {"city": "example"}


def test_json_without_a_schema_is_an_object() -> None:
    assert asked(response_format=ResponseFormat("json_object")).text == "{}"


def test_text_is_asked_for_as_if_nothing_were() -> None:
    assert asked(response_format=ResponseFormat("text")).text == "You said: one two three four"


@pytest.mark.parametrize(
    ("max_tokens", "text", "finish"),
    [
        (100, "You said: one two three four", "stop"),
        (7, "You said: one two three four", "stop"),
        (6, "You said: one two three", "length"),
        (3, "You said:", "length"),
        (1, "You", "length"),
    ],
)
def test_too_long_an_echo_is_cut_between_words(max_tokens: int, text: str, finish: str) -> None:
    answer = asked(max_tokens=max_tokens)
    assert (answer.text, answer.finish) == (text, finish)
    assert tokens(text) <= max_tokens


def test_a_long_word_is_cut_anywhere() -> None:
    assert asked(Message.user("abc"), max_tokens=1, response_format=ResponseFormat("json_schema", CITY)).text == '{"ci'


def test_it_ends_at_a_stop_sequence() -> None:
    answer = asked(stop=("three", "two"))
    assert (answer.text, answer.finish) == ("You said: one ", "stop")


def test_it_thinks_where_it_is_told_to() -> None:
    assert asked(reasoning=Reasoning(effort="low")).reasoning == "Let me think about that."
    assert asked(reasoning=Reasoning(enabled=False)).reasoning is None
    assert asked().reasoning is None


def test_the_same_request_gets_the_same_answer() -> None:
    assert asked(tools=TOOLS) == asked(tools=TOOLS)


def test_an_answer_needs_words_in_its_pieces() -> None:
    with pytest.raises(ValueError, match="chunk_size must be at least 1, got 0"):
        Answer(chunk_size=0)
