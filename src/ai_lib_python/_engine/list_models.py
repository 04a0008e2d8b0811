"""Asks a provider for the names of its models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from .._compile.filters import as_text
from .._compile.program import Program
from .._manifest.manifest import Manifest
from .._wire.http import HttpRequest, Transport
from ..capabilities import ModelInfo
from ..errors import MalformedResponse, UnsupportedError
from .authenticate import put_key, signed
from .credentials import Credential
from .failures import malformed, parse_body
from .follow import SHORTEST_TIME, read_body
from .prepare import Prepared
from .sending import send
from .target import Target, program_of

MOST_PAGES = 100
"""Pages after which a list that never ends is given up."""

Query = Mapping[str, Any]
Reader = Callable[[Program], Callable[[Any], Any]]
"""Which of a program's functions reads a page."""


async def list_models(target: Target, transport: Transport, timeout: float | None) -> list[str]:
    """The names by which the provider's models are called, in its own order; ``timeout`` is for all pages together.

    Raises:
        As :func:`list_details`.
    """
    return await _listed(target, transport, timeout, lambda program: program.read_models)


async def list_details(target: Target, transport: Transport, timeout: float | None) -> list[ModelInfo]:
    """What the provider's list says of each model, in its own order; ``timeout`` is for all pages together.

    Raises:
        UnsupportedError: the provider has no list that is known.
        MalformedResponse: the pages never end, or one is no page.
        RemoteError, TransportError: as a call raises them.
    """
    return await _listed(target, transport, timeout, lambda program: program.read_details)


async def _listed(target: Target, transport: Transport, timeout: float | None, reader: Reader) -> list[Any]:
    query: Query = _listing(target.manifest).get("query", {})
    ends = None if timeout is None else perf_counter() + timeout
    credential = await target.credential(timeout)
    listed: list[Any] = []
    asked: list[Query] = []
    following: Query | None = {}
    while following is not None and (asking := {**query, **following}) not in asked:
        if len(asked) == MOST_PAGES:
            raise MalformedResponse(f"{target.manifest.name} lists its models on more than {MOST_PAGES} pages")
        asked.append(asking)
        left = None if ends is None else max(SHORTEST_TIME, ends - perf_counter())
        found, following = await _page(target, transport, credential, asking, left, reader)
        if not found:
            break
        listed += found
    return listed


def _listing(manifest: Manifest) -> dict[str, Any]:
    """What the manifest says of its list of models."""
    listing: dict[str, Any] = manifest.data.get("list_models") or {}
    if "path" not in listing:
        raise UnsupportedError(f"{manifest.name} is not known to have a list of its models", provider=manifest.id)
    return listing


async def _page(
    target: Target,
    transport: Transport,
    credential: Credential | None,
    query: Query,
    timeout: float | None,
    reader: Reader,
) -> tuple[list[Any], Query | None]:
    prepared = _prepared(target, credential, query, timeout)
    answer = await send(transport, prepared)
    body = await read_body(answer, prepared)
    page = parse_body(body)
    if page is None:
        raise malformed(prepared, answer.status, body, "a body that is no JSON")
    found: tuple[list[Any] | None, Query | None] = reader(prepared.program)(page)
    listed, following = found
    if listed is None:
        raise malformed(prepared, answer.status, body, "JSON that is no list of models")
    return listed, following


def _prepared(target: Target, credential: Credential | None, query: Query, timeout: float | None) -> Prepared:
    """The request for one page."""
    manifest, program = target.manifest, program_of(target.manifest)
    listing = manifest.data["list_models"]
    given = {**manifest.endpoint.headers, **listing.get("headers", {})}
    headers = {name.lower(): as_text(value) for name, value in given.items()}
    headers["accept"] = "application/json"
    texts = {name: as_text(value) for name, value in query.items()}
    put_key(credential, program, headers, texts)
    url = target.url_at(listing.get("base_url"), listing["path"], texts)
    http = HttpRequest("GET", url, headers, b"", timeout, max_bytes=target.max_bytes)
    http = signed(http, target, credential)
    return Prepared(http, target, manifest, program, "", credential)
