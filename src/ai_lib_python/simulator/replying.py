"""A request becomes a reply: read, answered as scripted or with an echo, and written in its wire format.

Nothing here touches the network: a reply says what is to be sent, and when.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from .._compile.filters import as_text
from .._compile.served import ServedAnswer
from ..errors import AiLibError
from ..request import ChatRequest
from .answers import Answer, SimulatedError
from .echo import echo
from .failing import served_error
from .faults import Fault, Scripted
from .received import ReceivedRequest
from .requests import Wire, WrongRequestError, read_request
from .routing import Arrived, Match, has_key
from .writing import (
    CONTENT_TYPES,
    Frame,
    answer_id,
    as_json,
    ending,
    error_frames,
    framed,
    numbered,
    served,
    stream_frames,
)

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"

MOST_KEPT = 1000
"""Answers that wait to be asked for behind their receipts; the oldest is forgotten first."""


class Reply(NamedTuple):
    """What is to be sent.

    Attributes:
        body: of a plain answer; None for a stream.
        pieces: the frames of a stream, and the bytes that close it.
        delay: seconds before anything is sent; None: as the server does.
        pace: seconds between the pieces; None: as the server does.
        cut_after: pieces after which the connection breaks; a plain body breaks in its middle.
        framing: of a stream.
        fault: what goes wrong with it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | None = None
    pieces: Iterator[bytes] = iter(())
    delay: float | None = None
    pace: float | None = None
    cut_after: int | None = None
    framing: str | None = None
    fault: Fault | None = None


class Kept(NamedTuple):
    """What is to be said to whoever comes with a receipt."""

    request: ChatRequest
    said: Scripted
    number: int


def address_of(arrived: Arrived, prefix: str) -> str:
    """Where the server stands for whoever called it: what a receipt's URLs begin with."""
    scheme = arrived.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{arrived.headers.get('host', '127.0.0.1')}{prefix}"


