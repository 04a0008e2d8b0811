"""Which model answers: the one that was named, or one whose key is there, or the simulator."""

from __future__ import annotations

import os
from typing import NamedTuple

from .._engine.connect import SIMULATOR
from .._engine.keys import key_variables
from .._manifest.load import load
from .catalogue import dialects, example, home, key_in_use, usable

__all__ = ["Choice", "choose"]

VARIABLE = "AI_LIB_MODEL"


class Choice(NamedTuple):
    """A model to ask, and what is to be said about how it came to that."""

    model: str
    note: str = ""

    @property
    def is_simulated(self) -> bool:
        """Whether no provider answers."""
        return self.model.partition("/")[0] == SIMULATOR

    def simulated(self) -> Choice | None:
        """The same model in the simulator: the provider's wire format, but no provider."""
        provider, _, model = self.model.partition("/")
        dialect = load(provider).dialect
        return Choice(f"{SIMULATOR}/{dialect}/{model}") if dialect in dialects() else None


def choose(named: str | None) -> Choice:
    """The model that was named, or that ``AI_LIB_MODEL`` names, or the first that a key is set for."""
    model = named if named is not None else os.environ.get(VARIABLE)
    if model is not None and (model or named is not None):
        return Choice(model)
    for manifest in usable():
        if key_in_use(manifest) and (first := example(manifest)):
            return Choice(first, f"asking {first} (-m PROVIDER/MODEL asks another)")
    return _simulation()


def _simulation() -> Choice:
    homes = [provider for dialect in dialects() if (provider := home(dialect))]
    variables = [name for provider in homes for name in key_variables(provider)[:1]]
    note = "No API key is set, so this answer is simulated."
    such = f"For a real one set {_either(variables)}; `ai-lib providers` lists more." if variables else ""
    return Choice(f"{SIMULATOR}/{dialects()[0]}", f"{note} {such}".rstrip())


def _either(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
