"""Data made values of a type, by threads as by one.

The first conversion into a type makes msgspec gather what it has to know of it, and it keeps that before it is whole:
a second thread that converts into the same type at that moment crashes the process (msgspec 0.22). So the first
conversion into each type is made alone.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar, overload

import msgspec

from ._forks import a_lock

T = TypeVar("T")

_KNOWN: set[Any] = set()
_FIRST = a_lock()


@overload
def convert(data: Any, kind: type[T], **options: Any) -> T: ...
@overload
def convert(data: Any, kind: Any, **options: Any) -> Any: ...
def convert(data: Any, kind: Any, **options: Any) -> Any:
    """``msgspec.convert``, in any thread.

    Raises:
        msgspec.ValidationError: the data does not fit.
    """
    if not _is_known(kind):
        with _FIRST:
            _gather(kind)
    return msgspec.convert(data, kind, **options)


def _is_known(kind: Any) -> bool:
    try:
        return kind in _KNOWN
    except TypeError:  # a type that no set can hold, for what it is annotated with
        return False


def _gather(kind: Any) -> None:
    """Has everything about a type gathered, by a conversion of something that hardly fits."""
    with suppress(msgspec.ValidationError):
        msgspec.convert(object(), kind)
    with suppress(TypeError):
        _KNOWN.add(kind)
