"""Which key goes where, and that it is shown to nobody."""

from __future__ import annotations

import pickle
import traceback
import warnings
from typing import Any

import pytest

from ai_lib_python import AiClient, AiLibError
from ai_lib_python.errors import AuthenticationError, ConfigurationError, MissingKeyError, RetiredProviderError
from ai_lib_python.message import Message

from .scripted import JSON, KEY, SSE, Answer, Script, client, sse
from .transcripts import PLAIN, STREAMS

ELSEWHERE = "https://proxy.example/v1"


async def sent(model: str = "openai/gpt-4o", **options: Any) -> Any:
    """The request that goes out."""
    script = Script(Answer(PLAIN["openai-chat"]))
    asked = await AiClient.create(model, transport=script, on_unsupported="ignore", **options)
    await asked.chat().user("hi").execute()
    return script.requests[0]


def manifest(**more: Any) -> dict[str, Any]:
    return {
        "id": "mine",
        "extends": "openai-chat",
        "endpoint": {"base_url": "https://api.mine.example/v1"},
        "auth": {"env": ["MINE_KEY"]},
        **more,
    }


# Which


async def test_a_missing_key_names_the_variables_in_order_and_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script(Answer(PLAIN["gemini-generate"]))
    asked = await AiClient.create("gemini/gemini-2.5-flash", transport=script)
    for call in (asked.chat().user("hi").execute(), asked.chat().user("hi").stream().__anext__()):
        with pytest.raises(MissingKeyError) as caught:
            await call
        text = str(caught.value)
        names = ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]
        places = [text.index(name) for name in names]
        assert places == sorted(places)
        assert (caught.value.error_class, caught.value.standard_code, caught.value.provider) == (
            "authentication",
            "E1002",
            "gemini",
        )
    assert script.requests == []


async def test_a_key_that_is_set_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Answer(PLAIN["openai-chat"]))
    asked = await AiClient.create("openai/gpt-4o", transport=script)
    with pytest.raises(MissingKeyError):
        await asked.chat().user("hi").execute()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_an_explicit_key_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    assert (await sent(api_key=KEY)).headers["authorization"] == f"Bearer {KEY}"


async def test_of_several_variables_that_are_set_the_first_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GOOGLE_GENERATIVE_AI_API_KEY": "third",
        "GEMINI_API_KEY": "second",
        "GOOGLE_API_KEY": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    script = Script(Answer(PLAIN["gemini-generate"]))
    asked = await AiClient.create("gemini/gemini-2.5-flash", transport=script)
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["x-goog-api-key"] == KEY


async def test_the_first_variable_that_is_set_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "second")
    script = Script(Answer(PLAIN["gemini-generate"]))
    asked = await AiClient.create("gemini/gemini-2.5-flash", transport=script)
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["x-goog-api-key"] == "second"


async def test_a_second_way_to_authenticate_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token")
    script = Script(Answer(PLAIN["anthropic-messages"]))
    asked = await AiClient.create("anthropic/claude-haiku-4-5", transport=script, on_unsupported="ignore")
    await asked.chat().user("hi").execute()
    headers = script.requests[0].headers
    assert headers["authorization"] == "Bearer token"
    assert "x-api-key" not in headers


async def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with pytest.raises(MissingKeyError):
        await sent()


@pytest.mark.parametrize("key", ["", 5, b"key"])
async def test_a_key_that_is_no_text_is_refused_where_it_is_given(key: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="api_key") as caught:
        await AiClient.create("openai/gpt-4o", api_key=key)
    assert "b'key'" not in str(caught.value)


# Where


async def test_an_environment_key_goes_to_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for url in (
        ELSEWHERE,
        "https://api.openai.com.evil.example/v1",
        "https://evil.example/api.openai.com/v1",
        "https://api.openai.com@evil.example/v1",
    ):
        with pytest.raises(MissingKeyError) as caught:
            await sent(base_url=url)
        assert "OPENAI_API_KEY" in str(caught.value)
        assert "api_key=" in str(caught.value)


async def test_an_environment_key_does_not_go_out_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(MissingKeyError):
        await sent(base_url="http://api.openai.com/v1")


async def test_another_host_without_a_key_is_told_to_pass_one_and_not_to_set_a_variable() -> None:
    with pytest.raises(MissingKeyError) as caught:
        await sent(base_url=ELSEWHERE)
    assert "api_key=" in str(caught.value)
    assert "proxy.example" in str(caught.value)
    assert "set OPENAI_API_KEY" not in str(caught.value)


