"""Looking prices up in the library of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ai_lib_python.money import catalogue


class Library:
    """A library of prices that counts how often it is searched."""

    def __init__(self) -> None:
        self.searched: list[str] = []

    def get_snapshot(self) -> Library:
        return self

    def find_provider_model(self, model: str, *_: Any) -> tuple[None, Any]:
        self.searched.append(model)
        if model.startswith("none"):
            raise LookupError(model)
        return None, SimpleNamespace(prices=SimpleNamespace(input_mtok=2))


def test_a_model_is_searched_for_once_whether_it_is_there_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(catalogue, "_snapshot", lambda: library)
    prices = [catalogue.catalogue_prices("p", "m", {}, 0) for _ in range(3)]
    assert [price.input for price in prices if price] == [2, 2, 2]
    assert [catalogue.catalogue_prices("p", "none", {}, 0) for _ in range(3)] == [None, None, None]
    assert library.searched == ["m", "none"]


def test_newer_data_of_the_library_is_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in (Library(), Library()):
        monkeypatch.setattr(catalogue, "_snapshot", lambda library=library: library)
        catalogue.catalogue_prices("p", "m", {}, 0)
        assert library.searched == ["m"]


def test_not_all_names_that_were_ever_asked_for_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model is called in an answer comes from outside."""
    library = Library()
    monkeypatch.setattr(catalogue, "_snapshot", lambda: library)
    for number in range(catalogue.KEPT + 1):
        catalogue.catalogue_prices("p", f"none-{number}", {}, 0)
    assert len(catalogue._MODELS._known) == 1
