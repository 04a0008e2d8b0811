"""What a forked child must not take over from its parent: locks that were held, loops that ran, open connections.

A fork copies one thread. Whatever the others were doing is never ended in the child: a lock that one of them held
stays locked, an event loop that ran in one stands still. So all that could be met so is registered here, weakly.
"""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet


class Parted(Protocol):
    """Something that a child has to begin anew."""

    def leave_to_parent(self) -> None:
        """Called in the child, right after the fork: forgets what the parent goes on with, touching nothing of it."""


_LOCKS: WeakSet[threading.Lock] = WeakSet()
_PARTED: WeakSet[Parted] = WeakSet()


def a_lock() -> threading.Lock:
    """A lock that is free in a forked child, whoever held it in the parent."""
    lock = threading.Lock()
    _LOCKS.add(lock)
    return lock


def parted_by_forks(one: Parted) -> None:
    """Has it told in every child."""
    _PARTED.add(one)


def _in_child() -> None:
    for lock in list(_LOCKS):
        lock._at_fork_reinit()  # type: ignore[attr-defined]  # what the standard library's own locks do
    for one in list(_PARTED):
        one.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
