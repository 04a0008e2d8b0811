"""A map that is made when something is first asked of it.

Lines and origins are for messages, and most manifests cause none; to have them at hand costs as much as the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

__all__ = ["Later"]

K = TypeVar("K")
V = TypeVar("V")


class Later(Mapping[K, V]):
    """What ``make`` gives, called once; two threads may both call it, as both make the same."""

    def __init__(self, make: Callable[[], Mapping[K, V]]) -> None:
        self._make = make
        self._made: Mapping[K, V] | None = None

    def _map(self) -> Mapping[K, V]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, key: K) -> V:
        return self._map()[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._map())

    def __len__(self) -> int:
        return len(self._map())
