"""What a simulator answers when it was not told what: an echo that takes the request at its word.

The same request always gets the same answer.
"""

from __future__ import annotations

import math

from .._compile.filters import to_json
from ..message import Message, MessageRole, ToolCall, ToolResult
from ..request import ChatRequest
from ..tools import ToolDefinition
from .answers import Answer
from .requests import WrongRequestError
from .sampling import sample

CHARACTERS_PER_TOKEN = 4


def tokens(text: str) -> int:
    """About how many tokens a text has: one for four characters, and never none for some."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def echo(request: ChatRequest, number: int) -> Answer:
    """The answer to ``request``, the ``number``-th of its server.

    Raises:
        WrongRequestError: the tool that must be called is not offered.
    """
    reasoning = _reasoning(request)
    tool = _tool_to_call(request)
    if tool is not None:
        arguments = to_json(sample(tool.parameters))
        return Answer(reasoning=reasoning, tool_calls=(ToolCall(f"call_{number}", tool.name, arguments),))
    text, finish = _limited(_stopped(_text(request), request.stop or ()), request.max_tokens)
    return Answer(text, reasoning, finish_reason=finish)


def _text(request: ChatRequest) -> str:
    wanted = request.response_format
    if wanted is not None and wanted.kind != "text":
        return to_json(sample(wanted.schema if wanted.schema is not None else {"type": "object"}))
    last = request.messages[-1]
    results = [part for part in last.parts if isinstance(part, ToolResult)]
    if results:
        return f"The tool answered: {results[-1].text}"
    return f"You said: {_last_of_user(request.messages)}"


def _last_of_user(messages: tuple[Message, ...]) -> str:
    said = (message.text for message in reversed(messages) if message.role is MessageRole.USER)
    return next(said, "")


def _tool_to_call(request: ChatRequest) -> ToolDefinition | None:
    """The tool that the request makes us call; after a tool's result, or on request, none."""
    choice = request.tool_choice
    mode = choice.mode if choice else "auto"
    if not request.tools or mode == "none" or request.messages[-1].role is not MessageRole.USER:
        return None
    if choice is None or choice.name is None:
        return request.tools[0]
    named = [tool for tool in request.tools if tool.name == choice.name]
    if not named:
        raise WrongRequestError(f"the tool {choice.name!r} must be called, but is not among the tools")
    return named[0]


def _reasoning(request: ChatRequest) -> str | None:
    asked = request.reasoning is not None and request.reasoning.enabled
    return "Let me think about that." if asked else None


def _stopped(text: str, stop: tuple[str, ...]) -> str:
    """The text up to the first stop sequence in it."""
    ends = [position for sequence in stop if (position := text.find(sequence)) >= 0]
    return text[: min(ends)] if ends else text


def _limited(text: str, max_tokens: int | None) -> tuple[str, str]:
    """The text cut behind the last word that fits, and why it ends."""
    if max_tokens is None or tokens(text) <= max_tokens:
        return text, "stop"
    fitting = text[: max_tokens * CHARACTERS_PER_TOKEN]
    whole_words = fitting if text[len(fitting)].isspace() else fitting.rpartition(" ")[0]
    return (whole_words or fitting).rstrip(), "length"
