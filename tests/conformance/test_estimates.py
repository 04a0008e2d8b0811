"""How far the estimates of prompts are off, measured on the recorded prompts; docs/costs.md shows these numbers."""

from __future__ import annotations

import asyncio
import re
import warnings
from functools import cache
from pathlib import Path
from statistics import quantiles

from ai_lib_python import AiClient
from ai_lib_python.errors import AiLibError
from ai_lib_python.message import OpaquePart, ReasoningPart
from ai_lib_python.money.estimate import estimate_prompt

from . import asking
from .asked import Inexpressible, Unread
from .readers import read
from .recorded import Recorded, requests
from .recordings import DIALECTS
from .replay import NOWHERE
from .speaking import speaker

PAGE = Path(__file__).parents[2] / "docs" / "costs.md"

BOUND_HOLDS = 0.99
"""The share of prompts that stay below the number that budgets reckon with."""


@cache
def prompts() -> list[tuple[int, int, int]]:
    """What is estimated, what it is at most, and what was counted, of each recorded prompt of texts and tools."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # models that have ended since they were recorded
        return asyncio.run(_measured())


async def _measured() -> list[tuple[int, int, int]]:
    found = [await _estimated(each) for dialect in DIALECTS for each in requests(dialect) if each.row.status < 400]
    return [each for each in found if each is not None]


async def _estimated(recorded: Recorded) -> tuple[int, int, int] | None:
    manifest = speaker(recorded.row)
    try:
        asked = asking.ask(recorded)
        parts = {type(part) for message in asked.messages for part in message.parts}
        if asked.has_own_forms or parts & {OpaquePart, ReasoningPart}:
            return None
        options = {"api_key": "k", "base_url": NOWHERE, "on_unsupported": "ignore", "api": manifest.api}
        async with await AiClient.create(f"{manifest.id}/{recorded.model}", **options) as client:
            request = asked.builder(client).build()
    except (Inexpressible, Unread, AiLibError):
        return None
    estimate = estimate_prompt(request, manifest.data.get("estimate"))
    counted = read(recorded.row).prompt_tokens
    return (estimate.tokens, estimate.most, counted) if counted and estimate.most is not None else None


def within(share: float, least: int = 0) -> float:
    """How many estimates of prompts of at least so many tokens are off by no more than a share, in per cent."""
    ratios = [tokens / counted for tokens, _, counted in prompts() if counted >= least]
    return 100 * sum(abs(ratio - 1) <= share for ratio in ratios) / len(ratios)


def test_the_bound_is_hardly_ever_exceeded() -> None:
    held = [most >= counted for _, most, counted in prompts()]
    assert sum(held) / len(held) >= BOUND_HOLDS


def test_half_of_the_estimates_are_close() -> None:
    ratios = [tokens / counted for tokens, _, counted in prompts()]
    low, middle, high = quantiles(ratios, n=4)
    assert (low > 0.8, 0.9 < middle < 1.1, high < 1.25) == (True, True, True), (low, middle, high)


def test_the_page_shows_what_is_measured() -> None:
    text = PAGE.read_text("utf-8")
    shown = {int(off): float(share) for off, share in re.findall(r"^\| (\d+) % \| ([\d.]+) % \|", text, re.MULTILINE)}
    assert shown.keys() == {10, 25, 50}
    for off, share in shown.items():
        assert abs(within(off / 100) - share) <= 2, (off, within(off / 100))
