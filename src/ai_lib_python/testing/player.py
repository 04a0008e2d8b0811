"""Gives recorded answers again, and only those."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from os import PathLike
from pathlib import Path

from .._forks import a_lock
from .._wire.http import HttpRequest
from .differences import differences
from .exchange import LEFT, Answered, Asked, Exchange, asked_of, error_of, read_again, read_recording
from .hiding import Hiding
from .recorder import checked

MOST_SHOWN = 8
"""Differences that an error shows."""


class NotRecorded(AssertionError):
    """A request that the recording does not hold, or not so often; or more of an answer than it holds."""


class Player:
    """A transport that answers from a recording: the same request, the same answer, in the same pieces.

    ``AiClient.create(model, api_key="any", transport=Player("answers.jsonl"))``. A request is known by its method, its
    URL and its body, each without keys. One that came several times gets its answers in the order of the recording.
    """

    def __init__(self, path: str | PathLike[str], *, secrets: Iterable[str] = ()) -> None:
        """``secrets`` are those that the recorder was given.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is no recording; the message names the line.
        """
        self.path = Path(path)
        self._secrets = checked(secrets)
        self._exchanges = list(read_recording(self.path))
        self._left = list(self._exchanges)
        self._lock = a_lock()

    @property
    def unused(self) -> list[str]:
        """The recorded requests that nobody has made yet: ``POST https://...``."""
        return [f"{exchange.asked.method} {exchange.asked.url}" for exchange in self._left]

    async def send(self, request: HttpRequest) -> PlayedAnswer:
        """
        Raises:
            NotRecorded: there is no such request; the message shows the one that is most like it, and what differs.
            TransportError: as recorded.
        """
        hiding = Hiding(self._secrets)
        hiding.learn(request)
        exchange = self._take(asked_of(request, hiding))
        if exchange.answered is None:
            raise self._failure(exchange)
        return PlayedAnswer(exchange, exchange.answered, self.path)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _failure(self, exchange: Exchange) -> Exception:
        if exchange.failed is None:
            return ValueError(f"{self.path}: an exchange has neither an answer nor a failure")
        return error_of(exchange.failed)

    def _take(self, asked: Asked) -> Exchange:
        with self._lock:
            for exchange in self._left:
                if _same(exchange.asked, asked):
                    self._left.remove(exchange)
                    return exchange
        raise NotRecorded(self._missing(asked))

    def _missing(self, asked: Asked) -> str:
        times = sum(_same(exchange.asked, asked) for exchange in self._exchanges)
        what = f"{asked.method} {asked.url}"
        if times:
            return f"{self.path} holds {what} with this body {times} times, and it was asked for once more"
        if not self._exchanges:
            return f"{self.path} holds nothing, and {what} was asked for"
        every = [(differences(exchange.asked, asked), line) for line, exchange in enumerate(self._exchanges, 2)]
        found, line = min(every, key=lambda each: len(each[0]))
        more = [f"... and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
        listed = "".join(f"\n  {each}" for each in [*found[:MOST_SHOWN], *more])
        return f"{self.path} does not hold {what}; the most alike is in line {line}, where differ:{listed}"


class PlayedAnswer:
    """A recorded answer, with the face of one that comes."""

    def __init__(self, exchange: Exchange, answered: Answered, path: Path) -> None:
        self.status = answered.status
        self.headers = answered.headers
        self._exchange = exchange
        self._pieces = [read_again(chunk) for chunk in answered.chunks]
        self._path = path

    async def read(self) -> bytes:
        self._end()
        return b"".join(self._pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        self._end()

    async def finish(self) -> None:
        """Nothing is left to come."""

    async def close(self) -> None:
        """Nothing is open."""

    def _end(self) -> None:
        """Raises what came behind the last piece."""
        if self._exchange.failed is not None:
            raise error_of(self._exchange.failed)
        if self._exchange.ended == LEFT:
            asked = self._exchange.asked
            raise NotRecorded(
                f"{self._path}: whoever recorded {asked.method} {asked.url} left here, and did not hear the rest"
            )


def _same(one: Asked, other: Asked) -> bool:
    return (one.method, one.url, one.body) == (other.method, other.url, other.body)
