"""The filters of the path language: ``.arguments | json``.

Each is a small pure function. A filter sees None only where it says so.
"""

from __future__ import annotations

import re
import string
from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote
from weakref import WeakKeyDictionary

import msgspec

from .._plain import plain
from ..errors import UnsupportedError
from ..message import NOT_JSON
from .schemas import inline_refs, upper_types, without_keywords
from .scope import VALUE, WIRE

OWN_ID = "local_"
"""Begins the ids that we make up for tool calls on wires that have none."""

MADE_ID = 24
"""How long the ids are that stand for ids which do not fit, where more would fit."""

_TYPE_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", list: "list", dict: "map"}


def to_json(value: Any) -> str:
    """Compact JSON text."""
    return msgspec.json.encode(value, enc_hook=plain).decode()


def as_text(value: Any) -> str:
    """A value as it stands in a text, a header or a query: texts as they are, all else as JSON writes it."""
    return value if isinstance(value, str) else to_json(value)


def as_query(value: Any) -> str | tuple[str, ...]:
    """A value as it stands in a query; a list stands there once for each of its items."""
    return tuple(as_text(item) for item in value) if isinstance(value, (list, tuple)) else as_text(value)


def parse_json(value: Any) -> Any:
    """The value of a JSON text; None where it is not one."""
    try:
        return msgspec.json.decode(value)
    except (*NOT_JSON, TypeError):
        return None


def type_name(value: Any) -> str:
    """``string``, ``number``, ``boolean``, ``list``, ``map`` or ``null``."""
    return _TYPE_NAMES.get(value.__class__, "null")


def only_string(value: Any) -> str | None:
    """The value if it is a text."""
    return value if value.__class__ is str else None


def only_filled(value: Any) -> Any:
    """The value unless it is empty: ``""``, ``[]``, ``{}``, 0 and false count as absent."""
    return value or None


def as_list(value: Any) -> list[Any]:
    """The value as a list; one that is no list becomes its only item."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def join(value: Any, separator: str) -> str | None:
    """The items of a list as one text; None where it is no list."""
    return separator.join(str(item) for item in value) if isinstance(value, (list, tuple)) else None


def split(value: Any, mark: str) -> list[str] | None:
    """The pieces of a text between the marks, its letters where the mark is empty; None where it is no text."""
    if not isinstance(value, str):
        return None
    return value.split(mark) if mark else list(value)


def texts(value: Any) -> str | None:
    """The ``text`` of each item of a list, as one text; None where it is no list."""
    if not isinstance(value, list):
        return None
    return "".join(item["text"] for item in value if isinstance(item, dict) and isinstance(item.get("text"), str))


def total(value: Any, field: str, key: str, word: str) -> int | float | None:
    """The sum of a field over those items of a list of which another field is ``word``; None where it is no list."""
    if not isinstance(value, list):
        return None
    counted = [item.get(field) for item in value if isinstance(item, dict) and item.get(key) == word]
    return sum(count for count in counted if isinstance(count, (int, float)))


def first(value: Any, key: str) -> Any:
    """The value of a key in the first item of a list that has it; None where none has, or where it is no list."""
    items = value if isinstance(value, list) else ()
    return next((item[key] for item in items if isinstance(item, dict) and item.get(key) is not None), None)


def upper(value: Any) -> Any:
    """A text in capitals; anything else as it is."""
    return value.upper() if isinstance(value, str) else value


def lower(value: Any) -> Any:
    """A text in small letters; anything else as it is."""
    return value.lower() if isinstance(value, str) else value


def to_base64(value: Any) -> str | None:
    """A text written in base64; None where it is none."""
    from base64 import b64encode  # rare

    return b64encode(value.encode()).decode() if isinstance(value, str) else None


def as_object(value: Any, key: str) -> Any:
    """A JSON text that holds an object becomes it; anything else becomes ``{key: value}``."""
    parsed = parse_json(value) if isinstance(value, str) else value
    return parsed if isinstance(parsed, dict) else {key: value}


def without_prefix(value: Any, prefix: str) -> Any:
    """A text without what it may begin with; anything else as it is."""
    return value.removeprefix(prefix) if isinstance(value, str) else value


def until(value: Any, mark: str) -> Any:
    """A text up to the first ``mark`` in it; anything else as it is."""
    return value.partition(mark)[0] if isinstance(value, str) else value


def after(value: Any, mark: str) -> Any:
    """A text behind the first ``mark`` in it; one without it, and anything else, as it is."""
    return value.partition(mark)[2] if isinstance(value, str) and mark in value else value


def replace(value: Any, old: str, new: str) -> Any:
    """A text with each ``old`` in it replaced; anything else as it is."""
    return value.replace(old, new) if isinstance(value, str) else value


def md5(value: Any) -> str | None:
    """The MD5 digest of a text, in hexadecimal digits; as a checksum, where a wire asks for one."""
    import hashlib  # rare, and slow to import

    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest() if isinstance(value, str) else None


def plain_name(value: Any) -> Any:
    """A text of letters, digits, spaces, hyphens, round and square brackets; each other sign becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9 ()\[\]-]", "-", value) if isinstance(value, str) else value


