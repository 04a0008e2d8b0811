"""Costs behind calls, streams and rounds of tools; what a client has spent; the library of prices."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from decimal import Decimal
from typing import Any

import pytest

from ai_lib_python import Usage
from ai_lib_python.errors import ConnectionFailed, DeadlineExceeded, InvalidRequestError
from ai_lib_python.money.bills import Bill, PriceList
from ai_lib_python.money.catalogue import catalogue_prices
from ai_lib_python.money.prices import Prices, price_of
from ai_lib_python.sync import AiClient as SyncClient

from .bodies import chat_body
from .conftest import Answering
from .scripted import KEY, Answer, Script, sse

COUNTS = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}}
MODEL = "openai/gpt-4o"
COST = Decimal("0.0003")  # 60 * 2.50 + 40 * 1.25 + 10 * 10 = 150 + 50 + 100 millionths

BEGUN = sse({"id": "a", "choices": [{"index": 0, "delta": {"content": "Yes"}}]})
ENDED = sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
COUNTED = sse({"choices": [], "usage": COUNTS})
DONE = b"data: [DONE]\n\n"


def answer(**more: Any) -> dict[str, Any]:
    return chat_body("gpt-4o", {**COUNTS, **more})


def calling(name: str) -> dict[str, Any]:
    call = {"id": "c-1", "type": "function", "function": {"name": name, "arguments": "{}"}}
    choice = {"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    return {**answer(), "choices": [choice]}


@pytest.fixture(autouse=True)
def stated_prices_alone(no_catalogue: None) -> None:
    """Amounts that no newer library changes."""


async def test_a_stream_costs_what_the_same_answer_costs_whole(answering: Answering) -> None:
    client = await answering(MODEL, answer(), Answer([BEGUN, ENDED, COUNTED, DONE]))
    _, whole = await client.chat().user("Hi").execute_with_stats()
    async with client.chat().user("Hi").stream() as stream:
        assert [event async for event in stream]
    assert (stream.stats.cost, stream.stats.cost_source) == (whole.cost, "manifest") == (COST, "manifest")


async def test_a_stream_that_was_left_has_no_known_cost(answering: Answering) -> None:
    client = await answering(MODEL, Answer([BEGUN, ENDED, COUNTED, DONE]))
    async with client.chat().user("Hi").stream() as stream:
        async for _ in stream:
            break
    assert (stream.stats.interrupted, stream.stats.cost, stream.stats.cost_source) == (True, None, None)
    assert (client.usage.requests, client.usage.failed, client.usage.cost_unknown) == (1, 0, 1)


async def test_a_stream_that_breaks_has_the_cost_that_the_provider_told(answering: Answering) -> None:
    told = sse({"choices": [], "usage": {**COUNTS, "cost": 0.25}})
    client = await answering("openrouter/x/y", Answer([BEGUN, told], failure=ConnectionFailed("broken")))
    stream = client.chat().user("Hi").stream()
    with pytest.raises(ConnectionFailed):
        assert [event async for event in stream]
    assert (stream.stats.cost, stream.stats.cost_source) == (Decimal("0.25"), "provider")
    assert (client.usage.cost, client.usage.failed, client.usage.cost_unknown) == (Decimal("0.25"), 1, 0)


async def test_rounds_of_tools_cost_what_all_answers_cost(answering: Answering) -> None:
    def rain() -> str:
        """Whether it rains."""
        return "yes"

    counted = [BEGUN, ENDED, COUNTED, DONE]
    first = sse(
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {
                        "tool_calls": [{"index": 0, **calling("rain")["choices"][0]["message"]["tool_calls"][0]}]
                    },
                }
            ]
        }
    )
    client = await answering(MODEL, calling("rain"), answer(), Answer([first, *counted[1:]]), Answer(counted))
    response = await client.chat().user("Hi").tools([rain]).run_tools()
    assert [each.stats.cost for each in response.rounds] == [COST, COST]
    stream = client.chat().user("Hi").tools([rain]).stream_tools()
    assert [event async for event in stream]
    assert (stream.stats.cost, stream.stats.cost_source) == (2 * COST, "manifest")
    assert client.usage.snapshot().cost == 4 * COST


async def test_a_client_adds_up_its_calls(answering: Answering) -> None:
    client = await answering(
        MODEL, answer(), answer(), chat_body("gpt-4o", {"prompt_tokens": 5, "completion_tokens": 1})
    )
    for _ in range(3):
        await client.chat().user("Hi").execute()
    totals = client.usage.snapshot()
    assert (totals.requests, totals.failed, totals.cost, totals.cost_unknown) == (3, 0, 2 * COST, 1)
    assert totals.usage == Usage(125, 80, None, 21)
    assert client.usage.total_tokens == 226


async def test_totals_begin_again(answering: Answering) -> None:
    client = await answering(MODEL, answer())
    await client.chat().user("Hi").execute()
    assert client.usage.reset().cost == COST
    assert client.usage.snapshot().requests == 0
    assert client.usage.cost == 0


@pytest.mark.parametrize(
    ("failure", "unknown"),
    [
        (Answer({"error": {"message": "no"}}, status=400), 0),
        (DeadlineExceeded("late"), 1),
        (ConnectionFailed("broken"), 1),
    ],
    ids=["refused", "late", "broken"],
)
async def test_calls_that_fail_are_counted_and_so_is_what_they_may_have_cost(
    failure: Any, unknown: int, answering: Answering
) -> None:
    client = await answering(MODEL, failure)
    with pytest.raises((InvalidRequestError, DeadlineExceeded, ConnectionFailed)):
        await client.chat().user("Hi").execute()
    totals = client.usage.snapshot()
    assert (totals.requests, totals.failed, totals.cost, totals.cost_unknown) == (1, 1, 0, unknown)


def test_the_blocking_client_adds_up_calls_of_many_threads() -> None:
    client = SyncClient.create(MODEL, api_key=KEY, transport=Script(Answer(answer())))
    threads = [
        threading.Thread(target=lambda: [client.chat().user("Hi").execute() for _ in range(5)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (client.usage.requests, client.usage.cost) == (20, 20 * COST)


async def test_many_calls_are_not_all_kept(answering: Answering) -> None:
    client = await answering(MODEL, answer())
    await asyncio.gather(*(client.chat().user("Hi").execute() for _ in range(300)))
    assert len(client.usage._waiting) < 256
    assert client.usage.cost == 300 * COST


def test_nothing_of_the_library_is_loaded_before_somebody_asks_for_a_cost() -> None:
    """Half a second of importing is for who wants to know a cost."""
    code = """
