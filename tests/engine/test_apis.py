"""A provider of several APIs: which one a call goes by, who chooses, and what one may tell another."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python import AiClient, AiLibError, Message, ToolDefinition
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import ConfigurationError, MissingKeyError, RateLimited, RetiredProviderError
from ai_lib_python.message import OpaquePart, ReasoningPart, TextPart, ToolCall

from .scripted import KEY, Answer, Script

WIRE: dict[str, Any] = {
    "id": "wire",
    "kind": "dialect",
    "fragments": {
        "part": {
            "$by": ".kind",
            "$case": {
                "text": {"text": ".text", "sign": ".signature"},
                "reasoning": {"thought": ".text", "sign": ".signature"},
                "opaque": ".data",
                "tool_call": {"call": ".name", "sign": ".signature"},
            },
        },
        "read": {
            "thought": {"reasoning": {"text": ".thought", "signature": ".sign"}},
            "text": ".text",
            "odd": {"opaque": ".odd"},
        },
    },
    "request": {
        "path": "/wire",
        "turns": {"roles": {"user": "u", "assistant": "a"}},
        "body": {"said": {"$each": "$turns", "$do": {"$each": ".parts", "$do": {"$use": "part"}}}},
        "stream_body": {"live": True},
    },
    "parameters": {
        "tools": {"to": "tools", "as": {"$each": "$value", "$do": ".name"}},
        "temperature": {"to": "t", "max": 1},
    },
    "response": {"steps": {"all": {"$use": "read"}, "finish": ".why"}},
    "stream": {"framing": "ndjson", "ends": ["finish"], "steps": {"all": {"$use": "read"}, "finish": ".why"}},
    "finish": {"map": {"done": "stop"}},
    "errors": {"message": ".problem", "code": ".problem", "codes": {"busy": "rate_limited"}},
}
PAIR: dict[str, Any] = {
    "id": "pair",
    "extends": "wire",
    "name": "Pair",
    "endpoint": {"base_url": "https://pair.example", "hosts": ["deep.pair.example"]},
    "auth": {"scheme": "bearer", "env": ["PAIR_API_KEY"]},
    "api": "flat",
    "apis": {
        "deep": {
            "extends": "wire",
            "endpoint": {"base_url": "https://deep.pair.example"},
            "auth": {"scheme": "header", "header": "x-deep", "env": ["PAIR_DEEP_API_KEY", "PAIR_API_KEY"]},
            "response": {"steps": {"all": {"$with": ".inside", "$do": {"$use": "read"}}}},
        },
        "old": {"extends": "wire", "status": {"is": "retired", "since": "2026-01-31"}},
    },
    "routes": [
        {"match": "d-*", "when": "$tools", "api": "deep"},
        {"when": {"$all": ["$stream", {"$temperature": 2}]}, "api": "deep"},
        {"when": {"$seed": 9}, "api": "old"},
    ],
}
FLAT, DEEP = "https://pair.example/wire", "https://deep.pair.example/wire"
TOOL = ToolDefinition("add", "Adds", {"type": "object"})
PLAIN = {"text": "Hi", "why": "done"}
INSIDE = {"inside": {"text": "Deep"}, "why": "done"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for manifest in (WIRE, PAIR):
        (tmp_path / f"{manifest['id']}.yaml").write_text(json.dumps(manifest))
    return tmp_path


async def asked(folder: Path, *answers: Any, model: str = "d-1", **options: Any) -> tuple[AiClient, Script]:
    script = Script(*(Answer(answer) if isinstance(answer, dict) else answer for answer in answers))
    options = {"api_key": KEY, "on_unsupported": "ignore", "manifest_dir": folder, "transport": script, **options}
    return await AiClient.create(f"pair/{model}", **options), script


# Which one


async def test_each_request_goes_by_its_own_route_and_is_read_by_that_wire(folder: Path) -> None:
    client, script = await asked(folder, PLAIN, INSIDE, PLAIN)
    answers = [
        await client.chat().user("a").execute(),
        await client.chat().user("b").tools([TOOL]).execute(),
        await client.chat().user("c").execute(),
    ]
    assert [request.url for request in script.requests] == [FLAT, DEEP, FLAT]
    assert [answer.content for answer in answers] == ["Hi", "Deep", "Hi"]


async def test_a_route_may_be_for_streams_alone_and_sees_what_was_given(folder: Path) -> None:
    frames = Answer(b'{"text":"Hi"}\n{"why":"done"}\n', headers={})
    client, script = await asked(folder, frames, PLAIN)
    async with client.chat().user("a").temperature(2).stream() as stream:
        assert [text async for text in stream.text()] == ["Hi"]
    await client.chat().user("b").temperature(2).execute()
    assert [request.url for request in script.requests] == [DEEP, FLAT]
    assert script.body["t"] == 1


async def test_requests_at_once_do_not_change_each_others_way(folder: Path) -> None:
    class ByAddress(Script):
        async def send(self, request: HttpRequest) -> Any:
            self.requests.append(request)
            await asyncio.sleep(0)
            return Answer(INSIDE if request.url == DEEP else PLAIN)

    client, _ = await asked(folder, transport=ByAddress())
    plain = (client.chat().user("a") for _ in range(10))
    calling = (client.chat().user("b").tools([TOOL]) for _ in range(10))
    chats = [chat for pair in zip(plain, calling, strict=True) for chat in pair]
    answers = await asyncio.gather(*(chat.execute() for chat in chats))
    assert [answer.content for answer in answers] == ["Hi", "Deep"] * 10


async def test_a_route_may_lead_to_an_api_that_only_streams(folder: Path) -> None:
    deep = {**PAIR["apis"]["deep"], "stream": {"only": True}}
    (folder / "pair.yaml").write_text(json.dumps({**PAIR, "apis": {**PAIR["apis"], "deep": deep}}))
    frames = Answer(b'{"text":"De"}\n{"text":"ep","why":"done"}\n', headers={})
    client, script = await asked(folder, frames, PLAIN)
    chat = client.chat().user("b").tools([TOOL])
    response, stats = await chat.execute_with_stats()
    assert (response.content, response.finish_reason, stats.interrupted) == ("Deep", "stop", False)
    assert (script.requests[0].url, script.body["live"]) == (DEEP, True)
    assert (chat.preview().url, chat.preview().body["live"]) == (DEEP, True)
    assert (await client.chat().user("a").execute()).content == "Hi"
    assert script.requests[1].url == FLAT


async def test_a_call_that_is_streamed_for_us_alone_does_not_go_the_way_of_streams(folder: Path) -> None:
    flat = {**PAIR, "stream": {**WIRE["stream"], "only": True}, "routes": [{"when": "$stream", "api": "deep"}]}
    (folder / "pair.yaml").write_text(json.dumps(flat))
    client, script = await asked(folder, Answer(b'{"text":"Hi","why":"done"}\n', headers={}))
    assert (await client.chat().user("a").execute()).content == "Hi"
    await client.chat().user("a").stream().__anext__()
    assert [request.url for request in script.requests] == [FLAT, DEEP]


async def test_a_preview_goes_the_same_way(folder: Path) -> None:
    client, _ = await asked(folder)
    assert client.chat().user("a").preview().url == FLAT
    assert client.chat().user("a").tools([TOOL]).preview().url == DEEP
    assert client.chat().user("a").temperature(2).preview(stream=True).url == DEEP


async def test_the_client_shows_the_providers_own_address(folder: Path) -> None:
    client, _ = await asked(folder)
    assert (client.provider, client.base_url) == ("pair", "https://pair.example")
    forced, _ = await asked(folder, api="deep")
    assert (forced.provider, forced.base_url) == ("pair", "https://deep.pair.example")


# Who chooses


@pytest.mark.parametrize(
    ("of_client", "of_request", "tools", "url"),
    [
        (None, None, True, DEEP),
        ("flat", None, True, FLAT),
        ("deep", None, False, DEEP),
        (None, "deep", False, DEEP),
        (None, "flat", True, FLAT),
        ("deep", "flat", True, FLAT),
        ("flat", "deep", False, DEEP),
    ],
)
async def test_the_request_decides_before_the_client_and_that_before_the_routes(
    of_client: str | None, of_request: str | None, tools: bool, url: str, folder: Path
) -> None:
    client, script = await asked(folder, {**PLAIN, **INSIDE}, api=of_client)
    chat = client.chat().user("a")
    chat = chat.tools([TOOL]) if tools else chat
    await (chat if of_request is None else chat.api(of_request)).execute()
    assert script.requests[0].url == url


async def test_one_request_of_a_client_that_chooses_leaves_the_next_as_it_was(folder: Path) -> None:
    client, script = await asked(folder, INSIDE, PLAIN)
    await client.chat().user("a").api("deep").execute()
    await client.chat().user("b").execute()
    assert [request.url for request in script.requests] == [DEEP, FLAT]


async def test_a_builder_has_the_same_option(folder: Path) -> None:
    builder = AiClient.builder().model("pair/d-1").api_key(KEY).manifest_dir(folder).api("deep")
    assert (await builder.build()).chat().user("a").preview().url == DEEP


async def test_an_api_that_is_not_there_is_told_before_anything_is_sent(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="Pair has no API called 'dep'; it has: flat, deep, old"):
        await asked(folder, api="dep")
    client, script = await asked(folder)
    for ask in (client.chat().user("a").api("dep").execute(), client.chat().user("a").api("dep").stream().__anext__()):
        with pytest.raises(ConfigurationError, match="has no API called 'dep'"):
            await ask
    assert script.requests == []


@pytest.mark.parametrize("name", [None, 5, b"deep"])
async def test_a_name_that_is_no_text_is_a_type_error(name: Any, folder: Path) -> None:
    client, _ = await asked(folder)
    with pytest.raises(TypeError, match="api"):
        client.chat().api(name)


async def test_an_api_that_has_ended_ends_alone(folder: Path) -> None:
    client, script = await asked(folder, PLAIN)
    with pytest.raises(RetiredProviderError, match="2026-01-31"):
        await client.chat().user("a").seed(9).execute()
    with pytest.raises(RetiredProviderError):
        await asked(folder, api="old")
    await client.chat().user("a").execute()
    assert len(script.requests) == 1


# Addresses and keys


async def test_each_api_has_its_own_way_to_authenticate(folder: Path) -> None:
    client, script = await asked(folder, PLAIN, INSIDE)
    await client.chat().user("a").execute()
    await client.chat().user("b").tools([TOOL]).execute()
    flat, deep = (request.headers for request in script.requests)
    assert (flat["authorization"], deep["x-deep"]) == (f"Bearer {KEY}", KEY)
    assert "x-deep" not in flat
    assert "authorization" not in deep


async def test_each_api_finds_its_own_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIR_API_KEY", "flat-key")
    monkeypatch.setenv("PAIR_DEEP_API_KEY", "deep-key")
    client, script = await asked(folder, PLAIN, INSIDE, api_key=None)
    await client.chat().user("a").execute()
    await client.chat().user("b").tools([TOOL]).execute()
    assert script.requests[0].headers["authorization"] == "Bearer flat-key"
    assert script.requests[1].headers["x-deep"] == "deep-key"


async def test_one_api_without_a_key_does_not_stop_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIR_DEEP_API_KEY", "deep-key")
    client, script = await asked(folder, INSIDE, api_key=None)
    with pytest.raises(MissingKeyError, match="PAIR_API_KEY"):
        await client.chat().user("a").execute()
    await client.chat().user("b").tools([TOOL]).execute()
    assert [request.url for request in script.requests] == [DEEP]


async def test_an_address_that_the_caller_gives_is_every_apis(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client, script = await asked(folder, {**PLAIN, **INSIDE}, base_url="http://localhost:9")
    await client.chat().user("a").execute()
    await client.chat().user("b").tools([TOOL]).execute()
    assert [request.url for request in script.requests] == ["http://localhost:9/wire"] * 2
    monkeypatch.setenv("PAIR_API_KEY", "from-the-environment")
    unkeyed, script = await asked(folder, base_url="https://elsewhere.example", api_key=None, api="deep")
    with pytest.raises(MissingKeyError, match="only sent to Pair's own hosts"):
        await unkeyed.chat().user("a").execute()
    assert script.requests == []


async def test_an_error_of_an_api_is_the_providers_and_hides_its_key(folder: Path) -> None:
    client, _ = await asked(folder, Answer({"problem": "busy", "echo": KEY}, 400))
    with pytest.raises(RateLimited) as caught:
        await client.chat().user("a").tools([TOOL]).execute()
    assert (caught.value.provider, caught.value.model, caught.value.code) == ("pair", "d-1", "busy")
    assert KEY not in f"{caught.value} {caught.value.body}"


# What one may tell another

THOUGHTFUL = {"thought": "hm", "sign": "s-1", "text": "Hi", "odd": {"secret": 1}, "why": "done"}


async def answered(folder: Path, api: str) -> Message:
    """What a model said by that API."""
    whole = THOUGHTFUL if api == "flat" else {"inside": THOUGHTFUL, "why": "done"}
    client, _ = await asked(folder, whole, api=api)
    return (await client.chat().user("hi").execute()).to_message()


@pytest.mark.parametrize("api", ["flat", "deep"])
async def test_what_an_api_said_goes_back_to_it_whole(api: str, folder: Path) -> None:
    said = await answered(folder, api)
    client, _ = await asked(folder, api=api)
    request = client.chat().messages([said]).user("b").preview()
    assert request.body["said"][0] == [{"thought": "hm", "sign": "s-1"}, {"text": "Hi"}, {"secret": 1}]
    assert request.adjustments == ()


@pytest.mark.parametrize(("one", "other"), [("flat", "deep"), ("deep", "flat")])
async def test_what_only_one_api_understands_does_not_go_to_another(one: str, other: str, folder: Path) -> None:
    said = await answered(folder, one)
    client, _ = await asked(folder, api=other)
    request = client.chat().messages([said]).user("b").preview()
    assert request.body["said"][0] == [{"text": "Hi"}]
    told = {(item.parameter, item.action) for item in request.adjustments}
    assert told == {("reasoning", "omitted"), ("opaque", "omitted")}
    assert "s-1" not in str(request)


async def test_a_conversation_that_changes_its_way_keeps_what_was_said(folder: Path) -> None:
    client, script = await asked(folder, THOUGHTFUL, INSIDE, THOUGHTFUL)
    chat = client.chat().user("a")
    first = await chat.execute()
    second = await chat.messages([first.to_message()]).user("b").tools([TOOL]).execute()
    assert script.requests[1].url == DEEP
    assert script.body["said"] == [[{"text": "a"}], [{"text": "Hi"}], [{"text": "b"}]]
    assert {item.parameter for item in second.adjustments if item.action == "omitted"} == {"reasoning", "opaque"}
    back = client.chat().user("a").messages([first.to_message()]).user("b")
    await back.execute()
    assert script.body["said"][1] == [{"thought": "hm", "sign": "s-1"}, {"text": "Hi"}, {"secret": 1}]


async def test_a_part_says_by_which_api_it_came(folder: Path) -> None:
    for api, origin in (("flat", "pair"), ("deep", "pair:deep")):
        parts = (await answered(folder, api)).parts
        assert {part.origin for part in parts if isinstance(part, (ReasoningPart, OpaquePart))} == {origin}


async def test_signatures_of_texts_and_calls_stay_with_their_api_though_the_rest_goes(folder: Path) -> None:
    history = Message.assistant(
        [TextPart("Hi", signature="s-2", origin="pair:deep"), ToolCall("1", "add", signature="s-3", origin="pair:deep")]
    )
    for api, kept in (("deep", True), ("flat", False)):
        client, _ = await asked(folder, api=api)
        (sent, *_) = client.chat().messages([history]).user("b").preview().body["said"]
        assert [part.get("sign") for part in sent] == (["s-2", "s-3"] if kept else [None, None])
        assert [part.get("text") or part.get("call") for part in sent] == ["Hi", "add"]


async def test_a_route_to_an_api_that_is_not_there_is_a_mistake_of_the_manifest(folder: Path) -> None:
    (folder / "pair.yaml").write_text(json.dumps({**PAIR, "routes": [{"api": "dep"}]}))
    script = Script(Answer(PLAIN))

    async def ask() -> None:
        client, _ = await asked(folder, transport=script)
        await client.chat().user("a").execute()

    with pytest.raises(AiLibError, match=r"pair\.yaml:1: routes.*: there is no API 'dep'; did you mean \"deep\"\?"):
        await ask()
    assert script.requests == []
