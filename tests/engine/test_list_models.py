"""A provider's list of models: pages, addresses, keys, and what may go wrong."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ai_lib_python import AiClient
from ai_lib_python._engine.list_models import MOST_PAGES
from ai_lib_python._manifest.folders import bundled_providers
from ai_lib_python._manifest.load import load
from ai_lib_python.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    DeadlineExceeded,
    MalformedResponse,
    MissingKeyError,
    RateLimited,
    UnsupportedError,
)
from ai_lib_python.simulator import Simulator
from ai_lib_python.sync import AiClient as SyncAiClient

from .loopback import Exchange, Loopback, whole
from .scripted import JSON, KEY, Answer, Script

SHELF: dict[str, Any] = {
    "id": "shelf",
    "endpoint": {"base_url": "https://shelf.example/v1", "headers": {"X-Org": "o-1"}},
    "auth": {"scheme": "bearer", "env": ["SHELF_API_KEY"]},
    "errors": {
        "message": ".problem",
        "code": ".code",
        "codes": {"slow": "rate_limited"},
        "status": {401: "authentication"},
    },
    "list_models": {"path": "/models", "next": {"page": ".next"}},
}


def shelf(**listing: Any) -> dict[str, Any]:
    """The manifest with other words for its list."""
    return {**SHELF, "list_models": {**SHELF["list_models"], **listing}}


async def asked(*answers: Any, **options: Any) -> tuple[AiClient, Script]:
    script = Script(*(Answer(answer) if isinstance(answer, (dict, list)) else answer for answer in answers))
    options = {"api_key": KEY, "manifest": SHELF, "transport": script, **options}
    return await AiClient.create("shelf/m-1", **{"max_retries": 0, **options}), script


def page(*names: Any, **more: Any) -> dict[str, Any]:
    return {"data": [{"id": name} for name in names], **more}


def queries(script: Script) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(request.url).query) for request in script.requests]


# Pages


async def test_the_pages_are_one_list_in_the_providers_order() -> None:
    client, script = await asked(page("c", "a", next="p 2"), page("b", next="p&3"), page("d"))
    assert await client.list_models() == ["c", "a", "b", "d"]
    assert queries(script) == [{}, {"page": ["p 2"]}, {"page": ["p&3"]}]


async def test_what_every_page_is_asked_for_stays_and_the_next_may_replace_it() -> None:
    manifest = shelf(query={"size": 2, "page": "first"})
    client, script = await asked(page("a", next="second"), page("b"), manifest=manifest)
    await client.list_models()
    assert queries(script) == [{"size": ["2"], "page": ["first"]}, {"size": ["2"], "page": ["second"]}]


@pytest.mark.parametrize("last", [None, ""], ids=["null", "empty"])
async def test_the_list_ends_where_there_is_no_next_page(last: Any) -> None:
    client, script = await asked(page("a", next=last), page("never"))
    assert await client.list_models() == ["a"]
    assert len(script.requests) == 1


async def test_the_list_ends_where_one_of_several_parameters_is_absent() -> None:
    manifest = shelf(next={"page": ".next", "seal": ".seal"})
    client, _ = await asked(page("a", next=2, seal="x"), page("b", next=3), page("never"), manifest=manifest)
    assert await client.list_models() == ["a", "b"]


async def test_the_list_ends_with_an_empty_page() -> None:
    client, script = await asked(page("a", next="p"), page(next="p"), page("never"))
    assert await client.list_models() == ["a"]
    assert len(script.requests) == 2


async def test_a_list_that_never_ends_is_given_up() -> None:
    client, script = await asked(*(page("a", next=number) for number in range(1, 2 * MOST_PAGES)))
    with pytest.raises(MalformedResponse, match=rf"shelf lists its models on more than {MOST_PAGES} pages"):
        await client.list_models()
    assert len(script.requests) == MOST_PAGES


async def test_a_list_whose_next_page_is_one_that_was_read_ends() -> None:
    client, script = await asked(page("a", next="p"), page("b", next="q"), page("c", next="p"), page("never"))
    assert await client.list_models() == ["a", "b", "c"]
    assert len(script.requests) == 3


async def test_a_condition_may_say_whether_there_is_a_next_page() -> None:
    manifest = shelf(next={"after": {"$if": ".has_more", "$then": ".data[-1].id"}})
    client, script = await asked(page("a", "b", has_more=True), page("c", has_more=False), manifest=manifest)
    assert await client.list_models() == ["a", "b", "c"]
    assert queries(script)[1] == {"after": ["b"]}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"data": []}, []),
        ({"data": None}, []),
        ({}, []),
        ({"data": [None, "x", 7, {"id": None}, {"id": "a"}, {"id": 5}]}, ["a", "5"]),
    ],
)
async def test_of_a_page_only_what_has_a_name_counts(body: Any, names: list[str]) -> None:
    client, _ = await asked(Answer(json.dumps(body), headers=JSON))
    assert await client.list_models() == names


@pytest.mark.parametrize("body", [{"models": [{"id": "a"}]}, {"data": {"id": "a"}}, [], "text", 7, None])
async def test_what_is_no_list_is_told(body: Any) -> None:
    client, _ = await asked(Answer(json.dumps(body), headers=JSON))
    with pytest.raises(MalformedResponse, match="shelf answered 200 with"):
        await client.list_models()


# Addresses, headers and keys


async def test_it_is_asked_at_the_providers_address_with_its_headers_and_key() -> None:
    client, script = await asked(page("a"))
    await client.list_models()
    (request,) = script.requests
    assert (request.method, request.url, request.body) == ("GET", "https://shelf.example/v1/models", b"")
    assert request.headers == {"x-org": "o-1", "accept": "application/json", "authorization": f"Bearer {KEY}"}


async def test_headers_of_the_list_win_over_the_providers() -> None:
    client, script = await asked(page("a"), manifest=shelf(headers={"X-ORG": "o-2", "X-List": "yes"}))
    await client.list_models()
    assert script.requests[0].headers["x-org"] == "o-2"
    assert script.requests[0].headers["x-list"] == "yes"


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://lists.shelf.example/v1/models"),
        ({"base_url": "http://localhost:9"}, "http://localhost:9/v1/models"),
    ],
    ids=["its own", "the caller's"],
)
async def test_another_address_of_the_list_counts_unless_the_caller_gives_one(options: Any, url: str) -> None:
    client, script = await asked(page("a"), manifest=shelf(base_url="https://lists.shelf.example/v1"), **options)
    await client.list_models()
    assert script.requests[0].url == url


async def test_an_address_of_the_environment_is_the_lists_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELF_BASE_URL", "http://localhost:9/v1")
    manifest = shelf(base_url="https://lists.shelf.example/v1")
    manifest["endpoint"] = {**SHELF["endpoint"], "env": ["SHELF_BASE_URL"]}
    client, script = await asked(page("a"), manifest=manifest)
    await client.list_models()
    assert script.requests[0].url == "http://localhost:9/v1/models"


@pytest.mark.parametrize("id", [path.stem for path in bundled_providers() if load(path.stem).data.get("list_models")])
async def test_the_callers_address_is_that_of_every_providers_list(id: str) -> None:
    script = Script(Answer({}))
    given = {"api_key": KEY}
    if (way := load(id).auth[0] if load(id).auth else None) is not None and way.parts:
        given = {"credentials": dict.fromkeys(way.parts, KEY)}
    variables = dict.fromkeys(load(id).endpoint.variables, "v")
    client = await AiClient.create(
        f"{id}/m", base_url="http://localhost:9", transport=script, variables=variables, **given
    )
    await client.list_models()
    assert script.requests[0].url.startswith("http://localhost:9/")


async def test_placeholders_stand_in_both_addresses() -> None:
    manifest = shelf(base_url="https://lists.{place}.shelf.example")
    manifest["endpoint"] = {"base_url": "https://{place}.shelf.example/v1", "variables": {"place": {"note": "where"}}}
    client, script = await asked(page("a"), manifest=manifest, variables={"place": "eu"})
    await client.list_models()
    assert script.requests[0].url == "https://lists.eu.shelf.example/models"
    with pytest.raises(ConfigurationError, match="'place'"):
        await asked(manifest=manifest)


async def test_a_key_in_the_query_goes_to_every_page() -> None:
    manifest = {**SHELF, "auth": {"scheme": "query", "query": "key"}}
    client, script = await asked(page("a", next="2"), page("b"), manifest=manifest)
    await client.list_models()
    assert queries(script) == [{"key": [KEY]}, {"key": [KEY], "page": ["2"]}]


async def test_each_page_is_signed_for_itself() -> None:
    endpoint = {"base_url": "https://shelf.example", "variables": {"region": {"default": "eu-1"}}}
    parts = {"access_key_id": [], "secret_access_key": []}
    manifest = {**SHELF, "endpoint": endpoint, "auth": {"scheme": "aws-sigv4", "service": "shelf", "parts": parts}}
    given = {"access_key_id": "AKID", "secret_access_key": KEY}
    client, script = await asked(page("a", next="2"), page("b"), manifest=manifest, api_key=None, credentials=given)
    await client.list_models()
    first, second = (request.headers["authorization"] for request in script.requests)
    assert "Credential=AKID/" in first
    assert first != second
    assert KEY not in str([dict(request.headers) for request in script.requests])


async def test_without_a_key_nothing_is_asked() -> None:
    client, script = await asked(api_key=None)
    with pytest.raises(MissingKeyError, match="SHELF_API_KEY"):
        await client.list_models()
    assert script.requests == []


async def test_a_key_of_the_environment_does_not_go_to_a_callers_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELF_API_KEY", "from-the-environment")
    client, script = await asked(api_key=None, base_url="https://elsewhere.example")
    with pytest.raises(MissingKeyError, match="only sent to shelf's own hosts"):
        await client.list_models()
    assert script.requests == []


# What may go wrong


@pytest.mark.parametrize("listing", [None, {}, {"items": ".data"}])
async def test_a_provider_without_a_list_says_so(listing: Any) -> None:
    client, script = await asked(manifest={**SHELF, "list_models": listing})
    with pytest.raises(UnsupportedError, match="shelf is not known to have a list of its models") as caught:
        await client.list_models()
    assert caught.value.provider == "shelf"
    assert script.requests == []


@pytest.mark.parametrize("failing", [0, 1], ids=["first", "second"])
async def test_an_error_of_any_page_is_that_error(failing: int) -> None:
    answers = [page("a", next="2")] * failing + [Answer({"problem": f"no {KEY}"}, 401)]
    client, _ = await asked(*answers)
    with pytest.raises(AuthenticationError, match=r"^shelf.*HTTP 401: no .*/v1/models") as caught:
        await client.list_models()
    assert (caught.value.provider, caught.value.status_code) == ("shelf", 401)
    assert KEY not in f"{caught.value} {caught.value.body}"


async def test_a_code_of_the_provider_is_known_here_too() -> None:
    client, _ = await asked(Answer({"problem": "wait", "code": "slow"}, 400))
    with pytest.raises(RateLimited, match="wait"):
        await client.list_models()


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": ['])
async def test_a_page_that_is_no_json_is_told(body: bytes) -> None:
    client, _ = await asked(Answer(body, headers=JSON))
    with pytest.raises(MalformedResponse, match="a body that is no JSON") as caught:
        await client.list_models()
    assert (caught.value.provider, caught.value.status_code) == ("shelf", 200)


async def at(server: Loopback, **options: Any) -> AiClient:
    return await AiClient.create(
        "shelf/m-1", manifest=SHELF, api_key=KEY, base_url=server.url, max_retries=0, **options
    )


async def test_a_silent_provider_is_a_deadline() -> None:
    async def silent(exchange: Exchange) -> None:
        """Never answers."""

    async with Loopback(silent) as server, await at(server, timeout=0.15) as client:
        began = monotonic()
        with pytest.raises(DeadlineExceeded):
            await client.list_models()
        assert 0.1 < monotonic() - began < 0.5


async def test_a_task_cancelled_while_it_asks_hangs_up() -> None:
    async def silent(exchange: Exchange) -> None:
        """Never answers."""

    async with Loopback(silent) as server, await at(server) as client:
        task = asyncio.ensure_future(client.list_models())
        await server.asked.wait()
        left = monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.seen_gone(left)


async def test_a_provider_that_hangs_up_is_a_failed_connection() -> None:
    async def gone(exchange: Exchange) -> None:
        exchange.hang_up()

    async with Loopback(gone) as server, await at(server) as client:
        with pytest.raises(ConnectionFailed) as caught:
            await client.list_models()
        assert caught.value.provider == "shelf"


async def test_pages_share_one_connection() -> None:
    async def paging(exchange: Exchange) -> None:
        number = len(exchange.server.exchanges)
        await exchange.send(whole(json.dumps(page("a", next=None if number == 3 else number)).encode()))

    async with Loopback(paging) as server, await at(server) as client:
        assert await client.list_models() == ["a", "a", "a"]
        assert server.connections == 1


def test_it_is_there_without_a_loop_too() -> None:
    with (
        Simulator(models=["one", "two"]) as simulator,
        SyncAiClient.create("openai/m", api_key=KEY, base_url=simulator.address("openai")) as client,
    ):
        assert client.list_models() == ["one", "two"]


DETAILED = {
    "path": "/models",
    "next": {"page": ".next"},
    "name": ".label",
    "context": ".size or .sizes.window",
    "output": ".most",
    "takes": ".in",
    "gives": ".out",
}


async def test_the_details_of_a_list_are_told() -> None:
    entry = {
        "id": "m-1",
        "label": "M 1",
        "size": 8192,
        "most": "1024",
        "in": ["text", "image"],
        "out": ["text"],
        "price": 2,
    }
    client, _ = await asked({"data": [entry], "next": "2"}, page("m-2"), manifest=shelf(**DETAILED))
    first, second = await client.list_model_info()
    assert (first.id, first.name, first.context_window, first.max_output_tokens) == ("m-1", "M 1", 8192, 1024)
    assert (first.input_modalities, first.output_modalities, first.data) == (("text", "image"), ("text",), entry)
    assert (second.id, second.name, second.context_window, second.input_modalities) == ("m-2", None, None, None)


@pytest.mark.parametrize("size", [0, -1, True, None, "many", [1], {"a": 1}, 1e300, float(2**80)])
async def test_a_size_that_is_none_is_not_said(size: Any) -> None:
    entry = {"id": "m-1", "size": size, "label": 5, "in": "text", "out": [1]}
    client, _ = await asked({"data": [entry]}, manifest=shelf(**DETAILED))
    (info,) = await client.list_model_info()
    assert (info.context_window, info.name, info.input_modalities, info.output_modalities) == (None, None, None, None)


async def test_a_clients_own_model_is_found_in_the_list() -> None:
    client, _ = await asked({"data": [{"id": "m-0"}, {"id": "m-1", "size": 7}]}, manifest=shelf(**DETAILED))
    info = await client.model_info()
    assert info is not None
    assert info.context_window == 7
    client, _ = await asked(page("others"))
    assert await client.model_info() is None


def test_the_blocking_client_tells_details_too() -> None:
    script = Script(Answer({"data": [{"id": "m-1", "size": 7}]}))
    client = SyncAiClient.create("shelf/m-1", manifest=shelf(**DETAILED), api_key=KEY, transport=script)
    assert [info.context_window for info in client.list_model_info()] == [7]
    info = client.model_info()
    assert info is not None
    assert info.id == "m-1"
