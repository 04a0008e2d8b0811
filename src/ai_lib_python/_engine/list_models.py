"""Asks a provider for the names of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._compile.filters import as_text
from .._wire.auth import authorize
from .._wire.http import HttpRequest, Transport
from ..errors import UnsupportedError
from .credentials import Credential
from .failures import malformed, parse_body
from .prepare import Prepared, signed
from .sending import send
from .target import Target, program_of

MOST_PAGES = 100
"""Pages after which a list that never ends is given up."""


async def list_models(target: Target, transport: Transport, timeout: float | None) -> list[str]:
    """The names by which the provider's models are called, in its own order.

    Raises:
        UnsupportedError: the provider has no list that is known.
        RemoteError, TransportError: as a call raises them.
    """
    manifest = target.manifest
    listing = manifest.data.get("list_models")
    if not listing or "path" not in listing:
        raise UnsupportedError(f"{manifest.name} is not known to have a list of its models", provider=manifest.id)
    credential = await target.credential()
    names: list[str] = []
    query: Mapping[str, Any] | None = listing.get("query", {})
    for _ in range(MOST_PAGES):
        found, following = await _page(target, transport, credential, query or {}, timeout)
        names += found
        if not found or following is None:
            break
        query = {**listing.get("query", {}), **following}
    return names


async def _page(
    target: Target, transport: Transport, credential: Credential | None, query: Mapping[str, Any], timeout: float | None
) -> tuple[list[str], Mapping[str, Any] | None]:
    manifest, program = target.manifest, program_of(target.manifest)
    listing = manifest.data["list_models"]
    given = {**manifest.endpoint.headers, **listing.get("headers", {})}
    headers = {name.lower(): as_text(value) for name, value in given.items()}
    headers["accept"] = "application/json"
    texts = {name: as_text(value) for name, value in query.items()}
    if credential is not None:
        authorize(credential.scheme, credential.key, headers, texts)
    url = target.url_at(listing.get("base_url"), listing["path"], texts)
    http = signed(HttpRequest("GET", url, headers, b"", timeout), target, credential)
    prepared = Prepared(http, manifest, program, "its models", (), target.secrets)
    answer = await send(transport, prepared)
    body = await answer.read()
    page = parse_body(body)
    if page is None:
        raise malformed(prepared, answer.status, body, "a body that is no JSON")
    found: tuple[list[str], Mapping[str, Any] | None] = program.read_models(page)
    return found
