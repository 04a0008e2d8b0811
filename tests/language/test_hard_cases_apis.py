"""A provider that has several APIs, and one that lists its models. Each test lays a few keys over ``conftest.BASE``."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python.errors import ConfigurationError, UnsupportedError

from .conftest import TOOL, Preview, client_of

APIS = """
api: talk
endpoint: {base_url: https://toy.example/v1, headers: {x-org: toy}}
auth: {scheme: header, header: x-key}
parameters: {tools: {to: tools}, top_p: {to: p}}
apis:
  tasks:
    extends: openai-chat
    endpoint: {base_url: https://tasks.toy.example/v2}
    request: {path: /tasks, body: {mode: fast}}
    parameters: {seed: {refused: tasks take no seed}, top_p: null}
    models: [{match: "*-slow", request: {body: {mode: slow}}}]
  drafts: {extends: openai-chat, auth: {scheme: bearer}}
routes:
  - {match: [x-large*, "*-huge"], when: $tools, api: tasks}
  - {match: d-*, api: drafts}
  - {when: {$all: [$stream, $logprobs]}, api: tasks}
  - {when: {$temperature: 0}, api: talk}
  - {match: "*-slow", api: tasks}
"""
TALK, TASKS = "https://toy.example/v1/chat", "https://tasks.toy.example/v2/tasks"
DRAFTS = "https://toy.example/v1/chat/completions"


def with_tools(chat: Any) -> Any:
    return chat.user("Hello").tools([TOOL])


@pytest.mark.parametrize(
    ("model", "ask", "stream", "url"),
    [
        ("m", None, False, TALK),
        ("x-large-1", None, False, TALK),
        ("x-large-1", with_tools, False, TASKS),
        ("X-Large-1", with_tools, True, TASKS),
        ("very-huge", with_tools, False, TASKS),
        ("m", with_tools, False, TALK),
        ("d-huge", with_tools, False, TASKS),
        ("d-1", with_tools, False, DRAFTS),
        ("m", lambda chat: chat.user("Hello").logprobs(), True, TASKS),
        ("m", lambda chat: chat.user("Hello").logprobs(), False, TALK),
        ("m-slow", None, False, TASKS),
        ("m-slow", lambda chat: chat.user("Hello").temperature(0), False, TALK),
    ],
)
async def test_a_request_goes_where_the_first_route_that_fits_says(
    model: str, ask: Any, stream: bool, url: str, preview: Preview
) -> None:
    request = await preview(APIS, ask, model=model, stream=stream, api_key="k")
    assert request.url == url


async def test_an_api_has_the_providers_address_headers_and_key_and_its_dialects_wire(preview: Preview) -> None:
    request = await preview(APIS, lambda chat: chat.user("Hello").seed(3).top_p(0.5), api_key="k", api="tasks")
    assert (request.headers["x-org"], request.headers["x-key"]) == ("toy", "[redacted]")
    assert request.body == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "Hello"}],
        "mode": "fast",
    }
    assert {(item.parameter, item.reason) for item in request.adjustments} == {
        ("seed", "tasks take no seed"),
        ("top_p", "this wire has no such parameter"),
    }


async def test_an_api_may_authenticate_in_its_own_way(preview: Preview) -> None:
    request = await preview(APIS, api_key="k", api="drafts")
    assert request.headers["authorization"] == "Bearer [redacted]"
    assert "x-key" not in request.headers


async def test_an_api_has_rules_for_its_models(preview: Preview) -> None:
    sent = [(await preview(APIS, api_key="k", api="tasks", model=model)).body["mode"] for model in ("m-slow", "m")]
    assert sent == ["slow", "fast"]


async def test_an_api_is_forced_for_a_client_or_for_a_request(preview: Preview) -> None:
    assert (await preview(APIS, with_tools, model="x-large", api_key="k", api="talk")).url == TALK
    assert (await preview(APIS, api_key="k", api="tasks")).url == TASKS
    assert (await preview(APIS, lambda chat: chat.user("Hello").api("drafts"), api_key="k")).url == DRAFTS
    both = await preview(APIS, lambda chat: chat.user("Hello").api("talk"), api_key="k", api="tasks")
    assert both.url == TALK


@pytest.mark.parametrize("ask", [None, lambda chat: chat.user("Hello").api("taks")], ids=["client", "request"])
async def test_an_api_that_is_not_there_is_told_with_those_that_are(ask: Any, preview: Preview) -> None:
    options = {"api": "taks"} if ask is None else {}
    with pytest.raises(ConfigurationError, match="toy has no API called 'taks'; it has: talk, tasks, drafts"):
        await preview(APIS, ask, api_key="k", **options)


async def test_an_api_that_nobody_named_is_called_chat(preview: Preview) -> None:
    text = APIS.replace("api: talk\n", "", 1).replace("api: talk}", "api: chat}")
    assert (await preview(text, api_key="k", api="chat", model="m-slow")).url == TALK
    assert (await preview(text, api_key="k", model="m-slow")).url == TASKS


async def test_the_address_of_the_caller_holds_for_every_api(preview: Preview) -> None:
    request = await preview(APIS, api_key="k", api="tasks", base_url="http://localhost:1/x")
    assert request.url == "http://localhost:1/x/tasks"


# The list of models

LISTED = """
endpoint:
  base_url: https://{place}.toy.example/v1
  variables: {place: {default: home}}
  headers: {X-Org: toy}
list_models:
  base_url: https://lists.{place}.toy.example
  path: /catalogue/models
  headers: {X-Revision: "3"}
  query: {page_size: 2, all: true}
  next: {page_token: .next, seen: '${.at}-${.next}'}
  items: .page.models
  id: '${.owner}/${.name | without_prefix("models/")}'
"""


def page(*names: str, **more: Any) -> dict[str, Any]:
    return {"page": {"models": [{"owner": "o", "name": f"models/{name}"} for name in names]}, **more}


async def test_a_list_of_models_has_its_own_address_headers_pages_and_names() -> None:
    nameless = {"page": {"models": [{"name": "no owner"}, {"owner": "o", "name": "c"}]}, "at": 2, "next": None}
    client, transport = await client_of(LISTED, page("a", "b", at=1, next="t/2"), nameless)
    assert await client.list_models() == ["o/a", "o/b", "o/c"]
    first, second = transport.requests
    assert first.url == "https://lists.home.toy.example/catalogue/models?page_size=2&all=true"
    assert second.url == f"{first.url}&page_token=t%2F2&seen=1-t%2F2"
    for request in (first, second):
        assert (request.method, request.body) == ("GET", b"")
        assert (request.headers["x-org"], request.headers["x-revision"]) == ("toy", "3")


async def test_a_page_may_be_the_list_and_a_name_an_item() -> None:
    client, _ = await client_of("list_models: {path: /models, items: ., id: .}", ["a", "b"])
    assert await client.list_models() == ["a", "b"]


async def test_items_and_names_stand_in_data_and_id_where_a_manifest_does_not_say() -> None:
    client, _ = await client_of("list_models: {path: /models}", {"data": [{"id": "a"}, {"id": 7}, {}]})
    assert await client.list_models() == ["a", "7"]


@pytest.mark.parametrize("text", ["", "list_models: null"])
async def test_a_provider_without_a_list_says_so(text: str) -> None:
    client, transport = await client_of(text)
    with pytest.raises(UnsupportedError, match="toy is not known to have a list"):
        await client.list_models()
    assert transport.requests == []


async def test_every_api_of_a_provider_has_its_list() -> None:
    text = APIS + "list_models: {path: /all}\n"
    client, transport = await client_of(text, {"data": [{"id": "a"}]}, api="drafts", api_key="k")
    assert await client.list_models() == ["a"]
    assert transport.requests[0].url == "https://toy.example/v1/all"
