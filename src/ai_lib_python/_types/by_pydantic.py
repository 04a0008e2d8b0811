"""Types that pydantic understands better than msgspec: with its ``Field`` in them, or a choice of several classes.

Such a type is stood for by a class that msgspec takes, as it takes a model of pydantic. Nothing here is imported for
other types, and pydantic only where it is there.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Generator, Iterable, Iterator
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

ITS_MODULES = ("pydantic", "annotated_types")
_READ_LATER = (Iterable, Iterator, Generator)
"""What pydantic looks at only when it is iterated over, which is too late to tell a model what does not fit."""


def is_of_pydantic(value: Any) -> bool:
    """Whether a mark of an annotation, or the default of a field, is one of pydantic's own."""
    return type(value).__module__.partition(".")[0] in ITS_MODULES


def is_for_pydantic(kind: Any) -> bool:
    """Whether a type says things that pydantic alone reads: descriptions, limits, validators."""
    if "pydantic" not in sys.modules:
        return False
    within = list(_within(kind, {}))
    return any(map(_is_said_to_pydantic, within)) and not any(map(_is_struct, within))


def standing_for(kind: Any) -> Any:
    """A class that stands for the type, with the methods that a model has; None where pydantic cannot read it."""
    if inspect.isroutine(kind) or not (isinstance(kind, type) or get_origin(kind)):
        return None
    if get_origin(kind) in _READ_LATER:
        return None
    try:
        return _known_standing_for(kind)
    except TypeError:  # something in it cannot be looked up: made anew, then
        return _standing_for(kind)


class _Whatever(type):
    """The type of a class that every value is one of: what pydantic made of the data is right."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return True


def _standing_for(kind: Any) -> Any:
    try:
        from pydantic import TypeAdapter

        adapter: Any = TypeAdapter(kind)
        schema = adapter.json_schema()
    except (ImportError, RuntimeError, TypeError, NameError):  # as pydantic's own errors are, too
        return None
    if not schema:
        return Any
    methods = {"model_json_schema": lambda: dict(schema), "model_validate_json": adapter.validate_json}
    name = getattr(kind, "__name__", "value")
    return _Whatever(name, (), {key: staticmethod(method) for key, method in methods.items()})


_known_standing_for = lru_cache(maxsize=256)(_standing_for)


def _within(kind: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """The type, all that it is made of, and what is said of it; ``seen`` keeps them, so that no id is used again."""
    if id(kind) in seen:
        return
    seen[id(kind)] = kind
    yield kind
    for part in (*get_args(kind), *_of_fields(kind)):
        yield from _within(part, seen)


def _of_fields(kind: Any) -> tuple[Any, ...]:
    """The types of a class with annotated fields, and what stands behind their ``=``."""
    kind = get_origin(kind) or kind
    if not isinstance(kind, type) or not hasattr(kind, "__annotations__") or is_of_pydantic(kind):
        return ()
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):
        return ()
    defaults = [field.default for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    return (*hints.values(), *defaults)


def _is_said_to_pydantic(part: Any) -> bool:
    return (is_of_pydantic(part) and not isinstance(part, type)) or _is_its_dataclass(part)


def _is_its_dataclass(part: Any) -> bool:
    return dataclasses.is_dataclass(part) and "__pydantic_validator__" in vars(part)


def _is_struct(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, msgspec.Struct)
