"""The real transport, on aiohttp: pooled, bounded, and one pool for each event loop.

This is the only module of the client that imports an HTTP library, and nothing imports
it before the first send.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import sys
import warnings
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import http_exceptions
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from .._forks import parted_by_forks
from .._version import __version__
from ..errors import ConnectionFailed, DeadlineExceeded, ResponseTooLarge, StreamInterrupted, TransportError
from .addresses import NotPublicError, check_found, check_written
from .bounds import LONGEST_HEADER, MOST_OF_AN_ERROR, RAISE
from .http import HttpRequest, HttpResponse
from .loops import running_loop
from .urls import shown

if sys.version_info >= (3, 11):
    from asyncio import timeout as in_time
else:
    from async_timeout import timeout as in_time  # which the HTTP library needs there, too

CONNECTIONS = 100
"""How many connections one client keeps open at once in one loop."""

CHUNK_LIMIT = 2**18
"""Bytes that may wait unread on one connection before the server is slowed down."""

FIRST_ERROR = 300
"""The first status of answers that tell of something else than success."""

_COMPLAINT = re.compile(r"[A-Z][a-z]*(?: [\w`:-]+)+")
_IN_FRONT = "400, message:\n  "

END_GRACE = 0.2
"""Seconds that a body may still take to end after its last event, for the connection to be kept."""


_OF_PARENTS: list[Any] = []
"""Pools of processes that this one was forked from. They are kept: what ends with them would be ended in the parent."""


class AiohttpTransport:
    """Sends requests with aiohttp. Sessions belong to the loop that they were made in."""

    def __init__(self, *, connections: int = CONNECTIONS, verify: ssl.SSLContext | None = None) -> None:
        self._connections = connections
        self._verify = verify
        self._sessions: dict[tuple[asyncio.AbstractEventLoop, bool], aiohttp.ClientSession] = {}
        self._proxies: dict[str, str | None] = {}
        weakref.finalize(self, _let_go, self._sessions)
        parted_by_forks(self)

    async def send(self, request: HttpRequest) -> HttpResponse:
        failure: TransportError
        try:
            proxy = self._proxy(request.url)
            if request.public_only:
                await _check_host(request.url, proxied=proxy is not None)
            answer = await self._session(request.public_only and proxy is None).request(
                request.method,
                URL(request.url, encoded=True),  # as it was signed: quoted once, and not again
                data=request.body,
                headers=request.headers,
                timeout=_timeout(request.connect),
                proxy=proxy,
                allow_redirects=False,
            )
        except asyncio.TimeoutError:
            text = f"no connection to {shown(request.url)} within {request.connect:g} s (connect)"
            failure = DeadlineExceeded(text, deadline="connect")
        except NotPublicError as error:
            failure = _not_public(request.url, error)
        except ValueError as error:  # a host that no resolver takes, a proxy that is none: it would be so again
            failure = ConnectionFailed(f"could not ask {shown(request.url)}: {_words(error)}", retryable=False)
        except (aiohttp.ClientError, OSError) as error:
            failure = _too_long_a_head(request.url, error) or _not_reached(request.url, error)
        else:
            return AiohttpResponse(answer, request)
        raise failure  # out here, so that the error drags along no other one that shows the request

    async def aclose(self) -> None:
        """Closes the pool of this loop, and what is left of pools whose loop has ended."""
        self._forget_ended_loops()
        if not self._sessions:
            return
        loop = running_loop()
        for public_only in (False, True):
            session = self._sessions.pop((loop, public_only), None)
            if session is not None:
                await session.close()

    def leave_to_parent(self) -> None:
        """In a forked child: closes its copies of the sockets, so that the parent alone decides when they end."""
        for session in self._sessions.values():
            _OF_PARENTS.append(session.connector)
            _leave(session)
        self._sessions.clear()

    def _session(self, public_only: bool = False) -> aiohttp.ClientSession:
        key = (running_loop(), public_only)
        session = self._sessions.get(key)
        if session is None or session.closed:
            self._forget_ended_loops()
            session = self._sessions[key] = self._new_session(public_only)
        return session

    def _proxy(self, url: str) -> str | None:
        """The proxy that the environment names for this address; asked once for each host."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._proxies:
            bypassed = proxy_bypass(parts.hostname or "")
            self._proxies[origin] = None if bypassed else getproxies().get(parts.scheme)
        return self._proxies[origin]

    def _new_session(self, public_only: bool) -> aiohttp.ClientSession:
        verify = True if self._verify is None else self._verify
        resolver = PublicResolver() if public_only else None
        connector = Connector(limit=self._connections, ssl=verify, resolver=resolver)
        connector._factory = partial(_Connection, asyncio.get_running_loop())  # type: ignore[assignment]
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"ai-lib-python/{__version__}"},
            read_bufsize=CHUNK_LIMIT,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    def _forget_ended_loops(self) -> None:
        """Lets go of pools whose event loop is closed; their sockets closed with it."""
        for key in list(self._sessions):
            if key[0].is_closed() and (session := self._sessions.pop(key, None)) is not None:
                _abandon(session)


