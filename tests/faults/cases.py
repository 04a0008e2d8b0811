"""What happens in one run of the campaign, all of it decided by one number."""

from __future__ import annotations

import random
from typing import NamedTuple

from ai_lib_python import ToolCall
from ai_lib_python.errors import REMOTE_ERRORS
from ai_lib_python.simulator import FAULTS, Answer, Fault, SimulatedError
from ai_lib_python.simulator.routing import Router

KEY = "planted-key-0123456789/+abcdef"
"""What must be found nowhere but in the requests. Its signs are spelled otherwise in JSON and in URLs."""

DIALECTS = tuple(Router().dialects())
NO_TOOLS = frozenset({"cohere-v1", "ollama-generate", "replicate-predictions", "tiangong-chat"})
"""Wires that have no form for our tools."""

ONLY_STREAMS = frozenset({"tiangong-chat"})
"""Wires on which a plain call is a stream, too."""

ENDLESS = frozenset({"stall", "pings"})
"""Faults that only a deadline ends."""

LONG = frozenset({"long_header", "long_line"})
"""Faults that would be none if they were short."""

PATIENT = 5.0
"""Seconds for each request of a run that should end by itself."""

ALPHABET = "abcdefghijklmnopqrstuvwxyzäß語🎉"


class Case(NamedTuple):
    """One run.

    Attributes:
        text: what is said, where anything is.
        calls: the tools that are called.
        timeout: seconds for the call.
        recorded: whether it goes through a recorder, and is played again.
        retries: how often it may be tried again.
        others: whether another client stands in where this one's calls fail.
    """

    seed: int
    dialect: str
    streamed: bool
    fault: Fault
    text: str
    calls: tuple[ToolCall, ...]
    timeout: float
    recorded: bool
    retries: int = 0
    others: bool = False

    @property
    def most_requests(self) -> int:
        """How many requests the server may see."""
        return (1 + self.retries) * (1 + self.others)

    @property
    def fails(self) -> bool:
        """Whether the answer is an error, whatever goes wrong beside it."""
        return isinstance(self.fault.answer, SimulatedError)


def case_of(seed: int) -> Case:
    """The run of that number; kinds, wires and ways take turns, so that a few hundred meet each of them."""
    chance = random.Random(seed)
    kinds, ways = tuple(FAULTS), (False, True)
    dialect = DIALECTS[seed % len(DIALECTS)]
    kind = kinds[seed // len(DIALECTS) % len(kinds)]
    streamed = ways[seed // len(DIALECTS) // len(kinds) % 2]
    text = " ".join(_word(chance) for _ in range(chance.randint(1, 12)))
    calls = () if dialect in NO_TOOLS or chance.random() < 0.6 else tuple(map(_call, range(chance.randint(1, 2))))
    answer = Answer(text, tool_calls=calls, chunk_size=chance.randint(1, 3))
    said = answer if chance.random() < 0.9 else _error(chance)
    quick = chance.choice((0.05, 0.1, 0.2))
    fault = Fault(
        kind,
        said,
        seed=chance.randrange(2**32),
        pace=chance.choice((0.0, 0.001, 0.005)),
        size=None if kind in LONG else chance.choice((None, 1, 7)),
        count=chance.randint(1, 3),
    )
    recorded = chance.random() < 0.25
    again = chance.random() < 0.3 and not recorded
    retries, others = (chance.randint(0, 2), chance.random() < 0.5) if again else (0, False)
    timeout = quick if kind in ENDLESS else PATIENT * (1 + retries) * (1 + others)
    return Case(seed, dialect, streamed, fault, text, calls, timeout, recorded, retries, others)


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(chance.randint(1, 9)))


def _call(number: int) -> ToolCall:
    return ToolCall.create("weather", {"city": f"Straße {number}", "days": [1, 2, number]}, id=f"call0000{number}")


def _error(chance: random.Random) -> SimulatedError:
    """An error that shows the key, as some providers' errors do; at once or in mid-stream."""
    after = chance.choice((None, 0, 1, 2))
    return SimulatedError(chance.choice(sorted(REMOTE_ERRORS)), f"no, not with {KEY}!", after_frames=after)
