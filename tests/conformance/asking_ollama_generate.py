"""Requests of Ollama's completion of one prompt, in the words of the unified API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_lib_python.message import ImagePart, Message, TextPart

from .asked import Asked, Fields
from .asking_ollama_chat import say_options


def ask(body: Mapping[str, Any], origin: str) -> Asked:
    """The calls that ask for what ``body`` asks for; ``origin`` is the provider's API."""
    asked, fields = Asked(), Fields(body)
    system = fields.take("system")
    pictures = [ImagePart(data=data, media_type="image/png") for data in fields.rest.pop("images", [])]
    asked.messages = [
        *([Message.system(system)] if system else []),
        Message.user([TextPart(fields.take("prompt")), *pictures]),
    ]
    say_options(asked, fields)
    for name in ("model", "stream"):
        fields.take(name)
    asked.extra_body = {key: value for key, value in fields.rest.items() if value != {}}
    return asked
