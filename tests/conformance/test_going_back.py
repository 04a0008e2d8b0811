"""A recorded answer goes back with all that its provider demands, and the conversation goes on anywhere else."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import Message, RefusalPart, TextPart, ToolCall, ToolResult
from ai_lib_python.preview import RequestPreview
from ai_lib_python.request import ChatRequest
from ai_lib_python.simulator.requests import Wire, read_request

from . import recordings
from .exchange import KEY
from .going_back import Gone, of_dialect, opaque_texts
from .recordings import DIALECTS
from .replay import NOWHERE
from .speaking import speaker

each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture(autouse=True)
def recorded() -> Iterator[None]:
    """Skips where there are no recordings; models that have ended since are no matter here."""
    if reason := recordings.missing():
        pytest.skip(reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def client(model: str, api: str | None = None) -> AiClient:
    options: dict[str, Any] = {"api_key": KEY, "base_url": NOWHERE, "on_unsupported": "ignore"}
    if model.startswith("tiangong/"):
        options |= {"api_key": None, "credentials": {"app_key": KEY, "app_secret": KEY}}
    return asyncio.run(AiClient.create(model, api=api, **options))


@cache
def gone_back(dialect: str) -> tuple[tuple[Gone, RequestPreview], ...]:
    """Each conversation, with the request that takes its answer back to where it is from."""
    return tuple((gone, _back(gone)) for gone in of_dialect(dialect))


def _back(gone: Gone) -> RequestPreview:
    manifest = speaker(gone.request.row)
    own = client(f"{manifest.id}/{gone.request.model}", manifest.api)
    return gone.asked.builder(own).messages([gone.response.to_message(), *gone.results()]).preview()


def with_data(body: Any) -> Any:
    """The body with a little data where the recorder has left out much."""
    return json.loads(re.sub(r"<elided base64[^>]*>", "AAAA", json.dumps(body)))


# Back to where it is from


@each_dialect
def test_what_only_the_provider_can_read_goes_back_unchanged_and_in_order(dialect: str) -> None:
    missing = {gone.id: text[:40] for gone, sent in gone_back(dialect) for text in not_in_order(gone, sent)}
    total = sum(len(opaque_texts(gone.request)) for gone, _ in gone_back(dialect))
    print(f"{total} opaque texts of {len(gone_back(dialect))} answers of {dialect}")
    assert missing == {}


def not_in_order(gone: Gone, sent: RequestPreview) -> list[str]:
    """The opaque texts of an answer that do not stand behind the ones before them in the request."""
    body, at, lost = json.dumps(sent.body), 0, []
    for text in opaque_texts(gone.request):
        found = body.find(json.dumps(text)[1:-1], at)
        if found < 0:
            lost.append(text)
        at = max(at, found)
    return lost


@each_dialect
def test_calls_and_their_results_go_back_with_their_ids_and_in_order(dialect: str) -> None:
    wrong = {}
    for gone, sent in gone_back(dialect):
        wire = Wire(speaker(gone.request.row), {"model": gone.request.model}, strict=False)
        read, _ = read_request(wire, with_data(sent.body))
        calls, results = calls_of(read)[-len(gone.response.tool_calls) :], results_of(read)
        if not gone.response.tool_calls:
            continue
        wanted = [(call.name, call.arguments) for call in gone.response.tool_calls]
        if [(call.name, call.arguments) for call in calls] != wanted:
            wrong[gone.id] = f"calls {calls!r:.200}"
        elif [result.id for result in results[-len(calls) :]] != [call.id or call.name for call in calls]:
            wrong[gone.id] = f"results {results!r:.200} of {calls!r:.200}"
    assert wrong == {}


@each_dialect
def test_a_strict_simulator_takes_what_goes_back(dialect: str) -> None:
    refused = {}
    for gone, sent in gone_back(dialect):
        wire = Wire(speaker(gone.request.row), {"model": gone.request.model})
        try:
            read_request(wire, with_data(sent.body))
        except ValueError as error:
            refused[gone.id] = str(error)
    assert refused == {}


# To anywhere else

TARGETS = {
    "openai-chat": ("openai/gpt-4o", None),
    "openai-responses": ("openai/gpt-4o", "responses"),
    "anthropic-messages": ("anthropic/claude-haiku-4-5", None),
    "gemini-generate": ("gemini/gemini-3.8-flash", None),
    "gemini-interactions": ("gemini/gemini-2.5-flash", "interactions"),
    "bedrock-converse": ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", None),
    "bedrock-invoke": ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "invoke"),
    "cohere-v2": ("cohere/command-a-03-2025", None),
    "cohere-v1": ("cohere/command-a-03-2025", "v1"),
    "mistral-chat": ("mistral/mistral-large-latest", None),
    "ollama-chat": ("ollama/qwen3", None),
    "ollama-generate": ("ollama/qwen3", "generate"),
    "replicate-predictions": ("replicate/meta/llama-4", None),
    "tiangong-chat": ("tiangong/sky", None),
}
"""A model and an API of each dialect."""

WITHOUT_TOOLS = {"cohere-v1", "ollama-generate", "replicate-predictions", "tiangong-chat"}


def movers(dialect: str) -> list[Gone]:
    """Conversations of texts, calls, results, and what only their provider understands."""
    return [gone for gone in of_dialect(dialect) if not any(map(_has_media, gone.history)) and _is_answered(gone)]


def _is_answered(gone: Gone) -> bool:
    """Whether somebody speaks first and each call has one result; the provider's own tools may be without."""
    said = [part for message in gone.history for part in message.parts]
    calls = sorted(part.id for part in said if isinstance(part, ToolCall))
    spoken = [message for message in gone.asked.messages if message.role.value != "system"]
    if not spoken or spoken[0].role.value != "user":
        return False  # not every wire lets the model speak first
    return calls == sorted(part.id for part in said if isinstance(part, ToolResult)) and len(set(calls)) == len(calls)


