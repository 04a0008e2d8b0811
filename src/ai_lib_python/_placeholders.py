"""Placeholders in addresses, such as ``{region}``, and what may take their place."""

from __future__ import annotations

import re
from collections.abc import Callable

from .errors import ConfigurationError

WORD = re.compile(r"\w+")
"""The name of a placeholder."""

PLACEHOLDER = re.compile(r"\{(\w+)\}")

_VALUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def fill_placeholders(base_url: str, find: Callable[[str], str | None]) -> str:
    """``https://{resource}.example.com`` with its placeholders filled.

    Raises:
        ConfigurationError: a placeholder has no value; the message names it.
    """

    def value(match: re.Match[str]) -> str:
        found = find(match.group(1))
        if not found:
            raise ConfigurationError(f"the base URL {base_url} needs a value for {match.group(1)!r}")
        if not _VALUE.fullmatch(found):  # a slash or an @ would send the key to another host
            raise ConfigurationError(f"{match.group(1)!r} must be letters, digits, '-', '_' and '.', got {found!r}")
        return found

    return PLACEHOLDER.sub(value, base_url)