async def test_an_explicit_key_goes_where_the_caller_says() -> None:
    request = await sent(base_url=ELSEWHERE, api_key=KEY)
    assert request.url == "https://proxy.example/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_an_environment_key_goes_to_the_manifests_own_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for url in ("https://api.openai.com/v1", "https://eu.api.openai.com", "https://API.OPENAI.COM/v1/"):
        assert (await sent(base_url=url)).headers["authorization"] == f"Bearer {KEY}"


async def test_an_address_from_the_environment_is_used_and_gets_the_key_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", ELSEWHERE)
    request = await sent()
    assert request.url == "https://proxy.example/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_an_explicit_address_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", ELSEWHERE)
    assert (await sent(base_url="https://other.example/v1", api_key="k")).url.startswith("https://other.example/")


async def test_a_placeholders_value_cannot_lead_the_key_to_another_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    fine = await sent("azure/gpt-4o", variables={"resource": "my-company"})
    assert (fine.url.split("/")[2], fine.headers["api-key"]) == ("my-company.openai.azure.com", KEY)
    for value in ("evil.example/x?", "evil.example#", "evil.example\\", "a@evil.example/"):
        with pytest.raises(ConfigurationError):
            await sent("azure/gpt-4o", variables={"resource": value})


async def test_a_missing_placeholder_says_how_to_give_it() -> None:
    with pytest.raises(ConfigurationError, match=r"resource.*AZURE_RESOURCE_NAME"):
        await AiClient.create("azure/gpt-4o", api_key=KEY)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        "ftp://host/v1",
        "https://",
        "/v1",
        "https:///v1",
        "http://[::1",
        "https://host:port/v1",
    ],
)
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        await AiClient.create("openai/gpt-4o", api_key=KEY, base_url=url)


# How


async def test_a_key_with_a_line_break_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (f"{KEY}\n", f"{KEY}\r\nx-other: 1", f"{KEY}\0", f"{KEY}é"):
        with pytest.raises(ConfigurationError) as caught:
            await sent(api_key=key)
        assert KEY not in str(caught.value)


async def test_a_bearer_token_a_header_and_a_query() -> None:
    assert (await sent(manifest=manifest(), api_key=KEY)).headers["authorization"] == f"Bearer {KEY}"
    header = {"scheme": "header", "header": "X-Key", "prefix": "Key ", "env": ["MINE_KEY"]}
    assert (await sent(manifest=manifest(auth=header), api_key=KEY)).headers["x-key"] == f"Key {KEY}"
    query = {"scheme": "query", "query": "key", "env": ["MINE_KEY"]}
    request = await sent(manifest=manifest(auth=query), api_key="a&b c")
    assert request.url.endswith("/chat/completions?key=a%26b%20c")
    assert "authorization" not in request.headers


async def test_header_names_of_the_manifest_and_of_the_caller_are_one() -> None:
    endpoint = {"base_url": "https://api.mine.example/v1", "headers": {"X-Team": "manifest", "X-Other": "o"}}
    script = Script(Answer(PLAIN["openai-chat"]))
    asked = await AiClient.create("mine/m", manifest=manifest(endpoint=endpoint), api_key=KEY, transport=script)
    await asked.chat().user("hi").extra_headers({"x-team": "caller"}).execute()
    headers = script.requests[0].headers
    assert {name: value for name, value in headers.items() if name.lower() in ("x-team", "x-other")} == {
        "x-team": "caller",
        "x-other": "o",
    }


async def test_a_provider_without_keys_needs_none() -> None:
    assert "authorization" not in (await sent("ollama/llama3")).headers


async def test_a_key_of_an_optional_provider_is_sent_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VLLM_API_KEY", KEY)
    assert (await sent("vllm/m")).headers["authorization"] == f"Bearer {KEY}"


RETIRED = manifest(status={"is": "retired", "since": "2026-01-31", "successor": "openai", "note": "It went."})


async def test_a_retired_provider_names_date_and_successor() -> None:
    with pytest.raises(RetiredProviderError) as caught:
        await AiClient.create("mine/m", manifest=RETIRED, api_key=KEY)
    assert all(word in str(caught.value) for word in ("2026-01-31", "openai", "It went."))
    assert caught.value.provider == "mine"


async def test_a_retired_provider_still_speaks_to_an_address_of_the_callers() -> None:
    assert (await sent("mine/m", manifest=RETIRED, api_key=KEY, base_url=ELSEWHERE)).url.startswith(ELSEWHERE)


# Shown to nobody


