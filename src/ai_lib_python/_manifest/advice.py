"""What to say about a model string that is not ``provider/model``.

Only mistakes come here, so it may read files.

    "gpt-4o" names no provider: a model is written "provider/model"; did you mean "openai/gpt-4o"?

Which provider a model belongs to is told by the ``examples`` of the manifests.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._spelling import nearest
from ..errors import ManifestError
from . import folders, yaml_source

__all__ = ["advise"]

SIMULATOR = "simulator"
"""What stands in the place of a provider where none is to be called; dialects are its models."""


class _Example(NamedTuple):
    """A model that a provider's manifest names as an example."""

    provider: str
    model: str

    @property
    def name(self) -> str:
        """The model's own name, without the maker that sellers put before it."""
        return self.model.lower().rpartition("/")[2]

    @property
    def maker(self) -> str:
        return self.model.lower().rpartition("/")[0]

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


def advise(model: str) -> str:
    """The message for a model string without a provider or without a model.

    Args:
        model: what was given: ``"gpt-4o"``, ``"openai"``, ``"openai/"``, ``"/gpt-4o"``, ``""``.
    """
    given = model.strip()
    known = folders.known_ids()
    meant = _meant(given, known)
    hint = f'; did you mean "{meant}"?' if meant else "."
    listed = f"Known providers: {', '.join(known)}."
    return f'{_wrong(given, known)}: a model is written "provider/model"{hint} {listed}'


def _wrong(given: str, known: list[str]) -> str:
    if not given:
        return "no model was given"
    provider, slash, _ = given.partition("/")
    missing = "model" if _id(provider, known) or (slash and provider) else "provider"
    return f'"{given}" names no {missing}'


def _meant(given: str, known: list[str]) -> str | None:
    """The complete model string that was probably meant."""
    provider, _, name = given.partition("/")
    if not given:
        return None
    if provider == SIMULATOR:
        return next((f"{SIMULATOR}/{id}" for id in folders.every_id(folders.BUNDLED) if id not in known), None)
    if not name and (whole := _with_example(_id(provider, known))):
        return whole
    examples = [example for id in known for example in _examples_of(id)]
    model = name or provider
    return _of_family(model, examples) or _spelled_alike(model, examples) or _provider_alike(model, known)


def _id(name: str, known: list[str]) -> str | None:
    """The provider that is called so, directly or by an alias."""
    id = folders.aliases().get(name.lower(), name.lower())
    return id if id in known else None


def _with_example(id: str | None) -> str | None:
    return next((str(example) for example in _examples_of(id)), f"{id}/MODEL") if id else None


def _of_family(model: str, examples: list[_Example]) -> str | None:
    """The model, of the provider that makes its like; or else the like that somebody sells."""
    alike = [example for example in examples if _family(example.name) == _family(model)]
    if not alike:
        return None
    makers = [example.maker for example in alike]

    def closeness(example: _Example) -> tuple[bool, int, float]:
        own = [other for other in examples if other.provider == example.provider]
        share = sum(other in alike for other in own) / len(own)
        return not example.maker, makers.count(example.provider), share

    closest = max(alike, key=closeness)
    return str(closest) if closest.maker else f"{closest.provider}/{model}"


def _family(name: str) -> str:
    """The first word of a model's name, which the models of one maker have in common: ``gpt``, ``llama``."""
    word = re.match(r"[a-z]*", name.lower())
    return word[0] if word and word[0] else name.lower()


def _spelled_alike(model: str, examples: list[_Example]) -> str | None:
    homes = {example.name: example for example in reversed(examples)}
    near = nearest(model.lower(), homes, 0.7)
    return str(homes[near]) if near else None


def _provider_alike(name: str, known: list[str]) -> str | None:
    near = nearest(name.lower(), [*known, *folders.aliases()], 0.8)
    return _with_example(_id(near, known)) if near else None


def _examples_of(id: str) -> list[_Example]:
    """The examples that a manifest gives, in its order; one that cannot be read has none."""
    try:
        listed = yaml_source.read(folders.find(id)).data.get("examples")
    except ManifestError:
        return []
    return [_Example(id, str(model)) for model in listed] if isinstance(listed, list) else []
