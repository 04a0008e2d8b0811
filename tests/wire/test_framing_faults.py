"""Where a body is broken: what came before is given, the error comes after it, wherever the body is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._wire.event_stream import event_message
from ai_lib_python._wire.frame import Framing, FramingError
from ai_lib_python._wire.framings import FRAMINGS


def damaged(message: bytes, at: int) -> bytes:
    return message[:at] + bytes((message[at] ^ 1,)) + message[at + 1 :]


MESSAGES = [event_message({":event-type": "a"}, payload) for payload in (b"1", b'{"two": 2}', b"3")]
GOOD = [b"1", b'{"two": 2}']
BODIES = {
    "a wrong checksum": ("aws-eventstream", b"".join(MESSAGES[:2]) + damaged(MESSAGES[2], -1) + MESSAGES[0]),
    "a wrong prelude": ("aws-eventstream", b"".join(MESSAGES[:2]) + damaged(MESSAGES[2], 1) + MESSAGES[0]),
    "an end within a message": ("aws-eventstream", b"".join(MESSAGES[:2]) + MESSAGES[2][:-1]),
    "no element": ("json_array", b'[1, {"two": 2}, ?, 3]'),
    "more behind the array": ("json_array", b'[1, {"two": 2}] 3'),
    "an end within an element": ("json_array", b'[1, {"two": 2}, {"three'),
}


def read(decoder: Framing, chunks: list[bytes]) -> tuple[list[bytes], list[FramingError]]:
    """The payloads, and the errors, of whoever goes on asking after each error."""
    payloads: list[bytes] = []
    errors: list[FramingError] = []
    for chunk in [*chunks, None]:
        try:
            frames = decoder.finish() if chunk is None else decoder.feed(chunk)
        except FramingError as error:
            errors.append(error)
        else:
            payloads += [payload for payload, _ in frames]
    return payloads, errors


def cut(body: bytes, sizes: list[int]) -> list[bytes]:
    chunks: list[bytes] = []
    while body:
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(body[:size])
        body = body[size:]
    return chunks


@pytest.mark.parametrize("fault", BODIES)
@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_what_is_good_comes_before_the_error_wherever_the_body_is_cut(fault: str, sizes: list[int]) -> None:
    framing, body = BODIES[fault]
    payloads, errors = read(FRAMINGS[framing](), cut(body, sizes))
    assert payloads == GOOD
    assert errors


@pytest.mark.parametrize("fault", BODIES)
def test_what_is_good_comes_before_the_error_though_all_came_at_once(fault: str) -> None:
    framing, body = BODIES[fault]
    payloads, errors = read(FRAMINGS[framing](), [body])
    assert payloads == GOOD
    assert len(errors) == 1


@pytest.mark.parametrize("framing", ["aws-eventstream", "json_array"])
def test_nothing_is_read_behind_the_error(framing: str) -> None:
    body = next(body for kind, body in BODIES.values() if kind == framing)
    payloads, errors = read(FRAMINGS[framing](), [body, *MESSAGES, b"4, 5]"])
    assert payloads == GOOD
    assert len(errors) == 5
