"""Asks a provider for the names of its models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .._compile.filters import as_text
from .._compile.program import Program
from .._manifest.manifest import Manifest
from .._wire.http import HttpRequest, Transport
from ..capabilities import ModelInfo
from ..errors import DeadlineExceeded, MalformedResponse, UnsupportedError
from .attempts import patiently
from .authenticate import put_key, signed
from .credentials import Credential
from .deadlines import Watch, allowed
from .failures import malformed, parse_body
from .prepare import Prepared
from .sending import read_body, send
from .target import Target, program_of
from .terms import Terms

MOST_PAGES = 100
"""Pages after which a list that never ends is given up."""

Query = Mapping[str, Any]
Reader = Callable[[Program], Callable[[Any], Any]]
"""Which of a program's functions reads a page."""


async def list_models(target: Target, transport: Transport, terms: Terms) -> list[str]:
    """The names by which the provider's models are called, in its own order; the time is for all pages together.

    Raises:
        As :func:`list_details`.
    """
    return await _listed(target, transport, terms, lambda program: program.read_models)


async def list_details(target: Target, transport: Transport, terms: Terms) -> list[ModelInfo]:
    """What the provider's list says of each model, in its own order; the time is for all pages together.

    Raises:
        UnsupportedError: the provider has no list that is known.
        MalformedResponse: the pages never end, or one is no page.
        RemoteError, TransportError: as a call raises them.
    """
    return await _listed(target, transport, terms, lambda program: program.read_details)


async def _listed(target: Target, transport: Transport, terms: Terms, reader: Reader) -> list[Any]:
    query: Query = _listing(target.manifest).get("query", {})
    watch = Watch(allowed(target.manifest, terms.timeouts))
    listed: list[Any] = []
    asked: list[Query] = []
    following: Query | None = {}
    try:
        while following is not None and (asking := {**query, **following}) not in asked:
            if len(asked) == MOST_PAGES:
                raise MalformedResponse(f"{target.manifest.name} lists its models on more than {MOST_PAGES} pages")
            asked.append(asking)
            found, following = await patiently(
                partial(_page, target, transport, watch, asking, reader), terms.retries, watch
            )
            if not found:
                break
            listed += found
    except DeadlineExceeded as error:
        error.provider = target.manifest.id
        raise
    finally:
        watch.stop()
    return listed


def _listing(manifest: Manifest) -> dict[str, Any]:
    """What the manifest says of its list of models."""
    listing: dict[str, Any] = manifest.data.get("list_models") or {}
    if "path" not in listing:
        raise UnsupportedError(f"{manifest.name} is not known to have a list of its models", provider=manifest.id)
    return listing


async def _page(
    target: Target, transport: Transport, watch: Watch, query: Query, reader: Reader
) -> tuple[list[Any], Query | None]:
    """One page."""
    return await watch.within(_asked_page(target, transport, watch, query, reader))


async def _asked_page(
    target: Target, transport: Transport, watch: Watch, query: Query, reader: Reader
) -> tuple[list[Any], Query | None]:
    prepared = _prepared(target, await target.credential(), query, watch.allowed.connect)
    watch.sends(prepared.http)
    try:
        answer = await send(transport, prepared)
        body = await read_body(answer, prepared, watch)
    finally:
        watch.is_sent = False
    page = parse_body(body)
    if page is None:
        raise malformed(prepared, answer.status, body, "a body that is no JSON")
    found: tuple[list[Any] | None, Query | None] = reader(prepared.program)(page)
    listed, following = found
    if listed is None:
        raise malformed(prepared, answer.status, body, "JSON that is no list of models")
    return listed, following


def _prepared(target: Target, credential: Credential | None, query: Query, connect: float | None) -> Prepared:
    """The request for one page."""
    manifest, program = target.manifest, program_of(target.manifest)
    listing = manifest.data["list_models"]
    given = {**manifest.endpoint.headers, **listing.get("headers", {})}
    headers = {name.lower(): as_text(value) for name, value in given.items()}
    headers["accept"] = "application/json"
    texts = {name: as_text(value) for name, value in query.items()}
    put_key(credential, program, headers, texts)
    url = target.url_at(listing.get("base_url"), listing["path"], texts)
    http = HttpRequest("GET", url, headers, b"", connect, max_bytes=target.max_bytes)
    http = signed(http, target, credential)
    return Prepared(http, target, manifest, program, "", credential)
