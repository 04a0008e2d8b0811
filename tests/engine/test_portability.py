"""What would become of a conversation elsewhere is told before anything is sent, and as the real request tells it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, PortabilityReport, ToolCall, check_portability
from ai_lib_python._manifest.folders import bundled_dialects
from ai_lib_python.errors import NoChatError, RetiredProviderError, UnknownModelError, UnsupportedError
from ai_lib_python.message import OpaquePart, ReasoningPart, TextPart, ToolResult

from .scripted import client
from .test_history import MODELS, TOOL, conversation, said

SOUND = ContentBlock.audio(b"x")
PICTURE = ContentBlock.image_url("https://x/y.png", detail="low")
HISTORY = [
    Message.system("s"),
    Message.user(["look", PICTURE]),
    Message.assistant(
        [ReasoningPart("deep", "sig==", None, "anthropic"), OpaquePart({"a": 1}, "anthropic")],
        tool_calls=[ToolCall("t1", "weather", '{"city": "Os')],
    ),
    Message.tool("t1", "no such city", is_error=True),
    Message.user(ContentBlock.cached("and?")),
]


def found(report: PortabilityReport) -> set[tuple[str, str, tuple[Any, ...]]]:
    return {(each.effect, each.what, tuple(tuple(place) for place in each.places)) for each in report.findings}


def test_everything_is_told_with_its_place() -> None:
    report = check_portability(HISTORY, "openai/gpt-4o", tools=[TOOL])
    assert found(report) == {
        ("lost", "reasoning", ((2, 0),)),
        ("lost", "opaque", ((2, 1),)),
        ("lost", "is_error", ((3, 0),)),
        ("lost", "cache", ((4, 0),)),
    }
    assert (report.provider, report.model) == ("openai", "gpt-4o")
    assert report.is_accepted
    assert not report.is_lossless
    assert "lost: is_error: this wire cannot say that a tool failed (messages[3].parts[0])" in str(report)


def test_what_is_changed_is_told_apart_from_what_is_lost() -> None:
    report = check_portability([*HISTORY, Message.system("t"), Message.user("b")], "anthropic/claude-haiku-4-5")
    assert found(report) == {
        ("lost", "detail", ((1, 1),)),
        ("changed", "tool_call", ((2, 2),)),
        ("changed", "system", ((5, 0),)),
    }
    assert [each.parameter for each in report.adjustments if each.action == "defaulted"] == ["max_tokens"]


def test_everything_that_is_refused_is_told_and_the_rest_is_looked_at_too() -> None:
    pictured = Message(HISTORY[3].role, (ToolResult("t1", (TextPart("x"), ContentBlock.image_base64(b"x"))),))
    history = [Message.user(SOUND), HISTORY[1], HISTORY[2], pictured, Message.user(["b", SOUND]), HISTORY[4]]
    report = check_portability(history, "tiangong/x")
    assert not report.is_accepted
    assert found(report) >= {
        ("refused", "audio_base64", ((0, 0), (4, 1))),
        ("refused", "tool_result", ((3, 0),)),
        ("lost", "cache", ((5, 0),)),
    }


def test_a_whole_conversation_is_lossless() -> None:
    report = check_portability([Message.user("a"), Message.assistant("b"), Message.user("c")], "groq/x")
    assert report.is_lossless
    assert report.is_accepted
    assert str(report) == "groq/x: everything arrives as it stands"


def test_a_history_that_does_not_hold_together_is_refused() -> None:
    report = check_portability([*HISTORY[:3], Message.user("and?")], "openai/gpt-4o")
    assert found(report) == {("refused", "message", ((2, None),))}
    assert found(check_portability([], "openai/gpt-4o")) == {("refused", "request", ())}


def test_parameters_are_looked_at_too() -> None:
    report = check_portability([Message.user("a")], "anthropic/claude-haiku-4-5", configure=lambda r: r.seed(1))
    assert found(report) == {("lost", "seed", ())}


@pytest.mark.parametrize("target", sorted(MODELS))
@pytest.mark.parametrize("source", sorted(MODELS))
async def test_the_real_request_says_the_same(source: str, target: str) -> None:
    messages = conversation(await said(source))
    report = check_portability(messages, MODELS[target], tools=[TOOL])
    asked, _ = await client(target)
    assert asked.chat().messages(messages).tools([TOOL]).preview().adjustments == report.adjustments


@pytest.mark.parametrize("target", sorted(MODELS))
async def test_the_real_request_is_refused_where_the_report_says_so(target: str) -> None:
    asked, _ = await client(target)
    for part in (SOUND, PICTURE, ContentBlock.file(url="https://x/y.pdf"), ContentBlock.file(file_id="f")):
        history = [Message.user(["a", part])]
        report = check_portability(history, MODELS[target])
        try:
            asked.chat().messages(history).preview()
        except UnsupportedError as error:
            assert not report.is_accepted  # failing is one of the two ways
            assert error.places == ((0, 1),)  # noqa: PT017
            assert "(messages[0].parts[1])" in str(error)  # noqa: PT017
        else:
            assert report.is_accepted


@pytest.mark.parametrize("dialect", sorted(path.stem for path in bundled_dialects()))
def test_every_dialect_can_be_asked(dialect: str) -> None:
    report = check_portability(HISTORY, f"simulator/{dialect}")
    assert all(each.places or each.what == "request" for each in report.findings)


def test_a_provider_that_needs_an_address_needs_none_here() -> None:
    assert check_portability([Message.user("a")], "azure/my-deployment").is_accepted
    assert check_portability([Message.user("a")], "bedrock/anthropic.claude-x").is_accepted


def test_a_provider_that_is_not_there_is_an_error() -> None:
    for model, kind in (
        ("opnai/x", UnknownModelError),
        ("lepton/x", RetiredProviderError),
        ("stability/x", NoChatError),
    ):
        with pytest.raises(kind):
            check_portability([Message.user("a")], model)


def test_nothing_is_sent_and_no_key_is_looked_for() -> None:
    code = """
import os, socket, sys
def refuse(*_, **__): raise AssertionError("the network was touched")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from ai_lib_python import Message, check_portability
print(check_portability([Message.user("a")], "openai/gpt-4o").is_lossless, "aiohttp" in sys.modules)
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["True", "False"]


async def test_an_answer_tells_the_places_too() -> None:
    asked = await AiClient.create("openai/gpt-4o")
    adjustments = asked.chat().messages(HISTORY).preview().adjustments
    assert {each.parameter: each.places for each in adjustments if each.action == "omitted"} == {
        "reasoning": ((2, 0),),
        "opaque": ((2, 1),),
        "is_error": ((3, 0),),
        "cache": ((4, 0),),
    }


async def test_one_part_that_is_said_twice_has_two_places() -> None:
    twice = [Message.user("a"), HISTORY[2], HISTORY[3], Message.user("b"), HISTORY[2], HISTORY[3], Message.user("c")]
    report = check_portability(twice, "openai/gpt-4o")
    assert ("lost", "reasoning", ((1, 0), (4, 0))) in found(report)


def test_who_configures_a_request_cannot_perform_it() -> None:
    with pytest.raises(RuntimeError, match="neither perform nor preview"):
        check_portability([Message.user("a")], "openai/gpt-4o", configure=lambda request: request.preview())
