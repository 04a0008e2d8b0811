"""Bodies cut into pieces, in ways that a byte of the fuzzer's input chooses."""

from __future__ import annotations

from random import Random

MEAN = 7
"""Bytes of a piece, on average."""

BYTEWISE_UP_TO = 600
"""Bytes of a body that are cut one by one; longer ones are cut at random."""


def pieces(body: bytes, choice: int) -> list[bytes]:
    """The body in pieces: one by one for 0, else at places that the choice seeds; some of them may be empty."""
    if choice == 0 and len(body) <= BYTEWISE_UP_TO:
        return [body[at : at + 1] for at in range(len(body))]
    random = Random(choice)
    cut: list[bytes] = []
    at = 0
    while at < len(body):
        size = random.randrange(2 * MEAN)
        cut.append(body[at : at + size])
        at += size
    return cut
