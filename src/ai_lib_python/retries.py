"""How often a call that failed is tried again, and how long is waited before."""

from __future__ import annotations

from typing import Any

import msgspec

from .validate import a_count, a_number

__all__ = ["Retries"]


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """When and how often a call that failed for a while is tried again. All times are in seconds.

    Before the retry number n (from 0) it is waited for a random time between 0 and ``base_delay * 2**n``, but no longer
    than ``max_delay``; or for as long as the provider asks to, where it does.

    Attributes:
        max_retries: how many attempts there may be after the first, 0 or more.
        base_delay: the longest wait before the first retry, 0 or more.
        max_delay: the longest wait before any, where the provider asks for none; 0 or more.
        longest_wait: the longest wait that a provider may ask for; one that asks for more fails the call at once, and
            ``retry_after`` of the error says how long it would have been.
    """

    max_retries: int = 2
    base_delay: float = 0.5
    max_delay: float = 8.0
    longest_wait: float = 60.0

    def __post_init__(self) -> None:
        a_count("max_retries", self.max_retries, 0)
        for name in ("base_delay", "max_delay", "longest_wait"):
            a_number(name, getattr(self, name), 0)

    def most_before(self, number: int) -> float:
        """The longest wait before the retry of this number, from 0, where the provider asks for none."""
        doubled = self.base_delay * 2.0 ** min(number, 62)
        return min(self.max_delay, doubled)


def some_retries(value: Any, others: Retries) -> Retries:
    """What is passed as ``max_retries=``; of a number, all the rest is as in the others."""
    if isinstance(value, Retries):
        return value
    return msgspec.structs.replace(others, max_retries=a_count("max_retries", value, 0))
