"""Which API of which provider speaks the wire on which a row was recorded."""

from __future__ import annotations

from functools import cache

from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest

from .recordings import Row

PROVIDERS = {
    "alibaba": "qwen",
    "anthropic": "anthropic",
    "api.portkey.ai": "portkey",
    "avian": "avian",
    "aws-bedrock": "bedrock",
    "azure-ai": "azure-ai",
    "azure-openai": "azure",
    "cerebras": "cerebras",
    "cloudflare": "cloudflare",
    "cohere": "cohere",
    "crusoe": "crusoe",
    "databricks": "databricks",
    "deepseek": "deepseek",
    "doubleword": "doubleword",
    "github-copilot": "github-copilot",
    "google-gemini": "gemini",
    "google-vertex": "vertex",
    "gpustack": "gpustack",
    "groq": "groq",
    "huggingface": "huggingface",
    "llamacpp-local": "llamacpp",
    "local": "vllm",
    "mistral": "mistral",
    "mistralrs-local": "mistralrs",
    "moonshot": "moonshot",
    "ollama-cloud": "ollama-cloud",
    "ollama-local": "ollama",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "replicate": "replicate",
    "snowflake": "snowflake",
    "together": "together",
    "venice": "venice",
    "vercel-ai-gateway": "vercel",
    "writer": "writer",
    "xai": "xai",
    "zai": "zai",
}
"""The manifest for a recorded host; others are read by the provider that their wire format is at home with."""

HOMES = {
    "anthropic-messages": "anthropic",
    "bedrock-converse": "bedrock",
    "bedrock-invoke": "bedrock",
    "cohere-v1": "cohere",
    "cohere-v2": "cohere",
    "gemini-generate": "gemini",
    "gemini-interactions": "gemini",
    "mistral": "mistral",
    "ollama": "ollama",
    "ollama-generate": "ollama",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "replicate": "replicate",
    "writer-chat": "writer",
}
"""The provider that each recorded wire format is at home with."""

DIALECTS = {
    "mistral": "mistral-chat",
    "ollama": "ollama-chat",
    "replicate": "replicate-predictions",
    "writer-chat": "openai-chat",
}
"""The dialects that are called otherwise in the recordings."""


def speaker(row: Row) -> Manifest:
    """The API of the recorded provider that speaks this wire; else the one of the wire's home."""
    return _speaker(PROVIDERS.get(row.provider, ""), row.dialect)


@cache
def _speaker(provider: str, recorded: str) -> Manifest:
    dialect = DIALECTS.get(recorded, recorded)
    for id in filter(None, (provider, HOMES[recorded])):
        own = load(id)
        speaks = (each for each in (own, *own.for_all_apis()) if each.dialect == dialect)
        if found := next(speaks, None):
            return found
    raise LookupError(f"no API speaks {dialect}")
