"""A request as it would go out, for people to look at."""

from __future__ import annotations

from typing import Any

import msgspec

from .response import Adjustment

__all__ = ["RequestPreview"]


class RequestPreview(msgspec.Struct, frozen=True):
    """The HTTP request that a call would send, with the key replaced by ``[redacted]``.

    ``body`` is None where none is sent.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Any
    adjustments: tuple[Adjustment, ...]
