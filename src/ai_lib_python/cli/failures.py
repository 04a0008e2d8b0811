"""What went wrong, in words and as an exit code."""

from __future__ import annotations

from ..errors import AiLibError, ConfigurationError
from . import FAILED, WRONG_USAGE

__all__ = ["UsageError", "code_of", "in_words"]


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
    told = f" ({'; '.join(extras)})" if extras else ""
    return f"{error.message}{told}"
