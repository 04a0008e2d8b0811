"""Answers: any body, of every dialect, gives a response or an AiLibError, the same one however a stream is cut.

The first byte of an input chooses the dialect, the second one what the body is said to be, the third one how it is cut
(of an error, its status). The rest is the body; of a binary event stream, what it carries, a message a line.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from ai_lib_python import Message
from ai_lib_python._engine.credentials import Credential
from ai_lib_python._engine.failures import remote_error
from ai_lib_python._engine.prepare import Prepared, prepare
from ai_lib_python._engine.read_answer import read_answer
from ai_lib_python._engine.read_stream import StreamReader
from ai_lib_python._engine.target import Target
from ai_lib_python._manifest import folders
from ai_lib_python._manifest.load import load
from ai_lib_python._wire.event_stream import EventStreamDecoder, event_message
from ai_lib_python.errors import AiLibError
from ai_lib_python.request import ChatRequest
from conformance import recordings, speaking
from conformance.replay import body_of

from .cutting import pieces

DIALECTS = tuple(sorted(path.stem for folder in folders.BUNDLED for path in folder.parent.glob("dialects/*.yaml")))

PLAIN, STREAM, LABELLED_AS_JSON, ERROR = range(4)

KEY = "planted-key-0123456789abcdef"

LONGEST = 8_000
"""Bytes of a recorded body that becomes a seed."""

OF_EACH = 24
"""How many recorded bodies of a dialect become seeds."""


def seeds() -> Iterator[bytes]:
    """Recorded answers of every dialect, where there are recordings; a few of one's own."""
    for number, _ in enumerate(DIALECTS):
        for mode in (PLAIN, STREAM, LABELLED_AS_JSON, ERROR):
            yield bytes((number, mode, 1)) + b'{"error": {"message": "m", "code": 3, "type": "t"}}'
            yield bytes((number, mode, 1)) + b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: [DONE]\n\n'
    if recordings.missing():
        return
    for recorded in recordings.DIALECTS:
        yield from _recorded(recorded)


def _recorded(recorded: str) -> Iterator[bytes]:
    dialect = speaking.DIALECTS.get(recorded, recorded)
    rows = [row for row in recordings.rows(recorded) if len(row.document) <= LONGEST and row.status != 204]
    for row in rows[:: max(1, len(rows) // OF_EACH)]:
        mode = ERROR if row.status >= 400 else STREAM if row.stream else PLAIN
        body = body_of(row)
        if mode == STREAM and _is_binary(dialect):
            body = b"\n".join(msgspec.json.encode([headers, text]) for text, headers in _messages(body))
        yield bytes((DIALECTS.index(dialect), mode, 0 if len(body) < 300 else 1)) + body


def _messages(body: bytes) -> list[tuple[str, Any]]:
    frames = EventStreamDecoder().feed(body)
    return [(payload.decode(errors="replace"), headers) for payload, headers in frames]


def hold(data: bytes) -> None:
    """Fails where a reader lets out anything but an AiLibError, or reads a cut stream otherwise than a whole one."""
    if len(data) < 3:
        return
    dialect, mode, choice, body = DIALECTS[data[0] % len(DIALECTS)], data[1] % 4, data[2], data[3:]
    asked = prepared(dialect, stream=mode in (STREAM, LABELLED_AS_JSON))
    if mode == PLAIN:
        _hold_plain(asked, body)
    elif mode == ERROR:
        _hold_error(remote_error(asked, 400 + choice % 200, {"retry-after": "3"}, body))
    else:
        if _is_binary(dialect):
            body = _binary(body)
        kind = "application/json" if mode == LABELLED_AS_JSON else "text/event-stream"
        whole, cut = (_streamed(asked, kind, given) for given in ([body], pieces(body, choice)))
        for one, other in zip(whole, cut, strict=True):
            assert repr(one) == repr(other), f"{dialect}: cut otherwise {other!r:.500}, not {one!r:.500}"


@cache
def prepared(dialect: str, *, stream: bool) -> Prepared:
    """A call that waits for its answer."""
    manifest = load(dialect)
    target = Target(manifest, key=KEY, base_url="https://fuzz.example/v1", variables={"region": "us-east-1"})
    request = ChatRequest("m", (Message.user("hi"),))
    return prepare(target, request, stream=stream, credential=_credential(manifest))


def _credential(manifest: Any) -> Credential | None:
    return Credential(manifest.auth[0], KEY) if manifest.auth and manifest.auth[0].scheme != "aws-sigv4" else None


def _hold_plain(asked: Prepared, body: bytes) -> None:
    try:
        response, _ = read_answer(asked, 200, {"content-type": "application/json"}, body)
    except AiLibError as error:
        _hold_error(error)
    else:
        _hold_response(response)


def _streamed(asked: Prepared, kind: str, chunks: list[bytes]) -> tuple[Any, ...]:
    """Events, response, and how it failed: a stream that somebody reads to its end."""
    reader = StreamReader(asked, 200, {"content-type": kind})
    events: list[Any] = []
    for chunk in chunks:
        events += reader.feed(chunk)
        if reader.wants_no_more:
            break
    events += reader.finish()
    response = reader.response()
    _hold_response(response)
    if reader.failure is not None:
        _hold_error(reader.failure)
        assert reader.failure.partial is None or reader.failure.partial == response
    return events, response, type(reader.failure), _told(reader.failure)


def _told(failure: AiLibError | None) -> str | None:
    """What an error says, but for the beginning of the body that it shows: of that, as much as had come."""
    return None if failure is None else failure.message.partition("; it begins")[0]


def _hold_response(response: Any) -> None:
    assert isinstance(response.content, str)
    assert all(isinstance(call.arguments, dict) for call in response.tool_calls)
    response.to_message()
    msgspec.json.encode(response.usage)
    repr(response)


def _hold_error(error: AiLibError) -> None:
    assert error.message
    assert error.error_class
    assert error.standard_code.startswith("E")
    assert error.retry_after is None or error.retry_after >= 0
    assert KEY not in f"{error!s} {error!r}"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@cache
def _is_binary(dialect: str) -> bool:
    return bool(load(dialect).data.get("stream", {}).get("framing") == "aws-eventstream")


def _binary(lines: bytes) -> bytes:
    """The messages that the lines tell, each a list of headers and a payload; lines that tell none are left out."""
    body = b""
    for line in lines.split(b"\n"):
        try:
            headers, payload = msgspec.json.decode(line, type=tuple[dict[str, str], str])
            body += event_message(headers, payload.encode())
        except (ValueError, RecursionError, OverflowError):  # no such line, or a name too long for a message
            continue
    return body
