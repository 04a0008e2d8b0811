"""Cache marks go out where a wire has them, and are told where it has none; a longer history begins as the shorter."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from msgspec.structs import replace

from ai_lib_python import AiClient, ContentBlock, Message, ToolCall
from ai_lib_python._manifest.folders import bundled_dialects
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import CacheMark, OpaquePart, ReasoningPart, RefusalPart, TextPart, ToolResult

SYSTEM = Message.system(ContentBlock.cached("long instructions", "1h"))
PICTURE = ContentBlock.cached(ContentBlock.image_url("https://x/y.png"))
MARKED = [
    SYSTEM,
    Message.user(["a", ContentBlock.cached("b")]),
    Message.assistant(tool_calls=[ContentBlock.cached(ToolCall("t1", "f"))]),
    Message.user([ContentBlock.cached(ToolResult("t1", (TextPart("4"),)))]),
]


async def shown(model: str, messages: list[Message], **options: Any) -> Any:
    client = await AiClient.create(model, **options)
    return client.chat().messages(messages).preview()


def told(preview: Any) -> list[tuple[str, Any]]:
    return [(each.parameter, each.places) for each in preview.adjustments if each.action == "omitted"]


def unmarked(messages: list[Message]) -> list[Message]:
    return [Message(message.role, tuple(replace(part, cache=None) for part in message.parts)) for message in messages]


# What may be marked


def test_a_mark_stands_at_what_was_said() -> None:
    assert ContentBlock.cached("a") == TextPart("a", cache=CacheMark())
    assert ContentBlock.cached("a", "5m") == TextPart("a", cache=CacheMark("5m"))
    for part in (ContentBlock.file(b"x"), ContentBlock.audio(b"x"), PICTURE, ToolCall("t", "f"), ToolResult("t", ())):
        assert ContentBlock.cached(part, "1h").cache == CacheMark("1h")


@pytest.mark.parametrize("part", [ReasoningPart("a"), RefusalPart("a"), OpaquePart({}), 5])
def test_nothing_else_can_be_marked(part: Any) -> None:
    with pytest.raises(TypeError, match=f"not at {type(part).__name__}"):
        ContentBlock.cached(part)


@pytest.mark.parametrize("ttl", ["", "5", "m", "0m", "5 m", "-1h", "5y"])
def test_a_time_must_look_like_one(ttl: str) -> None:
    with pytest.raises(ValueError, match="ttl must look like '5m' or '1h'"):
        ContentBlock.cached("a", ttl)


# Where they go


MARK, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


async def test_marks_stand_in_the_blocks_of_messages() -> None:
    preview = await shown("anthropic/claude-haiku-4-5", [*MARKED, Message.user(PICTURE)])
    assert preview.body["system"] == [{"type": "text", "text": "long instructions", "cache_control": HOUR}]
    said, called, answered = preview.body["messages"]
    assert said["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache_control": MARK}]
    assert called["content"][0]["cache_control"] == MARK
    result, picture = answered["content"]
    assert result["cache_control"] == picture["cache_control"] == MARK
    assert told(preview) == []


async def test_marks_are_blocks_of_their_own() -> None:
    preview = await shown("bedrock/anthropic.claude-x", MARKED, variables={"region": "eu-west-1"})
    assert preview.body["system"] == [
        {"text": "long instructions"},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
    ]
    point = {"cachePoint": {"type": "default"}}
    assert preview.body["messages"][0]["content"] == [{"text": "a"}, {"text": "b"}, point]
    assert [turn["content"][1] for turn in preview.body["messages"][1:]] == [point, point]
    assert told(preview) == []


@pytest.mark.parametrize("model", ["openrouter/anthropic/claude-x", "vercel/anthropic/claude-x", "qwen/qwen3-max"])
async def test_marks_stand_at_texts_of_chat_completions(model: str) -> None:
    preview = await shown(model, MARKED)
    system, said, called, answered = preview.body["messages"]
    lasting = MARK if model.startswith("qwen") else HOUR
    assert system["content"] == [{"type": "text", "text": "long instructions", "cache_control": lasting}]
    assert said["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache_control": MARK}]
    assert ("cache_control" in called["tool_calls"][0]) == (not model.startswith("qwen"))
    assert answered == {"role": "tool", "tool_call_id": "t1", "content": "4"}
    places = {place for name, found in told(preview) if name == "cache" for place in found}
    assert places == ({(0, 0), (2, 0), (3, 0)} if model.startswith("qwen") else {(3, 0)})


@pytest.mark.parametrize(
    "model", ["openai/gpt-4o", "gemini/gemini-2.5-flash", "cohere/command-a", "mistral/x", "ollama/x"]
)
async def test_where_there_are_none_they_are_told_once_and_nothing_else_is_changed(model: str) -> None:
    preview = await shown(model, MARKED)
    assert told(preview) == [("cache", ((0, 0), (1, 1), (2, 0), (3, 0)))]
    assert preview.body == (await shown(model, unmarked(MARKED))).body


async def test_a_mark_within_a_tools_result_is_told_where_results_are_one_text() -> None:
    result = Message.tool("t1", ["a", ContentBlock.cached("b")])
    messages = [*MARKED[:2], Message.assistant(tool_calls=[ToolCall("t1", "f")]), result]
    preview = await shown("vercel/x", messages)
    assert preview.body["messages"][-1]["content"] == "ab"
    assert told(preview) == [("cache", ((3, 0),))]
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache_control": MARK}]
    for model in ("openrouter/x", "anthropic/claude-haiku-4-5"):
        preview = await shown(model, messages)
        assert told(preview) == []
        content = preview.body["messages"][-1]["content"]
        assert parts in (content, content[0].get("content"))


# Fields of parts that a template does not read


FIELDS = [
    ("openai/gpt-4o", Message.user(ContentBlock.image_url("https://x/y.png", detail="low")), None),
    ("anthropic/claude-x", Message.user(ContentBlock.image_url("https://x/y.png", detail="low")), "detail"),
    ("anthropic/claude-x", Message.user(ContentBlock.file(b"x", filename="y.pdf")), None),
    ("gemini/gemini-x", Message.user(ContentBlock.file(b"x", filename="y.pdf")), "filename"),
    ("anthropic/claude-x", Message.assistant(TextPart("a", "sig==")), "signature"),
    ("openai/gpt-4o", Message.assistant(TextPart("a", "sig==")), "signature"),
    ("gemini/gemini-x", Message.assistant(TextPart("a", "sig==")), None),
    ("openai/gpt-4o", Message.assistant("a"), None),
]


@pytest.mark.parametrize(("model", "message", "lost"), FIELDS)
async def test_a_field_that_no_template_reads_is_told(model: str, message: Message, lost: str | None) -> None:
    preview = await shown(model, [Message.user("hi"), message, Message.user("and?")])
    assert told(preview) == ([] if lost is None else [(lost, ((1, 0),))])


async def test_a_failed_tool_is_told_only_where_the_wire_cannot_say_it() -> None:
    calls = Message.assistant(tool_calls=[ToolCall("t1", "f")])
    messages = [Message.user("hi"), calls, Message.tool("t1", "x", is_error=True)]
    assert told(await shown("anthropic/claude-x", messages)) == []
    assert told(await shown("openai/gpt-4o", messages)) == [("is_error", ((2, 0),))]


# The same bytes


def _turns(dice: random.Random) -> list[Message]:
    """A turn of any kind, as a whole."""
    number = dice.randrange(10**6)
    said = f"said {number}"
    kinds = [
        lambda: [Message.user(said), Message.assistant(f"answer {number}")],
        lambda: [Message.user([said, "more"]), Message.assistant([f"one {number}", "two"])],
        lambda: [
            Message.user(ContentBlock.cached(said)),
            Message.assistant([ReasoningPart(f"thought {number}", "s", None, "elsewhere"), "so"]),
        ],
        lambda: [
            Message.user(said),
            Message.assistant(
                tool_calls=[ToolCall(f"call_{number}", "f", '{"a": 1}'), ToolCall(f"more_{number}", "g")]
            ),
            Message.tool(f"call_{number}", "one"),
            Message.tool(f"more_{number}", "two", is_error=True),
            Message.assistant(f"then {number}"),
        ],
        lambda: [Message.user([ContentBlock.image_base64(b"x"), said]), Message.assistant("a tree")],
    ]
    return dice.choice(kinds)()


LISTS = ("messages", "contents", "input", "chat_history")


def said_in(body: Any) -> str | None:
    """The JSON of the list of turns, without its end; None where a wire has no list of them."""
    found = next((body[name] for name in LISTS if isinstance(body.get(name), list)), None)
    return None if found is None else json.dumps(found)[:-1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dialect", sorted(path.stem for path in bundled_dialects()))
async def test_a_turn_more_keeps_the_bytes_before_it(dialect: str, seed: int) -> None:
    """Prompt caches live on it."""
    dice = random.Random(f"{dialect} {seed}")
    client = await AiClient.create(f"{dialect}/m", base_url="https://x.example", api_key="k", on_unsupported="ignore")
    history = [Message.system("Be brief.")]
    before: str | None = None
    for _ in range(8):
        turn = _turns(dice)
        try:
            body = client.chat().messages([*history, *turn, Message.user("and?")]).preview().body
            again = client.chat().messages([*history, *turn, Message.user("and?")]).preview().body
        except UnsupportedError:
            continue  # this wire takes no such turn
        history += turn
        assert json.dumps(body) == json.dumps(again)
        whole = client.chat().messages(history).preview().body
        now = said_in(whole)
        if before is not None and now is not None:
            assert now.startswith(before)
        before = now
