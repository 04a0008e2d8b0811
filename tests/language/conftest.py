"""What the tests of the language share: a small wire format to vary, and a transport that says its lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from ai_lib_python import AiClient, ChatResponse, ContentBlock, ToolDefinition
from ai_lib_python._manifest.yaml_source import parse
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.events import StreamingEvent
from ai_lib_python.preview import RequestPreview

BASE = """
id: toy
endpoint: {base_url: https://toy.example}
auth: {scheme: none}
request:
  path: /chat
  turns: {roles: {system: system, user: user, assistant: assistant, tool: tool}}
  body: {messages: {$each: $turns, $do: {role: .role, text: .text}}}
response:
  steps: {text: .text, finish: .why, usage: .usage}
stream:
  framing: ndjson
  ends: [finish]
  steps: {text: .text, finish: .why, usage: .usage}
finish: {map: {done: stop}}
"""
"""As little as a wire can have. A test lays its own keys over it; they replace what is there."""


TOOL = ToolDefinition("add", "Adds", {"type": "object"})
IMAGE = ContentBlock.image_base64("AAAA", "image/png")


class Answer:
    """One scripted answer: bytes, a list of them, or what becomes JSON."""

    def __init__(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        if isinstance(body, list) and all(isinstance(piece, bytes) for piece in body):
            self._pieces = body
        else:
            self._pieces = [body if isinstance(body, bytes) else json.dumps(body).encode()]
        self.status = status
        self.headers = headers or {}

    async def read(self) -> bytes:
        return b"".join(self._pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    async def finish(self) -> None: ...

    async def close(self) -> None: ...


class Scripted:
    """A transport that gives its answers in order, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> Answer:
        self.requests.append(request)
        return next(self._answers)

    async def aclose(self) -> None: ...


def manifest_of(text: str) -> dict[str, Any]:
    """The small wire with the keys of ``text`` in the place of its own."""
    return {**parse(BASE, "base").data, **(parse(text, "test").data if text.strip() else {})}


def told(preview: RequestPreview) -> set[tuple[str, str]]:
    """What went out otherwise than it was given, and how."""
    return {(item.parameter, item.action) for item in preview.adjustments}


def parameters(rules: str) -> str:
    return f"parameters: {rules}"


async def client_of(text: str, *answers: Any, **options: Any) -> tuple[AiClient, Scripted]:
    """A client of the small wire, and the transport that gives it these answers."""
    transport = Scripted(*(answer if isinstance(answer, Answer) else Answer(answer) for answer in answers))
    options = {"manifest": manifest_of(text), "transport": transport, "max_retries": 0, **options}
    return await AiClient.create("toy/m-1", **options), transport


Preview = Callable[..., Awaitable[RequestPreview]]
Execute = Callable[..., Awaitable[ChatResponse]]
Stream = Callable[..., Awaitable[tuple[list[StreamingEvent], ChatResponse]]]


@pytest.fixture
def preview() -> Preview:
    """What would be sent. ``ask`` gets the builder and may add to it; by default it says Hello."""

    async def preview(
        text: str, ask: Any = None, *, model: str = "m-1", stream: bool = False, **options: Any
    ) -> RequestPreview:
        client = await AiClient.create(f"toy/{model}", manifest=manifest_of(text), **options)
        chat = client.chat().user("Hello") if ask is None else ask(client.chat())
        return chat.preview(stream=stream)

    return preview


@pytest.fixture
def execute() -> Execute:
    """The response that is read from an answer."""

    async def execute(
        text: str, answer: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> ChatResponse:
        client, _ = await client_of(text, Answer(answer, status, headers))
        return await client.chat().user("Hello").execute()

    return execute


@pytest.fixture
def stream() -> Stream:
    """The events and the response that are read from a streamed answer: bytes, or one JSON value a line."""

    async def stream(text: str, *answer: Any) -> tuple[list[StreamingEvent], ChatResponse]:
        pieces = [item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in answer]
        client, _ = await client_of(text, Answer(pieces))
        async with client.chat().user("Hello").stream() as opened:
            events = [event async for event in opened]
        return events, opened.response

    return stream
