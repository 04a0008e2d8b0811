"""A conversation goes on: with the same provider nothing is lost, with another nothing is silent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, ToolDefinition
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import OpaquePart, Part, ReasoningPart, TextPart, ToolCall, ToolResult
from ai_lib_python.response import Place
from ai_lib_python.testing import ScriptedAnswer, ScriptedTransport

from .scripted import MODELS, Answer, client
from .transcripts import PLAIN, STREAMS, TEXT, THOUGHT

DIALECTS = sorted(MODELS)
SIGNED = ("anthropic-messages", "gemini-generate")
TOOL = ToolDefinition("weather", "The weather", {"type": "object"})

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


async def said(dialect: str, *, stream: bool = False) -> Message:
    """What a model of that dialect answered, as a message."""
    asked, _ = await client(dialect, Answer(STREAMS[dialect] if stream else PLAIN[dialect]))
    if not stream:
        return (await asked.chat().user("hi").execute()).to_message()
    given = asked.chat().user("hi").stream()
    async for _event in given:
        pass
    return given.response.to_message()


def conversation(answer: Message) -> list[Message]:
    """The whole history, with the results of the answer's calls."""
    results = [Message.tool(call.id, f"result {index}") for index, call in enumerate(answer.tool_calls)]
    return [Message.user("hi"), answer, *results]


async def shown(dialect: str, messages: list[Message]) -> Any:
    asked, _ = await client(dialect)
    return asked.chat().messages(messages).tools([TOOL]).preview()


def turns(dialect: str, body: Any) -> list[Any]:
    found: list[Any] = body["contents" if dialect == "gemini-generate" else "messages"]
    return found


def dropped(preview: Any) -> set[str]:
    return {each.parameter for each in preview.adjustments if each.action in ("dropped", "omitted")}


def ids(dialect: str, body: Any) -> tuple[list[Any], list[Any]]:
    """The ids of calls and of results, in order."""
    text = turns(dialect, body)
    if dialect == "anthropic-messages":
        blocks = [block for turn in text if isinstance(turn["content"], list) for block in turn["content"]]
        return [b["id"] for b in blocks if b["type"] == "tool_use"], [
            b["tool_use_id"] for b in blocks if b["type"] == "tool_result"
        ]
    if dialect == "gemini-generate":
        parts = [part for turn in text for part in turn["parts"]]
        calls = [p["functionCall"] for p in parts if "functionCall" in p]
        results = [p["functionResponse"] for p in parts if "functionResponse" in p]
        assert [each["name"] for each in results] == [each["name"] for each in calls]
        return [each.get("id") for each in calls], [each.get("id") for each in results]
    calls = [call for turn in text for call in turn.get("tool_calls", ())]
    return [call["id"] for call in calls], [turn["tool_call_id"] for turn in text if turn["role"] == "tool"]


@every_dialect
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_an_answer_goes_back_to_its_own_dialect_with_nothing_lost(dialect: str, stream: bool) -> None:
    answer = await said(dialect, stream=stream)
    preview = await shown(dialect, conversation(answer))
    text = json.dumps(preview.body, ensure_ascii=False)
    assert json.dumps(TEXT, ensure_ascii=False)[1:-1] in text
    assert "Łódź" in text
    assert '"result 0"' in text or "result 0" in text
    if dialect in SIGNED:
        assert "sig==" in text
        assert "signature" not in dropped(preview)
    if dialect in ("anthropic-messages", "cohere-v2"):
        assert THOUGHT in text
        assert dropped(preview) == set()
    calls, results = ids(dialect, preview.body)
    assert calls == results
    assert len(calls) == 2


@pytest.mark.parametrize("target", DIALECTS)
@pytest.mark.parametrize("source", DIALECTS)
async def test_a_conversation_moves_to_any_dialect(source: str, target: str) -> None:
    answer = await said(source)
    preview = await shown(target, conversation(answer))
    text = json.dumps(preview.body, ensure_ascii=False)
    assert json.dumps(TEXT, ensure_ascii=False)[1:-1] in text
    assert "Łódź" in text
    assert "result 0" in text
    assert "result 1" in text
    calls, results = ids(target, preview.body)
    assert calls == results
    assert len(calls) == 2
    if source != target:
        assert "sig==" not in text
        assert ("reasoning" in dropped(preview)) != (THOUGHT in text)
        if source == "gemini-generate":
            assert "signature" in dropped(preview)


