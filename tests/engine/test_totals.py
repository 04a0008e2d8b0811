"""What many calls cost together, worked out at once: the same as one by one, and only when somebody asks."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_lib_python import Usage
from ai_lib_python.money import tally
from ai_lib_python.money.bills import Bill, ModelPrices, PriceList
from ai_lib_python.money.prices import prices_from
from ai_lib_python.money.tally import LOWEST_TIER, QUARTER, Tally

DEAR = prices_from(
    {
        "input": "2.5",
        "cache_read": "0.25",
        "cache_write_1h": "5",
        "output": "10",
        "reasoning": "12",
        "audio_input": "40",
        "image_output": "30",
        "web_search": "0.01",
        "request": "0.003",
        "tiers": {1000: {"input": "5", "output": "15", "request": "0.007"}, 40_000: {"input": "9"}},
    }
)
CHEAP = prices_from({"input": "0.1", "output": "0.4"})
LISTS = (
    PriceList(given=(ModelPrices(("dear",), DEAR), ModelPrices(("cheap",), CHEAP))),
    PriceList(stated=(ModelPrices(("*",), CHEAP),), zeros=frozenset({"reasoning", "cache_read"})),
)

counts = st.one_of(st.none(), st.sampled_from([0, 1, 7, 600, 1000, 1001, 39_999, 60_000]))
usages = st.builds(Usage, **dict.fromkeys(Usage.__struct_fields__, counts))
zero = st.just(0)
small = st.builds(
    Usage,
    input=st.sampled_from([0, 1, 900, 1001, 50_000]),
    cache_read=counts,
    cache_write=st.sampled_from([None, 0, 5]),
    cache_write_1h=st.sampled_from([0, 5]),
    output=st.integers(0, 50),
    reasoning=st.integers(0, 30),
    audio_input=zero,
    image_output=zero,
    web_searches=st.integers(0, 2),
)
bills = st.builds(
    Bill,
    usage=st.one_of(small, usages),
    models=st.sampled_from([("dear",), ("cheap",), ("unheard",), ("dear-2026", "dear")]),
    prices=st.sampled_from(LISTS),
    terms=st.sampled_from([{}, {"service_tier": "flex"}]),
    reported=st.sampled_from([None, None, None, Decimal("0.125")]),
    beyond=st.sampled_from([False, False, True]),
    complete=st.sampled_from([True, True, False]),
    at=st.sampled_from([1795000000.0, 1795000001.0, 1795009000.0]),
)


@settings(max_examples=300)
@given(st.lists(bills, max_size=40), st.integers(0, 40))
def test_bills_come_to_the_same_together_as_one_by_one(all_bills: list[Bill], asked_after: int) -> None:
    together = Tally()
    together.add(all_bills[:asked_after])
    together.settle()
    together.add(all_bills[asked_after:])
    together.settle()
    costs = [bill.cost for bill in all_bills]
    assert together.cost == sum((cost for cost in costs if cost is not None), Decimal(0))
    assert together.unknown == costs.count(None)


def test_a_price_for_each_request_is_counted_for_each() -> None:
    together = Tally()
    together.add(
        [Bill(usage=Usage(1, 0, 0, 1, 0, audio_input=0, image_output=0), models=("dear",), prices=LISTS[0])] * 3
    )
    together.settle()
    assert together.cost == 3 * (Decimal("0.003") + Decimal("12.5") / 1_000_000)


def test_there_is_a_limit_to_what_is_kept_without_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST_HEAPS", 3)
    together = Tally()
    for quarter in range(10):
        together.add([Bill(usage=Usage(10, output=1), models=("cheap",), prices=LISTS[0], at=quarter * QUARTER)])
        assert len(together._heaps) <= 3
    together.settle()
    assert together.cost == 10 * Decimal("1.4") / 1_000_000


def test_many_calls_load_nothing_of_the_library_before_somebody_asks_for_their_cost() -> None:
    code = """
import asyncio, sys
from ai_lib_python import AiClient
from ai_lib_python.simulator import Simulator
async def main():
    async with Simulator() as simulator, await AiClient.create(
        "openai/gpt-4o", base_url=simulator.address("openai"), api_key="any"
    ) as client:
        await asyncio.gather(*(client.chat().user("Hi").execute() for _ in range(600)))
        print(client.usage.requests, client.usage.total_tokens > 600, "genai_prices" in sys.modules)
        client.usage.cost
        print("genai_prices" in sys.modules)
asyncio.run(main())
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["600", "True", "False", "True"]


def test_no_price_of_the_library_changes_below_the_lowest_tier_or_within_a_quarter_of_an_hour() -> None:
    data = pytest.importorskip("genai_prices").data_snapshot.get_snapshot()
    stated = [entry for provider in data.providers for model in provider.models for entry in _entries(model.prices)]
    starts = {tier.start for entry in stated for price in vars(entry.prices).values() for tier in _tiers(price)}
    moments = [moment for entry in stated for moment in _moments(getattr(entry, "constraint", None))]
    assert min(starts) >= LOWEST_TIER
    assert moments
    assert all(moment.minute % 15 == 0 and moment.second == 0 for moment in moments)


class _Always:
    def __init__(self, prices: Any) -> None:
        self.prices = prices


def _entries(prices: Any) -> list[Any]:
    return prices if isinstance(prices, list) else [_Always(prices)]


def _tiers(price: Any) -> Any:
    return getattr(price, "tiers", None) or ()


def _moments(constraint: Any) -> list[Any]:
    """The times of day at which a price begins or ends."""
    return [value for name, value in vars(constraint).items() if name.endswith("_time")] if constraint else []
