"""A chat request becomes an HTTP request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from .._compile.filters import as_query, as_text
from .._compile.notes import Notes
from .._compile.parameters import merge_into
from .._compile.program import Program
from .._manifest.manifest import Manifest
from .._plain import plain
from .._wire.http import HttpRequest
from ..errors import UnsupportedError
from ..message import Message
from ..request import ChatRequest
from ..response import Adjustment
from .authenticate import put_key, secrets_in, signed
from .credentials import Credential
from .encode import encode
from .target import Target

DEEPEST = 20
"""How deep in a body the place of a mistake is looked for."""

NONE: Mapping[str, str] = MappingProxyType({})
"""Headers of who has none."""

_NOT_IN_HEADERS = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters that no encoding has."""


class Prepared(msgspec.Struct, frozen=True):
    """A call that only has to be sent. ``model`` is empty where it is about no model; ``messages`` are what it says."""

    http: HttpRequest
    target: Target
    manifest: Manifest
    program: Program
    model: str
    credential: Credential | None
    adjustments: tuple[Adjustment, ...] = ()
    messages: tuple[Message, ...] = ()

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
    path, query, told, body = encode(manifest, program, request, stream, notes)
    query = {name: as_query(value) for name, value in query.items()} if query else {}
    headers = _headers(manifest, request, told, _own_headers(request), stream)
    method = manifest.data.get("request", {}).get("method", "POST")
    sent = _body(manifest, request, method, body)
    # Keys come last, so that what fails before has none in its frame.
    put_key(credential, program, headers, query)
    if request.extra_query:
        query.update(request.extra_query)
    headers.update(_own_headers(request))
    if not sent:
        headers.pop("content-type", None)
    url = target.url(path, query)
    http = HttpRequest(method, url, headers, sent, connect, max_bytes=target.max_bytes)
    http = signed(http, target, credential)
    told = notes.all(request.messages)
    return Prepared(http, target, manifest, program, request.model, credential, told, request.messages)


def adjustments_of(target: Target, request: ChatRequest, *, stream: bool) -> tuple[Adjustment, ...]:
    """What would go out otherwise than it was asked for. Needs no key and sends nothing.

    Raises:
        UnsupportedError: the wire cannot express some content; the message names it.
    """
    manifest, program = target.program(request.model)
    notes = Notes()
    encode(manifest, program, request, stream, notes)
    return notes.all(request.messages)


def _headers(
    manifest: Manifest, request: ChatRequest, told: Mapping[str, Any], own: Mapping[str, str], stream: bool
) -> dict[str, str]:
    """All headers but those of the key, and the caller's ``own``; ``told`` are those that the request decides.

    Raises:
        UnsupportedError: one of them, or of the caller's, would end within.
    """
    headers = _usual_headers(manifest, stream).copy()
    if told:
        headers.update(_in_text(told))
    if told or own:
        _check_headers(manifest.id, request.model, {**headers, **own})
    return headers


@lru_cache(maxsize=512)
def _usual_headers(manifest: Manifest, stream: bool) -> dict[str, str]:
    """The headers that all requests of one kind have."""
    accept = "text/event-stream, application/json" if stream else "application/json"
    usual = {"content-type": "application/json", "accept": accept, **_in_text(manifest.endpoint.headers)}
    _check_headers(manifest.id, None, usual)
    return usual


def _in_text(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): as_text(value) for name, value in headers.items()}


def _own_headers(request: ChatRequest) -> Mapping[str, str]:
    """The caller's own, named in small letters."""
    own = request.extra_headers
    return {name.lower(): value for name, value in own.items()} if own else NONE


def _check_headers(provider: str, model: str | None, headers: Mapping[str, str]) -> None:
    """Refuses headers that would end within, as one does that was made of a text with a line break."""
    if not _NOT_IN_HEADERS.search("".join(map(str, (*headers, *headers.values())))):
        return
    for name, value in headers.items():
        if _NOT_IN_HEADERS.search(f"{name}{value}"):
            problem = f"the header {name!r} would hold a line break or another character that no header may hold"
            raise UnsupportedError(problem, provider=provider, model=model)


def _body(manifest: Manifest, request: ChatRequest, method: str, body: dict[str, Any]) -> bytes:
    """What is sent; nothing where a GET has nothing to say."""
    if request.extra_body:
        merge_into(body, request.extra_body)
    return b"" if method == "GET" and not body else _as_json(manifest, request, body)


def _as_json(manifest: Manifest, request: ChatRequest, body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body, enc_hook=plain)
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
        msgspec.json.encode(value, enc_hook=plain)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return True