import asyncio, sys
from ai_lib_python import AiClient
async def main():
    async with await AiClient.create("simulator/openai-chat") as client:
        _, stats = await client.chat().user("Hi").execute_with_stats()
    print("genai_prices" in sys.modules, "decimal" in sys.modules)
asyncio.run(main())
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split()[0] == "False"


MODELS = [
    "gpt-4o",
    "gpt-5",
    "gpt-6.1-sol",
    "claude-haiku-4-5",
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "grok-4.3",
    "kimi-k2.6",
]
PROVIDERS = ["openai", "openai", "openai", "anthropic", "google", "google", "x-ai", "moonshotai"]


@pytest.mark.parametrize(("provider", "model"), list(zip(PROVIDERS, MODELS, strict=True)), ids=MODELS)
@pytest.mark.parametrize("prompt", [1000, 300_000])
def test_the_library_prices_the_same_usage_alike(
    provider: str, model: str, prompt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    genai_prices = pytest.importorskip("genai_prices")
    monkeypatch.undo()  # the library again
    usage = Usage(prompt - 300, 200, 100, 50, 20, 40, audio_input=0, audio_cache_read=0, audio_output=0, image_input=0)
    prices = catalogue_prices(provider, model, {}, time.time())
    assert prices is not None
    theirs = genai_prices.Usage(
        input_tokens=prompt, cache_read_tokens=200, cache_write_tokens=100, cache_write_1h_tokens=40, output_tokens=50
    )
    assert price_of(usage, prices) == genai_prices.calc_price(theirs, model, provider_id=provider).total_price


def test_the_library_comes_before_the_manifest_and_knows_other_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("genai_prices")
    monkeypatch.undo()
    listed = PriceList(catalogue="openai", standard={"service_tier": ("default",)})
    bill = Bill(usage=Usage(1000, 0, None, 100, 0), models=("gpt-5",), prices=listed, at=1795000000.0)
    flex = Bill(usage=bill.usage, models=("gpt-5",), prices=listed, at=bill.at, terms={"service_tier": "flex"})
    unheard = Bill(usage=bill.usage, models=("gpt-5",), prices=listed, at=bill.at, terms={"service_tier": "unheard"})
    assert (bill.source, flex.source, unheard.source) == ("genai-prices", "genai-prices", None)
    assert flex.cost == (bill.cost or 0) / 2
    assert catalogue_prices("openai", "no-such-model", {}, bill.at) is None
    assert catalogue_prices("no-such-provider", "gpt-5", {}, bill.at) is None


async def test_prices_of_the_callers_own_come_first_and_are_checked(answering: Answering) -> None:
    client = await answering(MODEL, answer(), prices={"gpt-4o": Prices(input=Decimal(1), output=Decimal(2))})
    _, stats = await client.chat().user("Hi").execute_with_stats()
    assert (stats.cost, stats.cost_source) == (Decimal("0.00012"), "caller")  # 100 * 1 + 10 * 2
    for wrong in ({"gpt-4o": {"inputs": 1}}, {"gpt-4o": {"input": -1}}, {"gpt-4o": 3}, {3: {}}, "gpt-4o"):
        with pytest.raises((TypeError, ValueError), match="price"):
            await answering(MODEL, answer(), prices=wrong)
