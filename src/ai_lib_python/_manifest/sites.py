"""Addresses of manifests, placeholders and all: what they are made of, and where one is when another has moved."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["host_fits", "moved", "parted"]


def host_fits(host: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers a host.

    A ``*`` stands for letters of one label; ``*.`` in front, for any labels before the rest.
    """
    labels = host.lower().split(".")
    return any(_fits(labels, pattern.lower().split(".")) for pattern in patterns)


def _fits(labels: list[str], wanted: list[str]) -> bool:
    """Whether the labels of a host fit those of a pattern. Done without a regular expression: time is linear."""
    if wanted[0] == "*" and len(wanted) > 1:
        wanted = wanted[1:]
        below, labels = labels[: -len(wanted)], labels[-len(wanted) :]
        if not below or not all(below):
            return False
    return len(labels) == len(wanted) and all(map(_label_fits, labels, wanted))


def _label_fits(label: str, pattern: str) -> bool:
    first, *pieces = pattern.split("*")
    if not pieces:
        return label == pattern
    last = pieces.pop()
    at, end = len(first), len(label) - len(last)
    if at > end or not (label.startswith(first) and label.endswith(last)):
        return False
    for piece in pieces:
        found = label.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


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
