"""Prices that a library maintains: genai-prices, where it is installed.

It is imported when a price is first asked for, never before, and never goes to the network by itself. Its data is of
the day of the installed version; newer prices come with a newer version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from .prices import Prices, PriceTier

__all__ = ["catalogue_prices", "is_installed"]

NAMES = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "audio_input": "input_audio_mtok",
    "audio_cache_read": "cache_audio_read_mtok",
    "audio_output": "output_audio_mtok",
    "image_input": "input_image_mtok",
    "image_output": "output_image_mtok",
}
"""Our prices by its names, each for a million."""

FEES = {"web_search": "web_searches_kcount", "request": "requests_kcount"}
"""Those that it states for a thousand."""

UNUSED = frozenset({"storage_searches_kcount", "cache_image_read_mtok"})
"""Its prices of what a usage that reaches it never has: such a usage has no cost before."""

THOUSAND = Decimal(1000)

KEPT = 1024
"""How many names of models are remembered."""


@cache
def _snapshot() -> Any:
    """The library's data, or None where it is not installed."""
    try:
        from genai_prices import data_snapshot
    except ImportError:
        return None
    return data_snapshot


def is_installed() -> bool:
    """Whether the library is there; it is imported to know that."""
    return _snapshot() is not None


def catalogue_prices(provider: str, model: str, terms: Mapping[str, str], at: float) -> Prices | None:
    """The prices of a model at a time; None where it is not listed, or not under such terms.

    Args:
        provider: the provider's id in the library.
        model: the model, as the provider calls it.
        terms: what was said of how the call was served, and has its own prices, such as ``{"service_tier": "flex"}``.
        at: when the call was made, in seconds since 1970: some prices change with the hour.
    """
    library = _snapshot()
    found = None if library is None else _found(library.get_snapshot(), provider, model)
    if found is None:
        return None
    if terms and any(not _has_prices_for(found, name, value) for name, value in terms.items()):
        return None
    if not terms and type(found.prices) is not list:
        return _remembered(found.prices)  # the same at any time
    moment = datetime.fromtimestamp(at, timezone.utc)
    theirs = found.get_prices(moment, dict(terms)) if terms else found.get_prices(moment)
    return _converted(theirs) if terms else _remembered(theirs)


class _Models:
    """The models of one state of the library's data that were looked for before, those without prices too.

    Looking for a model means trying the patterns of all: some hundred times as long.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self._known: dict[tuple[str, str], Any] = {}

    def find(self, provider: str, model: str) -> Any:
        key = (provider, model)
        try:
            return self._known[key]
        except KeyError:
            found = self._looked_up(provider, model)
        if len(self._known) >= KEPT:  # names of models come from outside, too
            self._known.clear()
        self._known[key] = found
        return found

    def _looked_up(self, provider: str, model: str) -> Any:
        try:
            return self.data.find_provider_model(model, None, provider, None)[1]
        except LookupError:
            return None


_MODELS = _Models(None)


def _found(data: Any, provider: str, model: str) -> Any:
    """A model in the library's data of now, which its user may exchange; None where it is not listed."""
    global _MODELS  # exchanged as a whole, so that threads need no lock
    models = _MODELS
    if models.data is not data:
        models = _MODELS = _Models(data)
    return models.find(provider, model)


def _has_prices_for(model: Any, name: str, value: str) -> bool:
    variants = getattr(model, "price_variants", None) or ()
    return any(dict(variant.when) == {name: value} for variant in variants)


_CONVERTED: dict[int, tuple[Any, Prices | None]] = {}
"""Its prices that were converted before, by their identity; they are kept, so that it stays theirs."""


def _remembered(theirs: Any) -> Prices | None:
    known = _CONVERTED.get(id(theirs))
    if known is None:
        known = _CONVERTED[id(theirs)] = (theirs, _converted(theirs))
    return known[1]


def _converted(theirs: Any) -> Prices | None:
    """Its prices as ours; None where it states one that a usage cannot answer to."""
    stated = {name: price for name, price in vars(theirs).items() if price is not None}
    if set(stated) - set(NAMES.values()) - set(FEES.values()) - UNUSED:
        return None
    starts = sorted({tier.start for price in stated.values() for tier in getattr(price, "tiers", ())})
    tiers = tuple(PriceTier(start, _prices(stated, start + 1)) for start in starts)
    return _prices(stated, 0, tiers)


def _prices(stated: Mapping[str, Any], tokens: int, tiers: tuple[PriceTier, ...] = ()) -> Prices:
    """The prices for a prompt of so many tokens."""
    rates: dict[str, Any] = {name: _rate(stated[theirs], tokens) for name, theirs in NAMES.items() if theirs in stated}
    for name, theirs in FEES.items():
        if theirs in stated:
            rates[name] = _rate(stated[theirs], tokens) / THOUSAND
    return Prices(tiers=tiers, **rates)


def _rate(price: Any, tokens: int) -> Decimal:
    """One price; of one with tiers, that of the highest tier below ``tokens``."""
    tiers = getattr(price, "tiers", None)
    if tiers is None:
        return Decimal(price)
    rate: Decimal = price.base
    for tier in tiers:
        if tokens > tier.start:
            rate = tier.price
    return rate
