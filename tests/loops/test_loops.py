"""One client in several event loops, one after the other and at once."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from ai_lib_python._structs import convert

from .program import run
from .server import Server


def test_two_runs_one_after_the_other(server: Server) -> None:
    code = """
    client = asyncio.run(make())
    asyncio.run(ask(client, 3))
    asyncio.run(ask(client, 3))
    asyncio.run(client.aclose())
    """
    run(code, server.url)
    assert server.asked == [1, 1, 1, 2, 2, 2]


def test_two_runs_that_stream(server: Server) -> None:
    code = """
    client = asyncio.run(make())
    for _ in range(2):
        assert asyncio.run(read(client)) == "hello"
    asyncio.run(client.aclose())
    """
    run(code, server.url)
    assert server.asked == [1, 2]


def test_a_run_after_one_that_broke_off_in_a_stream(server: Server) -> None:
    code = """
    client = asyncio.run(make())
    async def breaking():
        async for event in client.chat().user("for ever").stream():
            if event.is_content_delta:
                raise LookupError
    try:
        asyncio.run(breaking())
    except LookupError:
        pass
    async def last():
        await ask(client)
        await client.aclose()
    asyncio.run(last())
    """
    run(code, server.url)
    assert server.asked == [1, 2]


def test_a_stream_goes_on_in_the_loop_that_it_began_in_alone(server: Server) -> None:
    code = """
    client = asyncio.run(make())
    async def begin():
        stream = client.chat().user("for ever").stream()
        await stream.__anext__()
        return stream
    loop = asyncio.new_event_loop()
    stream = loop.run_until_complete(begin())
    loop.run_until_complete(stream.aclose())
    loop.run_until_complete(client.aclose())
    loop.close()
    """
    run(code, server.url)


def test_loops_of_ones_own_that_take_turns(server: Server) -> None:
    code = """
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    client = first.run_until_complete(make())
    for _ in range(3):
        first.run_until_complete(ask(client))
        second.run_until_complete(ask(client))
    for loop in (first, second):
        loop.run_until_complete(client.aclose())
        loop.close()
    """
    run(code, server.url)
    assert server.asked == [1, 2] * 3


@pytest.mark.parametrize("call", ["ask(client, 25)", "reads(client)"], ids=["plain", "stream"])
def test_threads_that_use_one_client_at_once(server: Server, call: str) -> None:
    code = f"""
    client = asyncio.run(make())
    gate = threading.Barrier(4)
    async def reads(client):
        for _ in range(25):
            assert await read(client) == "hello"
    async def work():
        gate.wait()
        await asyncio.gather(*({call} for _ in range(4)))
        await client.aclose()
    failed = []
    def one():
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)
    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not failed, failed
    """
    run(code, server.url)
    assert len(server.asked) == 4 * 4 * 25


def test_threads_that_make_their_first_clients_at_once(server: Server) -> None:
    """What is gathered of a type is gathered by one of them alone; msgspec 0.22 crashes the process otherwise."""
    code = """
    import yaml
    import ai_lib_python._engine.connect
    gate = threading.Barrier(8)
    failed = []
    sys.setswitchinterval(1e-6)
    def one():
        async def work():
            gate.wait()
            client = await AiClient.create("anthropic/claude-haiku-4-5", api_key="k", base_url=URL)
            shown = client.chat().user("hi").max_tokens(5).preview()
            assert shown.body["messages"] == [{"role": "user", "content": "hi"}], shown.body
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)
    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not failed, failed
    """
    for _ in range(4):
        run(code, server.url)


def test_the_first_conversions_into_a_type_are_made_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fresh(msgspec.Struct):
        number: int = 0

    met: list[bool] = []
    two_at_once = threading.Barrier(2)
    real = msgspec.convert

    def watched(data: Any, kind: Any, **options: Any) -> Any:
        if type(data) is object:  # what is converted in order to gather, and fits nothing
            try:
                two_at_once.wait(timeout=0.1)
                met.append(True)
            except threading.BrokenBarrierError:
                two_at_once.reset()
        return real(data, kind, **options)

    monkeypatch.setattr(msgspec, "convert", watched)
    threads = [threading.Thread(target=convert, args=({"number": 1}, Fresh)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == []
    assert convert({"number": 2}, Fresh) == Fresh(2)


# Other loops


def test_uvloop_calls_streams_and_hangs_up(server: Server) -> None:
    pytest.importorskip("uvloop", reason="uvloop is not to be had here")
    code = """
    import uvloop
    client = uvloop.run(make())
    async def work():
        await ask(client, 2)
        assert await read(client) == "hello"
        async for event in client.chat().user("for ever").stream():
            if event.is_content_delta:
                break
        await client.aclose()
    uvloop.run(work())
    uvloop.run(ask(client))
    uvloop.run(ask(client))
    uvloop.run(client.aclose())
    """
    run(code, server.url, mode=())  # uvloop tells of what a loop leaves open
    assert server.asked == [1, 1, 1, 1, 2, 3]
    server.wait_until_gone(3)


def test_a_client_that_is_left_open_on_uvloop_says_nothing(server: Server) -> None:
    pytest.importorskip("uvloop", reason="uvloop is not to be had here")
    code = """
    import uvloop
    async def work():
        client = await make()
        await ask(client)
        return client
    client = uvloop.run(work())
    """
    run(code, server.url, mode=())


@pytest.mark.parametrize("call", ["ask(client)", "read(client)", "client.list_models()"])
def test_trio_is_told_what_is_needed(server: Server, call: str) -> None:
    pytest.importorskip("trio", reason="trio is not to be had here")
    code = f"""
    import trio
    from ai_lib_python import ConfigurationError
    async def main():
        client = await make()
        try:
            await {call}
        except ConfigurationError as error:
            print(error)
        else:
            raise SystemExit("no error")
    trio.run(main)
    """
    told = run(code, server.url)
    assert "asyncio" in told
    assert "ai_lib_python.sync" in told
    assert server.asked == []


def test_the_way_that_trio_is_told_of_works(server: Server) -> None:
    pytest.importorskip("trio", reason="trio is not to be had here")
    code = """
    import trio
    async def main():
        client = make_sync()
        await trio.to_thread.run_sync(ask_sync, client)
        client.close()
    trio.run(main)
    """
    run(code, server.url)


def test_no_loop_at_all_is_told(server: Server) -> None:
    code = """
    from ai_lib_python import ConfigurationError
    client = asyncio.run(make())
    call = client.chat().user("hi").execute()
    try:
        call.send(None)
    except ConfigurationError as error:
        assert "asyncio" in str(error)
    else:
        raise SystemExit("no error")
    """
    run(code, server.url)
