"""The end of the interpreter, with things left open: no noise, no hanging."""

from __future__ import annotations

import pytest

from .program import run
from .server import Server

LEFT = {
    "a blocking client": """
        client = make_sync()
        ask_sync(client)
    """,
    "a blocking stream half read": """
        client = make_sync()
        stream = client.chat().user("for ever").stream()
        assert next(stream)
    """,
    "a blocking stream half read in a loop": """
        client = make_sync()
        steps = iter(client.chat().user("for ever").stream())
        assert next(steps)
    """,
    "a blocking stream half read, in a circle": """
        client = make_sync()
        steps = iter(client.chat().user("for ever").stream())
        assert next(steps)
        circle = [steps]
        circle.append(circle)
        del steps
    """,
    "a blocking stream half read, kept by a module": """
        import types
        keeper = sys.modules["keeper"] = types.ModuleType("keeper")
        client = make_sync()
        keeper.steps = iter(client.chat().user("for ever").stream())
        assert next(keeper.steps)
        del client
    """,
    "pieces of text half read": """
        client = make_sync()
        pieces = client.chat().user("for ever").stream_text()
        assert next(pieces) == "hello"
    """,
    "a client of a run that has ended": """
        client = asyncio.run(make())
        asyncio.run(ask(client))
    """,
    "a stream of a run that has ended": """
        async def begin():
            client = await make()
            stream = client.chat().user("for ever").stream()
            await stream.__anext__()
            return client, stream
        left = asyncio.run(begin())
    """,
    "the steps of a stream of a run that has ended": """
        async def begin():
            client = await make()
            steps = client.chat().user("for ever").stream().__aiter__()
            await steps.__anext__()
            return client, steps
        left = asyncio.run(begin())
    """,
    "a loop that was never closed, with a stream": """
        async def begin():
            client = await make()
            stream = client.chat().user("for ever").stream()
            await stream.__anext__()
            return client, stream
        loop = asyncio.new_event_loop()
        left = loop.run_until_complete(begin())
    """,
    "a task in the middle of a call": """
        async def begin():
            task = asyncio.ensure_future((await make()).chat().user("say nothing").execute())
            await asyncio.sleep(0.1)
        asyncio.run(begin())
    """,
    "a daemon thread in the middle of a blocking call": """
        client = make_sync()
        def wait():
            client.chat().user("say nothing").execute()
        threading.Thread(target=wait, daemon=True).start()
        time.sleep(0.3)
    """,
    "a daemon thread in the middle of a blocking stream": """
        client = make_sync()
        begun = threading.Event()
        def read():
            for event in client.chat().user("for ever").stream():
                begun.set()
        threading.Thread(target=read, daemon=True).start()
        begun.wait()
        time.sleep(0.05)
    """,
    "a daemon thread with a loop of its own in a stream": """
        begun = threading.Event()
        async def read_on():
            async for event in (await make()).chat().user("for ever").stream():
                begun.set()
        threading.Thread(target=asyncio.run, args=(read_on(),), daemon=True).start()
        begun.wait()
        time.sleep(0.05)
    """,
    "a daemon thread that goes on calling": """
        client = make_sync()
        begun = threading.Event()
        def call():
            while True:
                ask_sync(client)
                begun.set()
        threading.Thread(target=call, daemon=True).start()
        begun.wait()
    """,
    "nothing but an import": "",
}


@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT.keys())
def test_the_interpreter_ends_without_noise(server: Server, code: str) -> None:
    run(code, server.url, mode=())


@pytest.mark.parametrize("registered", ["before", "after"])
def test_a_call_at_exit_is_answered(server: Server, registered: str) -> None:
    code = f"""
    import atexit
    def last():
        ask_sync(client)
        client.close()
        print("done", flush=True)
    if {registered == "before"}:
        atexit.register(last)
    client = make_sync()
    ask_sync(client)
    if {registered == "after"}:
        atexit.register(last)
    """
    run(code, server.url, mode=())
    assert len(server.asked) == 2


def test_the_server_sees_that_a_program_with_a_half_read_stream_has_ended(server: Server) -> None:
    run(LEFT["a blocking stream half read"], server.url, mode=())
    server.wait_until_gone(1, within=0.3)
