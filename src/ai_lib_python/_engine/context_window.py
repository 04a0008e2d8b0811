"""Refuses a prompt that cannot fit into the model's context, before it is sent.

Only what surely cannot fit is refused. A token never reaches over the space between two words, so a prompt has at least
as many tokens as it has words. Text without spaces has more than this says, and is left to the provider. With its space
a word is two bytes or more, so only a body of more than twice as many bytes as the model takes tokens is looked at.
"""

from __future__ import annotations

from ..errors import ContextWindowExceeded
from ..message import Part, ToolResult
from ..request import ChatRequest
from .target import Target


def check_window(target: Target, request: ChatRequest, body: bytes) -> None:
    """Refuses what cannot fit.

    Where ``extra_body``, ``extra_headers`` or an address of the caller's own are given, the window may be another one
    than the manifest knows of, so nothing is refused.

    Raises:
        ContextWindowExceeded: the prompt has more words than the model takes tokens.
    """
    if target.is_elsewhere or request.extra_body or request.extra_headers:
        return
    limits = target.manifest.limits_of(request.model)
    most = limits.prompt or limits.context
    if most is None or len(body) <= 2 * most:
        return
    least = least_tokens(request)
    if least > most:
        raise ContextWindowExceeded(
            f"{target.manifest.id}/{request.model} takes {most:,} tokens of prompt, and this one has {least:,} words,"
            " each of them a token or more; nothing was sent. Leave out a part of the conversation, or take a model"
            " with a larger window",
            provider=target.manifest.id,
            model=request.model,
            least_tokens=least,
            window=most,
        )


def least_tokens(request: ChatRequest) -> int:
    """How many tokens the texts of a conversation have at least: one for each word."""
    return sum(_words(part) for message in request.messages for part in message.parts)


def _words(part: Part) -> int:
    if isinstance(part, ToolResult):
        return sum(map(_words, part.parts))
    text = getattr(part, "text", None)
    return len(text.split()) if isinstance(text, str) else 0
