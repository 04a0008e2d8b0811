"""One feature tried on one dialect: what the client sent, what came of it, and how far the wire can carry it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from ai_lib_python import Adjustment, AiClient, ChatRequestBuilder, ChatResponse, ChatStream, ToolCall
from ai_lib_python._compile.decode import COUNTS
from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.load import load
from ai_lib_python.errors import AiLibError, UnsupportedError
from ai_lib_python.message import Part, ToolResult
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

YES, EMULATED, CHANGED, LEFT_OUT, REFUSED, LACKING = "yes", "emulated", "changed", "left out", "refused", "lacking"

ACTIONS = {
    "dropped": LEFT_OUT,
    "omitted": LEFT_OUT,
    "emulated": EMULATED,
    "adapted": CHANGED,
    "replaced": CHANGED,
    "clamped": CHANGED,
    "moved": CHANGED,
}
"""What an adjustment of the feature's own parameters makes of it; others, such as ``renamed``, change nothing."""


ELSEWHERE = {("cohere-v1", "reasoning")}
"""Events that a wire has for something else only: here, what it plans to do with tools."""


class NotCarried(Exception):
    """The wire cannot carry the feature; there is nothing more to check."""


@dataclass(frozen=True)
class Feature:
    """Something that users want.

    Attributes:
        group: the heading under which it is shown.
        name: in words.
        run: asks for it and checks what came of it.
    """

    group: str
    name: str
    run: Callable[[Trial], Awaitable[None]]

    @property
    def id(self) -> str:
        return self.run.__name__


class Trial:
    """What a feature works with.

    Attributes:
        state: how far the wire carries the feature.
        reasons: why not further.
    """

    def __init__(self, dialect: str, simulator: Simulator, client: AiClient) -> None:
        self.dialect = dialect
        self.client = client
        self.state = YES
        self.reasons: tuple[str, ...] = ()
        self._simulator = simulator

    def script(self, *answers: Answer | SimulatedError) -> None:
        """What the provider answers."""
        self._simulator.script(*answers)

    def chat(self) -> ChatRequestBuilder:
        return self.client.chat()

    def took(self, response: ChatResponse, *parameters: str) -> None:
        """Looks how the feature's parameters went out.

        Raises:
            NotCarried: not at all.
        """
        self.notices(response.adjustments, parameters)

    def notices(self, adjustments: Iterable[Adjustment], parameters: tuple[str, ...]) -> None:
        """As ``took``, of adjustments."""
        for each in adjustments:
            state = ACTIONS.get(each.action)
            if each.parameter in parameters and state is not None:
                self.reasons = tuple(dict.fromkeys((*self.reasons, each.reason)))
                if self.state == YES or state == LEFT_OUT:
                    self.state = state
        if self.state == LEFT_OUT:
            raise NotCarried

    def lacks_unless(self, there: bool, event: str, why: str, *, stream: bool = False) -> None:
        """Ends the trial where the wire itself has no place for what an answer would hold.

        Whether it has one is asked of what the dialect's manifest reads: where it reads such an event, and then found
        nothing, that is a failure.

        Raises:
            NotCarried: the wire has no place for it.
        """
        if not there:
            is_read = reads(self.dialect, event, stream=stream) and (self.dialect, event) not in ELSEWHERE
            assert not is_read, f"{self.dialect} reads {event}, and found nothing"
            self.state, self.reasons = LACKING, (why,)
            raise NotCarried

    async def error_of(self, call: Awaitable[Any]) -> AiLibError:
        """The error that a call ends with."""
        with pytest.raises(AiLibError) as caught:
            await call
        if isinstance(caught.value, UnsupportedError):
            raise caught.value
        return caught.value

    @staticmethod
    async def all_of(stream: ChatStream) -> None:
        """Reads a stream to its end."""
        async for _ in stream:
            pass

    @property
    def understood(self) -> Any:
        """The last request, as the provider's side of the wire reads it."""
        request = self._simulator.requests[-1].request
        assert request is not None
        return request

    def parts(self) -> list[Part]:
        """All parts of the last request."""
        return [part for message in self.understood.messages for part in message.parts]

    def results(self) -> list[str]:
        """The results of tools in the last request, as texts."""
        return [part.text for part in self.parts() if isinstance(part, ToolResult)]

    def typed(self, text: str) -> Answer:
        """An answer of a type, in the way in which this wire is asked for one."""
        asked = self.chat().user("x").into(dict[str, int]).preview()
        forced = any(each.sent == "a tool that must be called" for each in asked.adjustments)
        return Answer(tool_calls=[ToolCall("callno001", "City", text)]) if forced else Answer(text)

    @property
    def bodies(self) -> list[Any]:
        """The bodies that the provider got, in order."""
        return [received.body for received in self._simulator.requests]


def reads(dialect: str, what: str, *, stream: bool) -> bool:
    """Whether a dialect reads an event of answers, a count of tokens, or a reason to end."""
    manifest = load(dialect)
    if what in manifest.data.get("finish", {}).get("map", {}).values():
        return True
    if what in COUNTS:
        return what in manifest.data.get("usage", {})
    title = "read a frame of a stream" if stream else "read an answer"
    writers = dict(Program(manifest).writers())
    body = writers[title]().source().partition("def read(")[2]
    return (f"read_{what}(" if what == "usage" else f"sink.{what}(") in body


@dataclass(frozen=True)
class Outcome:
    """How far a wire carries a feature, why not further, and the bodies of the requests."""

    state: str
    why: tuple[str, ...]
    bodies: list[Any]


async def tried(feature: Feature, dialect: str) -> Outcome:
    """Runs a feature on a dialect, through the public client and over real HTTP."""
    async with Simulator() as simulator:
        address = simulator.address(dialect)
        name = f"simulator/{dialect}"
        async with await AiClient.create(name, base_url=address, on_unsupported="ignore", max_retries=0) as client:
            trial = Trial(dialect, simulator, client)
            try:
                await feature.run(trial)
            except NotCarried:
                pass
            except UnsupportedError as error:
                return Outcome(REFUSED, (error.message,), trial.bodies)
            return Outcome(trial.state, trial.reasons, trial.bodies)
