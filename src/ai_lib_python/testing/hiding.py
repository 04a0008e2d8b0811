"""Keeps keys out of recordings.

What a request carries where keys stand (headers, the query, the user of a URL) is a secret from then on, and so is
what the user names. It is hidden wherever it turns up, in whatever spelling, also in base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from .._wire.event_stream import with_checksums
from .._wire.http import HttpRequest
from .._wire.redact import HIDDEN, SHORTEST_KEY, hide_keys, hide_values, is_for_keys, redact

_BETWEEN = re.compile(r"[\s,]+")
_NAMED = re.compile(r"^\w+=")

NO_KEYS = re.compile(r"rate-?limit")
"""Headers of answers that speak of tokens, and hold none."""


class Hiding:
    """Knows the secrets of all requests so far."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        for secret in secrets:
            self._add(secret)

    def learn(self, request: HttpRequest) -> None:
        """What the request carries where keys stand is hidden from now on."""
        for name, value in request.headers.items():
            if is_for_keys(name.lower()):
                self._add_words(value)
        parts = urlsplit(request.url)
        for name, value in parse_qsl(parts.query):
            if is_for_keys(name.lower()):
                self._add(value)
        for word in (parts.username, parts.password):
            self._add(word or "")

    def text(self, text: str) -> str:
        """The text without secrets."""
        return redact(text, self._secrets)

    def url(self, url: str) -> str:
        """The URL without secrets, and without a user."""
        parts = urlsplit(url)
        query = urlencode(hide_values(dict(parse_qsl(parts.query, keep_blank_values=True))), quote_via=quote)
        shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))
        return self.text(shown)

    def sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a request without secrets."""
        return {name: self.text(value) for name, value in hide_keys(headers).items()}

    def received(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of an answer without secrets."""
        return {
            name: HIDDEN if is_for_keys(name) and not NO_KEYS.search(name) else self.text(value)
            for name, value in headers.items()
        }

    def body(self, pieces: list[bytes]) -> list[bytes]:
        """The pieces of a body without secrets, also such as begin in one piece and end in another.

        In a body that is no text a secret gives way to as many stars, as lengths may be written in it; and checksums,
        in the one framing that has them.
        """
        whole = b"".join(pieces)
        try:
            hidden = self.text(whole.decode()).encode()
        except UnicodeDecodeError:
            hidden = _with_stars(whole, self._secrets)
            hidden = with_checksums(hidden) if hidden != whole else whole
        if hidden == whole:
            return pieces
        if len(hidden) == len(whole):
            return list(_cut(hidden, [len(piece) for piece in pieces]))
        return list(_cut(hidden, self._lengths(pieces, len(hidden))))

    def _lengths(self, pieces: list[bytes], most: int) -> list[int]:
        """How long each piece is with its secrets hidden; about, where one is cut in two."""
        ends = [0]
        for number in range(1, len(pieces)):
            end = len(self.text(b"".join(pieces[:number]).decode(errors="ignore")).encode())
            ends.append(min(max(end, ends[-1]), most))
        return [end - start for start, end in zip(ends, [*ends[1:], most], strict=True)]

    def _add_words(self, value: str) -> None:
        """The words of a header: a scheme and a key, or a list of named values."""
        self._add(value)
        for word in _BETWEEN.split(value):
            self._add(word)
            self._add(_NAMED.sub("", word))
            self._add(_NAMED.sub("", word).partition("/")[0])

    def _add(self, secret: str) -> None:
        if len(secret) >= SHORTEST_KEY:
            self._secrets |= {secret, *_in_base64(secret)}  # another thread may read the old one meanwhile


def _in_base64(secret: str) -> Iterator[str]:
    """How the secret is spelled within base64: in three ways, by where it begins."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + secret.encode()).decode()
        within = coded[(before * 8 + 5) // 6 : (before + len(secret.encode())) * 8 // 6]
        yield from (within, within.translate({43: "-", 47: "_"}))


def _with_stars(body: bytes, secrets: Iterable[str]) -> bytes:
    for secret in sorted(secrets, key=len, reverse=True):
        body = body.replace(secret.encode(), b"*" * len(secret.encode()))
    return body


def _cut(body: bytes, lengths: Iterable[int]) -> Iterator[bytes]:
    start = 0
    for length in lengths:
        yield body[start : start + length]
        start += length