@every_dialect
async def test_a_call_whose_id_another_wire_would_refuse_goes_there_under_a_fitting_one(dialect: str) -> None:
    answer = Message.assistant(tool_calls=[ToolCall("functions.add:0", "add"), ToolCall("functions.add:1", "add")])
    calls, results = ids(dialect, (await shown(dialect, conversation(answer))).body)
    assert calls == results
    assert len(set(calls)) == 2
    if dialect == "anthropic-messages":
        assert all(re.fullmatch("[a-zA-Z0-9_-]{1,128}", call) for call in calls)


async def test_that_an_id_goes_out_as_another_one_is_told_with_its_places() -> None:
    calls = Message.assistant(tool_calls=[ToolCall("functions.add:0", "add"), ToolCall("toolu_1", "add")])
    (told,) = [
        each
        for each in (await shown("anthropic-messages", conversation(calls))).adjustments
        if each.action == "renamed"
    ]
    assert told.parameter == "id"
    assert told.places == (Place(1, 0), Place(2, 0))


async def test_calls_without_ids_are_told_apart_in_the_whole_conversation() -> None:
    """Also those of different answers: a provider with ids takes each of them once."""
    call = {"function": {"name": "weather", "arguments": {}}}
    answer = {"message": {"content": "", "tool_calls": [call, call]}, "done": True, "done_reason": "stop"}
    frames = json.dumps(answer).encode() + b"\n"
    lines = {"content-type": "application/x-ndjson"}
    script = ScriptedTransport(answer, ScriptedAnswer(frames, headers=lines))
    asked = await AiClient.create("ollama/a-model", transport=script)
    plain = await asked.chat().user("hi").execute()
    history = conversation(plain.to_message())
    stream = asked.chat().messages(history).stream()
    async for _event in stream:
        pass
    history += conversation(stream.response.to_message())[1:]
    made = [part.id for message in history for part in message.parts if isinstance(part, ToolCall)]
    assert len(set(made)) == 4
    calls, results = ids("anthropic-messages", (await shown("anthropic-messages", history)).body)
    assert calls == results == made


async def test_ids_made_up_here_do_not_come_again_where_the_beginning_of_a_conversation_is_cut_off() -> None:
    answer = {"message": {"tool_calls": [{"function": {"name": "weather", "arguments": {}}}]}, "done": True}
    asked = await AiClient.create("ollama/a-model", transport=ScriptedTransport(answer, repeat=True))
    history = [Message.user("hi")]
    for _ in range(6):
        said = await asked.chat().messages(history).execute()
        history = [*history, *conversation(said.to_message())[1:]][-4:]
        made = [part.id for message in history for part in message.parts if isinstance(part, ToolCall)]
        assert len(set(made)) == len(made)


@pytest.mark.parametrize("target", DIALECTS)
@pytest.mark.parametrize("source", DIALECTS)
async def test_opaque_parts_stay_with_their_own_provider(source: str, target: str) -> None:
    provider = MODELS[source].partition("/")[0]
    strange = {"type": "mystery", "mystery": 1}
    answer = Message.assistant([TextPart("a"), OpaquePart(strange, provider)])
    preview = await shown(target, [Message.user("hi"), answer, Message.user("and?")])
    sent = '"mystery"' in json.dumps(preview.body)
    assert sent == (source == target and target != "cohere-v2")
    assert sent != ("opaque" in dropped(preview))


async def test_what_the_provider_drops_is_told_once_a_kind() -> None:
    _, *turn = conversation(await said("anthropic-messages"))
    preview = await shown("openai-chat", [Message.user("a"), *turn, Message.user("b"), *turn, Message.user("c")])
    assert [each.parameter for each in preview.adjustments] == ["reasoning"]


# System prompts

SYSTEMS = [Message.system("first"), Message.user("a"), Message.system("second"), Message.user("b")]


