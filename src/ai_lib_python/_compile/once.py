"""An attribute that is made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801  # it stands where decorators stand
    """``functools.cached_property`` as it is from Python 3.12 on: without a lock.

    Before, one lock for all objects is held while an attribute is made: threads wait for one another, and a child that
    is forked meanwhile waits for ever. Here two threads may both make it, which is harmless, as both make the same.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __get__(self, owner: Any, kind: type | None = None) -> T:
        if owner is None:
            return cast("T", self)
        made = owner.__dict__[self._name] = self._make(owner)
        return made
