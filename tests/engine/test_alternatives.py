"""Several answers to one request: the first is the response, the others stand beside it, in streams too."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python import sync as blocking
from ai_lib_python.errors import IncompleteStream
from ai_lib_python.events import AlternativeEvent, ContentDelta
from ai_lib_python.response import ChatResponse

from .scripted import Answer, client, sse


def choice(index: Any, text: str, **more: Any) -> dict[str, Any]:
    return {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}


def piece(index: Any, text: str | None = None, finish: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"id": "a-1", "model": "m-1", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


async def test_the_first_is_the_response_and_the_others_stand_in_the_order_of_their_numbers() -> None:
    body = {"id": "a-1", "model": "m-1", "choices": [choice(2, "c"), choice(0, "a"), choice("1", "b")]}
    body["usage"] = {"prompt_tokens": 3, "completion_tokens": 9}
    asked, script = await client("openai-chat", Answer(body))
    response = await asked.chat().user("hi").n(3).execute()
    assert script.body["n"] == 3
    assert (response.content, response.usage.output) == ("a", 9)
    assert [other.content for other in response.alternatives] == ["b", "c"]
    assert {(other.id, other.model, other.provider) for other in response.alternatives} == {("a-1", "m-1", "openai")}
    assert response.to_message().text == "a"


async def test_each_has_its_own_parts_and_end() -> None:
    call = {"id": "c-1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
    other = {"index": 1, "message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}
    asked, _ = await client("openai-chat", Answer({"choices": [choice(0, "a", logprobs={"content": [1]}), other]}))
    response = await asked.chat().user("hi").n(2).execute()
    (second,) = response.alternatives
    assert (response.tool_calls, response.finish_reason, response.logprobs) == ((), "stop", (1,))
    assert (second.tool_calls[0].arguments, second.finish_reason, second.logprobs) == ({"x": 1}, "tool_calls", ())


async def test_one_answer_has_no_others() -> None:
    asked, _ = await client("openai-chat", Answer({"choices": [choice(0, "a")]}))
    assert (await asked.chat().user("hi").execute()).alternatives == ()


STREAM = sse(
    piece(1, "B"),
    piece(0, "a"),
    piece(1, "b"),
    piece(0, "A"),
    piece(0, None, "stop"),
    piece(1, None, "length"),
    "[DONE]",
)


async def test_texts_of_a_stream_never_mix() -> None:
    asked, _ = await client("openai-chat", Answer(STREAM))
    stream = asked.chat().user("hi").n(2).stream()
    events = [event async for event in stream]
    assert [event.text for event in events if isinstance(event, ContentDelta)] == ["a", "A"]
    others = [event for event in events if isinstance(event, AlternativeEvent)]
    assert [(other.number, other.event) for other in others] == [(1, ContentDelta("B")), (1, ContentDelta("b"))]
    (second,) = stream.response.alternatives
    assert (stream.response.content, stream.response.finish_reason) == ("aA", "stop")
    assert (second.content, second.finish_reason) == ("Bb", "length")


async def test_the_text_of_a_stream_is_the_first_answers() -> None:
    asked, _ = await client("openai-chat", Answer(STREAM))
    assert [text async for text in asked.chat().user("hi").n(2).stream_text()] == ["a", "A"]


async def test_a_stream_is_whole_only_when_every_answer_has_ended() -> None:
    cut = sse(piece(0, "a"), piece(1, "b"), piece(0, None, "stop"))
    asked, _ = await client("openai-chat", Answer(cut))
    with pytest.raises(IncompleteStream) as caught:
        async for _event in asked.chat().user("hi").n(2).stream():
            pass
    partial: ChatResponse = caught.value.partial
    assert [partial.content, *(other.content for other in partial.alternatives)] == ["a", "b"]


@pytest.mark.parametrize("index", [{"a": 1}, [1], "x", -1, 1.5, True])
async def test_a_number_that_is_none_breaks_nothing(index: Any) -> None:
    asked, _ = await client("openai-chat", Answer({"choices": [choice(0, "a"), choice(index, "b")]}))
    response = await asked.chat().user("hi").execute()
    assert [response.content, *(other.content for other in response.alternatives)] == ["a", "b"]


async def test_candidates_of_another_wire() -> None:
    candidates = [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"} for text in "ab"]
    candidates[1]["index"] = 1
    asked, script = await client("gemini-generate", Answer({"candidates": candidates}))
    response = await asked.chat().user("hi").n(2).execute()
    assert script.body["generationConfig"]["candidateCount"] == 2
    assert [response.content, *(other.content for other in response.alternatives)] == ["a", "b"]


@pytest.mark.parametrize("dialect", ["openai-chat", "gemini-generate"])
async def test_the_simulator_gives_as_many_as_are_asked_for(dialect: str) -> None:
    async with await AiClient.create(f"simulator/{dialect}") as asked:
        response = await asked.chat().user("hi").n(3).execute()
        assert [other.content for other in response.alternatives] == [response.content] * 2


def test_the_blocking_client_has_them_too() -> None:
    with blocking.AiClient.create("simulator/openai-chat") as asked:
        assert len(asked.chat().user("hi").n(2).execute().alternatives) == 1


async def test_a_wire_with_one_answer_says_so() -> None:
    asked, script = await client(
        "anthropic-messages", Answer({"type": "message", "content": [], "stop_reason": "end_turn"})
    )
    response = await asked.chat().user("hi").n(2).execute()
    assert "n" not in script.body
    assert ("n", "dropped") in {(note.parameter, note.action) for note in response.adjustments}
