"""Exchanges are kept without keys, and given again to the same requests and to no others."""

from __future__ import annotations

import base64
import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ai_lib_python import AiClient
from ai_lib_python._wire.event_stream import EventStreamDecoder, event_message
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import (
    AiLibError,
    AuthenticationError,
    ConnectionFailed,
    DeadlineExceeded,
    StreamInterrupted,
)
from ai_lib_python.simulator.routing import Router
from ai_lib_python.testing import (
    Answer,
    Fault,
    NotRecorded,
    Player,
    Recorder,
    ScriptedAnswer,
    ScriptedTransport,
    SimulatedError,
    Simulator,
)

KEY = "planted-key/+0123456789"
HELLO = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
PIECES = [
    {"choices": [{"index": 0, "delta": {"content": "Grüße, "}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": "語"}, "finish_reason": "stop"}]},
    "[DONE]",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


async def client(transport: Any, key: str = KEY) -> AiClient:
    return await AiClient.create("openai/gpt-4o", api_key=key, transport=transport, max_retries=0)


async def recorded(path: Path, *answers: Any) -> AiClient:
    return await client(Recorder(path, ScriptedTransport(*answers)))


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in text_of(path).splitlines()]


async def test_an_answer_is_given_again_without_a_key_or_a_network(path: Path) -> None:
    talking = await recorded(path, HELLO)
    assert (await talking.chat().user("Hi").execute()).content == "Hello"
    again = await client(Player(path), "another key")
    assert (await again.chat().user("Hi").execute()).content == "Hello"


async def test_a_recording_is_one_line_of_json_for_each_exchange(path: Path) -> None:
    await (await recorded(path, HELLO)).chat().user("Hi").execute()
    version, exchange = lines(path)
    assert version == {"recording": 1}
    assert exchange["asked"]["method"] == "POST"
    assert exchange["asked"]["url"] == "https://api.openai.com/v1/chat/completions"
    assert exchange["asked"]["headers"]["authorization"] == "[redacted]"
    assert exchange["asked"]["body"]["messages"] == [{"role": "user", "content": "Hi"}]
    assert json.loads(exchange["answered"]["chunks"][0]) == HELLO
    assert (exchange["answered"]["status"], exchange["ended"]) == (200, "whole")


@pytest.mark.parametrize("cut", [None, 1, 3, 50])
async def test_a_stream_keeps_its_pieces_even_where_they_cut_a_character(path: Path, cut: int | None) -> None:
    answer = ScriptedAnswer.events(*PIECES, cut=cut)
    request = (await recorded(path, answer)).chat().user("Hi")
    assert "".join([text async for text in request.stream_text()]) == "Grüße, 語"
    played = Player(path)
    response = await played.send(asked_before(path))
    assert [piece async for piece in response.chunks()] == answer._pieces[: len(lines(path)[1]["answered"]["chunks"])]
    again = (await client(Player(path))).chat().user("Hi")
    assert "".join([text async for text in again.stream_text()]) == "Grüße, 語"


def asked_before(path: Path) -> HttpRequest:
    asked = lines(path)[1]["asked"]
    return HttpRequest(asked["method"], asked["url"], {}, json.dumps(asked["body"]).encode())


# Without keys


def spellings() -> list[str]:
    coded = [base64.b64encode(b"x" * before + KEY.encode() + b"yyy").decode() for before in range(3)]
    return [KEY, KEY.replace("/", "\\/"), quote(KEY, safe=""), *coded]


@pytest.mark.parametrize("spelling", spellings())
async def test_an_echoed_key_is_not_in_the_file_however_it_is_spelled(path: Path, spelling: str) -> None:
    body = b'{"error": {"message": "wrong key: ' + spelling.encode() + b'."}}'
    answer = ScriptedAnswer(body, 401, {"content-type": "application/json", "x-echo": spelling, "set-cookie": "s=1"})
    with pytest.raises(AuthenticationError):
        await (await recorded(path, answer)).chat().user("Hi").execute()
    text = text_of(path)
    assert_no_key(text)
    assert '"set-cookie":"[redacted]"' in text
    with pytest.raises(AuthenticationError, match="wrong key"):
        await (await client(Player(path))).chat().user("Hi").execute()


def assert_no_key(text: str) -> None:
    for part in (KEY, KEY.replace("/", "\\/"), quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode()[:-4]):
        assert part not in text
    for word in text.replace('"', " ").replace(",", " ").split():
        try:
            plain = base64.b64decode(word + "=" * (-len(word) % 4))
        except ValueError:
            continue
        assert KEY.encode() not in plain


@pytest.mark.parametrize("cut", [1, 7, 40])
async def test_a_key_that_begins_in_one_piece_and_ends_in_another_is_not_in_the_file(path: Path, cut: int) -> None:
    said = {"choices": [{"index": 0, "delta": {"content": f"You are {KEY}, aren't you?"}, "finish_reason": "stop"}]}
    request = (await recorded(path, ScriptedAnswer.events(said, "[DONE]", cut=cut))).chat().user("Who am I?")
    heard = "".join([text async for text in request.stream_text()])
    assert KEY in heard
    whole = "".join(
        piece if isinstance(piece, str) else base64.b64decode(piece["base64"]).decode("latin-1")
        for piece in lines(path)[1]["answered"]["chunks"]
    )
    assert KEY not in whole
    again = (await client(Player(path))).chat().user("Who am I?")
    assert "".join([text async for text in again.stream_text()]) == "You are [redacted], aren't you?"


async def test_a_key_in_a_query_in_a_users_place_and_in_the_body_is_not_in_the_file(path: Path) -> None:
    recorder = Recorder(path, ScriptedTransport(HELLO, HELLO))
    url = f"https://me:pass-word-1@x.example/v1?api_key={quote(KEY, safe='')}&page=2"
    for _ in range(2):
        request = HttpRequest("POST", url, {"x-amz-security-token": "token-123456"}, body_with())
        await (await recorder.send(request)).read()
    text = text_of(path)
    for secret in (KEY, quote(KEY, safe=""), "pass-word-1", "token-123456"):
        assert secret not in text
    assert lines(path)[1]["asked"]["url"] == "https://x.example/v1?api_key=%5Bredacted%5D&page=2"


def body_with() -> bytes:
    return json.dumps({"say": f"my key is {KEY}, my token token-123456"}).encode()


async def test_a_signature_and_its_parts_are_not_in_the_file(path: Path) -> None:
    scope = "Credential=AKIDEXAMPLE1/20250101/x/y/aws4_request, SignedHeaders=host"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, Signature=fe5f80f77d5fa3"}
    request = HttpRequest("POST", "https://x.example/", headers, b'{"a": "AKIDEXAMPLE1 fe5f80f77d5fa3"}')
    await (await Recorder(path, ScriptedTransport(HELLO)).send(request)).read()
    assert "AKIDEXAMPLE1" not in text_of(path)
    assert "fe5f80f77d5fa3" not in text_of(path)


async def test_what_the_user_names_is_not_in_the_file_either(path: Path) -> None:
    answer = {"choices": [{"message": {"content": "Hello, Ada Lovelace"}, "finish_reason": "stop"}]}
    recorder = Recorder(path, ScriptedTransport(answer), secrets=["Ada Lovelace"])
    await (await client(recorder)).chat().user("I am Ada Lovelace").execute()
    assert "Lovelace" not in text_of(path)
    again = await client(Player(path, secrets=["Ada Lovelace"]))
    assert (await again.chat().user("I am Ada Lovelace").execute()).content == "Hello, [redacted]"


@pytest.mark.parametrize("make", [partial(Recorder, secrets="short"), partial(Player, secrets=["x"])])
def test_a_secret_that_would_be_hidden_everywhere_is_refused(path: Path, make: Any) -> None:
    with pytest.raises(ValueError, match="a secret must have 8 characters at least"):
        make(path)


async def test_binary_messages_with_a_key_can_still_be_read(path: Path) -> None:
    body = event_message({":event-type": "x"}, b'{"t": "' + KEY.encode() + b'"}') + event_message({}, b'{"t": "end"}')
    request = HttpRequest("POST", "https://x.example/", {"x-api-key": KEY}, b"")
    answer = await Recorder(path, ScriptedTransport(ScriptedAnswer(body, cut=11))).send(request)
    assert b"".join([piece async for piece in answer.chunks()]) == body
    played = b"".join([piece async for piece in (await Player(path).send(request)).chunks()])
    assert KEY.encode() not in played
    stars = b"*" * len(KEY)
    assert [data for data, _ in EventStreamDecoder().feed(played)] == [b'{"t": "' + stars + b'"}', b'{"t": "end"}']


async def test_limits_that_speak_of_tokens_are_no_keys(path: Path) -> None:
    headers = {"content-type": "application/json", "x-ratelimit-reset-tokens": "2025-01-01T00:00:00Z"}
    await (await recorded(path, ScriptedAnswer(json.dumps(HELLO), headers=headers))).chat().user("Hi").execute()
    assert lines(path)[1]["answered"]["headers"] == headers


# What went wrong is given again


async def test_a_failure_of_the_network_is_raised_again(path: Path) -> None:
    lost = ConnectionFailed(f"could not reach it with {KEY}", retryable=False)
    lost.may_have_arrived = False
    late = DeadlineExceeded("late")
    for make in (partial(Recorder, transport=ScriptedTransport(lost, late)), Player):
        talking = await client(make(path))
        with pytest.raises(ConnectionFailed) as caught:
            await talking.chat().user("Hi").execute()
        assert (caught.value.retryable, caught.value.may_have_arrived) == (False, False)
        with pytest.raises(DeadlineExceeded):
            await talking.chat().user("Hi").execute()
    assert KEY not in text_of(path)


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_that_broke_breaks_again_at_the_same_byte(path: Path, streamed: bool) -> None:
    answer = ScriptedAnswer.events(*PIECES[:1], failure=StreamInterrupted("gone"))
    for make in (partial(Recorder, transport=ScriptedTransport(answer)), Player):
        request = (await client(make(path))).chat().user("Hi")
        with pytest.raises(StreamInterrupted) as caught:
            await (read_through(request.stream()) if streamed else request.execute())
        assert not streamed or caught.value.partial.content == "Grüße, "


async def read_through(stream: Any) -> None:
    async for _ in stream:
        pass


async def test_whoever_left_early_left_the_rest_unrecorded(path: Path) -> None:
    async with (await recorded(path, ScriptedAnswer.events(*PIECES))).chat().user("Hi").stream() as stream:
        async for event in stream:
            if event.is_content_delta:
                break
    assert lines(path)[1]["ended"] == "left"
    async with (await client(Player(path))).chat().user("Hi").stream() as again:
        with pytest.raises(NotRecorded, match="left here, and did not hear the rest"):
            async for _ in again:
                pass
    with pytest.raises(NotRecorded):
        await (await Player(path).send(asked_before(path))).read()


# Misses


async def test_a_request_that_is_not_recorded_shows_the_nearest_and_what_differs(path: Path) -> None:
    talking = await recorded(path, HELLO, HELLO)
    await talking.chat().user("Something else").temperature(0.1).max_tokens(5).execute()
    await talking.chat().user("Hi").seed(1).execute()
    with pytest.raises(NotRecorded) as caught:
        await (await client(Player(path))).chat().user("Hello").seed(1).execute()
    assert str(caught.value) == (
        f"{path} does not hold POST https://api.openai.com/v1/chat/completions; the most alike is in line 3, "
        "where differ:\n  body.messages[0].content: recorded 'Hi', asked 'Hello'"
    )


async def test_a_miss_tells_what_is_there_alone_and_not_too_much(path: Path) -> None:
    await (await recorded(path, HELLO)).chat().user("Hi").seed(1).execute()
    with pytest.raises(NotRecorded) as caught:
        await (await client(Player(path))).chat().user("x" * 500).top_p(0.5).execute()
    shown = str(caught.value)
    assert "body.seed: recorded 1, asked nothing" in shown
    assert "body.top_p: recorded nothing, asked 0.5" in shown
    assert len(shown) < 600


async def test_the_same_request_has_as_many_answers_as_were_recorded_in_their_order(path: Path) -> None:
    second = {"choices": [{"message": {"content": "Again"}, "finish_reason": "stop"}]}
    talking = await recorded(path, HELLO, second)
    for _ in range(2):
        await talking.chat().user("Hi").execute()
    player = Player(path)
    again = await client(player)
    assert player.unused == ["POST https://api.openai.com/v1/chat/completions"] * 2
    assert [(await again.chat().user("Hi").execute()).content for _ in range(2)] == ["Hello", "Again"]
    assert player.unused == []
    with pytest.raises(NotRecorded, match="2 times, and it was asked for once more"):
        await again.chat().user("Hi").execute()


async def test_requests_may_come_in_another_order(path: Path) -> None:
    talking = await recorded(path, HELLO, {"choices": [{"message": {"content": "B"}, "finish_reason": "stop"}]})
    for prompt in "ab":
        await talking.chat().user(prompt).execute()
    again = await client(Player(path))
    assert [(await again.chat().user(prompt).execute()).content for prompt in "ba"] == ["B", "Hello"]


async def test_an_empty_recording_says_so(path: Path) -> None:
    Recorder(path)
    with pytest.raises(NotRecorded, match="holds nothing, and POST https"):
        await (await client(Player(path))).chat().user("Hi").execute()


# Files


def test_a_recording_is_not_overwritten_unless_told(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="play it with Player, or give overwrite=True"):
        Recorder(path)
    Recorder(path, overwrite=True)
    assert lines(path) == [{"recording": 1}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no recording of this version"),
        ('{"recording": 2}\n', "no recording of this version"),
        ('{"recording":1}\n{"asked":1}\n', "jsonl:2: Expected `object`"),
        ('{"recording":1}\nnot json\n', "jsonl:2: "),
        ('{"recording":1}\n{"asked":{"method":"GET","url":"u","headers":{}},'
         '"answered":{"status":1,"headers":{},"chunks":[1]}}\n', "jsonl:2: a chunk must be a text or"),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_told_with_its_line(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        Player(path)


def test_a_recording_that_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Player(path)


# In earnest


@pytest.mark.parametrize("dialect", Router().dialects())
async def test_every_wire_is_recorded_and_played_alike(path: Path, dialect: str) -> None:
    async def all_of_it(transport: Any, address: str) -> list[str]:
        options: dict[str, Any] = {"base_url": address, "api_key": KEY, "on_unsupported": "ignore", "max_retries": 0}
        found: list[str] = []
        async with await AiClient.create(f"simulator/{dialect}", transport=transport, **options) as talking:
            found.append((await talking.chat().user("Hi").execute()).content or "")
            found.append("".join([text async for text in talking.chat().user("Hi").stream_text()]))
            for _ in range(2):
                try:
                    async for event in talking.chat().user("Hi").stream():
                        found += [event.as_content_delta.text] if event.is_content_delta else []
                except AiLibError as error:
                    found.append(type(error).__name__)
        return found

    async with Simulator() as simulator:
        simulator.script(Answer("one two"), Answer("three, four"), Fault("cut", Answer("five six seven"), at=300))
        simulator.script(SimulatedError("authentication", f"not {KEY}"))
        address = simulator.address(dialect)
        first = await all_of_it(Recorder(path), address)
    assert first[:2] == ["one two", "three, four"]
    assert first[-1] == "AuthenticationError"
    assert await all_of_it(Player(path), address) == first
    assert KEY not in text_of(path)
