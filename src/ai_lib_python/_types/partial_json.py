"""JSON as far as it has come: of a text that is still growing, the value that is there already.

A text within is there letter by letter; a number, or a word such as ``true``, once it is whole; a key once its value
has begun. So each value is the one before and more, and the last one is what the whole text says.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

ABSENT: Any = object()
"""What is there before the first bracket."""

_BEGIN = re.compile(r"[{\[]")
_PLAIN = re.compile(r'[^"\\]*')
_SCALAR = re.compile(r"[^\s,\]}]*")
_FIRST_HALF = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
"""The escape of a character that comes in two of them."""

_CLOSING = {"{": "}", "[": "]"}
_LONGEST = 6
"""Characters of the longest escape."""


class PartialJson:
    """Takes the pieces of a text, and gives the value so far. What stands before the first bracket is passed over.

    Attributes:
        is_whole: whether the last bracket is closed; what comes behind it is passed over, too.
    """

    def __init__(self) -> None:
        self.is_whole = False
        self._text = ""
        self._at = 0
        self._closing: list[str] = []
        self._within: str | None = None
        self._expects_key = False
        self._escapes = (-1, -1)
        self._safe, self._safe_closing = 0, ""

    def feed(self, piece: str) -> None:
        """Adds what has come."""
        self._text += piece
        if not self._closing and not self.is_whole:
            begin = _BEGIN.search(self._text)
            self._text = self._text[begin.start() :] if begin else ""
        while self._at < len(self._text) and not self.is_whole and self._step():
            pass

    def value(self) -> Any:
        """The value so far, a new one each time; ``ABSENT`` before it has begun.

        Raises:
            ValueError: the text is no JSON.
        """
        if not self._closing and not self.is_whole:
            return ABSENT
        try:
            return msgspec.json.decode(self._completed())
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"not JSON: {error}") from None

    def _completed(self) -> str:
        """The text up to its last whole value, or to the end of the text that is growing, with all brackets closed."""
        if self._within != "text":
            return self._text[: self._safe] + self._safe_closing
        return self._text[: self._whole_letters()] + '"' + self._brackets()

    def _whole_letters(self) -> int:
        """How far the growing text is good: not into an escape, nor between two that are one character."""
        end, (before, last) = self._at, self._escapes
        if last >= 0 and end - last < _LONGEST and self._text[last + 1] == "u":
            end, last = last, before
        is_half = last >= 0 and end - last == _LONGEST and _FIRST_HALF.match(self._text, last)
        return last if is_half else end

    def _brackets(self) -> str:
        return "".join(reversed(self._closing))

    def _keep(self) -> None:
        """What has come up to here will stay as it is."""
        self._safe, self._safe_closing = self._at, self._brackets()

    def _step(self) -> bool:
        """Reads on, and says whether it got anywhere."""
        if self._within in ("text", "key"):
            return self._read_text()
        if self._within == "scalar":
            return self._read_scalar()
        self._read_sign(self._text[self._at])
        return True

    def _read_text(self) -> bool:
        plain = _PLAIN.match(self._text, self._at)
        self._at = plain.end() if plain else self._at
        if self._text[self._at : self._at + 1] == '"':
            self._at += 1
            if self._within == "text":
                self._keep()
            self._within = None
        elif self._at + 1 < len(self._text):
            self._escapes = (self._escapes[1], self._at)
            self._at += 2
        else:
            return False  # at the end, or at a backslash of which the rest is to come
        return True

    def _read_scalar(self) -> bool:
        found = _SCALAR.match(self._text, self._at)
        self._at = found.end() if found else self._at
        if self._at == len(self._text):
            return False
        self._keep()
        self._within = None
        return True

    def _read_sign(self, sign: str) -> None:
        """A bracket, a comma, a colon, a space; or the beginning of something."""
        if sign == '"':
            self._within, self._escapes = ("key" if self._expects_key else "text"), (-1, -1)
        elif not (sign in ",:]}" or sign in _CLOSING or sign.isspace()):
            self._within = "scalar"
            return
        self._at += 1
        if sign in _CLOSING:
            self._closing.append(_CLOSING[sign])
            self._keep()
        elif sign in "]}":
            self._closing.pop()
            self._keep()
            self.is_whole = not self._closing
        if sign in "{,:":
            self._expects_key = sign != ":" and self._closing[-1] == "}"
        elif sign == "[":
            self._expects_key = False
