"""A manifest from a few lines, its functions, and their source."""

from __future__ import annotations

from typing import Any

from ai_lib_python._compile.notes import Notes
from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.load import load_file
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python.message import Message
from ai_lib_python.request import ChatRequest


def manifest(**sections: Any) -> Manifest:
    """A provider whose wire is only what the sections say."""
    base = {
        "id": "mine",
        "kind": "dialect",
        "name": "Mine",
        "endpoint": {"base_url": "https://api.mine.example"},
        "request": {
            "path": "/x",
            "turns": {"roles": {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}},
            "body": {},
        },
    }
    return load_file({**base, **sections, "request": {**base["request"], **sections.get("request", {})}})  # type: ignore[dict-item]


def program(**sections: Any) -> Program:
    return Program(manifest(**sections))


def body_of(made: Program, **fields: Any) -> Any:
    """The body that a request makes."""
    request = ChatRequest(**{"model": "m", "messages": (Message.user("hi"),), **fields})
    return made.encode(request, False, Notes())[3]


class Sink:
    """Notes every call of a reader."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: self.told.append((name, args, more))


def told(made: Program, data: Any, section: str = "response") -> list[Any]:
    sink = Sink()
    read = made.read_response if section == "response" else made.read_frame
    read(sink, data)
    return sink.told