def texts_of(error: BaseException) -> list[str]:
    """All that people, logs and files may get to see of an error."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    texts = [text for each in chain for text in (repr(each), str(each), repr(each.__dict__), repr(each.args))]
    return [*texts, "".join(traceback.format_exception(error)), repr(pickle.dumps(error))]


def answers() -> list[Answer | BaseException]:
    echo = f"you sent {KEY}"
    return [
        *(
            Answer(
                {"error": {"message": echo, "code": KEY, "type": KEY, "param": KEY}},
                status,
                {"x-request-id": KEY},
            )
            for status in (200, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529, 599)
        ),
        *(Answer(echo.encode(), status, headers) for status in (200, 500) for headers in (JSON, SSE, {})),
        Answer(sse(echo)),
        Answer(sse({"error": echo})),
        Answer([STREAMS["openai-chat"][:300], sse({"error": {"message": echo}})]),
        Answer(b"", 401),
    ]


async def test_a_planted_key_is_in_no_error() -> None:
    query = manifest(auth={"scheme": "query", "query": "key", "env": ["MINE_KEY"]})
    for options in ({"model": "openai/gpt-4o"}, {"model": "mine/m", "manifest": query}):
        for index, _ in enumerate(answers()):
            for stream in (False, True):
                script = Script(answers()[index])
                asked = await AiClient.create(api_key=KEY, transport=script, max_retries=0, **options)  # type: ignore[arg-type]
                request = asked.chat().user("hi")
                with pytest.raises(AiLibError) as caught:  # noqa: PT012  # which statement raises is what the parameter says
                    if stream:
                        async for _event in request.stream():
                            pass
                    else:
                        await request.execute()
                for text in texts_of(caught.value):
                    assert KEY not in text


async def test_a_planted_key_is_in_no_repr_warning_or_preview(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(Answer(PLAIN["openai-chat"]), Answer(STREAMS["openai-chat"]))
    builder = AiClient.builder().model("openai/gpt-nosuch").api_key(KEY).transport(script)
    asked = await builder.build()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        request = asked.chat().user("hi").temperature(0.5)
        response, stats = await request.execute_with_stats()
        stream = request.stream()
        events = [event async for event in stream]
    assert len(told) == 1
    things = [
        builder,
        asked,
        asked._caller,
        asked._caller.target,
        await asked._caller.target.credential(),
        request,
        request.build(),
        request.preview(),
        stream,
        response,
        stats,
        events,
        script.requests,
        str(told[0].message),
        response.to_message(),
    ]
    for thing in things:
        assert KEY not in repr(thing)
    assert KEY not in repr(pickle.dumps([response, stats, events, request.build(), request.preview()]))
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err


async def test_a_key_in_a_header_of_the_callers_is_not_in_the_preview() -> None:
    asked, _ = await client()
    shown = (
        asked.chat()
        .user("hi")
        .extra_headers({"Authorization": f"Basic {KEY}", "x-api-key": KEY, "x-team": "a"})
        .preview()
    )
    assert KEY not in repr(shown)
    assert shown.headers["x-team"] == "a"


async def test_a_key_in_a_header_of_the_callers_is_taken_out_of_an_error_that_repeats_it() -> None:
    other = "planted-gateway-key-0123456789"
    asked, _ = await client("openai-chat", Answer({"error": {"message": f"no such key: {other}"}}, 401))
    with pytest.raises(AuthenticationError) as caught:
        await asked.chat().user("hi").extra_headers({"X-Gateway-Key": other}).execute()
    assert other not in f"{caught.value} {caught.value.body}"
    assert "no such key: [redacted]" in str(caught.value)


async def test_a_client_does_not_let_itself_be_pickled() -> None:
    asked, _ = await client()
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(asked._caller.target)


async def test_the_preview_needs_no_key_and_sends_nothing() -> None:
    script = Script(Answer(b""))
    asked = await AiClient.create("openai/gpt-4o", transport=script)
    shown = asked.chat().messages([Message.user("hi")]).preview(stream=True)
    assert (shown.method, shown.url) == ("POST", "https://api.openai.com/v1/chat/completions")
    assert shown.headers["authorization"] == "Bearer [redacted]"
    assert shown.body["stream"] is True
    assert script.requests == []


async def test_a_key_for_a_provider_that_wants_none_is_taken_and_not_sent() -> None:
    request = await sent(manifest=manifest(auth={"scheme": "none"}), api_key=KEY)
    assert KEY not in f"{request.url} {dict(request.headers)}"
