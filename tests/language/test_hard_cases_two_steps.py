"""Answers behind a receipt. Each test lays a few keys over the small wire of ``conftest.BASE``."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python.errors import MalformedResponse, ServerError

from .conftest import Answer, client_of

FOLLOWED = """
endpoint: {base_url: https://toy.example/v1, hosts: ["*.results.example"], headers: {x-org: toy}}
auth: {scheme: bearer}
request:
  path: /chat
  headers: {prefer: wait, accept-language: en}
  turns: {roles: {user: user}}
  body: {a: 1}
follow:
  poll: {url: .urls.get, until: {.state: [done, failed]}, every: 0.001}
  stream: {url: .urls.stream}
  headers: {X-Follows: "yes"}
response:
  steps: {failed: {$if: {.state: failed}, $then: {error: .}}, text: .text, finish: .why}
errors: {message: .words}
"""
GET = "https://toy.example/v1/answers/7"
RECEIPT: dict[str, Any] = {"state": "new", "urls": {"get": GET}}
DONE = {"state": "done", "text": "Hi", "why": "done"}


async def test_the_answer_is_asked_for_until_it_is_whole() -> None:
    client, transport = await client_of(FOLLOWED, RECEIPT, {**RECEIPT, "state": "going"}, DONE, api_key="k")
    response = await client.chat().user("Hello").execute()
    assert (response.content, response.finish_reason) == ("Hi", "stop")
    assert [(request.method, request.url) for request in transport.requests] == [
        ("POST", "https://toy.example/v1/chat"),
        ("GET", GET),
        ("GET", GET),
    ]


async def test_each_answer_may_point_to_the_next() -> None:
    second = {"state": "going", "urls": {"get": "https://toy.example/v1/other"}}
    client, transport = await client_of(FOLLOWED, RECEIPT, second, DONE, api_key="k")
    await client.chat().user("Hello").execute()
    assert transport.requests[2].url == "https://toy.example/v1/other"


async def test_an_answer_that_is_there_at_once_is_not_asked_for() -> None:
    client, transport = await client_of(FOLLOWED, {**DONE, "urls": {"get": GET}}, api_key="k")
    assert (await client.chat().user("Hello").execute()).content == "Hi"
    assert len(transport.requests) == 1


async def test_what_follows_has_the_key_and_the_headers_but_no_body() -> None:
    client, transport = await client_of(FOLLOWED, RECEIPT, DONE, api_key="k")
    await client.chat().user("Hello").execute()
    headers = transport.requests[1].headers
    assert transport.requests[1].body == b""
    assert headers["authorization"] == "Bearer k"
    assert (headers["x-org"], headers["accept-language"], headers["x-follows"]) == ("toy", "en", "yes")
    assert headers["accept"] == "application/json"
    assert not {"content-type", "prefer"} & headers.keys()


async def test_a_stream_is_read_where_the_receipt_says() -> None:
    where = {"urls": {"get": GET, "stream": f"{GET}/stream"}, "state": "new"}
    frames = b'{"text":"H"}\n{"text":"i","why":"done"}\n'
    client, transport = await client_of(FOLLOWED, where, frames, api_key="k")
    async with client.chat().user("Hello").stream() as stream:
        texts = [text async for text in stream.text()]
    assert (texts, stream.response.finish_reason) == (["H", "i"], "stop")
    assert [request.url for request in transport.requests[1:]] == [f"{GET}/stream"]
    assert transport.requests[1].headers["accept"] == "text/event-stream"


@pytest.mark.parametrize("framing", ["sse", "ndjson"])
async def test_a_stream_without_a_place_waits_for_the_whole_answer(framing: str) -> None:
    text = FOLLOWED + f"stream: {{framing: {framing}, ends: [finish], steps: {{text: .text, finish: .why}}}}"
    client, transport = await client_of(text, RECEIPT, DONE, api_key="k")
    async with client.chat().user("Hello").stream() as stream:
        texts = [text async for text in stream.text()]
    assert texts == ["Hi"]
    assert transport.requests[1].url == GET


@pytest.mark.parametrize(
    ("found", "url"),
    [
        ("/v1/answers/7", GET),
        ("answers/7", GET),
        ("https://toy.example/elsewhere?x=1", "https://toy.example/elsewhere?x=1"),
        ("https://eu.results.example/7", "https://eu.results.example/7"),
    ],
    ids=["path", "relative", "same host", "another of its hosts"],
)
async def test_a_receipt_may_point_to_any_place_of_the_provider(found: str, url: str) -> None:
    client, transport = await client_of(FOLLOWED, {"urls": {"get": found}}, DONE, api_key="k")
    await client.chat().user("Hello").execute()
    assert transport.requests[1].url == url


async def test_where_to_look_may_stand_in_headers_and_until_in_the_status() -> None:
    text = """
follow: {poll: {url: $headers.location, until: {$status: [200, 404]}, every: 0.001}}
"""
    receipts = [Answer({}, 202, {"location": "/a"}), Answer({}, 202, {"location": "/b"})]
    client, transport = await client_of(text, *receipts, Answer(DONE, 200, {"location": "/c"}))
    assert (await client.chat().user("Hello").execute()).content == "Hi"
    assert [request.url for request in transport.requests[1:]] == ["https://toy.example/a", "https://toy.example/b"]


async def test_an_answer_that_ends_as_an_error_is_one() -> None:
    client, _ = await client_of(FOLLOWED, RECEIPT, {"state": "failed", "words": "out of paint"}, api_key="k")
    with pytest.raises(ServerError, match="out of paint"):
        await client.chat().user("Hello").execute()


async def test_a_receipt_that_points_nowhere_is_no_answer() -> None:
    client, transport = await client_of(FOLLOWED, {"state": "new"}, api_key="k")
    with pytest.raises(MalformedResponse, match="does not say where to ask for the rest"):
        await client.chat().user("Hello").execute()
    assert len(transport.requests) == 1


async def test_a_number_may_stand_in_the_url_to_look_at() -> None:
    text = 'follow: {poll: {url: "/jobs/${.id | in_segment}", until: .text, every: 0.001}}'
    client, transport = await client_of(text, {"id": 7}, DONE, api_key="k")
    await client.chat().user("Hello").execute()
    assert transport.requests[1].url == "https://toy.example/jobs/7"
