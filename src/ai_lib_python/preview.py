"""A request as it would go out, for people to look at."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

import msgspec

from .response import Adjustment

if TYPE_CHECKING:
    from decimal import Decimal

    from .money.worst_case import WorstCase

__all__ = ["RequestPreview"]


class RequestPreview(msgspec.Struct, frozen=True):
    """The HTTP request that a call would send, with the key replaced by ``[redacted]``.

    Attributes:
        method, url, headers, body: the request; ``body`` is None where none is sent.
        adjustments: everything that would be sent otherwise than asked.
        prompt_tokens: an estimate of the prompt's tokens, from its letters; docs/costs.md tells how far off it may be.
        worst_case: what the most that the call can cost depends on.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Any
    adjustments: tuple[Adjustment, ...]
    prompt_tokens: int
    worst_case: WorstCase

    @property
    def worst_case_cost(self) -> Decimal | None:
        """The most that the call can cost, in US dollars; None where ``worst_case.missing`` says what is not known."""
        return self.worst_case.cost

    def as_curl(self) -> str:
        """The request as a command for a shell; put the key where ``[redacted]`` stands."""
        parts = [f"curl {quote(self.url)} -X {self.method}"]
        parts += [f"-H {quote(f'{name}: {value}')}" for name, value in self.headers.items()]
        if self.body is not None:
            parts.append(f"--data-raw {quote(msgspec.json.encode(self.body).decode())}")
        return " \\\n  ".join(parts)
