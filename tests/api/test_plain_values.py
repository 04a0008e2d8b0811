"""Texts and numbers whose types inherit from the plain ones are what they hold: numpy's, a page parser's, one's own."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from ai_lib_python import (
    AiClient,
    ContentBlock,
    Message,
    ToolCall,
    ToolDefinition,
    messages_from_json,
    messages_to_json,
)


class Text(str):
    """As ``NavigableString`` and ``Markup`` are."""


class Number(float):
    """As ``numpy.float64`` is."""


class Whole(int):
    """As an ``IntEnum`` is."""


class Effort(str, enum.Enum):
    LOW = "low"


ASKED: list[tuple[Any, str, Any]] = [
    (lambda chat: chat.temperature(Number(0.5)), "temperature", 0.5),
    (lambda chat: chat.temperature(Whole(1)), "temperature", 1),
    (lambda chat: chat.seed(Whole(5)), "seed", 5),
    (lambda chat: chat.stop([Text("x")]), "stop", ["x"]),
    (lambda chat: chat.user_id(Text("u")), "user", "u"),
    (lambda chat: chat.metadata({Text("a"): Text("b")}), "metadata", {"a": "b"}),
    (lambda chat: chat.model(Text("gpt-4o-mini")), "model", "gpt-4o-mini"),
    (lambda chat: chat.user_id(Effort.LOW), "user", "low"),
    (lambda chat: chat.extra_body({"own": {"a": Number(1), "b": [Text("c")]}}), "own", {"a": 1, "b": ["c"]}),
    (
        lambda chat: chat.system(Text("s")),
        "messages",
        [{"role": "user", "content": "x"}, {"role": "system", "content": "s"}],
    ),
    (
        lambda chat: chat.tools([ToolDefinition(Text("f"), Text("d"), {"type": Text("object")})]),
        "tools",
        [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
    ),
]


@pytest.mark.parametrize(("asked", "field", "sent"), ASKED, ids=lambda value: value if isinstance(value, str) else "")
async def test_they_go_out_as_plain_ones(asked: Any, field: str, sent: Any) -> None:
    client = await AiClient.create("openai/gpt-4o", api_key="k", on_unsupported="ignore")
    assert asked(client.chat().user("x")).preview().body[field] == sent


@pytest.mark.parametrize(
    "message",
    [
        Message.user(Text("a")),
        Message.user([Text("a"), ContentBlock.text(Text("b")), ContentBlock.cached(Text("c"))]),
        Message.assistant(tool_calls=[ToolCall.create("f", {"a": Text("x"), "b": Number(1)}, id="1")]),
        Message.tool(Text("1"), Text("r")),
    ],
    ids=repr,
)
def test_a_conversation_of_them_goes_into_a_file_and_back(message: Message) -> None:
    assert messages_from_json(messages_to_json([message])) == [message]
