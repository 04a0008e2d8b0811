"""What a server sends without end, or packed small: a typed error that names the limit, and little memory."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from ai_lib_python import AiClient, AiLibError
from ai_lib_python._wire.bounds import LONGEST_HEADER, MOST_OF_AN_ERROR, WHOLE_STREAM
from ai_lib_python.errors import (
    ConfigurationError,
    DeadlineExceeded,
    MalformedResponse,
    RemoteError,
    ResponseTooLarge,
    ServerError,
)

from .loopback import CHUNKED, END, PLAIN, Exchange, Loopback, chunked, frame, whole
from .scripted import JSON, SSE, Answer, client, sse

MOST = 50_000
"""The limit of these clients; it is lower than the library's own so that the tests are quick."""

PIECE = b" " * 4096


async def ask(asked: AiClient, stream: bool) -> Any:
    request = asked.chat().user("hi")
    if not stream:
        return await request.execute()
    given = request.stream()
    async for _event in given:
        pass
    return given.response


# Bodies


def without_end(head: bytes, piece: bytes = chunked(PIECE)) -> Callable[[Exchange], Any]:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(head)
        while True:
            await exchange.send(piece)

    return handle


CHUNKED_JSON = CHUNKED.replace(b"text/event-stream", b"application/json")


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_a_body_without_end_is_an_error_that_names_the_limit(stream: bool) -> None:
    async with Loopback(without_end(CHUNKED_JSON)) as server, await server.client(max_response_bytes=MOST) as asked:
        with pytest.raises(ResponseTooLarge, match=r"more than 50,000 bytes; max_response_bytes= ") as caught:
            await ask(asked, stream)
        assert (caught.value.provider, caught.value.model, caught.value.retryable) == ("openai", "gpt-4o", False)
        await asyncio.wait_for(server.gone.wait(), 2)


async def test_a_body_that_says_beforehand_that_it_is_too_long_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999999999\r\n\r\n"
    async with Loopback(without_end(head, PIECE)) as server, await server.client(max_response_bytes=MOST) as asked:
        with pytest.raises(ResponseTooLarge, match="50,000 bytes"):
            await ask(asked, stream=False)


async def test_the_limit_itself_is_not_too_much() -> None:
    body = PLAIN.ljust(MOST)

    async def exact(exchange: Exchange) -> None:
        await exchange.send(CHUNKED_JSON, chunked(body), b"0\r\n\r\n")

    async with Loopback(exact) as server, await server.client(max_response_bytes=MOST) as asked:
        assert (await ask(asked, stream=False)).content == "hello"
        assert (await ask(asked, stream=False)).content == "hello"
        assert server.connections == 1


async def test_one_byte_more_is() -> None:
    async def more(exchange: Exchange) -> None:
        await exchange.send(CHUNKED_JSON, chunked(PLAIN.ljust(MOST + 1)), b"0\r\n\r\n")

    async with Loopback(more) as server, await server.client(max_response_bytes=MOST) as asked:
        with pytest.raises(ResponseTooLarge):
            await ask(asked, stream=False)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_of_an_error_without_end_the_beginning_is_enough(stream: bool) -> None:
    head = CHUNKED.replace(b"200 OK", b"503 Service Unavailable")
    begun = head + chunked(b"overloaded, try again")
    async with Loopback(without_end(begun)) as server, await server.client() as asked:
        with pytest.raises(ServerError, match="overloaded, try again") as caught:
            await ask(asked, stream)
        assert caught.value.status_code == 503
        assert len(caught.value.body or "") < MOST_OF_AN_ERROR


# Packed bodies


def bombs() -> list[tuple[str, bytes]]:
    """64 MiB of spaces, packed into less than a hundredth of it."""
    text = bytes(2**20)
    packers = {name: zlib.compressobj(9, zlib.DEFLATED, bits) for name, bits in (("gzip", 31), ("deflate", 15))}
    return [
        (name, b"".join(packer.compress(text) for _ in range(64)) + packer.flush()) for name, packer in packers.items()
    ]


