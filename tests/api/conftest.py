"""No keys, addresses or proxies from outside."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if (
            name.lower().endswith("_proxy")
            or name.endswith(("_API_KEY", "_BASE_URL", "_API_BASE"))
            or name.startswith("AI_LIB")
        ):
            monkeypatch.delenv(name)
