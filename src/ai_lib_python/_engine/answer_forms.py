"""The ways in which an answer of a type can be asked for, and the best of them that a wire takes.

A wire that holds answers to a schema is given it. Elsewhere the model is made to call a tool whose arguments are the
answer; else it is put into JSON mode and told the schema in words; else it is only told. What a wire takes is what its
encoder would not drop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from .._compile.filters import to_json
from .._types.answers import AnswerType
from ..errors import UnsupportedError
from ..message import Message, MessageRole, Part, TextPart, ToolCall
from ..request import ChatRequest
from ..response import Adjustment, ChatResponse
from ..tools import ResponseFormat, ToolChoice, ToolDefinition

if TYPE_CHECKING:
    from .fallback_caller import AnyCaller

LOST = frozenset({"dropped", "replaced"})
"""The adjustments after which a parameter has not gone out as it was asked for."""

FORMAT = frozenset({"response_format"})
TOOL = frozenset({"tools", "tool_choice"})


class Form(msgspec.Struct, frozen=True):
    """One way to ask.

    Attributes:
        request: what is asked.
        needs: the parameters that must go out as they are.
        instead: what stands in the place of a schema that the wire keeps to, in words; None where there is one.
        tool: the name of the tool whose arguments are the answer.
        told: that this is not how the wire itself does it.
    """

    request: ChatRequest
    needs: frozenset[str] = frozenset()
    instead: str | None = None
    tool: str | None = None
    told: tuple[Adjustment, ...] = ()

    def plain(self, response: ChatResponse) -> ChatResponse:
        """The answer as it would be where the wire has answers of a type: the JSON is its text."""
        parts = response.parts if self.tool is None else tuple(map(self._as_text, response.parts))
        answered = parts != response.parts and response.finish_reason == "tool_calls"
        return msgspec.structs.replace(
            response,
            parts=parts,
            finish_reason="stop" if answered else response.finish_reason,
            adjustments=(*self.told, *response.adjustments),
        )

    def after(self, *messages: Message) -> Form:
        """The same way to ask, some messages later."""
        request = msgspec.structs.replace(self.request, messages=(*self.request.messages, *messages))
        return msgspec.structs.replace(self, request=request)

    def _as_text(self, part: Part) -> Part:
        return TextPart(part.arguments_json) if isinstance(part, ToolCall) and part.name == self.tool else part


def best_form(caller: AnyCaller, request: ChatRequest, kind: AnswerType[Any], *, stream: bool) -> Form:
    """The first form that the wire takes.

    Raises:
        UnsupportedError: the wire cannot say the request at all.
    """
    reason: str | None = None
    refusal: UnsupportedError | None = None
    for form in _forms(request, kind):
        try:
            lost = _lost(caller, form, stream)
        except UnsupportedError as error:
            refusal, reason = error, reason or error.message
            continue
        if lost is None:
            return _told(form, kind, reason)
        reason = reason or lost
    raise refusal or UnsupportedError("no form of the answer can be asked for")


def _lost(caller: AnyCaller, form: Form, stream: bool) -> str | None:
    """Why the wire does not take a form; None where it does."""
    for adjustment in caller.adjustments_of(form.request, stream=stream):
        if adjustment.parameter in form.needs and adjustment.action in LOST:
            return adjustment.reason
    return None


def _told(form: Form, kind: AnswerType[Any], reason: str | None) -> Form:
    if form.instead is None:
        return form
    why = reason or "this wire keeps answers to no schema"
    return msgspec.structs.replace(
        form, told=(Adjustment("response_format", "emulated", why, kind.name, form.instead),)
    )


def _forms(request: ChatRequest, kind: AnswerType[Any]) -> Iterator[Form]:
    """All forms, the best first."""
    for strict in (True, None):
        wanted = ResponseFormat("json_schema", kind.schema, kind.name, strict)
        yield Form(msgspec.structs.replace(request, response_format=wanted), FORMAT)
    plain = msgspec.structs.replace(request, response_format=None)
    if not request.tools:
        yield from _forced(plain, kind)
    json_mode = ResponseFormat("json_object")
    for told in (_with_instructions(plain, kind), _with_words(plain, kind)):
        instead = "JSON mode, and the schema in words"
        yield Form(msgspec.structs.replace(told, response_format=json_mode), FORMAT, instead)
    for told in (_with_instructions(plain, kind), _with_words(plain, kind)):
        yield Form(told, instead="the schema in words")


def _forced(request: ChatRequest, kind: AnswerType[Any]) -> Iterator[Form]:
    """The answer as the arguments of a tool that must be called."""
    tool = ToolDefinition(kind.name, "Gives the answer.", kind.schema)
    for choice in (ToolChoice("named", tool.name), ToolChoice("required")):
        forced = msgspec.structs.replace(request, tools=(tool,), tool_choice=choice)
        yield Form(forced, TOOL, "a tool that must be called", tool.name)


def _instruction(kind: AnswerType[Any]) -> str:
    return f"Answer with one JSON object and nothing else. It must fit this JSON Schema:\n{to_json(kind.schema)}"


def _with_instructions(request: ChatRequest, kind: AnswerType[Any]) -> ChatRequest:
    """The request with the schema behind the system prompts that it begins with."""
    messages = request.messages
    first = next((at for at, each in enumerate(messages) if each.role is not MessageRole.SYSTEM), len(messages))
    told = (*messages[:first], Message.system(_instruction(kind)), *messages[first:])
    return msgspec.structs.replace(request, messages=told)


def _with_words(request: ChatRequest, kind: AnswerType[Any]) -> ChatRequest:
    """The request with the schema at the end of what the person says last, for wires without a system prompt."""
    messages = list(request.messages)
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].role is MessageRole.USER:
            messages[at] = _said_too(messages[at], _instruction(kind))
            break
    else:
        messages.append(Message.user(_instruction(kind)))
    return msgspec.structs.replace(request, messages=tuple(messages))


def _said_too(message: Message, text: str) -> Message:
    """The message with a text behind it: within its last text, because some wires take one text only."""
    *others, last = message.parts or (TextPart(""),)
    if isinstance(last, TextPart) and last.signature is None:
        return Message(message.role, (*others, TextPart(f"{last.text}\n\n{text}".strip())))
    return Message(message.role, (*message.parts, TextPart(text)))
