"""One attempt at a plain call: send, read, assemble."""

from __future__ import annotations

from time import perf_counter

from .._wire.http import Transport
from ..response import CallStats, ChatResponse
from .billing import bill_of
from .failures import heard
from .order import Order
from .prepare import Prepared
from .read_answer import read_answer
from .sending import read_body, send

MILLISECONDS = 1000.0


async def execute(transport: Transport, order: Order, prepared: Prepared) -> tuple[ChatResponse, CallStats]:
    """Performs one attempt."""
    started = perf_counter()
    answer = await send(transport, prepared)
    status, headers = answer.status, answer.headers
    follow = prepared.program.follow
    if follow is None:
        body = await read_body(answer, prepared, order.watch)
    else:
        from .follow import Follower, Receipt  # for calls of two steps

        follower = Follower(transport, prepared, follow, order.watch, order.retries)
        receipt = Receipt(status, headers, await read_body(answer, prepared))
        status, headers, body = await follower.whole(receipt)
        prepared = follower.asked
    response, sink = read_answer(prepared, status, headers, body)
    elapsed = (perf_counter() - started) * MILLISECONDS
    return response, CallStats(
        provider=prepared.manifest.id,
        model=response.model or prepared.model,
        usage=response.usage,
        latency_ms=elapsed,
        finish_reason=response.finish_reason,
        request_id=prepared.program.request_id(headers, response.raw),
        bills=(bill_of(prepared, sink, response.usage, complete=True),),
        status_code=status,
        heard=heard(prepared, headers),
    )
