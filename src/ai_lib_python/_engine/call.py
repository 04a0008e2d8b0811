"""One plain call: send, read, assemble."""

from __future__ import annotations

from time import perf_counter

from .._wire.http import HttpResponse, Transport
from ..errors import AiLibError
from ..response import CallStats, ChatResponse
from .failures import remote_error, with_context
from .prepare import Prepared
from .read_answer import read_answer

MILLISECONDS = 1000.0


async def send(transport: Transport, prepared: Prepared) -> HttpResponse:
    """Sends a prepared call and gives an answer whose status is fine.

    Raises:
        RemoteError: the provider answered with an error.
        TransportError: the network failed.
    """
    try:
        answer = await transport.send(prepared.http)
        if not 200 <= answer.status < 300:
            body = await answer.read()
            raise remote_error(prepared, answer.status, answer.headers, body)
    except AiLibError as error:
        raise with_context(error, prepared) from error.__cause__
    return answer


async def execute(transport: Transport, prepared: Prepared) -> tuple[ChatResponse, CallStats]:
    """Performs one plain call."""
    started = perf_counter()
    answer = await send(transport, prepared)
    try:
        body = await answer.read()
    except AiLibError as error:
        raise with_context(error, prepared) from error.__cause__
    response = read_answer(prepared, answer.status, answer.headers, body)
    elapsed = (perf_counter() - started) * MILLISECONDS
    return response, CallStats(
        provider=prepared.manifest.id,
        model=response.model or prepared.model,
        usage=response.usage,
        latency_ms=elapsed,
        finish_reason=response.finish_reason,
        request_id=prepared.program.request_id(answer.headers, response.raw),
    )
