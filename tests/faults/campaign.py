"""Runs cases against simulators in this process, many at a time, and says which did not end as they may."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ai_lib_python import AiClient, Retries, ToolDefinition
from ai_lib_python._wire.aiohttp_transport import AiohttpTransport
from ai_lib_python.errors import AiLibError
from ai_lib_python.simulator import ReceivedRequest, Simulator
from ai_lib_python.testing import NotRecorded, Player, Recorder

from .cases import KEY, Case, case_of
from .verdict import LATE, Wrong, check_failure, check_outcome, check_requests, check_success, check_text

WORKERS = 16
GRACE = 10.0
"""Seconds beyond its deadline after which a run hangs; generous, for busy machines."""

SEEN = 20
"""Requests that a simulator remembers: more than any run may send."""

EACH = 500
"""Runs after which sockets and tasks are counted."""

SETTLED = 3.0
"""Seconds that sockets may take to close."""


class Finding(msgspec.Struct, frozen=True):
    """A run that went wrong."""

    seed: int
    what: str
    shown: str = ""


class Report(msgspec.Struct):
    """What came of a campaign: how often each kind ended in which way, and what was wrong."""

    outcomes: Counter[tuple[str, bool, str]]
    findings: list[Finding]
    seconds: float = 0.0

    @property
    def runs(self) -> int:
        return self.outcomes.total()


def campaign(seeds: Iterable[int], *, workers: int = WORKERS) -> Report:
    """Runs each seed once."""
    began = time.perf_counter()
    report = Report(Counter(), [])
    todo = list(seeds)
    with _watched(report):
        for start in range(0, len(todo), EACH):
            asyncio.run(_batch(todo[start : start + EACH], workers, report))
            gc.collect()
    report.seconds = time.perf_counter() - began
    return report


@contextmanager
def _watched(report: Report) -> Iterator[None]:
    """What Python would only print is a finding: warnings, logs with the key, errors that nobody fetched."""
    usual, level = sys.unraisablehook, logging.root.level
    logs = _Logs(report)

    def unraisable(told: Any) -> None:
        shown = "".join(traceback.format_exception(told.exc_type, told.exc_value, told.exc_traceback))
        report.findings.append(Finding(-1, f"{told.exc_type.__name__} in {told.object!r}", shown))

    logging.root.addHandler(logs)
    logging.root.setLevel(logging.DEBUG)
    sys.unraisablehook = unraisable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            yield
        finally:
            gc.collect()
            sys.unraisablehook = usual
            logging.root.removeHandler(logs)
            logging.root.setLevel(level)


class _Logs(logging.Handler):
    """Looks for the key in all that is logged, by whomever; and for errors of tasks that nobody waits for."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.DEBUG)
        self._report = report
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        try:
            check_text(text)
        except Wrong as wrong:
            self._report.findings.append(Finding(-1, f"logged: {wrong}"))
        if record.levelno >= logging.ERROR:
            self._report.findings.append(Finding(-1, f"logged by {record.name}", text))


async def _batch(seeds: list[int], workers: int, report: Report) -> None:
    sockets = _sockets()
    queue = iter(seeds)
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.gather(*(_worker(queue, Path(folder) / f"{number}", report) for number in range(workers)))
    await _settled(sockets, seeds, report)


async def _settled(sockets: int, seeds: list[int], report: Report) -> None:
    """All sockets and tasks of a batch are gone, at the latest after a moment."""
    me = asyncio.current_task()
    ends = time.monotonic() + SETTLED
    while (tasks := asyncio.all_tasks() - {me}) or _sockets() > sockets:
        if time.monotonic() > ends:
            what = f"{len(tasks)} tasks and {_sockets() - sockets} sockets are left of the batch"
            report.findings.append(Finding(seeds[0], what, "\n".join(map(repr, tasks))))
            return
        gc.collect()
        await asyncio.sleep(0.01)


def _sockets() -> int:
    """How many sockets this process has open; 0 where the system does not say."""
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        return 0
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("socket:")
        except OSError:  # the one by which the folder was listed
            continue
    return found


