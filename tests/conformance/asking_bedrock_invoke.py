"""Requests of InvokeModel, whose body is each model family's own, in the words of the unified API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_lib_python.message import Message

from . import asking_anthropic_messages, asking_bedrock_converse
from .asked import Asked, Fields

_PROMPTS = ("prompt", "inputText", "message")
_NAMES = {
    "max_tokens": ("max_tokens", "max_gen_len", "maxTokens", "max_tokens_to_sample"),
    "temperature": ("temperature",),
    "top_p": ("top_p", "p", "topP"),
    "top_k": ("top_k", "k"),
    "stop": ("stop", "stop_sequences", "stopSequences"),
}
_TITAN = {"max_tokens": "maxTokenCount", "temperature": "temperature", "top_p": "topP", "stop": "stopSequences"}


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    if "anthropic_version" in body:
        return asking_anthropic_messages.ask({**body, "anthropic_version": None}, origin)
    if "messages" in body:
        return _nova(body, origin)
    return _prompt(body)


def _nova(body: Mapping[str, Any], origin: str) -> Asked:
    config = dict(body.get("inferenceConfig", {}))
    top_k = config.pop("topK", None)
    asked = asking_bedrock_converse.ask({**body, "inferenceConfig": _newer(config), "schemaVersion": None}, origin)
    if top_k is not None:
        asked.say("top_k", lambda builder: builder.top_k(top_k), "inferenceConfig.topK")
    return asked


def _newer(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"maxTokens" if key == "max_new_tokens" else key: value for key, value in config.items()}


def _prompt(body: Mapping[str, Any]) -> Asked:
    """A family that completes one text."""
    asked, fields = Asked(), Fields(body)
    asked.messages = [Message.user(next(fields.take(name) for name in _PROMPTS if name in body))]
    for parameter, names in _NAMES.items():
        asked.take(fields, parameter, next((name for name in names if name in body), names[0]))
    for parameter, name in _TITAN.items():
        asked.take(fields, parameter, "textGenerationConfig", name)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked
