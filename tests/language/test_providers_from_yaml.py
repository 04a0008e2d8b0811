"""Providers from YAML alone: one on a wire format that is known, and others on formats that were invented for this.

No Python knows any of them. All chat, stream and call a tool over real HTTP: against the simulator, which runs
the manifests' own server halves, and one of the invented ones also against a server that was written by hand,
so that the bytes are held against something that has not read the manifest.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ai_lib_python import AiClient, ChatResponse, ContentBlock, Message, ToolDefinition
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.cli import main
from ai_lib_python.errors import IncompleteStream, ManifestError, Overloaded, RateLimited
from ai_lib_python.simulator import SimulatedError, Simulator

MANIFESTS = Path(__file__).parent / "manifests"
FILES = sorted(MANIFESTS.glob("*.yaml"))
MODELS = ["pebble/skipping-1", "lantern/beam-1", "ferry/oar-1", "beacon/flash-1", "quarry/flat-1", "quarry/deep-1"]
SIGNING = {"access_key_id": "AKID", "secret_access_key": "sesame"}
"""What signs the requests of the one provider that takes no key."""

WEATHER = ToolDefinition(
    "get_weather",
    "The weather of a city",
    {"type": "object", "properties": {"city": {"type": "string", "enum": ["Oslo"]}}, "required": ["city"]},
)

Connect = Callable[..., Any]


@pytest.fixture(params=["manifest", "manifest_dir", "environment"])
def connect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Makes a client by each of the three ways in which a manifest of one's own is found."""
    monkeypatch.delenv("AI_LIB_MANIFESTS", raising=False)
    if request.param == "environment":
        monkeypatch.setenv("AI_LIB_MANIFESTS", str(MANIFESTS))

    async def connect(model: str, base_url: str) -> AiClient:
        provider = model.partition("/")[0]
        options: dict[str, Any] = {"on_unsupported": "ignore", "max_retries": 0}
        options.update({"credentials": SIGNING} if provider == "beacon" else {"api_key": "sesame"})
        if request.param == "manifest":
            options["manifest"] = MANIFESTS / f"{provider}.yaml"
        elif request.param == "manifest_dir":
            options["manifest_dir"] = MANIFESTS
        return await AiClient.create(model, base_url=base_url, **options)

    return connect


async def said(chat: ChatRequestBuilder, *, streamed: bool) -> ChatResponse:
    """The whole answer, by either way of asking."""
    if not streamed:
        return await chat.execute()
    async with chat.stream() as stream:
        async for _ in stream:
            pass
    return stream.response


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_command_finds_nothing_wrong(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "check", str(path)]) == 0
    assert "fine" in capsys.readouterr().out


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_functions_can_be_printed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "compile", str(path)]) == 0
    assert "def encode(request, stream, notes):" in capsys.readouterr().out


# Against the simulator, which runs the server halves


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(manifest_dir=MANIFESTS) as running:
        yield running


@pytest.mark.parametrize("model", MODELS)
async def test_it_chats(model: str, connect: Connect, simulator: Simulator) -> None:
    async with await connect(model, simulator.address(model.partition("/")[0])) as client:
        response = await client.chat().system("Be brief.").user("Hello there").execute()
    assert response.content == "You said: Hello there"
    assert response.finish_reason == "stop"
    assert response.model == model.partition("/")[2]
    assert response.usage.output


@pytest.mark.parametrize("model", MODELS)
async def test_it_streams(model: str, connect: Connect, simulator: Simulator) -> None:
    async with (
        await connect(model, simulator.address(model.partition("/")[0])) as client,
        client.chat().user("Hello there").stream() as stream,
    ):
        texts = [text async for text in stream.text()]
    assert len(texts) > 1
    assert "".join(texts) == stream.response.content == "You said: Hello there"
    assert stream.response.finish_reason == "stop"
    assert stream.stats.usage.output


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("model", MODELS)
async def test_it_calls_a_tool(model: str, streamed: bool, connect: Connect, simulator: Simulator) -> None:
    async with await connect(model, simulator.address(model.partition("/")[0])) as client:
        chat = client.chat().user("Is it raining?").tools([WEATHER])
        response = await said(chat, streamed=streamed)
        (call,) = response.tool_calls
        assert (call.name, call.arguments) == ("get_weather", {"city": "Oslo"})
        assert response.finish_reason == "tool_calls"
        final = await chat.messages([response.to_message()]).tool(call.id, "rain").execute()
    assert final.content == "The tool answered: rain"


@pytest.mark.parametrize("model", [model for model in MODELS if not model.startswith("beacon")])
async def test_the_key_goes_where_the_manifest_says(model: str, connect: Connect, simulator: Simulator) -> None:
    provider = model.partition("/")[0]
    async with await connect(model, simulator.address(provider)) as client:
        await client.chat().user("Hello").execute()
    for received in simulator.requests:
        assert received.headers[f"x-{provider}-key"] == "sesame"
        assert "authorization" not in received.headers


async def test_the_rules_of_the_provider_and_of_the_model_hold(connect: Connect, simulator: Simulator) -> None:
    async with await connect("pebble/skipping-tiny", simulator.address("pebble")) as client:
        chat = client.chat().user("Hello").temperature(1.5).max_tokens(9000).seed(1).tools([WEATHER])
        response = await chat.execute()
    (received,) = simulator.requests
    assert received.body == {
        "model": "skipping-tiny",
        "messages": [{"role": "user", "content": "Hello"}],
        "safe_mode": True,
        "temperature": 1,
        "max_completion_tokens": 4096,
    }
    told = {(item.parameter, item.action) for item in response.adjustments}
    assert told >= {
        ("temperature", "clamped"),
        ("max_tokens", "clamped"),
        ("seed", "dropped"),
        ("tools", "dropped"),
    }


async def test_an_error_inside_an_answer_that_says_200(connect: Connect, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "too many moths"))
    async with await connect("lantern/beam-1", simulator.address("lantern")) as client:
        with pytest.raises(RateLimited, match="too many moths") as caught:
            await client.chat().user("Hello").execute()
    assert (caught.value.status_code, caught.value.code) == (200, "BUSY")


async def test_an_error_in_mid_stream_keeps_what_had_come(connect: Connect, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "no oil", after_frames=3))
    async with await connect("lantern/beam-1", simulator.address("lantern")) as client:
        with pytest.raises(Overloaded, match="no oil") as caught:
            async for _ in client.chat().user("Hello there").stream():
                pass
    assert caught.value.partial.content == "You said:"


# Receipts, signed requests and several APIs


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_an_answer_is_fetched_or_watched_where_its_receipt_says(
    streamed: bool, connect: Connect, simulator: Simulator
) -> None:
    async with await connect("ferry/oar-1", simulator.address("ferry")) as client:
        response = await said(client.chat().user("Hello"), streamed=streamed)
    assert response.content == "You said: Hello"
    first, second = simulator.requests
    assert (first.method, first.path) == ("POST", "/ferry/crossings")
    assert (second.method, second.path) == ("GET", f"/ferry/crossings/{response.id}{'/live' if streamed else ''}")
    assert second.headers["x-ferry-follows"] == "yes"
    assert "x-ferry-follows" not in first.headers


async def test_an_error_in_place_of_a_receipt(connect: Connect, simulator: Simulator) -> None:
    simulator.script(SimulatedError("overloaded", "high waves"))
    async with await connect("ferry/oar-1", simulator.address("ferry")) as client:
        with pytest.raises(Overloaded, match="high waves") as caught:
            await client.chat().user("Hello").execute()
    assert caught.value.code == "storm_9"


async def test_each_request_is_signed_for_where_it_goes(connect: Connect, simulator: Simulator) -> None:
    async with await connect("beacon/flash-1", simulator.address("beacon")) as client:
        await client.chat().user("Hello").execute()
    (received,) = simulator.requests
    scheme, _, rest = received.headers["authorization"].partition(" ")
    access, _, *scope = rest.partition(",")[0].split("/")
    assert (scheme, access, scope) == ("AWS4-HMAC-SHA256", "Credential=AKID", ["west", "beacon", "aws4_request"])
    assert "sesame" not in str(received.headers)


async def test_an_error_before_binary_messages_and_one_among_them(connect: Connect, simulator: Simulator) -> None:
    simulator.script(SimulatedError("rate_limited", "shallow"), SimulatedError("overloaded", "fog", after_frames=3))
    async with await connect("beacon/flash-1", simulator.address("beacon")) as client:
        with pytest.raises(RateLimited, match="shallow") as early:
            await said(client.chat().user("Hello there"), streamed=True)
        with pytest.raises(Overloaded, match="fog") as late:
            await said(client.chat().user("Hello there"), streamed=True)
    assert (early.value.code, late.value.code) == ("shoalException", "fogException")
    assert late.value.partial.content == "You said:"


@pytest.mark.parametrize(
    ("model", "tools", "path"),
    [
        ("flat-1", True, "/quarry/chat/completions"),
        ("deep-1", False, "/quarry/chat/completions"),
        ("deep-1", True, "/quarry/talk"),
    ],
)
async def test_a_request_goes_by_the_api_that_its_route_says(
    model: str, tools: bool, path: str, connect: Connect, simulator: Simulator
) -> None:
    async with await connect(f"quarry/{model}", simulator.address("quarry")) as client:
        chat = client.chat().user("Hello")
        await (chat.tools([WEATHER]) if tools else chat).execute()
        assert simulator.requests[0].path == path
        await client.chat().user("Hello").api("tunnel").execute()
    assert simulator.requests[1].path == "/quarry/talk"
    assert simulator.requests[1].body["depth"] == 3


async def test_the_rules_of_an_api_and_of_its_models_hold(connect: Connect, simulator: Simulator) -> None:
    async with await connect("quarry/deep-tiny", simulator.address("quarry")) as client:
        response = await client.chat().user("Hello").max_tokens(500).tools([WEATHER]).seed(1).execute()
    (received,) = simulator.requests
    assert received.body["depth"] == 1
    assert received.body["knobs"] == {"length": {"most": 100}}
    told = {(item.parameter, item.action) for item in response.adjustments}
    assert told >= {("max_tokens", "clamped"), ("seed", "dropped")}


# Against a server that was written by hand


class LanternServer:
    """Speaks the invented format, knows no manifest, and keeps what it received."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[Any] = []
        self._server: TestServer | None = None

    async def start(self) -> str:
        application = web.Application()
        application.router.add_post("/v7/talk", self._talk)
        self._server = TestServer(application)
        await self._server.start_server()
        return str(self._server.make_url("/v7"))

    async def close(self) -> None:
        if self._server is not None:
            await self._server.close()

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.json()
        self.received.append((request.path_qs, headers, body))
        answer = self.answers.pop(0)
        if not body["engine"].get("flow"):
            return web.json_response(answer)
        response = web.StreamResponse(headers={"content-type": "application/x-ndjson"})
        await response.prepare(request)
        for line in answer:
            await response.write(json.dumps(line).encode() + b"\r\n")
        return response


@pytest.fixture
async def lantern(connect: Connect) -> AsyncIterator[tuple[LanternServer, AiClient]]:
    server = LanternServer()
    async with await connect("lantern/beam-1", await server.start()) as client:
        yield server, client
    await server.close()


PLAIN = {
    "run": "r-1",
    "engine": "beam-1.3",
    "said": [{"t": "think", "words": "A greeting."}, {"t": "say", "words": "Good evening."}],
    "why": "done",
    "meter": {"in": {"fresh": 7, "kept": 2}, "out": {"spoken": 3, "pondered": 4}},
}
STREAM = [
    {"t": "hello", "run": "r-2", "engine": "beam-1.3"},
    {"t": "think", "words": "A gree"},
    {"t": "think", "words": "ting."},
    {"t": "say", "words": "Good "},
    {"t": "flicker", "lumens": 3},
    {"t": "say", "words": "evening."},
    {"t": "bye", "why": "full", "meter": {"in": {"fresh": 7}, "out": {"spoken": 3, "pondered": 4}}},
]
CALLS = [
    {"t": "hello", "run": "r-3", "engine": "beam-1.3"},
    {"t": "use", "ref": "u1", "tool": "get_weather", "with": {"city": "Oslo", "days": [1, 2]}},
    {"t": "use", "ref": "u2", "tool": "get_weather", "with": {"city": "Bergen"}},
    {"t": "bye", "why": "done", "meter": {"in": {"fresh": 20}, "out": {"spoken": 9}}},
]


async def test_by_hand_a_request_is_what_the_format_wants(lantern: tuple[LanternServer, AiClient]) -> None:
    server, client = lantern
    server.answers.append(PLAIN)
    await (
        client.chat()
        .system("Be brief.")
        .system("Be kind.")
        .user(["What is this?", ContentBlock.image_base64("AAAA", "image/png")])
        .temperature(0.5)
        .stop(["END", "FIN"])
        .tools([WEATHER])
        .tool_choice("get_weather")
        .execute()
    )
    ((path, headers, body),) = server.received
    assert path == "/v7/talk"
    assert headers["x-lantern-key"] == "sesame"
    assert headers["lantern-revision"] == "7"
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers
    assert body == {
        "engine": {"name": "beam-1"},
        "briefing": ["Be brief.", "Be kind."],
        "log": [
            {
                "who": "person",
                "says": [{"words": "What is this?"}, {"picture": {"as": "image/png", "bytes": "AAAA"}}],
            }
        ],
        "knobs": {"heat": 0.5, "length": {"most": 500}, "halt": ["END", "FIN"]},
        "toolbox": {
            "tools": [{"title": "get_weather", "purpose": "The weather of a city", "takes": WEATHER.parameters}],
            "rule": {"must": "get_weather"},
        },
    }


async def test_by_hand_a_plain_answer(lantern: tuple[LanternServer, AiClient]) -> None:
    server, client = lantern
    server.answers.append(PLAIN)
    response = await client.chat().user("Hello").execute()
    assert (response.content, response.reasoning) == ("Good evening.", "A greeting.")
    assert (response.id, response.model) == ("r-1", "beam-1.3")
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "done")
    usage = response.usage
    assert (usage.input, usage.cache_read, usage.output, usage.reasoning) == (7, 2, 7, 4)
    assert (usage.prompt_tokens, usage.total_tokens, usage.cache_write) == (9, 16, None)


async def test_by_hand_a_stream(lantern: tuple[LanternServer, AiClient]) -> None:
    server, client = lantern
    server.answers.append(STREAM)
    async with client.chat().user("Hello").stream() as stream:
        events = [event async for event in stream]
    ((_, headers, body),) = server.received
    assert body["engine"] == {"name": "beam-1", "flow": True}
    assert headers["accept"] == "application/x-ndjson"
    assert [event.text for event in events if event.is_content_delta] == ["Good ", "evening."]
    assert [event.text for event in events if event.is_reasoning_delta] == ["A gree", "ting."]
    assert [event.data for event in events if event.is_unknown] == [{"t": "flicker", "lumens": 3}]
    assert events[-1].as_stream_end.finish_reason == "length"
    assert (stream.response.usage.output, stream.response.usage.cache_read) == (7, None)


async def test_by_hand_tools_there_and_back(lantern: tuple[LanternServer, AiClient]) -> None:
    server, client = lantern
    server.answers += [CALLS, PLAIN]
    chat = client.chat().user("Where does it rain?").tools([WEATHER])
    response = await said(chat, streamed=True)
    first, second = response.tool_calls
    assert response.finish_reason == "tool_calls"
    assert (first.arguments, second.arguments) == ({"city": "Oslo", "days": [1, 2]}, {"city": "Bergen"})

    chat.messages([response.to_message()])
    chat.tool(first.id, "rain").tool(second.id, "no such town", is_error=True)
    await chat.user("Well?").execute()
    assert server.received[1][2]["log"] == [
        {"who": "person", "says": [{"words": "Where does it rain?"}]},
        {
            "who": "lamp",
            "says": [
                {"use": {"ref": "u1", "tool": "get_weather", "with": {"city": "Oslo", "days": [1, 2]}}},
                {"use": {"ref": "u2", "tool": "get_weather", "with": {"city": "Bergen"}}},
            ],
        },
        {
            "who": "person",
            "says": [
                {"used": {"ref": "u1", "gave": "rain"}},
                {"used": {"ref": "u2", "gave": "no such town", "broke": True}},
                {"words": "Well?"},
            ],
        },
    ]


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_by_hand_an_error_inside_200(streamed: bool, lantern: tuple[LanternServer, AiClient]) -> None:
    server, client = lantern
    trouble = {"t": "trouble", "trouble": {"kind": "BUSY", "words": "too many moths", "wait": 1500}}
    server.answers.append([STREAM[0], STREAM[3], trouble] if streamed else {"trouble": trouble["trouble"]})
    with pytest.raises(RateLimited, match="too many moths") as caught:
        await said(client.chat().user("Hello"), streamed=streamed)
    error = caught.value
    assert (error.retry_after, error.code, error.retryable) == (1.5, "BUSY", True)
    assert error.partial is None or error.partial.content == "Good "


async def test_by_hand_a_stream_without_its_last_line(lantern: tuple[LanternServer, AiClient]) -> None:
    server, client = lantern
    server.answers.append(STREAM[:4])
    with pytest.raises(IncompleteStream) as caught:
        async for _ in client.chat().user("Hello").stream():
            pass
    assert caught.value.partial.content == "Good "


# What else a newcomer meets


async def test_the_providers_own_variables_hold_key_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(MANIFESTS))
    monkeypatch.setenv("LANTERN_BASE_URL", "http://127.0.0.1:9/v7")
    monkeypatch.setenv("LANTERN_API_KEY", "sesame")
    client = await AiClient.create("lantern/beam-1")
    assert client.base_url == "http://127.0.0.1:9/v7"
    assert client.chat().user("Hello").preview().headers["x-lantern-key"] == "[redacted]"


async def test_a_manifest_may_be_a_mapping() -> None:
    mapping = {
        "id": "gravel",
        "extends": "lantern-talk",
        "endpoint": {"base_url": "https://gravel.example"},
        "auth": {"scheme": "none"},
    }
    client = await AiClient.create("gravel/g-1", manifest=mapping, manifest_dir=MANIFESTS)
    request = client.chat().messages([Message.user("Hello")]).preview()
    assert (request.method, request.url) == ("POST", "https://gravel.example/talk")
    assert request.body["log"] == [{"who": "person", "says": [{"words": "Hello"}]}]


async def test_a_mistake_names_file_line_and_key(tmp_path: Path) -> None:
    text = (MANIFESTS / "lantern-talk.yaml").read_text().replace("{words: .text}", "{words: .txt}", 1)
    (tmp_path / "lantern-talk.yaml").write_text(text)
    (tmp_path / "lantern.yaml").write_text((MANIFESTS / "lantern.yaml").read_text())
    client = await AiClient.create("lantern/beam-1", manifest_dir=tmp_path, api_key="sesame")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if ".txt" in line)
    with pytest.raises(ManifestError, match=rf"lantern-talk\.yaml:{line}: .*has no field 'txt'; did you mean \"text\""):
        client.chat().user("Hello").preview()