BOMBS = bombs()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(("coding", "packed"), BOMBS, ids=[name for name, _ in BOMBS])
async def test_a_small_body_that_unpacks_to_a_huge_one_is_given_up_before_it_is_there(
    coding: str, packed: bytes, stream: bool
) -> None:
    kind = "text/event-stream" if stream else "application/json"

    async def bomb(exchange: Exchange) -> None:
        await exchange.send(whole(packed, kind=kind, extra=f"content-encoding: {coding}\r\n"))

    async with Loopback(bomb) as server, await server.client(max_response_bytes=MOST) as asked:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLarge, match="50,000 bytes"):
                await ask(asked, stream)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < 16 * 2**20, most


async def test_a_bomb_in_an_error_is_given_up_too() -> None:
    packed = dict(BOMBS)["gzip"]

    async def bomb(exchange: Exchange) -> None:
        await exchange.send(whole(packed, "500 Internal Server Error", extra="content-encoding: gzip\r\n"))

    async with Loopback(bomb) as server, await server.client() as asked:
        with pytest.raises(ServerError):
            await ask(asked, stream=False)


async def test_a_packed_answer_is_read() -> None:
    async def packed(exchange: Exchange) -> None:
        await exchange.send(whole(gzip.compress(PLAIN), extra="content-encoding: gzip\r\n"))

    async with Loopback(packed) as server, await server.client() as asked:
        for _ in range(2):
            assert (await ask(asked, stream=False)).content == "hello"
        assert server.connections == 1


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "x-unknown"])
async def test_a_packing_that_nobody_asked_for_is_an_error_of_ours(coding: str) -> None:
    async def odd(exchange: Exchange) -> None:
        await exchange.send(whole(b"\x1f\x8b\x08 not packed at all", extra=f"content-encoding: {coding}\r\n"))

    async with Loopback(odd) as server, await server.client() as asked:
        with pytest.raises(AiLibError):
            await ask(asked, stream=False)


# Streams


ENDLESS_STREAMS = {
    "one line": b"data: " + b"x" * 4090,
    "one event of many lines": b"data: x\n" * 512,
    "comments": b": still here\n\n" * 300,
    "fields that nobody knows": b"id: 1\nretry: 2\n\n" * 300,
    "names of events": b"event: ping\n\n" * 300,
    "line ends": b"\n" * 4096,
}


@pytest.mark.parametrize("piece", ENDLESS_STREAMS.values(), ids=ENDLESS_STREAMS)
async def test_a_stream_that_goes_on_without_an_event_is_an_error_that_keeps_what_came(piece: bytes) -> None:
    async with (
        Loopback(without_end(CHUNKED + chunked(frame("one")), chunked(piece))) as server,
        await server.client(max_response_bytes=MOST) as asked,
    ):
        with pytest.raises(ResponseTooLarge, match="more than 50,000 bytes without an event") as caught:
            await ask(asked, stream=True)
        assert caught.value.partial.content == "one"
        await asyncio.wait_for(server.gone.wait(), 2)


@pytest.mark.parametrize("framing", ["ndjson", "json_array", "sse"])
async def test_every_framing_has_the_limit(framing: str) -> None:
    manifest = {
        "id": "mine",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://mine.example/v1"},
        "auth": {"env": ["MINE_KEY"]},
        "stream": {"framing": framing},
    }
    begin = {"ndjson": b'{"a": "', "json_array": b'[{"a": "', "sse": b'data: {"a": "'}[framing]
    pieces = [begin, *([b"x" * 4000] * 20)]
    answer = Answer(pieces, headers={"content-type": "application/x"})
    asked, _ = await client("mine/m", answer, manifest=manifest, max_response_bytes=MOST)
    with pytest.raises(ResponseTooLarge, match="without an event"):
        await ask(asked, stream=True)
    assert answer.closed


async def test_a_stream_of_good_events_without_end_is_ended() -> None:
    pieces = 0

    async def generous(exchange: Exchange) -> None:
        nonlocal pieces
        await exchange.send(CHUNKED)
        while True:
            pieces += 1
            await exchange.send(chunked(frame("x" * 900)))

    async with Loopback(generous) as server, await server.client(max_response_bytes=1024) as asked:
        with pytest.raises(ResponseTooLarge, match=f"has more than {1024 * WHOLE_STREAM:,} bytes") as caught:
            await ask(asked, stream=True)
        assert set(caught.value.partial.content) == {"x"}


