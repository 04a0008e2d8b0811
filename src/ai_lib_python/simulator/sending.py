"""Requests off the wire and replies onto it. The simulator's HTTP library is imported here."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from .._engine.failures import parse_body
from .faulting import End, Step, steps
from .received import ReceivedRequest
from .replying import Reply


async def received(request: web.BaseRequest) -> ReceivedRequest:
    """The request with its whole body."""
    raw = await request.content.read()
    return ReceivedRequest(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        raw=raw,
        body=parse_body(raw),
    )


async def send(request: web.BaseRequest, reply: Reply, pace: float) -> web.StreamResponse:
    """Sends a reply, frame by frame where it is a stream."""
    if reply.fault is not None:
        return await _send_faulty(request, steps(reply, reply.fault))
    if reply.body is None:
        return await _send_stream(request, reply, pace if reply.pace is None else reply.pace)
    if reply.cut_after is None:
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
    return await _send_half(request, reply.body, reply)


def nobody() -> web.StreamResponse:
    """What is given back when whoever asked has left: it reaches no one."""
    return web.Response()


async def _send_stream(request: web.BaseRequest, reply: Reply, pace: float) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    await response.prepare(request)
    for number, piece in enumerate(reply.pieces):
        if number == reply.cut_after:
            return _cut(request, response)
        if number and pace:
            await asyncio.sleep(pace)
        await response.write(piece)
    if reply.cut_after is not None:
        return _cut(request, response)
    await response.write_eof()
    return response


async def _send_half(request: web.BaseRequest, body: bytes, reply: Reply) -> web.StreamResponse:
    """Half of a body whose length was promised."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return _cut(request, response)


async def _send_faulty(request: web.BaseRequest, faulty: Iterator[Step]) -> web.StreamResponse:
    """Writes to the connection itself: the HTTP library would not say what is wrong."""
    for step in faulty:
        connection = request.transport
        if connection is None or connection.is_closing():
            raise ConnectionResetError("the client has left")
        if isinstance(step, bytes):
            connection.write(step)
            await request.writer.drain()
        elif isinstance(step, End):
            await _leave(connection, step)
        else:
            await asyncio.sleep(step)
    return _Sent()


async def _leave(connection: asyncio.Transport, how: End) -> None:
    if how is End.STALL:
        await asyncio.Event().wait()  # who leaves ends it
    elif how is End.RESET:
        at_once = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        connection.abort()
    elif how is End.CLOSE:
        connection.close()


class _Sent(web.StreamResponse):
    """A response of which everything has been written already."""

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> None:
        """The head has been sent."""

    async def write_eof(self, data: Any = b"") -> None:
        """The body has been sent."""


def _cut(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    """Breaks the connection behind what has been written."""
    if request.transport is not None:
        request.transport.close()
    return response
