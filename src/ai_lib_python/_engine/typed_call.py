"""Calls whose answer is a value of a type: asked for, read, and asked for again where it does not fit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from .._types.answers import AnswerType
from ..errors import AiLibError, AnswerRefused, ContentFiltered, InvalidAnswer, OutputTruncated
from ..message import Message
from ..request import ChatRequest
from ..response import CallStats, ChatResponse, Repair, TypedResponse
from .answer_forms import Form
from .sums import together

T = TypeVar("T")

Ask = Callable[[ChatRequest], Awaitable[tuple[ChatResponse, CallStats]]]
"""Performs one request."""

AGAIN = "That does not fit: {problem}\nAnswer again, with the whole JSON and nothing else."


async def typed_call(form: Form, kind: AnswerType[T], ask: Ask, repairs: int) -> tuple[TypedResponse[T], CallStats]:
    """The answer's value, and how all calls together went.

    Raises:
        OutputTruncated, AnswerRefused, ContentFiltered: there is no whole answer.
        InvalidAnswer: it does not fit, ``repairs`` times more than once.
    """
    made: list[Repair] = []
    while True:
        response, stats = await ask(form.request)
        response = form.plain(response)
        try:
            typed = typed_response(response, kind, tuple(made))
        except InvalidAnswer as error:
            if len(made) == repairs or response.tool_calls:
                raise
            made.append(Repair(response, stats, error.message))
            form = form.after(*response.to_messages(), Message.user(AGAIN.format(problem=error.message)))
        else:
            return typed, together([*(each.stats for each in made), stats])


def typed_response(response: ChatResponse, kind: AnswerType[T], repairs: tuple[Repair, ...] = ()) -> TypedResponse[T]:
    """The answer with its value.

    Raises:
        OutputTruncated, AnswerRefused, ContentFiltered: there is no whole answer; nothing of it is read.
        InvalidAnswer: it does not fit, or asks for tools.
    """
    _check_whole(response)
    try:
        parsed = kind.value(response.content)
    except ValueError as error:
        raise _about(InvalidAnswer(str(error)), response) from None
    fields = {name: getattr(response, name) for name in response.__struct_fields__}
    return TypedResponse(**fields, parsed=parsed, repairs=repairs)


def _check_whole(response: ChatResponse) -> None:
    if response.finish_reason == "content_filter":
        raise _about(ContentFiltered("the provider's content policy blocked the answer"), response)
    if response.refusal is not None:
        raise _about(AnswerRefused(f"the model declined: {response.refusal}"), response)
    if response.finish_reason == "length":
        written = response.usage.output
        limit = "" if written is None else f", after {written} tokens"
        raise _about(OutputTruncated(f"the answer was cut off at the output limit{limit}"), response)
    if response.tool_calls:
        names = ", ".join(call.name for call in response.tool_calls)
        raise _about(InvalidAnswer(f"the answer asks for tools ({names}); run_tools() calls them"), response)


def _about(error: AiLibError, response: ChatResponse) -> AiLibError:
    error.provider, error.model, error.partial = response.provider, response.model, response
    return error
