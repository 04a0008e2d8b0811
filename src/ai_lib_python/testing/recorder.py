"""Keeps in a file what goes over another transport, without keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from os import PathLike
from pathlib import Path

import msgspec

from .._forks import a_lock
from .._wire.http import HttpRequest, HttpResponse, Transport
from .._wire.redact import SHORTEST_KEY
from ..errors import TransportError
from .exchange import LEFT, WHOLE, Answered, Asked, Exchange, Failed, asked_of, failed_with, first_line, written
from .hiding import Hiding


class Recorder:
    """A transport that passes everything on, and writes each exchange as one line of JSON when it ends.

    ``AiClient.create(model, transport=Recorder("answers.jsonl"))``, and later ``Player("answers.jsonl")``. Keys are
    in no place of the file: those that requests carry are found by themselves, others can be named.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        transport: Transport | None = None,
        *,
        secrets: Iterable[str] = (),
        overwrite: bool = False,
    ) -> None:
        """
        Args:
            path: the file to write.
            transport: what really sends; the usual one, unless told otherwise.
            secrets: what else must not be in the file, such as a name or an account's number; 8 characters at least.
            overwrite: begin anew where there is a file already.

        Raises:
            FileExistsError: there is such a file, and it is not to be overwritten.
            ValueError: a secret is so short that it would be hidden everywhere.
        """
        self.path = Path(path)
        self._hiding = Hiding(checked(secrets))
        self._transport = transport
        self._lock = a_lock()
        if self.path.exists() and not overwrite:
            raise FileExistsError(f"{self.path} is there already; play it with Player, or give overwrite=True")
        self.path.write_bytes(first_line() + b"\n")

    async def send(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            self._hiding.learn(request)
        asked = asked_of(request, self._hiding)
        try:
            answer = await self._sender().send(request)
        except TransportError as error:
            self._keep(Exchange(asked, failed=failed_with(error, self._hiding)))
            raise
        return _Recorded(answer, asked, self)

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()

    def _sender(self) -> Transport:
        with self._lock:
            if self._transport is None:
                from .._wire.aiohttp_transport import AiohttpTransport  # for who names no other

                self._transport = AiohttpTransport()
            return self._transport

    def _keep(self, exchange: Exchange) -> None:
        line = msgspec.json.encode(exchange) + b"\n"
        with self._lock, self.path.open("ab") as file:
            file.write(line)

    def ended(self, asked: Asked, answer: HttpResponse, pieces: list[bytes], how: str | TransportError) -> None:
        """Writes an exchange whose answer has ended."""
        hiding = self._hiding
        chunks = [written(piece) for piece in hiding.body(pieces)]
        answered = Answered(answer.status, hiding.received(answer.headers), chunks)
        failed: Failed | None = None
        ended: str | None = None
        if isinstance(how, TransportError):
            failed = failed_with(how, hiding)
        else:
            ended = how
        self._keep(Exchange(asked, answered, ended, failed))


class _Recorded:
    """An answer that is written down while it is read."""

    def __init__(self, answer: HttpResponse, asked: Asked, recorder: Recorder) -> None:
        self._answer = answer
        self._asked = asked
        self._recorder: Recorder | None = recorder
        self._pieces: list[bytes] = []
        self.status = answer.status
        self.headers = answer.headers

    async def read(self) -> bytes:
        try:
            body = await self._answer.read()
        except TransportError as error:
            self._ended(error)
            raise
        self._pieces.append(body)
        self._ended(WHOLE)
        return body

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._answer.chunks():
                self._pieces.append(piece)
                yield piece
        except TransportError as error:
            self._ended(error)
            raise
        self._ended(WHOLE)

    async def finish(self) -> None:
        self._ended(WHOLE)
        await self._answer.finish()

    async def close(self) -> None:
        self._ended(LEFT)
        await self._answer.close()

    def _ended(self, how: str | TransportError) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.ended(self._asked, self._answer, self._pieces, how)


def checked(secrets: Iterable[str]) -> list[str]:
    """The secrets, if each is long enough to be looked for."""
    found = [secrets] if isinstance(secrets, str) else list(secrets)
    for secret in found:
        if len(secret) < SHORTEST_KEY:
            raise ValueError(f"a secret must have {SHORTEST_KEY} characters at least, got one of {len(secret)}")
    return found
