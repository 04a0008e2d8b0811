"""A chat request becomes an HTTP request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from .._compile.filters import as_query, as_text
from .._compile.notes import Notes
from .._compile.parameters import merge_into
from .._compile.program import Program
from .._manifest.manifest import Manifest
from .._wire.http import HttpRequest
from ..errors import UnsupportedError
from ..request import ChatRequest
from ..response import Adjustment
from .authenticate import put_key, secrets_in, signed
from .credentials import Credential
from .encode import encode
from .target import Target

DEEPEST = 20
"""How deep in a body the place of a mistake is looked for."""

_NOT_IN_HEADERS = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters that no encoding has."""


class Prepared(msgspec.Struct, frozen=True):
    """A call that only has to be sent. ``model`` is empty where it is about no model."""

    http: HttpRequest
    target: Target
    manifest: Manifest
    program: Program
    model: str
    credential: Credential | None
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown to anyone."""
        return secrets_in(self.http, self.program, self.credential)

    def __repr__(self) -> str:
        return f"Prepared({self.http!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("http", self.http)]


def prepare(
    target: Target,
    request: ChatRequest,
    *,
    stream: bool,
    connect: float | None = None,
    credential: Credential | None,
) -> Prepared:
    """Encodes ``request`` for ``target``; ``connect`` is the most seconds until there is a connection.

    Raises:
        UnsupportedError: the wire cannot express some content; the message names it.
    """
    manifest, program = target.program(request.model)
    notes = Notes()
    path, query, headers, body = encode(manifest, program, request, stream, notes)
    query = {name: as_query(value) for name, value in query.items()}
    headers = _headers(manifest, headers, stream)
    _check_headers(manifest, request, {**headers, **_own_headers(request)} if request.extra_headers else headers)
    method = manifest.data.get("request", {}).get("method", "POST")
    sent = _body(manifest, request, method, body)
    # Keys come last, so that what fails before has none in its frame.
    put_key(credential, program, headers, query)
    query.update(request.extra_query or {})
    headers.update(_own_headers(request))
    if not sent:
        headers.pop("content-type", None)
    url = target.url(path, query)
    http = HttpRequest(method, url, headers, sent, connect, max_bytes=target.max_bytes)
    http = signed(http, target, credential)
    return Prepared(http, target, manifest, program, request.model, credential, notes.all(request.messages))


def adjustments_of(target: Target, request: ChatRequest, *, stream: bool) -> tuple[Adjustment, ...]:
    """What would go out otherwise than it was asked for. Needs no key and sends nothing.

    Raises:
        UnsupportedError: the wire cannot express some content; the message names it.
    """
    manifest, program = target.program(request.model)
    notes = Notes()
    encode(manifest, program, request, stream, notes)
    return notes.all(request.messages)


def _headers(manifest: Manifest, headers: Mapping[str, Any], stream: bool) -> dict[str, str]:
    accept = "text/event-stream, application/json" if stream else "application/json"
    made = {"content-type": "application/json", "accept": accept}
    for given in (manifest.endpoint.headers, headers):
        for name, value in given.items():
            made[name.lower()] = as_text(value)
    return made


def _own_headers(request: ChatRequest) -> dict[str, str]:
    """The caller's own, named in small letters."""
    return {name.lower(): value for name, value in (request.extra_headers or {}).items()}


def _check_headers(manifest: Manifest, request: ChatRequest, headers: Mapping[str, str]) -> None:
    """Refuses headers that would end within, as one does that was made of a text with a line break."""
    if not _NOT_IN_HEADERS.search("".join(map(str, (*headers, *headers.values())))):
        return
    for name, value in headers.items():
        if _NOT_IN_HEADERS.search(f"{name}{value}"):
            problem = f"the header {name!r} would hold a line break or another character that no header may hold"
            raise UnsupportedError(problem, provider=manifest.id, model=request.model)


def _body(manifest: Manifest, request: ChatRequest, method: str, body: dict[str, Any]) -> bytes:
    """What is sent; nothing where a GET has nothing to say."""
    if request.extra_body:
        merge_into(body, request.extra_body)
    return b"" if method == "GET" and not body else _as_json(manifest, request, body)


def _as_json(manifest: Manifest, request: ChatRequest, body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnsupportedError(
            f"the request cannot be written as JSON: {error}{_place_of(body)}",
            provider=manifest.id,
            model=request.model,
        ) from None


def _place_of(body: Any, place: str = "") -> str:
    """Where in a body the first thing stands that is not written as JSON, in brackets; nothing for the body itself."""
    if place.count("[") + place.count(".") < DEEPEST and isinstance(body, (Mapping, list, tuple)):
        for key, value in body.items() if isinstance(body, Mapping) else enumerate(body):
            if not _is_json(value):
                return _place_of(value, f"{place}.{key}" if isinstance(body, Mapping) else f"{place}[{key}]")
    return f" (at {place.lstrip('.')})" if place else ""


def _is_json(value: Any) -> bool:
    try:
        msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return True
