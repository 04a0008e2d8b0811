"""A request as people see it: whole, and without a key."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ai_lib_python.chat import ChatRequestBuilder

from .scripted import KEY, Answer, client
from .transcripts import PLAIN


async def chat(dialect: str = "openai-chat") -> tuple[ChatRequestBuilder, Any]:
    asked, script = await client(dialect, Answer(PLAIN[dialect]))
    return asked.chat().user('What\'s up?\n"Tell" me $HOME'), script


async def test_a_command_is_what_would_be_sent() -> None:
    request, script = await chat()
    command = request.temperature(0.5).as_curl()
    await request.execute()
    (sent,) = script.requests
    name, url, *options = shlex.split(command.replace("\\\n", ""))
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    assert (name, url, dict(given)["-X"]) == ("curl", sent.url, "POST")
    assert json.loads(dict(given)["--data-raw"]) == json.loads(sent.body)
    assert headers == {**sent.headers, "authorization": "Bearer [redacted]"}
    assert KEY not in command


async def test_a_command_of_a_stream_asks_for_one() -> None:
    request, _ = await chat()
    assert '"stream":true' in request.as_curl(stream=True)


async def test_a_query_of_the_callers_is_sent_last_and_as_it_is() -> None:
    request, script = await chat("gemini-generate")
    request.extra_query({"alt": "json", "trace": "a b&c"})
    async for _ in request.stream():
        pass
    assert parse_qs(urlsplit(script.requests[0].url).query) == {"alt": ["json"], "trace": ["a b&c"]}


async def test_a_key_in_a_query_of_the_callers_is_sent_and_not_shown() -> None:
    request, script = await chat()
    request.extra_query({"subscription-key": KEY, "team": "a"})
    await request.execute()
    assert KEY in script.requests[0].url
    shown = request.preview()
    assert KEY not in repr(shown) + request.as_curl()
    assert parse_qs(urlsplit(shown.url).query) == {"subscription-key": ["[redacted]"], "team": ["a"]}