async def test_many_events_are_not_too_much_if_each_is_small() -> None:
    async def long(exchange: Exchange) -> None:
        await exchange.stream(*(frame("x" * 100) for _ in range(40)), END)

    async with Loopback(long) as server, await server.client(max_response_bytes=1024) as asked:
        assert len((await ask(asked, stream=True)).content) == 4000


# Heads


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"HTTP/1.1 200 " + b"x" * (LONGEST_HEADER + 10) + b"\r\n\r\n", "65,536 bytes"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * (LONGEST_HEADER + 10) + b"\r\n\r\n", "65,536 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * (LONGEST_HEADER + 10) + b": x\r\n\r\n", "65,536 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000 + b"\r\n", "more headers"),
    ],
    ids=["a reason", "a value", "a name", "a number"],
)
async def test_a_head_without_end_is_an_error_that_names_the_limit(head: bytes, told: str, stream: bool) -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(head)

    async with Loopback(handle) as server, await server.client() as asked:
        with pytest.raises(ResponseTooLarge, match=told):
            await ask(asked, stream)


async def test_a_head_as_long_as_gateways_make_it_is_taken() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(whole(PLAIN, extra=f"x-policy: {'x' * 40_000}\r\n" + "x-a: b\r\n" * 100))

    async with Loopback(handle) as server, await server.client() as asked:
        assert (await ask(asked, stream=False)).content == "hello"


async def test_an_interim_answer_again_and_again_is_ended_by_the_time_of_the_call() -> None:
    async with (
        Loopback(without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50)) as server,
        await server.client(timeout=0.3) as asked,
    ):
        with pytest.raises(DeadlineExceeded):
            await ask(asked, stream=False)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_to_itself_is_asked_once(status: str) -> None:
    async def round_and_round(exchange: Exchange) -> None:
        await exchange.send(whole(b"", status, extra="location: /v1/chat/completions\r\n"))

    async with Loopback(round_and_round) as server, await server.client() as asked:
        with pytest.raises(RemoteError):
            await ask(asked, stream=False)
        assert len(server.exchanges) == 1


# JSON


@pytest.mark.parametrize("depth", [500, 100_000])
async def test_an_answer_nested_too_deep_is_told_as_that(depth: int) -> None:
    deep = b'{"choices": ' + b"[" * depth + b"]" * depth + b"}"
    for answer, stream in ((Answer(deep, headers=JSON), False), (Answer(sse(deep.decode()), headers=SSE), True)):
        asked, _ = await client("openai-chat", answer)
        with pytest.raises(MalformedResponse):
            await ask(asked, stream)


# The option


@pytest.mark.parametrize("count", [0, -1, 1023])
async def test_a_limit_below_every_answer_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="max_response_bytes must be at least 1024"):
        await AiClient.create("openai/gpt-4o", api_key="k", max_response_bytes=count)


@pytest.mark.parametrize("count", [True, 1e9, "1 GiB"])
async def test_a_limit_that_is_no_number_is_refused(count: Any) -> None:
    with pytest.raises(TypeError, match="max_response_bytes must be a whole number"):
        await AiClient.create("openai/gpt-4o", api_key="k", max_response_bytes=count)


def test_the_blocking_face_has_the_limit_too() -> None:
    from ai_lib_python.sync import AiClient as Blocking

    asked = Blocking.create(
        "openai/gpt-4o", api_key="k", max_response_bytes=1024, transport=_Scripted(Answer([b'{"a": "', b"x" * 2000]))
    )
    with pytest.raises(ResponseTooLarge):
        list(asked.chat().user("hi").stream())


class _Scripted:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def send(self, request: Any) -> Answer:
        return self._answer

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_client_takes_its_own_transport_or_certificates_and_not_both() -> None:
    import ssl

    with pytest.raises(ConfigurationError, match="verify= or transport="):
        await AiClient.create(
            "openai/gpt-4o", api_key="k", transport=_Scripted(Answer()), verify=ssl.create_default_context()
        )