@every_dialect
async def test_system_prompts_in_mid_conversation_are_moved_where_they_must_and_told(dialect: str) -> None:
    asked, _ = await client(dialect)
    preview = asked.chat().messages(SYSTEMS).preview()
    moved = [each.parameter for each in preview.adjustments if each.action == "moved"]
    if dialect in SIGNED:
        assert moved == ["system"]
        system = preview.body.get("system") or preview.body["systemInstruction"]
        texts = [{"type": "text", "text": "first"}, {"type": "text", "text": "second"}]
        assert system in (texts, {"parts": [{"text": "first"}, {"text": "second"}]})
    else:
        assert moved == []
        assert [turn["role"] for turn in turns(dialect, preview.body)] == ["system", "user", "system", "user"]


async def test_a_system_prompt_in_front_is_not_told() -> None:
    asked, _ = await client("gemini-generate")
    assert asked.chat().system("a").system("b").user("c").preview().adjustments == ()


# Turns


@pytest.mark.parametrize("dialect", SIGNED)
async def test_neighbours_of_one_role_are_merged(dialect: str) -> None:
    messages = [
        Message.user("a"),
        Message.user("b"),
        Message.assistant("c"),
        Message.assistant("d"),
        Message.user("e"),
    ]
    asked, _ = await client(dialect)
    found = turns(dialect, asked.chat().messages(messages).preview().body)
    assert len(found) == 3
    first = json.dumps(found[0])
    assert first.index('"a"') < first.index('"b"')


CALLING = [
    Message.user("hi"),
    Message.assistant("", tool_calls=[ToolCall("t1", "f", '{"n": 1}'), ToolCall("t2", "g", '{"n": 2}')]),
    Message.tool("t1", "one"),
    Message.tool("t2", "two", is_error=True),
]


@every_dialect
async def test_parallel_results_are_grouped_or_split(dialect: str) -> None:
    asked, _ = await client(dialect)
    found = turns(dialect, asked.chat().messages(CALLING).preview().body)
    assert len(found) == (3 if dialect in SIGNED else 4)


@every_dialect
async def test_results_in_one_message_are_grouped_or_split_too(dialect: str) -> None:
    both = Message(CALLING[2].role, CALLING[2].parts + CALLING[3].parts)
    asked, _ = await client(dialect)
    apart = asked.chat().messages(CALLING).preview().body
    assert asked.chat().messages([*CALLING[:2], both]).preview().body == apart


async def test_a_result_gets_the_name_of_its_call() -> None:
    asked, _ = await client("gemini-generate")
    found = asked.chat().messages(CALLING).preview().body["contents"][2]["parts"]
    assert [part["functionResponse"]["name"] for part in found] == ["f", "g"]


async def test_results_come_before_what_the_person_says_in_the_same_turn() -> None:
    asked, _ = await client("anthropic-messages")
    found = asked.chat().messages([*CALLING, Message.user("and?")]).preview().body["messages"][-1]["content"]
    assert [block["type"] for block in found] == ["tool_result", "tool_result", "text"]


async def test_an_error_of_a_tool_is_told_to_the_model() -> None:
    asked, _ = await client("anthropic-messages")
    found = asked.chat().messages(CALLING).preview().body["messages"][-1]["content"]
    assert [block.get("is_error") for block in found] == [None, True]


@every_dialect
async def test_appending_a_turn_keeps_the_bytes_before_it(dialect: str) -> None:
    asked, script = await client(dialect, Answer(PLAIN[dialect]))
    history = [Message.system("s"), Message.user("a"), Message.assistant("b"), Message.user("c")]
    await asked.chat().messages(history).execute()
    await asked.chat().messages(history).execute()
    await asked.chat().messages([*history, Message.assistant("d"), Message.user("e")]).execute()
    first, again, longer = (request.body for request in script.requests)
    assert first == again
    start = first.index(b'"c"')
    assert longer[:start] == first[:start]


# Content that a wire has no form for

ODD: dict[str, list[Part]] = {
    "cohere-v2": [
        ContentBlock.audio(b"x"),
        ContentBlock.file(b"x"),
        ContentBlock.file(url="https://x/y.pdf"),
    ],
    "openai-chat": [ContentBlock.video(b"x"), ContentBlock.video(url="https://x/y.mp4")],
    "anthropic-messages": [ContentBlock.audio(b"x")],
    "gemini-generate": [ContentBlock.file(file_id="f1")],
}


