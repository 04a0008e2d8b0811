"""Files given by address: which are fetched, from whom, how far, and what is said where it fails. All on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, ToolCall
from ai_lib_python._engine import attempts
from ai_lib_python._wire import addresses
from ai_lib_python._wire.aiohttp_transport import AiohttpTransport, PublicResolver
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import ConnectionFailed, DeadlineExceeded, FetchFailed, UnsupportedError
from ai_lib_python.message import AudioPart, FilePart, ImagePart, VideoPart
from ai_lib_python.response import Adjustment, Place
from ai_lib_python.sync import AiClient as SyncClient

from .loopback import PLAIN, Exchange, Loopback, chunked, whole
from .scripted import JSON, KEY, Answer, Script, client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PDF = b"%PDF-1.7\n"
CHAT = Answer(PLAIN, headers=JSON)
GENERATED = Answer({"candidates": [{"content": {"parts": [{"text": "ok"}]}, "finishReason": "STOP"}]})
SPOKEN = Answer({"content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn"})


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def giving(data: bytes, kind: str = "image/png", status: str = "200 OK", extra: str = "") -> Callable[..., Any]:
    """What answers each request for a file with these bytes, and a chat with an answer."""

    async def handle(exchange: Exchange) -> None:
        if exchange.head.startswith(b"POST"):
            await exchange.send(whole(PLAIN))
        else:
            await exchange.send(whole(data, status, kind, extra))

    return handle


async def reader(url: str | None = None, **options: Any) -> AiClient:
    """A client of a wire that takes images as bytes alone."""
    return await AiClient.create(
        "ollama/qwen3-vl", **{"base_url": url or "http://127.0.0.1:1", "max_retries": 0, **options}
    )


def sent_to(server: Loopback) -> Any:
    return next(json.loads(one.body) for one in server.exchanges if one.head.startswith(b"POST"))


def file_on(server: Loopback, path: str = "/cat.png") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


async def test_what_a_wire_takes_as_bytes_alone_is_fetched_and_told() -> None:
    script = Script(Answer(PNG, headers={"content-type": "image/png"}), CHAT)
    asked = await reader(transport=script, max_retries=0)
    response = await asked.chat().user("look", files=["https://pictures.example/cat.png?key=secret"]).execute()
    got, chat = script.requests
    assert (got.method, got.url, got.body) == ("GET", "https://pictures.example/cat.png?key=secret", b"")
    assert got.public_only
    assert json.loads(chat.body)["messages"][0]["images"] == [coded(PNG)]
    reason = "fetched: images are taken as bytes here, not by their addresses"
    note = Adjustment(
        "image_url", "replaced", reason, "https://pictures.example/cat.png", "image/png, 28 bytes", (Place(0, 0),)
    )
    assert response.adjustments[0] == note
    assert note.places == ((0, 0),)


async def test_nothing_is_fetched_where_the_wire_takes_addresses() -> None:
    asked, script = await client("openai-chat", CHAT)
    await asked.chat().user("look", files=["https://pictures.example/cat.png"]).execute()
    assert [one.method for one in script.requests] == ["POST"]


async def test_what_is_asked_for_is_fetched_and_no_reason_to_refuse() -> None:
    asked, script = await client(
        "openai-chat", Answer(PNG, headers={"content-type": "image/png"}), CHAT, on_unsupported="error"
    )
    url = "https://pictures.example/cat.png"
    response = await asked.chat().user("look", files=[url]).inline_urls().execute()
    assert script.body["messages"][0]["content"][0]["image_url"]["url"] == f"data:image/png;base64,{coded(PNG)}"
    assert response.adjustments[0].reason == "fetched, as it was asked for"


async def test_no_key_and_no_header_of_the_call_goes_along() -> None:
    asked, script = await client("openai-chat", Answer(PNG, headers={}), CHAT)
    chat = asked.chat().user("look", files=["https://pictures.example/cat.png"]).inline_urls()
    await chat.extra_headers({"x-mine": "1"}).extra_query({"q": "1"}).execute()
    got = script.requests[0]
    assert dict(got.headers) == {"accept": "*/*", "accept-encoding": "identity"}
    assert KEY not in repr(got.headers) + got.url
    assert "q=1" not in got.url


async def test_one_address_is_fetched_once_and_several_side_by_side() -> None:
    script = Script(Answer(PNG, headers={}), Answer(PNG, headers={}), CHAT)
    asked = await reader(transport=script, max_retries=0)
    one, two = "https://pictures.example/1.png", "https://pictures.example/2.png"
    response = await asked.chat().user("look", files=[one, two, one]).execute()
    assert sorted(got.url for got in script.requests[:2]) == [one, two]
    assert script.body["messages"][0]["images"] == [coded(PNG)] * 3
    assert len(response.adjustments) == 3


async def test_a_stream_and_rounds_of_tools_fetch_too() -> None:
    lines = b'{"model": "m", "message": {"role": "assistant", "content": "ok"}, "done": true, "done_reason": "stop"}\n'
    script = Script(Answer(PNG, headers={}), Answer(lines, headers={"content-type": "application/x-ndjson"}))
    asked = await reader(transport=script, max_retries=0)
    async with asked.chat().user("look", files=["https://pictures.example/cat.png"]).stream() as stream:
        events = [event async for event in stream]
    assert events
    assert stream.response.adjustments[0].parameter == "image_url"
    assert script.body["messages"][0]["images"] == [coded(PNG)]


async def test_a_file_within_a_tools_result_is_fetched() -> None:
    manifest = {
        "id": "toy",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://toy.example/v1"},
        "auth": {"scheme": "none"},
        "request": {"turns": {"result_parts": "any"}},
        "fragments": {"result_content": {"$use": "result_parts"}},
    }
    script = Script(Answer(PNG, headers={}), CHAT)
    asked = await AiClient.create("toy/t", manifest=manifest, transport=script, max_retries=0)
    call = Message.assistant(tool_calls=[ToolCall("c", "see")])
    result = Message.tool("c", [ImagePart(url="https://pictures.example/cat.png")])
    await asked.chat().user("look").messages([call, result]).inline_urls().execute()
    assert coded(PNG) in script.requests[-1].body.decode()


# Over real sockets


async def test_a_file_of_this_machine_is_had_where_that_is_allowed() -> None:
    async with Loopback(giving(PNG)) as server, await reader(server.url.removesuffix("/v1")) as asked:
        chat = asked.chat().user("look", files=[file_on(server)]).inline_urls(allow_private=True)
        response = await chat.execute()
        assert sent_to(server)["messages"][0]["images"] == [coded(PNG)]
        assert response.adjustments[0].sent == "image/png, 28 bytes"
        head = server.exchanges[0].head.lower()
        assert b"authorization" not in head
        assert b"cookie" not in head


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0.0.0.0", "169.254.169.254"],
)
async def test_this_machine_and_its_neighbours_are_not_asked(host: str) -> None:
    async with Loopback(giving(PNG)) as server, await reader() as asked:
        url = f"http://{host}:{server.port}/cat.png?token=secret"
        with pytest.raises(FetchFailed, match=r"no public address; \.inline_urls\(allow_private=True\)") as caught:
            await asked.chat().user("look", files=[url]).execute()
        assert server.connections == 0
        assert "secret" not in str(caught.value)
        assert "/cat.png could not be fetched" in str(caught.value)
        assert (caught.value.retryable, caught.value.provider) == (False, "ollama")


async def test_the_sync_client_is_as_careful() -> None:
    async with Loopback(giving(PNG)) as server:
        asked = SyncClient.create("ollama/qwen3-vl", base_url="http://127.0.0.1:1")
        chat = asked.chat().user("look", files=[file_on(server)])
        with pytest.raises(FetchFailed, match="no public address"):
            await asyncio.to_thread(chat.execute)
        assert server.connections == 0
        asked.close()


def as_if_public(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Lets these addresses of this machine pass for public ones."""
    really = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda address: address in hosts or really(address))