class Replier:
    """Makes the replies to the requests that one route has matched.

    Args:
        take: gives the next scripted answer, or None.
        models: what the list of models names.
        kept: the answers for which there were receipts, by their ids.
        strict: whether requests are refused that the real API would refuse.
    """

    def __init__(
        self,
        match: Match,
        number: int,
        models: tuple[str, ...],
        take: Callable[[], Scripted | None],
        kept: dict[str, Kept],
        *,
        strict: bool,
    ) -> None:
        self._match = match
        self._number = number
        self._models = models
        self._take = take
        self._kept = kept
        self._strict = strict

    def reply(self, arrived: Arrived, received: ReceivedRequest) -> Reply:
        """The reply to one request; ``received`` learns what was understood."""
        if not has_key(self._match.manifest, arrived):
            return self._failed(SimulatedError("authentication", "there is no API key in the request"))
        if self._match.lists_models:
            return self._plain(self._match.program.serve.write_models(list(self._models)))
        self._address = address_of(arrived, self._match.prefix)
        if self._match.earlier is not None:
            return self._earlier(self._match.earlier)
        try:
            body = received.body if received.raw or arrived.method != "GET" else {}
            match = self._match
            strict = {"strict": self._strict and match.manifest.says_what_it_takes, "closed": match.named}
            wire = Wire(match.manifest, dict(match.path), match.streamed, dict(arrived.query), **strict)
            received.request, streamed = read_request(wire, body)
            return self._scripted(received.request, streamed)
        except WrongRequestError as error:
            return self._failed(SimulatedError("invalid_request", str(error)))

    def _scripted(self, request: ChatRequest, streamed: bool) -> Reply:
        """The next of the script, or an echo; or a receipt for it, unless it is an error that comes at once."""
        said = self._take() or echo(request, self._number)
        at_once = isinstance(said, SimulatedError) and said.after_frames is None
        if self._match.receipt and not at_once:
            return self._receipt(Kept(request, said, self._number))
        return self._told(request, said, streamed)

    def _told(self, request: ChatRequest, said: Scripted, streamed: bool) -> Reply:
        """An answer or an error, with its fault; an error in mid-stream comes within an echo."""
        if isinstance(said, Fault):
            inner = said.answer or echo(request, self._number)
            return self._told(request, inner, streamed)._replace(fault=said)
        if isinstance(said, Answer):
            return self._streamed(request, said) if streamed else self._answered(request, said)
        if said.after_frames is None or not streamed:
            return self._failed(said)
        within = msgspec.structs.replace(echo(request, self._number), delay=said.delay)
        return self._streamed(request, within, said)

    def _receipt(self, kept: Kept) -> Reply:
        """A receipt; what it is for is asked for with the id that stands in it."""
        self._kept[answer_id(self._number)] = kept
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        body = self._served(kept.request, echo(kept.request, self._number))
        return self._plain(self._match.program.serve.write_receipt(body))

    def _earlier(self, id: str) -> Reply:
        """What a receipt was given for."""
        kept = self._kept.get(id)
        if kept is None:
            return self._failed(SimulatedError("not_found", f"there is no {id!r}"))
        self._number = kept.number
        return self._told(kept.request, kept.said, self._match.streamed)

    def _served(self, request: ChatRequest, answer: Answer) -> ServedAnswer:
        return served(self._match.manifest, request, answer, self._number, self._address)

    def _answered(self, request: ChatRequest, answer: Answer) -> Reply:
        server = self._match.program.serve
        body = self._served(request, answer)
        in_text = self._match.program.answers_in_text
        headers = {**self._headers(TEXT if in_text else JSON), **_texts(server.write_headers(body))}
        written = server.write_response(body)
        whole = as_text(written).encode() if in_text else as_json(written)
        return Reply(self._match.status, headers, whole, delay=answer.delay, cut_after=answer.cut_after)

    def _streamed(self, request: ChatRequest, answer: Answer, error: SimulatedError | None = None) -> Reply:
        body = self._served(request, answer)
        frames = stream_frames(self._match.program, body, answer.chunk_size)
        if error is not None:
            frames = self._broken(frames, error)
        own = _texts(self._match.program.serve.write_headers(body))
        headers = {**self._headers(CONTENT_TYPES[self._match.framing]), **own}
        pieces = _pieces(self._match, frames)
        pauses = (answer.delay, answer.pace, answer.cut_after)
        return Reply(200, headers, None, pieces, *pauses, framing=self._match.framing)

    def _broken(self, frames: Iterator[Frame], error: SimulatedError) -> Iterator[Frame]:
        """The first frames of an answer, and then the error."""
        written = served_error(self._match.manifest, error, answer_id(self._number), in_stream=True)
        return itertools.chain(itertools.islice(frames, error.after_frames), error_frames(self._match.program, written))

    def _failed(self, error: SimulatedError) -> Reply:
        written = served_error(self._match.manifest, error, answer_id(self._number))
        server = self._match.program.serve
        wait = {} if error.retry_after is None else {"retry-after": f"{error.retry_after:g}"}
        headers = {**self._headers(JSON), **_texts(server.write_error_headers(written)), **wait, **error.headers}
        return Reply(written.status, headers, as_json(server.write_error(written)), delay=error.delay)

    def _plain(self, body: object) -> Reply:
        return Reply(self._match.status, self._headers(JSON), as_json(body))

    def _headers(self, content_type: str) -> dict[str, str]:
        return {"content-type": content_type, "x-request-id": answer_id(self._number)}


def _texts(headers: Mapping[str, object] | None) -> dict[str, str]:
    """The headers that a template has made, as text."""
    return {name: as_text(value) for name, value in (headers or {}).items()}


def nothing_there(arrived: Arrived, routes: list[str]) -> Reply:
    """The reply where no route fits; it says which there are."""
    message = f"the simulator has nothing at {arrived.method} {arrived.path}; it has {', '.join(routes)}"
    body = {"error": {"message": message, "type": "not_found"}, "routes": routes}
    return Reply(404, {"content-type": JSON}, as_json(body))


def out_of_order(error: AiLibError) -> Reply:
    """The reply where a manifest is broken."""
    body = {"error": {"message": f"the simulator cannot answer: {error.message}", "type": error.error_class}}
    return Reply(500, {"content-type": JSON}, as_json(body))


def _pieces(match: Match, frames: Iterator[Frame]) -> Iterator[bytes]:
    field = match.manifest.data["serve"].get("numbered")
    count = 0
    for count, frame in enumerate(frames, 1):
        yield framed(match.framing, numbered(frame, field, count - 1), count - 1)
    if closing := ending(match.framing, count):
        yield closing
