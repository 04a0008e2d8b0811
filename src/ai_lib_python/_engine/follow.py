"""Two-step calls: the first answer is a receipt, which says where the real one is to be had."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec

from .._compile.follow import Follow
from .._wire.http import HttpRequest, HttpResponse, Transport
from .._wire.urls import shown, wire_url
from ..errors import MalformedResponse
from ..retries import Retries
from .attempts import patiently
from .authenticate import put_key, signed
from .deadlines import Watch
from .failures import malformed, parse_body, with_context
from .hosts import may_have_key
from .prepare import Prepared
from .read_answer import read_answer
from .sending import read_body, send

OF_THE_FIRST = frozenset({"content-type", "content-length", "accept", "prefer"})
"""Headers that are about the first request alone."""


class Receipt(NamedTuple):
    """An answer with its whole body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Follower:
    """Follows the receipt of one call to its answer.

    Attributes:
        asked: the call as it was asked last: what an answer says is said to that request.
    """

    def __init__(
        self, transport: Transport, prepared: Prepared, follow: Follow, watch: Watch, retries: Retries
    ) -> None:
        self.asked = prepared
        self._transport = transport
        self._prepared = prepared
        self._follow = follow
        self._watch = watch
        self._retries = retries

    async def whole(self, receipt: Receipt) -> Receipt:
        """Asks again and again, until the answer is whole. An answer that names no URL is asked for where it was.

        Raises:
            RemoteError: what came in the place of a receipt is an error.
            MalformedResponse: the receipt does not say where to ask.
        """
        url = None
        while (found := self._found(self._follow.poll, receipt)) is not None and parse_body(receipt.body) is not None:
            named = self._url(found, receipt)
            if named is None:
                self._check_nameless(receipt, known=url is not None)
            url = named or url or ""
            await self._wait()
            receipt = await patiently(partial(self._looked_at, url), self._retries, self._watch)
        return receipt

    async def _looked_at(self, url: str) -> Receipt:
        """What is there by now."""
        answer = await self._get(url, "application/json")
        return Receipt(answer.status, answer.headers, await read_body(answer, self.asked))

    def _check_nameless(self, receipt: Receipt, *, known: bool) -> None:
        """Raises the error that a receipt without a URL is; without one before it, it always is."""
        with contextlib.suppress(MalformedResponse):
            read_answer(self.asked, *receipt)
        if not known:
            self._watch.committed = True
            problem = "an answer that is not whole, and does not say where to ask for the rest"
            raise malformed(self.asked, receipt.status, receipt.body, problem)

    async def stream(self, receipt: Receipt) -> HttpResponse | None:
        """The answer as a stream; None where the receipt names none."""
        url = self._url(self._found(self._follow.stream, receipt), receipt)
        if url is None:
            return None
        return await patiently(partial(self._get, url, "text/event-stream"), self._retries, self._watch)

    @staticmethod
    def _found(find: Callable[..., Any], receipt: Receipt) -> Any:
        return find(parse_body(receipt.body), receipt.headers, receipt.status)

    def _url(self, found: Any, receipt: Receipt) -> str | None:
        """Where the receipt points to, as it is sent.

        Raises:
            MalformedResponse: to a host that is not the provider's, and must not see the key.
        """
        if not isinstance(found, str) or not found:
            return None
        self._watch.committed = True  # the provider has the call, and works on it
        try:
            url = urljoin(self._prepared.http.url, found)
            if _speaks_alike(self._prepared, url) and _is_theirs(self._prepared, url := wire_url(url)):
                return url
            problem = f"an answer that points to another host, {shown(url)}"
        except ValueError:  # brackets or a port that are none
            problem = "an answer that points to what is no address"
        raise malformed(self.asked, receipt.status, receipt.body, problem)

    async def _wait(self) -> None:
        if self._watch.left() <= self._follow.every:
            about = f"the answer of {self._prepared.manifest.name} was not ready"
            raise with_context(self._watch.error(about), self._prepared)
        await asyncio.sleep(self._follow.every)

    async def _get(self, url: str, accept: str) -> HttpResponse:
        first = self._prepared.http.headers
        kept = {name: value for name, value in first.items() if name not in OF_THE_FIRST}
        headers = {**kept, "accept": accept, **self._follow.headers}
        url = self._with_key(url, headers)
        target, connect = self._prepared.target, self._prepared.http.connect
        http = HttpRequest("GET", url, headers, b"", connect, max_bytes=target.max_bytes)
        http = signed(http, target, self._prepared.credential)
        self.asked = msgspec.structs.replace(self._prepared, http=http)
        return await send(self._transport, self.asked)

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
        self.headers = receipt.headers
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


def _speaks_alike(prepared: Prepared, url: str) -> bool:
    return urlsplit(url).scheme == urlsplit(prepared.http.url).scheme


def _is_theirs(prepared: Prepared, url: str) -> bool:
    """Whether a URL leads to where the call went, or to another host of the provider, at the usual port."""
    there, called = urlsplit(url), urlsplit(prepared.http.url)
    if there.netloc == called.netloc:
        return True
    return there.netloc == there.hostname and may_have_key(prepared.manifest, url)