class _Connection(ResponseHandler):
    """A connection that tells who reads a body when it breaks.

    The library closes it when what comes is no HTTP any more, such as a chunk without a length, and tells only who
    waits for the next answer: whoever reads this one would wait for ever. What came is left out of what it tells: a
    task that is written in Python, as some event loops have them, hangs it on to every error that follows.
    """

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        exc = _without_what_came(exc)
        super().set_exception(exc, *map(_without_what_came, cause))
        body = self._payload
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError(getattr(exc, "message", None) or str(exc)))


class Connector(aiohttp.TCPConnector):
    """Connects in time, looking up the name included, which the library's own deadline leaves out."""

    async def _create_connection(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:
        async with in_time(timeout.sock_connect):
            return await super()._create_connection(req, traces, timeout)


class PublicResolver(AbstractResolver):
    """Looks names up, and gives none but public addresses: what it has checked is what is connected to."""

    def __init__(self) -> None:
        self._names = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        check_found(host, [one["host"] for one in found])
        return found

    async def close(self) -> None:
        await self._names.close()


async def _check_host(url: str, *, proxied: bool) -> None:
    """Refuses a host that is not public, as far as it can be told here.

    Behind a proxy it is the proxy that connects. Names are looked up then for the check alone; one that this machine
    does not know is the proxy's to judge.
    """
    host = urlsplit(url).hostname or ""
    check_written(host)
    if proxied:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except socket.gaierror:
            return
        check_found(host, [str(address[0]) for *_, address in found])


def _not_public(url: str, refused: NotPublicError) -> ConnectionFailed:
    failure = ConnectionFailed(f"{shown(url)} was not asked: {refused}", retryable=False)
    failure.__cause__ = refused
    return failure


def _too_long_a_head(url: str, error: Exception) -> ResponseTooLarge | None:
    """The error for an answer with a header too long, or too many of them."""
    for cause in _causes(error):
        if isinstance(cause, http_exceptions.LineTooLong):
            return ResponseTooLarge(f"{shown(url)} answered with a header of more than {LONGEST_HEADER:,} bytes")
        if isinstance(cause, http_exceptions.BadHttpMessage) and "Too many headers" in cause.message:
            return ResponseTooLarge(f"{shown(url)} answered with more headers than are taken")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What led to an error, the nearest first."""
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _not_reached(url: str, error: Exception) -> ConnectionFailed:
    refused = error.__cause__
    if isinstance(refused, NotPublicError):
        return _not_public(url, refused)
    failure = ConnectionFailed(f"could not reach {shown(url)}: {_words(error)}")
    failure.may_have_arrived = not isinstance(error, (aiohttp.ClientConnectorError, aiohttp.InvalidURL))
    failure.__cause__ = _harmless(error)
    return failure


def _let_go(sessions: dict[tuple[asyncio.AbstractEventLoop, bool], aiohttp.ClientSession]) -> None:
    """Closes what a client left open that nobody has any more: in silence, unless Python shows ResourceWarnings."""
    are_open = False
    for (loop, _), session in list(sessions.items()):
        are_open |= not session.closed
        if loop.is_closed():
            _abandon(session)
        else:
            _abandon(session, partial(_hang_up, loop))
    sessions.clear()
    if are_open:
        warnings.warn("a client was left open: await client.aclose(), or async with", ResourceWarning, stacklevel=2)


def _leave(session: aiohttp.ClientSession) -> None:
    """Lets go of a session that a parent goes on with. Its loop is not told of anything: they share what it polls."""
    connector: Any = session.connector
    session.detach()
    if connector is None or connector.closed:
        return
    pooled = [protocol for connections in connector._conns.values() for protocol, *_ in connections]
    for protocol in (*pooled, *connector._acquired):
        beneath = _beneath(protocol.transport)
        if isinstance(getattr(beneath, "_sock", None), socket.socket):
            beneath._sock.close()  # a copy: the connection lives on
            beneath._sock = None
    connector._closed = True


def _hang_up(loop: asyncio.AbstractEventLoop, transport: Any) -> None:
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(transport.abort)


def _abandon(session: aiohttp.ClientSession, drop: Callable[[Any], None] | None = None) -> None:
    """Closes the sockets of a session, which is not used again; by itself where its loop can run no callbacks."""
    connector = session.connector
    session.detach()
    if connector is None or connector.closed:
        return
    for connections in connector._conns.values():
        for protocol, *_ in connections:
            (drop or _drop)(protocol.transport)
    connector._conns.clear()
    connector._closed = True


def _drop(transport: Any) -> None:
    """Closes a socket without the help of its loop, which would have done the last step in a callback."""
    beneath = _beneath(transport)
    for owner, step, arguments in ((transport, "abort", ()), (beneath, "_call_connection_lost", (None,))):
        with suppress(RuntimeError):  # the loop is closed
            getattr(owner, step, _nothing)(*arguments)


def _beneath(transport: Any) -> Any:
    """What holds the socket: a transport itself, or the one that TLS runs over."""
    return getattr(getattr(transport, "_ssl_protocol", None), "_transport", None) or transport


def _nothing(*_: object) -> None:
    """Stands in for a step that a transport does not have."""


def _words(error: Exception) -> str:
    """What went wrong, without what the library's own words may show of the request and of what came."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "Server disconnected"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{error.status} {_before_what_came(error.message)}"
    if isinstance(error, aiohttp.ClientPayloadError):
        return _before_what_came(str(error))
    return "this is no address" if isinstance(error, aiohttp.InvalidURL) else str(error)


def _before_what_came(message: str) -> str:
    """A complaint without the bytes that it is about, which may be a key that the server has echoed."""
    words = _COMPLAINT.match(message.removeprefix(_IN_FRONT))
    return words[0].rstrip(": ") if words else "what came is no HTTP"


def _without_what_came(error: BaseException) -> BaseException:
    """The same complaint of the HTTP library, without the bytes that it is about; other errors as they are."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return aiohttp.ServerDisconnectedError()
    if isinstance(error, http_exceptions.LineTooLong):
        return http_exceptions.LineTooLong(b"", LONGEST_HEADER)
    if isinstance(error, http_exceptions.BadHttpMessage):
        return http_exceptions.BadHttpMessage(_before_what_came(error.message))
    if isinstance(error, http_exceptions.HttpProcessingError):
        return http_exceptions.HttpProcessingError(code=error.code, message=_before_what_came(error.message))
    return error


def _harmless(error: Exception) -> OSError | None:
    """What the system said of a failure, and nothing of the request, nor of what came.

    The HTTP library's errors show proxies with their passwords, and the frames of its traceback hold the request.
    """
    said = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if not isinstance(said, OSError) or isinstance(said, aiohttp.ClientError):
        return None
    said.__cause__ = said.__context__ = None
    return said.with_traceback(None)


@lru_cache(maxsize=64)
def _timeout(connect: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=None, sock_connect=connect, sock_read=None)


class AiohttpResponse:
    """An answer of aiohttp's, with the seam's face."""

    def __init__(self, answer: aiohttp.ClientResponse, request: HttpRequest) -> None:
        self._answer = answer
        self._request = request
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}

    async def read(self) -> bytes:
        most = self._request.max_bytes if self.status < FIRST_ERROR else MOST_OF_AN_ERROR
        failure: TransportError
        try:
            if self._tells_its_length(most):
                return await self._answer.read()
            return await self._read_up_to(most)
        except (aiohttp.ClientError, OSError) as error:
            failure = self.broken(error)
        raise failure  # out here, as in ``send``

    def chunks(self) -> AsyncIterator[bytes]:
        return Pieces(self, self._answer.content)

    def _tells_its_length(self, most: int) -> bool:
        """Whether the head says how long the body is, and that it is no longer than that; more is then never read."""
        told = self._answer.content_length
        return told is not None and told <= most and "content-encoding" not in self.headers

    async def _read_up_to(self, most: int) -> bytes:
        """The body, of which nobody knows how long it will be. What is too much is left; of an error, in silence."""
        pieces: list[bytes] = []
        left = most
        try:
            while left >= 0 and (piece := await self._answer.content.readany()):
                left -= len(piece)
                pieces.append(piece)
        except BaseException:
            self._answer.close()
            raise
        if left < 0:
            self._answer.close()
            if self.status < FIRST_ERROR:
                raise ResponseTooLarge(f"{shown(self._request.url)} answered with more than {most:,} bytes{RAISE}")
        return b"".join(pieces)[:most]

    async def finish(self) -> None:
        if self._answer.content.at_eof():
            return
        try:
            async with in_time(END_GRACE):  # and no wait_for, some of which swallow cancellations
                await self._answer.read()
        except (asyncio.TimeoutError, aiohttp.ClientError, OSError):
            self._answer.close()

    async def close(self) -> None:
        self._answer.close()

    def broken(self, error: Exception) -> StreamInterrupted:
        """The error for a body that ends too early."""
        failure = StreamInterrupted(f"the connection to {shown(self._request.url)} broke: {_words(error)}")
        failure.__cause__ = _harmless(error)
        return failure


class Pieces:
    """The pieces of a body as they come. A generator would do the same, for five times the price of a short answer."""

    __slots__ = ("_answer", "_content")

    def __init__(self, answer: AiohttpResponse, content: aiohttp.StreamReader) -> None:
        self._answer = answer
        self._content = content

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        if self._content.at_eof():
            raise StopAsyncIteration
        try:
            piece = await self._content.readany()
        except (aiohttp.ClientError, OSError) as error:
            failure = self._answer.broken(error)
        else:
            if piece:
                return piece
            raise StopAsyncIteration
        raise failure  # out here, as in ``send``
