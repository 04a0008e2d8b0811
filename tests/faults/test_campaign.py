"""A few hundred of the campaign's runs, and that its judge would see what is wrong."""

from __future__ import annotations

import asyncio
import logging
import socket
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from ai_lib_python import ToolCall
from ai_lib_python.errors import ConnectionFailed, MalformedResponse, StreamInterrupted
from ai_lib_python.message import TextPart
from ai_lib_python.response import ChatResponse
from ai_lib_python.simulator import FAULTS, Answer, Fault, Simulator

from . import campaign as running
from .campaign import campaign
from .cases import DIALECTS, KEY, Case, case_of
from .verdict import PLAIN, STREAMED, Wrong, check_failure, check_no_key, check_outcome, check_requests, check_success

ONCE = 2 * len(DIALECTS) * len(FAULTS)
"""Runs that meet each fault on each wire, plain and streamed."""


def test_every_fault_on_every_wire_ends_in_success_or_in_an_error_that_tells_what_came() -> None:
    report = campaign(range(ONCE))
    assert [finding.what for finding in report.findings] == []
    assert report.runs == ONCE


def test_the_runs_are_the_same_for_the_same_number_and_meet_all_there_is() -> None:
    assert case_of(77) == case_of(77)
    met = {(case.dialect, case.fault.kind, case.streamed) for case in map(case_of, range(ONCE))}
    assert len(met) == ONCE
    assert set(PLAIN) == set(STREAMED) == set(FAULTS)


# The judge


def case(kind: str = "cut", text: str = "one two", calls: tuple[ToolCall, ...] = (), **fields: Any) -> Case:
    fault = Fault(kind, Answer(text, tool_calls=calls))
    return case_of(0)._replace(fault=fault, text=text, calls=calls, streamed=True, dialect="openai-chat", **fields)


CALL = ToolCall.create("weather", {"city": "Ulm"}, id="c1")


def response(text: str, *calls: ToolCall) -> ChatResponse:
    return ChatResponse("p", parts=(TextPart(text), *calls))


@pytest.mark.parametrize(("posted", "told"), [(5, 4), (5, 5), (4, 5), (2, 1)])
def test_a_request_too_many_is_seen_and_one_that_nobody_told(posted: int, told: int) -> None:
    run = case(retries=1, others=True)
    check_requests(run, 4, 4)
    with pytest.raises(Wrong, match="requests came"):
        check_requests(run, posted, told)


def test_what_is_tried_again_may_succeed_and_an_error_may_not() -> None:
    check_outcome(case("close", retries=1), "success", haunted=False)
    check_outcome(case("close", others=True), "success", haunted=False)
    with pytest.raises(Wrong):
        check_outcome(case("close"), "success", haunted=False)


def test_a_share_of_the_runs_is_tried_again_or_has_others() -> None:
    again = Counter((run.retries, run.others) for run in map(case_of, range(1000)))
    assert set(again) == {(retries, others) for retries in range(3) for others in (False, True)}
    assert again.total() - again[0, False] > 100


@pytest.mark.parametrize("text", ["one", "one two two", "two", ""])
def test_a_text_that_is_not_the_scripted_one_is_seen(text: str) -> None:
    with pytest.raises(Wrong, match="the text is"):
        check_success(case(), response(text), text)


@pytest.mark.parametrize("calls", [(), (CALL, CALL), (ToolCall.create("weather", {"city": "Bonn"}, id="c1"),)])
def test_calls_that_are_not_the_scripted_ones_are_seen(calls: tuple[ToolCall, ...]) -> None:
    with pytest.raises(Wrong, match="the calls are"):
        check_success(case(calls=(CALL,)), response("one two", *calls), "one two")


def test_events_that_say_something_else_than_the_response_are_seen() -> None:
    with pytest.raises(Wrong, match="the events said"):
        check_success(case(), response("one two"), "one")


