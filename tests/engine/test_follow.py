"""Two-step calls: what happens between the receipt and the answer."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest

from ai_lib_python import AiClient, Timeouts
from ai_lib_python.errors import (
    AiLibError,
    AuthenticationError,
    ConnectionFailed,
    DeadlineExceeded,
    IncompleteStream,
    MalformedResponse,
    RemoteError,
    ServerError,
    StreamInterrupted,
)

from .loopback import Exchange, Loopback, whole
from .scripted import JSON, KEY, SSE, Answer, Script

STEPS = {"text": ".text", "finish": ".why", "usage": ".usage"}
LATER: dict[str, Any] = {
    "id": "later",
    "endpoint": {"base_url": "https://later.example/v1", "hosts": ["*.later.example"]},
    "auth": {"scheme": "bearer"},
    "request": {"path": "/jobs", "turns": {"roles": {"user": "u"}}, "body": {"say": "$turns.0.text"}},
    "response": {"steps": STEPS},
    "stream": {
        "framing": "ndjson",
        "ends": ["finish"],
        "steps": {"text": ".text", "finish": ".why", "usage": ".usage"},
    },
    "follow": {"poll": {"url": ".look", "until": ".text", "every": 0.001}, "stream": {"url": ".watch"}},
    "usage": {"prompt": ".in", "output": ".out"},
    "finish": {"map": {"done": "stop"}},
    "errors": {"message": ".problem", "request_id": ".id or $headers.x-request-id", "status": {401: "authentication"}},
}
DONE = {"text": "Hi", "why": "done", "usage": {"in": 3, "out": 2}}
LOOK = {"look": "/v1/jobs/7"}
WATCH = {**LOOK, "watch": "/v1/jobs/7/live"}


def later(every: float) -> dict[str, Any]:
    """The manifest with so many seconds between two looks."""
    poll = {**LATER["follow"]["poll"], "every": every}
    return {**LATER, "follow": {**LATER["follow"], "poll": poll}}


async def scripted(*answers: Any, **options: Any) -> tuple[AiClient, Script]:
    script = Script(*(Answer(answer) if isinstance(answer, dict) else answer for answer in answers))
    options = {"manifest": LATER, "api_key": KEY, **options}
    return await AiClient.create("later/m-1", transport=script, **{"max_retries": 0, **options}), script


async def at(server: Loopback, every: float = 0.001, **options: Any) -> AiClient:
    """A client of a server on loopback."""
    options = {"max_retries": 0, **options}
    return await AiClient.create("later/m-1", manifest=later(every), api_key=KEY, base_url=server.url, **options)


def is_first(exchange: Exchange) -> bool:
    return exchange.head.startswith(b"POST ")


def as_answer(value: Any) -> bytes:
    return whole(json.dumps(value).encode())


async def read(client: AiClient, *, stream: bool) -> Any:
    """The answer, by either way of asking."""
    chat = client.chat().user("hi")
    if not stream:
        return await chat.execute()
    async with chat.stream() as opened:
        async for _ in opened:
            pass
    return opened.response


BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])

# Leaving


@BOTH
async def test_a_task_cancelled_while_it_asks_again_hangs_up(stream: bool) -> None:
    asked_again = asyncio.Event()

    async def receipt_then_silence(exchange: Exchange) -> None:
        if is_first(exchange):
            await exchange.send(as_answer(WATCH))
        else:
            asked_again.set()

    async with Loopback(receipt_then_silence) as server, await at(server) as client:
        task = asyncio.ensure_future(read(client, stream=stream))
        await asked_again.wait()
        left = monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.seen_gone(left)


@BOTH
async def test_a_task_cancelled_between_two_looks_leaves_no_connection_behind(stream: bool) -> None:
    looked = asyncio.Event()

    async def never_ready(exchange: Exchange) -> None:
        await exchange.send(as_answer(LOOK))
        if not is_first(exchange):
            looked.set()

    async with Loopback(never_ready) as server:
        async with await at(server, every=0.001) as client:
            task = asyncio.ensure_future(read(client, stream=stream))
            await looked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await server.seen_gone(monotonic())
        assert server.open == 0


@BOTH
async def test_receipts_and_answers_share_one_connection(stream: bool) -> None:
    async def ready_at_once(exchange: Exchange) -> None:
        await exchange.send(as_answer(LOOK if is_first(exchange) else DONE))

    async with Loopback(ready_at_once) as server, await at(server) as client:
        for _ in range(3):
            assert (await read(client, stream=stream)).content == "Hi"
        assert (server.connections, len(server.exchanges)) == (1, 6)


async def test_leaving_a_stream_behind_a_receipt_hangs_up() -> None:
    async def endless(exchange: Exchange) -> None:
        if is_first(exchange):
            await exchange.send(as_answer(WATCH))
        else:
            await exchange.stream(b'{"text":"H"}\n', end=False)

    async with Loopback(endless) as server, await at(server) as client:
        async for event in client.chat().user("hi").stream():
            if event.is_content_delta:
                break
        await server.seen_gone(monotonic())


async def test_a_stream_that_is_closed_before_it_is_read_hangs_up() -> None:
    async def endless(exchange: Exchange) -> None:
        if is_first(exchange):
            await exchange.send(as_answer(WATCH))
        else:
            await exchange.stream(b'{"text":"H"}\n', end=False)

    async with Loopback(endless) as server, await at(server) as client:
        stream = await client.chat().user("hi").stream()
        await stream.aclose()
        await server.seen_gone(monotonic())
        assert stream.stats.interrupted


@pytest.mark.parametrize("asked", [1, 2], ids=["receipt", "answer"])
async def test_closing_a_stream_that_waits_for_an_answer_wakes_its_reader_and_hangs_up(asked: int) -> None:
    waits = asyncio.Event()

    async def silent_at_last(exchange: Exchange) -> None:
        if len(exchange.server.exchanges) == asked:
            waits.set()
        else:
            await exchange.send(as_answer(LOOK))

    async with Loopback(silent_at_last) as server, await at(server) as client:
        stream = client.chat().user("hi").stream()
        reader = asyncio.ensure_future(stream.__anext__())
        await asyncio.wait_for(waits.wait(), 5)
        left = monotonic()
        await stream.aclose()
        with pytest.raises(RuntimeError, match="this stream is closed"):
            await asyncio.wait_for(reader, 1)
        await server.seen_gone(left)
    assert len(asyncio.all_tasks()) == 1


async def test_closing_a_stream_between_two_looks_wakes_its_reader_at_once() -> None:
    client, script = await scripted(LOOK, LOOK, manifest=later(60))
    stream = client.chat().user("hi").stream()
    reader = asyncio.ensure_future(stream.__anext__())
    await asyncio.sleep(0.01)
    await stream.aclose()
    with pytest.raises(RuntimeError, match="this stream is closed"):
        await asyncio.wait_for(reader, 1)
    assert len(script.requests) == 1
    with pytest.raises(RuntimeError, match="this stream is closed"):
        await stream


async def test_a_reader_that_is_cancelled_is_cancelled_and_not_told_that_the_stream_is_closed() -> None:
    client, _ = await scripted(LOOK, LOOK, manifest=later(60))
    reader = asyncio.ensure_future(client.chat().user("hi").stream().__anext__())
    await asyncio.sleep(0.01)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


# Failing


@BOTH
@pytest.mark.parametrize(
    ("status", "kind"), [(500, ServerError), (401, AuthenticationError), (302, RemoteError)], ids=str
)
async def test_an_error_while_asking_again_is_that_error(stream: bool, status: int, kind: type[RemoteError]) -> None:
    failure = Answer({"problem": f"lost {KEY}", "id": "q-7"}, status)
    client, script = await scripted(WATCH, failure)
    with pytest.raises(kind, match="lost") as caught:
        await read(client, stream=stream)
    error = caught.value
    assert (error.status_code, error.request_id) == (status, "q-7")
    assert (error.provider, error.model) == ("later", "m-1")
    assert KEY not in str(error)
    assert len(script.requests) == 2


@BOTH
async def test_an_error_in_place_of_a_receipt_is_not_followed(stream: bool) -> None:
    client, script = await scripted(Answer({**WATCH, "problem": "full"}, 500))
    with pytest.raises(ServerError, match="full"):
        await read(client, stream=stream)
    assert len(script.requests) == 1


@BOTH
async def test_a_network_that_fails_between_the_steps_knows_its_call(stream: bool) -> None:
    async def gone_after_the_receipt(exchange: Exchange) -> None:
        if is_first(exchange):
            await exchange.send(as_answer(WATCH))
        else:
            exchange.hang_up()

    async with Loopback(gone_after_the_receipt) as server, await at(server) as client:
        with pytest.raises(ConnectionFailed) as caught:
            await read(client, stream=stream)
        assert (caught.value.provider, caught.value.model, caught.value.retryable) == ("later", "m-1", True)


@BOTH
@pytest.mark.parametrize("step", [0, 1], ids=["receipt", "answer"])
async def test_a_body_that_breaks_off_is_an_interruption_in_either_step(stream: bool, step: int) -> None:
    async def half(exchange: Exchange) -> None:
        answer = as_answer(LOOK if is_first(exchange) else DONE)
        if len(exchange.server.exchanges) == step + 1:
            await exchange.send(answer[:-5])
            exchange.hang_up()
        else:
            await exchange.send(answer)

    async with Loopback(half) as server, await at(server) as client:
        with pytest.raises(StreamInterrupted) as caught:
            await read(client, stream=stream)
        assert caught.value.provider == "later"


async def test_a_stream_behind_a_receipt_that_breaks_off_keeps_what_came() -> None:
    client, _ = await scripted(WATCH, Answer(b'{"text":"H"}\n', headers={}))
    with pytest.raises(IncompleteStream) as caught:
        await read(client, stream=True)
    assert caught.value.partial.content == "H"


@BOTH
@pytest.mark.parametrize("receipt", [b"", b"<html>", b"null", b"[]", b'{"look": 7}', b'{"look": {"a": 1}}'])
async def test_a_receipt_without_sense_is_no_answer(stream: bool, receipt: bytes) -> None:
    client, script = await scripted(Answer(receipt, headers=JSON))
    with pytest.raises(MalformedResponse):
        await read(client, stream=stream)
    assert len(script.requests) == 1


@BOTH
async def test_an_answer_that_is_not_whole_and_names_no_url_is_no_answer(stream: bool) -> None:
    manifest = {**LATER, "follow": {"poll": {"url": ".look", "until": ".why", "every": 0.001}}}
    client, _ = await scripted({"text": "half an ans"}, manifest=manifest)
    with pytest.raises(MalformedResponse, match="is not whole, and does not say where to ask for the rest"):
        await read(client, stream=stream)


@BOTH
async def test_an_error_that_names_no_url_is_that_error(stream: bool) -> None:
    steps = {"failed": {"$if": ".problem", "$then": {"error": "."}}, **STEPS}
    manifest = {**LATER, "response": {"steps": steps}}
    client, _ = await scripted(LOOK, {"problem": "the queue is gone"}, manifest=manifest)
    with pytest.raises(RemoteError, match="the queue is gone"):
        await read(client, stream=stream)


@BOTH
async def test_an_answer_that_names_no_url_is_asked_for_where_it_was(stream: bool) -> None:
    manifest = {**LATER, "follow": {"poll": {"url": ".look", "until": ".why", "every": 0.001}}}
    client, script = await scripted(LOOK, {"text": "half an ans"}, DONE, manifest=manifest)
    assert (await read(client, stream=stream)).content == "Hi"
    assert [urlsplit(request.url).path for request in script.requests[1:]] == ["/v1/jobs/7", "/v1/jobs/7"]


# Time


@BOTH
async def test_an_answer_that_is_never_ready_is_a_deadline(stream: bool) -> None:
    client, script = await scripted(LOOK, LOOK, manifest=later(0.01), timeout=0.1)
    began = monotonic()
    with pytest.raises(DeadlineExceeded, match=r"later.* was not (ready|over) within 0\.1 s") as caught:
        await read(client, stream=stream)
    assert caught.value.deadline == "total"
    assert 0.05 < monotonic() - began < 0.5
    assert (caught.value.provider, caught.value.model, caught.value.retryable) == ("later", "m-1", True)
    assert len(script.requests) > 2


async def test_who_has_no_time_left_for_another_look_does_not_wait_for_it() -> None:
    client, script = await scripted(LOOK, manifest=later(60), timeout=5)
    began = monotonic()
    with pytest.raises(DeadlineExceeded):
        await read(client, stream=False)
    assert monotonic() - began < 1
    assert len(script.requests) == 1


@BOTH
async def test_what_follows_is_connected_to_in_the_same_time(stream: bool) -> None:
    client, script = await scripted(LOOK, LOOK, LOOK, DONE, manifest=later(0.001), timeout=Timeouts(connect=7))
    await read(client, stream=stream)
    assert [request.connect for request in script.requests] == [7, 7, 7, 7]


@BOTH
async def test_the_time_of_one_call_covers_a_silent_second_step(stream: bool) -> None:
    async def silent_then(exchange: Exchange) -> None:
        if is_first(exchange):
            await exchange.send(as_answer(WATCH))

    async with Loopback(silent_then) as server, await at(server, timeout=0.15) as client:
        began = monotonic()
        with pytest.raises(DeadlineExceeded):
            await read(client, stream=stream)
        assert 0.1 < monotonic() - began < 0.5
        await server.seen_gone(monotonic())


async def test_a_stream_behind_a_receipt_that_stalls_is_a_deadline() -> None:
    async def stalls(exchange: Exchange) -> None:
        if is_first(exchange):
            await exchange.send(as_answer(WATCH))
        else:
            await exchange.stream(b'{"text":"H"}\n', end=False)

    async with Loopback(stalls) as server, await at(server, timeout=0.15) as client:
        began = monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            await read(client, stream=True)
        assert 0.1 < monotonic() - began < 0.5
        assert caught.value.partial.content == "H"


# Answers that are there although a stream was asked for

APART = {
    **LATER,
    "response": {"steps": {"text": ".whole.text", "finish": ".whole.why"}},
    "follow": {**LATER["follow"], "poll": {**LATER["follow"]["poll"], "until": ".whole"}},
}
WHOLE = json.dumps({"whole": {"text": "Hi", "why": "done"}}, indent=2).encode()


@pytest.mark.parametrize("framing", ["ndjson", "sse", "json_array"])
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "text/plain", "text/html", None]
)
async def test_an_answer_that_was_waited_for_is_read_as_one_whatever_it_is_called(
    kind: str | None, framing: str
) -> None:
    manifest = {**APART, "stream": {**APART["stream"], "framing": framing}}
    headers = {} if kind is None else {"content-type": kind}
    client, _ = await scripted(LOOK, Answer(WHOLE, headers=headers), manifest=manifest)
    response = await read(client, stream=True)
    assert (response.content, response.finish_reason) == ("Hi", "stop")


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json", None])
async def test_frames_at_the_end_of_the_waiting_are_read_as_frames(kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    client, _ = await scripted(
        LOOK, Answer(b'{"text":"H"}\n{"text":"i","why":"done"}\n', headers=headers), manifest=APART
    )
    assert (await read(client, stream=True)).content == "Hi"


async def test_an_event_stream_at_the_end_of_the_waiting_is_read_as_one() -> None:
    manifest = {**APART, "stream": {**APART["stream"], "framing": "sse"}}
    frames = Answer(b'data: {"text":"H"}\n\ndata: {"text":"i","why":"done"}\n\n', headers=SSE)
    client, _ = await scripted(LOOK, frames, manifest=manifest)
    assert (await read(client, stream=True)).content == "Hi"


# Statistics


async def test_the_statistics_are_of_the_whole_call() -> None:
    first, last = Answer(LOOK, headers={**JSON, "x-request-id": "q-1"}), Answer({**DONE, "id": "q-2"})
    client, _ = await scripted(first, LOOK, last, manifest=later(0.02))
    response, stats = await client.chat().user("hi").execute_with_stats()
    assert stats.latency_ms is not None
    assert stats.latency_ms >= 2 * 20
    assert (stats.provider, stats.model, stats.finish_reason) == ("later", "m-1", "stop")
    assert (stats.usage.prompt_tokens, stats.usage.output, response.usage) == (3, 2, stats.usage)
    assert (stats.request_id, stats.interrupted) == ("q-2", False)


async def test_the_statistics_of_a_stream_count_from_the_first_request() -> None:
    frames = Answer(b'{"text":"Hi"}\n{"why":"done","usage":{"in":3,"out":2}}\n', headers={"x-request-id": "q-9"})
    client, _ = await scripted(WATCH, frames)
    async with client.chat().user("hi").stream() as stream:
        async for _event in stream:
            pass
    stats = stream.stats
    assert stats.time_to_first_token_ms is not None
    assert stats.time_to_first_token_ms <= stats.latency_ms
    assert (stats.usage.output, stats.request_id, stats.interrupted) == (2, "q-9", False)


# Where a receipt may lead

ELSEWHERE = [
    "https://evil.example/v1/jobs/7",
    "//evil.example/v1/jobs/7",
    "http://later.example/v1/jobs/7",
    "https://later.example.evil.example/",
    "https://evil.example/later.example",
    "https://later.example@evil.example/",
    "https://evil.example#@later.example/",
    "https://evil.example?later.example",
    "https://xlater.example/",
    "https://later.example./",
    "ftp://later.example/v1/jobs/7",
    "file:///etc/passwd",
    "data:application/json,{}",
    " https://evil.example/",
    "https://later.example:8443/v1/jobs/7",
    "https://eu.later.example:8443/v1/jobs/7",
    "https://user@later.example/v1/jobs/7",
    "https://user:word@eu.later.example/v1/jobs/7",
    "https://l\u0430ter.example/",
    "https://eu.l\u0430ter.example/",
    "https://evil.example\u3002later.example.evil.example/",
    "https://eu.later.example./",
    "ht\ttps://evil.example/",
    "https://evil.example\n/.later.example/",
    "/\t/evil.example/v1/jobs/7",
    "\n//evil.example/v1/jobs/7",
    "HTTP://later.example/v1/jobs/7",
]
"""What only looks like the provider's own host, or is reached otherwise than over its own port, in secret."""

