"""The steps of the guide, as the demo performs them.

Each has the lines to show, as a user writes them, and a function that does the same against the simulator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._engine.connect import SIMULATOR
from ..client import AiClient
from ..errors import ConfigurationError
from ..message import Message
from ..simulator import Answer, Simulator
from .catalogue import example, home, speakers

if TYPE_CHECKING:
    from .._manifest.manifest import Manifest
    from ..chat import ChatRequestBuilder
    from ..response import ChatResponse

__all__ = ["STEPS", "Shown", "Stage", "Step", "UnexpectedAnswerError"]

STORY = "Once upon a time, a wire format met another one, and they found that they meant the same."
KEY = "no key is needed here"


class UnexpectedAnswerError(Exception):
    """The simulator's answer came back otherwise than it was given."""


class Shown(NamedTuple):
    """What a step has to show beside its requests: what came over the wire, and what Python made of it."""

    printed: list[str]
    answer: Any = None


class Stage(NamedTuple):
    """Where a step is performed: a wire format, and the simulator that speaks it."""

    dialect: str
    simulator: Simulator

    async def client(self) -> AiClient:
        """A client of the simulator, in this wire format."""
        address = self.simulator.address(self.dialect)
        return await AiClient.create(f"{SIMULATOR}/{self.dialect}", base_url=address, on_unsupported="ignore")


class Step(NamedTuple):
    """One step: its code, and what performs it and gives what there is to show."""

    title: str
    code: str
    perform: Callable[[Stage], Awaitable[Shown]]


async def _basic(stage: Stage) -> Shown:
    async with await stage.client() as client:
        response = await client.chat().user("Hello, world!").execute()
    _expect(response.content, "You said: Hello, world!")
    return Shown([response.content], response.raw)


async def _system(stage: Stage) -> Shown:
    async with await stage.client() as client:
        chat = client.chat().system("You are a helpful coding assistant.").user("Explain closures")
        response = await chat.execute()
    return _content(response, "You said: Explain closures")


async def _turns(stage: Stage) -> Shown:
    messages = [
        Message.system("You are a tutor."),
        Message.user("What is recursion?"),
        Message.assistant("Recursion is when a function calls itself..."),
        Message.user("Can you show an example?"),
    ]
    async with await stage.client() as client:
        response = await client.chat().messages(messages).execute()
    return _content(response, "You said: Can you show an example?")


async def _parameters(stage: Stage) -> Shown:
    async with await stage.client() as client:
        chat = client.chat().user("Write a poem")
        response = await chat.temperature(0.9).max_tokens(200).top_p(0.95).stop(["THE END"]).execute()
    told = [f"{one.parameter} {one.action} {one.reason}" for one in response.adjustments]
    return Shown([*_content(response, "You said: Write a poem").printed, *told])


async def _streaming(stage: Stage) -> Shown:
    stage.simulator.script(Answer(STORY))
    pieces, kinds = [], Counter[str]()
    async with await stage.client() as client:
        async for event in client.chat().user("Tell me a story").stream():
            kinds[type(event).__name__] += 1
            if event.is_content_delta:
                pieces.append(event.as_content_delta.text)
    _expect("".join(pieces), STORY)
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Shown(["|".join(pieces), f"({counts})"])


async def _statistics(stage: Stage) -> Shown:
    async with await stage.client() as client:
        response, stats = await client.chat().user("Hello").execute_with_stats()
    _content(response, "You said: Hello")
    return Shown([f"Tokens: {stats.total_tokens}", f"Latency: {stats.latency_ms:.1f}ms"])


async def _switching(stage: Stage) -> Shown:
    """The wire format's own provider: answered here, and what would be sent to it with a key."""
    provider = home(stage.dialect)
    if provider is None:
        return Shown(["(no provider of this wire format is known; a YAML file adds one)"])
    model = example(provider) or f"{provider.id}/MODEL"
    address = stage.simulator.address(provider.id)
    async with await AiClient.create(model, base_url=address, api=provider.api, **_key(provider)) as client:
        response = await _hello(client).execute()
    _expect(response.content, "You said: Hello, world!")
    others = [other.id for other in speakers(stage.dialect) if other.id != provider.id]
    also = [f"(this wire format is also that of {', '.join(others)})"] if others else []
    return Shown([response.content, f'(outside this demo "{model}" is {await _real(model, provider.api)})', *also])


def _key(provider: Manifest) -> dict[str, Any]:
    """What stands in for a key, or for the parts of a credential where a provider takes no key."""
    way = provider.auth[0] if provider.auth else None
    return {"credentials": dict.fromkeys(way.parts, KEY)} if way is not None and way.parts else {"api_key": KEY}


async def _real(model: str, api: str) -> str:
    """Where a call of that model goes outside the demo. A preview sends nothing and needs no key."""
    try:
        preview = _hello(await AiClient.create(model, api=api)).preview()
    except ConfigurationError as error:
        return error.message
    return f"{preview.method} {preview.url}"


def _hello(client: AiClient) -> ChatRequestBuilder:
    return client.chat().user("Hello, world!")


def _content(response: ChatResponse, expected: str) -> Shown:
    _expect(response.content, expected)
    return Shown([response.content])


def _expect(given: str, expected: str) -> None:
    if given != expected:
        raise UnexpectedAnswerError(f"expected {expected!r}, got {given!r}")


STEPS = (
    Step(
        "Basic use",
        """\
client = await AiClient.create("simulator/{dialect}")
response = await client.chat().user("Hello, world!").execute()
print(response.content)""",
        _basic,
    ),
    Step(
        "System messages",
        """\
await client.chat().system("You are a helpful coding assistant.").user("Explain closures").execute()""",
        _system,
    ),
    Step(
        "Conversations of several turns",
        """\
messages = [
    Message.system("You are a tutor."),
    Message.user("What is recursion?"),
    Message.assistant("Recursion is when a function calls itself..."),
    Message.user("Can you show an example?"),
]
await client.chat().messages(messages).execute()""",
        _turns,
    ),
    Step(
        "Parameters",
        """\
chat = client.chat().user("Write a poem")
response = await chat.temperature(0.9).max_tokens(200).top_p(0.95).stop(["THE END"]).execute()
print(response.content)
for adjustment in response.adjustments:     # what went out otherwise than it was given
    print(adjustment.parameter, adjustment.action, adjustment.reason)""",
        _parameters,
    ),
    Step(
        "Streaming",
        """\
async for event in client.chat().user("Tell me a story").stream():
    if event.is_content_delta:
        print(event.as_content_delta.text, end="", flush=True)""",
        _streaming,
    ),
    Step(
        "Statistics",
        """\
response, stats = await client.chat().user("Hello").execute_with_stats()
print(f"Tokens: {{stats.total_tokens}}")
print(f"Latency: {{stats.latency_ms}}ms")""",
        _statistics,
    ),
    Step(
        "Switching providers",
        """\
client = await AiClient.create("provider/model")     # nothing else changes
response = await client.chat().user("Hello, world!").execute()
print(response.content)""",
        _switching,
    ),
)
