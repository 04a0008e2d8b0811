"""The blocking face where a loop runs already, in threads, and within threads of threads."""

from __future__ import annotations

import pytest

from .program import run
from .server import Server


def test_in_a_cell_of_a_notebook(server: Server) -> None:
    """A notebook runs each cell within a callback of a loop that never ends."""
    code = """
    CELLS = [
        "client = make_sync()",
        "answer = client.chat().user('hi').execute().content",
        "pieces = list(client.chat().user('hi').stream_text())",
        "client.close()",
    ]
    names = dict(globals())
    async def kernel():
        for cell in CELLS:
            exec(cell, names)
            await asyncio.sleep(0)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(kernel())
    loop.close()
    assert (names["answer"], names["pieces"]) == ("hello", ["hello"])
    """
    run(code, server.url)


def test_in_a_callback_of_a_running_loop(server: Server) -> None:
    code = """
    client = make_sync()
    async def main():
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(lambda: done.set_result(ask_sync(client)))
        await done
    asyncio.run(main())
    client.close()
    """
    run(code, server.url)


def test_beside_the_other_face_in_one_loop(server: Server) -> None:
    code = """
    async def main():
        client, blocking = await make(), make_sync()
        for _ in range(3):
            await ask(client)
            ask_sync(blocking)
        blocking.close()
        await client.aclose()
    asyncio.run(main())
    """
    run(code, server.url)
    assert server.asked == [1, 2] * 3


def test_in_threads_that_begin_within_threads(server: Server) -> None:
    code = """
    client = make_sync()
    failed = []
    def work(depth):
        try:
            ask_sync(client, 3)
            assert list(client.chat().user("hi").stream_text()) == ["hello"]
            if depth:
                inner = [threading.Thread(target=work, args=(depth - 1,)) for _ in range(2)]
                for thread in inner: thread.start()
                for thread in inner: thread.join()
        except BaseException as error:
            failed.append(error)
    work(3)
    client.close()
    assert not failed, failed
    """
    run(code, server.url)
    assert len(server.asked) == 15 * 4


def test_in_a_thread_of_a_running_loop(server: Server) -> None:
    code = """
    client = make_sync()
    async def main():
        await asyncio.gather(*(asyncio.to_thread(ask_sync, client, 5) for _ in range(4)))
    asyncio.run(main())
    client.close()
    """
    run(code, server.url)
    assert len(server.asked) == 20


def test_a_tool_that_blocks_on_the_same_client_is_told_and_does_not_hang(server: Server) -> None:
    code = """
    from ai_lib_python import sync
    client = make_sync()
    async def within():
        client.chat().user("hi").execute()
    try:
        sync._LOOP.run(within())
    except RuntimeError as error:
        assert "from within" in str(error)
    else:
        raise SystemExit("no error")
    client.close()
    """
    run(code, server.url)


def test_an_interrupt_from_the_keyboard_ends_the_call(server: Server) -> None:
    if not hasattr(__import__("signal"), "setitimer"):
        pytest.skip("no timers here")
    code = """
    import signal
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    client = make_sync()
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        client.chat().user("say nothing").execute()
    except KeyboardInterrupt:
        pass
    else:
        raise SystemExit("no interrupt")
    ask_sync(client)
    client.close()
    """
    run(code, server.url)
    server.wait_until_gone(2)
