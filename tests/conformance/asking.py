"""A recorded request of any wire, read back into calls on the public builder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import (
    asking_anthropic_messages,
    asking_bedrock_converse,
    asking_bedrock_invoke,
    asking_cohere_v1,
    asking_cohere_v2,
    asking_gemini_generate,
    asking_gemini_interactions,
    asking_mistral_chat,
    asking_ollama_chat,
    asking_ollama_generate,
    asking_openai_chat,
    asking_openai_responses,
)
from .asked import Asked, Inexpressible, Unread, Why
from .recorded import Recorded
from .speaking import speaker

_READERS: dict[str, Callable[[Mapping[str, Any], str], Asked]] = {
    "openai-chat": asking_openai_chat.ask,
    "anthropic-messages": asking_anthropic_messages.ask,
    "gemini-generate": asking_gemini_generate.ask,
    "cohere-v2": asking_cohere_v2.ask,
    "mistral": asking_mistral_chat.ask,
    "ollama": asking_ollama_chat.ask,
    "bedrock-converse": asking_bedrock_converse.ask,
    "bedrock-invoke": asking_bedrock_invoke.ask,
    "openai-responses": asking_openai_responses.ask,
    "gemini-interactions": asking_gemini_interactions.ask,
    "cohere-v1": asking_cohere_v1.ask,
    "ollama-generate": asking_ollama_generate.ask,
    "writer-chat": asking_openai_chat.ask,
}


def ask(recorded: Recorded) -> Asked:
    """The calls that ask for the same.

    Raises:
        Inexpressible: the unified API has no words for it.
        Unread: the request is of a shape that no reader knows.
    """
    if recorded.body is None:
        raise Inexpressible(Why.NO_REQUEST, recorded.id)
    try:
        return _READERS[recorded.row.dialect](recorded.body, speaker(recorded.row).origin)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unread(f"{type(error).__name__}: {error}") from error
