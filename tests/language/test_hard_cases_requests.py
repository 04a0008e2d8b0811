# ruff: noqa: E501  # tables of cases are read by the line
"""Turns, contents, tools and what must come back. Each test lays a few keys over the small wire of ``conftest.BASE``."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ai_lib_python import ContentBlock, Message, ToolCall
from ai_lib_python.errors import (
    UnsupportedError,
)
from ai_lib_python.message import OpaquePart, ReasoningPart

from .conftest import IMAGE, Execute, Preview, told

TURNS = "request: {path: /chat, turns: {roles: {system: system, user: user, assistant: ai, tool: user}, %s}, body: %s}"
EACH = "{turns: {$each: $turns, $do: {role: .role, text: .text}}}"


def talk(chat: Any) -> Any:
    return chat.system("S1").user("A").system("S2").user("B")


@pytest.mark.parametrize(
    ("body", "system"),
    [
        ("{system: $system.text}", "S1\n\nS2"),
        ("{system: {$each: $system.parts, $do: {text: .text}}}", [{"text": "S1"}, {"text": "S2"}]),
    ],
    ids=["string", "parts"],
)
async def test_the_system_prompt_is_hoisted_and_that_is_told_in_mid_conversation(
    body: str, system: Any, preview: Preview
) -> None:
    request = await preview(TURNS % ("system: hoist", body), talk)
    assert request.body["system"] == system
    assert told(request) == {("system", "moved")}


def marked(chat: Any) -> Any:
    return chat.messages([Message.system([OpaquePart({"text": "S1", "mark": True}), "S2"])]).user("A")


async def test_a_system_prompt_keeps_what_has_no_common_form(preview: Preview) -> None:
    body = (
        "{system: {$each: $system.parts, $by: .kind, $case: {text: {text: .text}, opaque: .data}}, text: $system.text}"
    )
    request = await preview(TURNS % ("system: hoist, system_parts: any", body), marked)
    assert request.body == {"system": [{"text": "S1", "mark": True}, {"text": "S2"}]}


async def test_a_system_prompt_that_is_one_text_refuses_what_is_none(preview: Preview) -> None:
    with pytest.raises(UnsupportedError, match="a system prompt can only hold text here, not opaque"):
        await preview(TURNS % ("system: hoist", "{system: $system.text}"), marked)


async def test_system_messages_stay_where_they_are(preview: Preview) -> None:
    request = await preview(TURNS % ("system: inline", EACH), talk)
    assert [turn["text"] for turn in request.body["turns"]] == ["S1", "A", "S2", "B"]


async def test_neighbours_of_one_role_are_merged_so_that_roles_alternate(preview: Preview) -> None:
    body = "{turns: {$each: $turns, $do: {role: .role, parts: {$each: .parts, $do: {$use: part}}}}}"
    fragments = "fragments: {part: {$by: .kind, $case: {text: .text, tool_call: .id, tool_result: .id}}}\n"
    calls = [ToolCall.create("add", {}, id="1"), ToolCall.create("add", {}, id="2")]

    def ask(chat: Any) -> Any:
        chat.user("A").user("B").messages([Message.assistant("C", tool_calls=calls)])
        return chat.tool("1", "x").tool("2", "y").user("D")

    request = await preview(fragments + TURNS % ("system: hoist, merge: true", body), ask)
    assert request.body["turns"] == [
        {"role": "user", "parts": ["A", "B"]},
        {"role": "ai", "parts": ["C", "1", "2"]},
        {"role": "user", "parts": ["1", "2", "D"]},
    ]


@pytest.mark.parametrize(("how", "ids"), [("split", [["1"], ["2"]]), ("group", [["1", "2"]])])
async def test_the_results_of_one_turn_are_grouped_or_split(how: str, ids: list[list[str]], preview: Preview) -> None:
    users = "users: {$each: $turns, $where: {.source: user}, $do: .text}"
    body = f"{{{users}, turns: {{$each: $turns, $where: {{.source: tool}}, $do: {{$each: .parts, $do: .id}}}}}}"
    results = [part for id in "12" for part in Message.tool(id, "x").parts]
    message = Message(Message.tool("0", "x").role, tuple(results))
    request = await preview(TURNS % (f"tool_results: {how}", body), lambda chat: chat.user("A").messages([message]))
    assert request.body["turns"] == ids


async def test_a_turn_may_become_several_items_of_one_list(preview: Preview) -> None:
    text = """
