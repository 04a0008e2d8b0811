"""Two-step calls: the first answer is a receipt, which says where the real one is to be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from fnmatch import fnmatchcase
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from .._compile.follow import Follow
from .._wire.http import HttpRequest, HttpResponse, Transport
from .._wire.urls import shown
from ..errors import AiLibError, DeadlineExceeded
from .failures import malformed, parse_body, with_context
from .hosts import own_hosts
from .prepare import Prepared
from .sending import send

OF_THE_FIRST = frozenset({"content-type", "content-length", "accept", "prefer"})
"""Headers that are about the first request alone."""


class Receipt(NamedTuple):
    """An answer with its whole body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Follower:
    """Follows the receipt of one call to its answer."""

    def __init__(self, transport: Transport, prepared: Prepared, follow: Follow) -> None:
        self._transport = transport
        self._prepared = prepared
        self._follow = follow
        timeout = prepared.http.timeout
        self._ends = None if timeout is None else perf_counter() + timeout

    async def whole(self, receipt: Receipt) -> Receipt:
        """Asks again and again, until the answer is whole."""
        while url := self._url(self._follow.poll, receipt):
            await self._wait()
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
        if not isinstance(found, str):
            return None
        url = urljoin(self._prepared.http.url, found)
        if not _is_theirs(self._prepared, url):
            problem = f"an answer that points to another host, {shown(url)}"
            raise malformed(self._prepared, receipt.status, receipt.body, problem)
        return url

    async def _wait(self) -> None:
        left = self._left()
        if left is not None and left <= self._follow.every:
            text = f"the answer of {self._prepared.manifest.name} was not ready within {self._prepared.http.timeout} s"
            raise with_context(DeadlineExceeded(text), self._prepared)
        await asyncio.sleep(self._follow.every)

    def _left(self) -> float | None:
        return None if self._ends is None else max(0.001, self._ends - perf_counter())

    async def _get(self, url: str, accept: str) -> HttpResponse:
        first = self._prepared.http.headers
        kept = {name: value for name, value in first.items() if name not in OF_THE_FIRST}
        headers = {**kept, "accept": accept, **self._follow.headers}
        return await send(self._transport, self._prepared, HttpRequest("GET", url, headers, b"", self._left()))


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
    return any(fnmatchcase((there.hostname or "").lower(), pattern) for pattern in own_hosts(prepared.manifest))
