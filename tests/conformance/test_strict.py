"""A strict simulator takes every recorded request that its provider took, and refuses what was refused for its form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from ai_lib_python._compile.shapes import problems
from ai_lib_python._engine.target import program_of
from ai_lib_python.simulator.requests import LENIENT, Wire, WrongRequestError, read_request

from . import recordings
from .recorded import Recorded, requests
from .recordings import DIALECTS
from .speaking import speaker

REFUSED_FOR_THEIR_FORM = {
    "anthropic:anthropic-messages:33010e9776": "tools[0].input_schema.type: expected",
    "anthropic:anthropic-messages:75c347d605": "tools[0].input_schema.type: must be given",
    "anthropic:anthropic-messages:a6512b9b25": "tools[0].input_schema.type: expected",
    "aws-bedrock:bedrock-invoke:4357f6086c": "messages[0].content[1].source.type: expected one of base64",
    "deepseek:openai-chat:92cd0add45": "messages[0].content[0].image_url: there is no such field",
}
"""Recorded requests with a 400 that was about their fields, and what a strict simulator says of them."""

FORM_IS_FINE = {
    "deepseek:openai-responses:d670556ebc": "calls that stand apart are fine by the API whose form this is",
    "openai:openai-responses:4f9a228e9e": "that an item lacks the id which the one before it asks for is not looked at",
    "openai:openai-responses:69ada417c9": "what strict schemas must hold is not looked at",
    "anthropic:anthropic-messages:5f4837b4fd": "nor how large they are",
}
"""Others whose 400 was about their form in ways that no shape tells."""


@pytest.fixture(autouse=True)
def recorded() -> None:
    """Skips where there are no recordings."""
    if reason := recordings.missing():
        pytest.skip(reason)


class Judged(NamedTuple):
    """What a strict simulator says of a recorded request: None, or what is wrong with it."""

    id: str
    status: int
    wrong: str | None


def judged(dialect: str) -> Iterator[Judged]:
    for request in requests(dialect):
        if request.body is not None:
            yield Judged(request.id, request.row.status, refusal(request, with_data(request.body)))


def refusal(request: Recorded, body: dict[str, Any]) -> str | None:
    """What a strict simulator of the provider refuses; of what no simulator reads only the shape counts."""
    wire = Wire(speaker(request.row), {"model": request.model}, request.streams)
    try:
        read_request(wire, body)
    except WrongRequestError as error:
        told = str(error)
        return told.removesuffix(f" ({LENIENT})") if LENIENT in told else unread(wire, body, request.model)
    return None


def unread(wire: Wire, body: dict[str, Any], model: str) -> str | None:
    shape = program_of(wire.manifest.for_model(model)).serve.accepts
    assert shape is not None
    return next((str(wrong) for wrong in problems(shape, body)), None)


def with_data(body: dict[str, Any]) -> Any:
    """The body with a little data where the recorder has left out much."""
    return json.loads(re.sub(r"<elided base64[^>]*>", "AAAA", json.dumps(body)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_provider_took_is_taken(dialect: str) -> None:
    fine = [each for each in judged(dialect) if 200 <= each.status < 300]
    print(f"{len(fine)} requests of {dialect} with a good answer")
    wrong = {each.id: each.wrong for each in fine if each.wrong and each.id not in OF_OLD_MODELS}
    assert wrong == {}


OF_OLD_MODELS = {"aws-bedrock:bedrock-invoke:ba1f83f821"}
"""A text completion of the first Claude, on a wire whose shape is that of its Messages API."""


def test_what_a_provider_refused_for_its_form_is_refused() -> None:
    found = {each.id: each.wrong for dialect in DIALECTS for each in judged(dialect) if each.status in (400, 422)}
    refused = {id: wrong for id, wrong in found.items() if wrong}
    print(f"{len(refused)} of {len(found)} requests with a bad answer are refused")
    if recordings.are_known():
        assert set(refused) == set(REFUSED_FOR_THEIR_FORM)
        assert set(FORM_IS_FINE) <= set(found) - set(refused)
        assert all(told in str(refused[id]) for id, told in REFUSED_FOR_THEIR_FORM.items())
