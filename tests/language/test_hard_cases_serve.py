# ruff: noqa: E501  # manifests are read by the line
"""What server halves can say. Each test lays a few keys over a small wire, and looks at what the simulator sends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from ai_lib_python._wire.event_stream import EventStreamDecoder
from ai_lib_python.simulator import Answer, SimulatedError, Simulator

from .conftest import manifest_of

BASE = """
serve:
  routes: [{path: /chat}]
  request: {model: .model, stream: .live, messages: {$each: .said, $do: {role: .by, parts: [{kind: text, text: .words}]}}}
  response: {id: $answer.id, text: $answer.text}
  stream: {text: [{data: {text: $text}}], end: [{data: {over: true}}]}
  error: {codes: {overloaded: FULL}, body: {words: $error.message}, stream: [{data: {words: $error.message}}]}
"""
SAID = {"model": "m", "said": [{"by": "user", "words": "Hi"}]}


class Seen(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


class Served:
    """A simulator of the small wire, and the means to ask it."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self._session = session

    async def ask(
        self, body: Any = SAID, path: str = "/chat", *, method: str = "POST", headers: dict[str, str] | None = None
    ) -> Seen:
        url = self.simulator.address("toy") + path
        sent = {} if body is None else {"json": body}
        async with self._session.request(method, url, headers=headers or {}, **sent) as answer:
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Seen(answer.status, found, await answer.read())


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Serves the small wire with the keys of a text in ``serve`` in the place of its own."""
    opened: list[Any] = []

    async def serve(text: str = "{}", more: str = "", **options: Any) -> Served:
        manifest = manifest_of(BASE + more)
        manifest["serve"].update(manifest_of(f"serve: {text}")["serve"])
        (tmp_path / "toy.yaml").write_text(json.dumps(manifest))
        simulator = await Simulator(manifest_dir=tmp_path, **options).start()
        session = aiohttp.ClientSession()
        opened.extend([session.close, simulator.stop])
        return Served(simulator, session)

    yield serve
    for close in opened:
        await close()


async def test_an_answer_and_a_stream_have_headers_of_their_own(serve: Serve) -> None:
    served = await serve("{headers: {x-tokens: '${$answer.usage.output}', X-Model: $answer.model}}")
    for body in (SAID, {**SAID, "live": True}):
        seen = await served.ask(body)
        assert (seen.headers["x-model"], seen.status) == ("m", 200)
        assert int(seen.headers["x-tokens"]) > 0


async def test_a_frame_that_is_absent_is_not_written(serve: Serve) -> None:
    frame = "{$if: $answer.reasoning, $then: {data: {thought: $answer.reasoning}}}"
    stream = f"stream: {{start: [{frame}], text: [{{data: {{text: $text}}}}], end: [{{raw: $answer.created}}]}}"
    served = await serve(f"{{{stream}}}")
    seen = await served.ask({**SAID, "live": True})
    assert (seen.status, seen.lines[0]) == (200, {"text": "You"})
    assert isinstance(seen.lines[-1], int)


async def test_an_answer_of_a_placeholder_that_is_not_there_is_told(serve: Serve) -> None:
    served = await serve("{routes: [{method: GET, path: '/answers/{id}', of: key}]}")
    seen = await served.ask(None, "/answers/1", method="GET")
    assert (seen.status, "no placeholder {key}" in seen.json["error"]["message"]) == (500, True)


async def test_an_error_has_headers_of_its_own(serve: Serve) -> None:
    served = await serve(
        "{error: {codes: {overloaded: FULL}, status: {overloaded: 529}, headers: {x-type: $error.code}, body: {m: $error.message}}}",
        answers=[SimulatedError("overloaded", "later", headers={"x-mine": "1"})],
    )
    seen = await served.ask()
    assert (seen.status, seen.headers["x-type"], seen.headers["x-mine"]) == (529, "FULL", "1")
    assert seen.json == {"m": "later"}


async def test_numbers_and_switches_in_headers_are_sent_as_text(serve: Serve) -> None:
    error = "error: {headers: {x-status: $error.status}, body: {m: $error.message}}"
    served = await serve(
        f"{{headers: {{x-tokens: $answer.usage.output, x-on: true}}, {error}}}",
        answers=[Answer("Hi"), Answer("Hi"), SimulatedError("overloaded", "later")],
    )
    for body in (SAID, {**SAID, "live": True}):
        seen = await served.ask(body)
        assert (seen.status, seen.headers["x-tokens"].isdecimal(), seen.headers["x-on"]) == (200, True, "true")
    assert (await served.ask()).headers["x-status"] == "503"


async def test_a_get_request_without_a_body_is_answered_by_what_stands_in_its_query(serve: Serve) -> None:
    routes = "routes: [{method: GET, path: /ask}]"
    request = "request: {model: $query.m, messages: [{role: user, parts: [{kind: text, text: $query.q}]}]}"
    served = await serve(f"{{{routes}, {request}}}")
    seen = await served.ask(None, "/ask?q=Hello&m=m-1", method="GET")
    assert (seen.status, seen.json["text"]) == (200, "You said: Hello")


async def test_an_answer_may_be_plain_text(serve: Serve) -> None:
    served = await serve("{response: $answer.text}", "\nresponse: {data: text, steps: {text: .}}")
    seen = await served.ask()
    assert (seen.status, seen.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert seen.body == b"You said: Hi"


RECEIPTS = """
  routes:
    - {path: /chat, headers: {prefer: wait}, status: 201}
    - {path: /chat, receipt: true, status: 202}
    - {method: GET, path: "/answers/{id}/stream", of: id, stream: true}
    - {method: GET, path: "/answers/{id}", of: id}
  receipt: {id: $answer.id, get: "${$answer.address}/answers/${$answer.id}"}
