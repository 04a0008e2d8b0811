"""Starting, stopping, threads and loops; what is scripted, and what is remembered."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ai_lib_python import AiClient, Message, ToolCall, Usage
from ai_lib_python.errors import UnknownModelError
from ai_lib_python.simulator import Answer, Simulator, embedded

from .wire import post

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
CHAT = "/v1/chat/completions"


async def ask(simulator: Simulator, text: str = "Hi", id: str = "openai") -> str:
    async with await AiClient.create(f"{id}/m", base_url=simulator.address(id), api_key="key-1") as client:
        return (await client.chat().user(text).execute()).content


async def test_it_runs_in_the_loop_of_the_caller() -> None:
    async with Simulator() as simulator:
        assert await ask(simulator) == "You said: Hi"
    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url


async def test_it_starts_again_after_it_was_stopped() -> None:
    simulator = Simulator()
    for _ in range(2):
        await simulator.start()
        assert await ask(simulator) == "You said: Hi"
        await simulator.stop()
    await simulator.stop()


async def test_it_does_not_start_twice() -> None:
    async with Simulator() as simulator:
        with pytest.raises(RuntimeError, match="running already"):
            await simulator.start()


def test_one_in_a_thread_serves_two_loops_one_after_the_other() -> None:
    with Simulator() as simulator:
        assert [asyncio.run(ask(simulator, text)) for text in ("a", "b")] == ["You said: a", "You said: b"]


def test_one_in_a_thread_serves_many_threads_at_once() -> None:
    with Simulator() as simulator:
        answers: list[str] = []
        threads = [
            threading.Thread(target=lambda text=text: answers.append(asyncio.run(ask(simulator, text))))
            for text in "abcdefgh"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [f"You said: {text}" for text in "abcdefgh"]
    assert len(simulator.requests) == 8


async def test_one_in_a_thread_may_be_stopped_from_another_loop() -> None:
    simulator = Simulator().start_in_thread()
    assert await ask(simulator) == "You said: Hi"
    await simulator.stop()
    assert repr(simulator) == "<Simulator not running>"


def test_a_thread_does_not_stay_where_the_start_failed() -> None:
    with Simulator() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        threads = threading.active_count()
        with pytest.raises(OSError, match="address already in use"):
            Simulator(port=port).start_in_thread()
        assert threading.active_count() == threads


def test_closing_twice_is_fine() -> None:
    simulator = Simulator().start_in_thread()
    simulator.close()
    simulator.close()


def test_answers_come_in_order_and_then_the_echo() -> None:
    with Simulator([Answer("first")]) as simulator:
        simulator.script(Answer("second"))
        texts = [post(simulator.url + CHAT, ASK).json["choices"][0]["message"]["content"] for _ in range(3)]
    assert texts == ["first", "second", "You said: Hi"]


def test_only_answers_and_errors_can_be_scripted() -> None:
    with pytest.raises(TypeError, match="must be an Answer, a SimulatedError or a Fault, got str"):
        Simulator(["Hello"])  # type: ignore[list-item]


def test_a_whole_answer_of_ones_own(simulator: Simulator) -> None:
    usage = Usage(input=10, cache_read=20, cache_write=5, output=9, reasoning=4, cache_write_1h=2)
    calls = [ToolCall("a", "first", '{"x":1}'), ToolCall("b", "second")]
    simulator.script(Answer("Look.", reasoning="Hm", tool_calls=calls, usage=usage))

    async def run() -> None:
        client = await AiClient.create("simulator/anthropic-messages", base_url=simulator.address("anthropic"))
        async with client:
            stream = client.chat().user("Hi").stream()
            async for _ in stream:
                pass
        response = stream.response
        assert (response.content, response.reasoning, response.usage) == ("Look.", "Hm", usage)
        assert response.tool_calls == tuple(calls)
        assert response.finish_reason == "tool_calls"

    asyncio.run(run())


@pytest.mark.parametrize("model", ["anthropic/claude-haiku-4-5", "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0"])
@pytest.mark.parametrize(("kept", "told"), [(None, 0), (3000, 3000)])
async def test_what_is_written_to_a_cache_is_told_by_how_long_it_is_kept(
    model: str, kept: int | None, told: int
) -> None:
    written = Answer("Hi", usage=Usage(input=20, cache_write=6000, cache_write_1h=kept, output=2))
    async with Simulator([written, written]) as simulator:
        address = simulator.address(model.partition("/")[0])
        async with await AiClient.create(model, base_url=address, api_key="any") as client:
            plain = await client.chat().user("Hi").execute()
            async with client.chat().user("Hi").stream() as stream:
                async for _ in stream:
                    pass
    assert (plain.usage.cache_write, plain.usage.cache_write_1h) == (6000, told)
    assert stream.response.usage == plain.usage


def test_a_finish_reason_of_ones_own(simulator: Simulator) -> None:
    simulator.script(Answer("x", finish_reason="content_filter"), Answer("x", finish_reason="wondrous"))
    reasons = [post(simulator.url + CHAT, ASK).json["choices"][0]["finish_reason"] for _ in range(2)]
    assert reasons == ["content_filter", "wondrous"]


async def test_requests_are_remembered() -> None:
    async with Simulator() as simulator:
        await ask(simulator, "Hello", "gemini")
        (request,) = simulator.requests
    assert (request.method, request.path) == ("POST", "/gemini/models/m:generateContent")
    assert request.headers["x-goog-api-key"] == "key-1"
    assert request.body == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    assert request.manifest_id == "gemini"
    assert request.request is not None
    assert (request.request.model, request.request.messages) == ("m", (Message.user("Hello"),))


def test_a_body_that_is_no_json_is_remembered_as_it_is(simulator: Simulator) -> None:
    post(simulator.url + CHAT, b"{")
    (request,) = simulator.requests
    assert (request.raw, request.body, request.request) == (b"{", None, None)


def test_a_large_body_is_taken(simulator: Simulator) -> None:
    large = {**ASK, "messages": [{"role": "user", "content": "x" * 3_000_000}]}
    assert post(simulator.url + CHAT, large).status == 200


def test_only_the_last_requests_are_kept() -> None:
    with Simulator(keep=2) as simulator:
        for _ in range(3):
            post(simulator.url + CHAT, ASK)
        assert len(simulator.requests) == 2


def test_ids_are_counted_so_two_runs_are_the_same() -> None:
    def run() -> list[str]:
        with Simulator() as simulator:
            return [post(simulator.url + CHAT, ASK).text for _ in range(3)]

    assert run() == run()


def test_the_embedded_one_is_one() -> None:
    assert embedded() is embedded()


async def test_a_client_of_the_embedded_one_needs_no_key() -> None:
    async with await AiClient.create("simulator/cohere-v2") as client:
        assert (await client.chat().user("Hi").execute()).content == "You said: Hi"


async def test_an_unknown_dialect_of_the_embedded_one() -> None:
    with pytest.raises(UnknownModelError, match="It speaks: anthropic-messages, "):
        await AiClient.create("simulator/nothing-like-it")


OWN_DIALECT = """\
id: lines
kind: dialect
name: Lines
auth: {scheme: header, header: x-lines-key}
request:
  path: /say
  turns: {roles: {system: user, user: user, assistant: user, tool: user}}
  body: {say: {$each: $turns, $do: .text}, who: $model}
  stream_body: {live: true}
