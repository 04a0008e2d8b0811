"""A small version of the soak, and that it would see what leaks."""

from __future__ import annotations

from typing import Any

import pytest

from . import soak as soaking
from .soak import Soaked, Use, soak


async def test_calls_and_streams_that_are_left_in_every_way_give_back_what_they_held() -> None:
    found = await soak(600, 120)
    assert found.problems == []
    assert len(found.ways) == len(soaking.WAYS) + 2
    assert found.ways["call cancelled"] > 100


async def test_an_object_that_is_kept_of_each_call_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    monkeypatch.setattr(soaking._Soaking, "_check", lambda *found: kept.append([found, *map(float, range(40))]))
    assert "blocks of memory more than before" in "".join((await soak(200, 20)).problems)


def test_sockets_and_tasks_that_are_left_are_seen() -> None:
    found = Soaked(Use(5, 1, 0), Use(7, 2, 0), soaking.Counter(), ["an answer was ''"], 0.0)
    assert found.problems == ["an answer was ''", "2 sockets more than before", "1 tasks more than before"]
