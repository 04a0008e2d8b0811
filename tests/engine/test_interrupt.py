"""A task that a timer wakes: it is told from one that somebody else cancelled, whatever it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from ai_lib_python._engine.interrupt import cancellations, is_only, wake

from .virtual_time import run


def a_sleep() -> Awaitable[Any]:
    return asyncio.sleep(100)


def a_task() -> Awaitable[Any]:
    return asyncio.ensure_future(asyncio.sleep(100))


def a_task_of_tasks() -> Awaitable[Any]:
    async def outer() -> None:
        await a_task()

    return asyncio.ensure_future(outer())


def many() -> Awaitable[Any]:
    return asyncio.gather(a_task(), asyncio.gather(a_sleep(), a_task_of_tasks()))


def some() -> Awaitable[Any]:
    return asyncio.wait([asyncio.ensure_future(asyncio.sleep(100)) for _ in range(2)])


def a_shield() -> Awaitable[Any]:
    return asyncio.shield(asyncio.sleep(100))


def a_limit() -> Awaitable[Any]:
    return asyncio.wait_for(asyncio.sleep(100), 50)


WAITS = (a_sleep, a_task, a_task_of_tasks, many, some, a_shield, a_limit)

TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]

Wait = Callable[[], Awaitable[Any]]

each_wait = pytest.mark.parametrize("wait", WAITS)
each_task = pytest.mark.parametrize("task_of", TASKS, ids=["C", "Python"])


async def took_it_for_ours(wait: Wait, marks: list[Any]) -> bool:
    """Waits until somebody wakes the task, and whether that was our doing alone."""
    try:
        await wait()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        return is_only(task, marks[0])
    raise AssertionError("nobody woke it")


def woken(task_of: Any, wait: Wait, *, cancelled_in: int | None = None, before: bool = False) -> bool:
    """Whether a task that is woken in the middle of a wait takes it for our doing alone.

    Somebody else cancels it so many turns of the loop later, or in the same turn before us.
    """
    marks: list[Any] = []

    async def main() -> bool:
        task = task_of(took_it_for_ours(wait, marks))
        await asyncio.sleep(1)
        assert cancellations(task) == 0
        if before:
            task.cancel()
            assert cancellations(task) == 1
        marks.append(wake(task))
        for _ in range(cancelled_in or 0):
            await asyncio.sleep(0)
        if cancelled_in is not None and not task.done():
            task.cancel()
        return await task

    return run(main())


@each_task
@each_wait
def test_a_task_that_only_we_woke_knows_it(wait: Wait, task_of: Any) -> None:
    assert woken(task_of, wait)


@each_task
@each_wait
def test_a_cancellation_behind_ours_is_not_taken_for_ours(wait: Wait, task_of: Any) -> None:
    assert not woken(task_of, wait, cancelled_in=0)


@each_task
@pytest.mark.parametrize("turns", [1, 2])
def test_a_cancellation_that_comes_while_ours_is_on_its_way_up_is_not_taken_for_ours(turns: int, task_of: Any) -> None:
    assert not woken(task_of, a_task_of_tasks, cancelled_in=turns)


@each_task
@each_wait
def test_a_task_that_was_cancelled_already_shows_it(wait: Wait, task_of: Any) -> None:
    woken(task_of, wait, before=True)


def cleaned_up(task_of: Any, clean_up: Wait, *, cancelled: bool = True) -> bool:
    """Whether a task that is woken, and cleans up before it is asked, takes that for our doing alone.

    Somebody else cancels it while it cleans up.
    """
    marks: list[Any] = []

    async def waits() -> None:
        try:
            await a_sleep()
        finally:
            await clean_up()

    async def main() -> bool:
        task = task_of(took_it_for_ours(waits, marks))
        await asyncio.sleep(1)
        marks.append(wake(task))
        await asyncio.sleep(1)
        if cancelled:
            task.cancel()
        return await task

    return run(main())


async def swallows() -> None:
    with suppress(asyncio.CancelledError):
        await a_sleep()


async def cancels_what_it_began() -> None:
    begun = asyncio.ensure_future(a_task_of_tasks())
    await asyncio.sleep(0.5)
    begun.cancel()
    with suppress(asyncio.CancelledError):
        await begun


@each_task
@pytest.mark.parametrize("clean_up", [*WAITS, swallows])
def test_a_cancellation_while_a_task_cleans_up_behind_ours_is_not_taken_for_ours(clean_up: Wait, task_of: Any) -> None:
    assert not cleaned_up(task_of, clean_up)


@each_task
@pytest.mark.parametrize("clean_up", [cancels_what_it_began, lambda: asyncio.sleep(10)])
def test_what_cleaning_up_cancels_is_nobody_elses_doing(clean_up: Wait, task_of: Any) -> None:
    assert cleaned_up(task_of, clean_up, cancelled=False)


@each_task
def test_a_task_that_heard_of_its_waking_is_cancelled_as_any_other(task_of: Any) -> None:
    async def waits() -> bool:
        task = asyncio.current_task()
        assert task is not None
        mark = wake(task)
        with suppress(asyncio.CancelledError):
            await a_sleep()
        return is_only(task, mark) and getattr(task.cancel, "__self__", None) is task

    async def main() -> bool:
        return await task_of(waits())

    assert run(main())


@each_task
def test_a_task_that_was_woken_can_be_woken_and_cancelled_again(task_of: Any) -> None:
    async def waits(marks: list[Any], found: list[bool]) -> None:
        task = asyncio.current_task()
        assert task is not None
        for _ in range(3):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                found.append(is_only(task, marks[-1]))
        await asyncio.sleep(100)

    async def main() -> list[bool]:
        marks: list[Any] = []
        found: list[bool] = []
        task = task_of(waits(marks, found))
        for number in range(3):
            await asyncio.sleep(1)
            marks.append(wake(task))
            if number == 1:
                task.cancel()
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return found

    assert run(main())[:2] == [True, False]