def _has_media(message: Message) -> bool:
    """Whether there is a picture, a sound, a file, an empty text, or what people or tools say in a provider's form."""
    if message.role.value != "assistant" and any(part.kind == "opaque" for part in message.parts):
        return True
    inner = [part for each in message.parts if isinstance(each, ToolResult) for part in each.parts]
    if any(part.kind == "text" and not part.text for part in message.parts):
        return True
    has_files = any(part.kind.partition("_")[0] in ("image", "audio", "file") for part in (*message.parts, *inner))
    return has_files or any(part.kind == "opaque" for part in inner)


@pytest.mark.parametrize("target", TARGETS)
def test_a_conversation_moves(target: str) -> None:
    model, api = TARGETS[target]
    there, wire = client(model, api), Wire(_speaks(model, api), {"model": model.partition("/")[2]})
    tried = [gone for dialect in DIALECTS for gone in movers(dialect) if speaker(gone.request.row).dialect != target]
    said = {gone.id: moves(gone, there, wire) for gone in tried}
    refused = [id for id, what in said.items() if what == REFUSED and target in WITHOUT_TOOLS]
    print(f"{len(tried)} conversations to {target}, {len(refused)} of them refused before anything is sent")
    assert {id: what for id, what in said.items() if what and id not in refused} == {}


REFUSED = "refused"


def _speaks(model: str, api: str | None) -> Manifest:
    own = load(model.partition("/")[0])
    return own.for_api(api) if api else own


def moves(gone: Gone, there: AiClient, wire: Wire) -> str | None:
    """What is wrong with the conversation where it has moved to; None where all has arrived."""
    chat = there.chat().messages(gone.marked)
    try:
        sent = (chat.tools(gone.tools) if gone.tools else chat).preview()
        read, _ = read_request(wire, with_data(sent.body))
    except UnsupportedError:
        return REFUSED
    except ValueError as error:
        return str(error)
    told = Counter(note.parameter for note in sent.adjustments)
    return lost(gone, read) or untold(gone, told, wire)


def lost(gone: Gone, read: ChatRequest) -> str | None:
    """Texts, calls and results that have not arrived, and ids that do not fit together."""
    history = ChatRequest("m", tuple(gone.marked))
    for what, found in (("texts", texts_of), ("calls", calls_said), ("results", results_said)):
        if found(read) != found(history):
            return f"{what}: {found(read)!r:.300}, not {found(history)!r:.300}"
    calls = {call.id for call in calls_of(read)} | {call.name for call in calls_of(read)}
    return None if all(result.id in calls for result in results_of(read)) else "a result has another id than its call"


def untold(gone: Gone, told: Counter[str], wire: Wire) -> str | None:
    """What only its provider understands is left out, and that is told."""
    kinds = {part.kind for message in gone.marked for part in message.parts if getattr(part, "origin", None)}
    foreign = {"opaque": "opaque", "reasoning": "reasoning"}
    missing = [kind for kind in kinds & foreign.keys() if not told[foreign[kind]]]
    keeps = wire.manifest.data["request"]["turns"].get("reasoning") == "keep"
    return f"not told: {missing}" if [kind for kind in missing if not (keeps and kind == "reasoning")] else None


def calls_of(request: ChatRequest) -> list[ToolCall]:
    return [part for message in request.messages for part in message.parts if isinstance(part, ToolCall)]


def results_of(request: ChatRequest) -> list[ToolResult]:
    return [part for message in request.messages for part in message.parts if isinstance(part, ToolResult)]


def calls_said(request: ChatRequest) -> list[tuple[str, Any]]:
    return [(call.name, call.arguments) for call in calls_of(request)]


def results_said(request: ChatRequest) -> list[Any]:
    """The results, as JSON where they are any: some wires take only that."""
    return [_value(result.text) for result in results_of(request)]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def texts_of(request: ChatRequest) -> str:
    """All that is said, but for blanks: system prompts first, as some wires have them."""
    spoken = sorted(request.messages, key=lambda message: message.role.value != "system")
    kinds = (TextPart, RefusalPart)  # the words of a refusal are said as others where a wire knows none
    texts = [part.text for message in spoken for part in message.parts if isinstance(part, kinds)]
    return re.sub(r"\s+", "", "".join(texts))
