"""Addresses: a base URL and a path become one, however the user wrote the base."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from ..errors import ConfigurationError

_QUOTED_ALREADY = "/%:@!$&'()*+,;=~"
"""What stays in a path: what has a meaning there, and the signs of what is quoted."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLACEHOLDER_VALUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def fill_placeholders(base_url: str, find: Callable[[str], str | None]) -> str:
    """``https://{resource}.example.com`` with its placeholders filled.

    Raises:
        ConfigurationError: a placeholder has no value; the message names it.
    """

    def value(match: re.Match[str]) -> str:
        found = find(match.group(1))
        if not found:
            raise ConfigurationError(f"the base URL {base_url} needs a value for {match.group(1)!r}")
        if not _PLACEHOLDER_VALUE.fullmatch(found):  # a slash or an @ would send the key to another host
            raise ConfigurationError(f"{match.group(1)!r} must be letters, digits, '-', '_' and '.', got {found!r}")
        return found

    return _PLACEHOLDER.sub(value, base_url)


def check_base_url(url: str) -> str:
    """The URL, if it is one that HTTP can use.

    Raises:
        ConfigurationError: it has no scheme or host.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        usable = False
    if not usable:
        raise ConfigurationError(f"base_url must look like https://host/path, got {url!r}")
    return url


def shown(url: str) -> str:
    """The URL as people may read it: without its query and without a password, which may be keys."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def join(base_url: str, default_base_url: str | None, path: str, query: Mapping[str, str]) -> str:
    """The full URL of a call.

    A base without a path gets the path of the provider's own base URL; what the end of
    the base and the beginning of ``path`` share stands there once; a base that is a full
    endpoint already is taken as it is.
    """
    base = urlsplit(base_url)
    prefix = _segments(base.path)
    if not prefix and default_base_url is not None:
        prefix = _segments(urlsplit(default_base_url).path)
    joined = quote("/" + "/".join(_overlapped(prefix, _segments(path))), safe=_QUOTED_ALREADY)
    pairs = [base.query] if base.query else []
    if query:
        pairs.append(urlencode(query))
    return urlunsplit((base.scheme, base.netloc, joined, "&".join(pairs), ""))


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _overlapped(prefix: list[str], path: list[str]) -> list[str]:
    """``[a, v1] + [v1, chat]`` is ``[a, v1, chat]``."""
    for size in range(min(len(prefix), len(path)), 0, -1):
        if prefix[-size:] == path[:size]:
            return prefix + path[size:]
    return prefix + path
