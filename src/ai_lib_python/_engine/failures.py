"""Answers that are errors become the right exception."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable
from time import time
from typing import Any

import msgspec

from .._wire.odd_json import decode_odd
from .._wire.redact import redact, start_of
from .._wire.urls import shown
from ..errors import REMOTE_ERRORS, AiLibError, MalformedResponse, RemoteError
from ..message import NOT_JSON
from ..response import Heard
from .prepare import Prepared

OK = 200


def parse_body(body: bytes) -> Any:
    """The JSON of a body, or None where it is none. Some proxies write a byte order mark before it."""
    body = body.removeprefix(BOM_UTF8)
    try:
        return msgspec.json.decode(body)
    except NOT_JSON:
        return _parse_odd(body)


def _parse_odd(body: bytes) -> Any:
    try:
        return decode_odd(body)
    except NOT_JSON:
        return None


def remote_error(prepared: Prepared, status: int, headers: dict[str, str], body: bytes) -> RemoteError:
    """The error that an answer with an error's status says."""
    return _classified(prepared, status, headers, parse_body(body), body)


def error_in_answer(prepared: Prepared, headers: dict[str, str], data: Any, partial: Any = None) -> RemoteError:
    """The error that stands in an answer whose status was fine."""
    error = _classified(prepared, OK, headers, data, msgspec.json.encode(data))
    error.partial = partial
    return error


def malformed(prepared: Prepared, status: int, body: bytes, problem: str, partial: Any = None) -> MalformedResponse:
    """The error for an answer that is not what the manifest expects."""
    start = start_of(body, prepared.secrets)
    beginning = f"; it begins {start[:80]!r}" if start else "; it is empty"
    return MalformedResponse(
        f"{prepared.manifest.name} answered {status} with {redact(problem, prepared.secrets)}{beginning}",
        provider=prepared.manifest.id,
        model=prepared.model or None,
        status_code=status,
        body=start,
        partial=partial,
    )


def with_context(error: AiLibError, prepared: Prepared, partial: Any = None) -> AiLibError:
    """The same error, knowing the call that it belongs to."""
    error.provider = error.provider or prepared.manifest.id
    error.model = error.model or prepared.model or None
    if partial is not None:
        error.partial = partial
    return error


def _classified(prepared: Prepared, status: int, headers: dict[str, str], data: Any, body: bytes) -> RemoteError:
    hidden = prepared.secrets
    found = prepared.program.classify(status, headers, data)
    message = redact(found.message, hidden) if found.message else _without_message(status, body, hidden)
    name = f"{prepared.manifest.name} ({prepared.model})" if prepared.model else prepared.manifest.name
    error = REMOTE_ERRORS[found.error_class](
        f"{name}, HTTP {status}: {message} [{prepared.http.method} {shown(prepared.http.url)}]",
        provider=prepared.manifest.id,
        model=prepared.model or None,
        status_code=status,
        retryable=found.retryable,
        retry_after=found.retry_after,
        request_id=_without_keys(found.request_id, hidden),
        code=_without_keys(found.code, hidden),
        body=start_of(body, hidden),
    )
    error._heard = heard(prepared, headers)
    return error


def heard(prepared: Prepared, headers: dict[str, str]) -> Heard | None:
    """What an answer says of the provider's limits; None where the manifest does not know where that would stand."""
    return Heard(prepared.program.rate_limits, headers, time()) if prepared.program.tells_limits else None


def _without_keys(text: str | None, secrets: Iterable[str]) -> str | None:
    return None if text is None else redact(text, secrets)


def _without_message(status: int, body: bytes, secrets: Iterable[str]) -> str:
    start = start_of(body, secrets)[:200]
    return start if start.strip() else "an empty body"
