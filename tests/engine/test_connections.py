"""What the server sees: disconnects, reuse, the pool's bound, deadlines."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path
from time import monotonic
from traceback import format_exception
from typing import Any

import pytest

import ai_lib_python
from ai_lib_python import AiClient
from ai_lib_python._wire.aiohttp_transport import AiohttpResponse, AiohttpTransport
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import (
    AiLibError,
    ConnectionFailed,
    DeadlineExceeded,
    MalformedResponse,
    RemoteError,
    StreamInterrupted,
    TransportError,
)

from .loopback import CHUNKED, END, PLAIN, Exchange, Loopback, chunked, frame, whole
from .scripted import KEY

TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]
"""Tasks as event loops have them; one that is written in Python handles the error that it was woken with."""


async def endless(exchange: Exchange) -> None:
    """Sends one piece, then never ends."""
    await exchange.stream(frame("one"), end=False)


async def complete(exchange: Exchange) -> None:
    """A whole stream, or a whole answer, as asked."""
    if b'"stream":true' in exchange.body:
        await exchange.stream(frame("one"), END)
    else:
        await exchange.send(whole(PLAIN))


async def silent(exchange: Exchange) -> None:
    """Never answers."""


def texts_of(error: BaseException) -> str:
    """Everything that people may read of an error and of what caused it."""
    causes = [error, error.__cause__, error.__context__]
    return " ".join(["".join(format_exception(error)), *(f"{cause!r} {cause}" for cause in causes if cause)])


# Leaving


async def test_a_break_hangs_up() -> None:
    async with Loopback(endless) as server, await server.client() as client:
        async for event in client.chat().user("hi").stream():
            if event.is_content_delta:
                break
        await server.seen_gone(monotonic())


async def test_a_break_hangs_up_though_the_stream_is_kept() -> None:
    async with Loopback(endless) as server, await server.client() as client:
        stream = client.chat().user("hi").stream()
        async for event in stream:
            if event.is_content_delta:
                break
        await server.seen_gone(monotonic())
        assert stream.stats.interrupted
        assert stream.response.content == "one"


async def test_a_break_out_of_stream_text_hangs_up() -> None:
    async with Loopback(endless) as server, await server.client() as client:
        async for _text in client.chat().user("hi").stream_text():
            break
        await server.seen_gone(monotonic())


@pytest.mark.parametrize("kept", [False, True], ids=["unnamed", "kept"])
async def test_an_exception_in_the_loop_hangs_up(kept: bool) -> None:
    async with Loopback(endless) as server, await server.client() as client:
        stream = client.chat().user("hi").stream() if kept else None

        async def work() -> None:
            async for event in stream or client.chat().user("hi").stream():
                if event.is_content_delta:
                    raise LookupError

        with pytest.raises(LookupError):
            await work()
        await server.seen_gone(monotonic())
        assert stream is None or stream.stats.interrupted


@pytest.mark.parametrize("how", ["events", "text", "anext", "held"])
async def test_a_cancelled_task_hangs_up(how: str) -> None:
    async with Loopback(endless) as server, await server.client() as client:
        begun = asyncio.Event()
        stream = client.chat().user("hi").stream()

        async def work() -> None:
            if how == "text":
                async for _text in client.chat().user("hi").stream_text():
                    begun.set()
            elif how == "anext":
                while True:
                    await stream.__anext__()
                    begun.set()
            else:
                async with stream if how == "held" else client.chat().user("hi").stream() as opened:
                    async for _event in opened:
                        begun.set()

        task = asyncio.ensure_future(work())
        await begun.wait()
        await asyncio.sleep(0.01)
        left = monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.seen_gone(left)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_a_task_cancelled_before_the_answer_hangs_up(stream: bool) -> None:
    async with Loopback(silent) as server, await server.client() as client:
        request = client.chat().user("hi")
        task = asyncio.ensure_future(request.stream().__anext__() if stream else request.execute())
        await server.asked.wait()
        left = monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.seen_gone(left)


@pytest.mark.parametrize("how", ["aclose", "context", "before_reading"])
async def test_closing_the_stream_hangs_up(how: str) -> None:
    async with Loopback(endless) as server, await server.client() as client:
        stream = client.chat().user("hi").stream()
        if how == "context":
            async with stream:
                await stream.__anext__()
        elif how == "aclose":
            await stream.__anext__()
            await stream.aclose()
        else:
            await stream
            await stream.aclose()
        await server.seen_gone(monotonic())
        assert stream.stats.interrupted


async def test_closing_the_stream_from_another_task_hangs_up_and_wakes_the_reader() -> None:
    async with Loopback(endless) as server, await server.client() as client:
        stream = client.chat().user("hi").stream()
        begun = asyncio.Event()

        async def work() -> None:
            async for _event in stream:
                begun.set()

        task = asyncio.ensure_future(work())
        await begun.wait()
        await asyncio.sleep(0.02)
        left = monotonic()
        await stream.aclose()
        await server.seen_gone(left)
        with pytest.raises(AiLibError):
            await asyncio.wait_for(task, 1)


# Staying


async def test_the_connection_is_used_again_after_a_stream_and_after_a_plain_call() -> None:
    async with Loopback(complete) as server, await server.client() as client:
        for _ in range(3):
            async for _event in client.chat().user("hi").stream():
                pass
            await client.chat().user("hi").execute()
        assert (server.connections, len(server.exchanges)) == (1, 6)


async def test_the_connection_is_used_again_though_the_body_ends_a_little_later() -> None:
    async def late(exchange: Exchange) -> None:
        await exchange.stream(frame("one"), END, end=False)
        await asyncio.sleep(0.02)
        await exchange.send(b"0\r\n\r\n")

    async with Loopback(late) as server, await server.client() as client:
        for _ in range(2):
            assert [text async for text in client.chat().user("hi").stream_text()] == ["one"]
        assert server.connections == 1


async def test_the_connection_is_used_again_after_an_error() -> None:
    async def refusing(exchange: Exchange) -> None:
        await exchange.send(whole(b'{"error": {"message": "no"}}', "400 Bad Request"))

    async with Loopback(refusing) as server, await server.client() as client:
        for stream in (False, True, False):
            with pytest.raises(RemoteError):
                await (client.chat().user("hi").stream().__anext__() if stream else client.chat().user("hi").execute())
        assert server.connections == 1


async def test_a_stream_whose_body_never_ends_does_not_hold_the_caller() -> None:
    async def stuck(exchange: Exchange) -> None:
        await exchange.stream(frame("one"), END, end=False)

    async with Loopback(stuck) as server, await server.client() as client:
        began = monotonic()
        assert [text async for text in client.chat().user("hi").stream_text()] == ["one"]
        assert monotonic() - began < 1
        await server.seen_gone(monotonic())


async def test_the_pool_is_bounded() -> None:
    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.01)
        await exchange.send(whole(PLAIN))

    async with Loopback(slow) as server:
        async with await server.client(transport=AiohttpTransport(connections=3)) as client:
            await asyncio.gather(*(client.chat().user("hi").execute() for _ in range(12)))
        assert len(server.exchanges) == 12
        assert server.most_open == 3


async def test_after_aclose_no_connection_is_left_and_the_client_can_be_used_again() -> None:
    async with Loopback(complete) as server:
        client = await server.client()
        for expected in (1, 2):
            server.gone.clear()
            await client.chat().user("hi").execute()
            await client.aclose()
            await server.seen_gone(monotonic())
            assert (server.connections, server.open) == (expected, 0)


# Failing


async def test_no_answer_within_the_time_is_a_deadline() -> None:
    async with Loopback(silent) as server, await server.client(timeout=0.15) as client:
        for stream in (False, True):
            began = monotonic()
            with pytest.raises(DeadlineExceeded, match=r"0\.15 s") as caught:
                await (client.chat().user("hi").stream().__anext__() if stream else client.chat().user("hi").execute())
            assert 0.1 < monotonic() - began < 0.5
            assert (caught.value.provider, caught.value.model) == ("openai", "gpt-4o")
            assert (caught.value.error_class, caught.value.retryable) == ("timeout", True)


async def test_a_stream_that_stalls_is_a_deadline_and_keeps_what_came() -> None:
    async with Loopback(endless) as server, await server.client() as client:
        began = monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            async for _event in client.chat().user("hi").timeout(0.15).stream():
                pass
        assert 0.1 < monotonic() - began < 0.5
        assert caught.value.partial.content == "one"
        await server.seen_gone(monotonic())


async def test_an_answer_that_stalls_is_a_deadline() -> None:
    async def half(exchange: Exchange) -> None:
        await exchange.send(whole(PLAIN)[:-10])

    async with Loopback(half) as server, await server.client(timeout=0.15) as client:
        with pytest.raises(DeadlineExceeded):
            await client.chat().user("hi").execute()


async def test_a_refused_connection_names_the_url() -> None:
    async with Loopback(complete) as server:
        url = server.url
    client = await AiClient.create("openai/gpt-4o", api_key=KEY, base_url=url, max_retries=0)
    async with client:
        for stream in (False, True):
            with pytest.raises(ConnectionFailed, match=url) as caught:
                await (client.chat().user("hi").stream().__anext__() if stream else client.chat().user("hi").execute())
            assert (caught.value.provider, caught.value.retryable) == ("openai", True)


async def test_a_host_that_does_not_exist_is_a_failed_connection() -> None:
    async with await AiClient.create(
        "openai/gpt-4o", api_key=KEY, base_url="http://nosuch.invalid/v1", max_retries=0
    ) as client:
        with pytest.raises(ConnectionFailed, match=r"nosuch\.invalid"):
            await client.chat().user("hi").execute()


@pytest.mark.parametrize("proxy", ["nope", "http://[::1", "http://a..b:1"])
async def test_a_proxy_that_is_none_is_a_failed_connection(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    async with await AiClient.create("openai/gpt-4o", api_key=KEY, max_retries=0) as client:
        with pytest.raises(
            ConnectionFailed, match=r"could not ask https://api\.openai\.com/v1/chat/completions"
        ) as caught:
            await client.chat().user("hi").execute()
    assert (caught.value.provider, caught.value.retryable) == ("openai", False)
    assert KEY not in texts_of(caught.value)


@pytest.mark.parametrize("host", ["a..example", f"{'a' * 64}.example", "u:w@127.0.0.1:9"])
async def test_the_transport_itself_lets_no_odd_error_out(host: str) -> None:
    transport = AiohttpTransport()
    request = HttpRequest("GET", f"https://{host}/?key={KEY}", {"authorization": f"Bearer {KEY}"}, b"", 5)
    with pytest.raises(ConnectionFailed) as caught:
        await transport.send(request)
    await transport.aclose()
    assert KEY not in texts_of(caught.value)


async def test_a_server_that_closes_in_mid_body_interrupts() -> None:
    async def cut(exchange: Exchange) -> None:
        if b'"stream":true' in exchange.body:
            await exchange.send(CHUNKED, chunked(frame("one")))
        else:
            await exchange.send(whole(PLAIN)[:-10])
        exchange.hang_up()

    async with Loopback(cut) as server, await server.client() as client:
        with pytest.raises(StreamInterrupted) as caught:
            async for _event in client.chat().user("hi").stream():
                pass
        assert caught.value.partial.content == "one"
        with pytest.raises(StreamInterrupted):
            await client.chat().user("hi").execute()


async def test_a_chunk_without_a_length_interrupts_whoever_reads() -> None:
    async def garbled(exchange: Exchange) -> None:
        await exchange.send(CHUNKED, chunked(frame("one")))
        await asyncio.sleep(0.02)
        await exchange.send(b"zz\r\n" + KEY.encode())

    async with Loopback(garbled) as server, await server.client() as client:
        with pytest.raises(StreamInterrupted, match=r"/v1/chat/completions broke: \w") as caught:
            async for _event in client.chat().user("hi").timeout(30).stream():
                pass
        assert caught.value.partial.content == "one"
        assert KEY not in texts_of(caught.value)
        await server.seen_gone(monotonic())


async def ask(request: Any, stream: bool) -> Any:
    return await (request.stream().__anext__() if stream else request.execute())


@pytest.mark.parametrize(
    "wrong",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: %b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n%b\0: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%b\r\n",
        b"HTTP/1.1 200 OK\r\nx: %b",
        b"%b\r\n\r\n",
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("task", TASKS, ids=["C", "Python"])
async def test_a_key_that_is_echoed_by_what_is_no_http_is_in_no_error(task: Any, wrong: bytes, stream: bool) -> None:
    async def echoing(exchange: Exchange) -> None:
        await exchange.send(wrong % KEY.encode())
        exchange.hang_up()

    async with Loopback(echoing) as server, await server.client() as client:
        request = client.chat().user("hi")
        with pytest.raises(TransportError) as caught:
            await task(ask(request, stream))
        assert KEY not in texts_of(caught.value)


async def test_a_server_that_closes_without_an_answer_is_a_failed_connection() -> None:
    async def mute(exchange: Exchange) -> None:
        exchange.hang_up()

    async with Loopback(mute) as server, await server.client() as client:
        with pytest.raises(ConnectionFailed):
            await client.chat().user("hi").execute()


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\x16\x03\x01\x00\x00",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    ],
)
async def test_a_server_that_speaks_no_http_is_a_failed_connection(reply: bytes) -> None:
    async def other(exchange: Exchange) -> None:
        await exchange.send(reply)
        exchange.hang_up()

    async with (
        Loopback(other) as server,
        await server.client(base_url=f"http://127.0.0.1:{server.port}/v1?key={KEY}") as client,
    ):
        with pytest.raises(ConnectionFailed) as caught:
            await client.chat().user("hi").execute()
        assert server.url in str(caught.value)
        assert KEY not in texts_of(caught.value)


async def test_a_body_that_is_no_gzip_is_an_error_of_ours() -> None:
    async def garbled(exchange: Exchange) -> None:
        await exchange.send(whole(PLAIN, extra="content-encoding: gzip\r\n"))

    async with Loopback(garbled) as server, await server.client() as client:
        with pytest.raises(AiLibError):
            await client.chat().user("hi").execute()


async def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else() -> None:
    async with Loopback(complete) as other:

        async def redirecting(exchange: Exchange) -> None:
            await exchange.send(whole(b"", "307 Temporary Redirect", extra=f"location: {other.url}\r\n"))

        async with Loopback(redirecting) as server, await server.client() as client:
            for stream in (False, True):
                with pytest.raises(RemoteError, match="307"):
                    await (
                        client.chat().user("hi").stream().__anext__() if stream else client.chat().user("hi").execute()
                    )
        assert other.exchanges == []


async def test_a_wrong_content_length_under_200_is_an_error_of_ours() -> None:
    async def empty(exchange: Exchange) -> None:
        await exchange.send(whole(b""))

    async with Loopback(empty) as server, await server.client() as client:
        with pytest.raises(MalformedResponse, match="empty"):
            await client.chat().user("hi").execute()


# Loops and threads

SERVER = """
import asyncio, gc, logging, socket, threading
from ai_lib_python import AiClient

