"""The odd facts of each provider, as its ``facts.yaml`` lists them, come out on the wire and are read off it.

A fact is data, as the manifest is: what is asked and what must stand in the body; what is answered and what it says;
an error and the class that it is of.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ai_lib_python import AiClient
from ai_lib_python._engine.assemble import Assembler
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.load import load
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.errors import REMOTE_ERRORS, UnsupportedError
from ai_lib_python.preview import RequestPreview

from .conversations import FOLDER, KEY, WEATHER, transcript

Fact = dict[str, Any]


def facts(kind: str) -> list[Any]:
    """Every fact of a kind, with its provider, under a name for people."""
    found: list[Any] = []
    for path in sorted(FOLDER.glob("*/facts.yaml")):
        id = path.parent.name
        listed = yaml.safe_load(path.read_text(encoding="utf-8")).get(kind) or ()
        found += [pytest.param(id, fact, id=f"{id}: {_name(fact)}") for fact in listed]
    return found


def _name(fact: Fact) -> str:
    return str(fact.get("fact") or f"{fact.get('status', 200)} {fact.get('code', '')} is {fact['class']}")


def asked(chat: ChatRequestBuilder, wishes: Fact) -> ChatRequestBuilder:
    """The builder with each wish told by the method of its name."""
    for name, value in wishes.items():
        if name == "tools":
            chat.tools([WEATHER])
        elif name == "reasoning" and isinstance(value, dict):
            chat.reasoning(**value)
        else:
            getattr(chat, name)(value)
    return chat


async def preview(id: str, fact: Fact) -> RequestPreview:
    written = transcript(id)
    client = await AiClient.create(
        f"{id}/{fact.get('model', written['model'])}",
        api_key=written.get("key", KEY),
        variables=written.get("variables"),
        base_url=written.get("base_url"),
    )
    chat = client.chat()
    if "system" not in fact.get("ask", {}) and "user" not in fact.get("ask", {}):
        chat.user("Hello")
    return asked(chat, fact.get("ask", {})).preview(stream=fact.get("stream", False))


@pytest.mark.parametrize(("id", "fact"), facts("requests"))
async def test_a_request_goes_out_as_the_provider_takes_it(id: str, fact: Fact) -> None:
    if "refused" in fact:
        with pytest.raises(UnsupportedError, match=fact["refused"]):
            await preview(id, fact)
        return
    sent = await preview(id, fact)
    for name, value in fact.get("body", {}).items():
        assert sent.body.get(name) == value, name
    told = {note.parameter: note.action for note in sent.adjustments}
    assert {name: told.get(name) for name in fact.get("adjustments", {})} == fact.get("adjustments", {})
    assert sent.url == fact.get("url", sent.url)


@pytest.mark.parametrize(("id", "fact"), facts("answers"))
def test_an_answer_is_read(id: str, fact: Fact) -> None:
    program = program_of(load(id).for_model(fact.get("model", "any-model")))
    sink = Assembler(program.finish, id, None, tags=program.tags)
    headers = {name.lower(): value for name, value in fact.get("headers", {}).items()}
    if "body" in fact:
        program.read_response(sink, fact["body"], None, headers)
    for frame in fact.get("frames", ()):
        program.read_frame(sink, frame, None, headers)
    sink.close()
    response = sink.response(id)
    got = {
        "content": response.content,
        "reasoning": response.reasoning,
        "refusal": response.refusal,
        "finish_reason": response.finish_reason,
        "prompt_tokens": response.usage.prompt_tokens,
        "completion_tokens": response.usage.completion_tokens,
        "reasoning_tokens": response.usage.reasoning,
        "cached_tokens": response.usage.cache_read,
        "tool_calls": [[call.name, call.arguments] for call in response.tool_calls],
        "citations": len(response.citations),
        "unknown_events": response.unknown_events,
    }
    assert {name: got[name] for name in fact["says"]} == fact["says"]


@pytest.mark.parametrize(("id", "fact"), facts("errors"))
def test_an_error_is_told_by_its_class(id: str, fact: Fact) -> None:
    headers = {name.lower(): str(value) for name, value in fact.get("headers", {}).items()}
    found = program_of(load(id)).classify(fact.get("status", 200), headers, fact["body"])
    assert found.error_class == fact["class"]
    assert REMOTE_ERRORS[found.error_class].retryable is fact["retryable"]
    for name in ("message", "code", "request_id", "retry_after"):
        assert getattr(found, name) == fact.get(name, getattr(found, name)), name
