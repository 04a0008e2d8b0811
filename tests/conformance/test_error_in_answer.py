"""An error inside an answer whose status is fine is the error that its status would have been.

The recordings hold one such answer, so these are written by hand, after the providers' documents.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .exchange import ask
from .replay import NOWHERE, WHOLE, CuttingTransport
from .test_reading import a_row, chat_chunk, generate_chunk

CHAT = {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}
MESSAGES = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
GENERATE = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}

BEFORE = {
    "openai-chat": chat_chunk({"content": "a"}),
    "anthropic-messages": {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": "a"},
    },
    "gemini-generate": generate_chunk({"text": "a"}),
}

each_wire = pytest.mark.parametrize(
    ("dialect", "error", "kind", "message"),
    [
        ("openai-chat", CHAT, "RateLimited", "slow down"),
        ("anthropic-messages", MESSAGES, "Overloaded", "Overloaded"),
        ("gemini-generate", GENERATE, "Overloaded", "The model is overloaded."),
    ],
)


@each_wire
def test_an_error_in_a_plain_answer_has_its_class(dialect: str, error: dict[str, Any], kind: str, message: str) -> None:
    row = a_row(dialect, error, stream=False)
    outcome = asyncio.run(ask(row, NOWHERE, transport=CuttingTransport(row, 0, WHOLE)))
    assert type(outcome.error).__name__ == kind
    assert message in str(outcome.error)
    assert '{"' not in str(outcome.error)


@each_wire
def test_an_error_in_mid_stream_has_its_class_and_comes_after_the_events_before_it(
    dialect: str, error: dict[str, Any], kind: str, message: str
) -> None:
    row = a_row(dialect, BEFORE[dialect], error)
    outcome = asyncio.run(ask(row, NOWHERE, transport=CuttingTransport(row, 0, WHOLE)))
    assert type(outcome.error).__name__ == kind
    assert '{"' not in str(outcome.error)
    assert [event.text for event in outcome.events if event.is_content_delta] == ["a"]
    assert outcome.error.partial.content == "a"  # type: ignore[union-attr]  # the class is checked above
