"""Fetches a file that a request names by its address: within limits, from public hosts, and without any key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .._media_types import UNKNOWN, family_of, is_text, is_textual, recognized, usual
from .._wire.addresses import NotPublicError, check_written
from .._wire.http import HttpRequest, HttpResponse, Transport
from .._wire.urls import shown, wire_url
from ..errors import DeadlineExceeded, FetchFailed, TransportError

MOST_REDIRECTS = 3
MOST_BYTES = 20_000_000
"""The most bytes of a file where neither the caller nor the manifest says it."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {"accept": "*/*", "accept-encoding": "identity"}
"""All that a file is asked with, so that a small body cannot become a large one here."""

OK = 200


class Wanted(NamedTuple):
    """A file to be fetched.

    Attributes:
        url: where it is.
        family: what it must be: ``image``, ``audio``, ``video`` or ``file``.
        media_type: what it is thought to be, where that is known.
        max_bytes: the most bytes it may have.
        timeout: seconds for it, its redirects included.
        allow_private: whether any host will do.
    """

    url: str
    family: str
    media_type: str | None
    max_bytes: int
    timeout: float
    allow_private: bool


class Fetched(NamedTuple):
    """A file that was fetched, and what it is."""

    data: bytes
    media_type: str


async def fetch_all(transport: Transport, wanted: Iterable[Wanted]) -> dict[Wanted, Fetched]:
    """All files, side by side; each once. The first that fails ends the others.

    Raises:
        FetchFailed: one could not be had; the message names its address, without its query.
    """
    tasks = {one: asyncio.ensure_future(fetch(transport, one)) for one in wanted}
    try:
        await asyncio.gather(*tasks.values())
    finally:
        for task in tasks.values():
            task.cancel()
    return {one: task.result() for one, task in tasks.items()}


async def fetch(transport: Transport, wanted: Wanted) -> Fetched:
    """One file.

    Raises:
        FetchFailed: it could not be had.
    """
    try:
        return await asyncio.wait_for(_fetched(transport, wanted), wanted.timeout)
    except (asyncio.TimeoutError, DeadlineExceeded):
        raise _failed(wanted.url, f"it was not there within {wanted.timeout:g} s", retryable=True) from None
    except FetchFailed:
        raise
    except TransportError as error:
        problem = error.message
        if isinstance(error.__cause__, NotPublicError):
            problem = f"{error.__cause__}{_hint(wanted)}"
        raise _failed(wanted.url, problem, retryable=error.retryable) from error.__cause__


async def _fetched(transport: Transport, wanted: Wanted) -> Fetched:
    answer, url = await _asked(transport, wanted)
    try:
        data = await _read(answer, url, wanted)
    finally:
        await answer.close()
    return Fetched(data, _checked_type(data, answer, url, wanted))


async def _asked(transport: Transport, wanted: Wanted) -> tuple[HttpResponse, str]:
    """The answer behind all redirects, and where it came from."""
    url = wanted.url
    for _ in range(MOST_REDIRECTS + 1):
        url = _checked_url(url, wanted)
        asked = HttpRequest("GET", url, HEADERS, b"", wanted.timeout, public_only=not wanted.allow_private)
        answer = await transport.send(asked)
        if answer.status not in REDIRECTS:
            return answer, url
        await answer.close()
        place = answer.headers.get("location")
        if not place:
            raise _failed(url, f"it was answered {answer.status} without saying where it has moved")
        url = _joined(url, place)
    raise _failed(wanted.url, f"it was redirected more than {MOST_REDIRECTS} times")


def _joined(url: str, place: str) -> str:
    try:
        return urljoin(url, place)
    except ValueError:
        raise _failed(url, "it was redirected to what is no address") from None


def _checked_url(url: str, wanted: Wanted) -> str:
    """The address as it is sent, if it may be asked."""
    try:
        sent = wire_url(url)
        if not wanted.allow_private:
            check_written(urlsplit(sent).hostname or "")
    except NotPublicError as error:
        raise _failed(url, f"{error}{_hint(wanted)}") from None
    except ValueError:
        raise _failed(url, "only addresses of http and https can be fetched") from None
    return sent


def _hint(wanted: Wanted) -> str:
    return "; .inline_urls(allow_private=True) lets it be asked" if not wanted.allow_private else ""


async def _read(answer: HttpResponse, url: str, wanted: Wanted) -> bytes:
    """The body, as far as it may go."""
    if answer.status != OK:
        later = answer.status >= 500 or answer.status == 429
        raise _failed(url, f"it was answered {answer.status}", retryable=later)
    told = answer.headers.get("content-length", "")
    if told.isdecimal() and int(told) > wanted.max_bytes:
        raise _failed(url, f"it has {int(told):,} bytes, and at most {wanted.max_bytes:,} are taken")
    data = bytearray()
    async for chunk in answer.chunks():
        data += chunk
        if len(data) > wanted.max_bytes:
            raise _failed(url, f"it has more than {wanted.max_bytes:,} bytes")
    if not data:
        raise _failed(url, "it is empty")
    return bytes(data)


def _checked_type(data: bytes, answer: HttpResponse, url: str, wanted: Wanted) -> str:
    """What the file is: what its bytes show counts more than what the server says of it."""
    told = usual(answer.headers.get("content-type", ""))
    told = "" if told in (UNKNOWN, "binary/octet-stream") else told
    is_shown = recognized(data)
    if is_shown == "application/zip" and told:
        is_shown = None  # what kind of archive it is, the server knows better
    found = is_shown or told or wanted.media_type or ("text/plain" if is_text(data) else UNKNOWN)
    if not _fits(found, data, wanted, is_shown=is_shown is not None):
        raise _failed(url, f"it is {found}, and {_asked_for(wanted)} was asked for")
    if wanted.family == "audio" and family_of(found) == "video":
        return f"audio/{found.partition('/')[2]}"
    return found


def _fits(found: str, data: bytes, wanted: Wanted, *, is_shown: bool) -> bool:
    family = family_of(found)
    if family == "video" and wanted.family == "audio" and found in ("video/mp4", "video/webm"):
        return True  # containers that may hold sound alone
    if wanted.family != "file":
        return family == wanted.family and (is_shown or is_textual(found) or not is_text(data))
    if family != "file":
        return False
    page_for_another = found == "text/html" and not is_textual(wanted.media_type or "text/plain")
    return not page_for_another and (is_shown or not is_textual(found) or is_text(data))


def _asked_for(wanted: Wanted) -> str:
    words = {"image": "an image", "audio": "a sound", "video": "a video"}
    return words.get(wanted.family) or wanted.media_type or "a document"


def _failed(url: str, problem: str, *, retryable: bool = False) -> FetchFailed:
    return FetchFailed(f"{shown(url)} could not be fetched: {problem}", retryable=retryable)
