"""What tokens cost, and what a call costs by that."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from ..response import Usage

__all__ = ["PriceTier", "Prices", "price_of"]

MILLION = Decimal(1_000_000)


class PriceTier(msgspec.Struct, frozen=True):
    """The prices of a call whose prompt has more than ``above`` tokens."""

    above: int
    prices: Prices


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars for a million tokens of each kind.

    A kind without a price of its own costs what it is a part of: reading a cache costs ``input`` unless
    ``cache_read`` says otherwise. Sound, pictures that are generated, and searches have no price unless it is stated.

    Attributes:
        input: tokens of the prompt.
        output: generated tokens.
        cache_read: tokens of the prompt that the provider's cache had.
        cache_write: tokens of the prompt that were written to the cache.
        cache_write_1h: those that are kept for an hour, where others are kept for less.
        reasoning: generated tokens that are reasoning.
        audio_input, audio_cache_read, audio_output: tokens that are sound.
        image_input, image_output: tokens that are pictures.
        web_search: one search of the web; a search, not a million of them.
        request: one call, whatever it holds.
        tiers: other prices for long prompts, each for the whole call.
        source: where they are published.
        date: the day when they were read there, as ``2026-11-28``.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    reasoning: Decimal | None = None
    audio_input: Decimal | None = None
    audio_cache_read: Decimal | None = None
    audio_output: Decimal | None = None
    image_input: Decimal | None = None
    image_output: Decimal | None = None
    web_search: Decimal | None = None
    request: Decimal | None = None
    tiers: tuple[PriceTier, ...] = ()
    source: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        """Takes numbers of other kinds, too, as ``amount_of`` does."""
        for name in RATES:
            value = getattr(self, name)
            if value is not None:
                msgspec.structs.force_setattr(self, name, amount_of(name, value))

    def for_prompt(self, tokens: int) -> Prices:
        """The prices of a call with a prompt of so many tokens."""
        if not self.tiers:
            return self
        fitting = [tier for tier in self.tiers if tokens > tier.above]
        return max(fitting, key=lambda tier: tier.above).prices if fitting else self


RATES = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "audio_input",
    "audio_cache_read",
    "audio_output",
    "image_input",
    "image_output",
    "web_search",
    "request",
)
"""The prices that there may be."""


def prices_from(given: Mapping[str, Any]) -> Prices:
    """Prices as a mapping states them: numbers by name, and ``tiers`` by their limits.

    A tier says only what differs.

    Raises:
        ValueError: a price is no number, or below 0; a name is unknown.
    """
    for name in given:
        if name not in RATES and name not in ("tiers", "source", "date"):
            raise ValueError(f"there is no price {name!r}; there are: {', '.join(RATES)}")
    base = _amounts(given)
    tiers = tuple(
        PriceTier(int(above), Prices(**{**base, **_amounts(other)}))  # type: ignore[arg-type]  # by name
        for above, other in (given.get("tiers") or {}).items()
    )
    return Prices(tiers=tiers, source=given.get("source"), date=given.get("date"), **base)


def _amounts(given: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: amount_of(name, given[name]) for name in RATES if given.get(name) is not None}


def amount_of(name: str, value: Any) -> Decimal:
    """A number of dollars; floats are taken as they are written.

    Raises:
        TypeError, ValueError: it is no number, or below 0.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise TypeError(f"{name} must be a number of US dollars, got {value!r}")
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        raise ValueError(f"{name} must be a number of US dollars, got {value!r}") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{name} must be a number of US dollars, 0 or more, got {value!r}")
    return amount


class _NotTold(Exception):
    """A price, or a count that a price needs, is not known."""


Line = tuple[int, Decimal]
"""A number of tokens, and the price of a million of them."""


