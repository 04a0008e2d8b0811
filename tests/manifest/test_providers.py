"""Every bundled provider: it loads, it compiles, and its odd facts come out on the wire."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ai_lib_python import AiClient, ContentBlock, Message, MessageRole
from ai_lib_python._engine.assemble import Assembler, ErrorInAnswer
from ai_lib_python._engine.target import Target, program_of
from ai_lib_python._manifest import folders, yaml_source
from ai_lib_python._manifest.check import problems
from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import AudioPart, OpaquePart, ReasoningPart, TextPart, ToolCall
from ai_lib_python.preview import RequestPreview
from ai_lib_python.tools import ToolDefinition

PROVIDERS = sorted(path.stem for path in folders.bundled_providers() if load(path.stem).has_chat)
LOCAL = ["llamacpp", "lmstudio", "ollama", "vllm"]
TOOLS = [ToolDefinition("look", "Looks.")]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CALL = ToolCall("call_1", "look", "{}")
SIGNED = ToolCall("call_1", "look", "{}", "s", "gemini")


BUNDLED = [*folders.bundled_providers(), *folders.bundled_dialects()]


@pytest.mark.parametrize("file", BUNDLED, ids=lambda file: file.stem)
def test_a_bundled_manifest_is_fine_and_so_not_checked_again_whenever_it_is_loaded(file: Path) -> None:
    assert problems(yaml_source.read(file)) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_function_of_every_provider_compiles(provider: str) -> None:
    manifest = load(provider)
    for version in [manifest, *for_each_model_rule(manifest)]:
        program = program_of(version)
        assert program.source()
        assert all((program.encode, program.read_response, program.read_frame, program.classify, program.request_id))


def for_each_model_rule(manifest: Manifest) -> list[Manifest]:
    return [manifest._overlaid(index) for index in range(len(manifest.data.get("models", ())))]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_says_who_where_and_since_when_it_is_known(provider: str) -> None:
    data = load(provider).data
    for key in ("name", "docs", "sources", "checked", "confidence", "status"):
        assert data.get(key), key
    if data["status"]["is"] == "live":
        assert data["examples"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_model_rule_can_be_reached(provider: str) -> None:
    manifest = load(provider)
    for index, entry in enumerate(manifest.data.get("models", ())):
        globs = [entry["match"]] if isinstance(entry["match"], str) else entry["match"]
        plain = [re.sub(r"\[[^]]*(.)\]", r"\1", glob) for glob in globs]  # the last letter of each set
        names = [glob.replace("*", rest) for glob in plain for rest in ("", "x")]
        assert index in {manifest._entry(name) for name in names}, entry["match"]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("model", ["a-model-nobody-has-heard-of", "vendor/model:tag"])
def test_an_unlisted_model_works_with_every_parameter(provider: str, model: str) -> None:
    def everything(chat: ChatRequestBuilder) -> ChatRequestBuilder:
        chat.temperature(0.5).top_p(0.9).top_k(5).max_tokens(100).stop(["x"]).seed(1).user_id("u").logprobs(top=2)
        chat.presence_penalty(0.5).frequency_penalty(0.5).tools(TOOLS).tool_choice("required").reasoning("low")
        return chat.parallel_tool_calls(False).response_format(SCHEMA)

    shown = preview(f"{provider}/{model}", everything, base_url="https://example.com")
    assert shown.method == "POST"


@pytest.mark.parametrize("provider", LOCAL)
def test_a_local_server_needs_no_key(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in load(provider).auth:
        for variable in scheme.env:
            monkeypatch.delenv(variable, raising=False)
    assert asyncio.run(Target(load(provider)).credential()) is None


# What goes out


def preview(
    model: str,
    build: Callable[[ChatRequestBuilder], Any] | None = None,
    *,
    stream: bool = False,
    messages: list[Message] | None = None,
    base_url: str | None = None,
) -> RequestPreview:
    variables = {"resource": "r"} if model.startswith("azure") else None
    client = asyncio.run(AiClient.create(model, base_url=base_url, variables=variables))
    chat = client.chat().messages(messages or [Message.user("hi")])
    if build is not None:
        build(chat)
    return chat.preview(stream=stream)


@pytest.mark.parametrize(
    ("model", "top", "sent"),
    [
        ("openai/gpt-4o", 3, {"logprobs": True, "top_logprobs": 3}),
        ("openai/gpt-6-luna", 3, {}),
        ("xai/grok-4.3", 20, {"logprobs": True, "top_logprobs": 8}),
        ("together/zai-org/GLM-5.3", 5, {"logprobs": 5}),
        ("groq/openai/gpt-oss-20b", 2, {}),
        ("cohere/command-a-03-2025", 2, {"logprobs": True}),
        ("llamacpp/default", 2, {"logprobs": True, "top_logprobs": 2}),
        ("gemini/gemini-2.5-flash", 2, {"generationConfig": {"responseLogprobs": True, "logprobs": 2}}),
    ],
)
def test_log_probabilities_are_asked_for_in_the_providers_way(model: str, top: int, sent: dict[str, Any]) -> None:
    body = preview(model, lambda chat: chat.logprobs(top=top)).body
    assert {key: body[key] for key in ("logprobs", "top_logprobs", "generationConfig") if key in body} == sent


def test_cohere_takes_strict_tools_by_one_switch_for_all() -> None:
    strict = ToolDefinition("see", "Sees.", strict=True)
    body = preview("cohere/command-a-03-2025", lambda chat: chat.tools([*TOOLS, strict])).body
    assert body["strict_tools"] is True
    assert all("strict" not in tool["function"] for tool in body["tools"])


def test_openai_drops_for_a_reason_that_says_what_to_do() -> None:
    shown = preview("openai/gpt-5.6-terra", lambda chat: chat.temperature(0.5))
    assert ".reasoning(False)" in shown.adjustments[0].reason


# Where it goes


@pytest.mark.parametrize(
    ("provider", "variables"),
    [
        ("openai", ["OPENAI_API_KEY"]),
        ("azure", ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY", "AZURE_OPENAI_AD_TOKEN"]),
        ("anthropic", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"]),
        ("gemini", ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]),
        ("cohere", ["CO_API_KEY", "COHERE_API_KEY"]),
        ("openrouter", ["OPENROUTER_API_KEY", "OR_API_KEY"]),
        ("together", ["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"]),
        ("llamacpp", []),
    ],
)
def test_keys_are_looked_for_in_the_providers_own_order(provider: str, variables: list[str]) -> None:
    assert [variable for scheme in load(provider).auth for variable in scheme.env] == variables


# Messages

PICTURE = ContentBlock.image_url("https://example.com/a.png")
SOUND = ContentBlock.audio(b"abc", "audio/mpeg")
SOUND_THERE = AudioPart(url="https://example.com/a.mp3")
PAPER = ContentBlock.file(b"abc", filename="a.pdf")
THOUGHT = ReasoningPart("hm")


@pytest.mark.parametrize(
    ("model", "part", "sent"),
    [
        ("mistral/m", SOUND, {"type": "input_audio", "input_audio": "YWJj"}),
        (
            "mistral/m",
            PAPER,
            {
                "type": "document_url",
                "document_url": "data:application/pdf;base64,YWJj",
                "document_name": "a.pdf",
            },
        ),
        (
            "mistral/m",
            ContentBlock.file(url="https://example.com/a.pdf"),
            {"type": "document_url", "document_url": "https://example.com/a.pdf"},
        ),
        ("mistral/m", ContentBlock.file(file_id="f"), {"type": "file", "file_id": "f"}),
        (
            "openrouter/m",
            ContentBlock.file(url="https://example.com/a.pdf", filename="a.pdf"),
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://example.com/a.pdf"}},
        ),
        ("together/m", SOUND_THERE, {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}}),
        ("vllm/m", SOUND_THERE, {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}}),
        (
            "anthropic/claude-opus-5",
            ContentBlock.file(b"abc", media_type="text/plain", filename="a.txt"),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "abc"},
                "title": "a.txt",
            },
        ),
        (
            "anthropic/claude-opus-5",
            PAPER,
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "YWJj"},
                "title": "a.pdf",
            },
        ),
        (
            "deepseek/deepseek-flash",
            PICTURE,
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ),
    ],
)
def test_a_part_is_written_as_the_provider_reads_it(model: str, part: Any, sent: Any) -> None:
    shown = preview(model, messages=[Message.user([ContentBlock.text("look:"), part])])
    assert shown.body["messages"][0]["content"] == [{"type": "text", "text": "look:"}, sent]


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("ollama/qwen3", SOUND),
        ("deepseek/deepseek-v4-pro", PICTURE),
        ("deepseek/deepseek-v4-flash", PICTURE),
        ("cohere/command-a-03-2025", PAPER),
        ("anthropic/claude-opus-5", SOUND),
        ("openai/gpt-4o", ContentBlock.video(b"x")),
        ("llamacpp/default", PAPER),
        ("lmstudio/m", SOUND),
        ("together/m", PAPER),
        ("vllm/m", PAPER),
        ("groq/m", SOUND),
        ("groq/m", PAPER),
        ("azure/d", PAPER),
        ("xai/grok-4.7", SOUND),
        ("deepseek/deepseek-flash", PAPER),
    ],
)
def test_a_part_that_the_provider_refuses_is_an_error_that_names_it(model: str, part: Any) -> None:
    with pytest.raises(UnsupportedError, match=part.kind):
        preview(model, messages=[Message.user([ContentBlock.text("look:"), part])])


def history(*parts: Any) -> list[Message]:
    return [
        Message.user("hi"),
        Message.assistant(list(parts), tool_calls=[CALL]),
        Message.tool("call_1", "seen"),
    ]


def test_mistral_gets_ids_of_nine_letters_the_same_both_ways() -> None:
    messages = preview("mistral/m", messages=history()).body["messages"]
    id = messages[1]["tool_calls"][0]["id"]
    assert len(id) == 9
    assert id.isalnum()
    assert messages[2] == {"role": "tool", "tool_call_id": id, "name": "look", "content": "seen"}


def test_mistral_gets_its_thoughts_back() -> None:
    thought = ReasoningPart("hm", signature="s", origin="mistral")
    messages = preview("mistral/m", messages=history(thought, TextPart("ok"))).body["messages"]
    assert messages[1]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "s"},
        {"type": "text", "text": "ok"},
    ]


@pytest.mark.parametrize(("parts", "sent"), [((THOUGHT,), "hm"), ((), "")])
def test_deepseek_gets_reasoning_content_beside_tool_calls(parts: tuple[Any, ...], sent: str) -> None:
    assert preview("deepseek/deepseek-flash", messages=history(*parts)).body["messages"][1]["reasoning_content"] == sent


def test_groq_gets_its_reasoning_back_by_the_name_reasoning() -> None:
    messages = preview("groq/openai/gpt-oss-20b", messages=history(THOUGHT, TextPart("ok"))).body["messages"]
    assert (messages[1]["reasoning"], messages[1]["content"]) == ("hm", "ok")


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ([CALL], ["skip_thought_signature_validator"]),
        ([TextPart("ok"), CALL], [None, "skip_thought_signature_validator"]),
        ([SIGNED, msgspec.structs.replace(CALL, id="call_2")], ["s", None]),
    ],
)
def test_gemini_takes_a_call_without_a_signature_by_its_dummy(said: list[Any], sent: list[str | None]) -> None:
    messages = [Message.user("hi"), Message(MessageRole.ASSISTANT, tuple(said))]
    parts = preview("gemini/gemini-3.8-flash", messages=messages).body["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == sent


def test_gemini_needs_no_dummy_before_version_3() -> None:
    messages = [Message.user("hi"), Message.assistant([], tool_calls=[CALL])]
    assert "thoughtSignature" not in preview("gemini/gemini-2.5-pro", messages=messages).body["contents"][1]["parts"][0]


# What comes back


def read(provider: str, *, body: Any = None, frames: list[Any] | None = None) -> Any:
    manifest = load(provider)
    program = program_of(manifest)
    sink = Assembler(program.finish, manifest.id)
    if body is not None:
        program.read_response(sink, body)
    for frame in frames or []:
        program.read_frame(sink, frame, None)
    sink.close()
    return sink.response(provider)


def choice(**message: Any) -> dict[str, Any]:
    return {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "choices": [{"index": 0, "delta": fields}]}


ENCRYPTED = {"type": "reasoning.encrypted", "data": "zz", "index": 0, "id": "rs_1", "format": "f"}
"""As recorded with gpt-5: it shares its index with the summary before it."""


def summary(text: str) -> dict[str, Any]:
    return {"type": "reasoning.summary", "summary": text, "index": 0, "format": "f"}


def test_openrouter_gets_its_reasoning_details_back_unchanged() -> None:
    answer = read("openrouter", body=choice(content="ok", reasoning="ab", reasoning_details=[summary("ab"), ENCRYPTED]))
    sent = preview("openrouter/m", messages=[Message.user("hi"), answer.to_message(), Message.user("go")]).body
    assert sent["messages"][1] == {
        "role": "assistant",
        "content": "ok",
        "reasoning_details": [summary("ab"), ENCRYPTED],
    }


def test_openrouters_streamed_reasoning_details_are_whole_again_when_they_go_back() -> None:
    frames = [
        delta(reasoning="a", reasoning_details=[summary("a")]),
        delta(reasoning="b", reasoning_details=[summary("b")]),
        delta(reasoning_details=[ENCRYPTED]),
        delta(content="ok"),
    ]
    answer = read("openrouter", frames=frames)
    assert answer.reasoning == "ab"
    sent = preview("openrouter/m", messages=[Message.user("hi"), answer.to_message(), Message.user("go")]).body
    assert sent["messages"][1]["reasoning_details"] == [summary("ab"), ENCRYPTED]


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        (
            {"id": "1", "choices": [{"error": {"code": 502, "message": "down"}, "finish_reason": "error"}]},
            "server_error",
        ),
        (
            {"error": {"code": 429, "message": "x", "metadata": {"error_type": "rate_limit_exceeded"}}},
            "rate_limited",
        ),
        ({"error": {"code": 529, "message": "x"}}, "overloaded"),
    ],
)
def test_openrouters_errors_inside_a_good_status_are_found(body: Any, error_class: str) -> None:
    with pytest.raises(ErrorInAnswer) as caught:
        read("openrouter", body=body)
    assert program_of(load("openrouter")).classify(200, {}, caught.value.data).error_class == error_class


def test_mistrals_lists_of_chunks_are_read() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "s"}
    reference = {"type": "reference", "reference_ids": [1]}
    answer = read("mistral", body=choice(content=[thinking, {"type": "text", "text": "ok"}, reference]))
    assert answer.content == "ok"
    assert answer.parts == (
        ReasoningPart("hm", "s", None, "mistral"),
        TextPart("ok"),
        OpaquePart(reference, "mistral"),
    )


def test_mistrals_streamed_chunks_are_read() -> None:
    def thought(text: str) -> dict[str, Any]:
        return delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": text}]}])

    answer = read("mistral", frames=[thought("h"), thought("m"), delta(content="o"), delta(content="k")])
    assert (answer.reasoning, answer.content) == ("hm", "ok")


def test_groqs_error_in_mid_stream_is_found() -> None:
    with pytest.raises(ErrorInAnswer) as caught:
        read("groq", frames=[{"id": "1", "choices": [], "x_groq": {"error": "it broke"}}])
    assert program_of(load("groq")).classify(200, {}, caught.value.data).message == "it broke"


# The list of models


@pytest.mark.parametrize(
    ("provider", "page", "following"),
    [
        ("openai", {"object": "list", "data": [{"id": "m", "object": "model"}]}, None),
        ("groq", {"object": "list", "data": [{"id": "m"}]}, None),
        ("together", [{"id": "m", "object": "model"}], None),
        ("anthropic", {"data": [{"type": "model", "id": "m"}], "has_more": True, "last_id": "m"}, {"after_id": "m"}),
        ("anthropic", {"data": [{"type": "model", "id": "m"}], "has_more": False, "last_id": "m"}, None),
        ("gemini", {"models": [{"name": "models/m"}], "nextPageToken": "t"}, {"pageToken": "t"}),
        ("gemini", {"models": [{"name": "models/m"}]}, None),
        ("cohere", {"models": [{"name": "m"}], "next_page_token": "t"}, {"page_token": "t"}),
        ("cohere", {"models": [{"name": "m"}]}, None),
    ],
)
def test_a_page_of_the_list_of_models_is_read(provider: str, page: Any, following: dict[str, str] | None) -> None:
    assert program_of(load(provider)).read_models(page) == (["m"], following)


@pytest.mark.parametrize(
    ("provider", "path", "query"),
    [
        ("openai", "/models", {}),
        ("together", "/models", {}),
        ("anthropic", "/v1/models", {"limit": 1000}),
        ("gemini", "/models", {"pageSize": 1000}),
        ("cohere", "/v1/models", {"endpoint": "chat", "page_size": 1000}),
    ],
)
def test_the_list_of_models_is_asked_for(provider: str, path: str, query: dict[str, Any]) -> None:
    listing = load(provider).data["list_models"]
    assert (listing["path"], listing.get("query", {})) == (path, query)


def test_anthropics_version_stands_in_every_request() -> None:
    assert load("anthropic").endpoint.headers == {"anthropic-version": "2023-06-01"}


# Models that end


@pytest.mark.parametrize(
    ("provider", "model", "sunset", "replacement"),
    [
        ("openai", "gpt-4.1", "2027-01-14", None),
        ("openai", "gpt-4.1-mini", None, None),
        ("openai", "gpt-5-mini", "2026-12-11", None),
        ("openai", "o3", "2026-12-11", None),
        ("openai", "o3-mini", "2026-10-23", None),
        ("openai", "gpt-4-turbo", "2026-10-23", None),
        ("openai", "gpt-4o", None, None),
        ("anthropic", "claude-sonnet-4-5-20250929", "2026-11-30", None),
        ("anthropic", "claude-sonnet-4-20250514", "2026-06-15", None),
        ("deepseek", "deepseek-chat", "2026-07-24", "deepseek-flash"),
        ("deepseek", "deepseek-reasoner", "2026-07-24", "deepseek-v4-pro"),
        ("xai", "grok-3", "2026-05-15", "grok-4.3"),
        ("xai", "grok-4.3", None, None),
        ("groq", "llama-3.3-70b-versatile", "2026-08-16", None),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "2026-10-22", None),
    ],
)
def test_the_end_of_a_model_is_known(provider: str, model: str, sunset: str | None, replacement: str | None) -> None:
    found = load(provider).for_model(model)
    assert (found.sunset, found.replacement) == (sunset, replacement)
