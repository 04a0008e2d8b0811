"""What went wrong, in words and as an exit code."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ..errors import AiLibError, ConfigurationError
from . import FAILED, WRONG_USAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..response import Attempt

__all__ = ["UsageError", "code_of", "in_short", "in_words"]


class UsageError(Exception):
    """What was typed cannot be done; the message says why."""


def code_of(error: Exception) -> int | None:
    """The exit code for an error; None for one that is a fault of this program."""
    if isinstance(error, (ConfigurationError, UsageError)):
        return WRONG_USAGE
    return FAILED if isinstance(error, AiLibError) else None


def in_words(error: Exception) -> str:
    """The error as one line for people, with what helps to follow it up."""
    if not isinstance(error, AiLibError):
        return str(error)
    extras = []
    if error.retry_after is not None:
        extras.append(f"try again in {error.retry_after:g} s")
    if error.request_id:
        extras.append(f"request id {error.request_id}")
    if len(error.ledger) > 1:
        extras.append(f"{len(error.ledger)} requests: {in_short(error.ledger)}")
    told = f" ({'; '.join(extras)})" if extras else ""
    return f"{error.message}{told}"


def in_short(ledger: Sequence[Attempt]) -> str:
    """What became of each request, model by model: ``here/a: overloaded (503), timeout; there/b: answered``."""
    models = groupby(ledger, lambda attempt: f"{attempt.provider}/{attempt.model}")
    return "; ".join(f"{model}: {', '.join(map(_outcome, attempts))}" for model, attempts in models)


def _outcome(attempt: Attempt) -> str:
    if attempt.error_class is None:
        return "answered"
    return attempt.error_class if attempt.status_code is None else f"{attempt.error_class} ({attempt.status_code})"