def base64_text(value: Any) -> str | None:
    """The text that is written in base64; None where it is none."""
    from base64 import b64decode  # rare

    try:
        return b64decode(value, validate=True).decode()
    except (ValueError, TypeError):
        return None


class Unreadable(ValueError):
    """A text of an answer is not written as the manifest says. The message names what was expected."""


_DECODERS: WeakKeyDictionary[Any, dict[int, IncrementalDecoder]] = WeakKeyDictionary()
"""For each answer that is being read, what is kept of a text whose pieces were cut within a character."""


def base64_text_piece(value: Any, sink: Any, place: int) -> str:
    """The text of one piece of several; the beginning of a character waits for its end in the next piece.

    Raises:
        Unreadable: it is no base64, or no UTF-8.
    """
    from base64 import b64decode  # rare

    decoders = _DECODERS.setdefault(sink, {})
    if place not in decoders:
        decoders[place] = getincrementaldecoder("utf-8")()
    try:
        return decoders[place].decode(b64decode(value, validate=True))
    except (ValueError, TypeError) as error:
        raise Unreadable(f"a text that is no UTF-8 in base64 ({error})") from None


def ends_within_a_character(sink: Any) -> bool:
    """Whether pieces of a text have come to an end before the last character had."""
    return any(decoder.getstate()[0] for decoder in _DECODERS.get(sink, {}).values())


def given_id(value: Any) -> Any:
    """A tool call's id, unless we made it up ourselves."""
    return None if isinstance(value, str) and value.startswith(OWN_ID) else value


def fixed_id(value: Any, length: int) -> str:
    """An id of exactly ``length`` letters and digits; others are turned into one, always the same."""
    text = as_text(value)
    if len(text) == length and text.isascii() and text.isalnum():
        return text
    import hashlib  # rare, and slow to import

    digits = string.digits + string.ascii_letters
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return "".join(digits[number // len(digits) ** place % len(digits)] for place in range(length))


def short_id(value: Any, length: int, signs: str) -> str:
    """An id of at most ``length`` letters, digits and ``signs``; another one is turned into one, always the same."""
    text = as_text(value)
    fits = 0 < len(text) <= length and text.isascii() and all(letter.isalnum() or letter in signs for letter in text)
    return text if fits else fixed_id(text, min(length, MADE_ID))


def in_path(value: Any) -> str:
    """Quoted for a URL's path; slashes and colons stay.

    Raises:
        UnsupportedError: it would lead to another place, by ``..`` or by a step that is empty.
    """
    value = as_text(value)
    if any(step in ("", ".", "..") for step in value.split("/")):
        raise UnsupportedError(f"{value!r} cannot stand in a URL: a step is empty, '.' or '..'")
    return quote(value, safe="/:@")


def in_segment(value: Any) -> str:
    """Quoted for one step of a URL's path, slashes and colons too."""
    value = as_text(value)
    if value in ("", ".", ".."):
        raise UnsupportedError(f"{value!r} cannot stand in a URL as a step of its path")
    return quote(value, safe="~")


class Definition(NamedTuple):
    """A filter: what it calls, how many arguments it takes (None: one or more), and what it promises.

    ``inline`` is the same as an expression of Python, for what is asked of every frame. ``piece`` stands for
    it where it is the last filter in a statement of a stream; it gets the sink, and a number for where it stands.
    ``rewrites`` says that it makes one id of another, which is told.
    """

    function: Callable[..., Any]
    arguments: int | None = 0
    result: str = VALUE
    takes_none: bool = False
    never_none: bool = False
    inline: str | None = None
    piece: Callable[..., Any] | None = None
    rewrites: bool = False


FILTERS: dict[str, Definition] = {
    "json": Definition(to_json),
    "parse": Definition(parse_json, result=WIRE),
    "type": Definition(type_name, takes_none=True, never_none=True),
    "string": Definition(only_string, inline="{0} if {0}.__class__ is str else None"),
    "filled": Definition(only_filled, result=WIRE),
    "list": Definition(as_list, result=WIRE),
    "join": Definition(join, 1),
    "split": Definition(split, 1, WIRE),
    "texts": Definition(texts),
    "total": Definition(total, 3),
    "first": Definition(first, 1, WIRE),
    "upper": Definition(upper),
    "lower": Definition(lower),
    "to_base64": Definition(to_base64),
    "object": Definition(as_object, 1, WIRE),
    "without_prefix": Definition(without_prefix, 1),
    "until": Definition(until, 1),
    "after": Definition(after, 1),
    "replace": Definition(replace, 2),
    "md5": Definition(md5),
    "plain_name": Definition(plain_name),
    "base64_text": Definition(base64_text, piece=base64_text_piece),
    "given_id": Definition(given_id),
    "fixed_id": Definition(fixed_id, 1, rewrites=True),
    "short_id": Definition(short_id, 2, rewrites=True),
    "in_path": Definition(in_path),
    "in_segment": Definition(in_segment),
    "without": Definition(without_keywords, None, WIRE),
    "upper_types": Definition(upper_types, result=WIRE),
    "inline_refs": Definition(inline_refs, result=WIRE),
}