@pytest.mark.parametrize(
    ("dialect", "part"),
    [(dialect, part) for dialect, parts in ODD.items() for part in parts],
    ids=lambda value: getattr(value, "kind", value),
)
async def test_a_part_that_the_wire_cannot_hold_is_refused_by_name(dialect: str, part: Part) -> None:
    asked, script = await client(dialect, Answer(PLAIN[dialect]))
    for call in (asked.chat().user(["look", part]).execute(), asked.chat().user([part]).stream().__anext__()):
        with pytest.raises(UnsupportedError) as caught:
            await call
        text = str(caught.value)
        provider, model = MODELS[dialect].split("/")
        assert part.kind in text
        assert model in text
        assert (caught.value.provider, caught.value.model) == (provider, model)
    assert script.requests == []


@every_dialect
async def test_an_image_in_a_system_prompt_is_refused_or_sent_but_never_lost(dialect: str) -> None:
    asked, _ = await client(dialect)
    messages = [Message.system([TextPart("s"), ContentBlock.image_url("https://x/y.png")]), Message.user("a")]
    try:
        preview = asked.chat().messages(messages).preview()
    except UnsupportedError as error:
        assert "image_url" in str(error)  # noqa: PT017  # failing is one of the two ways that are right
    else:
        assert "https://x/y.png" in json.dumps(preview.body)


@every_dialect
async def test_an_image_in_a_tools_result_is_refused_or_sent_but_never_lost(dialect: str) -> None:
    asked, _ = await client(dialect)
    picture = ContentBlock.image_base64(b"\x89PNG")
    messages = [*CALLING[:2], Message.tool("t1", ["see", picture]), Message.tool("t2", "two")]
    try:
        preview = asked.chat().messages(messages).preview()
    except UnsupportedError as error:
        assert "image_base64" in str(error)  # noqa: PT017  # failing is one of the two ways that are right
    else:
        text = json.dumps(preview.body)
        assert str(picture.data) in text or "image_base64" in dropped(preview)


@every_dialect
async def test_reasoning_without_a_signature_is_sent_or_told(dialect: str) -> None:
    provider = MODELS[dialect].partition("/")[0]
    messages = [
        Message.user("a"),
        Message.assistant([ReasoningPart("deep thought", None, None, provider), TextPart("b")]),
        Message.user("c"),
    ]
    preview = await shown(dialect, messages)
    assert ("deep thought" in json.dumps(preview.body)) != ("reasoning" in dropped(preview))


@every_dialect
async def test_an_answer_in_which_nothing_was_said_is_left_out_and_told(dialect: str) -> None:
    for parts in ((), (TextPart(""),)):
        messages = [Message.user("a"), Message.assistant(parts), Message.user("b")]
        preview = await shown(dialect, messages)
        assert not [turn for turn in turns(dialect, preview.body) if turn["role"] in ("assistant", "model")]
        assert "assistant" in dropped(preview)


@every_dialect
async def test_a_broken_call_in_the_history_goes_back_without_failing(dialect: str) -> None:
    messages = [
        Message.user("a"),
        Message.assistant(tool_calls=[ToolCall("t1", "f", '{"x": ')]),
        Message(CALLING[2].role, (ToolResult("t1", (TextPart("bad JSON"),)),)),
    ]
    assert "bad JSON" in json.dumps((await shown(dialect, messages)).body)


@every_dialect
@pytest.mark.parametrize("broken", ['{"city": "Os', "[1]"])
async def test_arguments_that_are_no_object_go_back_as_they_came_or_are_told(dialect: str, broken: str) -> None:
    answer = Message.assistant(tool_calls=[ToolCall("t1", "weather", broken)])
    request = await shown(dialect, conversation(answer))
    told = [note for note in request.adjustments if (note.parameter, note.action) == ("tool_call", "replaced")]
    if json.dumps(broken) in json.dumps(request.body):
        assert not told
    else:
        assert [(note.given, note.sent) for note in told] == [(broken, {})]
        assert "those of weather are none" in told[0].reason
