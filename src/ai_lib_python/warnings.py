"""The warnings that the library gives."""

from __future__ import annotations

__all__ = ["AdjustmentWarning"]


class AdjustmentWarning(UserWarning):
    """A parameter went out otherwise than it was given. Told once for each provider, model and parameter."""