async def test_a_redirect_to_a_neighbour_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_public(monkeypatch, "127.0.0.1")
    for place in ("http://localhost6.localdomain/x", "http://[::1]/x", "//169.254.169.254/latest", "http://10.0.0.1/"):
        if "localhost6" in place:
            monkeypatch.setattr(socket, "getaddrinfo", _lookup({"localhost6.localdomain": ["::1"]}))
        handler = giving(b"", status="302 Found", extra=f"location: {place}\r\n")
        async with Loopback(handler) as server, await reader() as asked:
            with pytest.raises(FetchFailed, match="no public address"):
                await asked.chat().user("look", files=[file_on(server)]).execute()
            assert len(server.exchanges) == 1


_getaddrinfo = socket.getaddrinfo


def _lookup(names: dict[str, list[str]], calls: list[str] | None = None) -> Callable[..., Any]:
    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in names:
            return _getaddrinfo(host, port, *rest, **more)
        if calls is not None:
            calls.append(host)
        found = []
        for address in names[host]:
            six = ":" in address
            place = (address, port or 0, 0, 0) if six else (address, port or 0)
            found.append((socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM, 6, "", place))
        return found

    return look_up


async def test_a_name_with_one_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _lookup({"mixed.example": ["93.184.216.34", "127.0.0.1"]}))
    async with await reader() as asked:
        with pytest.raises(FetchFailed, match=r"mixed\.example is at 127\.0\.0\.1, which is no public address"):
            await asked.chat().user("look", files=["http://mixed.example/cat.png"]).execute()


