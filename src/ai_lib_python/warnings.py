"""The warnings that the library gives."""

from __future__ import annotations

__all__ = ["AdjustmentWarning", "SunsetWarning"]


class AdjustmentWarning(UserWarning):
    """A parameter went out otherwise than it was given. Told once for each provider, model and parameter."""


class SunsetWarning(UserWarning):
    """The provider has said when this model ends. Told once for each model."""