NOWHERE = [
    "https://evil.example\\@later.example/",
    "https://evil\\.later.example/",
    "https://evil.example\\.later.example/",
    "https://eu.later.example\\/",
    "https://[later.example/",
    "https://later.example:port/",
    "https://eu.later.example:0/",
    "https://evil.example\uff0f.later.example/",
    "https://evil.example\u2100.later.example/",
    "https://a..later.example/",
]
"""What no two programs would read alike."""


@BOTH
@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_receipt_that_leads_elsewhere_never_sees_the_key(url: str, stream: bool) -> None:
    client, script = await scripted({"look": url, "watch": url})
    with pytest.raises(MalformedResponse, match="points to another host") as caught:
        await read(client, stream=stream)
    assert len(script.requests) == 1
    assert KEY not in str(caught.value)
    assert (caught.value.provider, caught.value.model) == ("later", "m-1")


@BOTH
@pytest.mark.parametrize("url", NOWHERE)
async def test_a_receipt_that_leads_nowhere_is_not_followed(url: str, stream: bool) -> None:
    client, script = await scripted({"look": url, "watch": url})
    with pytest.raises(MalformedResponse, match="points to") as caught:
        await read(client, stream=stream)
    assert len(script.requests) == 1
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("HTTPS://LATER.EXAMPLE/v1/jobs/7", "https://later.example/v1/jobs/7"),
        ("https://later.example:443/v1/jobs/7", "https://later.example/v1/jobs/7"),
        ("https://EU.later.example:443", "https://eu.later.example/"),
        ("jobs/a b/\u00fc?x=1 2#part", "https://later.example/v1/jobs/a%20b/%C3%BC?x=1%202"),
        ("/jo\tbs/7\n", "https://later.example/jobs/7"),
        ("\\\\evil.example\\x", "https://later.example/v1/%5C%5Cevil.example%5Cx"),
        ("https:\\\\evil.example\\x", "https://later.example/v1/%5C%5Cevil.example%5Cx"),
        ("/\\evil.example/x", "https://later.example/%5Cevil.example/x"),
    ],
)
async def test_what_is_followed_is_asked_as_it_was_checked(url: str, asked: str) -> None:
    client, script = await scripted({"look": url}, DONE)
    await read(client, stream=False)
    assert script.requests[1].url == asked


