"""A client that was used before the process forked."""

from __future__ import annotations

import os

import pytest

from .program import PLAIN, run
from .server import Server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

FORK = """
def in_child(work):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            sys.stderr.flush()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        os._exit(code)
    return child

def ended(child, within=20):
    late = time.monotonic() + within
    while time.monotonic() < late:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise SystemExit("the child hangs")
"""


def test_the_blocking_face_works_in_a_child_and_the_parent_goes_on(server: Server) -> None:
    code = """
    client = make_sync()
    ask_sync(client, 2)
    assert ended(in_child(lambda: ask_sync(client, 2))) == 0
    ask_sync(client, 2)
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert server.asked == [1, 1, 2, 2, 1, 1]


def test_the_other_face_works_in_a_child_and_the_parent_goes_on(server: Server) -> None:
    code = """
    async def main():
        client = await make()
        await ask(client, 2)
        child = in_child(lambda: asyncio.run(ask(client, 2)))
        status = await asyncio.to_thread(ended, child)
        assert status == 0
        await ask(client, 2)
        await client.aclose()
    asyncio.run(main())
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert server.asked == [1, 1, 2, 2, 1, 1]


def test_a_child_that_closes_its_client_leaves_the_parents_connection(server: Server) -> None:
    code = """
    client = make_sync()
    ask_sync(client)
    def work():
        client.close()
        del globals()["client"]
        gc.collect()
    assert ended(in_child(work)) == 0
    ask_sync(client)
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert server.asked == [1, 1]


def test_a_child_that_ends_as_programs_do_leaves_the_parents_connection_and_says_nothing(server: Server) -> None:
    code = """
    client = make_sync()
    ask_sync(client)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        ask_sync(client)
        sys.exit(0)
    assert ended(child) == 0
    ask_sync(client)
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert server.asked == [1, 2, 1]


def test_a_connection_that_the_parent_closes_ends_though_a_child_lives_on(server: Server) -> None:
    code = """
    client = make_sync()
    ask_sync(client)
    child = in_child(lambda: time.sleep(30))
    client.close()
    late = time.monotonic() + 5
    while client.chat().user("how many have gone?").execute().content == "0":
        assert time.monotonic() < late, "it is still open"
        time.sleep(0.01)
    client.close()
    os.kill(child, 9)
    os.waitpid(child, 0)
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert set(server.asked) == {1, 2}


def test_a_stream_of_the_parent_goes_on_after_a_child_has_ended(server: Server) -> None:
    code = """
    client = make_sync()
    stream = client.chat().user("hi").stream()
    first = next(stream)
    def work():
        ask_sync(client)
        gc.collect()
    assert ended(in_child(work)) == 0
    rest = list(stream)
    assert stream.response.content == "hello"
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert server.asked == [1, 2]


def test_multiprocessing_that_forks(server: Server) -> None:
    code = """
    import multiprocessing
    client = make_sync()
    ask_sync(client)
    def work(number):
        ask_sync(client)
        return number * 2
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(work, range(6)) == [0, 2, 4, 6, 8, 10]
    ask_sync(client)
    client.close()
    """
    run(code, server.url, PLAIN)
    assert server.asked[0] == server.asked[-1] == 1
    assert server.asked.count(1) == 2
    assert len(server.asked) == 8


def test_a_child_of_a_child(server: Server) -> None:
    code = """
    client = make_sync()
    ask_sync(client)
    def inner():
        ask_sync(client)
    def outer():
        ask_sync(client)
        assert ended(in_child(inner)) == 0
        ask_sync(client)
    assert ended(in_child(outer)) == 0
    ask_sync(client)
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)
    assert server.asked == [1, 2, 3, 2, 1]


LOCKS = {
    "of the background thread": "sync._LOOP._lock",
    "of the client": "client._client._caller._lock",
    "of the totals": "client.usage._lock",
    "of the embedded simulator": "__import__('ai_lib_python.simulator.embedded', fromlist=['x'])._LOCK",
}


@pytest.mark.parametrize("found", LOCKS.values(), ids=LOCKS.keys())
def test_a_lock_that_another_thread_holds_at_the_fork_is_free_in_the_child(server: Server, found: str) -> None:
    code = f"""
    from ai_lib_python import sync
    client = make_sync()
    ask_sync(client)
    lock = {found}
    held, over = threading.Event(), threading.Event()
    def hold():
        with lock:
            held.set()
            over.wait()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    def work():
        ask_sync(client)
        assert client.usage.requests
        assert SyncClient.create("simulator/openai-chat").provider
    child = in_child(work)
    try:
        assert ended(child) == 0
    finally:
        over.set()
        thread.join()
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)


def test_a_function_that_is_being_compiled_at_the_fork_is_compiled_in_the_child(server: Server) -> None:
    code = """
    from ai_lib_python._compile import program
    begun, over = threading.Event(), threading.Event()
    real = program.compile_encoder
    def slow(*given):
        begun.set()
        over.wait()
        return real(*given)
    program.compile_encoder = slow
    client = make_sync()
    thread = threading.Thread(target=lambda: client.chat().user("hi").preview())
    thread.start()
    begun.wait()
    def work():
        program.compile_encoder = real
        assert client.chat().user("hi").preview().body
    child = in_child(work)
    try:
        assert ended(child) == 0
    finally:
        over.set()
        thread.join()
    client.close()
    """
    run(FORK + _dedented(code), server.url, PLAIN)


@pytest.mark.parametrize(
    "what",
    ["client", "client.chat().user('hi')", "client.conversation()", "client.chat().user('hi').stream()"],
    ids=["client", "request", "conversation", "stream"],
)
@pytest.mark.parametrize("face", ["make_sync()", "asyncio.run(make())"], ids=["sync", "async"])
def test_what_cannot_go_to_a_spawned_process_says_so(server: Server, face: str, what: str) -> None:
    code = f"""
    import pickle
    client = {face}
    try:
        pickle.dumps({what})
    except TypeError as error:
        print(error)
    else:
        raise SystemExit("it was pickled, with its key")
    """
    assert "make one in each process" in run(code, server.url, PLAIN)


def _dedented(code: str) -> str:
    import textwrap

    return textwrap.dedent(code)
