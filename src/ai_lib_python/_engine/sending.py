"""Sends one request of a call, reads its answer, and turns what went wrong into the right error."""

from __future__ import annotations

from .._wire.bounds import RAISE
from .._wire.http import HttpRequest, HttpResponse, Transport
from .._wire.urls import shown
from ..errors import AiLibError, ResponseTooLarge
from .deadlines import Watch
from .failures import remote_error, with_context
from .prepare import Prepared


async def send(transport: Transport, prepared: Prepared) -> HttpResponse:
    """Sends a prepared call, and gives an answer whose status is fine.

    Raises:
        RemoteError: the provider answered with an error.
        TransportError: the network failed.
    """
    try:
        answer = await transport.send(prepared.http)
        if not 200 <= answer.status < 300:
            raise remote_error(prepared, answer.status, answer.headers, await answer.read())
    except AiLibError as error:
        error.__context__ = None  # what a task was woken with, where tasks are Python's own: it may show the request
        raise with_context(error, prepared) from error.__cause__
    return answer


def too_large(http: HttpRequest) -> ResponseTooLarge:
    """The error for a body of which more comes than is read."""
    return ResponseTooLarge(f"{shown(http.url)} answered with more than {http.max_bytes:,} bytes{RAISE}")


async def read_body(answer: HttpResponse, prepared: Prepared, watch: Watch | None = None) -> bytes:
    """The whole body of an answer, as far as one may go; an error of the network knows its call.

    ``watch`` is told of each piece that is not blank: some servers send blank lines while the model works.
    """
    pieces: list[bytes] = []
    left = prepared.http.max_bytes
    try:
        async for piece in answer.chunks():
            left -= len(piece)
            if left < 0:
                raise too_large(prepared.http)
            if watch is not None and not piece.isspace():
                watch.content()
            pieces.append(piece)
    except BaseException as error:
        await answer.close()  # the server is to see that nobody reads any more
        if isinstance(error, AiLibError):
            error.__context__ = None  # as above
            raise with_context(error, prepared) from error.__cause__
        raise
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
