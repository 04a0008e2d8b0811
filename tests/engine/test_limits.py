"""The gate by itself, in virtual time: how many go, when, and in what order."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_lib_python import CircuitBreaker, Limits, RateLimit, Usage
from ai_lib_python.errors import (
    CircuitOpen,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidRequestError,
    LimitExceeded,
    Overloaded,
    RateLimited,
    ServerError,
)
from ai_lib_python.limits.gate import Gate, Pass
from ai_lib_python.limits.standing import Standing
from ai_lib_python.limits.store import Taken, Wait

from .virtual_time import VirtualTimeLoop, run

MODEL = "m-1"


def gate_of(**limits: Any) -> Gate:
    return Limits(**limits).gate("quarry", "https://quarry.example", "key")


def now() -> float:
    return asyncio.get_running_loop().time()


async def times_of(gate: Gate, sizes: list[int], lasting: float = 0.0) -> list[float]:
    """When each of so many calls, begun at once, gets in; in seconds from now."""
    began, moments = now(), [0.0] * len(sizes)

    async def call(index: int) -> None:
        entered = await gate.enter(MODEL, sizes[index])
        moments[index] = now() - began
        await asyncio.sleep(lasting)
        entered.leave(usage=Usage(input=sizes[index], output=0))

    await asyncio.gather(*map(call, range(len(sizes))))
    return moments


def test_no_more_requests_go_in_a_minute_than_are_allowed() -> None:
    moments = run(times_of(gate_of(requests_per_minute=3), [1] * 7))
    assert moments[:3] == [0, 0, 0]
    assert all(60 <= moment < 60.5 for moment in moments[3:6])
    assert 120 <= moments[6] < 121


@settings(max_examples=60)
@given(
    limit=st.integers(1, 12),
    gaps=st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=60),
    began=st.floats(0, 1e6, allow_nan=False),
)
def test_in_whatever_minute_the_requests_are_counted_they_are_never_more(
    limit: int, gaps: list[float], began: float
) -> None:
    moments: list[float] = []

    async def calls() -> None:
        gate = gate_of(requests_per_minute=limit)

        async def call() -> None:
            (await gate.enter(MODEL)).leave()
            moments.append(now())

        tasks = []
        for gap in gaps:
            await asyncio.sleep(gap)
            tasks.append(asyncio.ensure_future(call()))
        await asyncio.gather(*tasks)

    run(calls(), began)
    assert len(moments) == len(gaps)
    for moment in moments:
        assert sum(moment - 60 < other <= moment for other in moments) <= limit


@settings(max_examples=60)
@given(limit=st.integers(10, 1000), sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=40))
def test_tokens_that_are_estimated_right_are_never_more_in_any_minute(limit: int, sizes: list[int]) -> None:
    moments = run(times_of(gate_of(tokens_per_minute=limit), sizes))
    for moment in moments:
        taken = [min(s, limit) for s, other in zip(sizes, moments, strict=True) if moment - 60 < other <= moment]
        assert sum(taken) <= limit


def test_what_is_larger_than_a_minute_allows_goes_alone() -> None:
    moments = run(times_of(gate_of(tokens_per_minute=100), [500, 1]))
    assert moments[0] == 0
    assert moments[1] >= 60


def test_a_large_one_is_not_overtaken_by_small_ones() -> None:
    moments = run(times_of(gate_of(tokens_per_minute=100), [60, 90, 10, 10]))
    assert moments[0] == 0
    assert 60 <= moments[1] < 61
    assert moments[1] <= moments[2] <= moments[3]


def test_who_comes_first_is_served_first() -> None:
    moments = run(times_of(gate_of(concurrency=2), [1] * 6, lasting=10))
    assert moments == [0, 0, 10, 10, 20, 20]


def test_real_usage_takes_the_place_of_the_estimate() -> None:
    async def calls() -> tuple[float, float]:
        gate, began = gate_of(tokens_per_minute=100), now()
        (await gate.enter(MODEL, 90)).leave(usage=Usage(input=10, output=5))
        (await gate.enter(MODEL, 80)).leave(usage=Usage(input=80, output=100))  # 95 in all is room enough
        second = now() - began
        (await gate.enter(MODEL, 1)).leave()
        return second, now() - began

    second, third = run(calls())
    assert second == 0
    assert third >= 60


def test_what_never_arrived_does_not_count() -> None:
    async def calls() -> float:
        gate, began = gate_of(requests_per_minute=1, tokens_per_minute=10), now()
        lost = ConnectionFailed("no way there")
        lost.may_have_arrived = False
        (await gate.enter(MODEL, 10)).leave(lost)
        (await gate.enter(MODEL, 10)).leave()
        return now() - began

    assert run(calls()) == 0


def test_refused_requests_count_but_their_tokens_do_not() -> None:
    async def calls(**limits: int) -> float:
        gate, began = gate_of(**limits), now()
        (await gate.enter(MODEL, 10)).leave(InvalidRequestError("no", status_code=400))
        (await gate.enter(MODEL, 10)).leave()
        return now() - began

    assert run(calls(tokens_per_minute=10)) == 0
    assert run(calls(requests_per_minute=1)) >= 60


def test_a_waiter_that_is_cancelled_frees_its_place_in_the_line() -> None:
    async def calls() -> list[int]:
        gate, order = gate_of(concurrency=1), list[int]()
        first = await gate.enter(MODEL)

        async def call(number: int) -> None:
            entered = await gate.enter(MODEL)
            order.append(number)
            entered.leave()

        tasks = [asyncio.ensure_future(call(number)) for number in range(4)]
        await asyncio.sleep(1)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.sleep(1)
        assert order == []
        first.leave()
        await asyncio.gather(*tasks, return_exceptions=True)
        (await gate.enter(MODEL)).leave()  # nothing is lost
        return order

    assert run(calls()) == [1, 3]


def test_one_that_is_cancelled_in_the_moment_of_its_turn_passes_it_on() -> None:
    async def calls() -> str:
        gate = gate_of(concurrency=1)
        first = await gate.enter(MODEL)
        second, third = (asyncio.ensure_future(gate.enter(MODEL)) for _ in range(2))
        await asyncio.sleep(1)
        first.leave()
        second.cancel()  # it was told, and has not moved yet
        entered = await asyncio.wait_for(third, 5)
        entered.leave()
        return "passed on"

    assert run(calls()) == "passed on"


@settings(max_examples=80)
@given(
    limit=st.integers(1, 3),
    plans=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 8), st.none() | st.integers(0, 30)), min_size=1, max_size=25
    ),
)
def test_whoever_gives_up_whenever_nobody_is_overtaken_and_no_place_is_lost(
    limit: int, plans: list[tuple[int, int, int | None]]
) -> None:
    """Each plan is when a call comes, how long it lasts, and after how long it is cancelled, if it is."""

    async def calls() -> None:
        gate = gate_of(concurrency=limit)
        came, entered = list[int](), list[int]()
        under_way = most = 0

        async def call(number: int, lasting: int) -> None:
            nonlocal under_way, most
            came.append(number)
            one = await gate.enter(MODEL)
            entered.append(number)
            under_way += 1
            most = max(most, under_way)
            try:
                await asyncio.sleep(lasting)
            finally:
                under_way -= 1
                one.leave()

        async def come(number: int, at: int, lasting: int, gives_up: int | None) -> None:
            await asyncio.sleep(at)
            task = asyncio.ensure_future(call(number, lasting))
            if gives_up is not None:
                asyncio.get_running_loop().call_later(gives_up, task.cancel)
            await asyncio.wait([task])

        await asyncio.gather(*(come(number, *plan) for number, plan in enumerate(plans)))
        assert entered == [number for number in came if number in entered]
        assert most <= limit
        assert {number for number, plan in enumerate(plans) if plan[2] is None} <= set(entered)
        again = [await asyncio.wait_for(gate.enter(MODEL), 1) for _ in range(limit)]
        for one in again:
            one.leave()

    run(calls())


def test_a_pass_leaves_once() -> None:
    async def calls() -> None:
        gate = gate_of(concurrency=1, max_wait=0)
        entered = await gate.enter(MODEL)
        entered.leave()
        entered.leave()
        held = await gate.enter(MODEL)
        with pytest.raises(LimitExceeded):
            await gate.enter(MODEL)
        held.leave()

    run(calls())


def test_a_pass_that_is_dropped_gives_its_place_back() -> None:
    async def calls() -> float:
        gate, began = gate_of(concurrency=1), now()
        entered: Pass | None = await gate.enter(MODEL)
        waiting = asyncio.ensure_future(gate.enter(MODEL))
        await asyncio.sleep(5)
        assert not waiting.done()
        del entered
        gc.collect()
        (await waiting).leave()
        return now() - began

    assert run(calls()) == 5


def test_a_pass_that_is_dropped_with_its_loop_gives_its_place_back() -> None:
    gate = gate_of(concurrency=1, max_wait=0)
    held = run(gate.enter(MODEL))
    with pytest.raises(LimitExceeded):
        run(gate.enter(MODEL))
    del held
    gc.collect()
    run(gate.enter(MODEL)).leave()


def test_a_wait_that_would_be_too_long_fails_at_once() -> None:
    async def calls() -> tuple[LimitExceeded, float]:
        gate, began = gate_of(requests_per_minute=1, max_wait=30), now()
        (await gate.enter(MODEL)).leave()
        with pytest.raises(LimitExceeded) as caught:
            await gate.enter(MODEL)
        return caught.value, now() - began

    error, waited = run(calls())
    assert waited == 0
    assert error.retry_after == pytest.approx(60, abs=0.5)
    assert (error.limit, error.provider, error.model, error.retryable) == ("requests", "quarry", MODEL, True)
    assert "the limit of 1 requests a minute leaves no room for another 60" in str(error)
    assert pickle.loads(pickle.dumps(error)).limit == "requests"


def test_a_place_in_the_line_that_is_too_far_back_fails_at_once() -> None:
    async def calls() -> tuple[LimitExceeded, float]:
        gate, began = gate_of(requests_per_minute=2, max_wait=100), now()
        tasks = [asyncio.ensure_future(gate.enter(MODEL)) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(LimitExceeded) as caught:
            await gate.enter(MODEL)  # the fifth, in the third minute
        moment = now() - began
        for entered in await asyncio.gather(*tasks):
            entered.leave()
        return caught.value, moment

    error, waited = run(calls())
    assert (waited, error.limit) == (0, "line")
    assert error.retry_after == pytest.approx(120, abs=0.5)


def test_waiting_for_other_calls_ends_when_it_is_too_long() -> None:
    async def calls() -> tuple[LimitExceeded, LimitExceeded, float]:
        gate, began = gate_of(concurrency=1, max_wait=7), now()
        held = await gate.enter(MODEL)
        tasks = [asyncio.ensure_future(gate.enter(MODEL)) for _ in range(2)]
        first, second = await asyncio.gather(*tasks, return_exceptions=True)
        held.leave()
        assert isinstance(first, LimitExceeded)
        assert isinstance(second, LimitExceeded)
        return first, second, now() - began

    first, second, waited = run(calls())
    assert waited == 7
    assert (first.limit, first.retry_after) == ("concurrency", None)
    assert second.limit in ("line", "concurrency")
    assert "of the 1 calls that may be under way none has ended, and a call may wait 7 s" in str(first)


def told(remaining: int, reset: float, limit: int | None = None, *, gradual: bool = False) -> RateLimit:
    return RateLimit(requests=Standing(limit, remaining, reset, gradual))


def waits_after(limit: RateLimit, model: str = MODEL) -> float:
    """How long the next call waits after an answer that says so."""

    async def calls() -> float:
        gate, began = gate_of(), now()
        entered = await gate.enter(MODEL)
        entered.answered(limit)
        entered.leave()
        (await gate.enter(model)).leave()
        return now() - began

    return run(calls())


def test_when_nothing_remains_calls_wait_for_the_reset() -> None:
    assert waits_after(told(0, 12.5)) == 12.5
    assert waits_after(told(1, 12.5)) == 0


def test_what_comes_back_bit_by_bit_is_waited_for_only_until_there_is_enough() -> None:
    assert waits_after(told(0, 60, 60, gradual=True)) == 1
    assert waits_after(told(0, 60, 60)) == 60


def test_another_model_has_limits_of_its_own() -> None:
    assert waits_after(told(0, 12.5), "m-2") == 0


def test_what_a_provider_says_holds_nobody_longer_than_a_minute() -> None:
    assert waits_after(told(0, 86400)) == 60


@pytest.mark.parametrize(
    "standing", [Standing(remaining=0), Standing(reset=9.0), Standing(remaining=0, reset=0.0), Standing(limit=0)]
)
def test_half_of_a_saying_holds_nobody(standing: Standing) -> None:
    assert waits_after(RateLimit(requests=standing)) == 0


def test_what_is_taken_since_is_taken_off_what_remains() -> None:
    async def calls() -> list[float]:
        gate, began = gate_of(), now()
        entered = await gate.enter(MODEL)
        entered.answered(told(2, 10))
        moments = []
        for _ in range(3):
            (await gate.enter(MODEL)).leave()
            moments.append(now() - began)
        entered.leave()
        return moments

    assert run(calls()) == [0, 0, 10]


def test_one_429_holds_all_others_until_the_provider_wants_more() -> None:
    async def calls() -> list[float]:
        gate, began = gate_of(), now()
        (await gate.enter(MODEL)).leave(RateLimited("slow down", status_code=429, retry_after=20))
        moments = await times_of(gate, [1, 1, 1])
        return [now() - began, *moments]

    assert run(calls()) == [20, 20, 20, 20]


def test_of_several_429s_the_longest_holds() -> None:
    async def calls() -> float:
        gate, began = gate_of(), now()
        first, second = await gate.enter(MODEL), await gate.enter(MODEL)
        first.leave(RateLimited("slow down", status_code=429, retry_after=20))
        second.leave(RateLimited("slow down", status_code=429, retry_after=5))
        (await gate.enter(MODEL)).leave()
        return now() - began

    assert run(calls()) == 20


def failing(error: Exception | None = None) -> Callable[[Gate], Any]:
    async def call(gate: Gate) -> None:
        (await gate.enter(MODEL)).leave(error)

    return call


BREAKER = CircuitBreaker(failures=3, window=60, open_for=30)
broken, fine = failing(ServerError("broken", status_code=500)), failing()


async def opened(gate: Gate, times: int = 3) -> None:
    for _ in range(times):
        await broken(gate)


async def is_open(gate: Gate) -> bool:
    try:
        await fine(gate)
    except CircuitOpen:
        return True
    return False


def test_so_many_failures_open_the_circuit_and_nothing_is_sent() -> None:
    async def calls() -> CircuitOpen:
        gate = gate_of(breaker=BREAKER)
        await opened(gate, 2)
        assert not await is_open(gate_of(breaker=BREAKER))
        await broken(gate)
        await asyncio.sleep(10)
        with pytest.raises(CircuitOpen) as caught:
            await gate.enter(MODEL)
        return caught.value

    error = run(calls())
    assert (error.retry_after, error.error_class, error.retryable) == (20, "overloaded", True)
    assert str(error) == (
        "quarry is left alone for another 20 s, because 3 of its calls or more failed within 60 s; nothing was sent"
    )


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (ServerError("x", status_code=500), True),
        (Overloaded("x", status_code=529), True),
        (DeadlineExceeded("x"), True),
        (ConnectionFailed("x"), True),
        (RateLimited("x", status_code=429), False),
        (InvalidRequestError("x", status_code=400), False),
        (asyncio.CancelledError(), False),
        (ValueError("a mistake of the caller's"), False),
    ],
)
def test_what_opens_the_circuit_is_the_providers_failure_and_not_the_callers(error: Exception, opens: bool) -> None:
    async def calls() -> bool:
        gate = gate_of(breaker=BREAKER)
        for _ in range(BREAKER.failures):
            await failing(error)(gate)
        return await is_open(gate)

    assert run(calls()) is opens


def test_failures_far_apart_open_nothing() -> None:
    async def calls() -> bool:
        gate = gate_of(breaker=BREAKER)
        for _ in range(10):
            await broken(gate)
            await asyncio.sleep(35)
        return await is_open(gate)

    assert run(calls()) is False


def test_a_few_failures_among_many_calls_open_nothing() -> None:
    async def calls() -> bool:
        gate = gate_of(breaker=BREAKER)
        for _ in range(10):
            await broken(gate)
            await fine(gate)
            await fine(gate)
        return await is_open(gate)

    assert run(calls()) is False


def test_after_its_time_one_probe_goes_and_the_others_do_not() -> None:
    async def calls() -> None:
        gate = gate_of(breaker=BREAKER)
        await opened(gate)
        await asyncio.sleep(30)
        probe = await gate.enter(MODEL)
        with pytest.raises(CircuitOpen) as caught:
            await gate.enter(MODEL)
        assert caught.value.retry_after == 1
        probe.leave()
        assert not await is_open(gate)

    run(calls())


def test_a_probe_that_fails_opens_the_circuit_again() -> None:
    async def calls() -> None:
        gate = gate_of(breaker=BREAKER)
        await opened(gate)
        await asyncio.sleep(30)
        await broken(gate)
        await asyncio.sleep(29)
        assert await is_open(gate)
        await asyncio.sleep(1)
        assert not await is_open(gate)

    run(calls())


def test_all_probes_must_succeed() -> None:
    async def calls() -> None:
        gate = gate_of(breaker=CircuitBreaker(failures=1, open_for=30, probes=2))
        await broken(gate)
        await asyncio.sleep(30)
        first, second = await gate.enter(MODEL), await gate.enter(MODEL)
        assert await is_open(gate)
        first.leave()
        assert await is_open(gate)
        second.leave(ServerError("still", status_code=500))
        await asyncio.sleep(29)
        assert await is_open(gate)

    run(calls())


def test_a_probe_that_is_cancelled_makes_room_for_another() -> None:
    async def calls() -> None:
        gate = gate_of(breaker=BREAKER)
        await opened(gate)
        await asyncio.sleep(30)
        (await gate.enter(MODEL)).leave(asyncio.CancelledError())
        assert not await is_open(gate)

    run(calls())


def test_a_probe_need_not_end_before_the_circuit_closes_an_answer_that_begins_is_enough() -> None:
    async def calls() -> None:
        gate = gate_of(breaker=BREAKER)
        await opened(gate)
        await asyncio.sleep(30)
        probe = await gate.enter(MODEL)
        probe.answered(well=False)
        assert await is_open(gate)
        probe.answered()
        assert not await is_open(gate)
        probe.leave(ServerError("in mid-stream"))
        assert not await is_open(gate)  # one failure among others, now

    run(calls())


def test_calls_that_come_back_late_change_nothing() -> None:
    async def calls() -> None:
        gate = gate_of(breaker=BREAKER)
        late = [await gate.enter(MODEL) for _ in range(6)]
        for entered in late[:3]:
            entered.leave(ServerError("broken", status_code=500))
        late[3].leave()
        assert await is_open(gate)
        await asyncio.sleep(30)
        probe = await gate.enter(MODEL)
        late[4].leave(ServerError("broken", status_code=500))
        late[5].leave()
        assert await is_open(gate)  # the probe decides
        probe.leave()
        assert not await is_open(gate)

    run(calls())


def test_who_waits_in_the_line_is_told_when_the_circuit_opens() -> None:
    async def calls() -> float:
        gate, began = gate_of(breaker=CircuitBreaker(failures=1), requests_per_minute=1), now()
        first = await gate.enter(MODEL)
        waiting = [asyncio.ensure_future(gate.enter(MODEL)) for _ in range(3)]
        await asyncio.sleep(5)
        first.leave(ServerError("broken", status_code=500))
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [CircuitOpen] * 3
        return now() - began

    assert run(calls()) == 5


def test_places_of_different_keys_addresses_and_providers_have_nothing_to_do_with_each_other() -> None:
    limits = Limits(concurrency=1)
    gate = limits.gate("quarry", "https://quarry.example", "key")
    assert limits.gate("quarry", "https://quarry.example", "key") is gate
    others = [
        limits.gate("quarry", "https://quarry.example", "key-2"),
        limits.gate("quarry", "https://other.example", "key"),
        limits.gate("mine", "https://quarry.example", "key"),
    ]
    assert len({id(each) for each in (gate, *others)}) == 4


def test_no_key_is_kept() -> None:
    limits = Limits(concurrency=1)
    gate = limits.gate("quarry", "https://quarry.example", "planted-key-0123")
    run(gate.enter(MODEL)).leave()
    seen: set[int] = set()

    def texts(value: Any) -> list[str]:
        if id(value) in seen:
            return []
        seen.add(id(value))
        if isinstance(value, str):
            return [value]
        inner = (
            list(value.items()) if isinstance(value, dict) else list(value) if isinstance(value, (tuple, list)) else []
        )
        inner += list(vars(value).values()) if hasattr(value, "__dict__") else []
        return [text for each in inner for text in texts(each)]

    assert any("https://quarry.example" in text for text in texts(limits))
    assert not any("planted" in text for text in texts(limits))


def test_two_loops_in_two_threads_keep_to_one_limit() -> None:
    """Real time: eight calls in each of four threads, and never more than three at once."""
    gate = gate_of(concurrency=3)
    lock, under_way, most, done = threading.Lock(), 0, 0, 0

    async def call() -> None:
        nonlocal under_way, most, done
        entered = await gate.enter(MODEL)
        with lock:
            under_way += 1
            most = max(most, under_way)
        await asyncio.sleep(0.001)
        with lock:
            under_way -= 1
            done += 1
        entered.leave()

    async def calls() -> None:
        await asyncio.gather(*(call() for _ in range(8)))

    threads = [threading.Thread(target=lambda: asyncio.run(calls()), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (done, under_way) == (32, 0)
    assert 1 < most <= 3


def test_who_waits_in_one_thread_is_woken_by_another() -> None:
    gate = gate_of(concurrency=1)
    waits = threading.Event()

    async def hold() -> Pass:
        return await gate.enter(MODEL)

    held = asyncio.run(hold())

    async def wait() -> None:
        task = asyncio.ensure_future(gate.enter(MODEL))
        await asyncio.sleep(0)
        waits.set()
        (await task).leave()

    thread = threading.Thread(target=lambda: asyncio.run(wait()), daemon=True)
    thread.start()
    assert waits.wait(10)
    held.leave()  # no loop runs here
    thread.join(10)
    assert not thread.is_alive()


def test_a_loop_that_was_closed_over_its_waiters_holds_nobody_up() -> None:
    gate = gate_of(concurrency=1)
    loop = VirtualTimeLoop()
    held = loop.run_until_complete(gate.enter(MODEL))
    waiting = loop.create_task(gate.enter(MODEL))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    held.leave()
    run(gate.enter(MODEL)).leave()
    waiting.get_coro().close()  # type: ignore[union-attr]
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_was_under_way_before_a_fork_is_the_parents() -> None:
    limits = Limits(concurrency=1, max_wait=0)
    held = run(limits.gate("quarry", "https://quarry.example", "key").enter(MODEL))
    child = os.fork()
    if child == 0:
        try:
            run(limits.gate("quarry", "https://quarry.example", "key").enter(MODEL)).leave()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    with pytest.raises(LimitExceeded):
        run(limits.gate("quarry", "https://quarry.example", "key").enter(MODEL))
    held.leave()


class SharedStore:
    """A store of one's own: one place for each, and it is asked over a network that takes a second."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.free = 1

    async def take(self, place: str, rules: Any, asked: Any, now: float) -> Taken | Wait:
        await asyncio.sleep(1)
        if self.free == 0:
            return Wait(2.0, "concurrency")
        self.free -= 1
        return Taken(asked, now)

    async def least_wait(self, place: str, rules: Any, requests: int, tokens: int, now: float) -> float:
        return 0.0

    def answered(self, place: str, taken: Taken, told: Any, well: bool, now: float) -> None:
        self.told.append((place, told, well))

    def give_back(self, place: str, taken: Taken, outcome: Any, now: float | None) -> None:
        self.free += 1
        self.told.append(outcome)


