"""The event loop that everything runs on."""

from __future__ import annotations

import asyncio

from ..errors import ConfigurationError

NO_LOOP = (
    "a call needs a running asyncio event loop, and there is none here: await it within asyncio.run(...); "
    "elsewhere, on trio for one, call ai_lib_python.sync in a thread (trio.to_thread.run_sync)"
)


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop of the caller.

    Raises:
        ConfigurationError: there is none, or it is not asyncio's.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(NO_LOOP) from None
