"""A conversation is written as JSON and read again with nothing lost; what is no such text is refused by its place."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any, get_args

import msgspec
import pytest

from ai_lib_python import ContentBlock, Message, MessageRole, messages_from_json, messages_to_json
from ai_lib_python.message import (
    AudioPart,
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

FULL: list[Part] = [
    TextPart("Łódź \u2028 \U0001f600", "sig==", "gemini"),
    ReasoningPart("deep", "sig==", "redacted==", "anthropic"),
    RefusalPart("no"),
    ImagePart("https://x/y.png", None, "image/png", "low"),
    ImagePart(None, "AAAA", "image/png"),
    AudioPart("https://x/y.wav"),
    AudioPart(None, "AAAA", "audio/wav"),
    FilePart("https://x/y.pdf", None, None, "application/pdf", "y.pdf"),
    FilePart(None, "AAAA"),
    FilePart(file_id="f-1"),
    ToolCall("t1", "weather", '{"city": "Os', "sig==", "gemini"),
    ToolResult("t1", (TextPart("four"), ImagePart(None, "AAAA", "image/png")), "weather", True),
    ToolResult("t2", ()),
    OpaquePart({"z": 1, "a": [None, True, 2**70, 1.5e-7, "x"]}, "openai"),
]
CONVERSATION = [
    Message.system("Be brief."),
    Message(MessageRole.USER, tuple(FULL)),
    Message.assistant(FULL),
    Message(MessageRole.TOOL, ()),
]


def test_nothing_is_lost() -> None:
    assert messages_from_json(messages_to_json(CONVERSATION)) == CONVERSATION


@pytest.mark.parametrize("kind", get_args(Part), ids=lambda kind: kind.__name__)
def test_every_kind_of_part_comes_back_with_every_field(kind: Any) -> None:
    """A new kind of part is written and read without a word in this module; its fields must have a form in JSON."""
    values = {bool: True, "parts": (TextPart("a"),), "role": MessageRole.USER}
    given = {}
    for field in msgspec.structs.fields(kind) if kind is not ToolResult else ():
        given[field.name] = values.get(field.type, _some(field.type))
    part = kind(**given) if given else ToolResult("t1", (TextPart("a"),), "f", True)
    (message,) = messages_from_json(messages_to_json([Message.user(part)]))
    assert message.parts == (part,)


def _some(hint: Any) -> Any:
    """A value of a type, other than its default."""
    struct = next(
        (each for each in get_args(hint) if isinstance(each, type) and issubclass(each, msgspec.Struct)), None
    )
    return "x" if struct is None else struct()


def test_the_same_history_gives_the_same_text_again() -> None:
    text = messages_to_json(CONVERSATION)
    assert messages_to_json(messages_from_json(text)) == text == messages_to_json(copy.deepcopy(CONVERSATION))


def test_one_turn_more_keeps_the_text_before_it() -> None:
    text = messages_to_json(CONVERSATION).removesuffix("]}")
    assert messages_to_json([*CONVERSATION, Message.user("and?")]).startswith(text)


def test_the_text_is_plain_to_read() -> None:
    messages = [
        Message.user(["Ł", ContentBlock.image_url("https://x/y.png")]),
        Message.tool("t1", "four", is_error=True),
    ]
    assert json.loads(messages_to_json(messages)) == {
        "version": 1,
        "messages": [
            {"role": "user", "parts": [{"type": "text", "text": "Ł"}, {"type": "image", "url": "https://x/y.png"}]},
            {
                "role": "tool",
                "parts": [
                    {"type": "tool_result", "id": "t1", "parts": [{"type": "text", "text": "four"}], "is_error": True}
                ],
            },
        ],
    }
    assert "Ł" in messages_to_json(messages)


def test_half_of_a_character_comes_back_and_the_text_can_still_be_written() -> None:
    messages = [Message.user("a\ud83d")]
    text = messages_to_json(messages)
    assert messages_from_json(text.encode()) == messages


def test_an_empty_conversation() -> None:
    assert messages_from_json(messages_to_json([])) == []


# What is no conversation


def _one(part: Any) -> str:
    return json.dumps({"version": 1, "messages": [{"role": "user", "parts": [{"type": "text", "text": "a"}, part]}]})


WRONG = [
    ("{", "no JSON"),
    ('{"version": 1, "messages": [NaN]}', "NaN is no number"),
    ("[" * 100_000, "no JSON"),
    ("[]", "the conversation must be a map, got list"),
    ("{}", "needs a version, 1; got None"),
    ('{"version": true, "messages": []}', "needs a version"),
    ('{"version": 2, "messages": []}', "has version 2, and this library reads up to 1"),
    ('{"version": 1}', "messages must be a list, got nothing"),
    ('{"version": 1, "messages": {}}', "messages must be a list, got dict"),
    (
        '{"version": 1, "messages": [], "mesages": 1}',
        r'the conversation\.mesages: unknown key; did you mean "messages"',
    ),
    ('{"version": 1, "messages": ["a"]}', r"messages\[0\] must be a map, got str"),
    ('{"version": 1, "messages": [{"role": "ai", "parts": []}]}', r"messages\[0\]\.role must be one of system, user"),
    ('{"version": 1, "messages": [{"role": "user"}]}', r"messages\[0\]\.parts must be a list, got nothing"),
    (
        _one({"type": "imag"}),
        r'messages\[0\]\.parts\[1\]\.type: there is no part of the type .imag.; did you mean "image"',
    ),
    (_one({}), r"messages\[0\]\.parts\[1\]\.type: there is no part of the type None"),
    (_one({"type": ["text"]}), r"messages\[0\]\.parts\[1\]\.type"),
    (_one({"type": "text"}), r"messages\[0\]\.parts\[1\]\.text is missing"),
    (_one({"type": "text", "text": 5}), r"messages\[0\]\.parts\[1\]\.text: Expected `str`, got `int`"),
    (_one({"type": "text", "text": "a", "txt": 1}), r"messages\[0\]\.parts\[1\]\.txt: unknown key; did you mean"),
    (
        _one({"type": "tool_result", "id": "t", "parts": [{"type": "text"}]}),
        r"messages\[0\]\.parts\[1\]\.parts\[0\]\.text is missing",
    ),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        messages_from_json(text)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="expected the text of a conversation, got list"):
        messages_from_json([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"a": b"x"}, r"messages\[0\]\.parts\[0\]\.data\.a is bytes"),
        ({1: "x"}, r"messages\[0\]\.parts\[0\]\.data has the key 1"),
        ([(1, 2)], r"messages\[0\]\.parts\[0\]\.data\[0\] is tuple"),
        ([float("nan")], r"messages\[0\]\.parts\[0\]\.data\[0\] is nan"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_place(data: Any, told: str) -> None:
    with pytest.raises((TypeError, ValueError), match=told):
        messages_to_json([Message.user(OpaquePart(data))])


def test_what_is_nested_beyond_reason_is_refused() -> None:
    data: Any = []
    for _ in range(100_000):
        data = [data]
    with pytest.raises(ValueError, match="nested too deep"):
        messages_to_json([Message.user(OpaquePart(data))])


def test_a_field_of_the_wrong_type_is_refused_when_it_is_written() -> None:
    with pytest.raises(TypeError, match=r"messages\[0\]\.parts\[0\]\.text: Expected `str`, got `int`"):
        messages_to_json([Message.user(TextPart(5))])  # type: ignore[arg-type]


# Other ways to keep one


@pytest.mark.parametrize("message", CONVERSATION, ids=lambda message: message.role.value)
def test_pickle_and_copy(message: Message) -> None:
    assert pickle.loads(pickle.dumps(message)) == copy.copy(message) == copy.deepcopy(message) == message


def test_results_within_results_without_end_are_refused() -> None:
    """A text from outside must not end in an error that nobody expects."""
    result = '{"type": "tool_result", "id": "1", "parts": ['
    parts = result * 300 + '{"type": "text", "text": "x"}' + "]}" * 300
    with pytest.raises(ValueError, match="nested too deeply"):
        messages_from_json('{"version": 1, "messages": [{"role": "tool", "parts": [' + parts + "]}]}")
