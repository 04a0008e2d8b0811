"""One measurement: one client, one scenario, one fresh process. Started by run.py, prints numbers.

    python measure.py CLIENT SCENARIO SERVER REPEAT SECONDS

CPU is `time.process_time()`: user and system time of all threads of this process, so work that a
library moves to a thread is counted too. Every result is checked for its number of characters.
Caches are warm before the clock starts, except where the first response is what is measured.

A process works for at least SECONDS, in batches of REPEAT units, and reports the lower quartile of its
batches: a shared machine has slow seconds, so each client is given the same time to meet a quiet one, and
a batch is long enough to contain its share of garbage collection.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from workload import ANSWER, ANSWER_DELAY, IN_FLIGHT, STREAMS

WARM_UP_CALLS = 50
MIN_BATCHES = 3
RAMP = 0.8


def check(received: int, expected: int) -> None:
    """A client that lost or repeated text has not done the work."""
    if received != expected:
        raise SystemExit(f"received {received} characters instead of {expected}")


async def calls_in_turn(client: Any, count: int) -> None:
    """`count` calls, one after the other, on a kept-alive connection."""
    for _ in range(count):
        check(await client.call(), len(ANSWER))


async def streams_in_turn(client: Any, count: int, kind: str) -> None:
    """`count` streams, one after the other."""
    for _ in range(count):
        check(await client.stream(), STREAMS[kind].characters())


def lower_quartile(batches: list[float], units: int) -> float:
    """CPU seconds a unit in a quiet batch that is not the luckiest one."""
    return sorted(batches)[(len(batches) - 1) // 4] / units


async def cpu_of(work: Callable[[], Awaitable[None]], units: int, seconds: float) -> float:
    """CPU seconds a unit of work that is done in batches, one after the other."""
    batches: list[float] = []
    end = time.monotonic() + seconds
    while len(batches) < MIN_BATCHES or time.monotonic() < end:
        start = time.process_time()
        await work()
        batches.append(time.process_time() - start)
    return lower_quartile(batches, units)


async def sequential(client: Any, repeat: int, seconds: float) -> list[float]:
    """CPU seconds of a call that waits for the one before."""
    await calls_in_turn(client, WARM_UP_CALLS)
    return [await cpu_of(lambda: calls_in_turn(client, repeat), repeat, seconds)]


async def parallel(client: Any, repeat: int, seconds: float) -> list[float]:
    """CPU seconds of a call while 100 are in flight; `repeat` calls are a batch.

    The server takes its time to answer here, so that the calls are in flight and not in the client, and
    the calls start one after the other. Both favour pools that look at every idle
    connection (httpcore): with instant answers, or 100 calls started at once, they take several times
    the CPU for the first seconds. Counting begins when each connection has been used, and ends while the
    flight is still full; it is one mean, because answers that come together make single batches cheap.
    """
    marks: list[float] = []
    completed, end = 0, time.monotonic() + RAMP + ANSWER_DELAY["parallel"][1] + seconds

    async def fly(number: int) -> None:
        nonlocal completed
        await asyncio.sleep(RAMP * number / IN_FLIGHT)
        while len(marks) <= 2 * MIN_BATCHES or time.monotonic() < end:
            check(await client.call(), len(ANSWER))
            completed += 1
            if completed >= IN_FLIGHT and completed % repeat == 0:
                marks.append(time.process_time())

    await calls_in_turn(client, 1)
    await asyncio.gather(*map(fly, range(IN_FLIGHT)))
    full = marks[: len(marks) - IN_FLIGHT // repeat]
    return [(full[-1] - full[0]) / (repeat * (len(full) - 1))]


async def chunks(client: Any, repeat: int, seconds: float, kind: str) -> list[float]:
    """CPU seconds of a chunk: a whole streamed call, its request included, divided by its chunks."""
    await streams_in_turn(client, 1, kind)
    units = repeat * STREAMS[kind].events
    return [await cpu_of(lambda: streams_in_turn(client, repeat, kind), units, seconds)]


async def burst(client: Any, repeat: int, seconds: float) -> list[float]:
    """Chunks that come 50 in a write, as behind a buffering proxy."""
    return await chunks(client, repeat, seconds, "burst")


async def single(client: Any, repeat: int, seconds: float) -> list[float]:
    """Chunks that come one a write, as from the provider: each wakes the client."""
    return await chunks(client, repeat, seconds, "single")


async def first(client: Any, repeat: int, seconds: float) -> list[float]:
    """CPU seconds since the process began, and the clock, when the first response is here."""
    await calls_in_turn(client, 1)
    return [time.process_time(), time.monotonic()]


async def memory(client: Any, repeat: int, seconds: float) -> list[float]:
    """Peak bytes of the process, and its bytes after one stream, for 100 streams open at once.

    Each stream lasts at least a second, so that all are open before the first one ends.
    """
    await calls_in_turn(client, 1)
    await streams_in_turn(client, 1, "memory")
    before = resident_bytes("VmRSS")
    await asyncio.gather(*(streams_in_turn(client, repeat, "memory") for _ in range(IN_FLIGHT)))
    return [resident_bytes("VmHWM"), before]


def resident_bytes(field: str) -> float:
    """The process's resident memory: its peak (VmHWM) or now (VmRSS).

    Not `ru_maxrss` where /proc exists: on Linux that number starts with the parent's size.
    """
    try:
        with open("/proc/self/status") as status:
            return next(float(line.split()[1]) * 1024 for line in status if line.startswith(field))
    except OSError:
        import resource

        peak = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return peak if sys.platform == "darwin" else peak * 1024


SCENARIOS: dict[str, Callable[[Any, int, float], Awaitable[list[float]]]] = {
    "sequential": sequential,
    "parallel": parallel,
    "burst": burst,
    "single": single,
    "first": first,
    "memory": memory,
}


async def measure(client_name: str, scenario: str, server: str, repeat: int, seconds: float) -> list[float]:
    """Import the client, create it and run the scenario with it."""
    client = await import_module(f"clients.{client_name}").Client.create(f"{server}/{scenario}/v1")
    try:
        return await SCENARIOS[scenario](client, repeat, seconds)
    finally:
        await client.close()


if __name__ == "__main__":
    numbers = asyncio.run(measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])))
    print("measured", *numbers, flush=True)
    os._exit(0)  # what a library does at exit is not measured, and takes some of them half a second
