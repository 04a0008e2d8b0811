"""An event loop in a thread of its own, for callers that have none or must not block theirs."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from .._forks import a_lock, parted_by_forks
from .warn import called_here

T = TypeVar("T")


_OF_PARENTS: list[object] = []
"""Loops of processes that this one was forked from: never closed, as their poll is shared with the parent."""


class BackgroundLoop:
    """Runs coroutines in a daemon thread, which starts with the first one; a forked child starts its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = a_lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        parted_by_forks(self)

    @property
    def is_current(self) -> bool:
        """Whether the caller is in the thread, which must never wait for itself."""
        return threading.current_thread() is self._thread

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts the coroutine and does not wait for it."""
        return called_here().run(asyncio.run_coroutine_threadsafe, coroutine, self._running())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result. An interrupt from the keyboard cancels it.

        Raises:
            RuntimeError: called from within the thread itself, or when the interpreter has stopped all such threads.
        """
        if self.is_current:
            coroutine.close()
            raise RuntimeError(f"blocking calls cannot be made from within the {self._name} thread")
        if sys.is_finalizing():
            coroutine.close()
            raise RuntimeError("the interpreter is ending; nothing can be sent any more")
        future = self.submit(coroutine)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def leave_to_parent(self) -> None:
        """The loop runs in the parent and nowhere else; here the next coroutine starts another one."""
        _OF_PARENTS.append(self._loop)
        self._loop = self._thread = None

    def stop(self) -> None:
        """Ends the thread. The next coroutine starts a new one."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None and thread.is_alive():
            loop.call_soon_threadsafe(loop.stop)
            if thread is not threading.current_thread():
                thread.join()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = self._started()
            return self._loop

    def _started(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=_run, args=(loop,), name=self._name, daemon=True)
        self._thread.start()
        return loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(_wind_up())
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _wind_up() -> None:
    """Cancels what is still running, and lets it end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
