"""The seam between the engine and HTTP: one method, ``send``.

Anything with ``async def send(request) -> HttpResponse`` is a transport: the real one
(``aiohttp_transport``), or a scripted one in a test. How long a call may take is none of its business: whoever waits
for it is cancelled when time has run out. Only connecting has a deadline that it must keep, as nobody else sees it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

import msgspec

from .bounds import MOST_BYTES
from .urls import shown


class HttpRequest(msgspec.Struct, frozen=True):
    """One request, complete.

    Attributes:
        connect: the most seconds until there is a connection, or None. Where it takes longer the transport raises a
            ``DeadlineExceeded`` with ``deadline="connect"``.
        public_only: whether it may go to public addresses alone. The one who connects looks the host up, so it is for
            the transport to check every address that it finds, and to connect to none but those.
        max_bytes: the most bytes that the whole body of an answer may have, unpacked; more is an error.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    connect: float | None = None
    public_only: bool = False
    max_bytes: int = MOST_BYTES

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {shown(self.url)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("method", self.method), ("url", shown(self.url))]


class HttpResponse(Protocol):
    """An answer whose head has come. Header names are in small letters."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> dict[str, str]: ...

    async def read(self) -> bytes:
        """The whole body; the connection is free again after it."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece, as it arrives."""
        ...

    async def finish(self) -> None:
        """All that matters has come; gives the body a moment to end, so the connection can stay open."""
        ...

    async def close(self) -> None:
        """Ends the exchange; an unread rest makes the server see a disconnect."""
        ...


class Transport(Protocol):
    """Sends requests. Raises ``TransportError`` and nothing else when the network fails."""

    async def send(self, request: HttpRequest) -> HttpResponse: ...

    async def aclose(self) -> None: ...
