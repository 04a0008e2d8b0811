"""The end of a model is told when it is near, and from then on."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python._engine import sunset, warn
from ai_lib_python._manifest.load import load_file
from ai_lib_python.warnings import SunsetWarning

from .scripted import KEY, Answer, Script

MANIFEST: dict[str, Any] = {
    "id": "mine",
    "extends": "openai-chat",
    "endpoint": {"base_url": "https://mine.example/v1"},
    "models": [
        {"match": "old", "sunset": "2027-03-01", "replacement": "new"},
        {"match": "alone", "sunset": "2027-03-01"},
    ],
}

TOLD = {
    date(2026, 11, 30): None,
    date(2026, 12, 1): "mine/old ends in 90 days, on 2027-03-01; new takes its place",
    date(2027, 2, 28): "mine/old ends tomorrow, on 2027-03-01; new takes its place",
    date(2027, 3, 1): "mine/old has ended on 2027-03-01; new takes its place",
    date(2028, 1, 1): "mine/old has ended on 2027-03-01; new takes its place",
}


@pytest.mark.parametrize("today", TOLD, ids=str)
def test_the_words_follow_the_day(today: date) -> None:
    manifest = load_file(MANIFEST).for_model("old")
    assert sunset.notice(manifest, "old", today) == TOLD[today]


def test_one_without_a_successor_names_none() -> None:
    manifest = load_file(MANIFEST).for_model("alone")
    assert sunset.notice(manifest, "alone", date(2027, 3, 2)) == "mine/alone has ended on 2027-03-01"


def test_a_model_without_an_end_has_nothing_to_tell() -> None:
    assert sunset.notice(load_file(MANIFEST).for_model("new"), "new", date(2099, 1, 1)) is None


@pytest.mark.parametrize(("today", "count"), [(date(2026, 1, 1), 0), (date(2027, 2, 1), 1)])
async def test_a_call_warns_once_when_the_end_is_near(today: date, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warn, "_TOLD", set())
    monkeypatch.setattr(sunset, "today", lambda: today)
    answer = Answer({"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]})
    client = await AiClient.create("old", manifest=MANIFEST, api_key=KEY, transport=Script(answer))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        await client.chat().user("hi").execute()
        await client.chat().user("hi").execute()
    assert [each.category for each in told] == [SunsetWarning] * count
    assert (client.capabilities.sunset, client.capabilities.replacement) == ("2027-03-01", "new")
