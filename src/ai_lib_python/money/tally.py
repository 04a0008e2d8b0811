"""Bills added up before anybody prices them: most programs never ask what all their calls cost.

Bills for which the same prices hold are one heap, whose counts are priced together; that comes to the same amount,
because within one tier a cost is so much for a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import astuple

from ..response import Usage, sum_of
from .bills import Bill, PriceList
from .prices import price_of

LOWEST_TIER = 32_000
"""Tokens of the shortest prompt for which the library of prices has other prices than for short ones.

Up to here prompts of all lengths are one heap. A test holds it against the library's data.
"""

OUTPUT, REASONING = map(Usage.__struct_fields__.index, ("output", "reasoning"))
"""Where those stand among the counts of a usage: before them stand those of the prompt, behind them parts of others."""

NOT_SOME = {None: "not told", 0: "none"}
"""What a count is, where it is not some."""

QUARTER = 900
"""Seconds in which no price changes: those that change do so on full and half hours."""

MOST_HEAPS = 4096
"""How many heaps are kept before they are priced after all: those of six weeks without a pause."""


class Heap(msgspec.Struct):
    """Bills for which the same prices hold.

    Attributes:
        like: one of them.
        prompt: tokens of the prompt of each; 0 where all are too short for the number to matter.
        calls: how many they are.
        usage: their counts together.
    """

    like: Bill
    prompt: int
    calls: int = 0
    usage: Usage = Usage()


class Tally:
    """What bills come to.

    Attributes:
        cost: US dollars of those that are priced and known.
        unknown: how many are priced, and of unknown cost.
    """

    def __init__(self) -> None:
        self.cost = Decimal(0)
        self.unknown = 0
        self._heaps: dict[tuple[Any, ...], Heap] = {}
        self._lists: dict[int, tuple[PriceList, int]] = {}

    def add(self, bills: Iterable[Bill]) -> None:
        """Counts bills, and prices none, unless there are too many kinds of them."""
        piles: dict[tuple[Any, ...], list[Bill]] = {}
        for bill in bills:
            if bill.reported is not None:
                self.cost += bill.reported
            elif not bill.can_be_priced:
                self.unknown += 1
            else:
                piles.setdefault(self._kind(bill), []).append(bill)
        for kind, pile in piles.items():
            self._pile_up(kind, pile)
        if len(self._heaps) > MOST_HEAPS:
            self.settle()

    def settle(self) -> None:
        """Prices what has been added."""
        for heap in self._heaps.values():
            cost = _cost_of(heap)
            if cost is None:
                self.unknown += heap.calls
            else:
                self.cost += cost
        self._heaps.clear()
        self._lists.clear()

    def _pile_up(self, kind: tuple[Any, ...], pile: list[Bill]) -> None:
        heap = self._heaps.get(kind)
        if heap is None:
            heap = self._heaps[kind] = Heap(pile[0], kind[0])
        heap.calls += len(pile)
        heap.usage = sum_of([heap.usage, *[bill.usage for bill in pile]])

    def _kind(self, bill: Bill) -> tuple[Any, ...]:
        """What two bills must have in common to be priced together. Every call comes by here, so it is written out."""
        listed = bill.prices
        known = self._lists.get(id(listed)) or self._noticed(listed)
        counts = astuple(bill.usage)
        is_odd = any(counts[REASONING:]) and _is_odd(bill.usage)
        told = counts if is_odd else tuple(map(NOT_SOME.get, counts))
        prompt = sum(filter(None, counts[:OUTPUT])) + (bill.usage.tool_input or 0)
        terms = bill.terms and tuple(bill.terms.items())
        return prompt if prompt > known[1] else 0, told, bill.models, id(listed), terms or (), bill.at // QUARTER

    def _noticed(self, listed: PriceList) -> tuple[PriceList, int]:
        """The list, kept so that no other one gets its identity, and its lowest tier."""
        known = self._lists[id(listed)] = (listed, min(LOWEST_TIER, listed.lowest_tier))
        return known


def _cost_of(heap: Heap) -> Decimal | None:
    like = heap.like
    found = like.prices.found(like.models, like.terms, like.at)
    if found is None:
        return None
    return price_of(heap.usage, found[1], like.prices.zeros, calls=heap.calls, prompt=heap.prompt)


def _is_odd(usage: Usage) -> bool:
    """Whether parts may be more than their whole, which others' counts would hide."""
    inputs = (usage.audio_input or 0) + (usage.image_input or 0)
    outputs = (usage.reasoning or 0) + (usage.audio_output or 0) + (usage.image_output or 0)
    return (
        inputs > (usage.input or 0)
        or outputs > (usage.output or 0)
        or (usage.cache_write_1h or 0) > (usage.cache_write or 0)
        or (usage.audio_cache_read or 0) > min(usage.cache_read or 0, usage.audio_input or 0)
    )