def test_a_partial_that_is_no_beginning_is_seen() -> None:
    with pytest.raises(Wrong, match="no beginning"):
        check_failure(case(), StreamInterrupted("gone", partial=response("two")), None)
    with pytest.raises(Wrong, match="nobody made"):
        check_failure(case(), StreamInterrupted("gone", partial=response("one", CALL)), None)


def test_an_outcome_that_does_not_fit_the_fault_is_seen() -> None:
    check_outcome(case("stall"), "DeadlineExceeded", haunted=False)
    with pytest.raises(Wrong, match="stall ended in MalformedResponse"):
        check_outcome(case("stall"), "MalformedResponse", haunted=False)


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


class Unpicklable(ConnectionFailed):
    def __reduce__(self) -> Any:
        return str, (KEY,)


@pytest.mark.parametrize(
    "error",
    [
        MalformedResponse(f"with {KEY}"),
        MalformedResponse("fine", body=f"with {KEY}"),
        caused(MalformedResponse("fine"), ValueError(KEY)),
        caused(MalformedResponse("fine"), caused(ValueError("fine"), OSError(1, KEY))),
        StreamInterrupted("fine", partial=response(KEY)),
        Unpicklable("fine"),
    ],
    ids=["message", "body", "cause", "cause of the cause", "partial", "pickle"],
)
def test_a_key_is_seen_wherever_it_is(error: BaseException) -> None:
    with pytest.raises(Wrong, match="the key is in"):
        check_no_key(error)


# What Python would only print


def leaves_a_task() -> None:
    KEPT.append(asyncio.ensure_future(asyncio.sleep(60)))


def leaves_a_socket() -> None:
    KEPT.append(socket.socket())


def warns() -> None:
    KEPT.append(None)
    Warning_in_del()


def logs_the_key() -> None:
    logging.getLogger("somebody").debug("sent %s", KEY)


KEPT: list[Any] = []


class Warning_in_del:
    def __del__(self) -> None:
        warnings.warn("left open", ResourceWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (leaves_a_task, "1 tasks and 0 sockets are left"),
        (leaves_a_socket, "0 tasks and 1 sockets are left"),
        (warns, "ResourceWarning in"),
        (logs_the_key, "logged: the key is in"),
    ],
)
def test_what_a_run_leaves_behind_is_seen(
    wrong: Callable[[], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = running._judged

    async def then(*arguments: Any) -> str:
        wrong()
        return await judged(*arguments)

    if wrong is leaves_a_socket and not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not say which sockets are open")
    monkeypatch.setattr(running, "_judged", then)
    monkeypatch.setattr(running, "SETTLED", 0.05)
    try:
        report = campaign([20], workers=1)
    finally:
        for kept in KEPT:
            getattr(kept, "close", list)()
        KEPT.clear()
    assert any(said in finding.what for finding in report.findings)


async def test_a_request_that_no_answer_was_waited_for_is_read_before_the_next_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Simulator() as simulator:
        address = urlsplit(simulator.address("openai-chat"))

        async def fails_on_what_was_left_on_its_connection(*_: Any) -> tuple[str, int]:
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            head = f"POST {address.path}/chat/completions HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {KEY}\r\n"
            writer.write(f"{head}content-length: 2\r\n\r\n{{}}".encode())
            writer.close()
            return "ConnectionFailed", 1

        monkeypatch.setattr(running, "_judged", fails_on_what_was_left_on_its_connection)
        worker = running._Worker(simulator, tmp_path)
        worker._haunted = True
        await worker.run(case("close", recorded=False))
        assert [each.method for each in simulator.requests] == ["POST"]
        await worker.aclose()


def test_a_run_that_hangs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    async def for_ever(*_: Any) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(running, "_judged", for_ever)
    monkeypatch.setattr(running, "GRACE", -4.9)
    report = campaign([20], workers=1)
    assert [msgspec.structs.replace(finding, what="") for finding in report.findings] == [running.Finding(20, "")]