async def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is looked up once; it cannot say another address to the check than to the connection."""
    as_if_public(monkeypatch, "127.0.0.1")
    calls: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", _lookup({"moving.example": ["127.0.0.1"]}, calls))
    async with Loopback(giving(PNG)) as server, await reader(server.url.removesuffix("/v1")) as asked:
        url = f"http://moving.example:{server.port}/cat.png"
        await asked.chat().user("look", files=[url]).execute()
        assert calls == ["moving.example"]
        assert sent_to(server)["messages"][0]["images"] == [coded(PNG)]


async def test_redirects_are_followed_up_to_three_and_each_keeps_to_http(monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_public(monkeypatch, "127.0.0.1")

    async def handle(exchange: Exchange) -> None:
        path = exchange.head.split()[1].decode()
        if exchange.head.startswith(b"POST"):
            await exchange.send(whole(PLAIN))
        elif path == "/end":
            await exchange.send(whole(PNG, kind="image/png"))
        else:
            left = int(path[1:])
            following = f"/{left - 1}" if left > 1 else "end"
            await exchange.send(whole(b"", "307 Temporary", extra=f"location: {following}\r\n"))

    async with Loopback(handle) as server, await reader(server.url.removesuffix("/v1")) as asked:
        part = ImagePart(url=file_on(server, "/3"))
        await asked.chat().user(["look", part]).execute()
        assert sent_to(server)["messages"][0]["images"] == [coded(PNG)]
        with pytest.raises(FetchFailed, match="redirected more than 3 times"):
            await asked.chat().user(["look", ImagePart(url=file_on(server, "/4"))]).execute()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("location: file:///etc/passwd\r\n", "only addresses of http and https can be fetched"),
        ("location: ftp://x.example/\r\n", "only addresses of http and https"),
        ("location: http://[oops/\r\n", "redirected to what is no address"),
        ("", "answered 302 without saying where"),
    ],
)
async def test_a_redirect_to_what_is_no_place_of_files(place: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_public(monkeypatch, "127.0.0.1")
    async with Loopback(giving(b"", status="302 Found", extra=place)) as server, await reader() as asked:
        with pytest.raises(FetchFailed, match=told):
            await asked.chat().user("look", files=[file_on(server)]).execute()


async def test_a_file_that_says_it_is_too_large_is_not_read() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 99999999\r\n\r\n")

    async with Loopback(handle) as server, await reader() as asked:
        chat = asked.chat().user("look", files=[file_on(server)]).inline_urls(allow_private=True)
        with pytest.raises(FetchFailed, match="it has 99,999,999 bytes, and at most 20,000,000 are taken"):
            await chat.execute()
        await server.seen_gone(monotonic(), 2)


async def test_reading_stops_where_a_file_is_larger_than_it_may_be() -> None:
    written = 0

    async def handle(exchange: Exchange) -> None:
        nonlocal written
        await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            await exchange.send(chunked(bytes(100_000)))
            written += 100_000

    async with Loopback(handle) as server, await reader() as asked:
        chat = asked.chat().user("look", files=[file_on(server)])
        with pytest.raises(FetchFailed, match="it has more than 1,000 bytes"):
            await chat.inline_urls(allow_private=True, max_bytes=1000).execute()
        await server.seen_gone(monotonic(), 2)
        assert written < 50_000_000


async def test_what_the_provider_takes_is_a_limit_too() -> None:
    manifest = {
        "id": "toy",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://toy.example/v1"},
        "auth": {"scheme": "none"},
        "media": {"image": {"max_bytes": 10, "urls": "fetch"}},
    }
    script = Script(Answer(PNG, headers={}))
    asked = await AiClient.create("toy/t", manifest=manifest, transport=script, max_retries=0)
    with pytest.raises(FetchFailed, match="more than 10 bytes"):
        await asked.chat().user("look", files=["https://pictures.example/cat.png"]).inline_urls(max_bytes=99).execute()
    assert len(script.requests) == 1


async def test_what_was_fetched_is_held_against_the_types_that_are_taken() -> None:
    asked, script = await client("xai/grok-4.7", Answer(b"GIF89a" + bytes(9), headers={"content-type": "image/gif"}))
    with pytest.raises(UnsupportedError, match=r"the image is image/gif.*messages\[0\]\.parts\[0\]\)"):
        await asked.chat().user("look", files=["https://pictures.example/cat.gif"]).inline_urls().execute()
    assert len(script.requests) == 1


TYPES: list[tuple[Any, bytes, str, str]] = [
    (ImagePart, b"<html>sign in</html>", "text/html", "it is text/html, and an image was asked for"),
    (ImagePart, b"<html>sign in</html>", "image/png", "it is image/png, and an image was asked for"),
    (ImagePart, PDF, "image/png", "it is application/pdf, and an image was asked for"),
    (ImagePart, b"words", "", "it is text/plain, and an image was asked for"),
    (AudioPart, PNG, "audio/wav", "it is image/png, and a sound was asked for"),
    (VideoPart, b"fLaC1234", "video/mp4", "it is audio/flac, and a video was asked for"),
    (FilePart, b"<html></html>", "text/html", "it is text/html, and application/pdf was asked for"),
    (FilePart, PNG, "application/pdf", "it is image/png, and application/pdf was asked for"),
    (ImagePart, b"", "image/png", "it is empty"),
]


@pytest.mark.parametrize(("kind", "data", "told_type", "told"), TYPES)
async def test_a_file_that_is_something_else_is_refused(kind: Any, data: bytes, told_type: str, told: str) -> None:
    asked, script = await client("gemini/gemini-2.5-flash", Answer(data, headers={"content-type": told_type}))
    media_type = "application/pdf" if kind is FilePart else None
    part = kind(url="https://files.example/x", media_type=media_type)
    with pytest.raises(FetchFailed, match=f"^https://files.example/x could not be fetched: {told}$"):
        await asked.chat().user(["look", part]).inline_urls().execute()
    assert len(script.requests) == 1


FOUND: list[tuple[Any, bytes, str, str]] = [
    (ImagePart(url="https://x.example/a", media_type="image/jpeg"), PNG, "image/jpeg", "image/png"),
    (ImagePart(url="https://x.example/a"), PNG, "application/octet-stream", "image/png"),
    (AudioPart(url="https://x.example/a"), b"\x00\x00\x00\x18ftypisom" + bytes(9), "audio/mp4", "audio/mp4"),
    (AudioPart(url="https://x.example/a"), b"\x01\x02\x03\x00", "audio/L16;rate=24000", "audio/l16"),
    (FilePart(url="https://x.example/a.csv", media_type="text/csv"), b"a,b", "", "text/csv"),
    (FilePart(url="https://x.example/a", media_type="application/pdf"), PDF, "binary/octet-stream", "application/pdf"),
]


@pytest.mark.parametrize(("part", "data", "told_type", "media_type"), FOUND)
async def test_bytes_tell_what_they_are_before_the_server_does(
    part: Any, data: bytes, told_type: str, media_type: str
) -> None:
    asked, script = await client(
        "gemini/gemini-2.5-flash", Answer(data, headers={"content-type": told_type}), GENERATED
    )
    await asked.chat().user(["look", part]).inline_urls().execute()
    inline = script.body["contents"][0]["parts"][1]["inlineData"]
    assert inline == {"mimeType": media_type, "data": coded(data)}


@pytest.mark.parametrize(
    ("status", "retryable"),
    [("404 Not Found", False), ("403 Forbidden", False), ("503 Busy", True), ("429 Slow", True)],
)
async def test_an_error_in_the_place_of_a_file(status: str, retryable: bool) -> None:
    async with Loopback(giving(b"no", status=status)) as server, await reader() as asked:
        chat = asked.chat().user("look", files=[file_on(server)]).inline_urls(allow_private=True)
        with pytest.raises(FetchFailed, match=f"cat.png could not be fetched: it was answered {status[:3]}") as caught:
            await chat.execute()
        assert caught.value.retryable is retryable
        assert not [one for one in server.exchanges if one.head.startswith(b"POST")]


async def test_a_server_that_never_answers_is_not_waited_for() -> None:
    async def handle(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    async with Loopback(handle) as server, await reader() as asked:
        chat = asked.chat().user("look", files=[file_on(server)]).inline_urls(allow_private=True, timeout=0.05)
        with pytest.raises(FetchFailed, match=r"it was not there within 0\.05 s") as caught:
            await chat.execute()
        assert caught.value.retryable
        chat = asked.chat().user("look", files=[file_on(server)]).inline_urls(allow_private=True).timeout(0.05)
        with pytest.raises(DeadlineExceeded, match=r"the files of the request were not there within 0\.05 s"):
            await chat.execute()


async def test_nobody_there() -> None:
    async with Loopback(giving(PNG)) as server:
        url = file_on(server)
    async with await reader() as asked:
        with pytest.raises(FetchFailed, match="could not reach") as caught:
            await asked.chat().user("look", files=[url]).inline_urls(allow_private=True).execute()
        assert caught.value.retryable


# What is not fetched


async def test_what_is_no_address_of_http_is_refused_where_bytes_are_needed() -> None:
    script = Script()
    asked = await reader(transport=script, max_retries=0)
    with pytest.raises(UnsupportedError, match=r"takes images as bytes, and gs://bucket/cat\.png cannot be fetched"):
        await asked.chat().user("look", files=["gs://bucket/cat.png"]).execute()
    assert script.requests == []


async def test_what_only_the_provider_understands_is_left_alone() -> None:
    asked, script = await client("gemini/gemini-2.5-flash", GENERATED)
    await asked.chat().user("look", files=["gs://bucket/film.mp4"]).inline_urls().execute()
    part = script.body["contents"][0]["parts"][0]
    assert part == {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/film.mp4"}}


async def test_a_caller_may_forbid_it() -> None:
    script = Script()
    asked = await reader(transport=script, max_retries=0)
    with pytest.raises(UnsupportedError, match=r".* nothing is fetched: .*.*messages\[0\]\.parts\[0\]\)"):
        await asked.chat().user("look", files=["https://x.example/cat.png"]).inline_urls(False).execute()
    assert script.requests == []


@pytest.mark.parametrize(("urls", "requests"), [("take", 1), ("fetch", 2)])
async def test_a_manifest_may_say_otherwise_than_its_templates(urls: str, requests: int) -> None:
    manifest = {
        "id": "toy",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://toy.example/v1"},
        "auth": {"scheme": "none"},
        "media": {"image": {"urls": urls}},
    }
    script = Script(*([Answer(PNG, headers={})] if urls == "fetch" else []), CHAT)
    asked = await AiClient.create("toy/t", manifest=manifest, transport=script, max_retries=0)
    await asked.chat().user("look", files=["https://x.example/cat.png"]).execute()
    assert len(script.requests) == requests


async def test_a_manifest_may_refuse_addresses_and_then_asking_for_it_helps() -> None:
    manifest = {
        "id": "toy",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://toy.example/v1"},
        "auth": {"scheme": "none"},
        "media": {"image": {"urls": "refuse"}},
    }
    script = Script(Answer(PNG, headers={}), CHAT)
    asked = await AiClient.create("toy/t", manifest=manifest, transport=script, max_retries=0)
    chat = asked.chat().user("look", files=["https://x.example/cat.png"])
    with pytest.raises(
        UnsupportedError, match=r"takes no addresses of images: give its bytes, or ask for \.inline_urls"
    ):
        await chat.execute()
    assert script.requests == []
    await chat.inline_urls().execute()
    assert coded(PNG) in script.requests[-1].body.decode()


async def test_what_cannot_go_out_anyway_is_not_fetched_first() -> None:
    script = Script(Answer(PNG, headers={}))
    asked = await AiClient.create("xai/grok-4.7", api_key="k", transport=script, max_retries=0)
    files: list[Any] = ["https://x.example/cat.png", b"GIF89a" + bytes(9)]
    with pytest.raises(UnsupportedError, match="image/gif"):
        await asked.chat().user("look", files=files).inline_urls().execute()
    assert script.requests == []


async def test_a_preview_fetches_nothing_and_says_so() -> None:
    script = Script()
    asked = await reader(transport=script, max_retries=0)
    shown = asked.chat().user("look", files=["https://x.example/cat.png?key=secret"]).preview()
    assert shown.body["messages"][0]["images"] == ["[the bytes of https://x.example/cat.png]"]
    assert (shown.adjustments[0].action, shown.adjustments[0].sent) == ("replaced", "not fetched for a preview")
    assert "secret" not in repr(shown)
    assert script.requests == []


async def test_a_text_by_its_address_becomes_a_text() -> None:
    asked, script = await client("groq/m", Answer(b"# Hi", headers={"content-type": "text/markdown"}), CHAT)
    response = await asked.chat().user("read", files=["https://x.example/notes.md"]).execute()
    assert script.body["messages"][0]["content"][0]["text"] == '<file name="notes.md">\n# Hi\n</file>'
    assert [note.parameter for note in response.adjustments] == ["file_url", "file_base64"]
    asked, script = await client("anthropic-messages", Answer(b"# Hi", headers={}), SPOKEN)
    await asked.chat().user(["read", ContentBlock.attachment("https://x.example/notes.md")]).execute()
    source = script.body["messages"][0]["content"][1]["source"]
    assert source == {"type": "text", "media_type": "text/plain", "data": "# Hi"}


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"enabled": 1}, TypeError, "enabled must be True or False"),
        ({"allow_private": "yes"}, TypeError, "allow_private must be True or False"),
        ({"max_bytes": 0}, ValueError, "max_bytes must be at least 1"),
        ({"timeout": 0}, ValueError, "timeout must be at least"),
    ],
)
async def test_wrong_options_are_refused(options: Any, error: type[Exception], told: str) -> None:
    asked = await reader(transport=Script())
    with pytest.raises(error, match=told):
        asked.chat().inline_urls(**options)


# The transport


async def test_behind_a_proxy_names_are_checked_and_the_proxy_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"inside.example": ["10.0.0.1"], "outside.example": ["93.184.216.34"]}
    monkeypatch.setattr(socket, "getaddrinfo", _lookup(names))
    transport = AiohttpTransport()
    async with Loopback(giving(PNG)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        for host in ("inside.example", "127.0.0.1"):
            with pytest.raises(ConnectionFailed, match="no public address"):
                await transport.send(HttpRequest("GET", f"http://{host}/x", {}, b"", 2, public_only=True))
        assert proxy.connections == 0
        for host in ("outside.example", "known-to-the-proxy-alone.invalid"):
            answer = await transport.send(HttpRequest("GET", f"http://{host}/x", {}, b"", 2, public_only=True))
            assert await answer.read() == PNG
        assert len(proxy.exchanges) == 2
    await transport.aclose()


async def test_calls_themselves_may_go_to_private_hosts_as_ever() -> None:
    async with Loopback(giving(PNG)) as server, await server.client() as asked:
        assert (await asked.chat().user("hi").execute()).content == "hello"


async def test_the_resolver_gives_what_it_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _lookup({"a.example": ["93.184.216.34"]}))
    resolver = PublicResolver()
    found = await resolver.resolve("a.example", 80)
    assert [one["host"] for one in found] == ["93.184.216.34"]
    await resolver.close()


async def test_what_was_not_fetched_goes_nowhere_however_often_a_call_may_be_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "between", lambda low, high: 0.0)
    there = Script(Answer(b"", status=503))
    asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=there, max_retries=2)
    with pytest.raises(FetchFailed):
        await asked.chat().user("look", files=["https://pictures.example/cat.png"]).inline_urls().execute()
    assert [request.url for request in there.requests] == ["https://pictures.example/cat.png"] * 3
