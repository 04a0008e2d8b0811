"""The manifest language: any section gives functions or a ManifestError, and the functions raise only what they may.

An input is a JSON object: sections of a manifest, which stand in for those of a small whole one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec

from ai_lib_python import ContentBlock, Message, ToolCall, ToolDefinition
from ai_lib_python._compile.filters import Unreadable
from ai_lib_python._compile.notes import Notes
from ai_lib_python._compile.program import Program
from ai_lib_python._engine.assemble import Assembler, ErrorInAnswer
from ai_lib_python._engine.encode import encode
from ai_lib_python._manifest import folders
from ai_lib_python._manifest.load import load_file
from ai_lib_python._manifest.yaml_source import read
from ai_lib_python.errors import ManifestError, UnsupportedError
from ai_lib_python.request import ChatRequest

SECTIONS = (
    "fragments", "request", "parameters", "response", "stream", "usage", "finish", "errors", "serve", "follow",
    "list_models", "models", "routes", "reasoning_tags", "media", "limits", "prices", "estimate", "auth",
)  # fmt: skip

BASE: dict[str, Any] = {
    "id": "fuzz",
    "kind": "dialect",
    "name": "Fuzz",
    "endpoint": {"base_url": "https://fuzz.example"},
    "auth": {"scheme": "bearer"},
    "request": {
        "path": "/x",
        "turns": {"roles": {"user": "user", "assistant": "bot", "system": "system", "tool": "tool"}},
        "body": {"model": "$model", "turns": {"$each": "$turns", "$do": {"role": ".role", "text": ".joined"}}},
    },
    "response": {"steps": {"text": ".text", "finish": ".why", "usage": ".usage"}},
    "usage": {"prompt": ".in", "output": ".out"},
}

ANSWERS: tuple[Any, ...] = (
    {"text": "hi", "why": "end", "usage": {"in": 3, "out": 4}, "a": [{"b": 1, "c": ["x"]}], "error": {"message": "m"}},
    {"choices": [{"index": 0, "delta": {"content": "x", "tool_calls": [{"id": "i", "function": {"name": "f"}}]}}]},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}, "content": [1, None]},
    [], None, 5, "text", [[{}]], {"": {"": ""}},
)  # fmt: skip


def seeds() -> Iterator[bytes]:
    """The sections of every dialect, each alone with the fragments that it may use."""
    for path in sorted(path for folder in folders.BUNDLED for path in folder.glob("*.yaml")):
        data = read(path).data
        if data.get("kind") != "dialect":
            continue
        for section in SECTIONS:
            if section in data:
                yield json.dumps({"fragments": data.get("fragments", {}), section: data[section]}).encode()


def hold(data: bytes) -> None:
    """Fails where the compiler, or a function that it wrote, lets out what it must not."""
    try:
        given = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return
    if isinstance(given, dict):
        hold_sections({key: value for key, value in given.items() if key in SECTIONS})


def hold_sections(sections: dict[str, Any]) -> None:
    try:
        manifest = load_file({**BASE, **sections})
        program = Program(manifest)
        for title, write in program.writers():
            compile(write().source(), title, "exec")
    except ManifestError as error:
        assert str(error), "an error without a word"  # noqa: PT017  # what else comes is for the fuzzer to say
        return
    _run(lambda: _read_all(program))
    _run(lambda: [program.classify(status, {"retry-after": "1"}, body) for status in (200, 429) for body in ANSWERS])
    for request in _requests():
        for stream in (False, True):
            _run(lambda request=request, stream=stream: encode(manifest, program, request, stream, Notes()))


def _read_all(program: Program) -> None:
    for read_one in (program.read_response, program.read_frame):
        for answer in ANSWERS:
            sink = Assembler(program.finish, "fuzz", [], tags=program.tags)
            try:
                read_one(sink, answer, "delta", {"x": "y"})
            except (ErrorInAnswer, Unreadable):
                continue
            sink.close()
            sink.response("fuzz")


def _run(step: Callable[[], Any]) -> None:
    """What is found only when a function is needed is a ManifestError too; what a wire cannot say is told as such."""
    try:
        step()
    except (ManifestError, UnsupportedError):
        return


@cache
def _requests() -> tuple[ChatRequest, ...]:
    history = (
        Message.system("Be brief."),
        Message.user(["see", ContentBlock.image_base64("aGk=", "image/png")]),
        Message.assistant("text", tool_calls=[ToolCall("call_1", "f", '{"x": 1}')]),
        Message.tool("call_1", "done"),
    )
    tool = ToolDefinition("f", "does", {"type": "object", "properties": {"x": {"type": "integer"}}})
    return (
        ChatRequest(model="m", messages=(Message.user("hi"),)),
        ChatRequest(model="m", messages=history, temperature=0.5, max_tokens=5, seed=1, stop=("a",), tools=(tool,)),
    )
