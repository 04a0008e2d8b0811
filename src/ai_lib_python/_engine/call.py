"""One plain call: send, read, assemble."""

from __future__ import annotations

from time import perf_counter

from .._wire.http import Transport
from ..response import CallStats, ChatResponse
from .billing import bill_of
from .follow import Follower, Receipt, read_body
from .prepare import Prepared
from .read_answer import read_answer
from .sending import send

MILLISECONDS = 1000.0


async def execute(transport: Transport, prepared: Prepared) -> tuple[ChatResponse, CallStats]:
    """Performs one plain call."""
    started = perf_counter()
    follow = prepared.program.follow
    follower = None if follow is None else Follower(transport, prepared, follow)
    answer = await send(transport, prepared)
    receipt = Receipt(answer.status, answer.headers, await read_body(answer, prepared))
    if follower is not None:
        receipt = await follower.whole(receipt)
        prepared = follower.asked
    response, sink = read_answer(prepared, *receipt)
    elapsed = (perf_counter() - started) * MILLISECONDS
    return response, CallStats(
        provider=prepared.manifest.id,
        model=response.model or prepared.model,
        usage=response.usage,
        latency_ms=elapsed,
        finish_reason=response.finish_reason,
        request_id=prepared.program.request_id(receipt.headers, response.raw),
        bills=(bill_of(prepared, sink, response.usage, complete=True),),
    )
