"""Faults: which bytes each kind makes of a reply, and what becomes of them on a real connection."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from ai_lib_python import AiClient
from ai_lib_python._wire.framings import FRAMINGS
from ai_lib_python.errors import AiLibError, IncompleteStream, Overloaded, RateLimited, StreamInterrupted
from ai_lib_python.simulator import FAULTS, Answer, Fault, FaultMix, SimulatedError, Simulator
from ai_lib_python.simulator.faulting import End, Step, steps
from ai_lib_python.simulator.replying import Reply
from ai_lib_python.simulator.writing import CONTENT_TYPES, framed

PLAIN = b'{"answer": "one two"}'
FRAMES = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]
BODY = b"".join(FRAMES)
TYPE = {"content-type": "text/event-stream"}


def plain(fault: Fault) -> list[Step]:
    return list(steps(Reply(200, {"content-type": "application/json"}, PLAIN), fault))


def stream(fault: Fault, frames: list[bytes] = FRAMES, framing: str = "sse") -> list[Step]:
    return list(steps(Reply(200, TYPE, None, iter(frames), framing=framing), fault))


def sent(done: list[Step]) -> tuple[bytes, bytes]:
    """Head and body, as bytes on the wire."""
    head, _, body = b"".join(step for step in done if isinstance(step, bytes)).partition(b"\r\n\r\n")
    return head, body


def unchunked(body: bytes) -> tuple[list[bytes], bool]:
    """The chunks, and whether the last one came."""
    chunks: list[bytes] = []
    while body:
        size, _, body = body.partition(b"\r\n")
        if not int(size, 16):
            return chunks, True
        chunks.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return chunks, False


def chunks_of(done: list[Step]) -> list[bytes]:
    return unchunked(sent(done)[1])[0]


@pytest.mark.parametrize(("kind", "end"), [("cut", End.CLOSE), ("reset", End.RESET), ("stall", End.STALL)])
@pytest.mark.parametrize("at", [0, 1, 15, len(BODY), 999])
def test_a_stream_breaks_at_its_byte_and_does_not_end(kind: str, end: End, at: int) -> None:
    done = stream(Fault(kind, at=at))
    chunks, ended = unchunked(sent(done)[1])
    assert (b"".join(chunks), ended, done[-1]) == (BODY[:at], False, end)


@pytest.mark.parametrize("kind", ["cut", "reset", "stall"])
def test_a_plain_body_breaks_before_its_promised_length(kind: str) -> None:
    head, body = sent(plain(Fault(kind, at=4)))
    assert (b"content-length: %d" % len(PLAIN) in head, body) == (True, PLAIN[:4])


def test_a_trickle_comes_byte_by_byte_with_pauses() -> None:
    done = stream(Fault("trickle", at=len(BODY) - 3, pace=0.5))
    assert chunks_of(done)[-3:] == [b"e", b"\n", b"\n"]
    assert [step for step in done if isinstance(step, float)] == [0.5] * 3
    assert done[-1] is End.KEEP


def test_a_trickle_may_come_in_larger_drops() -> None:
    assert chunks_of(stream(Fault("trickle", at=0, size=20))) == [BODY[:20], BODY[20:]]


def test_a_truncated_body_ends_in_good_form() -> None:
    assert unchunked(sent(stream(Fault("truncate", at=15)))[1]) == ([BODY[:11], BODY[11:15]], True)
    head, body = sent(plain(Fault("truncate", at=4)))
    assert (b"content-length: 4" in head, body) == (True, PLAIN[:4])


@pytest.mark.parametrize("at", [0, 9])
def test_a_connection_closes_within_the_head(at: int) -> None:
    done = plain(Fault("close", at=at))
    assert (b"".join(done[:-1]), done[-1]) == (b"HTTP/1.1 200 OK"[:at], End.CLOSE)  # type: ignore[arg-type]


@pytest.mark.parametrize(("at", "order"), [(0, (1, 0, 2)), (len(FRAMES[0]), (0, 2, 1)), (999, (0, 2, 1))])
def test_two_frames_change_places(at: int, order: tuple[int, ...]) -> None:
    assert chunks_of(stream(Fault("reorder", at=at))) == [FRAMES[place] for place in order]


def test_the_halves_of_a_plain_body_change_places() -> None:
    half = len(PLAIN) // 2
    assert sent(plain(Fault("reorder")))[1] == PLAIN[half:] + PLAIN[:half]


@pytest.mark.parametrize("size", [1, 3, 99])
def test_bytes_are_overwritten_and_no_length_changes(size: int) -> None:
    body = b"".join(chunks_of(stream(Fault("corrupt", at=7, size=size))))
    assert body == (BODY[:7] + b"\xff" * size + BODY[7 + size :])[: len(BODY)]


def test_the_length_of_a_chunk_and_of_a_body_is_no_number() -> None:
    assert sent(stream(Fault("bad_chunk", at=11)))[1].startswith(b"b\r\ndata: one\n\n\r\nzz\r\ndata: two")
    assert b"content-length: zz" in sent(plain(Fault("bad_chunk")))[0]


@pytest.mark.parametrize(("status", "phrase"), [(200, b"200 OK"), (502, b"502 Bad Gateway"), (599, b"599 Unknown")])
def test_a_proxys_page_stands_in_place_of_the_answer(status: int, phrase: bytes) -> None:
    head, body = sent(stream(Fault("html", status=status)))
    assert head.startswith(b"HTTP/1.1 " + phrase)
    assert b"content-type: text/html" in head
    assert b"content-length: %d" % len(body) in head
    assert phrase in body


def test_content_length_lies_in_both_directions() -> None:
    head, body = sent(plain(Fault("too_long", size=9)))
    assert (b"content-length: %d" % (len(PLAIN) + 9) in head, body) == (True, PLAIN)
    head, body = sent(stream(Fault("too_short", at=5)))
    assert (b"content-length: 5" in head, b"chunked" in head, body) == (True, False, BODY)


@pytest.mark.parametrize(("at", "before"), [(0, []), (12, FRAMES[:1]), (999, FRAMES)])
def test_signs_of_life_come_for_ever_behind_a_whole_frame(at: int, before: list[bytes]) -> None:
    reply = Reply(200, TYPE, None, iter(FRAMES), framing="sse")
    done = list(itertools.islice(steps(reply, Fault("pings", at=at, pace=0.25)), 200))
    assert chunks_of(done)[: len(before)] == before
    assert set(chunks_of(done)[len(before) :]) == {b": ping\n\n"}
    assert done.count(0.25) > 90


def test_signs_of_life_are_the_wires_own_where_it_has_some() -> None:
    own = b'event: ping\ndata: {"type": "ping"}\n\n'
    reply = Reply(200, TYPE, None, iter([own, *FRAMES]), framing="sse")
    assert chunks_of(list(itertools.islice(steps(reply, Fault("pings", at=0)), 9)))[-1] == own


def test_a_body_may_be_empty_and_its_end_may_come_twice() -> None:
    assert sent(stream(Fault("empty"))) == (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 0",
        b"",
    )
    assert chunks_of(stream(Fault("doubled_end"))) == [*FRAMES, FRAMES[-1]]
    assert sent(plain(Fault("doubled_end")))[1] == PLAIN * 2


def test_garbage_stands_behind_the_end() -> None:
    body = b"".join(chunks_of(stream(Fault("garbage", size=50))))
    assert (body[: len(BODY)], len(body)) == (BODY, len(BODY) + 50)


def test_the_content_type_is_another_one() -> None:
    types = {sent(stream(Fault("content_type", seed=seed)))[0].partition(b"content-type: ")[2] for seed in range(30)}
    assert len(types) == 5
    assert b"text/event-stream" not in {found.split(b"\r\n")[0] for found in types}


@pytest.mark.parametrize("framing", CONTENT_TYPES)
def test_a_long_line_means_nothing_in_any_framing(framing: str) -> None:
    frames = [framed(framing, {"event": "x", "data": number}, number) for number in range(3)]
    frames += [b"]"] if framing == "json_array" else []

    def read(fault: Fault) -> tuple[list[bytes], int]:
        chunks = chunks_of(stream(fault, frames, framing))
        decoder = FRAMINGS[framing]()
        found = [frame for chunk in chunks for frame in decoder.feed(chunk)] + decoder.finish()
        return [data for data, _ in found if not data.startswith(b'{"p":"')], len(b"".join(chunks))

    usual, length = read(Fault("truncate", at=10_000))
    padded, longer = read(Fault("long_line", at=len(frames[0]), size=5000))
    assert padded == usual
    assert longer > length + 4990


def test_a_header_may_be_long() -> None:
    assert b"x-padding: " + b"x" * 5000 in sent(plain(Fault("long_header", size=5000)))[0]


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("make", [plain, stream])
def test_the_seed_decides_what_is_not_given_the_same_each_time(kind: str, make: Any) -> None:
    if kind == "pings":
        return
    assert make(Fault(kind, seed=5)) == make(Fault(kind, seed=5))


@pytest.mark.parametrize("kind", ["cut", "reset", "stall"])
def test_a_place_that_the_seed_decides_leaves_some_of_a_plain_body_out(kind: str) -> None:
    lengths = {len(sent(plain(Fault(kind, seed=seed)))[1]) for seed in range(200)}
    assert (min(lengths), max(lengths)) == (0, len(PLAIN) - 1)


def test_another_seed_is_another_place() -> None:
    assert len({sent(stream(Fault("cut", seed=seed)))[1] for seed in range(20)}) > 10


@pytest.mark.parametrize(
    ("make", "kind", "said"),
    [
        (lambda: Fault("cutt"), ValueError, "the kind of a fault must be one of cut, .*'cutt'; did you mean"),
        (lambda: Fault("cut", at=-1), ValueError, "at of a fault must be at least 0, got -1"),
        (lambda: Fault("corrupt", size=0), ValueError, "size of a fault must be at least 1"),
        (lambda: Fault("cut", Fault("cut")), TypeError, "answer of a fault must be an Answer or a SimulatedError, got"),
        (lambda: FaultMix(share=2), ValueError, "share must be between 0 and 1, got 2"),
        (lambda: FaultMix(kinds=()), ValueError, "kinds must name at least one"),
        (lambda: FaultMix(kinds=["nope"]), ValueError, "the kind of a fault must be one of"),
    ],
)
def test_what_is_no_fault_is_told(make: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        make()


# On a real connection


async def client_of(simulator: Simulator, dialect: str = "openai-chat") -> AiClient:
    return await AiClient.create(f"simulator/{dialect}", base_url=simulator.address(dialect), max_retries=0)


def asked(simulator: Simulator) -> socket.socket:
    """A connection on which a stream has been asked for."""
    address = urlsplit(simulator.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=5)
    body = b'{"model": "m", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-length: %d\r\n\r\n"
    connection.sendall(head % len(body) + body)
    return connection


def read_all(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_reset_is_a_reset_and_not_an_end(simulator: Simulator) -> None:
    simulator.script(Fault("reset", at=30))
    with pytest.raises(ConnectionError):
        read_all(asked(simulator))


def test_a_cut_is_an_end_behind_all_that_was_to_come(simulator: Simulator) -> None:
    simulator.script(Fault("cut", at=30))
    chunks, ended = unchunked(read_all(asked(simulator)).partition(b"\r\n\r\n")[2])
    assert (len(b"".join(chunks)), ended) == (30, False)


def test_who_leaves_a_stalled_stream_is_noticed(simulator: Simulator) -> None:
    simulator.script(Fault("stall", at=30))
    connection = asked(simulator)
    assert b"HTTP/1.1 200" in connection.recv(65536)
    connection.close()
    ends = time.monotonic() + 2
    while not simulator.requests[0].disconnected:
        assert time.monotonic() < ends
        time.sleep(0.005)


async def test_a_fault_goes_around_an_answer_an_error_or_the_echo(simulator: Simulator) -> None:
    simulator.script(Fault("truncate", Answer("one two three"), at=10_000), Fault("long_line"))
    simulator.script(Fault("trickle", SimulatedError("overloaded"), pace=0), Answer("and on"))
    async with await client_of(simulator) as client:
        texts = [(await client.chat().user("Hi").execute()).content for _ in range(2)]
        with pytest.raises(Overloaded):
            await client.chat().user("Hi").execute()
        assert [*texts, (await client.chat().user("Hi").execute()).content] == [
            "one two three",
            "You said: Hi",
            "and on",
        ]


async def test_the_connection_is_used_again_behind_a_body_in_good_form(simulator: Simulator) -> None:
    simulator.script(Fault("truncate", at=40))
    async with await client_of(simulator) as client:
        with pytest.raises(AiLibError):
            async for _ in client.chat().user("Hi").stream():
                pass
        assert (await client.chat().user("Hi").execute()).content == "You said: Hi"


async def test_a_storm_is_so_many_refusals_and_then_the_answer(simulator: Simulator) -> None:
    simulator.script(Fault("storm", Answer("calm"), count=3, retry_after=0.25), Fault("storm"), Answer("after"))
    async with await client_of(simulator) as client:
        for expected in (*[RateLimited] * 3, "calm", RateLimited, "after"):
            if isinstance(expected, str):
                assert (await client.chat().user("Hi").execute()).content == expected
                continue
            with pytest.raises(RateLimited) as caught:
                await client.chat().user("Hi").execute()
            assert caught.value.retry_after in (0.25, 0)


async def test_the_answer_behind_a_receipt_meets_the_fault(simulator: Simulator) -> None:
    simulator.script(Fault("cut", Answer("one two three"), at=40))
    async with await client_of(simulator, "replicate-predictions") as client:
        with pytest.raises((StreamInterrupted, IncompleteStream)):
            async for _ in client.chat().user("Hi").stream():
                pass


async def outcomes(mix: FaultMix, *answers: Answer, times: int = 12) -> list[str]:
    async with Simulator(answers, faults=mix) as simulator, await client_of(simulator) as client:
        found: list[str] = []
        for _ in range(times):
            try:
                found.append((await client.chat().user("Hi").execute()).content or "")
            except AiLibError as error:
                found.append(type(error).__name__)
            await asyncio.sleep(0)
        return found


async def test_a_mix_of_faults_is_the_same_for_the_same_seed() -> None:
    mix = FaultMix(7, share=0.5, kinds=("cut", "html", "empty", "close"))
    one, same, other = await outcomes(mix), await outcomes(mix), await outcomes(FaultMix(8, 0.5, mix.kinds))
    assert one == same != other
    assert 2 <= one.count("You said: Hi") <= 10


async def test_a_mix_meets_what_the_script_says_too_and_may_be_none() -> None:
    assert await outcomes(FaultMix(kinds=["empty"]), Answer("x"), times=2) == ["MalformedResponse"] * 2
    assert await outcomes(FaultMix(share=0), Answer("x"), times=2) == ["x", "You said: Hi"]


async def test_a_storm_of_a_mix_ends(simulator: Simulator) -> None:
    found = await outcomes(FaultMix(kinds=["storm"], share=0.2, seed=3), *[Answer("x")] * 4, times=30)
    assert found.count("x") == 4
    assert "RateLimited" in found


async def test_answers_that_nobody_asked_for_can_be_taken_back(simulator: Simulator) -> None:
    simulator.script(Answer("one"), Answer("two")).forget().script(Answer("three"))
    async with await client_of(simulator) as client:
        assert (await client.chat().user("Hi").execute()).content == "three"
