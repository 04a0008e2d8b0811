"""A transport whose answers are written in the test. No socket is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import msgspec

from .._wire.http import HttpRequest

SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


class UnscriptedRequest(AssertionError):
    """There was a request more than the script has answers."""


class ScriptedAnswer:
    """One answer as a provider would give it.

    Attributes:
        finished: whether all of it was read that matters.
        closed: whether the connection was broken off.
    """

    def __init__(
        self,
        body: bytes | str | Iterable[bytes] | Any = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        failure: BaseException | None = None,
        *,
        cut: int | None = None,
    ) -> None:
        """
        Args:
            body: bytes or a text, as they are; pieces of bytes, which come one by one; any other list or a dict is
                sent as JSON.
            headers: names in small letters; by default only what the body is: JSON, or a stream of server-sent events.
            failure: raised behind the body.
            cut: bytes of each piece in which the body comes, however it was given. ``1`` is byte by byte.
        """
        self.status = status
        self.finished = self.closed = False
        self._failure = failure
        if isinstance(body, (dict, list)) and not _is_pieces(body):
            body, headers = msgspec.json.encode(body), {**JSON, **(headers or {})}
        if isinstance(body, str):
            body = body.encode()
        self._pieces = [body] if isinstance(body, bytes) else list(body)
        if cut is not None:
            self._pieces = _cut(b"".join(self._pieces), cut)
        self.headers = dict(headers if headers is not None else SSE)

    @classmethod
    def events(cls, *frames: Any, failure: BaseException | None = None, cut: int | None = None) -> ScriptedAnswer:
        """A stream of server-sent events: each frame JSON, or a text as it is (``"[DONE]"``)."""
        datas = (frame.encode() if isinstance(frame, str) else msgspec.json.encode(frame) for frame in frames)
        return cls([b"data: " + data + b"\n\n" for data in datas], failure=failure, cut=cut)

    async def read(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        return b"".join(self._pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._failure is not None:
            raise self._failure

    async def finish(self) -> None:
        self.finished = True

    async def close(self) -> None:
        self.closed = True


class ScriptedTransport:
    """Gives its answers in order, one for each request, and keeps the requests.

    ``AiClient.create(model, api_key="any", transport=ScriptedTransport(...))``. An answer is a ``ScriptedAnswer``, or
    whatever that takes as a body; an exception is raised in its place.

    Attributes:
        requests: what was sent, the first one first.
        closed: whether the client was closed.
    """

    def __init__(self, *answers: ScriptedAnswer | BaseException | Any, repeat: bool = False) -> None:
        """``repeat``: the last answer is given again and again."""
        self.answers = [_as_answer(answer) for answer in answers]
        self.requests: list[HttpRequest] = []
        self.closed = False
        self._repeat = repeat

    async def send(self, request: HttpRequest) -> ScriptedAnswer:
        """
        Raises:
            UnscriptedRequest: all answers have been given.
        """
        self.requests.append(request)
        answer = self._next(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.closed = True

    @property
    def body(self) -> Any:
        """The JSON of the last request."""
        return msgspec.json.decode(self.requests[-1].body)

    def _next(self, request: HttpRequest) -> ScriptedAnswer | BaseException:
        number, there = len(self.requests), len(self.answers)
        if number > there and not (self._repeat and there):
            raise UnscriptedRequest(f"{request!r} is request {number}, and the script has {there} answers")
        return self.answers[min(number, there) - 1]


def _as_answer(given: Any) -> ScriptedAnswer | BaseException:
    return given if isinstance(given, (ScriptedAnswer, BaseException)) else ScriptedAnswer(given)


def _is_pieces(body: Any) -> bool:
    return isinstance(body, list) and bool(body) and all(isinstance(piece, bytes) for piece in body)


def _cut(body: bytes, size: int) -> list[bytes]:
    if size < 1:
        raise ValueError(f"cut must be at least 1 byte, got {size}")
    return [body[start : start + size] for start in range(0, len(body), size)]
