"""Requests of the first chat wire of Cohere, in the words of the unified API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_lib_python.message import Message, MessageRole

from .asked import Asked, Fields, only

_ROLES = {"user": MessageRole.USER, "chatbot": MessageRole.ASSISTANT, "system": MessageRole.SYSTEM}
_NAMES = ("temperature", "max_tokens", "seed", "frequency_penalty", "presence_penalty")


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    preamble = fields.take("preamble")
    asked.messages = [
        *([Message.system(preamble)] if preamble else []),
        *map(_earlier, fields.take("chat_history") or ()),
        Message.user(fields.take("message")),
    ]
    for name in _NAMES:
        asked.take(fields, name, name)
    asked.take(fields, "top_p", "p")
    asked.take(fields, "top_k", "k")
    asked.take(fields, "stop", "stop_sequences")
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = fields.rest
    return asked


def _earlier(recorded: Mapping[str, Any]) -> Message:
    only(recorded, "role", "message", what="an earlier message")
    return Message(_ROLES[recorded["role"].lower()], Message.user(recorded["message"]).parts)
