"""The warnings that the library gives."""

from __future__ import annotations

__all__ = ["AdjustmentWarning", "SunsetWarning"]


class AdjustmentWarning(UserWarning):
    """A parameter went out otherwise than it was given. Told once for each provider, model and parameter."""


class SunsetWarning(UserWarning):
    """This model ends within 90 days, or has ended, as its provider has said. Told once for each model."""
