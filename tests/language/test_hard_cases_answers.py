# ruff: noqa: E501  # tables of cases are read by the line
"""What is read from answers: contents, ends and counts. Each test lays a few keys over ``conftest.BASE``."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python.errors import MalformedResponse, Overloaded

from .conftest import Execute, Stream


async def test_text_reasoning_refusals_citations_and_log_probabilities(execute: Execute) -> None:
    text = """
response:
  steps:
    reasoning: .reasoning_content or .reasoning
    content:
      $by: .content | type
      $case: {string: {text: .content}, list: {$each: .content, $do: {text: .text, refusal: .refusal}}, "null": {}}
    citations: {$each: .sources, $do: {citation: .}}
    logprobs: .logprobs.content
"""
    whole = {
        "reasoning": "hm",
        "content": [{"text": "A"}, {"refusal": "No."}],
        "sources": [{"url": "u"}],
        "logprobs": {"content": [{"token": "A", "logprob": -0.5}]},
    }
    response = await execute(text, whole)
    assert (response.reasoning, response.content, response.refusal) == ("hm", "A", "No.")
    assert (response.citations, response.logprobs) == (
        ({"url": "u"},),
        ({"token": "A", "logprob": -0.5},),
    )
    assert (await execute(text, {"content": "B"})).content == "B"


async def test_an_answer_may_be_plain_text(execute: Execute) -> None:
    text = "response: {data: text, steps: {text: ., finish: done}}\nfinish: {map: {done: stop}}"
    response = await execute(text, "Größe: 5 {".encode())
    assert (response.content, response.finish_reason) == ("Größe: 5 {", "stop")
    with pytest.raises(Overloaded, match="come again"):
        await execute(text + "\nerrors: {message: .m, status: {503: overloaded}}", {"m": "come again"}, status=503)
    with pytest.raises(MalformedResponse):
        await execute("response: {data: text, steps: {text: . | filled}}", b"")


FINISH = """
response: {steps: {text: .text, calls: {$each: .calls, $do: {tool_call: {name: .n}}}, finish: .why}}
finish: {tool_calls_win: true, map: {done: stop, full: length, 2: length}}
"""


@pytest.mark.parametrize(
    ("answer", "reason", "raw"),
    [
        ({"text": "A", "why": "done"}, "stop", "done"),
        ({"text": "A", "why": "full"}, "length", "full"),
        ({"text": "A", "why": 2}, "length", "2"),
        ({"text": "A", "why": "eclipse"}, "other", "eclipse"),
        ({"calls": [{"n": "add"}], "why": "done"}, "tool_calls", "done"),
        ({"calls": [{"n": "add"}], "why": "full"}, "length", "full"),
        ({"text": "A", "why": ""}, None, None),
        ({"text": "A"}, None, None),
    ],
)
async def test_finish_reasons(answer: dict[str, Any], reason: str | None, raw: str | None, execute: Execute) -> None:
    response = await execute(FINISH, answer)
    assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)


@pytest.mark.parametrize(
    ("usage", "counts", "read"),
    [
        ("{prompt: .p, cache_read: .c, output: .o, reasoning: .r}", {"p": 10, "c": 4, "o": 7, "r": 5}, (6, 4, None, 7, 5)),
        ("{input: .p, cache_read: .c, cache_write: .w, answer: .o, reasoning: .r}", {"p": 6, "c": 4, "w": 1, "o": 2, "r": 5}, (6, 4, 1, 7, 5)),
        ("{prompt: .p, output: .o}", {"p": 10.0, "o": "7"}, (10, None, None, 7, None)),
        ("{prompt: .p, cache_read: .c, output: .o}", {"p": 0}, (0, None, None, None, None)),
        ("{prompt: .p, output: .o}", {}, (None, None, None, None, None)),
    ],
    ids=["inside", "outside", "floats and texts", "zero is not missing", "missing"],
)  # fmt: skip
async def test_usage_comes_in_many_shapes_and_what_is_missing_is_none(
    usage: str, counts: dict[str, Any], read: tuple[int | None, ...], execute: Execute
) -> None:
    response = await execute(f"usage: {usage}", {"text": "A", "usage": counts})
    found = response.usage
    assert (found.input, found.cache_read, found.cache_write, found.output, found.reasoning) == read


@pytest.mark.parametrize(("adds", "output"), [("false", 3), ("true", 6)])
async def test_counts_of_a_stream_are_sums_or_what_is_new(adds: str, output: int, stream: Stream) -> None:
    frames: list[dict[str, Any]] = [
        {"text": "A", "usage": {"o": 1}},
        {"text": "B", "usage": {"o": 2}},
        {"usage": {"o": 3}, "why": "done"},
    ]
    _, response = await stream(f"usage: {{output: .o, adds: {adds}}}", *frames)
    assert response.usage.output == output


async def test_usage_stands_in_the_headers_of_an_answer(execute: Execute) -> None:
    text = """
response: {steps: {text: .text, usage: $headers}}
usage: {prompt: .x-tokens-in, output: .x-tokens-out}
"""
    headers = {"x-tokens-in": "12", "x-tokens-out": "3"}
    response = await execute(text, {"text": "Hi"}, headers=headers)
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (12, 3)


TAGGED = "reasoning_tags: {open: <think>, close: </think>}"


@pytest.mark.parametrize(
    ("answer", "reasoning", "text"),
    [
        ("<think>Hm. 1 < 2</think>Hello", "Hm. 1 < 2", "Hello"),
        ("  <think>Hm</think>", "Hm", ""),
        ("<think>never closed", "never closed", ""),
        ("<think></think>Hi", None, "Hi"),
        ("The tag <think> opens </think>.", None, "The tag <think> opens </think>."),
        ("<thin ice", None, "<thin ice"),
        ("<thi", None, "<thi"),
        ("<think>a</thinkb</think>c", "a</thinkb", "c"),
    ],
)
async def test_reasoning_stands_between_tags_in_the_text(
    answer: str, reasoning: str | None, text: str, execute: Execute, stream: Stream
) -> None:
    response = await execute(TAGGED, {"text": answer, "why": "done"})
    assert (response.reasoning, response.content) == (reasoning, text)
    frames = [{"text": character} for character in answer]
    events, streamed = await stream(TAGGED, *frames, {"why": "done"})
    assert (streamed.reasoning, streamed.content) == (reasoning, text)
    assert "".join(event.as_content_delta.text for event in events if event.is_content_delta) == text


async def test_answers_beside_the_first_are_told_by_their_number(execute: Execute) -> None:
    text = "response: {steps: {said: {$each: .said, $candidate: .n, $do: {text: .t, finish: .why}}}}"
    said = [{"n": 1, "t": "b", "why": "x"}, {"t": "a"}, {"n": 0, "t": "A"}]
    response = await execute(text, {"said": said})
    assert response.content == "aA"
    assert [(other.content, other.raw_finish_reason) for other in response.alternatives] == [("b", "x")]
