"""No keys, addresses or proxies from outside."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python.money import catalogue

from .scripted import KEY, Answer, Script


@pytest.fixture(autouse=True)
def a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if (
            name.lower().endswith("_proxy")
            or name.endswith(("_API_KEY", "_BASE_URL", "_API_BASE"))
            or name.startswith("AI_LIB")
        ):
            monkeypatch.delenv(name)


Answering = Callable[..., Awaitable[AiClient]]


@pytest.fixture
def no_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where genai-prices is not installed."""
    monkeypatch.setattr(catalogue, "_snapshot", lambda: None)


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """``answering(model, body, ...)``: a client that is given these answers, in order."""
    clients: list[AiClient] = []

    async def make(model: str, *answers: Any, **options: Any) -> AiClient:
        given = [each if isinstance(each, (Answer, BaseException)) else Answer(each) for each in answers]
        options = {"api_key": KEY, "on_unsupported": "ignore", "max_retries": 0, "transport": Script(*given), **options}
        clients.append(await AiClient.create(model, **options))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()
