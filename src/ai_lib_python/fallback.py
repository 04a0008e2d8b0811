"""Other models for the calls that one model fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from ._spelling import did_you_mean
from .errors import REMOTE_ERRORS
from .validate import a_number

__all__ = ["MOVES_ON", "Fallback"]

MOVES_ON = frozenset(
    {
        "authentication",
        "cancelled",
        "conflict",
        "not_found",
        "overloaded",
        "permission_denied",
        "quota_exhausted",
        "rate_limited",
        "request_too_large",
        "server_error",
        "timeout",
        "unknown",
    }
)
"""The errors behind which another model is asked, by their ``error_class``.

``invalid_request`` is not among them: a request that is wrong, or that a content policy blocked, is its author's to
know of.
"""

KNOWN = frozenset(each.error_class for each in REMOTE_ERRORS.values())


class Fallback(msgspec.Struct, frozen=True):
    """What is asked where a model fails.

    Attributes:
        models: the other models in order: ``"provider/model"``, each with the key, the address and the rules of its own
            provider; or clients, each with what it was made with.
        on: the errors behind which the next one is asked, by their ``error_class``.
        hedge_after: seconds after which the next one is asked beside one that has given nothing yet; the first that
            gives something is taken, and the others are cancelled. None asks one after the other.
    """

    models: tuple[Any, ...]
    on: frozenset[str] = MOVES_ON
    hedge_after: float | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be meant."""
        models = self.models
        if isinstance(models, str) or not isinstance(models, Iterable):
            raise TypeError(f'fallback must be a list of models like "provider/model", got {models!r}')
        msgspec.structs.force_setattr(self, "models", tuple(models))
        if not self.models:
            raise ValueError("fallback must name at least one model")
        msgspec.structs.force_setattr(self, "on", _classes(self.on))
        if self.hedge_after is not None:
            a_number("hedge_after", self.hedge_after, 0)


def _classes(given: Collection[str]) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Collection):
        raise TypeError(f"on must be a set of error classes, got {given!r}")
    for name in given:
        if name not in KNOWN:
            known = ", ".join(sorted(KNOWN))
            raise ValueError(f"on must be of {known}, got {name!r}{did_you_mean(str(name), KNOWN)}")
    return frozenset(given)


def some_fallback(
    given: Fallback | Iterable[Any], on: Collection[str] | None = None, hedge_after: float | None = None
) -> Fallback:
    """A fallback, which may be given as its models and what else is said of them.

    Raises:
        TypeError, ValueError: it is none; or it says itself what ``on`` and ``hedge_after`` say beside it.
    """
    if not isinstance(given, Fallback):
        return Fallback(given, MOVES_ON if on is None else on, hedge_after)  # type: ignore[arg-type]  # is checked
    if on is not None or hedge_after is not None:
        raise TypeError("a Fallback says itself when the next model is asked: leave out on= and hedge_after=")
    return given
