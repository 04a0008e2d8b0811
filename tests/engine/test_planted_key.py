"""A planted key is found in nothing that people, logs and files get to see: not in a repr, a rich repr, an error and
its causes, the local variables of a traceback's frames, a warning, a log line, a preview or a pickle.

What a server repeats of a key is taken out of the error, though the bytes that came are in the local variables of the
frames that read them: those are looked at where nothing is repeated.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from ai_lib_python import AiClient, AiLibError, errors, messages_to_json
from ai_lib_python._engine.keys import find_key_source
from ai_lib_python._manifest.load import load_file
from ai_lib_python.sync import AiClient as BlockingClient

from .loopback import PLAIN, Exchange, Loopback, whole
from .scripted import Answer, Script, sse
from .transcripts import PLAIN as ANSWERS
from .transcripts import STREAMS

KEY = "planted-key-0123456789abcdef"

BASE: dict[str, Any] = {
    "id": "mine",
    "extends": "openai-chat",
    "endpoint": {"base_url": "https://mine.example/v1", "variables": {"region": {"default": "r-1"}}},
}
SIGNED = {
    "scheme": "aws-sigv4",
    "service": "mine",
    "parts": {"access_key_id": [], "secret_access_key": [], "session_token": []},
}
MADE = {"scheme": "headers", "parts": {"secret": []}, "headers": {"X-Secret": "$secret"}}
PARTS = {"access_key_id": "AKID", "secret_access_key": KEY, "session_token": KEY}

TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]
"""A task that is written in Python hangs what woke it on to every error that follows."""

WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bearer": ({"scheme": "bearer", "env": ["MINE_KEY"]}, {"api_key": KEY}),
    "header": ({"scheme": "header", "header": "X-Key", "env": ["MINE_KEY"]}, {"api_key": KEY}),
    "query": ({"scheme": "query", "query": "key", "env": ["MINE_KEY"]}, {"api_key": KEY}),
    "signed": (SIGNED, {"credentials": PARTS}),
    "made": (MADE, {"credentials": {"secret": KEY}}),
}


def options(way: str) -> dict[str, Any]:
    auth, given = WAYS[way]
    return {"manifest": {**BASE, "auth": auth}, **given}


def with_own(request: Any) -> Any:
    """The request with keys of the caller's own, for a gateway in between."""
    return request.extra_headers({"X-Gateway-Key": KEY, "Cookie": f"session={KEY}"}).extra_query({"access_token": KEY})


def shown(thing: Any) -> Iterator[str]:
    """All that shows a thing to people."""
    yield from (repr(thing), str(thing), f"{thing}", pretty_repr(thing), pretty_repr([thing], max_depth=4))


def holds_no_key(thing: Any) -> None:
    for text in shown(thing):
        assert KEY not in text, f"{type(thing)}: {text}"


def chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is not None and current not in found:
            found.append(current)
            waiting += [current.__cause__, current.__context__]
    return found