logging.getLogger("asyncio").setLevel(logging.ERROR)  # development mode tells of slow steps, such as imports

ANSWER = %r
answered = 0

def serve(listening):
    async def handle(reader, writer):
        global answered
        try:
            while True:
                head = await reader.readuntil(b"\\r\\n\\r\\n")
                await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
                writer.write(ANSWER)
                answered += 1
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
    async def main():
        server = await asyncio.start_server(handle, sock=listening)
        await server.serve_forever()
    asyncio.run(main())

listening = socket.create_server(("127.0.0.1", 0))
url = "http://127.0.0.1:%%d/v1" %% listening.getsockname()[1]
threading.Thread(target=serve, args=(listening,), daemon=True).start()

async def make():
    return await AiClient.create("openai/gpt-4o", api_key="k", base_url=url, max_retries=0)

async def ask(client, times=3):
    for _ in range(times):
        assert (await client.chat().user("hi").execute()).content == "hello"
"""


def run(code: str, mode: tuple[str, ...] = ("-X", "dev", "-W", "error::ResourceWarning")) -> str:
    """Runs a program in development mode, where a socket that is left open is told; or in another one."""
    text = SERVER % whole(PLAIN) + textwrap.dedent(code) + "\ngc.collect()\nprint('done', answered)\n"
    source = str(Path(ai_lib_python.__file__).parent.parent)
    command = [sys.executable, *mode, "-c", text]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env={"PYTHONPATH": source})
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def test_one_client_in_two_runs_one_after_the_other() -> None:
    code = """
    client = asyncio.run(make())
    asyncio.run(ask(client))
    gc.collect()
    asyncio.run(ask(client))
    async def last():
        await ask(client)
        await client.aclose()
    asyncio.run(last())
    """
    assert "done 9" in run(code)


def test_one_client_from_two_threads_at_once() -> None:
    code = """
    client = asyncio.run(make())
    async def work():
        await asyncio.gather(*(ask(client, 10) for _ in range(4)))
        await client.aclose()
    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """
    assert "done 160" in run(code)


def test_a_thousand_calls_leave_no_socket() -> None:
    code = """
    import os
    async def main():
        client = await make()
        await ask(client)
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        await asyncio.gather(*(ask(client, 100) for _ in range(10)))
        await client.aclose()
        await asyncio.sleep(0.05)
        after = len(os.listdir("/proc/self/fd")) if before else 0
        assert after <= before, (before, after)
    asyncio.run(main())
    """
    assert "done 1003" in run(code)


def test_aclose_in_another_loop_leaves_no_socket_of_an_ended_one() -> None:
    code = """
    client = asyncio.run(make())
    asyncio.run(ask(client))
    asyncio.run(client.aclose())
    """
    assert "done 3" in run(code)


LEFT_OPEN = {
    "when its loop ends": """
    async def main():
        await ask(await make())
    asyncio.run(main())
    """,
    "after its loop ended": """
    client = asyncio.run(make())
    asyncio.run(ask(client))
    del client
    """,
    "in a loop that goes on": """
    async def main():
        client = await make()
        await ask(client)
        del client
        gc.collect()
        await asyncio.sleep(0.01)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left, left
    asyncio.run(main())
    """,
    "in the thread of the sync face": """
    from ai_lib_python.sync import AiClient as SyncClient
    client = SyncClient.create("openai/gpt-4o", api_key="k", base_url=url, max_retries=0)
    for _ in range(3):
        assert client.chat().user("hi").execute().content == "hello"
    """,
    "until the program ends": """
    client = asyncio.run(make())
    asyncio.run(ask(client))
    """,
}


@pytest.mark.parametrize("code", LEFT_OPEN.values(), ids=LEFT_OPEN.keys())
def test_a_client_that_is_left_open_says_nothing(code: str) -> None:
    assert "done 3" in run(code, mode=())


def test_a_client_that_is_left_open_is_told_in_our_words_where_python_shows_such_warnings() -> None:
    code = """
    import warnings
    async def main():
        await ask(await make())
        gc.collect()
    with warnings.catch_warnings(record=True) as told:
        asyncio.run(main())
    for each in told:
        print(each.category.__name__, each.message)
    """
    printed = run(code, mode=("-W", "always::ResourceWarning"))
    assert "ResourceWarning a client was left open: await client.aclose(), or async with" in printed
    assert "nclosed" not in printed


async def test_a_cancellation_in_the_moment_in_which_a_body_ends_is_obeyed() -> None:
    class Body:
        status = 200

        def __init__(self) -> None:
            self.headers: dict[str, str] = {}
            self.ended = asyncio.get_running_loop().create_future()
            self.content = self

        def at_eof(self) -> bool:
            return self.ended.done()

        async def read(self) -> Any:
            return await self.ended

        def close(self) -> None:
            """Nothing is open."""

    body: Any = Body()
    answer = AiohttpResponse(body, HttpRequest("GET", "http://localhost", {}, b""))
    ending = asyncio.ensure_future(answer.finish())
    for _ in range(3):
        await asyncio.sleep(0)
    body.ended.set_result(b"")
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
