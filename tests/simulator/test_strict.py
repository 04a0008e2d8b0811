# ruff: noqa: E501  # tables of cases are read by the line
"""A strict simulator refuses what the real API would, and says which field or message it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python.errors import InvalidRequestError
from ai_lib_python.simulator import Simulator

from .test_errors import PATHS
from .wire import Seen, post

HI = {"role": "user", "content": "Hi"}
CHAT = {"model": "m", "messages": [HI]}
CLAUDE = {"model": "m", "max_tokens": 2000, "messages": [HI]}
TOOL = {"name": "add", "input_schema": {"type": "object"}}


@pytest.fixture
def lenient() -> Iterator[Simulator]:
    with Simulator(strict=False) as simulator:
        yield simulator


def refused(seen: Seen) -> str:
    """What is wrong with the request, without how to get on."""
    assert seen.status in (400, 422), seen.text
    return seen.text


def use(id: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": "add", "input": {}}


def result(id: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id, "content": "3"}


def call(id: str) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "add", "arguments": "{}"}}


def said(*contents: Any) -> dict[str, Any]:
    """A conversation of the Messages API, the user first."""
    roles = ("user", "assistant")
    return {**CLAUDE, "messages": [{"role": roles[at % 2], "content": each} for at, each in enumerate(contents)]}


@pytest.mark.parametrize(
    ("dialect", "body", "told"),
    [
        ("openai-chat", {**CHAT, "temprature": 1}, 'temprature: there is no such field; did you mean \\"temperature\\"?'),
        ("openai-chat", {**CHAT, "messages": [{**HI, "mood": 1}]}, "messages[0].mood: there is no such field"),
        ("openai-chat", {**CHAT, "temperature": 3}, "temperature: expected a number, from 0 to 2, got 3"),
        ("openai-chat", {**CHAT, "stream": "yes"}, 'stream: expected true or false, got \\"yes\\"'),
        ("openai-chat", {**CHAT, "messages": []}, "messages: expected at least 1 items, got 0"),
        ("openai-chat", {"messages": [HI]}, "model: must be given"),
        ("openai-chat", {**CHAT, "messages": [{"role": "usr", "content": "Hi"}]}, "messages[0].role: expected one of system, developer, user"),
        ("openai-chat", {**CHAT, "messages": [{"role": "user"}]}, "messages[0].content: must be given"),
        ("openai-chat", {**CHAT, "response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.name: must be given"),
        ("openai-chat", {**CHAT, "messages": [HI, {"role": "tool", "tool_call_id": "a", "content": "3"}]}, "message 1: no call 'a' stands before this result"),
        ("openai-chat", {**CHAT, "messages": [HI, {"role": "assistant", "tool_calls": [call("a")]}, HI]}, "message 1: no result follows for the call 'a'"),
        ("openai-chat", {**CHAT, "messages": [HI, {"role": "assistant", "tool_calls": [call("a")]}]}, "message 1: no result follows for the call 'a'"),
        ("mistral-chat", {**CHAT, "seed": 1}, "seed: there is no such field"),
        ("mistral-chat", {**CHAT, "messages": [HI, {"role": "assistant", "content": "Yes"}]}, "message 1: the last message must be of user or tool, not of assistant"),
        ("anthropic-messages", CHAT, "max_tokens: must be given"),
        ("anthropic-messages", {**CLAUDE, "seed": 1}, "seed: there is no such field"),
        ("anthropic-messages", said([{"type": "text", "text": ""}]), "messages[0].content[0].text: expected a text, at least 1 characters"),
        ("anthropic-messages", said("Hi", [{"type": "thinking", "thinking": "Hm"}]), "messages[1].content[0].signature: must be given"),
        ("anthropic-messages", {**CLAUDE, "tools": [{"name": "add", "input_schema": {}}]}, "tools[0].input_schema.type: must be given"),
        ("anthropic-messages", {**CLAUDE, "tools": [TOOL, TOOL]}, "the tool 'add' is offered twice"),
        ("anthropic-messages", said("Hi", [use("a")], "Well?"), "message 1: no result follows for the call 'a'"),
        ("anthropic-messages", said("Hi", [use("a"), use("a")], [result("a")]), "the id 'a' is that of two tool calls"),
        ("anthropic-messages", {**said("Hi", [use("a")], [result("a")]), "thinking": {"type": "enabled", "budget_tokens": 1024}}, "message 1: with reasoning switched on, a message with calls must begin with its reasoning"),
        ("gemini-generate", {"contents": [{"role": "user", "parts": [{"txt": "Hi"}]}]}, 'contents[0].parts[0].txt: there is no such field; did you mean \\"text\\"?'),
        ("gemini-generate", {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"functionCall": {"name": "add", "args": {}}}]}, {"role": "user", "parts": [{"text": "Well?"}]}]}, "message 2: there must be as many results as there were calls, 1"),
        ("bedrock-converse", {"messages": [{"role": "user", "content": [{"text": "Hi"}]}] * 2}, "message 1: roles must alternate"),
        ("bedrock-converse", {"messages": [{"role": "assistant", "content": [{"text": "Hi"}]}]}, "message 0: the first message must be of user"),
        ("cohere-v2", {**CHAT, "top_p": 1}, "top_p: there is no such field"),
        ("ollama-chat", {**CHAT, "options": {"num_predct": 1}}, 'options.num_predct: there is no such field; did you mean \\"num_predict\\"?'),
        ("openai-responses", {"model": "m", "input": [{"type": "function_call_output", "call_id": "a", "output": "3"}]}, "message 0: no call 'a' stands before this result"),
        ("openai-responses", {"model": "m", "input": "Hi", "stop": ["x"]}, 'stop: there is no such field'),
        ("replicate-predictions", {"input": {"prompt": "Hi"}, "modle": "m"}, "modle: there is no such field"),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" in value and " " not in value else "",
)  # fmt: skip
def test_refuses(simulator: Simulator, lenient: Simulator, dialect: str, body: dict[str, Any], told: str) -> None:
    assert told in refused(post(simulator.address(dialect) + PATHS[dialect], body))
    assert "the simulator is strict" not in post(lenient.address(dialect) + PATHS[dialect], body).text


def test_the_refusal_is_an_error_of_the_wire_and_says_how_to_get_on(simulator: Simulator) -> None:
    seen = post(simulator.address("anthropic-messages") + "/v1/messages", {**CLAUDE, "seed": 1})
    assert seen.status == 400
    assert seen.json["error"]["type"] == "invalid_request_error"
    assert "Simulator(strict=False)" in seen.json["error"]["message"]
    assert simulator.requests[0].request is None


@pytest.mark.parametrize("field", ["cachedContent", "cached_content"])
def test_where_a_wire_takes_both_spellings_both_are_taken(simulator: Simulator, field: str) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], field: "cachedContents/1"}
    assert post(simulator.address("gemini-generate") + "/models/m:generateContent", body).status == 200


def test_null_is_as_good_as_absent(simulator: Simulator) -> None:
    body = {**CHAT, "temperature": None, "unheard_of": None}
    assert post(simulator.address("openai-chat") + "/v1/chat/completions", body).status == 200


def test_several_messages_of_one_role_are_one_where_the_wire_takes_them_so(simulator: Simulator) -> None:
    body = {**CLAUDE, "messages": [HI, {"role": "assistant", "content": [use("a")]}, {"role": "assistant", "content": [use("b")]}, {"role": "user", "content": [result("a")]}, {"role": "user", "content": [result("b")]}]}  # fmt: skip
    assert post(simulator.address("anthropic-messages") + "/v1/messages", body).status == 200


def test_a_provider_takes_its_own_fields_beside_those_of_its_dialect(simulator: Simulator) -> None:
    body = {**CHAT, "provider": {"order": ["a"]}}
    assert post(simulator.address("openrouter") + "/chat/completions", body).status == 200
    assert "there is no such field" in refused(post(simulator.address("openai") + "/chat/completions", body))


def test_where_only_the_wire_format_is_known_unknown_fields_may_be_somebodys_own(simulator: Simulator) -> None:
    assert post(simulator.url + "/v1/chat/completions", {**CHAT, "unheard_of": 1}).status == 200
    assert "temperature: expected" in refused(
        post(simulator.url + "/v1/chat/completions", {**CHAT, "temperature": "hot"})
    )


def test_a_server_that_passes_over_what_it_does_not_know_takes_it(simulator: Simulator) -> None:
    assert post(simulator.address("vllm") + "/v1/chat/completions", {**CHAT, "guided_json": {}}).status == 200


async def test_extra_body_is_held_to_the_wire_too(simulator: Simulator, lenient: Simulator) -> None:
    for server in (simulator, lenient):
        async with await AiClient.create("openai/gpt-4o", base_url=server.address("openai"), api_key="any") as client:
            asked = client.chat().user("Hi").extra_body({"frequency_penalti": 1})
            if server is lenient:
                assert (await asked.execute()).content == "You said: Hi"
                continue
            with pytest.raises(
                InvalidRequestError, match='frequency_penalti: there is no such field; did you mean "freq'
            ):
                await asked.execute()


def test_each_dialect_says_what_it_takes(simulator: Simulator) -> None:
    assert {post(simulator.address(id) + path, {"unheard_of": 1}).status for id, path in PATHS.items()} <= {400, 422}
    for id, path in PATHS.items():
        assert "(the simulator is strict" in post(simulator.address(id) + path, {"unheard_of": 1}).text, id


OWN = """
id: cobble
extends: openai-chat
endpoint: {base_url: https://cobble.example}
request: {body: {safe_mode: true}}
"""


@pytest.mark.parametrize(
    ("more", "status"),
    [("", 200), ("serve: {accepts: {body: {safe_mode: boolean}}}", 200), ("serve: {accepts: {body: {n: null}}}", 400)],
)
def test_a_manifest_of_ones_own_is_held_to_what_it_says_itself(tmp_path: Path, more: str, status: int) -> None:
    (tmp_path / "cobble.yaml").write_text(OWN + more)
    body = {"model": "m", "safe_mode": True, "messages": [{"role": "user", "content": "Hi"}]}
    with Simulator(manifest_dir=tmp_path) as simulator:
        assert post(f"{simulator.address('cobble')}/chat/completions", body).status == status
