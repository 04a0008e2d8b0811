"""A warning points at the line of the program that made the call."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python._engine import warn
from ai_lib_python.sync import AiClient as SyncAiClient
from ai_lib_python.warnings import AdjustmentWarning, SunsetWarning

from .scripted import KEY, Answer, Script
from .transcripts import PLAIN, STREAMS

MANIFEST: dict[str, Any] = {
    "id": "mine",
    "extends": "openai-chat",
    "endpoint": {"base_url": "https://mine.example/v1"},
    "parameters": {"seed": {"refused": "no seeds here"}},
    "models": [{"match": "old", "sunset": "2026-01-31", "replacement": "new"}],
}


@pytest.fixture(autouse=True)
def nothing_told_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warn, "_TOLD", set())


def line_of(word: str, function: Callable[..., Any]) -> int:
    """The line of a test that ends with a comment of that word."""
    lines, first = inspect.getsourcelines(function)
    return next(first + index for index, line in enumerate(lines) if line.rstrip().endswith(f"# {word}"))


def told_at(told: list[warnings.WarningMessage], line: int) -> None:
    (one,) = told
    assert (one.filename, one.lineno) == (__file__, line)


def options(kind: str = "plain", model: str = "m") -> dict[str, Any]:
    answer = Answer(PLAIN["openai-chat"]) if kind == "plain" else Answer(STREAMS["openai-chat"])
    return {"model": f"mine/{model}", "manifest": MANIFEST, "api_key": KEY, "transport": Script(answer)}


async def test_of_a_plain_call() -> None:
    client = await AiClient.create(**options())
    with pytest.warns(AdjustmentWarning, match="seed was dropped") as told:
        await client.chat().user("hi").seed(1).execute()  # here
    told_at(told.list, line_of("here", test_of_a_plain_call))


async def test_who_ignores_changes_is_not_warned_but_the_answer_tells() -> None:
    client = await AiClient.create(**options(), on_unsupported="ignore")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        response = await client.chat().user("hi").seed(1).execute()
    assert told == []
    assert [(each.parameter, each.action) for each in response.adjustments] == [("seed", "dropped")]


async def test_of_a_call_with_statistics() -> None:
    client = await AiClient.create(**options())
    with pytest.warns(AdjustmentWarning) as told:
        await client.chat().user("hi").seed(1).execute_with_stats()  # here
    told_at(told.list, line_of("here", test_of_a_call_with_statistics))


async def test_of_a_model_that_ends() -> None:
    client = await AiClient.create(**options(model="old"))
    with pytest.warns(SunsetWarning, match="2026-01-31; new takes its place") as told:
        await client.chat().user("hi").execute()  # here
    told_at(told.list, line_of("here", test_of_a_model_that_ends))


async def test_of_a_stream() -> None:
    client = await AiClient.create(**options("stream"))
    with pytest.warns(AdjustmentWarning) as told:
        async for _event in client.chat().user("hi").seed(1).stream():  # here
            pass
    told_at(told.list, line_of("here", test_of_a_stream))


async def test_of_a_stream_that_is_entered() -> None:
    client = await AiClient.create(**options("stream"))
    with pytest.warns(AdjustmentWarning) as told:
        async with client.chat().user("hi").seed(1).stream():  # here
            pass
    told_at(told.list, line_of("here", test_of_a_stream_that_is_entered))


async def test_of_the_text_of_a_stream() -> None:
    client = await AiClient.create(**options("stream"))
    with pytest.warns(AdjustmentWarning) as told:
        async for _text in client.chat().user("hi").seed(1).stream_text():  # here
            pass
    told_at(told.list, line_of("here", test_of_the_text_of_a_stream))


def test_of_a_call_that_is_all_that_runs() -> None:
    client = asyncio.run(AiClient.create(**options()))
    with pytest.warns(AdjustmentWarning) as told:
        asyncio.run(client.chat().user("hi").seed(1).execute())  # here
    told_at(told.list, line_of("here", test_of_a_call_that_is_all_that_runs))


def test_of_a_call_in_another_thread() -> None:
    client = SyncAiClient.create(**options())
    with pytest.warns(AdjustmentWarning) as told:
        client.chat().user("hi").seed(1).execute()  # here
    told_at(told.list, line_of("here", test_of_a_call_in_another_thread))


def test_of_a_stream_in_another_thread() -> None:
    client = SyncAiClient.create(**options("stream"))
    with pytest.warns(AdjustmentWarning) as told:
        for _event in client.chat().user("hi").seed(1).stream():  # here
            pass
    told_at(told.list, line_of("here", test_of_a_stream_in_another_thread))


def test_two_calls_in_another_thread_are_told_apart() -> None:
    client = SyncAiClient.create(**options())
    with pytest.warns(AdjustmentWarning) as first:
        client.chat().user("hi").seed(1).execute()  # one
    warn._TOLD.clear()
    with pytest.warns(AdjustmentWarning) as second:
        client.chat().user("hi").seed(1).execute()  # two
    told_at(first.list, line_of("one", test_two_calls_in_another_thread_are_told_apart))
    told_at(second.list, line_of("two", test_two_calls_in_another_thread_are_told_apart))


async def test_the_same_is_told_once() -> None:
    client = await AiClient.create(**options())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3):
            await client.chat().user("hi").seed(1).execute()
    assert len(told) == 1


async def test_a_filter_of_ones_own_module_counts() -> None:
    client = await AiClient.create(**options())
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=AdjustmentWarning, module=__name__.replace(".", r"\."))
        with pytest.raises(AdjustmentWarning):
            await client.chat().user("hi").seed(1).execute()


async def test_what_was_given_is_told_without_what_nobody_said() -> None:
    refuse_both = {"web_search": {"refused": "no search"}, "reasoning": {"refused": "no thoughts"}}
    client = await AiClient.create(**{**options(), "manifest": {**MANIFEST, "parameters": refuse_both}})
    asking = client.chat().user("hi").web_search(max_uses=2).reasoning("low")
    with pytest.warns(AdjustmentWarning) as told:
        await asking.execute()
    text = " ".join(str(each.message) for each in told)
    assert "given WebSearch(max_uses=2), sent None" in text
    assert "given Reasoning(effort='low'), sent None" in text
