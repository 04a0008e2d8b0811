"""Addresses of manifests, placeholders and all: what they are made of, and where one is when another has moved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["host_fits", "moved", "parted"]


def host_fits(host: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers a host.

    A ``*`` stands for letters of one label; ``*.`` in front, for any labels before the rest.
    """
    return any(_host_pattern(pattern.lower()).fullmatch(host.lower()) for pattern in patterns)


@lru_cache(maxsize=1024)
def _host_pattern(pattern: str) -> re.Pattern[str]:
    below, rest = (r"(?:[^.]+\.)+", pattern[2:]) if pattern.startswith("*.") else ("", pattern)
    return re.compile(below + "[^.]*".join(map(re.escape, rest.split("*"))))


def parted(url: str) -> tuple[str, str]:
    """Scheme, host and port of an address as they are written, and its path."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", f"{slash}{path}".rstrip("/")


def moved(url: str, before: str | None, after: str) -> str | None:
    """Where an address is now that the base URL it was written beside has moved; None where nobody can tell.

    What stood on the same host stands on the new one, behind whatever the new base URL has in front of the path
    that the old one had: ``/v1`` moved to ``/proxy/v1`` takes ``/other`` to ``/proxy/other``.
    """
    (old_site, old_path), (new_site, new_path), (site, path) = parted(before or ""), parted(after), parted(url)
    if site != old_site or (new_path and not new_path.endswith(old_path)):
        return None
    return f"{new_site}{new_path.removesuffix(old_path)}{path}"
