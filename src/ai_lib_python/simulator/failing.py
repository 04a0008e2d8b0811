"""An error as a wire says it: its status, code and words, so that a client reads the same class again."""

from __future__ import annotations

from typing import Any

from .._compile.served import ServedError
from .._manifest.manifest import Manifest
from .answers import SimulatedError

STATUSES = {
    "invalid_request": 400,
    "context_length": 400,
    "request_too_large": 413,
    "content_filtered": 400,
    "authentication": 401,
    "permission_denied": 403,
    "not_found": 404,
    "conflict": 409,
    "cancelled": 499,
    "rate_limited": 429,
    "quota_exhausted": 429,
    "server_error": 500,
    "overloaded": 503,
    "timeout": 504,
    "unknown": 418,
}
"""The status of an error whose manifest has none for it."""


def served_error(manifest: Manifest, error: SimulatedError, id: str, *, in_stream: bool = False) -> ServedError:
    """The error in a manifest's words: what its server half says, else what its client half would read.

    In a stream no status tells the class, so where there is no code for it the status stands in its place.
    """
    written = manifest.data.get("serve", {}).get("error", {})
    read = manifest.data.get("errors", {})
    kind = error.error_class
    status = _first(
        error.status,
        written.get("status", {}).get(kind),
        _word_for(kind, read.get("status", {})),
        STATUSES[kind],
    )
    word = status if in_stream else kind
    code = _first(written.get("codes", {}).get(kind), _word_for(kind, read.get("codes", {})), word)
    return ServedError(code=str(code), status=int(status), message=_message(read, error, code), id=id)


def _message(read: dict[str, Any], error: SimulatedError, code: Any) -> str:
    """The message, with the words by which a client tells the class where no code does."""
    told_by_code = read.get("codes", {}).get(code) == error.error_class
    words = None if told_by_code else _word_for(error.error_class, read.get("texts", {}))
    return error.message if words is None or words in error.message else f"{words}: {error.message}"


def _word_for(error_class: str, table: dict[Any, str]) -> Any:
    """The first key of a table of a client half that stands for the class."""
    return next((key for key, value in table.items() if value == error_class), None)


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)