def frames_of_ours(error: BaseException) -> str:
    """A traceback with the local variables of its frames, without those of this file, whose own variable the key is."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen: list[Any] = [told]
    while told.__cause__ or told.__context__:
        told = told.__cause__ or told.__context__  # type: ignore[assignment]
        seen.append(told)
    for each in seen:
        each.stack = traceback.StackSummary.from_list([frame for frame in each.stack if frame.filename != __file__])
    return "".join(seen[0].format())


def error_holds_no_key(error: BaseException, *, repeated: bool = False) -> None:
    for each in chain(error):
        holds_no_key(each)
        holds_no_key(each.args)
        for name, value in vars(each).items():
            holds_no_key({name: value})
    assert KEY not in "".join(traceback.format_exception(error))
    assert repeated or KEY not in frames_of_ours(error)
    assert KEY.encode() not in pickle.dumps(error)


# Objects


@pytest.mark.parametrize("way", WAYS)
async def test_no_object_of_a_call_shows_it(way: str) -> None:
    script = Script(*map(Answer, (ANSWERS["openai-chat"], STREAMS["openai-chat"], ANSWERS["openai-chat"])))
    builder = AiClient.builder().model("mine/m").transport(script)
    for name, value in options(way).items():
        getattr(builder, name)(value)
    asked = await builder.build()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        request = with_own(asked.chat().system("s").user("hi").temperature(1.7))
        response, stats = await request.execute_with_stats()
        stream = request.stream()
        events = [event async for event in stream]
        conversation = asked.conversation("s", configure=with_own)
        await conversation.say("hi")
    preview = request.preview()
    things: list[Any] = [
        builder, asked, asked.usage, asked.capabilities, asked._caller, asked._caller.target, request,
        request.build(), preview, preview.as_curl(), response, stats, stream, stream.response, stream.stats, events,
        conversation, conversation.messages, script.requests, *(str(each.message) for each in told),
        await asked._caller.target.credential(), request.into(int), request.stream_text(),
    ]  # fmt: skip
    assert KEY in f"{script.requests[0].url} {script.requests[0].headers}"
    for thing in things:
        holds_no_key(thing)
    kept = [response, stats, events, preview, stream.response, stream.stats, conversation.messages]
    assert KEY.encode() not in pickle.dumps(kept)
    assert KEY not in json.dumps(messages_to_json(conversation.messages))
    assert KEY not in str([vars(thing) for thing in (response, stats) if hasattr(thing, "__dict__")])


@pytest.mark.parametrize("way", WAYS)
async def test_what_holds_a_key_does_not_let_itself_be_pickled(way: str) -> None:
    asked = await AiClient.create("mine/m", transport=Script(Answer(STREAMS["openai-chat"])), **options(way))
    stream = asked.chat().user("hi").stream()
    await stream.__anext__()
    for thing in (asked, asked.chat(), asked.chat().user("hi").into(int), asked.conversation(), stream):
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
            pickle.dumps(thing)
        assert KEY not in str(caught.value)
    await stream.aclose()


def test_the_blocking_face_shows_it_no_more() -> None:
    script = Script(Answer(STREAMS["openai-chat"]))
    asked = BlockingClient.create("mine/m", transport=script, **options("query"))
    request = with_own(asked.chat().user("hi"))
    stream = request.stream()
    for thing in (asked, request, stream, list(stream), stream.response, request.preview()):
        holds_no_key(thing)
    asked.close()


def test_the_source_of_a_key_shows_it_not(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = load_file({**BASE, "auth": WAYS["bearer"][0]})
    monkeypatch.setenv("MINE_KEY", KEY)
    source = find_key_source(manifest, None, "https://mine.example/v1", chosen=False)
    assert callable(source)
    holds_no_key(source())


# Errors


class City(BaseModel):
    """What is asked for where a typed answer fails."""

    name: str


def failing() -> dict[str, tuple[Answer | BaseException, Callable[[Any], Any]]]:
    """Ways for a call to fail, each with how it is made."""
    echo = {"error": {"message": f"you sent {KEY}", "code": KEY, "type": KEY}}

    async def plain(request: Any) -> Any:
        return await request.execute()

    async def streamed(request: Any) -> Any:
        return [event async for event in request.stream()]

    async def typed(request: Any) -> Any:
        return await request.into(City).execute()

    async def unsendable(request: Any) -> Any:
        return await request.extra_body({"x": object()}).execute()

    cut = Answer([STREAMS["openai-chat"][:200]], failure=errors.StreamInterrupted("the connection broke"))
    return {
        **{f"{status}": (Answer(echo, status), plain) for status in (400, 401, 403, 404, 409, 413, 429, 500, 529, 599)},
        "an error in a stream": (Answer(sse(echo)), streamed),
        "a page": (Answer(f"<html>{KEY}</html>"), plain),
        "no JSON in a stream": (Answer(sse(f"you sent {KEY}")), streamed),
        "cut": (cut, streamed),
        "not reached": (errors.ConnectionFailed("could not reach it"), plain),
        "late": (errors.DeadlineExceeded("too late"), streamed),
        "another type": (Answer(ANSWERS["openai-chat"]), typed),
        "no JSON to send": (Answer(b""), unsendable),
    }


REPEATING = ("an error in a stream", "a page", "no JSON in a stream")


@pytest.mark.parametrize("failure", failing())
@pytest.mark.parametrize("way", WAYS)
async def test_no_error_shows_it(way: str, failure: str) -> None:
    answer, call = failing()[failure]
    asked = await AiClient.create("mine/m", transport=Script(answer), **options(way))
    with pytest.raises(AiLibError) as caught:
        await call(with_own(asked.chat().user("hi")))
    error_holds_no_key(caught.value, repeated=failure in REPEATING)


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in errors.__all__], ids=lambda kind: kind.__name__)
def test_an_error_of_any_kind_has_no_field_for_a_key(kind: type[AiLibError]) -> None:
    made = kind("what happened", provider="mine")
    back = pickle.loads(pickle.dumps(made))
    assert type(back) is kind
    assert not [name for name in vars(back) if "key" in name or "secret" in name or "header" in name]


# The real transport


async def hanging_up(exchange: Exchange) -> None:
    exchange.hang_up()


async def speaking_no_http(exchange: Exchange) -> None:
    await exchange.send(b"SSH-2.0-OpenSSH_9\r\n\r\n")


async def cut_short(exchange: Exchange) -> None:
    await exchange.send(whole(PLAIN)[:-10])
    exchange.hang_up()


async def silent(exchange: Exchange) -> None:
    """Never answers."""


async def fine(exchange: Exchange) -> None:
    await exchange.send(whole(PLAIN))


async def redirecting(exchange: Exchange) -> None:
    await exchange.send(whole(b"", "307 Temporary Redirect", extra="location: https://evil.example/\r\n"))


@pytest.mark.parametrize("task_of", TASKS, ids=["C", "Python"])
@pytest.mark.parametrize("handler", [hanging_up, speaking_no_http, cut_short, silent, redirecting])
@pytest.mark.parametrize("way", ["bearer", "query"])
async def test_no_error_of_the_network_shows_it(way: str, handler: Callable[[Exchange], Any], task_of: Any) -> None:
    async with Loopback(handler) as server:
        asked = await AiClient.create("mine/m", base_url=server.url, timeout=0.3, **options(way))
        async with asked:
            with pytest.raises(AiLibError) as caught:
                await task_of(with_own(asked.chat().user("hi")).execute())
    error_holds_no_key(caught.value)


@pytest.mark.parametrize("way", ["bearer", "query"])
async def test_a_server_that_is_not_there_is_told_without_it_and_why_as_well(way: str) -> None:
    async with Loopback(silent) as server:
        url = server.url
    async with await AiClient.create("mine/m", base_url=url, **options(way)) as asked:
        with pytest.raises(errors.ConnectionFailed) as caught:
            await with_own(asked.chat().user("hi")).execute()
    assert isinstance(caught.value.__cause__, OSError)
    error_holds_no_key(caught.value)


async def test_a_traceback_with_local_variables_shows_none_of_ours() -> None:
    """As rich's handler and some error reporters print them."""
    async with Loopback(hanging_up) as server:
        asked = await AiClient.create("mine/m", base_url=server.url, **options("query"))
        async with asked:
            try:
                await with_own(asked.chat().user("hi")).execute()
            except AiLibError as error:
                printed = Console(file=io.StringIO(), width=400)
                printed.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
                assert KEY not in printed.file.getvalue()  # type: ignore[attr-defined]
                return
    pytest.fail("the call did not fail")


