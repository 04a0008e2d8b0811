"""Limits in the way of a call: each attempt waits for its turn, and tells behind it how it went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..limits.gate import Gate, Pass
from ..response import CallStats
from .account import Hold, estimate_of
from .prepare import Prepared

if TYPE_CHECKING:
    from ..errors import AiLibError
    from ..limits.settings import Limits
    from ..response import Heard
    from .order import Order

STALE = 5.0
"""Seconds after which a request that waited is written again: signatures are of a moment, and keys end."""


async def entered(order: Order, limits: Limits, prepared: Prepared) -> tuple[Prepared, Hold]:
    """An attempt whose turn has come, and what is set aside for it; ``prepared`` is the request as it was before.

    Raises:
        HeldBack: the limits do not let it through.
        BudgetExceeded: it does not fit into a budget.
        AiLibError: the request cannot be sent as it is.
    """
    gate, clock = _gate(order, prepared, limits), order.watch.clock
    began = clock()
    order.watch.about = "the turn of the call had not come"
    entry = await gate.enter(order.request.model, estimate_of(order.request, prepared).tokens)
    order.watch.about = None
    try:
        if clock() - began > STALE:
            prepared = await order.prepared()
        return prepared, LimitedHold(order.hold(prepared), entry)
    except BaseException as error:
        entry.leave(error)
        raise


def _gate(order: Order, prepared: Prepared, limits: Limits) -> Gate:
    target = order.target
    return limits.gate(target.manifest.id, target.base_url, target.account_of(prepared.credential))


class LimitedHold(Hold):
    """What is set aside for an attempt, with the pass that lets it through."""

    __slots__ = ("_error", "_has_begun", "_pass")

    def __init__(self, hold: Hold, entry: Pass) -> None:
        super().__init__(hold._usage, hold._held)
        self._pass = entry
        self._error: BaseException | None = None
        self._has_begun = False

    def begun(self, heard: Heard | None) -> None:
        self._has_begun = True
        self._pass.answered(None if heard is None else heard.rate_limit)

    def ends_with(self, error: AiLibError) -> None:
        self._error = error

    def answered(self, stats: CallStats, *, failed: bool = False) -> None:
        super().answered(stats, failed=failed)
        if not self._has_begun:
            self.begun(stats.heard)
        error = self._error
        if error is None and stats.interrupted:
            error = asyncio.CancelledError()  # it tells nothing of the provider
        self._pass.leave(error, stats.usage)

    def failed(self, error: BaseException, prepared: Prepared) -> None:
        super().failed(error, prepared)
        told = getattr(error, "rate_limit", None)
        if told is not None:
            self._pass.answered(told, well=False)
        self._pass.leave(error)

    # What is dropped needs nothing here: the pass is dropped with it, and gives back what it took.
