"""A wire of two steps: a receipt, and behind it the answer, whole or as a stream."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import Message
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .wire import KEYS, get, post

PATH = "/models/acme/m-1/predictions"
ASK = {"input": {"prompt": "Hi there"}}
ID = "id: 1767225601:0\n"
WAITS = {**KEYS, "prefer": "wait"}


def prediction(base: str, id: str = "sim-1", version: str = "hidden", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "model": "acme/m-1",
        "version": version,
        "created_at": "2026-01-01T00:00:00Z",
        "urls": {"get": f"{base}/predictions/{id}"},
        **more,
    }


def succeeded(base: str, **more: Any) -> dict[str, Any]:
    output = {"status": "succeeded", "output": ["You said: Hi there"]}
    return prediction(base, **output, metrics={"input_token_count": 2, "output_token_count": 5}, **more)


@pytest.fixture(params=["below its id", "at its usual path"])
def base(request: pytest.FixtureRequest, simulator: Simulator) -> str:
    return (simulator.address("replicate-predictions") if request.param == "below its id" else simulator.url) + "/v1"


def test_who_waits_has_the_answer_at_once(base: str) -> None:
    seen = post(base + PATH, ASK, WAITS)
    assert (seen.status, seen.json) == (201, succeeded(base))


def test_who_does_not_wait_has_a_receipt_and_then_the_answer(base: str) -> None:
    seen = post(base + PATH, ASK)
    urls = {"get": f"{base}/predictions/sim-1", "stream": f"{base}/predictions/sim-1/stream"}
    assert (seen.status, seen.json) == (201, {**prediction(base, status="starting"), "urls": urls})
    answer = get(urls["get"])
    assert (answer.status, answer.json) == (200, succeeded(base))


def test_the_answer_behind_a_receipt_is_streamed(base: str) -> None:
    stream = get(post(base + PATH, ASK).json["urls"]["stream"])
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
    assert stream.text == (
        f"event: output\n{ID}data: You\n\n"
        f"event: output\n{ID}data:  said:\n\n"
        f"event: output\n{ID}data:  Hi\n\n"
        f"event: output\n{ID}data:  there\n\n"
        f"event: done\n{ID}data: {{}}\n\n"
    )


def test_lines_of_a_piece_are_lines_of_its_frame(base: str, simulator: Simulator) -> None:
    simulator.script(Answer("one\ntwo"))
    assert get(post(base + PATH, ASK).json["urls"]["stream"]).text == (
        f"event: output\n{ID}data: one\n\nevent: output\n{ID}data: \ndata: two\n\nevent: done\n{ID}data: {{}}\n\n"
    )


def test_a_version_has_a_path_of_its_own(base: str) -> None:
    seen = post(f"{base}/predictions", {"version": "acme/m-1:abc", **ASK}, WAITS)
    assert (seen.status, seen.json) == (201, succeeded(base, version="abc"))
    receipt = post(f"{base}/predictions", {"version": "acme/m-1:abc", **ASK}).json
    assert (receipt["status"], receipt["version"]) == ("starting", "abc")


def test_an_error_that_was_scripted_for_the_answer_waits_behind_the_receipt(base: str, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "busy", after_frames=1))
    urls = post(base + PATH, ASK).json["urls"]
    assert get(urls["stream"]).text == f"event: output\n{ID}data: You\n\nevent: error\ndata: busy\n\n"
    assert get(urls["get"]).status == 503


def test_a_receipt_that_nobody_gave_leads_nowhere(base: str) -> None:
    seen = get(f"{base}/predictions/sim-7")
    assert seen.status == 404
    assert seen.json == {"title": "Error", "detail": "there is no 'sim-7'", "status": 404}


def test_messages_may_stand_in_the_input(base: str, simulator: Simulator) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi there"}]
    post(base + PATH, {"input": {"messages": messages, "max_completion_tokens": 9, "reasoning_effort": "low"}})
    request = simulator.requests[0].request
    assert request is not None
    assert request.messages == (Message.system("Be brief."), Message.user("Hi there"))
    assert request.max_tokens == 9
    assert request.reasoning is not None
    assert request.reasoning.effort == "low"