async def _worker(queue: Iterator[int], folder: Path, report: Report) -> None:
    """A simulator and a client for each wire, one run after the other: what one leaves behind the next one meets."""
    folder.mkdir()  # noqa: ASYNC240
    async with Simulator(keep=SEEN) as simulator:
        worker = _Worker(simulator, folder)
        try:
            for seed in queue:
                case = case_of(seed)
                try:
                    outcome = await asyncio.wait_for(worker.run(case), case.timeout + GRACE)
                except (asyncio.TimeoutError, TimeoutError):
                    outcome = "hang"
                    report.findings.append(Finding(seed, f"{case!r} hangs"))
                except Exception as error:
                    outcome = "wrong"
                    shown = "".join(traceback.format_exception(error))
                    report.findings.append(Finding(seed, f"{type(error).__name__}: {error}\n  {case!r}", shown))
                report.outcomes[case.fault.kind, case.streamed, outcome] += 1
        finally:
            await worker.aclose()


class _Worker:
    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self._simulator = simulator
        self._folder = folder
        self._transport = AiohttpTransport()
        self._haunted = False
        self._clients: dict[str, AiClient] = {}

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def run(self, case: Case) -> str:
        """How the run ended: ``success``, or the name of the error.

        Raises:
            Wrong: it did not end as it may.
        """
        self._simulator.script(case.fault, *[case.fault.answer] * SEEN)
        before = self._simulator.requests
        try:
            if not case.recorded:
                outcome, told = await _judged(case, await self._client(case.dialect))
                check_requests(case, self._posted_since(before), told)
            else:
                outcome = await self._recorded(case)
            check_outcome(case, outcome, haunted=self._haunted)
            if outcome in LATE or self._haunted:
                await _arrived()
            return outcome
        finally:
            self._simulator.forget()
            self._haunted = case.fault.kind == "too_short"
            self._check_connections()

    async def _recorded(self, case: Case) -> str:
        """The run as it is recorded, and as it is played again: both end alike, and the key is not in the file."""
        path = self._folder / f"{case.seed}.jsonl"
        outcome, _ = await _judged(case, await self._client(case.dialect, Recorder(path, self._transport)))
        check_text(path.read_bytes().decode("utf-8"))
        try:
            again, _ = await _judged(case, await self._client(case.dialect, Player(path)))
        except NotRecorded:
            if outcome in LATE:  # the client left, so nobody recorded what would have come
                return outcome
            raise
        if again != outcome:
            raise Wrong(f"{outcome} when it was recorded, {again} when it was played")
        return outcome

    async def _client(self, dialect: str, transport: Any = None) -> AiClient:
        if transport is None and dialect in self._clients:
            return self._clients[dialect]
        client = await AiClient.create(
            f"simulator/{dialect}",
            api_key=KEY,
            base_url=self._simulator.address(dialect),
            transport=transport or self._transport,
            on_unsupported="ignore",
        )
        return client if transport is not None else self._clients.setdefault(dialect, client)

    def _posted_since(self, before: list[ReceivedRequest]) -> int:
        """How many requests have come that ask for an answer, and not only for the rest of one."""
        known = set(map(id, before))
        return sum(each.method == "POST" and id(each) not in known for each in self._simulator.requests)

    def _check_connections(self) -> None:
        for session in self._transport._sessions.values():
            held = len(session.connector._acquired) if session.connector is not None else 0
            if held:
                raise Wrong(f"{held} connections are still held")


async def _arrived() -> None:
    """Lets the server read what a client has sent that did not wait for the answer: it would take the next run's."""
    for _ in range(50):
        await asyncio.sleep(0)


async def _judged(case: Case, client: AiClient) -> tuple[str, int]:
    """How the run ended, and how many requests the library says that it sent."""
    heard: list[str] = []
    request = client.chat().user(case.text).timeout(case.timeout)
    request = request.max_retries(Retries(max_retries=case.retries, base_delay=0.0))
    if case.others:
        request = request.fallback([client])
    if case.calls:
        request = request.tools([TOOL])
    try:
        if not case.streamed:
            response, stats = await request.execute_with_stats()
            check_success(case, response, None)
            return "success", stats.attempts
        stream = request.stream()
        async for event in stream:
            if event.is_content_delta:
                heard.append(event.as_content_delta.text)
        check_success(case, stream.response, "".join(heard))
    except AiLibError as error:
        check_failure(case, error, "".join(heard) if case.streamed else None)
        return type(error).__name__, error.attempts
    return "success", stream.stats.attempts


TOOL = ToolDefinition("weather", "Tells the weather", {"type": "object", "properties": {"city": {"type": "string"}}})
