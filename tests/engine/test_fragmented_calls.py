"""However an answer with reasoning, text and calls is cut into pieces and bytes, it is the answer that comes whole."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_lib_python import AiClient, ChatResponse
from ai_lib_python._compile.filters import to_json
from ai_lib_python._compile.served import ServedAnswer, ServedCall, ServedUsage
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.load import load
from ai_lib_python.simulator.writing import CONTENT_TYPES, as_json, ending, framed, numbered

DIALECTS = (
    "anthropic-messages",
    "bedrock-converse",
    "bedrock-invoke",
    "cohere-v2",
    "gemini-generate",
    "gemini-interactions",
    "mistral-chat",
    "ollama-chat",
    "openai-chat",
    "openai-responses",
)
"""Wires that stream and have tools."""

INTERLEAVES = {"openai-chat", "mistral-chat"}
"""Wires on which pieces of several calls may come in turn, because each says to which it belongs."""


class Wire:
    """Answers with the bytes that it was given, in pieces."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.pieces: Sequence[bytes] = ()

    async def send(self, request: object) -> Wire:
        return self

    async def read(self) -> bytes:
        return b"".join(self.pieces)

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    async def finish(self) -> None: ...

    async def close(self) -> None: ...

    async def aclose(self) -> None: ...


@cache
def connected(dialect: str) -> tuple[AiClient, Wire]:
    wire = Wire()
    options: dict[str, Any] = {"base_url": "http://127.0.0.1:9", "api_key": "k", "transport": wire}
    return asyncio.run(AiClient.create(f"simulator/{dialect}", **options)), wire


def whole(dialect: str, answer: ServedAnswer) -> ChatResponse:
    """The answer as it comes in one body."""
    client, wire = connected(dialect)
    wire.headers = {"content-type": "application/json"}
    wire.pieces = [as_json(program_of(load(dialect)).serve.write_response(answer))]
    return asyncio.run(client.chat().user("Hi").execute())


def streamed(dialect: str, body: bytes, cuts: Sequence[int]) -> ChatResponse:
    """The answer as it comes in bytes that are cut there."""
    client, wire = connected(dialect)
    framing = load(dialect).data["stream"]["framing"]
    wire.headers = {"content-type": CONTENT_TYPES[framing]}
    places = [0, *sorted({cut % (len(body) + 1) for cut in cuts}), len(body)]
    wire.pieces = [body[start:end] for start, end in itertools.pairwise(places)]
    return asyncio.run(_read(client))


async def _read(client: AiClient) -> ChatResponse:
    stream = client.chat().user("Hi").stream()
    async for _ in stream:
        pass
    return stream.response


def frames(dialect: str, answer: ServedAnswer, cut: Any, *, interleaved: bool) -> Iterator[dict[str, Any]]:
    """The frames of the server half, with texts and arguments cut as ``cut`` says."""
    write = program_of(load(dialect)).serve.write_frames

    def told(event: str, *arguments: Any) -> list[dict[str, Any]]:
        return (write[event](answer, *arguments) or []) if event in write else []

    def block(kind: str, index: int, text: str, call: ServedCall | None = None) -> list[list[dict[str, Any]]]:
        start, end = told(f"{kind}_start", index, None, call), told(f"{kind}_end", index, None, call)
        return [start, *(told(kind, index, piece, call) for piece in cut(text)), end]

    yield from told("start")
    spoken = [(kind, text) for kind, text in (("reasoning", answer.reasoning), ("text", answer.text)) if text]
    for index, (kind, text) in enumerate(spoken):
        yield from (frame for group in block(kind, index, text) for frame in group)
    calls = [block("tool_call", len(spoken) + at, c.arguments_json, c) for at, c in enumerate(answer.tool_calls)]
    yield from (frame for group in (in_turn(calls) if interleaved else one_by_one(calls)) for frame in group)
    yield from told("finish")
    yield from told("end")


def one_by_one(blocks: list[list[Any]]) -> Iterator[Any]:
    return (group for block in blocks for group in block)


def in_turn(blocks: list[list[Any]]) -> Iterator[Any]:
    """A group of each block in turn, until all are told."""
    waiting = [iter(block) for block in blocks]
    while waiting:
        for each in list(waiting):
            group = next(each, None)
            if group is None:
                waiting.remove(each)
            else:
                yield group


def body_of(dialect: str, made: Iterator[dict[str, Any]]) -> bytes:
    manifest = load(dialect)
    framing, field = manifest.data["stream"]["framing"], manifest.data["serve"].get("numbered")
    written = [framed(framing, numbered(frame, field, at), at) for at, frame in enumerate(made)]
    return b"".join(written) + ending(framing, len(written))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(st.text('abc_é"\\', min_size=1, max_size=5), json_values, max_size=3)
words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(str.strip)
named = st.sampled_from(["get_weather", "add", "search"])


@st.composite
def answers(draw: st.DrawFn) -> ServedAnswer:
    """An answer with several calls; each has its own id."""
    given_calls = draw(st.lists(st.tuples(named, arguments), min_size=1, max_size=4))
    calls = tuple(
        ServedCall(f"call{at:05d}", name, given, to_json(given), at) for at, (name, given) in enumerate(given_calls)
    )
    return ServedAnswer(
        id="sim-1",
        model="m",
        created=1_767_225_600,
        text=draw(st.none() | words.map(str.strip)),
        reasoning=draw(st.none() | words.map(str.strip)),
        signature="c2ltdWxhdGVk",
        tool_calls=calls,
        finish="stop",
        usage=ServedUsage(prompt=3, output=5),
    )


@st.composite
def cutters(draw: st.DrawFn) -> Any:
    """Cuts a text into pieces at places of its own; now and then a piece is empty."""
    places = draw(st.lists(st.integers(0, 60), max_size=8))

    def cut(text: str) -> list[str]:
        ends = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
        return [text[start:end] for start, end in itertools.pairwise(ends)]

    return cut


def said(response: ChatResponse) -> dict[str, Any]:
    """All that an answer says; a call without arguments says ``{}``."""
    return {
        "text": response.content,
        "reasoning": response.reasoning or "",
        "calls": [(call.name, call.arguments, call.arguments_error) for call in response.tool_calls],
        "finish": response.finish_reason,
    }


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_pieces_add_up_to_the_whole(dialect: str, data: st.DataObject) -> None:
    answer, cut = data.draw(answers()), data.draw(cutters())
    interleaved = dialect in INTERLEAVES and data.draw(st.booleans())
    body = body_of(dialect, frames(dialect, answer, cut, interleaved=interleaved))
    found = streamed(dialect, body, data.draw(st.lists(st.integers(0, 5_000), max_size=20)))
    expected = whole(dialect, answer)
    assert said(found) == said(expected)
    assert [(call.name, call.arguments) for call in found.tool_calls] == [
        (c.name, c.arguments) for c in answer.tool_calls
    ]
    assert [call.id for call in found.tool_calls] == [call.id for call in expected.tool_calls]
    assert found.unknown_events == 0
