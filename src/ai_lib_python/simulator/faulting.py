"""A reply with a fault, as bytes on a connection. Sans-IO: it says what to write, when to wait, and how to end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Union

from .._wire.event_stream import event_message
from .faults import STATUSES, Fault
from .replying import Reply

PAGE = (
    b"<html>\r\n<head><title>%(title)s</title></head>\r\n<body>\r\n<center><h1>%(title)s</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
"""What proxies say in the place of who should have spoken."""

OTHER_TYPES = ("text/html", "text/plain", "application/octet-stream", "application/json", "text/event-stream", None)
"""What a wrong content-type may be; None is none."""

NO_NUMBER = b"zz"
LAST_CHUNK = b"0\r\n\r\n"


class End(Enum):
    """How a connection is left behind what was written."""

    KEEP = "open, for the next request"
    CLOSE = "closed"
    RESET = "reset"
    STALL = "open, and nothing more comes"


Step = Union[bytes, float, End]
"""Bytes to write, seconds to wait, or the end."""


def steps(reply: Reply, fault: Fault) -> Iterator[Step]:
    """What is to be done with a connection to give this reply with this fault."""
    return _KINDS[fault.kind](_Wire(reply, fault))


class _Wire:
    """The bytes of a reply, and the means to send them.

    Attributes:
        at: the byte of the body where the fault is.
        body: of the whole reply.
        chance: what decides, by the fault's seed.
        pieces: of the body: the frames of a stream, or all of a plain answer.
    """

    def __init__(self, reply: Reply, fault: Fault) -> None:
        self.reply = reply
        self.fault = fault
        self.pieces = list(reply.pieces) if reply.body is None else [reply.body]
        self.body = b"".join(self.pieces)
        self.chance = random.Random(fault.seed)  # noqa: S311 - it must be the same each time
        self.streamed = reply.body is None
        drawn = self.chance.randrange(len(self.body) + 1)
        if not self.streamed:  # what has come whole has met no fault; of a stream the end would be missing
            drawn = min(drawn, max(0, len(self.body) - 1))
        self.at = drawn if fault.at is None else min(fault.at, len(self.body))

    @property
    def before(self) -> list[bytes]:
        """The pieces up to the byte of the fault; the last one may be a part of one."""
        return _split(self.pieces, self.at)[0]

    @property
    def after(self) -> list[bytes]:
        """The rest."""
        return _split(self.pieces, self.at)[1]

    @property
    def boundary(self) -> int:
        """How many pieces end at or before the byte of the fault."""
        ends = itertools.accumulate(len(piece) for piece in self.pieces)
        return sum(end <= self.at for end in ends)

    def head(
        self, length: int | bytes | None = None, status: int | None = None, more: Mapping[str, str | None] = {}
    ) -> bytes:
        """The head, with a length, or for chunks; ``more`` are headers in the place of the reply's own."""
        status = status or self.reply.status
        known = length if isinstance(length, bytes) else str(length).encode()
        headers = {**{name.lower(): value for name, value in self.reply.headers.items()}, **more}
        lines = [f"{name}: {value}".encode() for name, value in headers.items() if value is not None]
        lines.append(b"transfer-encoding: chunked" if length is None else b"content-length: " + known)
        return b"\r\n".join([f"HTTP/1.1 {status} {_phrase(status)}".encode(), *lines, b"\r\n"])

    def begun(self, pieces: Sequence[bytes]) -> Iterator[bytes]:
        """The head of the whole reply, and these pieces of its body."""
        yield self.head(None if self.streamed else len(self.body))
        yield from self.written(pieces)

    def written(self, pieces: Sequence[bytes]) -> Iterator[bytes]:
        """These pieces of the body, in chunks where it comes so."""
        for piece in pieces:
            if piece:
                yield b"%x\r\n%s\r\n" % (len(piece), piece) if self.streamed else piece

    def whole(self, pieces: Sequence[bytes], more: Mapping[str, str | None] = {}) -> Iterator[Step]:
        """A reply of these pieces, in good form."""
        yield self.head(None if self.streamed else sum(map(len, pieces)), more=more)
        yield from self.written(pieces)
        yield from self.ended()

    def ended(self) -> Iterator[Step]:
        """The end of the body, in good form."""
        if self.streamed:
            yield LAST_CHUNK
        yield End.KEEP

    @property
    def ping(self) -> bytes:
        """A sign of life in this wire's own form, else in the form of its framing."""
        own = (piece for piece in self.pieces if piece.startswith(b"event: ping\n"))
        return next(own, _filler(self.reply.framing, b"ping"))


def _cut(wire: _Wire) -> Iterator[Step]:
    yield from wire.begun(wire.before)
    yield End.CLOSE


def _reset(wire: _Wire) -> Iterator[Step]:
    yield from wire.begun(wire.before)
    yield End.RESET


def _stall(wire: _Wire) -> Iterator[Step]:
    yield from wire.begun(wire.before)
    yield End.STALL


def _trickle(wire: _Wire) -> Iterator[Step]:
    yield from wire.begun(wire.before)
    rest, size = b"".join(wire.after), wire.fault.amount
    for start in range(0, len(rest), size):
        yield wire.fault.pace
        yield from wire.written([rest[start : start + size]])
    yield from wire.ended()


def _truncate(wire: _Wire) -> Iterator[Step]:
    return wire.whole(wire.before)


