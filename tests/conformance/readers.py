"""What a recorded answer contains, by the reading of its wire format."""

from __future__ import annotations

from collections.abc import Callable

from .reading import (
    MALFORMED,
    REMOTE,
    Expected,
    Malformed,
    codes_of,
    read_anthropic_messages,
    read_cohere_v2,
    read_gemini_generate,
    read_openai_chat,
)
from .reading_bedrock import read_bedrock_converse, read_bedrock_invoke
from .reading_cohere_v1 import read_cohere_v1
from .reading_gemini_interactions import read_gemini_interactions
from .reading_mistral_chat import read_mistral_chat
from .reading_ollama import read_ollama_chat, read_ollama_generate
from .reading_replicate import read_replicate
from .reading_responses import read_openai_responses
from .recordings import Row

READERS: dict[str, Callable[[Row], Expected]] = {
    "anthropic-messages": read_anthropic_messages,
    "bedrock-converse": read_bedrock_converse,
    "bedrock-invoke": read_bedrock_invoke,
    "cohere-v1": read_cohere_v1,
    "cohere-v2": read_cohere_v2,
    "gemini-generate": read_gemini_generate,
    "gemini-interactions": read_gemini_interactions,
    "mistral": read_mistral_chat,
    "ollama": read_ollama_chat,
    "ollama-generate": read_ollama_generate,
    "openai-chat": read_openai_chat,
    "openai-responses": read_openai_responses,
    "replicate": read_replicate,
    "writer-chat": read_openai_chat,
}


def read(row: Row) -> Expected:
    """What the recorded answer contains."""
    if row.status >= 400:
        return Expected(error=REMOTE, status=row.status, codes=codes_of(row))
    try:
        return READERS[row.dialect](row)
    except Malformed:
        return Expected(error=MALFORMED)
