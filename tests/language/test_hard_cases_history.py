# ruff: noqa: E501  # manifests are read by the line
"""What a manifest says of calls and their results, of cache marks, and of fields that its templates do not read."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import ContentBlock, Message, ToolCall
from ai_lib_python.errors import HistoryError, ManifestError
from ai_lib_python.message import CacheMark, ReasoningPart, TextPart

from .conftest import Preview, told

TURNS = "request: {path: /chat, turns: {roles: {system: system, user: user, assistant: ai, tool: user}, %s}, body: %s}"
PARTS = (
    "{turns: {$each: $turns, $do: {by: .role, parts: {$each: .parts, $by: .kind, $case: {text: %s, "
    "tool_call: {id: .id}, tool_result: {of: .id, says: .text}, image_url: {at: .url}, reasoning: {thought: .text}}}}}}"
)
CALL = Message.assistant(tool_calls=[ToolCall("t1", "f")])
RESULT = Message.tool("t1", "x")
GO_ON = Message.user("and?")


def said(*messages: Message, **extra: Any) -> Any:
    return lambda chat: chat.messages([Message.user("hi"), *messages]).extra_body(extra)


# Calls and results


@pytest.mark.parametrize(
    ("rule", "history", "refused"),
    [
        ("matched", [CALL, RESULT, GO_ON], None),
        ("matched", [CALL, GO_ON, RESULT], "has no result before"),
        ("matched", [RESULT], "which nobody made"),
        ("answered", [CALL, GO_ON, RESULT], None),
        ("answered", [CALL, GO_ON], None),
        ("answered", [RESULT], "which nobody made"),
        ("answered", [CALL, RESULT, RESULT], "second result"),
        ("free", [CALL, GO_ON, RESULT, RESULT], None),
        ("free", [RESULT], None),
    ],
)
async def test_a_wire_says_how_calls_and_results_belong_together(
    rule: str, history: list[Message], refused: str | None, preview: Preview
) -> None:
    wire = TURNS % (f"calls: {rule}", PARTS % "{text: .text}")
    if refused is None:
        assert (await preview(wire, said(*history))).body["turns"]
        return
    with pytest.raises(HistoryError, match=refused):
        await preview(wire, said(*history))


async def test_nothing_is_looked_at_where_a_manifest_says_nothing(preview: Preview) -> None:
    assert (await preview(TURNS % ("merge: false", PARTS % "{text: .text}"), said(RESULT))).body["turns"]


async def test_a_call_may_be_with_the_provider_where_the_caller_goes_on_from_there(preview: Preview) -> None:
    wire = TURNS % ("calls: matched, continued_by: [thread]", PARTS % "{text: .text}")
    request = await preview(wire, said(RESULT, thread="th-1"))
    assert request.body["turns"][1]["parts"] == [{"of": "t1", "says": "x"}]
    with pytest.raises(HistoryError):
        await preview(wire, said(RESULT, other="th-1"))


async def test_another_word_is_a_mistake(preview: Preview) -> None:
    with pytest.raises(ManifestError, match=r"request\.turns\.calls"):
        await preview(TURNS % ("calls: mached", PARTS % "{text: .text}"))


# Cache marks


MARKED = Message.user(["a", ContentBlock.cached("b", "1h")])


async def test_a_mark_goes_where_a_template_reads_it(preview: Preview) -> None:
    text = "{text: .text, keep: {$if: .cache, $then: {for: .cache.ttl, kind: mark}}}"
    request = await preview(TURNS % ("merge: false", PARTS % text), said(MARKED))
    assert request.body["turns"][1]["parts"] == [{"text": "a"}, {"text": "b", "keep": {"for": "1h", "kind": "mark"}}]
    assert told(request) == set()


async def test_a_mark_may_be_a_block_of_its_own(preview: Preview) -> None:
    body = '{turns: {$each: $turns, $do: {$concat: {$each: .parts, $do: [{$by: .kind, $case: {text: .text}}, {$if: .cache, $then: {mark: .cache.ttl or "plain"}}]}}}}'
    messages = (MARKED, Message.user(ContentBlock.cached("c")))
    request = await preview(TURNS % ("merge: false", body), said(*messages))
    assert request.body["turns"] == [["hi"], ["a", "b", {"mark": "1h"}], ["c", {"mark": "plain"}]]
    assert told(request) == set()


async def test_how_long_a_mark_lasts_may_have_no_word(preview: Preview) -> None:
    text = (
        "{text: .text, keep: {$with: .cache, $do: {kind: mark, for: {$if: .ttl, $then: {$drop: marks last an hour}}}}}"
    )
    request = await preview(TURNS % ("merge: false", PARTS % text), said(MARKED))
    assert request.body["turns"][1]["parts"][1] == {"text": "b", "keep": {"kind": "mark"}}
    assert [(each.parameter, each.reason, each.places) for each in request.adjustments] == [
        ("cache", "marks last an hour", ((1, 1),))
    ]


@pytest.mark.parametrize("text", ["{text: .text}", "{text: .text, long: {$if: .cache, $then: true}}"])
async def test_a_mark_that_only_a_condition_looks_at_is_left_out_and_told(text: str, preview: Preview) -> None:
    messages = (MARKED, Message.user(ContentBlock.cached("c")))
    request = await preview(TURNS % ("merge: false", PARTS % text), said(*messages))
    assert request.body["turns"][1]["parts"] == [{"text": "a"}, {"text": "b"}]
    assert [(each.parameter, each.action, each.places) for each in request.adjustments] == [
        ("cache", "omitted", ((1, 1), (2, 0)))
    ]


async def test_a_text_with_a_mark_is_one_text_where_there_are_no_marks(preview: Preview) -> None:
    body = "{turns: {$each: $turns, $do: .only_text}}"
    request = await preview(TURNS % ("merge: false", body), said(Message.user(ContentBlock.cached("c"))))
    assert request.body["turns"] == ["hi", "c"]
    assert told(request) == {("cache", "omitted")}


async def test_a_mark_in_a_system_prompt_counts_where_that_is_read(preview: Preview) -> None:
    system = Message.system(ContentBlock.cached("s"))
    text = "{text: .text, keep: {$if: .cache, $then: {for: .cache.ttl or 0}}}"
    body = (PARTS % text).replace("{turns:", "{system: $system.text, turns:", 1)
    request = await preview(TURNS % ("system: hoist", body), lambda chat: chat.messages([system, MARKED]))
    assert request.body["system"] == "s"
    assert told(request) == {("cache", "omitted")}
    assert request.adjustments[0].places == ((0, 0),)


async def test_a_field_that_is_none_of_a_mark_is_a_mistake(preview: Preview) -> None:
    with pytest.raises(ManifestError, match=r"has no field 'tll'; did you mean \"ttl\"\?"):
        await preview(TURNS % ("merge: false", PARTS % "{text: .text, keep: .cache.tll}"))


# Fields


FIELDS = {
    "is_error": Message.tool("t1", "x", is_error=True),
    "detail": Message.user(ContentBlock.image_url("https://x/y.png", detail="low")),
    "signature": Message.assistant(TextPart("a", "sig==")),
    "data": Message.assistant(ReasoningPart("a", None, "redacted")),
}


@pytest.mark.parametrize(("field", "message"), FIELDS.items(), ids=FIELDS)
async def test_a_field_that_is_read_nowhere_is_told(field: str, message: Message, preview: Preview) -> None:
    request = await preview(TURNS % ("merge: false", PARTS % "{text: .text}"), said(message))
    assert [(each.parameter, each.action, each.places) for each in request.adjustments] == [
        (field, "omitted", ((1, 0),))
    ]


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("is_error", "says: .text", "says: .text, bad: {$if: .is_error, $then: true}"),
        ("detail", "at: .url", "at: .url, size: .detail"),
        ("signature", "text: .text", "text: .text, seal: .signature"),
        ("data", "thought: .text", "thought: .text, hidden: .data"),
    ],
)
async def test_a_field_that_is_read_is_not(field: str, before: str, after: str, preview: Preview) -> None:
    body = (PARTS % "{text: .text}").replace(before, after)
    request = await preview(TURNS % ("merge: false", body), said(FIELDS[field]))
    assert told(request) == set()
    assert len(request.body["turns"][1]["parts"][0]) > 1


async def test_what_drops_a_field_itself_is_told_in_its_own_words(preview: Preview) -> None:
    body = (PARTS % "{text: .text}").replace(
        "says: .text", "says: .text, bad: {$if: .is_error, $then: {$drop: no word for failures}}"
    )
    request = await preview(TURNS % ("merge: false", body), said(FIELDS["is_error"]))
    assert [(each.parameter, each.reason, each.places) for each in request.adjustments] == [
        ("tool_result", "no word for failures", ((1, 0),))
    ]


def test_a_mark_is_a_value() -> None:
    assert CacheMark() == CacheMark(None)
    assert CacheMark("5m") != CacheMark("1h")
