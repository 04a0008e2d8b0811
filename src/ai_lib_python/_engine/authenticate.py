"""Adds to a request what authenticates it, and knows what of it must not be shown."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from time import time

import msgspec

from .._compile.filters import as_text
from .._compile.program import Program
from .._wire.auth import authorize, check_header_value
from .._wire.http import HttpRequest
from .._wire.redact import is_for_keys
from .._wire.sigv4 import sign
from .credentials import Credential
from .target import Target

_MADE = re.compile(r"[\w.+/~-]{16,}")
"""A word of a header of several parts; a shorter one is a name or a number, and no secret."""


def put_key(credential: Credential | None, program: Program, headers: dict[str, str], query: dict[str, str]) -> None:
    """Puts a key, or the headers that are made of several parts, where the manifest says.

    Raises:
        ConfigurationError: some part has characters that no header may hold.
    """
    if credential is None:
        return
    authorize(credential.scheme, credential.key, headers, query)
    if not credential.key:
        for secret in credential.secrets:
            check_header_value(secret)
    if credential.parts:
        made = program.key_headers(credential.scheme, credential.parts, int(time()))
        headers.update((name.lower(), as_text(value)) for name, value in made.items())


def signed(http: HttpRequest, target: Target, credential: Credential | None) -> HttpRequest:
    """The request with its signature, where that is how it is authenticated."""
    if credential is None or credential.signing is None:
        return http
    scope, now = target.scope(credential.scheme), datetime.now(timezone.utc)
    added = sign(http.method, http.url, http.headers, http.body, credential.signing, scope, now)
    return msgspec.structs.replace(http, headers={**http.headers, **added})


def secrets_in(http: HttpRequest, program: Program, credential: Credential | None) -> tuple[str, ...]:
    """What of a request must not be shown to anyone; what a caller put into a header for keys, too."""
    keys = credential.secrets if credential is not None else ()
    made = (
        ()
        if credential is None or not credential.parts
        else program.key_headers(credential.scheme, credential.parts, 0)
    )
    hidden = {name.lower() for name in made} | set(filter(is_for_keys, http.headers))
    words = (word for name in hidden for word in _MADE.findall(http.headers.get(name, "")))
    return (*keys, *words)
