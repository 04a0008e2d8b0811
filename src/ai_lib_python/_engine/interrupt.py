"""Wakes a task that waits, and tells afterwards whether it was woken by us alone.

A task is woken by being cancelled, whatever it waits for. Who catches that must know whether somebody else has
cancelled it too, even in the same moment: that cancellation is to be obeyed.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

if sys.version_info >= (3, 11):

    def counted(task: asyncio.Task[Any]) -> int:
        """How often a task was cancelled, as far as it has counted, and did not take it back."""
        return task.cancelling()

    cancellations = counted

    def wake(task: asyncio.Task[Any]) -> int:
        """Cancels a task, and gives what tells this cancellation from others: how many it had counted before."""
        before = task.cancelling()
        task.cancel()
        return before

    def is_only(task: asyncio.Task[Any], before: int) -> bool:
        """Takes our cancellation back; whether there was none besides it since the task had counted so many."""
        return task.uncancel() <= before

else:  # no task counts here, unless it is made to
    OURS = "a deadline ran out"

    class _Counting:
        """Stands in for the ``cancel`` of a task that was woken, and counts; not for who had fetched that before."""

        def __init__(self, task: asyncio.Task[Any]) -> None:
            self._cancel = task.cancel
            self._done = task.done
            self.count = 0

        def __call__(self, msg: Any = None) -> bool:
            self.count += not self._done()
            return self._cancel(msg)

    def counted(task: Any) -> int:
        """How often a task was cancelled, as far as it has counted, and did not take it back."""
        return getattr(task.cancel, "count", 0)

    def cancellations(task: asyncio.Task[Any]) -> int:
        """Whether somebody has cancelled a task that has not heard of it."""
        return int(any(_is_cancelled(each) for each in _with_waited_for(task)))

    def wake(task: Any) -> int:
        """Cancels a task, and gives what tells this cancellation from others: how many it had counted before."""
        if not isinstance(task.cancel, _Counting):
            task.cancel = _Counting(task)
        before = counted(task)
        task.cancel(OURS)
        task._cancel_message = OURS  # another cancellation of the same moment puts its own there, if it is not counted
        return before

    def is_only(task: Any, before: int) -> bool:
        """Takes our cancellation back; whether there was none besides it since the task had counted so many."""
        counting = task.cancel
        counting.count -= 1
        if not counting.count:
            del task.cancel  # the task's own again
        return bool(counting.count <= before and task._cancel_message == OURS)

    def _with_waited_for(task: Any) -> list[Any]:
        """A task, and all that it waits for, one through the other: who cancels it cancels the last of them."""
        found = [task]
        for each in found:
            waited_for = getattr(each, "_fut_waiter", None)
            found += getattr(each, "_children", ()) if waited_for is None else (waited_for,)
        return found

    def _is_cancelled(waited_for: Any) -> bool:
        return bool(getattr(waited_for, "_must_cancel", False) or waited_for.cancelled())
