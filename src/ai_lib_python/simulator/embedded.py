"""The simulator of this process, for model strings such as ``simulator/<dialect>``."""

from __future__ import annotations

import os

from .._forks import a_lock
from .server import Simulator

_LOCK = a_lock()
_STARTED: dict[int, Simulator] = {}
"""By process: a forked child has none of its parent's threads."""


def embedded() -> Simulator:
    """The one simulator of this process, in a daemon thread; started when it is first asked for."""
    with _LOCK:
        simulator = _STARTED.get(os.getpid())
        if simulator is None:
            simulator = _STARTED[os.getpid()] = Simulator(keep=100).start_in_thread()
        return simulator
