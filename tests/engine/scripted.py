"""A transport whose answers are written in the test, and a client that uses it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from ai_lib_python import AiClient
from ai_lib_python._wire.http import HttpRequest

KEY = "planted-key-0123456789abcdef"
"""What must be found nowhere but in the request."""

MODELS = {
    "openai-chat": "openai/gpt-4o",
    "anthropic-messages": "anthropic/claude-haiku-4-5",
    "gemini-generate": "gemini/gemini-2.5-flash",
    "cohere-v2": "cohere/command-a-reasoning-08-2025",
}
"""A model for each dialect."""

SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


class Answer:
    """One answer as the engine sees it. It notes how it was left."""

    def __init__(
        self,
        body: bytes | str | Iterable[bytes] | Any = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        failure: BaseException | None = None,
    ) -> None:
        self.status = status
        self._failure = failure
        self.finished = self.closed = False
        if isinstance(body, (dict, list)) and not _is_pieces(body):
            body, headers = json.dumps(body).encode(), {**JSON, **(headers or {})}
        if isinstance(body, str):
            body = body.encode()
        self._pieces = [body] if isinstance(body, bytes) else list(body)
        self.headers = dict(headers if headers is not None else SSE)

    async def read(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        return b"".join(self._pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._failure is not None:
            raise self._failure

    async def finish(self) -> None:
        self.finished = True

    async def close(self) -> None:
        self.closed = True


def _is_pieces(body: Any) -> bool:
    return isinstance(body, list) and bool(body) and all(isinstance(piece, bytes) for piece in body)


class Script:
    """Gives its answers in order, the last one again and again, and keeps the requests."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []
        self.closed = False

    async def send(self, request: HttpRequest) -> Any:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.closed = True

    @property
    def body(self) -> Any:
        """The body of the last request."""
        return json.loads(self.requests[-1].body)


async def client(
    dialect: str = "openai-chat", *answers: Answer | BaseException, **options: Any
) -> tuple[AiClient, Script]:
    """A client of a dialect, and the script that it talks to."""
    script = Script(*answers)
    options = {"api_key": KEY, "on_unsupported": "ignore", "transport": script, **options}
    return await AiClient.create(MODELS.get(dialect, dialect), **options), script


def sse(*frames: Any, names: bool = False) -> bytes:
    """Frames as server-sent events; a text goes out as it is."""
    return b"".join(_event(frame, names) for frame in frames)


def _event(frame: Any, names: bool) -> bytes:
    data = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
    name = f"event: {frame['type']}\n" if names and isinstance(frame, dict) and "type" in frame else ""
    return f"{name}data: {data}\n\n".encode()
