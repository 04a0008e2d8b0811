"""The most that a call can cost, told before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from time import time

import msgspec

from .bills import PriceList
from .prices import MILLION, Prices

__all__ = ["WorstCase"]


class WorstCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the most that a call can cost depends on. The cost is worked out when it is asked for.

    Attributes:
        prompt_tokens: a number of tokens that the prompt hardly ever exceeds; None where nobody can tell.
        unsure: what of the prompt nobody can tell the tokens of.
        max_tokens: the most tokens that may be generated, all answers together; None where nothing limits them.
        searches: how often the web may be searched at the most; None where nothing limits that.
        terms: how the call asks to be served, where that has prices of its own: ``{"service_tier": "flex"}``.
        model: the model's name.
        prices: where prices are to be had.
    """

    prompt_tokens: int | None
    unsure: tuple[str, ...] = ()
    max_tokens: int | None
    searches: int | None = 0
    terms: Mapping[str, str] = {}
    model: str
    prices: PriceList

    @property
    def cost(self) -> Decimal | None:
        """US dollars at the dearest price of each token; None where something is not known."""
        rates = self._rates()
        if rates is None or self.prompt_tokens is None or self.max_tokens is None or self.searches is None:
            return None
        if self.searches and rates[0].web_search is None:
            return None
        tokens = self.prompt_tokens * _dearest(rates, INPUTS) + self.max_tokens * _dearest(rates, OUTPUTS)
        return tokens / MILLION + max(self._fees(each) for each in rates)

    @property
    def missing(self) -> str | None:
        """What is not known, and how to make it known; None where everything is."""
        rates = self._rates()
        if rates is None:
            return (
                f"no price of {self.model} is known: give one, AiClient.create(..., prices={{{self.model!r}: "
                '{"input": ..., "output": ...}}), in US dollars for a million tokens'
                + (", or install the extra `prices`" if self.prices.can_be_extended else "")
            )
        if self.max_tokens is None:
            return "nothing limits the answer: set max_tokens"
        return self._missing_of_the_prompt(rates[0])

    def _missing_of_the_prompt(self, rates: Prices) -> str | None:
        if self.searches is None:
            return "nothing limits how often the web is searched: web_search(max_uses=...), where the provider takes it"
        if self.searches and rates.web_search is None:
            return f"no price of a search by {self.model} is known: give one, web_search, in the prices of the model"
        if self.prompt_tokens is None:
            return (
                f"the tokens of {' and '.join(self.unsure)} cannot be told: "
                "say how many the prompt has at most, budget(..., prompt_tokens=...)"
            )
        return None

    def _fees(self, rates: Prices) -> Decimal:
        """What is charged beside tokens."""
        return (rates.request or Decimal(0)) + (self.searches or 0) * (rates.web_search or Decimal(0))

    def _rates(self) -> tuple[Prices, ...] | None:
        """The prices that may come to count: those of prompts as long as this one may be."""
        found = self.prices.found((self.model,), self.terms, time())
        if found is None or found[1].input is None or found[1].output is None:
            return None
        prices = found[1]
        longest = self.prompt_tokens or 0
        return (prices, *(tier.prices for tier in prices.tiers if tier.above < longest))


INPUTS = ("input", "cache_read", "cache_write", "cache_write_1h", "audio_input", "image_input")
OUTPUTS = ("output", "reasoning", "audio_output", "image_output")


def _dearest(rates: tuple[Prices, ...], names: tuple[str, ...]) -> Decimal:
    prices: list[Decimal | None] = [getattr(each, name) for each in rates for name in names]
    return max(price for price in prices if price is not None)
