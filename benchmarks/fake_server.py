"""A fast fake of an OpenAI chat endpoint: raw asyncio, prepared bytes, nothing computed per request.

It listens on 127.0.0.1 only, prints its port, and ends when its standard input closes (the benchmark
has ended, however it ended) or after `LIFETIME` seconds. It runs in a process of its own, on a core of
its own, so that its CPU time is never counted as a client's.

The first part of the path names the stream: POST /burst/v1/chat/completions. The model stays `gpt-4o`
for every scenario, because clients look prices and capabilities up by its name.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import Any

from workload import ANSWER, ANSWER_DELAY, MODEL, STREAMS, Stream

LIFETIME = 900.0
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
STREAMED = re.compile(rb'"stream": ?true')
IDENTITY = {
    "id": "chatcmpl-CkP0zqLxk3JcXl0bVwJt6mYyQe2Rf",
    "created": 1764000000,
    "model": f"{MODEL}-2024-08-06",
}
DEPLOYMENT = {"service_tier": "default", "system_fingerprint": "fp_a788c5aef0"}
USAGE = {
    "prompt_tokens": 25,
    "completion_tokens": 96,
    "total_tokens": 121,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
COMMON_HEADERS = (
    b"HTTP/1.1 200 OK\r\n"
    b"date: Mon, 24 Nov 2025 16:00:00 GMT\r\n"
    b"access-control-expose-headers: X-Request-ID\r\n"
    b"openai-organization: user-benchmark\r\n"
    b"openai-processing-ms: 512\r\n"
    b"openai-version: 2020-10-01\r\n"
    b"x-ratelimit-limit-requests: 10000\r\n"
    b"x-ratelimit-limit-tokens: 2000000\r\n"
    b"x-ratelimit-remaining-requests: 9999\r\n"
    b"x-ratelimit-remaining-tokens: 1999970\r\n"
    b"x-ratelimit-reset-requests: 6ms\r\n"
    b"x-ratelimit-reset-tokens: 0s\r\n"
    b"x-request-id: req_7f0c3b5e9d1a4e2f8b6c0d9e1f2a3b4c\r\n"
    b"server: fake\r\n"
)


def compact(value: dict[str, Any]) -> bytes:
    """The JSON of `value` without spaces, as the provider sends it."""
    return json.dumps(value, separators=(",", ":")).encode()


def plain_response() -> bytes:
    """The whole HTTP response to a call that does not stream."""
    message: dict[str, Any] = {"role": "assistant", "content": ANSWER, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = compact({**IDENTITY, "object": "chat.completion", "choices": [choice], "usage": USAGE, **DEPLOYMENT})
    head = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return COMMON_HEADERS + head + body


def event(delta: dict[str, Any] | None, finish_reason: str | None = None) -> bytes:
    """One server-sent event; without a delta it is the last one, that carries the usage."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = {**IDENTITY, "object": "chat.completion.chunk", **DEPLOYMENT}
    chunk["choices"] = [] if delta is None else [choice]
    chunk["usage"] = USAGE if delta is None else None
    return b"data: " + compact(chunk) + b"\n\n"


def http_chunk(data: bytes) -> bytes:
    """One chunk of HTTP/1.1 chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream_writes(stream: Stream) -> list[bytes]:
    """The writes of a streamed response: the head, the events in groups, then the end in one write."""
    head = b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
    first = event({"role": "assistant", "content": "", "refusal": None})
    events = [event({"content": token}) for token in stream.tokens()]
    size = stream.events_per_write
    groups = [b"".join(events[start : start + size]) for start in range(0, len(events), size)]
    end = event({}, "stop") + event(None) + b"data: [DONE]\n\n"
    return [
        COMMON_HEADERS + head + http_chunk(first),
        *map(http_chunk, groups),
        http_chunk(end) + b"0\r\n\r\n",
    ]


def spread(least: float, most: float, steps: int = 101) -> list[float]:
    """Delays between the limits, evenly, in an order that jumps about and is the same in each run."""
    return [least + (most - least) * (number * 37 % steps) / steps for number in range(steps)]


PLAIN = plain_response()
WRITES = {name: stream_writes(stream) for name, stream in STREAMS.items()}
DELAYS = {name: itertools.cycle(spread(*limits)) for name, limits in ANSWER_DELAY.items()}
REFUSAL = b"HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class FakeEndpoint(asyncio.Protocol):
    """One kept-alive connection. asyncio sets TCP_NODELAY, so each write leaves at once."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.buffer = b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request as soon as its last byte is here."""
        self.buffer += data
        while (head_end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = CONTENT_LENGTH.search(self.buffer, 0, head_end)
            if length is None:
                self.refuse()
                return
            end = head_end + 4 + int(length[1])
            if len(self.buffer) < end:
                return
            request, self.buffer = self.buffer[:end], self.buffer[end:]
            self.answer(request, head_end)

    def refuse(self) -> None:
        """A request without a length would be misread as two; say so and hang up."""
        self.buffer = b""
        self.transport.write(REFUSAL)
        self.transport.close()

    def answer(self, request: bytes, head_end: int) -> None:
        """Send the prepared answer, or start the stream, as the first part of the path says."""
        name = request[: request.index(b"\r\n")].split(b"/")[1].decode()
        if STREAMED.search(request, head_end):
            self.send_next(iter(WRITES[name]), STREAMS[name].pause)
        elif name in ANSWER_DELAY:
            self.loop.call_later(next(DELAYS[name]), self.transport.write, PLAIN)
        else:
            self.transport.write(PLAIN)

    def send_next(self, writes: Iterator[bytes], pause: float) -> None:
        """Send one write and come back after the pause; stop when the client has gone."""
        data = next(writes, None)
        if data is None or self.transport.is_closing():
            return
        self.transport.write(data)
        self.loop.call_later(pause, self.send_next, writes, pause)


async def wait_for_end() -> None:
    """Return when standard input closes or the lifetime is over."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def wait_for_input_to_close() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_input_to_close, daemon=True).start()
    try:
        await asyncio.wait_for(ended.wait(), LIFETIME)
    except asyncio.TimeoutError:
        print("fake server: lifetime is over", file=sys.stderr)


async def serve() -> None:
    """Listen on a free port of 127.0.0.1, print it, and stay until the end."""
    server = await asyncio.get_running_loop().create_server(FakeEndpoint, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await wait_for_end()


def main() -> None:
    """Move to the given core, where the system can do so, and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--core", type=int, help="CPU core to run on")
    core = parser.parse_args().core
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    asyncio.run(serve())


if __name__ == "__main__":
    main()
