"""Recorded conversations taken one turn further: the recorded answer goes back, with results for its calls.

What a provider demands is read from the bytes of its answer by a small reading of its own: every opaque text
(signatures, encrypted reasoning, redacted data), in order.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from ai_lib_python import AiClient, Message, ToolDefinition
from ai_lib_python.message import OpaquePart, Part, ReasoningPart
from ai_lib_python.response import ChatResponse

from . import asking
from .asked import Asked, Inexpressible
from .exchange import KEY
from .readers import read
from .recorded import Recorded, requests
from .replay import NOWHERE, WHOLE, CuttingTransport
from .speaking import speaker

OPAQUE_KEYS = {
    "signature", "thoughtSignature", "thought_signature", "encrypted_content", "redactedContent", "encrypted_stdout",
}  # fmt: skip
"""Names under which answers hold what only the provider can read."""


@dataclass(frozen=True, eq=False)
class Gone:
    """A recorded conversation, and the answer that was read from the recorded bytes."""

    request: Recorded
    asked: Asked
    response: ChatResponse

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def origin(self) -> str:
        return speaker(self.request.row).origin

    @property
    def history(self) -> list[Message]:
        """The conversation with the answer, a result for each of its calls, and something new where it has none."""
        return [*self.asked.messages, self.response.to_message(), *self.results()]

    def results(self) -> list[Message]:
        """Marked by number, so that each can be found again."""
        made = [Message.tool(call.id, f"result {at}") for at, call in enumerate(self.response.tool_calls)]
        return made or [Message.user("And then?")]

    @property
    def marked(self) -> list[Message]:
        """The history as it would be had all of it come by the API: opaque parts know where they are from."""
        return [_marked(message, self.origin) for message in self.history]

    @property
    def tools(self) -> list[ToolDefinition]:
        """Tools of the names that are called anywhere."""
        return [ToolDefinition(name, "A tool.") for name in dict.fromkeys(call.name for call in _calls(self.history))]


def _marked(message: Message, origin: str) -> Message:
    return msgspec.structs.replace(message, parts=tuple(_with_origin(part, origin) for part in message.parts))


def _with_origin(part: Part, origin: str) -> Part:
    is_own = isinstance(part, (OpaquePart, ReasoningPart)) or getattr(part, "signature", None) is not None
    return msgspec.structs.replace(part, origin=origin) if is_own else part


def _calls(history: list[Message]) -> list[Any]:
    return [part for message in history for part in message.parts if part.kind == "tool_call"]


def of_dialect(dialect: str) -> list[Gone]:
    """Recorded conversations with tools or reasoning, in the order of the file."""
    return list(_of_dialect(dialect))


@cache
def _of_dialect(dialect: str) -> tuple[Gone, ...]:
    kept = []
    for request in requests(dialect):
        asked = _asked(request)
        if asked is not None:
            kept.append(Gone(request, asked, answered(request)))
    return tuple(kept)


def _asked(request: Recorded) -> Asked | None:
    """The conversation, where its answer was a good one, and tools or reasoning are in it somewhere."""
    row = request.row
    if row.status >= 300 or request.body is None or not MORE_THAN_TEXT & set(row.features) or read(row).error:
        return None
    try:
        return asking.ask(request)
    except Inexpressible:
        return None


MORE_THAN_TEXT = {"tools", "tool_call", "tool_result", "parallel_tools", "reasoning"}
"""Features of recordings that say so."""


def answered(request: Recorded) -> ChatResponse:
    """The recorded answer, read by the public client."""
    return asyncio.run(_answered(request))


async def _answered(request: Recorded) -> ChatResponse:
    row = request.row
    manifest = speaker(row)
    transport: Any = CuttingTransport(row, 0, WHOLE)
    options: dict[str, Any] = {"api_key": KEY, "base_url": NOWHERE, "transport": transport, "on_unsupported": "ignore"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        async with await AiClient.create(f"{manifest.id}/{row.model}", api=manifest.api, **options) as client:
            asked = client.chat().user("Hi")
            if not row.stream:
                return await asked.execute()
            stream = asked.stream()
            async for _ in stream:
                pass
            return stream.response


# What the bytes demand


def opaque_texts(request: Recorded) -> list[str]:
    """Every opaque text of the answer, in order, each once."""
    found = [text for frame in _frames(request) for text in _opaque(frame)]
    return list(dict.fromkeys(found))


def _frames(request: Recorded) -> Iterator[Any]:
    """The JSON values of an answer, but the first and last of a stream that tells each item twice."""
    row = request.row
    if not row.stream or row.document.lstrip().startswith("["):
        yield json.loads(row.document)
        return
    for line in row.document.splitlines() if row.blob is None else ():
        data = line.removeprefix("data:").strip()
        if data.startswith("{"):
            frame = json.loads(data)
            if frame.get("type") not in _TOLD_TWICE:
                yield frame


_TOLD_TWICE = {"response.output_item.added", "response.completed", "response.incomplete"}


def _opaque(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _opaque(item)
    if isinstance(value, dict):
        for key, item in value.items():
            is_data = key == "data" and value.get("type") in ("redacted_thinking", "reasoning.encrypted")
            if (key in OPAQUE_KEYS or is_data) and isinstance(item, str) and item:
                yield item
            else:
                yield from _opaque(item)
