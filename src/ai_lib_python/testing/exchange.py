"""Exchanges as a recording holds them: one line of JSON each, without keys, for people to read and to compare.

    {"recording": 1}
    {"asked": {"method": ..., "url": ..., "headers": {...}, "body": ...},
     "answered": {"status": 200, "headers": {...}, "chunks": ["data: ...", ...]}, "ended": "whole"}

A body or a chunk that is no text is ``{"base64": "..."}``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from .. import errors
from .._wire.http import HttpRequest
from .hiding import Hiding

VERSION = 1

WHOLE = "whole"
LEFT = "left"
"""How an answer ended: it was read to its end, or its reader left before."""

TOLD = ("retryable", "may_have_arrived", "deadline")
"""What is kept of an error beside its words."""


class Asked(msgspec.Struct, frozen=True):
    """A request. A body of JSON is the value, not its text."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any = None


class Answered(msgspec.Struct, frozen=True):
    """An answer, its body in the pieces in which it came."""

    status: int
    headers: dict[str, str]
    chunks: list[Any]


class Failed(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error of the network, by the name of its class."""

    error: str
    message: str
    told: dict[str, Any] = {}


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request and what came of it: an answer, a failure, or the one and then the other."""

    asked: Asked
    answered: Answered | None = None
    ended: str | None = None
    failed: Failed | None = None


def asked_of(request: HttpRequest, hiding: Hiding) -> Asked:
    """The request as it is recorded, and compared."""
    return Asked(request.method, hiding.url(request.url), hiding.sent(request.headers), _body_of(request, hiding))


def _body_of(request: HttpRequest, hiding: Hiding) -> Any:
    body = hiding.body([request.body])[0]
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return written(body)


def failed_with(error: errors.TransportError, hiding: Hiding) -> Failed:
    """The error as it is recorded."""
    told = {name: value for name in TOLD if (value := getattr(error, name, None)) is not None}
    return Failed(type(error).__name__, hiding.text(error.message), told)


def error_of(failed: Failed) -> errors.TransportError:
    """The recorded error, to be raised again."""
    kind = getattr(errors, failed.error, errors.TransportError)
    if not (isinstance(kind, type) and issubclass(kind, errors.TransportError)):
        kind = errors.TransportError
    error: errors.TransportError = kind(failed.message)
    for name in TOLD:
        if name in failed.told:
            setattr(error, name, failed.told[name])
    return error


def written(piece: bytes) -> Any:
    """Bytes as JSON has them: a text where they are one."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(piece).decode()}


def read_again(piece: Any) -> bytes:
    """What ``written`` wrote.

    Raises:
        ValueError: it did not write this.
    """
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, dict) and isinstance(piece.get("base64"), str):
        return base64.b64decode(piece["base64"], validate=True)
    raise ValueError(f'a chunk must be a text or {{"base64": "..."}}, got {piece!r}')


def read_recording(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no recording, or a line of it is none; the message names the line.
    """
    first, *lines = path.read_bytes().splitlines() or [b""]
    if first != first_line():
        raise ValueError(f"{path}: is no recording of this version: its first line must be {first_line().decode()}")
    for number, line in enumerate(lines, 2):
        try:
            exchange = msgspec.json.decode(line, type=Exchange)
            for chunk in exchange.answered.chunks if exchange.answered is not None else ():
                read_again(chunk)
        except (ValueError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}:{number}: {error}") from None
        yield exchange


def first_line() -> bytes:
    """By which a recording is known."""
    return msgspec.json.encode({"recording": VERSION})