response: {steps: {text: {text: .said}, finish: .why}}
stream: {framing: ndjson, ends: [finish], steps: {text: {text: .piece}, finish: .why}}
finish: {map: {done: stop}}
errors: {message: .wrong, status: {418: overloaded}}
serve:
  routes: [{path: /say}]
  request:
    model: .who
    stream: .live
    messages: {$each: .say, $do: {role: user, parts: [{kind: text, text: .}]}}
  finish: {stop: done}
  response: {said: $answer.text, why: $answer.finish}
  stream: {text: [{data: {piece: $text}}], finish: [{data: {why: $answer.finish}}]}
  error: {status: {overloaded: 418}, body: {wrong: $error.message}, stream: [{data: {wrong: $error.message}}]}
"""


async def test_a_wire_format_that_is_only_a_yaml_file(tmp_path: Path) -> None:
    (tmp_path / "lines.yaml").write_text(OWN_DIALECT)
    async with Simulator(manifest_dir=tmp_path) as simulator:
        made = AiClient.create("lines/m", base_url=simulator.address("lines"), api_key="key-1", manifest_dir=tmp_path)
        async with await made as client:
            assert (await client.chat().user("Hi").execute()).content == "You said: Hi"
            texts = [text async for text in client.chat().user("Hi").stream_text()]
        assert texts == ["You", " said:", " Hi"]
        seen = await asyncio.to_thread(post, simulator.url + "/say", {"say": ["x"], "live": True}, {"x-lines-key": "k"})
    assert seen.text == '{"piece":"You"}\n{"piece":" said:"}\n{"piece":" x"}\n{"why":"done"}\n'
    assert seen.headers["content-type"] == "application/x-ndjson"


def test_a_broken_manifest_of_ones_own_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "lines.yaml").write_text(OWN_DIALECT.replace("$answer.text", "$answer.txet"))
    with Simulator(manifest_dir=tmp_path) as simulator:
        seen = post(simulator.address("lines") + "/say", {"say": ["x"]}, {"x-lines-key": "k"})
    assert seen.status == 500
    assert "lines.yaml:21: serve.response.said" in seen.json["error"]["message"]


def test_nothing_of_the_server_is_imported_before_it_starts() -> None:
    code = (
        "import sys; import ai_lib_python.simulator as s; s.Simulator([s.Answer('x')]);"
        "print([name for name in sys.modules if name.split('.')[0] == 'aiohttp'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
