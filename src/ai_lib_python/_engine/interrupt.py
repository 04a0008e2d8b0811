"""Wakes a task that waits, and tells afterwards whether it was woken by us alone.

A task is woken by being cancelled, whatever it waits for. Who catches that must know whether somebody else has
cancelled it too, even in the same moment: that cancellation is to be obeyed.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

if sys.version_info >= (3, 11):

    def cancellations(task: asyncio.Task[Any]) -> int:
        """How often a task was cancelled, and did not take it back."""
        return task.cancelling()

    def wake(task: asyncio.Task[Any]) -> object:
        """Cancels a task, and gives what tells this cancellation from others."""
        before = task.cancelling()
        task.cancel()
        return before

    def is_only(task: asyncio.Task[Any], mark: Any) -> bool:
        """Takes our cancellation back; whether there was none besides it."""
        return task.uncancel() <= int(mark)

else:
    OURS = "a deadline ran out"

    def cancellations(task: asyncio.Task[Any]) -> int:
        """Whether somebody has cancelled a task that has not heard of it."""
        waited_for = getattr(task, "_fut_waiter", None)
        return int(getattr(task, "_must_cancel", False) or (waited_for is not None and waited_for.cancelled()))

    def wake(task: asyncio.Task[Any]) -> object:
        """Cancels a task, and gives what tells this cancellation from others."""
        task.cancel(OURS)
        task.cancel(OURS)  # leaves the words with the task, where a later cancellation puts its own
        return getattr(task, "_cancel_message", None)

    def is_only(task: asyncio.Task[Any], mark: Any) -> bool:
        """Whether nobody else cancelled the task after us."""
        return bool(getattr(task, "_cancel_message", None) == mark)
