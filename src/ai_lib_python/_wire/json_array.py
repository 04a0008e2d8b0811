"""A body that is one JSON array, streamed: every element is a frame as soon as its last byte has come.

The scanner knows just enough JSON to find where an element ends: strings, and how deep brackets are nested.
Whether the element is valid is for the parser that reads the frame to say.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from .frame import CutOff, Frame, FramingError, skip_bom

_SHOWN = 80
_QUOTE = 0x22
_OPENING = b"{["

_SPACE = re.compile(rb"[ \t\r\n]*")
_GAP = re.compile(rb"[ \t\r\n,]*")
_SCALAR = re.compile(rb"[^ \t\r\n,\]}]*")
# Whatever changes no depth, whole strings included: one call takes us to the next bracket. What stops it at a
# quote is a string that this chunk does not end.
_FLAT = re.compile(rb'[^"{}\[\]]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}\[\]]*)*', re.DOTALL)
_INSIDE_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)

_SCALAR_STARTS = b"-0123456789tfn"


class _Place(Enum):
    """Where in the body the next byte lies."""

    START = auto()  # before the bracket that opens the body
    GAP = auto()  # in the array, between elements
    NESTED = auto()  # in an element that ends by its own bracket or quote
    SCALAR = auto()  # in a number or a literal, which ends where something else begins
    END = auto()  # behind the bracket that closes the body


class JsonArrayDecoder:
    """Cuts a JSON array into one frame an element; a body that is one JSON object is one frame itself."""

    __slots__ = ("_alone", "_depth", "_escaped", "_fault", "_head", "_in_string", "_pieces", "_place")

    def __init__(self) -> None:
        self._head: bytes | None = b""  # the first bytes, until they are known to hold a BOM or not
        self._place = _Place.START
        self._alone = False  # the body is one object, not an array
        self._depth = 0  # brackets open within the element
        self._in_string = False
        self._escaped = False  # a backslash came last: the next byte belongs to it
        self._pieces: list[bytes] = []  # what earlier chunks held of the element that has not ended
        self._fault: FramingError | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        """The elements that this chunk completes."""
        if self._fault:
            raise self._fault
        if self._head is not None:
            text = skip_bom(self._head + chunk)
            if text is None:
                self._head += chunk
                return []
            self._head = None
            chunk = text
        frames: list[Frame] = []
        try:
            self._scan(chunk, frames)
        except FramingError as fault:
            self._fault = fault
            # Elements before the fault are good and must not depend on how the body was cut: the fault is
            # raised with the next call instead.
            if not frames:
                raise
        return frames

    def finish(self) -> list[Frame]:
        """The body has ended. Gives nothing: an element is complete by itself, or it is not complete."""
        if self._fault:
            raise self._fault
        if self._head:
            raise FramingError(f"the body is not a JSON array: it begins with {self._head!r}")
        if self._place in (_Place.NESTED, _Place.SCALAR):
            begun = b"".join(self._pieces)
            raise CutOff(f"the body ends within an element that begins with {begun[:_SHOWN]!r}")
        return []

    @property
    def may_end(self) -> bool:
        """Not within the array: it has a bracket that closes it."""
        return self._place in (_Place.START, _Place.END)

    def _scan(self, chunk: bytes, frames: list[Frame]) -> None:
        at = 0
        while at < len(chunk):
            if self._place is _Place.NESTED:
                at = self._element(chunk, at, self._nested_end(chunk, at), frames)
            elif self._place is _Place.SCALAR:
                at = self._element(chunk, at, self._scalar_end(chunk, at), frames)
            elif self._place is _Place.GAP:
                at = self._gap(chunk, at)
            else:
                at = self._outside(chunk, at)

    def _outside(self, chunk: bytes, at: int) -> int:
        """Before or behind the array: nothing but space, and the bracket that opens it."""
        at = _end(_SPACE, chunk, at)
        opening = chunk[at : at + 1]
        if not opening:
            return at
        if self._place is _Place.END:
            raise FramingError(f"the JSON array is followed by {chunk[at : at + _SHOWN]!r}")
        if opening == b"[":
            self._place = _Place.GAP
            return at + 1
        if opening != b"{":
            raise FramingError(f"the body is not a JSON array: it begins with {chunk[at : at + _SHOWN]!r}")
        self._alone = True
        self._place = _Place.NESTED
        return at

    def _gap(self, chunk: bytes, at: int) -> int:
        """Between elements: to the first byte of the next one, or behind the array."""
        at = _end(_GAP, chunk, at)
        first = chunk[at : at + 1]
        if not first:
            return at
        if first == b"]":
            self._place = _Place.END
            return at + 1
        if first in b'{["':
            self._place = _Place.NESTED
        elif first in _SCALAR_STARTS:
            self._place = _Place.SCALAR
        else:
            raise FramingError(f"no JSON array element begins with {chunk[at : at + _SHOWN]!r}")
        return at

    def _element(self, chunk: bytes, start: int, end: int | None, frames: list[Frame]) -> int:
        """Gives the element that ends at ``end``; holds the rest of the chunk if its end has not come."""
        if end is None:
            self._pieces.append(chunk[start:])
            return len(chunk)
        self._pieces.append(chunk[start:end])
        frames.append((b"".join(self._pieces), None))
        self._pieces.clear()
        self._place = _Place.END if self._alone else _Place.GAP
        return end

    def _scalar_end(self, chunk: bytes, at: int) -> int | None:
        end = _end(_SCALAR, chunk, at)
        return end if end < len(chunk) else None

    def _nested_end(self, chunk: bytes, at: int) -> int | None:
        """Behind the bracket or quote that ends the element; None if this chunk does not have it."""
        while at < len(chunk):
            if self._in_string:
                at = self._string_end(chunk, at)
            else:
                if self._depth:
                    at = _end(_FLAT, chunk, at)
                    if at == len(chunk):
                        break
                mark = chunk[at]
                if mark == _QUOTE:
                    self._in_string = True
                elif mark in _OPENING:
                    self._depth += 1
                else:
                    self._depth -= 1
                at += 1
            if not self._depth and not self._in_string:
                return at
        return None

    def _string_end(self, chunk: bytes, at: int) -> int:
        """Behind the quote that ends the open string, or the end of the chunk."""
        if self._escaped:
            self._escaped = False
            at += 1
        at = _end(_INSIDE_STRING, chunk, at)
        if at >= len(chunk):
            return at
        # The pattern stops at a quote, or at a backslash whose other half is in the next chunk.
        if chunk[at] == _QUOTE:
            self._in_string = False
        else:
            self._escaped = True
        return at + 1


def _end(pattern: re.Pattern[bytes], chunk: bytes, at: int) -> int:
    """Where the pattern, which matches anything or nothing, stops matching."""
    found = pattern.match(chunk, at)
    return found.end() if found else at
