"""Answers requests with recorded answers: over real HTTP, or cut at will.

One server, in a thread of its own, serves every row. The path says which and how:
``/<mode>/<number>/...``, where the rest of the path is whatever the client asks for. Modes:
``whole`` (one write), ``bytewise`` (every byte a chunk of its own) and ``random`` (cut at
places that the row's number seeds). ``CuttingTransport`` does the same without a network,
which is the way to cut every row.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence

from aiohttp import web

from .reading_bedrock import event_stream_body
from .recordings import Row

WHOLE, BYTEWISE, RANDOM = "whole", "bytewise", "random"

NOWHERE = "http://127.0.0.1:9/v1"
"""An address for clients of ``CuttingTransport``, which sends nothing."""

_LINES = ("ollama", "ollama-generate", "cohere-v1")
"""Wire formats that stream a JSON value a line."""

_NAMED_EVENTS = ("anthropic-messages", "cohere-v2")
_NOT_SERVED = {
    "content-type",
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "date",
}
_MEAN_CUT = 40

EDGE = 100_000
"""How many bytes at both ends of a long body are cut one by one; between them the cuts are random."""


def body_of(row: Row) -> bytes:
    """The recorded body. Bare chunks are framed as the server-sent events they were cut from."""
    if row.blob is not None:
        return row.blob
    if row.kind != "ndjson" or row.dialect in _LINES:
        return row.document.encode()
    if row.dialect == "bedrock-converse":
        return event_stream_body(row)
    return b"".join(_event(row, line) for line in row.document.splitlines() if line.strip())


def _event(row: Row, line: str) -> bytes:
    name = f"event: {json.loads(line)['type']}\n" if row.dialect in _NAMED_EVENTS else ""
    return f"{name}data: {line}\n\n".encode()


def headers_of(row: Row) -> dict[str, str]:
    """The recorded headers that say something about the answer rather than about its transfer."""
    kept = {name: value for name, value in row.headers.items() if name.lower() not in _NOT_SERVED}
    streamed = row.kind in ("sse", "ndjson")
    recorded = next((value for name, value in row.headers.items() if name.lower() == "content-type"), None)
    return {
        **{name.lower(): value for name, value in kept.items()},
        "content-type": recorded or ("text/event-stream" if streamed else "application/json"),
    }


def pieces(body: bytes, mode: str, seed: int) -> Iterator[bytes]:
    """The body, cut as the mode says; the same seed cuts at the same places."""
    if mode == WHOLE:
        yield body
    elif mode == BYTEWISE:
        head, middle, tail = _parts(body)
        yield from (head[at : at + 1] for at in range(len(head)))
        yield from _random_pieces(middle, random.Random(seed))
        yield from (tail[at : at + 1] for at in range(len(tail)))
    else:
        yield from _random_pieces(body, random.Random(seed))


def _parts(body: bytes) -> tuple[bytes, bytes, bytes]:
    """Beginning, middle and end. Short bodies have no middle: it is what is too long to cut byte by byte."""
    if len(body) <= 2 * EDGE:
        return body, b"", b""
    return body[:EDGE], body[EDGE:-EDGE], body[-EDGE:]


def _random_pieces(body: bytes, rng: random.Random) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        size = 1 + int(rng.expovariate(1 / _MEAN_CUT))
        yield body[at : at + size]
        at += size


class ReplayServer:
    """Serves rows from a thread of its own, between ``start`` and ``stop``."""

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()
        self.hits: Counter[tuple[str, int]] = Counter()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stopping = asyncio.Event()
        self._port = 0
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def url(self, number: int, mode: str = WHOLE) -> str:
        """The base URL under which row ``number`` answers every request."""
        return f"http://127.0.0.1:{self._port}/{mode}/{number}/v1"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{mode}/{number}/{rest:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        mode, number = request.match_info["mode"], int(request.match_info["number"])
        self.hits[mode, number] += 1
        row = self.rows[number]
        if mode == WHOLE and not row.stream:
            return web.Response(status=row.status, headers=headers_of(row), body=body_of(row))
        return await _stream(request, row, pieces(body_of(row), mode, number))


class CuttingTransport:
    """Answers every request of a client with one row, cut as the mode says."""

    def __init__(self, row: Row, number: int, mode: str) -> None:
        self._answer = _CutAnswer(row, number, mode)

    async def send(self, request: object) -> _CutAnswer:
        return self._answer

    async def aclose(self) -> None:
        """There is nothing to close."""


class _CutAnswer:
    """A recorded answer as the engine reads it: see the library's ``HttpResponse``."""

    def __init__(self, row: Row, number: int, mode: str) -> None:
        self.status = row.status
        self.headers = headers_of(row)
        self._body, self._number, self._mode = body_of(row), number, mode

    async def read(self) -> bytes:
        return self._body

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in pieces(self._body, self._mode, self._number):
            yield piece

    async def finish(self) -> None:
        """The body needs no moment to end."""

    async def close(self) -> None:
        """There is nobody to see a disconnect."""


async def _stream(request: web.Request, row: Row, cut: Iterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(status=row.status, headers=headers_of(row))
    response.enable_chunked_encoding()
    await response.prepare(request)
    for piece in cut:
        await response.write(piece)
    await response.write_eof()
    return response