async def test_the_password_of_a_proxy_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Loopback(silent) as server:
        port = server.port
    monkeypatch.setenv("http_proxy", f"http://someone:{KEY}@127.0.0.1:{port}")
    monkeypatch.setattr("ai_lib_python._wire.aiohttp_transport.proxy_bypass", lambda host: False)
    async with await AiClient.create("mine/m", base_url="http://mine.example/v1", **options("bearer")) as asked:
        with pytest.raises(errors.ConnectionFailed) as caught:
            await asked.chat().user("hi").execute()
    for each in chain(caught.value):
        holds_no_key(each)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("handler", [fine, hanging_up, cut_short])
async def test_no_log_line_shows_it_however_much_is_logged(
    handler: Callable[[Exchange], Any], caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0  # so that every step is told
    with caplog.at_level(logging.DEBUG):
        async with Loopback(handler) as server:
            asked = await AiClient.create("mine/m", base_url=server.url, **options("query"))
            async with asked:
                for _ in range(2):
                    try:
                        await with_own(asked.chat().user("hi")).execute()
                    except AiLibError as error:
                        logging.getLogger("of.users").exception("it failed: %r", error)
    loop.set_debug(False)
    assert caplog.records
    formatted = [logging.Formatter().format(record) for record in caplog.records]
    assert KEY not in "\n".join(formatted)


# The address


@pytest.mark.parametrize("way", [way for way in WAYS if way != "query"])
async def test_a_key_is_in_the_address_only_where_the_wire_wants_it_there(way: str) -> None:
    script = Script(Answer(ANSWERS["openai-chat"]))
    asked = await AiClient.create("mine/m", transport=script, **options(way))
    await asked.chat().user("hi").execute()
    assert KEY not in script.requests[0].url
