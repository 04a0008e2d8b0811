"""What is fuzzed. Each target has ``seeds()``, inputs to begin with, and ``hold(data)``, which fails on a finding."""

from __future__ import annotations

from types import ModuleType

from . import decoders, framing, manifests, templates

TARGETS: dict[str, ModuleType] = {
    "framing": framing,
    "manifests": manifests,
    "templates": templates,
    "decoders": decoders,
}
