"""Rounds of tools: the model asks for functions, they are called, and it is told what they gave."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Iterable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from .._types.conversion import json_of
from ..errors import AiLibError, ToolRoundsExceeded
from ..function_tools import FunctionTool
from ..message import Part, TextPart, ToolCall, ToolResult, as_parts
from ..response import CallStats, ChatResponse, ToolOutcome, ToolRound
from ..tools import ToolChoice
from .call import MILLISECONDS
from .sums import together

if TYPE_CHECKING:
    from ..request import ChatRequest
    from .fallback_caller import AnyCaller
    from .terms import Terms


class ToolLimits(msgspec.Struct, frozen=True):
    """How many answers there may be, and how many seconds one call of a function may take (None: any)."""

    max_rounds: int
    tool_timeout: float | None


class ToolRounds:
    """One conversation with tools.

    Attributes:
        request: what to ask next.
        rounds: what has been.
    """

    def __init__(self, request: ChatRequest, limits: ToolLimits) -> None:
        """
        Raises:
            ValueError: no tool of the request is a function.
        """
        self.request = request
        self.rounds: list[ToolRound] = []
        self._limits = limits
        self._tools = {tool.name: tool for tool in request.tools or ()}
        if not any(isinstance(tool, FunctionTool) for tool in self._tools.values()):
            raise ValueError("there is no function among the tools: .tools([weather]) with a function weather")

    async def run(self, caller: AnyCaller, terms: Terms) -> ChatResponse:
        """Asks, calls what is asked for, and asks again, until nothing is; the terms are for each answer."""
        while True:
            try:
                response, stats = await caller.execute(self.request, terms)
            except AiLibError as error:
                raise self.with_rounds(error) from error.__cause__
            if not await self.take(response, stats):
                return self.response()

    async def take(self, response: ChatResponse, stats: CallStats) -> tuple[ToolOutcome, ...]:
        """Adds an answer and calls what it asks for. Nothing comes back where the conversation is over.

        Raises:
            ToolRoundsExceeded: it asks for tools once more than allowed.
        """
        if not self._can_answer(response):
            self.rounds.append(ToolRound(response, stats))
            return ()
        if len(self.rounds) + 1 >= self._limits.max_rounds:
            self.rounds.append(ToolRound(response, stats))
            most = self._limits.max_rounds
            raise self.with_rounds(
                ToolRoundsExceeded(f"the model still asks for tools after {most} rounds", provider=response.provider)
            )
        outcomes = await _all(self._outcome(call) for call in response.tool_calls)
        made = ToolRound(response, stats, outcomes)
        self.rounds.append(made)
        self.request = _next_request(self.request, made)
        return outcomes

    def response(self) -> ChatResponse:
        """The last answer, with all rounds."""
        return msgspec.structs.replace(self.rounds[-1].response, rounds=tuple(self.rounds))

    def stats(self) -> CallStats:
        """All answers together, without the time that the functions took."""
        return together([each.stats for each in self.rounds])

    def with_rounds(self, error: AiLibError) -> AiLibError:
        """The error, with what had come before it."""
        if self.rounds:
            came = error.partial or self.rounds[-1].response
            error.partial = msgspec.structs.replace(came, rounds=tuple(self.rounds))
        return error

    def _can_answer(self, response: ChatResponse) -> bool:
        """Whether functions can answer all that is asked for; a tool without one is the caller's own."""
        calls = response.tool_calls
        known = [self._tools[call.name] for call in calls if call.name in self._tools]
        return bool(calls) and all(isinstance(tool, FunctionTool) for tool in known)

    async def _outcome(self, call: ToolCall) -> ToolOutcome:
        """Calls one function. Whatever goes wrong within is told to the model, and kept."""
        started = perf_counter()
        try:
            value = await self._called(call)
            parts = _parts_of(value)
        except Exception as error:  # what a tool raises is its own affair: reported, never a crash
            elapsed = (perf_counter() - started) * MILLISECONDS
            result = ToolResult(call.id, as_parts(_told(error)), call.name, is_error=True)
            return ToolOutcome(call, result, error=error, elapsed_ms=elapsed)
        elapsed = (perf_counter() - started) * MILLISECONDS
        return ToolOutcome(call, ToolResult(call.id, parts, call.name), value, elapsed_ms=elapsed)

    async def _called(self, call: ToolCall) -> Any:
        tool = self._tools.get(call.name)
        if not isinstance(tool, FunctionTool):
            raise ValueError(f"there is no tool {call.name!r}; there are {', '.join(self._tools)}")
        if call.arguments_error is not None:
            raise ValueError(f"the arguments cannot be read: {call.arguments_error}")
        run = _run(tool, tool.bound(call.arguments))
        seconds = self._limits.tool_timeout
        try:
            return await asyncio.wait_for(run, seconds)
        except asyncio.TimeoutError as error:
            raise TimeoutError(str(error) or f"{call.name} gave nothing within {seconds} s") from None


async def _all(coroutines: Iterable[Coroutine[Any, Any, ToolOutcome]]) -> tuple[ToolOutcome, ...]:
    """Their results in order; what still runs when one is interrupted is cancelled."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def _run(tool: FunctionTool, arguments: dict[str, Any]) -> Any:
    """Calls a function: a coroutine function here, another one in a thread, so that it blocks nobody."""
    function = tool.function
    value = function(**arguments) if _is_async(function) else await asyncio.to_thread(function, **arguments)
    return await value if inspect.isawaitable(value) else value


def _is_async(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called)


def _parts_of(value: Any) -> tuple[Part, ...]:
    """What the model is told of a value: texts and parts as they are, all else as JSON."""
    is_list = isinstance(value, (list, tuple)) and any(isinstance(item, Part) for item in value)
    if isinstance(value, (str, Part)) or (is_list and all(isinstance(item, (str, Part)) for item in value)):
        parts = as_parts(value)
        for part in parts:
            if isinstance(part, TextPart):
                part.text.encode()  # half of a character, as names of files may have it, goes into no request
        return parts
    return as_parts(json_of(value))


def _told(error: Exception) -> str:
    text = str(error).encode(errors="backslashreplace").decode()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _next_request(request: ChatRequest, made: ToolRound) -> ChatRequest:
    """The request of the next round. A choice that forces a tool is for the first one: else it would never end."""
    choice = request.tool_choice
    if choice is not None and choice.mode in ("required", "named"):
        choice = ToolChoice("auto")
    messages = (*request.messages, *made.to_messages())
    return msgspec.structs.replace(request, messages=messages, tool_choice=choice)
