"""A request as it would go out, for people to look at."""

from __future__ import annotations

from shlex import quote
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

    def as_curl(self) -> str:
        """The request as a command for a shell; put the key where ``[redacted]`` stands."""
        parts = [f"curl {quote(self.url)} -X {self.method}"]
        parts += [f"-H {quote(f'{name}: {value}')}" for name, value in self.headers.items()]
        if self.body is not None:
            parts.append(f"--data-raw {quote(msgspec.json.encode(self.body).decode())}")
        return " \\\n  ".join(parts)
