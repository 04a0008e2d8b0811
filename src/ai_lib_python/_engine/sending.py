"""Sends one request of a call, and turns what went wrong into the right error."""

from __future__ import annotations

from .._wire.http import HttpResponse, Transport
from ..errors import AiLibError
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
