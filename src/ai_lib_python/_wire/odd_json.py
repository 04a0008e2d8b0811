"""JSON that is not quite: what real servers write, and every common reader takes, though the standard does not.

``NaN`` and ``Infinity``, as Python writes them, are null. Control characters may stand in texts as they are. Half of a
character, which an escape can write and no text can hold, is the mark for what cannot be shown. What is cut off, or is
no UTF-8, is an error here too.
"""

from __future__ import annotations

import re
from typing import Any

_HIGH = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_LOW = r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES = re.compile(rf'{_HIGH}{_LOW}|({_HIGH})(?=")|({_LOW})|({_HIGH})|\\.', re.DOTALL)
"""Every escape, so that none is looked for within another. In groups those that are half of a character: the first one
at the end of a text, the second one, the first one elsewhere."""

_UNKNOWN = r"\ufffd"


class OddJson:
    """Reads such texts, the frames of one stream: servers that count in UTF-16 cut texts between two halves."""

    def __init__(self) -> None:
        self._half = ""

    def decode(self, data: bytes) -> Any:
        """The value of one text. A half that ends a text of it waits for the other one, in the next.

        Raises:
            ValueError: it is no JSON in any way.
            RecursionError: it is nested out of all reason.
        """
        return _loads(_ESCAPES.sub(self._whole, data.decode()))

    def _whole(self, escape: re.Match[str]) -> str:
        begun, ended, alone = escape.groups()
        if begun:
            self._half = begun
            return ""
        if ended and self._half:
            begun, self._half = self._half, ""
            return begun + str(ended)
        return _UNKNOWN if ended or alone else escape[0]


def decode_odd(data: bytes) -> Any:
    """The value of one text that stands alone.

    Raises:
        ValueError: it is no JSON in any way.
        RecursionError: it is nested out of all reason.
    """
    return _loads(_ESCAPES.sub(lambda escape: _UNKNOWN if any(escape.groups()) else escape[0], data.decode()))


def _loads(text: str) -> Any:
    import json  # for who meets such a text

    return json.loads(text, strict=False, parse_constant=lambda _: None)
