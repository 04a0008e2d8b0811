"""What to say about a model string that is not ``provider/model``. Only mistakes come here, so it may read files.

    "gpt-4o" names no provider: a model is written "provider/model". Did you mean "openai/gpt-4o"?

Which provider a model belongs to is told by the ``examples`` of the manifests.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

from ..errors import ManifestError
from . import folders, yaml_source

__all__ = ["advise"]

_MOST_SUGGESTIONS = 2


class _Example(NamedTuple):
    """A model that a provider's manifest names as an example."""

    provider: str
    model: str


def advise(model: str) -> str:
    """The message for a model string without a provider or without a model.

    Args:
        model: what was given: ``"gpt-4o"``, ``"openai"``, ``"openai/"``, ``"/gpt-4o"``, ``""``.
    """
    known = folders.known_ids()
    ending = f"Known providers: {', '.join(known)}."
    return " ".join(part for part in (_wrong(model, known), _hint(model.strip(), known), ending) if part)


def _wrong(model: str, known: list[str]) -> str:
    form = 'a model is written "provider/model"'
    if not model.strip():
        return f"No model was given: {form}."
    provider, slash, _ = model.partition("/")
    if _id(provider, known) or (slash and provider):
        return f'"{model}" names no model: {form}.'
    return f'"{model}" names no provider: {form}.'


def _hint(model: str, known: list[str]) -> str:
    provider, _, name = model.partition("/")
    suggested = _models_of(provider, known) if not name else []
    suggested = suggested or _suggested(name or provider, known)
    quoted = " or ".join(f'"{one}"' for one in suggested[:_MOST_SUGGESTIONS])
    return f"Did you mean {quoted}?" if quoted else ""


def _models_of(provider: str, known: list[str]) -> list[str]:
    """Complete model strings for what is a provider's name already."""
    id = _id(provider, known)
    return [f"{id}/{example.model}" for example in _examples([id])] if id else []


def _id(name: str, known: list[str]) -> str | None:
    """The provider that is called so, directly or by an alias."""
    id = folders.aliases().get(name.lower(), name.lower())
    return id if id in known else None


def _suggested(model: str, known: list[str]) -> list[str]:
    """The providers that have such a model; or else the model, or the provider, that is spelled most alike."""
    if not model:
        return []
    examples = _examples(known)
    return _of_family(model, examples) or _spelled_alike(model, examples) or _providers_alike(model, known)


def _of_family(model: str, examples: list[_Example]) -> list[str]:
    """The model under the providers that have its like, those first that have most of them."""
    alike = [example for example in examples if _family(example.model) == _family(model)]
    exact = [example.provider for example in alike if example.model.lower() == model.lower()]
    makers = [maker for example in examples if (maker := _maker(model, example))]
    return [f"{id}/{model}" for id in _ranked(examples, alike, [*makers, *exact])]


def _ranked(examples: list[_Example], alike: list[_Example], preferred: list[str]) -> list[str]:
    """The providers of ``alike``: the most preferred ones first, then those that have little else."""

    def rank(id: str) -> tuple[float, ...]:
        own = [example for example in examples if example.provider == id]
        return -preferred.count(id), -sum(example.provider == id for example in alike) / len(own)

    return sorted(dict.fromkeys(example.provider for example in alike), key=rank)


def _maker(model: str, example: _Example) -> str | None:
    """Who makes a model, by those who sell the models of others as ``maker/model``."""
    maker, slash, name = example.model.lower().rpartition("/")
    return maker if slash and _family(name) == _family(model) else None


def _family(model: str) -> str:
    """The first word of a model's name, which the models of one maker have in common."""
    return model.lower().partition("-")[0]


def _spelled_alike(model: str, examples: list[_Example]) -> list[str]:
    homes = {example.model.lower(): example for example in reversed(examples)}
    near = get_close_matches(model.lower(), homes, n=1, cutoff=0.7)
    return [f"{homes[name].provider}/{homes[name].model}" for name in near]


def _providers_alike(name: str, known: list[str]) -> list[str]:
    near = folders.nearest(name, [*known, *folders.aliases()])
    return _models_of(near, known) if near else []


def _examples(ids: list[str]) -> list[_Example]:
    """The examples that manifests give, in their order; a manifest that cannot be read has none."""
    return [_Example(id, str(model)) for id in ids for model in _examples_of(id)]


def _examples_of(id: str) -> list[str]:
    try:
        data = yaml_source.read(folders.find(id)).data
    except ManifestError:
        return []
    listed = data.get("examples")
    return listed if isinstance(listed, list) else []
