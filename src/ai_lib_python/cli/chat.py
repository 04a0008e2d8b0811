"""``ai-lib chat``: one question, one answer."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .._engine.caller import UNEXPECTED
from ..client import AiClient
from ..errors import MissingKeyError
from ..events import ContentDelta, RefusalDelta
from .choice import Choice, choose
from .failures import UsageError, in_short
from .output import say, say_json, tell
from .question import read_question

if TYPE_CHECKING:
    from ..chat import ChatRequestBuilder
    from ..response import Adjustment, CallStats, ChatResponse

__all__ = ["key_in", "run"]


class _Answer(NamedTuple):
    response: ChatResponse
    stats: CallStats


def run(args: Namespace) -> int:
    """Asks, prints, and tells on standard error what else is to know."""
    question = read_question(args.question, sys.stdin)
    key = key_in(args.api_key_env)
    choice = choose(args.model)
    if choice.note:
        tell(choice.note)
    asyncio.run(_ask_or_simulate(args, choice, question, key))
    return 0


def key_in(variable: str | None) -> str | None:
    """The key in the variable that was named; without one the library looks for it itself."""
    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        raise UsageError(f"--api-key-env: {variable} is not set")
    return key


async def _ask_or_simulate(args: Namespace, choice: Choice, question: str, key: str | None) -> None:
    try:
        await _ask(args, choice, question, key)
    except MissingKeyError as error:
        if args.base_url is not None:  # an address was chosen with care: nothing else may answer for it
            raise MissingKeyError(f"{error.message} (--api-key-env NAME)", provider=error.provider) from None
        stand_in = None if error.ledger else choice.simulated()  # a fallback without a key does not undo what was asked
        if stand_in is None:
            raise
        tell(f"{error.message.partition(', or pass')[0]}; this answer is simulated")
        await _ask(args, stand_in, question, None)


async def _ask(args: Namespace, choice: Choice, question: str, key: str | None) -> None:
    client = await AiClient.create(
        choice.model, api_key=key, base_url=args.base_url, on_unsupported="ignore", api=args.api
    )
    async with client:
        chat = _request(client, args, question)
        answer = await (_whole(chat) if args.no_stream else _streamed(chat, show=not args.json))
    if args.json:
        say_json(_as_object(answer, choice.is_simulated))
    elif args.no_stream:
        say(answer.response.content or answer.response.refusal or "")
    _tell_calls(answer.response)
    _tell_adjustments(answer.response.adjustments, everything=args.stats)
    _tell_end(answer.response)
    _tell_who_answered(answer.stats)
    if args.stats:
        tell(_stats_line(answer.stats))


def _request(client: AiClient, args: Namespace, question: str) -> ChatRequestBuilder:
    """The request, with the parameters that were given.

    Raises:
        UsageError: a value is impossible everywhere.
    """
    chat = client.chat()
    try:
        if args.system is not None:
            chat.system(args.system)
        chat.user(question)
        for name in ("temperature", "top_p", "max_tokens", "stop", "timeout", "max_retries", "fallback"):
            if getattr(args, name) is not None:
                getattr(chat, name)(getattr(args, name))
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    return chat


async def _whole(chat: ChatRequestBuilder) -> _Answer:
    return _Answer(*await chat.execute_with_stats())


async def _streamed(chat: ChatRequestBuilder, *, show: bool) -> _Answer:
    """The answer, with its text printed while it comes. What came before an error stays on the screen."""
    async with chat.stream() as stream:
        last = ""
        try:
            async for event in stream:
                if show and isinstance(event, (ContentDelta, RefusalDelta)):
                    print(event.text, end="", flush=True)
                    last = event.text
        finally:
            if last and not last.endswith("\n"):
                say()
        return _Answer(stream.response, stream.stats)


def _tell_calls(response: ChatResponse) -> None:
    for call in response.tool_calls:
        tell(f"the model asks for the tool {call.name}({call.arguments_json})")


def _tell_adjustments(adjustments: tuple[Adjustment, ...], *, everything: bool) -> None:
    """Tells what changed what was asked for, or, for ``--stats``, all that went otherwise."""
    for one in adjustments:
        if everything or one.action in UNEXPECTED:
            tell(f"{one.parameter} {_change(one)}: {one.reason}")


def _change(one: Adjustment) -> str:
    """``dropped (7 asked for)``, ``clamped to 1 (2 asked for)``, ``defaulted to 4096``."""
    sent = "" if one.sent is None else f" to {one.sent!r}" if one.action != "replaced" else f" by {one.sent!r}"
    given = "" if one.given is None else f" ({one.given!r} asked for)"
    return f"{one.action}{sent}{given}"


def _tell_end(response: ChatResponse) -> None:
    """Says so where an answer is not the whole of what the model had to say."""
    if response.finish_reason == "length":
        tell("the answer was cut off: it reached the most tokens it may have (--max-tokens)")
    elif response.finish_reason == "content_filter":
        tell("the answer was cut off by the provider's content filter")


def _tell_who_answered(stats: CallStats) -> None:
    """Says so where it is not the model that was asked first."""
    if sum(attempt.kind == "first" for attempt in stats.ledger) > 1:  # the names may differ though it is the same model
        tell(f"{stats.provider}/{stats.model} has answered; {in_short(stats.ledger)}")


def _stats_line(stats: CallStats) -> str:
    parts = [f"{stats.provider}/{stats.model}", _tokens(stats), f"{stats.latency_ms:.0f} ms"]
    if stats.time_to_first_token_ms is not None:
        parts.append(f"first token after {stats.time_to_first_token_ms:.0f} ms")
    if stats.tokens_per_second is not None:
        parts.append(f"{stats.tokens_per_second:.0f} tokens/s")
    if stats.cost is not None:
        parts.append(f"{stats.cost:f} USD")
    return ", ".join(parts)


def _tokens(stats: CallStats) -> str:
    if stats.total_tokens is None:
        return "tokens not told"
    return f"{stats.prompt_tokens or 0} + {stats.completion_tokens or 0} = {stats.total_tokens} tokens"


def _as_object(answer: _Answer, simulated: bool) -> dict[str, Any]:
    response, stats = answer
    return {
        "content": response.content,
        "refusal": response.refusal,
        "tool_calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in response.tool_calls],
        "reasoning": response.reasoning,
        "finish_reason": response.finish_reason,
        "model": f"{stats.provider}/{stats.model}",
        "simulated": simulated,
        "usage": _with(response.usage, "prompt_tokens", "completion_tokens", "total_tokens"),
        "stats": {
            name: value
            for name, value in _with(stats, "tokens_per_second", "cost", "cost_source", "ledger", "rate_limit").items()
            if name not in ("usage", "bills", "entries", "heard")
        },
        "adjustments": msgspec.to_builtins(response.adjustments),
    }


def _with(struct: Any, *properties: str) -> dict[str, Any]:
    """A struct as a map, with what it works out itself."""
    fields: dict[str, Any] = msgspec.to_builtins(struct)
    return {**fields, **{name: msgspec.to_builtins(getattr(struct, name)) for name in properties}}