@pytest.mark.parametrize("host", ["later.example", "eu.later.example"])
async def test_from_a_proxy_without_encryption_no_key_goes_on_to_the_provider_in_clear(host: str) -> None:
    client, script = await scripted({"look": f"http://{host}/v1/jobs/7"}, base_url="http://localhost:9/x")
    with pytest.raises(MalformedResponse, match="points to another host"):
        await read(client, stream=False)
    assert len(script.requests) == 1


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_later_answer_that_leads_elsewhere_never_sees_the_key_either(url: str) -> None:
    client, script = await scripted(LOOK, {"look": url})
    with pytest.raises(MalformedResponse, match="points to another host"):
        await read(client, stream=False)
    assert len(script.requests) == 2


async def test_the_manifests_own_words_cannot_lead_elsewhere() -> None:
    manifest = {**LATER, "follow": {"poll": {"url": "https://evil.example/${.id}", "until": ".text"}}}
    client, script = await scripted({"id": "7"}, manifest=manifest)
    with pytest.raises(MalformedResponse, match="points to another host"):
        await read(client, stream=False)
    assert len(script.requests) == 1


async def test_a_query_in_the_url_of_another_host_is_not_shown() -> None:
    client, _ = await scripted({"look": "https://evil.example/x?token=t0ken"})
    with pytest.raises(AiLibError) as caught:
        await read(client, stream=False)
    assert "https://evil.example/x;" in str(caught.value)


