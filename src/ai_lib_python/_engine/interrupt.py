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

else:  # no task counts here
    OURS = "a deadline ran out"

    def cancellations(task: asyncio.Task[Any]) -> int:
        """Whether somebody has cancelled a task that has not heard of it."""
        return int(any(_is_cancelled(each) for each in _with_waited_for(task)))

    def wake(task: Any) -> object:
        """Cancels a task, and gives what tells this cancellation from others."""
        tasks = [each for each in _with_waited_for(task) if hasattr(each, "_must_cancel")]
        others: list[object] = []
        loop = task.get_loop()

        def look(turns: int) -> None:
            """Looks, ahead of the tasks that are woken, whose words are there; a task that ends forgets them."""
            others.extend(each for each in tasks if not each.done() and not _has_our_words(each))
            if turns:
                loop.call_soon(look, turns - 1)

        loop.call_soon(look, len(tasks))  # in each turn, one of the tasks hands the cancellation to the next
        task.cancel(OURS)
        for each in tasks:
            each._cancel_message = OURS  # another cancellation puts its own there
        return others

    def is_only(task: Any, mark: Any) -> bool:
        """Whether nobody else cancelled the task after us, until it heard of it."""
        return not mark and _has_our_words(task)

    def _has_our_words(task: Any) -> bool:
        return bool(task._cancel_message == OURS)

    def _with_waited_for(task: Any) -> list[Any]:
        """A task, and all that it waits for, one through the other: who cancels it cancels the last of them."""
        found = [task]
        for each in found:
            waited_for = getattr(each, "_fut_waiter", None)
            found += getattr(each, "_children", ()) if waited_for is None else (waited_for,)
        return found

    def _is_cancelled(waited_for: Any) -> bool:
        return bool(getattr(waited_for, "_must_cancel", False) or waited_for.cancelled())
