"""What a manifest says of prices."""

from __future__ import annotations

from typing import Any

from .._globs import globs_of
from ..money.bills import ModelPrices, PriceList
from ..money.prices import prices_from


def price_list_of(data: dict[str, Any]) -> PriceList:
    """The prices of a manifest, and which counts it leaves out where they are 0."""
    prices = data.get("prices") or {}
    beside = {name: prices[name] for name in ("source", "date") if name in prices}
    return PriceList(
        catalogue=prices.get("catalogue"),
        stated=tuple(_stated(entry, beside) for entry in prices.get("models") or ()),
        unpriced=tuple(prices.get("except") or ()),
        standard={name: tuple(map(str, words)) for name, words in (prices.get("standard") or {}).items()},
        zeros=frozenset((data.get("usage") or {}).get("zeros") or ()),
    )


def _stated(entry: dict[str, Any], beside: dict[str, Any]) -> ModelPrices:
    own = {name: value for name, value in entry.items() if name != "match" and value is not None}
    return ModelPrices(globs_of(entry), prices_from({**beside, **own}))
