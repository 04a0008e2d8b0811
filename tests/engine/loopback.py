"""A server on loopback that speaks just enough HTTP, and notes when clients come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from ai_lib_python import AiClient

from .scripted import KEY, sse


def frame(text: str) -> bytes:
    return sse({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


END = sse({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "[DONE]")
PLAIN = b'{"id": "c", "model": "m", "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}'


def whole(body: bytes, status: str = "200 OK", kind: str = "application/json", extra: str = "") -> bytes:
    """An answer with a length."""
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n".encode() + body


CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunked(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


class Exchange:
    """One request, and the means to answer it."""

    def __init__(self, server: Loopback, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.server, self.head, self.body, self._writer = server, head, body, writer

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._writer.write(piece)
        await self._writer.drain()

    async def stream(self, *pieces: bytes, end: bool = True) -> None:
        await self.send(CHUNKED, *(chunked(piece) for piece in pieces), *([b"0\r\n\r\n"] if end else []))

    def hang_up(self) -> None:
        self._writer.close()


Handler = Callable[[Exchange], Awaitable[None]]


class Loopback:
    """``async with Loopback(handler) as server``"""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.exchanges: list[Exchange] = []
        self.connections = self.open = self.most_open = 0
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()
        self.gone_at = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> Loopback:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._tasks: set[Any] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def client(self, **options: Any) -> AiClient:
        return await AiClient.create(
            "openai/gpt-4o", **{"api_key": KEY, "base_url": self.url, "max_retries": 0, **options}
        )

    async def seen_gone(self, since: float, within: float = 0.3) -> None:
        """Waits until a client has hung up."""
        await asyncio.wait_for(self.gone.wait(), 2)
        assert self.gone_at - since < within

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        answering: list[asyncio.Task[None]] = []
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                exchange = Exchange(self, head, await reader.readexactly(size), writer)
                self.exchanges.append(exchange)
                self.asked.set()
                answering.append(asyncio.ensure_future(_ignoring(self._handler(exchange))))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone_at = monotonic()
            self.gone.set()
        finally:
            self.open -= 1
            for task in answering:
                task.cancel()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _ignoring(handled: Awaitable[None]) -> None:
    with suppress(ConnectionError):
        await handled