request:
  turns: {roles: {user: user, assistant: model, tool: tool}}
  body:
    items:
      $concat:
        $each: $turns
        $by: .source
        $case:
          user: [{said: .text}]
          assistant: {$each: .parts, $by: .kind, $case: {text: {answer: .text}, tool_call: {call: .name}}}
        $else: {$each: .parts, $by: .kind, $case: {tool_result: {result: .text}}}
"""
    calls = [ToolCall("1", "add"), ToolCall("2", "mul")]
    answer = Message.assistant("Well.", tool_calls=calls)
    shown = await preview(text, lambda chat: chat.messages([Message.user("Hi"), answer, Message.tool("1", "3")]))
    items = [{"said": "Hi"}, {"answer": "Well."}, {"call": "add"}, {"call": "mul"}, {"result": "3"}]
    assert shown.body == {"items": items}


async def test_content_is_a_plain_string_when_it_is_only_text(preview: Preview) -> None:
    content = "{$if: .only_text, $then: .only_text, $else: {$each: .parts, $do: {$by: .kind, $case: {text: {text: .text}}, $else: {data: image}}}}"
    body = f"{{turns: {{$each: $turns, $do: {{content: {content}}}}}}}"
    request = await preview(TURNS % ("system: inline", body), lambda chat: chat.user("A").user(["B", IMAGE]))
    assert request.body["turns"] == [{"content": "A"}, {"content": [{"text": "B"}, {"data": "image"}]}]


async def test_an_empty_content_is_sent_as_it_is(preview: Preview) -> None:
    request = await preview("", lambda chat: chat.user(""))
    assert request.body["messages"] == [{"role": "user", "text": ""}]


PARTS = TURNS % ("system: inline", "{parts: {$each: $turns, $do: {$each: .parts, $by: .kind, $case: %s}}}")


async def test_a_part_that_a_wire_cannot_say_is_refused_by_name(preview: Preview) -> None:
    with pytest.raises(UnsupportedError, match=r"toy \(m-1\) takes no part of kind 'image_base64'"):
        await preview(PARTS % "{text: .text}", lambda chat: chat.user(["A", IMAGE]))


async def test_a_part_may_be_dropped_with_a_note(preview: Preview) -> None:
    cases = "{text: .text, reasoning: {$drop: this wire keeps no thoughts}}"
    history = Message.assistant([ReasoningPart("hm"), "A"])
    request = await preview(PARTS % cases, lambda chat: chat.messages([history]).user("B"))
    assert request.body["parts"] == [["A"], ["B"]]
    assert told(request) == {("reasoning", "omitted")}


@pytest.mark.parametrize(
    ("kind", "template", "part", "sent"),
    [
        ("image_url", "{url: .url, detail: .detail}", ContentBlock.image_url("https://i", detail="low"), {"url": "https://i", "detail": "low"}),
        ("image_base64", '"data:${.media_type};base64,${.data}"', IMAGE, "data:image/png;base64,AAAA"),
        ("image_base64", "{mime: .media_type, bytes: .data}", IMAGE, {"mime": "image/png", "bytes": "AAAA"}),
        ("image_base64", ".data", ContentBlock.image_url("data:image/png;base64,AAAA"), "AAAA"),
        ("audio_base64", "{data: .data, format: .format}", ContentBlock.audio("AAAA", "audio/mpeg"), {"data": "AAAA", "format": "mp3"}),
        ("file_base64", '{name: .filename or "document", data: .data}', ContentBlock.file("AAAA"), {"name": "document", "data": "AAAA"}),
        ("file_url", "{uri: .url}", ContentBlock.file(url="https://f"), {"uri": "https://f"}),
        ("file_id", "{id: .file_id}", ContentBlock.file(file_id="f-1"), {"id": "f-1"}),
    ],
)  # fmt: skip
async def test_pictures_sounds_and_files(kind: str, template: str, part: Any, sent: Any, preview: Preview) -> None:
    request = await preview(PARTS % f"{{{kind}: {template}}}", lambda chat: chat.user([part]))
    assert request.body["parts"] == [[sent]]


# Requests: tools and what must come back


@pytest.mark.parametrize(
    ("template", "sent"), [(".arguments_json", '{"a":1}'), (".arguments", {"a": 1})], ids=["text", "object"]
)
async def test_arguments_of_a_call_are_a_text_or_an_object(template: str, sent: Any, preview: Preview) -> None:
    message = Message.assistant(tool_calls=[ToolCall.create("add", {"a": 1}, id="1")])
    request = await preview(PARTS % f"{{tool_call: {template}}}", lambda chat: chat.messages([message]))
    assert request.body["parts"] == [[sent]]


@pytest.mark.parametrize(
    ("template", "content", "sent"),
    [
        (".text", "4", "4"),
        ('.text | object("output")', "4", {"output": "4"}),
        ('.text | object("output")', '{"sum": 4}', {"sum": 4}),
        ("{$each: .parts, $by: .kind, $case: {text: {t: .text}}}", "4", [{"t": "4"}]),
        ("{$if: .is_error, $then: {error: .text}, $else: .text}", "4", {"error": "4"}),
        ("{for: .name, gave: .text}", "4", {"for": "add", "gave": "4"}),
    ],
)
async def test_the_result_of_a_call_is_a_text_an_object_or_parts(
    template: str, content: str, sent: Any, preview: Preview
) -> None:
    call = Message.assistant(tool_calls=[ToolCall.create("add", {}, id="1")])

    def ask(chat: Any) -> Any:
        return chat.messages([call]).tool("1", content, is_error="is_error" in template)

    request = await preview(PARTS % f"{{tool_call: .id, tool_result: {template}}}", ask)
    assert request.body["parts"][1] == [sent]


async def test_ids_of_a_fixed_form_are_rewritten_alike_in_call_and_result(preview: Preview) -> None:
    call = Message.assistant(tool_calls=[ToolCall.create("add", {}, id="call_with_a_long_id")])
    cases = "{tool_call: .id | fixed_id(9), tool_result: .id | fixed_id(9)}"

    def ask(chat: Any) -> Any:
        return chat.messages([call]).tool("call_with_a_long_id", "4")

    (first,), (second,) = (await preview(PARTS % cases, ask)).body["parts"]
    assert first == second
    assert len(first) == 9
    assert first.isalnum()
    fitting = await preview(PARTS % cases, lambda chat: chat.user([ToolCall("abcdefghi", "add")]))
    assert fitting.body["parts"] == [["abcdefghi"]]


@pytest.mark.parametrize("foreign", ["functions.add:0", "a" * 13, "\u00e9", "two words", ""])
async def test_ids_of_other_signs_or_too_long_are_rewritten_alike_in_call_and_result(
    preview: Preview, foreign: str
) -> None:
    cases = """{tool_call: '.id | short_id(12, "_-")', tool_result: '.id | short_id(12, "_-")'}"""
    call = Message.assistant(tool_calls=[ToolCall.create("add", {}, id=foreign)])
    (first,), (second,) = (await preview(PARTS % cases, lambda chat: chat.messages([call]).tool(foreign, "4"))).body[
        "parts"
    ]
    assert first == second
    assert first != foreign
    assert first.isalnum()
    assert len(first) == 12
    fitting = await preview(PARTS % cases, lambda chat: chat.user([ToolCall("call_1-b", "add")]))
    assert fitting.body["parts"] == [["call_1-b"]]


async def test_an_id_that_was_made_up_here_is_not_sent(execute: Execute, preview: Preview) -> None:
    text = "response: {steps: {calls: {$each: .calls, $do: {tool_call: {name: .name}}}}}"
    response = await execute(text, {"calls": [{"name": "add"}, {"name": "add"}]})
    first, second = response.tool_calls
    assert first.id != second.id
    cases = "{tool_call: {id: .id | given_id, name: .name}}"
    request = await preview(PARTS % cases, lambda chat: chat.messages([response.to_message()]))
    assert request.body["parts"] == [[{"name": "add"}, {"name": "add"}]]


SIGNED = "response: {steps: {think: {reasoning: {text: .think, signature: .sign}}, text: .text}}"


async def test_reasoning_goes_back_with_its_signature(execute: Execute, preview: Preview) -> None:
    response = await execute(SIGNED, {"think": "hm", "sign": "s1", "text": "A"})
    assert response.reasoning == "hm"
    cases = "{text: .text, reasoning: {thought: .text, sign: .signature}}"
    request = await preview(PARTS % cases, lambda chat: chat.messages([response.to_message()]))
    assert request.body["parts"] == [[{"thought": "hm", "sign": "s1"}, "A"]]


@pytest.mark.parametrize(("how", "parts"), [("native", ["A"]), ("keep", ["hm", "A"])])
async def test_reasoning_of_another_wire_is_dropped_or_kept_as_text(
    how: str, parts: list[str], preview: Preview
) -> None:
    history = Message.assistant([ReasoningPart("hm", signature="s1", origin="elsewhere"), "A"])
    body = "{parts: {$each: $turns, $do: {$each: .parts, $by: .kind, $case: {text: .text, reasoning: .text}}}}"
    text = TURNS % (f"reasoning: {how}", body)
    request = await preview(text, lambda chat: chat.messages([history]))
    assert request.body["parts"] == [parts]


async def test_reasoning_is_kept_only_beside_tool_calls(preview: Preview) -> None:
    body = """{turns: {$each: $turns, $do: {text: .text, calls: {$each: .parts, $where: {.kind: tool_call}, $do: .id}, think: {
      $if: {$some: {$each: .parts, $where: {.kind: tool_call}}},
      $then: {$each: .parts, $where: {.kind: reasoning}, $do: .text}}}}}"""
    alone = Message.assistant([ReasoningPart("hm"), "A"])
    beside = Message.assistant([ReasoningPart("so"), ToolCall("1", "add")])
    request = await preview(TURNS % ("system: inline", body), lambda chat: chat.messages([alone, beside]).user("B"))
    assert request.body["turns"] == [{"text": "A"}, {"calls": ["1"], "think": ["so"]}, {"text": "B"}]


async def test_opaque_data_is_carried_back_unchanged(execute: Execute, preview: Preview) -> None:
    text = "response: {steps: {parts: {$each: .parts, $by: .type, $case: {text: {text: .text}}, $else: {opaque: .}}}}"
    blob = {"type": "search", "results": [{"encrypted": "xyz"}]}
    response = await execute(text, {"parts": [{"type": "text", "text": "A"}, blob]})
    assert response.parts[1] == OpaquePart(blob, "toy")
    cases = "{text: {type: text, text: .text}, opaque: .data}"
    request = await preview(PARTS % cases, lambda chat: chat.messages([response.to_message()]))
    assert request.body["parts"] == [[{"type": "text", "text": "A"}, blob]]


async def test_only_the_system_messages_before_the_conversation_are_taken_out(preview: Preview) -> None:
    body = "{system: $system.text, turns: {$each: $turns, $do: '${.role}: ${.text}'}}"

    def ask(chat: Any) -> Any:
        return chat.system("S1").system("S2").user("A").system("S3").user("B")

    request = await preview(TURNS % ("system: hoist_leading", body), ask)
    assert request.body == {"system": "S1\n\nS2", "turns": ["user: A", "system: S3", "user: B"]}
    assert told(request) == set()


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["A", "B"], "AB"),
        ([ReasoningPart("hm"), "A", "B", ToolCall("1", "add")], "AB"),
        (["A", IMAGE], None),
        ([ToolCall("1", "add")], None),
    ],
    ids=["texts", "beside calls and thoughts", "beside a picture", "nothing said"],
)
async def test_texts_are_joined_where_nothing_but_texts_is_said(
    parts: list[Any], joined: str | None, preview: Preview
) -> None:
    body = "{said: {$each: $turns, $do: {role: .role, words: .joined}}, all: {$each: $turns, $do: .parts}}"
    request = await preview(
        TURNS % ("system: inline", body), lambda chat: chat.messages([Message.assistant(parts)]).user("C")
    )
    assert request.body["said"][0].get("words") == joined
    assert request.body["said"][1] == {"role": "user", "words": "C"}


SOURCES = "{$by: .source, $case: {user: {said: .joined}, assistant: {said: .text, calls: {$each: .parts, $where: {.kind: tool_call}, $do: .name}}, tool: {of: {$with: .parts.0, $do: .id}, result: {$with: .parts.0, $do: .text}}}}"
ONE_TEXT = "this wire takes a message of the role 'user' only as one text, not as 2 parts"

LOST = {
    "several texts": ("{$each: $turns, $do: .text}", ["A", "B"], ONE_TEXT),
    "several texts beside a condition": ("{$each: $turns, $do: {$if: .text, $then: .text}}", ["A", "B"], ONE_TEXT),
    "several texts behind an or": ("{$each: $turns, $do: '.only_text or \"\"'}", ["A", "B"], ONE_TEXT),
    "a picture beside text": ("{$each: $turns, $do: .joined}", ["A", IMAGE], "takes no part of kind 'image_base64'"),
    "a picture beside parts": ("{$each: $turns, $do: {$each: .parts, $do: {text: .text}}}", ["A", IMAGE], "takes no part of kind 'image_base64'"),
    "a picture that no branch names": ("{$each: $turns, $do: {$each: .parts, $do: {$if: {.kind: text}, $then: .text}}}", ["A", IMAGE], "takes no part of kind 'image_base64'"),
    "a picture of one role": (f"{{$each: $turns, $do: {SOURCES}}}", ["A", IMAGE], "takes no part of kind 'image_base64' in a message of the role 'user'"),
    "parts behind the first of a path": ("{$each: $turns, $do: .parts.0.text}", ["A", "B"], ONE_TEXT),
    "parts behind the first": ("{$each: $turns, $do: {$with: .parts.0, $do: .text}}", ["A", "B"], ONE_TEXT),
    "a call beside text": ("{$each: $turns, $do: .text}", Message.assistant("A", tool_calls=[ToolCall("1", "add")]), "takes no part of kind 'tool_call' in a message of the role 'assistant'"),
    "a tool's result": ("{$each: $turns, $do: .text}", Message.tool("1", "x"), "takes no part of kind 'tool_result'"),
    "a role": ("{$each: $turns, $where: {.source: user}, $do: .text}", Message.assistant("B"), "takes no message of the role 'assistant'"),
    "a role by the wire's word": ("{$each: $turns, $where: {$not: {.role: ai}}, $do: .text}", Message.assistant("B"), "takes no message of the role 'assistant'"),
    "turns behind the first": ("$turns.0.text", Message.assistant("B"), "takes one message, not 2"),
    "a system prompt": ("{$each: $turns, $do: .text}", Message.system("S"), "takes no message of the role 'system'"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "said", "problem"), LOST.values(), ids=LOST)
async def test_what_a_template_does_not_read_of_the_conversation_is_refused(
    body: str, said: Any, problem: str, preview: Preview
) -> None:
    wire = TURNS % ("system: hoist", f"{{said: {body}}}")
    message = said if isinstance(said, Message) else Message.user(said)
    assert (await preview(wire, lambda chat: chat.user("A"))).body["said"]
    with pytest.raises(UnsupportedError, match=re.escape(problem)) as caught:
        await preview(wire, lambda chat: chat.user("A").messages([message]))
    assert (caught.value.provider, caught.value.model) == ("toy", "m-1")


@pytest.mark.parametrize(
    "body", ["{now: $last.text}", "{now: $last.text, before: {$each: $turns, $where: {.source: tool}, $do: .parts}}"]
)
async def test_turns_before_the_last_are_not_lost(body: str, preview: Preview) -> None:
    wire = TURNS % ("last: apart", body)
    assert (await preview(wire)).body == {"now": "Hello"}
    with pytest.raises(UnsupportedError, match="takes no message of the role 'user'"):
        await preview(wire, lambda chat: chat.user("A").user("B"))


async def test_neighbours_that_are_merged_are_one_text_by_their_parts_or_joined(preview: Preview) -> None:
    def ask(chat: Any) -> Any:
        return chat.user("A").user("B")

    with pytest.raises(UnsupportedError, match=ONE_TEXT):
        await preview(TURNS % ("merge: true", EACH), ask)
    joined = await preview(TURNS % ("merge: true", EACH.replace(".text", ".joined")), ask)
    assert joined.body == {"turns": [{"role": "user", "text": "AB"}]}


async def test_reasoning_that_nothing_reads_is_told_as_omitted(preview: Preview) -> None:
    history = Message.assistant([ReasoningPart("hm"), "A"])
    request = await preview(TURNS % ("system: inline", EACH), lambda chat: chat.messages([history]).user("B"))
    assert request.body["turns"] == [{"role": "ai", "text": "A"}, {"role": "user", "text": "B"}]
    assert told(request) == {("reasoning", "omitted")}


async def test_what_each_role_says_may_be_read_in_its_own_way(preview: Preview) -> None:
    wire = TURNS % ("tool_results: split", f"{{said: {{$each: $turns, $do: {SOURCES}}}}}")
    calls = Message.assistant("A", tool_calls=[ToolCall("1", "add"), ToolCall("2", "mul")])
    results = [Message.tool("1", "x"), Message.tool("2", "y")]
    request = await preview(wire, lambda chat: chat.user(["Q", "R"]).messages([calls, *results]))
    assert request.body["said"] == [
        {"said": "QR"},
        {"said": "A", "calls": ["add", "mul"]},
        {"of": "1", "result": "x"},
        {"of": "2", "result": "y"},
    ]


async def test_the_last_turn_may_stand_apart_from_the_others(preview: Preview) -> None:
    body = "{before: {$each: $turns, $do: .text}, now: {role: $last.role, text: $last.text}}"
    text = TURNS % ("system: hoist, last: apart", body)
    one = await preview(text, lambda chat: chat.user("A"))
    assert one.body == {"now": {"role": "user", "text": "A"}}
    more = await preview(text, lambda chat: chat.user("A").messages([Message.assistant("B")]).user("C"))
    assert more.body == {"before": ["A", "B"], "now": {"role": "user", "text": "C"}}


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("'${$turns.0.role}/${$model}'", "user/m-1"),
        ("{$if: $tools, $then: $turns.1.text, $else: $turns.0.text}", "A"),
        ("{$merge: [{a: 1}, {b: 2}]}", {"a": 1, "b": 2}),
        ("$turns.0.text", "A"),
    ],
    ids=["a text", "a condition", "a map", "an expression"],
)
async def test_what_was_built_may_become_the_current_item(template: str, sent: Any, preview: Preview) -> None:
    text = TURNS % ("system: inline", f"{{item: {{$with: {template}, $do: .}}}}")
    assert (await preview(text, lambda chat: chat.user("A"))).body == {"item": sent}


async def test_what_was_built_may_be_gone_into_and_is_absent_where_it_is(preview: Preview) -> None:
    body = "{a: {$with: {$merge: [{x: {y: 1}}, {z: 2}]}, $do: .x.y}, b: {$with: '${$turns.7.text}', $do: {c: 1}}, d: 1}"
    assert (await preview(TURNS % ("system: inline", body), lambda chat: chat.user("A"))).body == {"a": 1, "d": 1}


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("{$each: $extra_body.by_name, $do: {name: $key, is: .n}}", [{"name": "a", "is": 1}, {"name": "b", "is": 2}]),
        ("{$each: $extra_body.by_name, $do: .n}", [1, 2]),
        ("{$each: $extra_body.by_name, $where: {$key: b}, $do: '${$index}: ${$key}'}", ["1: b"]),
        ("{$each: $extra_body.listed, $do: {at: $index, key: $key, n: .}}", [{"at": 0, "n": 7}]),
        ("{$each: $extra_body.text, $do: .}", None),
        ("{$if: {$some: {$each: $extra_body.by_name, $where: {$key: b}}}, $then: found}", "found"),
        ("{$merge: [{x: 1}, {$each: $extra_body.by_name, $do: {n: .n}}, {$each: $extra_body.listed, $do: {m: .}}]}", {"x": 1, "n": 2, "m": 7}),
        ("{$merge: [$extra_body.maps, {$if: $model, $then: {$each: $extra_body.maps, $do: {q: .p}}}]}", {"p": 1, "q": 1}),
    ],
)  # fmt: skip
async def test_a_map_is_gone_through_and_maps_of_a_list_become_one(template: str, sent: Any, preview: Preview) -> None:
    given = {"by_name": {"a": {"n": 1}, "b": {"n": 2}}, "listed": [7], "text": "abc", "maps": [{"p": 1}]}
    request = await preview(
        TURNS % ("system: inline", f"{{got: {template}}}"), lambda chat: chat.user("A").extra_body(given)
    )
    assert request.body.get("got") == sent


async def test_the_arguments_of_a_call_are_gone_through_by_their_names(preview: Preview) -> None:
    case = "{text: .text, tool_call: {$each: .arguments, $do: '${$key}=${.}'}}"
    call = Message.assistant("A", tool_calls=[ToolCall.create("add", {"x": 1, "y": [2]}, id="1")])
    request = await preview(PARTS % case, lambda chat: chat.messages([call]))
    assert request.body["parts"] == [["A", ["x=1", "y=[2]"]]]


async def test_a_part_may_be_dropped_for_what_stands_in_it(preview: Preview) -> None:
    rest = "{$with: .data | filled, $do: {$if: .old, $then: {$drop: this wire takes no old ones}, $else: .}}"
    history = Message.assistant(["A", OpaquePart({"old": 1}, "toy"), OpaquePart({"new": 1}, "toy")])
    request = await preview(PARTS % f"{{text: .text, opaque: {rest}}}", lambda chat: chat.messages([history]).user("B"))
    assert request.body["parts"] == [["A", {"new": 1}], ["B"]]
    assert told(request) == {("opaque", "omitted")}


async def test_what_looks_like_an_expression_is_escaped(preview: Preview) -> None:
    body = "{a: '$${5}', b: 'cost: $${5} $${$model} ${$model}', c: {$literal: $5}, d: {$literal: .5}, 'x${$model}': 1}"
    assert (await preview(TURNS % ("system: inline", body))).body == {
        "a": "${5}",
        "b": "cost: ${5} ${$model} m-1",
        "c": "$5",
        "d": 0.5,
        "x${$model}": 1,
    }


async def test_a_request_that_a_wire_cannot_say_is_refused_in_its_words(preview: Preview) -> None:
    body = "{prompt: {$if: $turns.1, $then: {$refuse: this model takes no conversation}, $else: $turns.0.text}}"
    text = TURNS % ("system: inline", body)
    assert (await preview(text, lambda chat: chat.user("A"))).body == {"prompt": "A"}
    with pytest.raises(UnsupportedError, match="this model takes no conversation") as caught:
        await preview(text, lambda chat: chat.user("A").user("B"))
    assert (caught.value.provider, caught.value.model) == ("toy", "m-1")


@pytest.mark.parametrize(
    ("template", "part", "sent"),
    [
        ('{format: .media_type | after("/")}', IMAGE, {"format": "png"}),
        ('{kind: .media_type | until("/")}', IMAGE, {"kind": "image"}),
        (".filename | plain_name", ContentBlock.file("AAAA", filename="plan_b (2).pdf"), "plan-b (2)-pdf"),
        (".data | base64_text", ContentBlock.file("SGVsbG8=", "text/plain"), "Hello"),
        (".text | to_base64", "Hello", "SGVsbG8="),
        ('.text | without_prefix("Dear ")', "Dear you", "you"),
    ],
)
async def test_a_piece_of_a_text_goes_out_in_the_form_that_a_wire_wants(
    template: str, part: Any, sent: Any, preview: Preview
) -> None:
    kind = "text" if isinstance(part, str) else part.kind
    request = await preview(PARTS % f"{{{kind}: {template}}}", lambda chat: chat.user([part]))
    assert request.body["parts"] == [[sent]]


async def test_a_file_that_is_no_text_has_no_text(preview: Preview) -> None:
    part = ContentBlock.file("/////w==", "application/pdf")
    request = await preview(
        PARTS % "{file_base64: {words: .data | base64_text, sure: 1}}", lambda chat: chat.user([part])
    )
    assert request.body["parts"] == [[{"sure": 1}]]


async def test_a_value_in_one_step_of_the_path_is_quoted_whole_or_refused(preview: Preview) -> None:
    text = 'request: {path: "/models/${$model | in_segment}/run", turns: {roles: {user: user}}, body: {a: 1}}'
    assert (await preview(text, model="org/m:1 b")).url == "https://toy.example/models/org%2Fm%3A1%20b/run"
    with pytest.raises(UnsupportedError, match=r"'\.\.' cannot stand in a URL"):
        await preview(text, model="..")


async def test_the_first_of_some_items_may_differ_from_the_others(preview: Preview) -> None:
    text = """
request:
  path: /chat
  turns: {roles: {user: user, assistant: assistant, tool: tool}}
  body:
    said:
      $each: $turns
      $where: {.source: [user, assistant]}
      $do: {$if: {$number: 0}, $then: {first: .text, calls: $absent}, $else: {then: .text}}
"""
    history = [Message.assistant("a"), Message.user("b"), Message.user("c")]
    request = await preview(text, lambda chat: chat.messages(history))
    assert request.body["said"] == [{"first": "a"}, {"then": "b"}, {"then": "c"}]
