"""Requests off the wire and replies onto it. The simulator's HTTP library is imported here."""

from __future__ import annotations

import asyncio

from aiohttp import web

from .._engine.failures import parse_body
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


def _cut(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    """Breaks the connection behind what has been written."""
    if request.transport is not None:
        request.transport.close()
    return response