def _close(wire: _Wire) -> Iterator[Step]:
    head = wire.head(None if wire.streamed else len(wire.body))
    yield head[: wire.chance.choice((0, wire.chance.randrange(len(head)))) if wire.fault.at is None else wire.at]
    yield End.CLOSE


def _reorder(wire: _Wire) -> Iterator[Step]:
    half = len(wire.body) // 2
    pieces = list(wire.pieces) if len(wire.pieces) > 1 else [wire.body[:half], wire.body[half:]]
    first = wire.chance.randrange(len(pieces) - 1) if wire.fault.at is None else min(wire.boundary, len(pieces) - 2)
    pieces[first], pieces[first + 1] = pieces[first + 1], pieces[first]
    return wire.whole(pieces)


def _corrupt(wire: _Wire) -> Iterator[Step]:
    at = min(wire.at, max(len(wire.body) - 1, 0))
    size = min(wire.fault.amount, len(wire.body) - at)
    body = wire.body[:at] + b"\xff" * size + wire.body[at + size :]
    starts = [0, *itertools.accumulate(len(piece) for piece in wire.pieces)]
    return wire.whole([body[start:end] for start, end in itertools.pairwise(starts)])


def _bad_chunk(wire: _Wire) -> Iterator[Step]:
    if wire.streamed:
        yield from wire.begun(wire.before)
        yield wire.fault.pace  # else the head arrives with it, and nothing of the answer is read
        yield NO_NUMBER + b"\r\n" + b"".join(wire.after) + b"\r\n" + LAST_CHUNK
    else:
        yield wire.head(NO_NUMBER) + wire.body
    yield End.CLOSE


def _html(wire: _Wire) -> Iterator[Step]:
    status = wire.fault.status or wire.chance.choice(STATUSES)
    page = PAGE % {b"title": f"{status} {_phrase(status)}".encode()}
    yield wire.head(len(page), status, {"content-type": "text/html"}) + page
    yield End.KEEP


def _too_long(wire: _Wire) -> Iterator[Step]:
    yield wire.head(len(wire.body) + wire.fault.amount) + wire.body
    yield End.CLOSE


def _too_short(wire: _Wire) -> Iterator[Step]:
    length = min(wire.at, max(len(wire.body) - 1, 0))
    yield wire.head(length) + wire.body[:length]
    yield wire.fault.pace  # the rest comes when the answer has been read, and the connection may be used again
    yield wire.body[length:]
    yield End.KEEP


def _storm(wire: _Wire) -> Iterator[Step]:
    """Its errors have been given already, when the answer's turn comes."""
    return wire.whole(wire.pieces)


def _pings(wire: _Wire) -> Iterator[Step]:
    pieces = wire.pieces[: wire.boundary] if wire.streamed else []  # a plain answer can only be waited for
    wire.streamed = True
    yield from wire.begun(pieces)
    while True:
        yield wire.fault.pace
        yield from wire.written([wire.ping])


def _empty(wire: _Wire) -> Iterator[Step]:
    yield wire.head(0)
    yield End.KEEP


def _doubled_end(wire: _Wire) -> Iterator[Step]:
    return wire.whole([*wire.pieces, *wire.pieces[-1:]])


def _garbage(wire: _Wire) -> Iterator[Step]:
    return wire.whole([*wire.pieces, b"\0" + wire.chance.randbytes(wire.fault.amount - 1)])


def _content_type(wire: _Wire) -> Iterator[Step]:
    own = wire.reply.headers.get("content-type")
    other = wire.chance.choice([each for each in OTHER_TYPES if each != own])
    return wire.whole(wire.pieces, more={"content-type": other})


def _long_line(wire: _Wire) -> Iterator[Step]:
    line = _filler(wire.reply.framing, b"x" * wire.fault.amount)
    where = wire.boundary if wire.streamed else 0
    return wire.whole([*wire.pieces[:where], line, *wire.pieces[where:]])


def _long_header(wire: _Wire) -> Iterator[Step]:
    return wire.whole(wire.pieces, more={"x-padding": "x" * wire.fault.amount})


def _filler(framing: str | None, text: bytes) -> bytes:
    """What says nothing in a framing, about as long as the text: a comment, spaces, or a message of no known kind."""
    if framing == "sse":
        return b": " + text + b"\n\n"
    if framing == "aws-eventstream":
        return event_message({":event-type": "ping", ":message-type": "event"}, b'{"p":"' + text + b'"}')
    return b" " * len(text) + (b"\n" if framing == "ndjson" else b"")


def _split(pieces: Sequence[bytes], at: int) -> tuple[list[bytes], list[bytes]]:
    """The pieces before and after a byte."""
    before: list[bytes] = []
    after: list[bytes] = []
    for piece in pieces:
        before.append(piece[:at])
        after.append(piece[at:])
        at = max(at - len(piece), 0)
    return before, after


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"


_KINDS: Mapping[str, Callable[[_Wire], Iterator[Step]]] = {
    "cut": _cut,
    "reset": _reset,
    "stall": _stall,
    "trickle": _trickle,
    "truncate": _truncate,
    "close": _close,
    "reorder": _reorder,
    "corrupt": _corrupt,
    "bad_chunk": _bad_chunk,
    "html": _html,
    "too_long": _too_long,
    "too_short": _too_short,
    "storm": _storm,
    "pings": _pings,
    "empty": _empty,
    "doubled_end": _doubled_end,
    "garbage": _garbage,
    "content_type": _content_type,
    "long_line": _long_line,
    "long_header": _long_header,
}
