"""The type that an answer is wanted in: its JSON Schema, and the value that an answer's JSON is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
        """What an answer says: the first JSON in it that fits.

        Raises:
            ValueError: there is no JSON in it, or none fits; the message says where the first one does not.
        """
        readings = self._readings(text)
        try:
            return self._read(next(readings))
        except ValueError as error:
            problem = error
        for data in readings:
            with suppress(ValueError):
                return self._read(data)
        raise problem

    def _read(self, data: Any) -> T:
        value: T = value_of(self._kind, without_nulls(data, self._own, self._own))
        return value

    def _readings(self, text: str) -> Iterator[Any]:
        """What an answer may mean. What is wrapped, or might be, is first read so."""
        for data in _jsons_in(text):
            if self._is_wrapped and isinstance(data, dict) and data.keys() == {WRAPPED}:
                yield data[WRAPPED]
            yield data

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


def _jsons_in(text: str) -> Iterator[Any]:
    """The JSON of an answer; where that is none what is in it, as models put words or fences around their JSON.

    Raises:
        ValueError: there is none.
    """
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = str(error)
    else:
        yield whole
        return
    found = False
    for each in _candidates(text):
        if each is not _NONE:
            found = True
            yield each
    if not found:
        raise ValueError(f"the answer is no JSON: {problem}")


def _candidates(text: str) -> Iterator[Any]:
    """What might be meant: what stands between fences, then what begins with a bracket, but nothing within another."""
    for fenced in _FENCED.finditer(text):
        yield _decoded(fenced[1], 0)[0]
    end = 0
    for bracket in islice(_BRACKET.finditer(text), _TRIES):
        if bracket.start() >= end:
            value, end = _decoded(text, bracket.start())
            yield value


def _decoded(text: str, start: int) -> tuple[Any, int]:
    """The JSON that begins at a place, and where it ends; ``_NONE`` where none does."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return _NONE, start
