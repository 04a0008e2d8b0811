"""Takes keys out of whatever people will read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

HIDDEN = "[redacted]"
BODY_LIMIT = 2000
"""How much of an answer's body an error shows, in characters."""

SHORTEST_KEY = 8
"""A shorter "key" is a placeholder, and taking its letters out of a text would only garble it."""

_KEY_LIKE = re.compile(r"(?i)\b(?:bearer\s+[\w.~+/=-]{8,}|[sp]k-[\w-]{8,})")

_SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|password")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the given secrets, however they are spelled, and without anything that looks like a key."""
    hidden = sorted((secret for secret in secrets if len(secret) >= SHORTEST_KEY), key=len, reverse=True)
    if hidden:  # one that holds another goes first
        text = re.sub("|".join("".join(map(_spelled, secret)) for secret in hidden), HIDDEN, text)
    return _KEY_LIKE.sub(HIDDEN, text)


def _spelled(letter: str) -> str:
    """A pattern of a letter as it is, and as it stands in URLs, in JSON and in HTML."""
    if letter.isalnum() or not letter.isascii():
        return re.escape(letter)
    code = f"{ord(letter):02x}"
    in_url = rf"%(?:25){{0,4}}{code}" + (r"|\+" if letter == " " else "")
    in_html = rf"&\#(?:0*{ord(letter)}|x0*{code});|{re.escape(escape(letter))}"
    return rf"(?i:\\{{0,8}}{re.escape(letter)}|{in_url}|\\{{1,8}}u00{code}|{in_html})"


def is_for_keys(header: str) -> bool:
    """Whether the name of a header, in small letters, says that it holds a key."""
    return _SECRET_NAME.search(header) is not None


def hide_keys(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, named in small letters, without the values of those whose name says that they hold a key."""
    return hide_values({name.lower(): value for name, value in headers.items()})


def hide_values(pairs: Mapping[str, str]) -> dict[str, str]:
    """The pairs without the values of those whose name says that they hold a key."""
    return {name: HIDDEN if is_for_keys(name.lower()) else redact(value) for name, value in pairs.items()}


def start_of(body: bytes | str, secrets: Iterable[str] = ()) -> str:
    """The beginning of a body, for an error, without keys."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return redact(text, secrets)[:BODY_LIMIT]  # in this order: a key on the edge must not stay in part
