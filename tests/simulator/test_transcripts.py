"""The wire of each dialect, byte for byte."""

from __future__ import annotations

import pytest

from ai_lib_python.simulator import Answer, Simulator

from .transcripts import SHARED_PATHS, TRANSCRIPTS, Transcript
from .wire import Seen, post


def _each(transcripts: list[Transcript]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("transcript", transcripts, ids=lambda one: f"{one.dialect}: {one.name}")


def _assert_answer(seen: Seen, transcript: Transcript) -> None:
    assert seen.status == 200
    assert seen.headers["content-type"] == transcript.content_type
    assert (seen.text if isinstance(transcript.answer, str) else seen.json) == transcript.answer


@_each(TRANSCRIPTS)
def test_a_dialect_answers_below_its_id(simulator: Simulator, transcript: Transcript) -> None:
    seen = post(simulator.address(transcript.dialect) + transcript.path, transcript.request)
    _assert_answer(seen, transcript)
    assert simulator.requests[0].manifest_id == transcript.dialect
    assert simulator.requests[0].body == transcript.request


@_each([one for one in TRANSCRIPTS if one.dialect not in SHARED_PATHS])
def test_one_port_serves_all_dialects_at_their_usual_paths(simulator: Simulator, transcript: Transcript) -> None:
    _assert_answer(post(simulator.url + transcript.path, transcript.request), transcript)


def test_reasoning_comes_first_and_is_signed(simulator: Simulator) -> None:
    simulator.script(Answer("Yes.", reasoning="Let me see"), Answer("Yes.", reasoning="Let me see"))
    request = {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "Is it?"}]}
    url = simulator.url + "/v1/messages"
    assert post(url, request).json["content"] == [
        {"type": "thinking", "thinking": "Let me see", "signature": "c2ltdWxhdGVk"},
        {"type": "text", "text": "Yes."},
    ]
    events = [line for line in post(url, {**request, "stream": True}).text.splitlines() if "content_block" in line]
    assert [line.removeprefix("data: ") for line in events if line.startswith("data")] == [
        '{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let"}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" me"}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" see"}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ltdWxhdGVk"}}',
        '{"type":"content_block_stop","index":0}',
        '{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}',
        '{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Yes."}}',
        '{"type":"content_block_stop","index":1}',
    ]
