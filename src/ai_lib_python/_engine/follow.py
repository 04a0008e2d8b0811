"""Two-step calls: the first answer is a receipt, which says where the real one is to be had."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

from .._compile.follow import Follow
from .._wire.http import HttpRequest, HttpResponse, Transport
from .._wire.urls import shown
from ..errors import AiLibError, DeadlineExceeded
from .authenticate import put_key, signed
from .failures import malformed, parse_body, with_context
from .hosts import is_own_host
from .prepare import Prepared
from .sending import send

OF_THE_FIRST = frozenset({"content-type", "content-length", "accept", "prefer"})
"""Headers that are about the first request alone."""

SHORTEST_TIME = 0.001
"""What a request gets, in seconds, whose time is over: the transport says that it is late."""

HTTPS = 443

CLOSED = "this stream is closed; call .stream() again for another"


class Receipt(NamedTuple):
    """An answer with its whole body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Follower:
    """Follows the receipt of one call to its answer."""

    def __init__(self, transport: Transport, prepared: Prepared, follow: Follow) -> None:
        """Its time is the call's, and begins now."""
        self._transport = transport
        self._prepared = prepared
        self._follow = follow
        timeout = prepared.http.timeout
        self._ends = None if timeout is None else perf_counter() + timeout
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Asks no more, and wakes who waits for the answer."""
        self._stopped.set()

    async def whole(self, receipt: Receipt) -> Receipt:
        """Asks again and again, until the answer is whole."""
        while url := self._url(self._follow.poll, receipt):
            await self._wait()
            if self._stopped.is_set():
                raise RuntimeError(CLOSED)
            answer = await self._get(url, "application/json")
            receipt = Receipt(answer.status, answer.headers, await read_body(answer, self._prepared))
        return receipt

    async def stream(self, receipt: Receipt) -> HttpResponse | None:
        """The answer as a stream; None where the receipt names none."""
        url = self._url(self._follow.stream, receipt)
        return None if url is None else await self._get(url, "text/event-stream")

    def _url(self, find: Callable[..., str | None], receipt: Receipt) -> str | None:
        """Where the receipt points to.

        Raises:
            MalformedResponse: to a host that is not the provider's, and must not see the key.
        """
        found: Any = find(parse_body(receipt.body), receipt.headers, receipt.status)
        if not isinstance(found, str) or not found:
            return None
        try:
            url = urljoin(self._prepared.http.url, found)
            problem = (
                None if _is_theirs(self._prepared, url) else f"an answer that points to another host, {shown(url)}"
            )
        except ValueError:  # brackets or a port that are none
            problem = "an answer that points to what is no address"
        if problem is not None:
            raise malformed(self._prepared, receipt.status, receipt.body, problem)
        return url

    async def _wait(self) -> None:
        if self._ends is not None and self._ends - perf_counter() <= self._follow.every:
            text = f"the answer of {self._prepared.manifest.name} was not ready within {self._prepared.http.timeout} s"
            raise with_context(DeadlineExceeded(text), self._prepared)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), self._follow.every)

    async def _get(self, url: str, accept: str) -> HttpResponse:
        first = self._prepared.http.headers
        kept = {name: value for name, value in first.items() if name not in OF_THE_FIRST}
        headers = {**kept, "accept": accept, **self._follow.headers}
        url = self._with_key(url, headers)
        left = None if self._ends is None else max(SHORTEST_TIME, self._ends - perf_counter())
        http = signed(HttpRequest("GET", url, headers, b"", left), self._prepared.target, self._prepared.credential)
        return await send(self._transport, self._prepared, http)

    def _with_key(self, url: str, headers: dict[str, str]) -> str:
        """The URL with the key, where it stands there; what was made of a moment is made anew."""
        credential = self._prepared.credential
        if credential is None or not (credential.parts or credential.scheme.query):
            return url
        query: dict[str, str] = {}
        put_key(credential, self._prepared.program, headers, query)
        if not query:
            return url
        return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query, quote_via=quote)}"


class WholeAnswer:
    """An answer that is there already, with the face of one that comes."""

    def __init__(self, receipt: Receipt) -> None:
        self.status = receipt.status
        as_json = {} if is_stream(receipt.headers) else {"content-type": "application/json"}
        self.headers = {**receipt.headers, **as_json}
        self._body = receipt.body

    async def read(self) -> bytes:
        return self._body

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._body

    async def finish(self) -> None:
        """Nothing is left to come."""

    async def close(self) -> None:
        """Nothing is open."""


def is_stream(headers: dict[str, str]) -> bool:
    """Whether an answer is a stream already, and no receipt."""
    return headers.get("content-type", "").lower().startswith("text/event-stream")


async def read_body(answer: HttpResponse, prepared: Prepared) -> bytes:
    """The whole body of an answer; an error of the network knows its call."""
    try:
        return await answer.read()
    except AiLibError as error:
        raise with_context(error, prepared) from error.__cause__


def _is_theirs(prepared: Prepared, url: str) -> bool:
    """Whether a URL leads to where the call went, or to another host of the provider."""
    there, called = urlsplit(url), urlsplit(prepared.http.url)
    if there.scheme != called.scheme:
        return False
    if there.netloc == called.netloc:
        return True
    if there.port not in (None, HTTPS) or "@" in there.netloc:
        return False
    return is_own_host(prepared.manifest, there.hostname or "")
