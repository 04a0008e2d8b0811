"""However a server repeats what it was sent to know us by, no error shows it."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from ai_lib_python import AiClient, AiLibError
from ai_lib_python._wire.redact import redact

from .scripted import JSON, SSE, Answer, Script, sse
from .test_keys import texts_of

KEY = 'planted/key+with="odd" signs&0123456789=='
SECRET = "planted/secret+0123456789="
TOKEN = "planted/session+token//0123456789=="
BASE: dict[str, Any] = {
    "id": "mine",
    "extends": "openai-chat",
    "endpoint": {"base_url": "https://mine.example/v1", "variables": {"region": {"default": "r-1"}}},
}
SIGNED = {
    "scheme": "aws-sigv4",
    "service": "mine",
    "parts": {"access_key_id": [], "secret_access_key": [], "session_token": []},
}
MADE = {
    "scheme": "headers",
    "parts": {"id": [], "secret": []},
    "headers": {
        "Authorization": {"$with": "${$secret}${$now}", "$do": 'Mine id="${$id}", signature="${. | md5}"'},
        "X-Secret": "$secret",
    },
}
PARTS = {"access_key_id": "AKID", "secret_access_key": SECRET, "session_token": TOKEN}
WAYS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "bearer": ({"scheme": "bearer", "env": ["MINE_KEY"]}, {"api_key": KEY}, [KEY]),
    "header": ({"scheme": "header", "header": "X-Key", "env": ["MINE_KEY"]}, {"api_key": KEY}, [KEY]),
    "query": ({"scheme": "query", "query": "key", "env": ["MINE_KEY"]}, {"api_key": KEY}, [KEY]),
    "signed": (SIGNED, {"credentials": PARTS}, [SECRET, TOKEN]),
    "made": (MADE, {"credentials": {"id": "an-id-of-mine", "secret": SECRET}}, [SECRET]),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a path": lambda key: quote(key, safe=""),
    "in a query": quote_plus,
    "in a query, in small letters": lambda key: quote(key, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "quoted twice": lambda key: quote(quote(key, safe=""), safe=""),
    "in JSON": lambda key: json.dumps(key)[1:-1],
    "in JSON with its slashes": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "in JSON in JSON": lambda key: json.dumps(json.dumps(key)[1:-1].replace("/", "\\/"))[1:-1],
    "in JSON for the web": lambda key: "".join(
        letter if letter.isalnum() else f"\\u{ord(letter):04X}" for letter in key
    ),
    "in HTML": html.escape,
    "in HTML by numbers": lambda key: "".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in key),
}


def answers(told: str) -> dict[str, tuple[Answer, bool]]:
    """Answers that repeat a text, each with whether a stream was asked for."""
    error = {"error": {"message": f"you sent {told}", "code": told, "type": told}}
    raw = f'{{"error": {{"message": "you sent {told}"}}}}'.encode()
    partly = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    return {
        "a body": (Answer(json.dumps(error), 400, {**JSON, "x-request-id": told}), False),
        "a body as it is": (Answer(raw, 400, JSON), False),
        "a page": (Answer(f"<html>{told}</html>", 403, {"content-type": "text/html"}), False),
        "a page under 200": (Answer(f"<html>{told}</html>", 200, {"content-type": "text/html"}), False),
        "no answer": (Answer({"echo": told}), False),
        "an error under 200": (Answer(error), False),
        "an error of a stream": (Answer(json.dumps(error), 400, JSON), True),
        "mid-stream": (Answer(sse(partly, error), headers=SSE), True),
        "a frame that is no JSON": (Answer(sse(partly, f"you sent {told}"), headers=SSE), True),
        "a stream that is none": (Answer(f"you sent {told}", headers=SSE), True),
    }


async def failure(way: str, answer: Answer, *, stream: bool) -> tuple[AiLibError, Script]:
    auth, given, _ = WAYS[way]
    script = Script(answer)
    client = await AiClient.create("mine/m", manifest={**BASE, "auth": auth}, transport=script, **given)
    chat = client.chat().user("hi")
    with pytest.raises(AiLibError) as caught:  # noqa: PT012  # which statement raises is what the parameter says
        if stream:
            async for _event in chat.stream():
                pass
        else:
            await chat.execute()
    return caught.value, script


def unescaped(text: str) -> str:
    """Without the backslashes that a repr or a pickle adds."""
    return text.replace("\\", "")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_secret_that_an_answer_repeats_is_in_no_error(way: str, spelling: str) -> None:
    for secret in WAYS[way][2]:
        told = SPELLINGS[spelling](secret)
        for where in answers(told):
            answer, stream = answers(told)[where]
            error, _ = await failure(way, answer, stream=stream)
            for text in map(unescaped, texts_of(error)):
                assert secret.replace('"', "") not in text.replace('"', ""), where
                assert unescaped(told) not in text, where


async def test_what_was_made_of_a_secret_is_hidden_word_by_word() -> None:
    class Echo(Script):
        """Repeats the words of the header that was made."""

        async def send(self, request: Any) -> Any:
            self.requests.append(request)
            return Answer({"error": {"message": " ".join(request.headers["authorization"].split('"'))}}, 401)

    script = Echo()
    given = {"id": "an-id-of-mine-0123456789", "secret": SECRET}
    manifest = {**BASE, "auth": MADE}
    client = await AiClient.create("mine/m", manifest=manifest, credentials=given, transport=script)
    with pytest.raises(AiLibError) as caught:
        await client.chat().user("hi").execute()
    signature = script.requests[0].headers["authorization"].split('"')[3]
    assert len(signature) == 32
    assert signature not in " ".join(texts_of(caught.value))
    assert "Mine id=" in str(caught.value)


async def test_headers_that_are_made_have_one_name_whatever_its_case() -> None:
    script = Script(Answer(b"", 401))
    given = {"id": "an-id-of-mine", "secret": SECRET}
    client = await AiClient.create("mine/m", manifest={**BASE, "auth": MADE}, credentials=given, transport=script)
    chat = client.chat().user("hi").extra_headers({"AUTHORIZATION": "Mine own"})
    assert chat.preview().headers["authorization"] == "[redacted]"
    with pytest.raises(AiLibError):
        await chat.execute()
    sent = script.requests[0].headers
    assert [name for name in sent if name.lower() in ("authorization", "x-secret")] == ["authorization", "x-secret"]
    assert sent["authorization"] == "Mine own"


async def test_a_list_of_models_repeats_no_secret_either() -> None:
    for way, (auth, given, secrets) in WAYS.items():
        for secret in secrets:
            for answer in (Answer({"error": {"message": secret}}, 401), Answer({"echo": secret}), Answer(secret)):
                manifest = {**BASE, "auth": auth, "list_models": {"path": "/models"}}
                client = await AiClient.create("mine/m", manifest=manifest, transport=Script(answer), **given)
                with pytest.raises(AiLibError) as caught:
                    await client.list_models()
                assert all(secret not in text for text in texts_of(caught.value)), way


def test_the_longest_secret_goes_first() -> None:
    assert redact("a-key-0123456789-more!", ["a-key-0123456789", "a-key-0123456789-more"]) == "[redacted]!"


@pytest.mark.parametrize("text", ["planted", "planted/key", "PLANTED/KEY+WITH", ""])
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text, [KEY, "short"]) == text


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("body", ["<html>{}</html>", '{{"echo": "{}"}}', '{{"look": "https://evil.example/{}"}}'])
async def test_what_was_made_for_a_request_that_follows_is_hidden_too(
    body: str, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(range(1, 99))
    monkeypatch.setattr("ai_lib_python._engine.authenticate.time", lambda: next(moments))

    class Echo(Script):
        """Gives a receipt, then repeats the signature of the request that follows it."""

        async def send(self, request: Any) -> Any:
            self.requests.append(request)
            told = request.headers["authorization"].split('"')[3]
            return Answer({"look": "/jobs/7"} if len(self.requests) == 1 else body.format(told), headers=JSON)

    script = Echo()
    follow = {"poll": {"url": ".look", "until": {"$any": [".choices", ".echo"]}, "every": 0.001}}
    given = {"id": "an-id-of-mine", "secret": SECRET}
    manifest = {**BASE, "auth": MADE, "follow": follow}
    client = await AiClient.create("mine/m", manifest=manifest, credentials=given, transport=script)
    chat = client.chat().user("hi")
    with pytest.raises(AiLibError) as caught:
        await (chat.stream().__anext__() if stream else chat.execute())
    first, second = (request.headers["authorization"].split('"')[3] for request in script.requests)
    assert first != second
    assert all(second not in text for text in texts_of(caught.value))
