"""Puts a key where the manifest says: a bearer token, a named header, or the query."""

from __future__ import annotations

from typing import Protocol

from ..errors import ConfigurationError

BEARER = frozenset({"bearer", "adc"})
"""The schemes whose key is a bearer token."""


class Scheme(Protocol):
    """How one manifest wants its key."""

    @property
    def scheme(self) -> str: ...
    @property
    def header(self) -> str | None: ...
    @property
    def prefix(self) -> str | None: ...
    @property
    def query(self) -> str | None: ...


def authorize(scheme: Scheme, key: str, headers: dict[str, str], query: dict[str, str]) -> None:
    """Adds ``key`` to the headers or the query; where requests are signed there is none to add.

    Raises:
        ConfigurationError: the key has characters that no header may hold.
    """
    check_header_value(key)
    if scheme.scheme in BEARER:
        headers["authorization"] = f"Bearer {key}"
    elif scheme.scheme == "header" and scheme.header:
        headers[scheme.header.lower()] = (scheme.prefix or "") + key
    elif scheme.scheme == "query" and scheme.query:
        query[scheme.query] = key


def check_header_value(key: str) -> None:
    """Refuses what no header may hold.

    Raises:
        ConfigurationError: there is a line break or another such character in it.
    """
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError("the API key has a line break or another character that no header may hold")
