"""The tags between which a wire puts reasoning into the text."""

from __future__ import annotations

from typing import NamedTuple


class Tags(NamedTuple):
    """What reasoning begins and ends with."""

    open: str
    close: str
