"""What a stream that is only iterated keeps: the text of its answer, and of nothing else more than a few."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from ai_lib_python._engine.credentials import Credential
from ai_lib_python._engine.prepare import prepare
from ai_lib_python._engine.read_stream import StreamReader
from ai_lib_python._engine.target import Target
from ai_lib_python._manifest.load import load
from ai_lib_python.message import Message
from ai_lib_python.request import ChatRequest

from .scripted import KEY, SSE, sse

MANY = 20_000

A_STRING = 72
"""Bytes that Python needs for a short text and for its place in a list, beside its letters."""


def grown_by(piece: bytes, provider: str = "openai") -> float:
    """Bytes that one more of these pieces leaves behind, on average of many."""
    manifest = load(provider)
    request = ChatRequest("m", (Message.user("hi"),))
    credential = Credential(manifest.auth[0], KEY)
    asked = prepare(Target(manifest, key=KEY), request, stream=True, credential=credential)
    reader = StreamReader(asked, 200, dict(SSE))
    for _ in range(300):
        reader.feed(piece)
    tracemalloc.start()
    for _ in range(MANY):
        reader.feed(piece)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.failure is None
    return grown / MANY


def delta(**fields: Any) -> bytes:
    return sse({"id": "c", "model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


@pytest.mark.parametrize("length", [8, 400])
def test_of_a_piece_of_text_nothing_but_the_text_is_kept(length: int) -> None:
    assert grown_by(delta(content="x" * length)) < length + A_STRING


@pytest.mark.parametrize(
    "piece",
    [b": ping\n\n", b"event: ping\ndata: {}\n\n", delta(), delta(content="")],
    ids=["comment", "named ping", "empty delta", "empty text"],
)
def test_of_what_says_nothing_nothing_is_kept(piece: bytes) -> None:
    assert grown_by(piece) < 1


def test_of_unknown_frames_no_more_are_kept_than_a_few() -> None:
    assert grown_by(sse({"type": "brand_new", "data": [1] * 20}, names=True), "anthropic") < 1
