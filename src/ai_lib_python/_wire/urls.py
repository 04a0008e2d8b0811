"""Addresses: a base URL and a path become one, however the user wrote the base."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlencode, urlsplit, urlunsplit

from ..errors import ConfigurationError

_IN_USER = "%:!$&'()*+,;=~"
_IN_PATH = "/@" + _IN_USER
_IN_QUERY = "?" + _IN_PATH
"""What stays in each part of an address: what has a meaning there, and the sign of what is quoted."""

USUAL_PORTS = {"http": 80, "https": 443}
"""The port of each scheme where an address names none."""

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?=.{1,254}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def check_base_url(url: str) -> str:
    """The URL, if it is one that HTTP can use.

    Raises:
        ConfigurationError: it has no scheme or host, or one that is none.
    """
    try:
        wire_url(url)
    except ValueError:
        raise ConfigurationError(f"base_url must look like https://host/path, got {url!r}") from None
    return url


def wire_url(url: str) -> str:
    """The address as a request may hold it, the same for who signs it and who sends it.

    Its host is written in small ASCII letters, without the port that goes without saying. What may not stand in its
    other parts is quoted, and what is quoted already stays as it is. A fragment is never sent.

    Raises:
        ValueError: it is no address of HTTP. The message shows none of it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "\\" in parts.netloc:  # some read a backslash as a slash
        raise ValueError("not an address of HTTP")
    path = _quoted(parts.path, _IN_PATH) or "/"
    return urlunsplit((parts.scheme, _wire_netloc(parts), path, _quoted(parts.query, _IN_QUERY), ""))


def _wire_netloc(parts: SplitResult) -> str:
    host, port = _wire_host(parts.hostname or ""), parts.port
    if port == 0:
        raise ValueError("no port has the number 0")
    user, at, _ = parts.netloc.rpartition("@")
    named = "" if port in (None, USUAL_PORTS.get(parts.scheme)) else f":{port}"
    return f"{_quoted(user, _IN_USER)}{at}{host}{named}"


def _wire_host(host: str) -> str:
    if ":" in host:
        ip_address(host)
        return f"[{host}]"
    if not host.isascii():
        import idna  # for the few that need it; the HTTP library cannot do without it either

        host = idna.encode(host, uts46=True).decode()
    if not _HOST.fullmatch(host):
        raise ValueError("not the name of a host")
    return host


def _quoted(text: str, allowed: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=allowed)


def shown(url: str) -> str:
    """The URL as people may read it: without its query and without a password, which may be keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "what is no address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def join(base_url: str, default_base_url: str | None, path: str, query: Mapping[str, str | tuple[str, ...]]) -> str:
    """The full URL of a call; a query parameter of several values stands there several times.

    A base without a path gets the path of the provider's own base URL; what the end of
    the base and the beginning of ``path`` share stands there once; a base that is a full
    endpoint already is taken as it is.

    Raises:
        ConfigurationError: it would be no address.
    """
    base = urlsplit(base_url)
    prefix = _segments(base.path)
    if not prefix and default_base_url is not None:
        prefix = _segments(urlsplit(default_base_url).path)
    joined = "/" + "/".join(_overlapped(prefix, _segments(path)))
    try:
        added = urlencode(query, doseq=True, quote_via=quote)  # a plus is a space to some, and a plus to others
        pairs = "&".join(filter(None, (base.query, added)))
        return wire_url(urlunsplit((base.scheme, base.netloc, joined, pairs, "")))
    except ValueError:
        raise ConfigurationError(f"the path {path!r} cannot be written into the address {shown(base_url)}") from None


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _overlapped(prefix: list[str], path: list[str]) -> list[str]:
    """``[a, v1] + [v1, chat]`` is ``[a, v1, chat]``."""
    for size in range(min(len(prefix), len(path)), 0, -1):
        if prefix[-size:] == path[:size]:
            return prefix + path[size:]
    return prefix + path