@pytest.mark.parametrize("host", ["later.example", "eu.later.example"])
async def test_a_receipt_may_lead_to_the_providers_hosts_though_the_call_went_to_a_proxy(host: str) -> None:
    client, script = await scripted({"look": f"https://{host}/v1/jobs/7"}, DONE, base_url="https://proxy.example/x")
    await read(client, stream=False)
    assert [request.url for request in script.requests] == [
        "https://proxy.example/x/jobs",
        f"https://{host}/v1/jobs/7",
    ]


async def test_a_proxy_that_rewrites_what_receipts_say_is_followed_to_itself() -> None:
    client, script = await scripted({"look": "http://localhost:9/x/7"}, DONE, base_url="http://localhost:9/x")
    await read(client, stream=False)
    assert script.requests[1].url == "http://localhost:9/x/7"


async def test_a_redirect_of_the_second_step_is_not_followed() -> None:
    async with Loopback(lambda exchange: exchange.send(as_answer(DONE))) as other:

        async def redirecting(exchange: Exchange) -> None:
            there = whole(b"", "307 Temporary Redirect", extra=f"location: {other.url}\r\n")
            await exchange.send(as_answer(LOOK) if is_first(exchange) else there)

        async with Loopback(redirecting) as server, await at(server) as client:
            with pytest.raises(RemoteError, match="307"):
                await read(client, stream=False)
        assert other.exchanges == []


async def test_headers_of_the_caller_go_along() -> None:
    client, script = await scripted(LOOK, DONE)
    await client.chat().user("hi").extra_headers({"X-Trace": "t-1"}).execute()
    assert [request.headers["x-trace"] for request in script.requests] == ["t-1", "t-1"]


async def test_a_stream_in_sse_behind_a_receipt_is_read_frame_by_frame() -> None:
    manifest = {**LATER, "stream": {**LATER["stream"], "framing": "sse"}}
    client, _ = await scripted(
        WATCH, Answer(b'data: {"text":"H"}\n\ndata: {"text":"i","why":"done"}\n\n', headers=SSE), manifest=manifest
    )
    async with client.chat().user("hi").stream() as stream:
        assert [text async for text in stream.text()] == ["H", "i"]
