"""What manifests say of counts, costs and prices. Each test lays a few keys over ``conftest.BASE``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ai_lib_python import AiClient, Usage

from .conftest import Answer, Execute, client_of

PRICES = """
usage: {prompt: .in, cache_read: .cached, output: .out, audio_input: .sound}
response: {steps: {text: .text, usage: {counts: .usage, terms: {tier: .tier}, beyond: .searched}}}
prices:
  standard: {tier: [usual, "1"]}
  except: ["*-free"]
  source: https://toy.example/prices
  date: 2026-11-28
  models:
    - {match: m-1, input: 1, cache_read: 0.5, output: 2, tiers: {1000: {input: 10}}}
    - {match: [m-*, x], input: 3, output: 4, audio_input: 9}
"""


async def cost_of(text: str, answer: Any, *, model: str = "m-1") -> tuple[Decimal | None, str | None]:
    client, _ = await client_of(text, Answer(answer))
    async with client:
        _, stats = await client.chat().model(model).user("Hello").execute_with_stats()
    return stats.cost, stats.cost_source


def answer(**more: Any) -> dict[str, Any]:
    return {"text": "A", "usage": {"in": 100, "cached": 40, "out": 10}, **more}


@pytest.mark.parametrize(
    ("usage", "body", "dollars"),
    [
        ("{output: .out, cost: .paid}", {"paid": 0.1}, "0.1"),
        ("{output: .out, cost: .paid, cost_unit: 1e-10}", {"paid": 1918250}, "0.000191825"),
        ("{output: .out, cost: [.fee, .paid]}", {"paid": "0.10", "fee": 0.05}, "0.15"),
        ("{output: .out, cost: {$if: .own, $then: .fee, $else: .paid}}", {"paid": 1, "fee": 2, "own": True}, "2"),
        ("{output: .out, cost: .paid}", {"paid": 0}, "0"),
        ("{output: .out, cost: .paid}", {"paid": "dear"}, None),
        ("{output: .out, cost: .paid}", {"paid": -1}, None),
        ("{output: .out, cost: .paid}", {"paid": {"dollars": 1}}, None),
        ("{output: .out, cost: .paid}", {"paid": True}, None),
        ("{output: .out, cost: .paid}", {}, None),
    ],
)
async def test_a_cost_that_is_told_is_read(usage: str, body: dict[str, Any], dollars: str | None) -> None:
    cost, source = await cost_of(f"usage: {usage}", {"text": "A", "usage": {"out": 1, **body}})
    assert cost == (None if dollars is None else Decimal(dollars))
    assert source == (None if dollars is None else "provider")


async def test_costs_of_frames_that_count_what_is_new_add_up() -> None:
    frames = [{"text": "A", "usage": {"out": 1, "paid": 0.1}}, {"why": "done", "usage": {"out": 2, "paid": 0.2}}]
    lines = [b"".join(b'{"text": "A", "usage": {"out": 1, "paid": 0.1}}\n' for _ in frames), b'{"why": "done"}\n']
    client, _ = await client_of("usage: {output: .out, cost: .paid, adds: true}", Answer(lines))
    async with client, client.chat().user("Hello").stream() as stream:
        assert [event async for event in stream]
    assert (stream.stats.cost, stream.stats.usage) == (Decimal("0.2"), Usage(output=2))


@pytest.mark.parametrize(
    ("body", "model", "dollars"),
    [
        (answer(), "m-1", "0.0001"),  # 60 * 1 + 40 * 0.5 + 10 * 2
        (answer(tier="usual"), "m-1", "0.0001"),
        (answer(tier=1), "m-1", "0.0001"),
        (answer(tier="other"), "m-1", None),
        (answer(searched=["oslo"]), "m-1", None),
        (answer(usage={"in": 2000, "cached": 0, "out": 10}), "m-1", "0.02002"),  # 2,000 * 10 + 10 * 2
        (answer(usage={"in": 100, "out": 10}), "m-1", None),
        (answer(usage={"in": 100, "out": 10, "sound": 50}), "m-2", "0.00064"),  # 50 * 3 + 50 * 9 + 10 * 4
        (answer(usage={"in": 100, "cached": 0, "out": 10, "sound": 50}), "m-1", None),
        (answer(usage={"in": 100, "out": 10}), "m-2", None),
        (answer(), "m-1-free", None),
        (answer(), "unknown", None),
    ],
)
async def test_prices_that_are_stated_are_taken(body: dict[str, Any], model: str, dollars: str | None) -> None:
    cost, source = await cost_of(PRICES, body, model=model)
    assert cost == (None if dollars is None else Decimal(dollars))
    assert source == (None if dollars is None else "manifest")


async def test_counts_that_are_left_out_where_they_are_0_may_be_relied_on() -> None:
    zeros = PRICES.replace("audio_input: .sound}", "audio_input: .sound, zeros: [cache_read]}")
    cost, _ = await cost_of(zeros, answer(usage={"in": 100, "out": 10}))
    assert cost == Decimal("0.00012")


async def test_the_model_that_answered_has_the_price(execute: Execute) -> None:
    text = PRICES.replace("text: .text,", "text: .text, model: .model,")
    assert (await cost_of(text, answer(model="m-1"), model="m-9"))[0] == Decimal("0.0001")
    assert (await cost_of(text, answer(model="called-otherwise")))[0] == Decimal("0.0001")


async def test_prices_go_with_the_provider_to_its_other_apis_and_not_to_who_extends_it(tmp_path: Any) -> None:
    apis = "\nlist_models: null\napis: {other: {extends: openai-chat}}"
    client, _ = await client_of(PRICES + apis)
    assert len(client._caller._targets.of("other").program("m-1")[1].price_list.stated) == 2
    (tmp_path / "child.yaml").write_text("id: child\nextends: openai\n")
    child = await AiClient.create("child/gpt-4o", manifest_dir=tmp_path, api_key="k")
    assert child._caller.target.program("gpt-4o")[1].price_list.catalogue is None


async def test_the_sum_of_some_items_is_a_count(execute: Execute) -> None:
    usage = 'usage: {prompt: .in, audio_input: \'.parts | total("n", "kind", "sound")\'}'
    parts = [{"kind": "sound", "n": 2}, {"kind": "text", "n": 5}, {"kind": "sound", "n": 1.0}, 7, {"kind": "sound"}]
    for given, count in ((parts, 3), ([], 0), ([{"kind": "text", "n": 5}], 0), (None, None), ("sound", None)):
        response = await execute(usage, {"text": "A", "usage": {"in": 9, "parts": given}})
        assert response.usage.audio_input == count
