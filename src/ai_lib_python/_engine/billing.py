"""The bill of one answer."""

from __future__ import annotations

from time import time

import msgspec

from ..money.bills import Bill, PriceList
from ..response import Usage
from .assemble import Assembler
from .prepare import Prepared


def bill_of(prepared: Prepared, sink: Assembler, usage: Usage, *, complete: bool) -> Bill:
    """What the cost of an answer depends on; nothing is worked out yet."""
    answered = sink.response_model
    return Bill(
        usage=usage,
        reported=sink.reported_cost,
        models=(prepared.model,) if answered is None else (answered, prepared.model),
        prices=price_list_for(prepared),
        terms=sink.terms,
        beyond=sink.beyond or sink.counts_disagree,
        complete=complete,
        at=time(),
    )


def price_list_for(prepared: Prepared) -> PriceList:
    """Where the prices of a call are to be had: the caller's own first."""
    given = prepared.target.prices
    listed = prepared.program.price_list
    return msgspec.structs.replace(listed, given=given) if given else listed
