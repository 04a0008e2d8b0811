"""The type that an answer is wanted in: its JSON Schema, and the value that an answer's JSON is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from .conversion import schema_of, understood, value_of
from .nulls import without_nulls

T = TypeVar("T")

WRAPPED = "value"
"""The one key of the object around what is no object, because most wires take nothing else at the top."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL)
_BRACKET = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder()
_NONE: Any = object()
_TRIES = 20
"""How many brackets of a text are tried as the beginning of its JSON."""


class AnswerType(Generic[T]):
    """One type.

    Attributes:
        name: its name, for the provider.
        schema: of an object, whatever the type is.
    """

    def __init__(self, kind: Any) -> None:
        """
        Raises:
            TypeError: the type has no form in JSON.
        """
        if not isinstance(kind, type) and isinstance(kind, (str, Mapping, msgspec.Struct)):
            raise TypeError(f"into(...) takes a type, got {kind!r}; a JSON Schema goes into response_format(...)")
        try:
            self._kind = understood(kind)
            schema = schema_of(self._kind)
        except TypeError as error:
            raise TypeError(f"no JSON Schema of {_shown(kind)}: {str(error).splitlines()[-1]}") from None
        self._own = schema
        self._is_wrapped = schema.get("type") != "object" or "properties" not in schema
        self.name = _name(kind)
        self.schema = _wrapped(schema) if self._is_wrapped else schema

    def value(self, text: str) -> T:
        """What an answer says.

        Raises:
            ValueError: there is no JSON in it, or it does not fit; the message says where.
        """
        data = _json_in(text)
        if self._is_wrapped and isinstance(data, dict) and data.keys() == {WRAPPED}:
            data = data[WRAPPED]
        value: T = value_of(self._kind, without_nulls(data, self._own, self._own))
        return value

    def part(self, data: Any) -> Any:
        """What an answer says so far, of data that is its beginning; None where that is nothing yet."""
        if not self._is_wrapped:
            return data
        return data.get(WRAPPED) if isinstance(data, dict) else data

    def __repr__(self) -> str:
        return f"AnswerType({_shown(self._kind)})"


def _shown(kind: Any) -> str:
    return getattr(kind, "__name__", None) or repr(kind)


def _name(kind: Any) -> str:
    name = getattr(kind, "__name__", "") if isinstance(kind, type) else ""
    return name if _NAME.fullmatch(name) else "answer"


def _wrapped(schema: dict[str, Any]) -> dict[str, Any]:
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    whole = {"type": "object", "properties": {WRAPPED: inner}, "required": [WRAPPED]}
    return {**whole, "$defs": schema["$defs"]} if "$defs" in schema else whole


def _json_in(text: str) -> Any:
    """The JSON of an answer; models put words or fences around it where nothing holds them to JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = str(error)
    found = next((each for each in _candidates(text) if each is not _NONE), _NONE)
    if found is _NONE:
        raise ValueError(f"the answer is no JSON: {problem}")
    return found


def _candidates(text: str) -> Iterator[Any]:
    """What might be meant: what stands between fences, then what begins with a bracket."""
    for fenced in _FENCED.finditer(text):
        yield _decoded(fenced[1], 0)
    for bracket in islice(_BRACKET.finditer(text), _TRIES):
        yield _decoded(text, bracket.start())


def _decoded(text: str, start: int) -> Any:
    """The JSON that begins at a place; ``_NONE`` where none does."""
    try:
        return _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return _NONE