def test_the_state_may_be_kept_by_a_store_of_ones_own() -> None:
    store = SharedStore()
    moments = run(times_of(gate_of(concurrency=5, store=store), [1, 1], lasting=10))
    assert moments[0] == 1
    assert 11 <= moments[1] <= 14
    assert [outcome.healthy for outcome in store.told] == [True, True]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Limits(requests_per_minute=0), "requests_per_minute must be at least 1, got 0"),
        (lambda: Limits(tokens_per_minute=1.5), "tokens_per_minute must be a whole number, got 1.5"),  # type: ignore[arg-type]
        (lambda: Limits(concurrency=True), "concurrency must be a whole number, got True"),
        (lambda: Limits(max_wait=-1), "max_wait must be at least 0, got -1"),
        (lambda: Limits(breaker=5), "breaker must be a CircuitBreaker, got 5"),  # type: ignore[arg-type]
        (lambda: CircuitBreaker(failures=0), "failures must be at least 1, got 0"),
        (lambda: CircuitBreaker(share=2), "share must be between 0 and 1, got 2"),
        (lambda: CircuitBreaker(open_for=0), "open_for must be between 0.001 and 86400.0, got 0"),
    ],
)
def test_impossible_limits_are_refused_where_they_are_given(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert str(caught.value) == message


def test_limits_show_what_they_say_and_are_not_pickled() -> None:
    limits = Limits(requests_per_minute=60, concurrency=4)
    assert repr(limits) == "Limits(requests_per_minute=60, concurrency=4)"
    with pytest.raises(TypeError, match="limits cannot be pickled"):
        pickle.dumps(limits)
