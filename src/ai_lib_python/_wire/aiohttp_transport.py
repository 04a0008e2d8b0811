"""The real transport, on aiohttp: pooled, bounded, and one pool for each event loop.

This is the only module of the client that imports an HTTP library, and nothing imports
it before the first send.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from .._version import __version__
from ..errors import ConnectionFailed, DeadlineExceeded, StreamInterrupted, TransportError
from .http import HttpRequest, HttpResponse
from .urls import shown

CONNECTIONS = 100
"""How many connections one client keeps open at once in one loop."""

CHUNK_LIMIT = 2**18
"""Bytes that may wait unread on one connection before the server is slowed down."""

END_GRACE = 0.2
"""Seconds that a body may still take to end after its last event, for the connection to be kept."""


class AiohttpTransport:
    """Sends requests with aiohttp. Sessions belong to the loop that they were made in."""

    def __init__(self, *, connections: int = CONNECTIONS, verify: ssl.SSLContext | None = None) -> None:
        self._connections = connections
        self._verify = verify
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
        self._proxies: dict[str, str | None] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        failure: TransportError
        try:
            answer = await self._session().request(
                request.method,
                URL(request.url, encoded=True),  # as it was signed: quoted once, and not again
                data=request.body,
                headers=request.headers,
                timeout=_timeout(request.timeout),
                proxy=self._proxy(request.url),
                allow_redirects=False,
            )
        except asyncio.TimeoutError:
            failure = DeadlineExceeded(f"no answer from {shown(request.url)} within {request.timeout} s")
        except ValueError as error:  # a host that no resolver takes, a proxy that is none: it would be so again
            failure = ConnectionFailed(f"could not ask {shown(request.url)}: {_words(error)}", retryable=False)
        except (aiohttp.ClientError, OSError) as error:
            failure = ConnectionFailed(f"could not reach {shown(request.url)}: {_words(error)}")
            failure.__cause__ = _harmless(error)
        else:
            return AiohttpResponse(answer, request)
        raise failure  # out here, so that the error drags along no other one that shows the request

    async def aclose(self) -> None:
        """Closes the pool of this loop, and what is left of pools whose loop has ended."""
        self._forget_ended_loops()
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            self._forget_ended_loops()
            session = self._sessions[loop] = self._new_session()
        return session

    def _proxy(self, url: str) -> str | None:
        """The proxy that the environment names for this address; asked once for each host."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._proxies:
            bypassed = proxy_bypass(parts.hostname or "")
            self._proxies[origin] = None if bypassed else getproxies().get(parts.scheme)
        return self._proxies[origin]

    def _new_session(self) -> aiohttp.ClientSession:
        verify = True if self._verify is None else self._verify
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=verify),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"ai-lib-python/{__version__}"},
            read_bufsize=CHUNK_LIMIT,
        )

    def _forget_ended_loops(self) -> None:
        """Lets go of pools whose event loop is closed; their sockets closed with it."""
        for loop in list(self._sessions):
            if loop.is_closed() and (session := self._sessions.pop(loop, None)) is not None:
                _abandon(session)


def _abandon(session: aiohttp.ClientSession) -> None:
    """Closes the sockets of a session whose loop can no longer run callbacks."""
    connector = session.connector
    session.detach()
    if connector is None or connector.closed:
        return
    for connections in connector._conns.values():
        for protocol, *_ in connections:
            _drop(protocol.transport)
    connector._conns.clear()
    connector._closed = True


def _drop(transport: Any) -> None:
    """Closes a socket without the help of its loop, which would have done the last step in a callback."""
    beneath = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None) or transport
    for owner, step, arguments in ((transport, "abort", ()), (beneath, "_call_connection_lost", (None,))):
        with suppress(RuntimeError):  # the loop is closed
            getattr(owner, step, _nothing)(*arguments)


def _nothing(*_: object) -> None:
    """Stands in for a step that a transport does not have."""


def _words(error: Exception) -> str:
    """What went wrong, without the request that the library's own words may show."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{error.status} {error.message}"
    return "this is no address" if isinstance(error, aiohttp.InvalidURL) else str(error)


def _harmless(error: Exception) -> Exception | None:
    """The cause of a failure, where it says nothing of the request and its key."""
    return None if isinstance(error, (aiohttp.ClientResponseError, aiohttp.InvalidURL)) else error


def _timeout(seconds: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=None, sock_connect=None, sock_read=None)


class AiohttpResponse:
    """An answer of aiohttp's, with the seam's face."""

    def __init__(self, answer: aiohttp.ClientResponse, request: HttpRequest) -> None:
        self._answer = answer
        self._request = request
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}

    async def read(self) -> bytes:
        try:
            return await self._answer.read()
        except asyncio.TimeoutError:
            raise self._late() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._broken(error) from error

    async def chunks(self) -> AsyncIterator[bytes]:
        content = self._answer.content
        try:
            while chunk := await content.readany():
                yield chunk
        except asyncio.TimeoutError:
            raise self._late() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._broken(error) from error

    async def finish(self) -> None:
        try:
            await asyncio.wait_for(self._answer.read(), END_GRACE)
        except (asyncio.TimeoutError, aiohttp.ClientError, OSError):
            self._answer.close()

    async def close(self) -> None:
        self._answer.close()

    def _late(self) -> DeadlineExceeded:
        return DeadlineExceeded(f"{shown(self._request.url)} did not finish within {self._request.timeout} s")

    def _broken(self, error: Exception) -> StreamInterrupted:
        return StreamInterrupted(f"the connection to {shown(self._request.url)} broke: {error}")