def price_of(
    usage: Usage,
    prices: Prices,
    zeros: frozenset[str] = frozenset(),
    *,
    calls: int = 1,
    prompt: int | None = None,
) -> Decimal | None:
    """What a call costs, in US dollars; None where a price, or a count that a price needs, is not known.

    Args:
        usage: the counts.
        prices: the prices, tiers included.
        zeros: counts that this provider leaves out where they are 0.
        calls: how many calls the counts are of, all within one tier.
        prompt: tokens of each call's prompt, by which the tier is found; without it as the counts say.
    """
    if prompt is None:
        prompt = (usage.prompt_tokens or 0) + (usage.tool_input or 0)
    try:
        bill = _Lines(usage, prices.for_prompt(prompt), zeros, calls)
        amounts = [count * rate for count, rate in (*bill.prompt(), *bill.answer()) if count]
        return sum(amounts, Decimal(0)) / MILLION + bill.fees()
    except _NotTold:
        return None


class _Lines:
    """A usage as prices ask for it. Every method raises _NotTold where something is not known."""

    def __init__(self, usage: Usage, rates: Prices, zeros: frozenset[str], calls: int) -> None:
        self._usage = usage
        self._zeros = zeros
        self._rates = rates
        self._calls = calls

    def prompt(self) -> tuple[Line, ...]:
        """Tokens of the prompt."""
        rates = self._rates
        base = _known(rates.input)
        read, read_rate = self._bucket("cache_read", rates.cache_read, base)
        written, write_rate = self._bucket("cache_write", rates.cache_write, base)
        hour, hour_rate = self._part("cache_write_1h", rates.cache_write_1h, write_rate) if written else (0, base)
        sound, sound_rate = self._own("audio_input", rates.audio_input, base)
        sound_read = self._needed("audio_cache_read") if sound and read else 0
        image, image_rate = self._part("image_input", rates.image_input, base)
        if image and read:
            raise _NotTold("how many of the pictures were in the cache")
        return (
            (_rest(self._needed("input"), sound - sound_read, image) + (self._usage.tool_input or 0), base),
            (_rest(read, sound_read), read_rate),
            (_rest(written, hour), write_rate),
            (hour, hour_rate),
            (_rest(sound, sound_read), sound_rate),
            (sound_read, read_rate if rates.audio_cache_read is None else rates.audio_cache_read),
            (image, image_rate),
        )

    def answer(self) -> tuple[Line, ...]:
        """Generated tokens."""
        rates = self._rates
        base = _known(rates.output)
        parts = (
            self._part("reasoning", rates.reasoning, base),
            self._own("audio_output", rates.audio_output, base),
            self._own("image_output", rates.image_output, base),
        )
        return (_rest(self._needed("output"), *(count for count, _ in parts)), base), *parts

    def fees(self) -> Decimal:
        """What is charged beside tokens."""
        searches = self._usage.web_searches
        fees = self._calls * (self._rates.request or Decimal(0))
        return fees + searches * _known(self._rates.web_search) if searches else fees

    def _needed(self, name: str) -> int:
        count: int | None = getattr(self._usage, name)
        if count is None and name not in self._zeros:
            raise _NotTold(name)
        return count or 0

    def _bucket(self, name: str, rate: Decimal | None, base: Decimal) -> Line:
        """A bucket of the prompt. It must be told only where its price is another one."""
        if rate is None or rate == base:
            return getattr(self._usage, name) or 0, base
        return self._needed(name), rate

    def _part(self, name: str, rate: Decimal | None, base: Decimal) -> Line:
        """A part of a bucket; where its price is the same it is left in there."""
        return (0, base) if rate is None or rate == base else (self._needed(name), rate)

    def _own(self, name: str, rate: Decimal | None, base: Decimal) -> Line:
        """A part that is never as cheap as its bucket: it needs a price of its own where there is any of it."""
        return self._part(name, _known(rate) if getattr(self._usage, name) else rate, base)


def _rest(whole: int, *parts: int) -> int:
    """What is left of a whole without its parts."""
    left = whole - sum(parts)
    if left < 0:
        raise _NotTold("parts that fit into their whole")
    return left


def _known(rate: Decimal | None) -> Decimal:
    if rate is None:
        raise _NotTold("a price")
    return rate
