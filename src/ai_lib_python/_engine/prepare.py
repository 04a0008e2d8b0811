"""A chat request becomes an HTTP request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from time import time
from typing import Any

import msgspec

from .._compile.filters import as_text
from .._compile.notes import Notes
from .._compile.parameters import merge_into
from .._compile.program import Program
from .._compile.values import CannotExpress
from .._manifest.manifest import Manifest
from .._wire.auth import authorize
from .._wire.http import HttpRequest
from .._wire.sigv4 import sign
from ..errors import UnsupportedError
from ..request import ChatRequest
from ..response import Adjustment
from .credentials import Credential
from .target import Target


class Prepared(msgspec.Struct, frozen=True):
    """A call that only has to be sent. ``secrets`` must not be shown to anyone."""

    http: HttpRequest
    manifest: Manifest
    program: Program
    model: str
    adjustments: tuple[Adjustment, ...]
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Prepared({self.http!r})"


def prepare(
    target: Target,
    request: ChatRequest,
    *,
    stream: bool,
    timeout: float | None,
    credential: Credential | None,
) -> Prepared:
    """Encodes ``request`` for ``target``.

    Raises:
        UnsupportedError: the wire cannot express some content; the message names it.
    """
    manifest, program = target.program(request.model)
    notes = Notes()
    path, query, headers, body = _encode(manifest, program, request, stream, notes)
    query, headers = _texts(query), _headers(manifest, headers, stream)
    if credential is not None:
        authorize(credential.scheme, credential.key, headers, query)
        if credential.parts and program.key_headers is not None:
            headers.update(_texts(program.key_headers(credential.parts, int(time()))))
    if request.extra_body:
        merge_into(body, request.extra_body)
    if request.extra_headers:
        headers.update({name.lower(): value for name, value in request.extra_headers.items()})
    method = manifest.data.get("request", {}).get("method", "POST")
    url = target.url(path, query)
    http = HttpRequest(method, url, headers, _as_json(manifest, request, body), timeout)
    http = signed(http, target, credential)
    return Prepared(http, manifest, program, request.model, tuple(notes.adjustments), target.secrets)


def signed(http: HttpRequest, target: Target, credential: Credential | None) -> HttpRequest:
    """The request with its signature, where that is how it is authenticated."""
    if credential is None or credential.signing is None:
        return http
    scope, now = target.scope(credential.scheme), datetime.now(timezone.utc)
    added = sign(http.method, http.url, http.headers, http.body, credential.signing, scope, now)
    return msgspec.structs.replace(http, headers={**http.headers, **added})


def _encode(manifest: Manifest, program: Program, request: ChatRequest, stream: bool, notes: Notes) -> Any:
    try:
        return program.encode(request, stream, notes)
    except CannotExpress as error:
        raise UnsupportedError(
            f"{manifest.name} ({request.model}) takes no {_plain(error.args[0])} here",
            provider=manifest.id,
            model=request.model,
        ) from None
    except UnsupportedError as error:
        error.provider, error.model = manifest.id, request.model
        raise


def _plain(kind: Any) -> str:
    """``image_base64`` for people: ``part of kind 'image_base64'``."""
    return f"part of kind {kind!r}"


def _headers(manifest: Manifest, headers: Mapping[str, Any], stream: bool) -> dict[str, str]:
    accept = "text/event-stream, application/json" if stream else "application/json"
    made = {"content-type": "application/json", "accept": accept}
    for given in (manifest.endpoint.headers, headers):
        for name, value in given.items():
            made[name.lower()] = as_text(value)
    return made


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Headers or query parameters as text, whatever a manifest made of them."""
    return {name: as_text(value) for name, value in values.items()}


def _as_json(manifest: Manifest, request: ChatRequest, body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnsupportedError(
            f"the request cannot be written as JSON: {error}", provider=manifest.id, model=request.model
        ) from None
