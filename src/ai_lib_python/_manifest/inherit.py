"""What a chain of manifests, each of which extends the next, says as one."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from .merge import Layer, layer_of, merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .yaml_source import Document

__all__ = ["NOT_INHERITED", "heritage", "inherited"]

NOT_INHERITED = ("id", "kind", "extends", "name", "sources", "checked", "confidence", "notes", "prices")
"""What a manifest says about itself alone."""


def inherited(chain: Sequence[Document]) -> Layer:
    """The first manifest of a chain with all that it inherits; the root stands last."""
    layers = [layer_of(document) for document in reversed(chain)]
    return reduce(lambda lower, upper: merge(heritage(lower), upper), layers, Layer({}, {}))


def heritage(layer: Layer) -> Layer:
    """What of a manifest goes to those that extend it."""
    return layer.only(lambda key: key not in NOT_INHERITED)
