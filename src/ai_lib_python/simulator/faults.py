"""What may go wrong on the way of an answer, and what a simulator may be told of it.

A fault is about bytes, not about words: the answer is written as its wire format has it, and then it is cut, held
up, or mixed up. What a client can make of that is in ``docs/testing.md``, kind by kind.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Union

import msgspec

from .._spelling import did_you_mean
from .answers import Answer, Said, SimulatedError

FAULTS: Mapping[str, str] = {
    "cut": "the connection is closed at a byte of the body, before its promised end",
    "reset": "the connection is reset (TCP RST) at a byte of the body; what is under way may be lost, too",
    "stall": "nothing more comes after a byte of the body, until the client leaves",
    "trickle": "from a byte of the body on, it comes byte by byte",
    "truncate": "the body ends at a byte, in good form, as if that were all",
    "close": "the connection is closed before the head of the answer, or within it",
    "reorder": "two frames that follow each other change places; in a plain answer, its two halves",
    "corrupt": "bytes of the body are overwritten by some that stand in no text (0xFF)",
    "bad_chunk": "the body's length is no number: of a chunk in a stream, in content-length else",
    "html": "a proxy's page stands in place of the answer",
    "too_long": "content-length promises more than there is, then the connection is closed",
    "too_short": "content-length promises less than is sent",
    "storm": "so many 429 with retry-after, one for each request, then the answer",
    "pings": "from a frame on, nothing comes but signs of life, for ever; of a plain answer, not even its beginning",
    "empty": "the body is empty",
    "doubled_end": "the last frame comes twice; of a plain answer, all of it",
    "garbage": "bytes that mean nothing stand behind the end of the body",
    "content_type": "content-type says something else",
    "long_line": "a very long line that means nothing stands in the body",
    "long_header": "a very long header stands in the head",
}
"""Every kind of fault, and what it does."""

STATUSES = (200, 502)
"""Under which a proxy's page comes, where none is given."""

SIZES = {"corrupt": 1, "trickle": 1, "too_long": 1000, "garbage": 100, "long_line": 2**20, "long_header": 2**17}
"""Bytes that a fault is about, where none are given."""


class Fault(msgspec.Struct, frozen=True):
    """Something that goes wrong with one answer; ``Simulator.script`` takes it like an answer.

    Attributes:
        kind: what goes wrong, a key of ``FAULTS``.
        answer: what is said; the echo, unless told otherwise.
        at: the byte of the body where it happens, counted from 0 and without the marks of chunks; the body's end where
            it is shorter. ``pings`` and ``long_line`` wait for the end of the frame there. For ``close``, bytes of the
            head that are sent before. None: chosen by the seed.
        seed: decides whatever is not given. The same fault with the same answer is the same bytes.
        pace: seconds between the bytes of ``trickle``, between two ``pings``, and before the wrong bytes of
            ``bad_chunk`` and ``too_short``.
        size: bytes it is about; see ``SIZES`` for what that is by default.
        count: how many 429 a ``storm`` has.
        status: of the proxy's page.
        retry_after: seconds that a ``storm`` asks to wait.
    """

    kind: str
    answer: Union[Said, None] = None
    at: int | None = None
    seed: int = 0
    pace: float = 0.01
    size: int | None = None
    count: int = 1
    status: int | None = None
    retry_after: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            hint = did_you_mean(str(self.kind), FAULTS)
            raise ValueError(f"the kind of a fault must be one of {', '.join(FAULTS)}, got {self.kind!r}{hint}")
        if self.answer is not None and not isinstance(self.answer, (Answer, SimulatedError)):
            got = type(self.answer).__name__
            raise TypeError(f"the answer of a fault must be an Answer or a SimulatedError, got {got}")
        for name, least in (("at", 0), ("pace", 0), ("size", 1), ("count", 1), ("retry_after", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} of a fault must be at least {least}, got {value!r}")

    @property
    def amount(self) -> int:
        """How many bytes it is about."""
        return self.size or SIZES.get(self.kind, 1)


class FaultMix(msgspec.Struct, frozen=True):
    """Faults for all that a simulator answers, one drawn for each request: ``Simulator(faults=FaultMix(seed=7))``.

    The fault of the n-th request depends on the seed and on n alone.

    Attributes:
        seed: another seed is another sequence.
        share: of the requests that something goes wrong with, from 0 to 1.
        kinds: those to draw from; all of ``FAULTS``, unless told otherwise.
    """

    seed: int = 0
    share: float = 1.0
    kinds: Sequence[str] = tuple(FAULTS)

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be between 0 and 1, got {self.share!r}")
        if not self.kinds:
            raise ValueError("kinds must name at least one kind of fault")
        for kind in self.kinds:
            Fault(kind)

    def draw(self, number: int, answer: Said | None = None) -> Fault | None:
        """The fault of the ``number``-th request, or None where all goes well."""
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311 - it must be the same each time
        if chance.random() >= self.share:
            return None
        kind = chance.choice(list(self.kinds))
        return Fault(kind, answer, seed=chance.randrange(2**32), count=chance.randint(1, 3))


Scripted = Union[Said, Fault]
"""What a simulator may be told to do with one request."""