"""


async def test_a_receipt_says_where_the_answer_is_to_be_had(serve: Serve) -> None:
    served = await serve("\n" + RECEIPTS, answers=[Answer("One"), Answer("Two")])
    first, second = await served.ask(), await served.ask()
    assert (first.status, second.status) == (202, 202)
    assert first.json["get"] == f"{served.simulator.address('toy')}/answers/{first.json['id']}"
    for receipt, text in ((second, "Two"), (first, "One"), (first, "One")):
        seen = await served.ask(None, f"/answers/{receipt.json['id']}", method="GET")
        assert (seen.status, seen.json) == (200, {"id": receipt.json["id"], "text": text})


async def test_the_answer_behind_a_receipt_may_be_streamed(serve: Serve) -> None:
    served = await serve("\n" + RECEIPTS, answers=[Answer("One two")])
    receipt = (await served.ask()).json
    seen = await served.ask(None, f"/answers/{receipt['id']}/stream", method="GET")
    assert seen.lines == [{"text": "One"}, {"text": " two"}, {"over": True}]


async def test_a_header_tells_one_route_from_another(serve: Serve) -> None:
    served = await serve("\n" + RECEIPTS, answers=[Answer("One")])
    seen = await served.ask(headers={"Prefer": "wait"})
    assert (seen.status, seen.json["text"]) == (201, "One")


async def test_nothing_is_behind_a_receipt_that_was_never_given(serve: Serve) -> None:
    served = await serve("\n" + RECEIPTS)
    seen = await served.ask(None, "/answers/sim-99", method="GET")
    assert (seen.status, seen.json) == (404, {"words": "there is no 'sim-99'"})


async def test_frames_are_numbered_where_a_wire_counts_them(serve: Serve) -> None:
    served = await serve(
        "{numbered: nr, stream: {text: [{data: {text: $text}}], finish: [{raw: '{}'}], end: [{data: {over: true}}]}}",
        answers=[Answer("One two")],
    )
    seen = await served.ask({**SAID, "live": True})
    assert seen.lines == [{"text": "One", "nr": 0}, {"text": " two", "nr": 1}, {}, {"over": True, "nr": 3}]


async def test_neighbours_of_a_named_role_are_read_as_one_message(serve: Serve) -> None:
    merged = BASE.partition("request: {")[2].partition("}\n  response")[0]
    served = await serve(f"{{request: {{{merged}, merge: [assistant]}}}}")
    said = [("user", "A"), ("user", "B"), ("assistant", "C"), ("assistant", "D"), ("user", "E")]
    await served.ask({"model": "m", "said": [{"by": by, "words": words} for by, words in said]})
    request = served.simulator.requests[0].request
    assert request is not None
    read = [(message.role.value, [part.text for part in message.parts]) for message in request.messages]
    assert read == [("user", ["A"]), ("user", ["B"]), ("assistant", ["C", "D"]), ("user", ["E"])]


AWS = """
stream: {framing: aws-eventstream, ends: [end], steps: {text: .text}}
"""


async def test_an_error_among_binary_messages_is_an_exception(serve: Serve) -> None:
    served = await serve(
        """{stream: {text: [{event: word, data: {text: $text}}]},
        error: {codes: {overloaded: fullException}, body: {}, stream: [{exception: $error.code, data: {m: $error.message}}]}}""",
        AWS,
        answers=[SimulatedError("overloaded", "later", after_frames=1)],
    )
    seen = await served.ask({**SAID, "live": True})
    assert seen.headers["content-type"] == "application/vnd.amazon.eventstream"
    (word, kind), (failure, broken) = EventStreamDecoder().feed(seen.body)
    assert json.loads(word) == {"text": "You"}
    assert kind == {":event-type": "word", ":content-type": "application/json", ":message-type": "event"}
    assert json.loads(failure) == {"m": "later"}
    assert (broken[":exception-type"], broken[":message-type"]) == ("fullException", "exception")
