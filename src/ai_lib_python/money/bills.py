"""What one answer costs, worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from sys import maxsize
from typing import Any

import msgspec

from .._globs import fits_one
from ..response import Usage
from .catalogue import catalogue_prices
from .prices import Prices, price_of, prices_from

__all__ = ["Bill", "ModelPrices", "PriceList"]

PROVIDER, CALLER, CATALOGUE, MANIFEST = "provider", "caller", "genai-prices", "manifest"
"""Who may say what a call costs, the first that knows counts."""


class ModelPrices(msgspec.Struct, frozen=True):
    """The prices of the models that one of the patterns fits."""

    match: tuple[str, ...]
    prices: Prices


def given_prices(given: Mapping[str, Any] | None) -> tuple[ModelPrices, ...]:
    """Prices that a caller gives for models, by their names or patterns of them.

    Raises:
        TypeError, ValueError: what is given for a model are no prices; the message names it.
    """
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise TypeError(f"prices must be a mapping of models to their prices, got {given!r}")
    return tuple(ModelPrices((_name(model),), _prices(model, prices)) for model, prices in given.items())


def _name(model: Any) -> str:
    if not isinstance(model, str):
        raise TypeError(f"a model in prices must be a string, got {model!r}")
    return model


def _prices(model: str, given: Any) -> Prices:
    if isinstance(given, Prices):
        return given
    if not isinstance(given, Mapping):
        raise TypeError(f"prices[{model!r}] must be Prices or a mapping with their names, got {given!r}")
    try:
        return prices_from(given)
    except (TypeError, ValueError) as error:
        raise type(error)(f"prices[{model!r}]: {error}") from None


def _first(listed: tuple[ModelPrices, ...], models: tuple[str, ...]) -> Prices | None:
    """The prices of the first entry that fits, by the first of a model's names that any fits."""
    for model in models:
        for entry in listed:
            if fits_one(model, entry.match):
                return entry.prices
    return None


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Where the prices of a provider are to be had.

    Attributes:
        given: the prices that the caller gave, for models by their names or patterns of them.
        catalogue: the provider's id in the library of prices; None where it is in none.
        stated: the prices that the manifest states, likewise.
        unpriced: patterns of models that no price by tokens is right for.
        standard: of each thing that providers say of how they served a call, the words that mean the usual prices.
        zeros: counts that this provider leaves out where they are 0.
    """

    given: tuple[ModelPrices, ...] = ()
    catalogue: str | None = None
    stated: tuple[ModelPrices, ...] = ()
    unpriced: tuple[str, ...] = ()
    standard: Mapping[str, tuple[str, ...]] = {}
    zeros: frozenset[str] = frozenset()

    def found(self, models: tuple[str, ...], terms: Mapping[str, str], at: float) -> tuple[str, Prices] | None:
        """Who states prices for a model, by the first of its names that is known, and the prices."""
        if (given := _first(self.given, models)) is not None:
            return CALLER, given
        if self.unpriced and any(fits_one(model, self.unpriced) for model in models):
            return None
        special = terms and {name: value for name, value in terms.items() if value not in self.standard.get(name, ())}
        if self.catalogue is not None and (listed := self._listed(models, special, at)) is not None:
            return CATALOGUE, listed
        stated = None if special else _first(self.stated, models)
        return None if stated is None else (MANIFEST, stated)

    @property
    def lowest_tier(self) -> int:
        """Tokens of the shortest prompt to which other prices may apply; no more than there are where none do."""
        entries = (*self.given, *self.stated)
        return min((tier.above for entry in entries for tier in entry.prices.tiers), default=maxsize)

    @property
    def can_be_extended(self) -> bool:
        """Whether the library of prices knows the provider, but is not installed."""
        from .catalogue import is_installed  # only for who has no price

        return self.catalogue is not None and not is_installed()

    def _listed(self, models: tuple[str, ...], special: Mapping[str, str], at: float) -> Prices | None:
        for model in dict.fromkeys(models):
            if (prices := catalogue_prices(self.catalogue or "", model, special, at)) is not None:
                return prices
        return None


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the cost of one answer depends on.

    Attributes:
        usage: the counts.
        reported: the cost in US dollars that the provider told.
        models: the names of the model: as it answered, and as it was asked for.
        prices: where prices are to be had.
        terms: what the provider said of how it served the call, such as ``{"service_tier": "flex"}``.
        beyond: whether the answer holds what is charged beside the counts.
        complete: whether the answer came to its end, so that the counts are final.
        at: when the call was made, in seconds since 1970.
    """

    usage: Usage
    reported: Decimal | None = None
    models: tuple[str, ...] = ()
    prices: PriceList = PriceList()
    terms: Mapping[str, str] = {}
    beyond: bool = False
    complete: bool = True
    at: float = 0.0

    @property
    def cost(self) -> Decimal | None:
        """US dollars, or None where they are not known."""
        return self._settled()[1]

    @property
    def source(self) -> str | None:
        """Who says so, or None."""
        return self._settled()[0]

    @property
    def can_be_priced(self) -> bool:
        """Whether the counts are all that prices need."""
        return self.complete and not self.beyond and self.usage.output is not None

    def _settled(self) -> tuple[str | None, Decimal | None]:
        if self.reported is not None:
            return PROVIDER, self.reported
        if not self.can_be_priced:
            return None, None
        found = self.prices.found(self.models, self.terms, self.at)
        cost = None if found is None else price_of(self.usage, found[1], self.prices.zeros)
        return (None, None) if found is None or cost is None else (found[0], cost)
