"""A server in a thread of the tests, which tells one connection from another."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType
from typing import Any

WHOLE = b'{"id": "c", "model": "m", "choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}'
PIECE = b'data: {"id": "c", "choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": null}]}\n\n'
END = b'data: {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'

ENDLESS = "for ever"
"""A prompt whose stream never ends."""

COUNT = "how many have gone?"
"""A prompt that is answered with the number of connections that have ended."""

SILENT = "say nothing"
"""A prompt that is never answered."""


class Server:
    """Answers ``hello``, plain and streamed, between ``with`` and its end.

    Attributes:
        asked: for each request the number of the connection that it came by, from 1.
        open: how many connections are open now.
        gone: how many have ended.
    """

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.connections = self.open = self.gone = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="server", daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def wait_until_gone(self, connections: int, within: float = 5) -> None:
        """Waits until that many connections have ended."""
        late = time.monotonic() + within
        while self.gone < connections:
            assert time.monotonic() < late, f"{self.gone} of {connections} connections have ended"
            time.sleep(0.005)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[Any] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        number = self.connections
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(size)
                self.asked.append(number)
                self._answer(body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone += 1
        finally:
            self.open -= 1
            writer.close()

    def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        if SILENT.encode() in body:
            return
        if b'"stream":true' not in body:
            answer = WHOLE.replace(b"hello", b"%d" % self.gone) if COUNT.encode() in body else WHOLE
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)
            writer.write(head + answer)
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(_chunked(PIECE))
        if ENDLESS.encode() not in body:
            writer.write(_chunked(END) + b"0\r\n\r\n")


def _chunked(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)
