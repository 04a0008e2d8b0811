"""A prompt that cannot fit is refused before it is sent; one that might is not."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import AiClient, Message, ToolCall
from ai_lib_python.errors import ConfigurationError, ContextWindowExceeded

from .scripted import KEY, Answer, Script

WINDOW = 4500
MANIFEST = {
    "id": "mine",
    "extends": "openai-chat",
    "endpoint": {"base_url": "https://mine.example/v1", "env": ["MINE_BASE_URL"]},
    "limits": [{"match": "half", "context": 9000, "prompt": WINDOW}, {"match": "known", "context": WINDOW}],
}
SAID = {"choices": [{"index": 0, "message": {"content": "fine"}, "finish_reason": "stop"}]}


async def asked(model: str = "known", **options: Any) -> tuple[AiClient, Script]:
    script = Script(Answer(SAID))
    return await AiClient.create(model, manifest=MANIFEST, api_key=KEY, transport=script, **options), script


@pytest.mark.parametrize("model", ["known", "half"])
async def test_more_words_than_tokens_are_refused_with_both_numbers(model: str) -> None:
    client, script = await asked(model)
    with pytest.raises(
        ContextWindowExceeded, match=r"takes 4,500 tokens of prompt, and this one has 4,501 words"
    ) as caught:
        await client.chat().user("aa " * (WINDOW + 1)).execute()
    assert (caught.value.least_tokens, caught.value.window, caught.value.model) == (WINDOW + 1, WINDOW, model)
    assert isinstance(caught.value, ConfigurationError)
    assert script.requests == []


async def test_a_stream_is_refused_too() -> None:
    client, script = await asked()
    with pytest.raises(ContextWindowExceeded):
        async for _event in client.chat().user("aa " * (WINDOW + 1)).stream():
            pass
    assert script.requests == []


async def test_every_message_and_result_counts() -> None:
    client, _ = await asked()
    half = "aa " * (WINDOW // 2 + 1)
    call = Message.assistant(tool_calls=[ToolCall("c", "look")])
    with pytest.raises(ContextWindowExceeded):
        await client.chat().system(half).messages([call, Message.tool("c", half)]).execute()


FITTING = {
    "as many words as tokens": "aa " * WINDOW,
    "one word of any length": "a" * 100 * WINDOW,
    "words without spaces": "\u6f22\u5b57" * 10 * WINDOW,
    "spaces alone": " " * 100 * WINDOW,
}


@pytest.mark.parametrize("text", FITTING.values(), ids=FITTING)
async def test_what_might_fit_is_sent(text: str) -> None:
    client, script = await asked()
    assert (await client.chat().user(text).execute()).content == "fine"
    assert len(script.requests) == 1


LONG = "aa " * (WINDOW + 1)


async def test_an_unknown_window_refuses_nothing() -> None:
    client, _ = await asked("unknown")
    assert (await client.chat().user(LONG).execute()).content == "fine"


async def test_whoever_switches_it_off_is_asked_nothing() -> None:
    client, _ = await asked(check_context=False)
    assert (await client.chat().user(LONG).execute()).content == "fine"


async def test_what_may_change_the_window_lets_it_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = await asked()
    assert (await client.chat().user(LONG).extra_headers({"beta": "long"}).execute()).content == "fine"
    assert (await client.chat().user(LONG).extra_body({"truncation": "auto"}).execute()).content == "fine"
    elsewhere, _ = await asked(base_url="https://other.example/v1")
    assert (await elsewhere.chat().user(LONG).execute()).content == "fine"
    monkeypatch.setenv("MINE_BASE_URL", "https://third.example/v1")
    third, _ = await asked()
    assert (await third.chat().user(LONG).execute()).content == "fine"


async def test_a_preview_shows_it_all_the_same() -> None:
    client, _ = await asked()
    assert client.chat().user(LONG).preview().body["messages"][0]["content"] == LONG


async def test_the_switch_is_a_switch() -> None:
    with pytest.raises(TypeError, match="check_context must be True or False, got 1"):
        await asked(check_context=1)
