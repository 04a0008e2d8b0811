"""Where a model fails, another one is asked: in order, or beside a slow one; and never once anything was given."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from ai_lib_python import AiClient, CircuitBreaker, Fallback, Limits, Timeouts
from ai_lib_python.errors import (
    BudgetExceeded,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidRequestError,
    MissingKeyError,
    Overloaded,
    RateLimited,
    StreamInterrupted,
    UnknownModelError,
)
from ai_lib_python.sync import AiClient as SyncClient

from . import virtual_time
from .hosts import (
    ANTHROPIC,
    CLAUDE,
    CLAUDES,
    FINE,
    FIRST,
    MISTRAL,
    MISTRALS,
    OPENAI,
    SECOND,
    STREAMED,
    THIRD,
    Hosts,
    Slow,
    chunk,
)
from .scripted import KEY, Answer, sse

OVERLOADED = Answer({"error": {"message": "busy"}}, status=503)
TIRED = Answer({"error": {"type": "overloaded_error", "message": "no"}}, status=529)
LIMITED = Answer({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, status=429)


def hosts(openai: Any = OVERLOADED, anthropic: Any = CLAUDE, mistral: Any = MISTRALS) -> Hosts:
    return Hosts(**{OPENAI: openai, ANTHROPIC: anthropic, MISTRAL: mistral})


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, no_catalogue: None) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-anthropic")
    monkeypatch.setenv("MISTRAL_API_KEY", "key-of-mistral")


async def client(transport: Hosts, fallback: Any = (SECOND,), **options: Any) -> AiClient:
    options = {"max_retries": 0, "on_unsupported": "ignore", **options}
    return await AiClient.create(FIRST, api_key=KEY, transport=transport, fallback=fallback, **options)


def in_virtual_time(main: Coroutine[Any, Any, Any]) -> Any:
    return virtual_time.run(main)


async def test_where_a_model_is_overloaded_the_next_one_answers() -> None:
    there = hosts()
    response, stats = await (await client(there)).chat().user("Hi").execute_with_stats()
    assert (response.provider, response.content) == ("anthropic", "From Claude")
    assert (stats.provider, stats.model, stats.attempts) == ("anthropic", "claude-haiku-4-5", 2)
    assert [(each.provider, each.error_class, each.status_code) for each in stats.ledger] == [
        ("openai", "overloaded", 503),
        ("anthropic", None, 200),
    ]


async def test_each_model_has_its_own_retries_key_host_and_parameters() -> None:
    there = hosts()
    asked = (await client(there, max_retries=1, timeout=60)).chat().user("Hi").system("Be brief.").max_tokens(7)
    asked._terms = asked._terms.with_retries(1)
    response, stats = await asked.execute_with_stats()
    assert response.content == "From Claude"
    assert there.asked == [OPENAI, OPENAI, ANTHROPIC]
    assert stats.attempts == 3
    theirs = there.requests[-1]
    assert theirs.headers["x-api-key"] == "key-of-anthropic"
    assert KEY not in f"{theirs.url}{theirs.headers}{theirs.body!r}"
    assert b"key-of" not in there.requests[0].body
    assert b'"system"' in theirs.body


async def test_the_address_that_was_given_for_one_provider_is_no_other_ones() -> None:
    there = Hosts(**{"gateway.example": OVERLOADED, ANTHROPIC: CLAUDE, MISTRAL: MISTRALS})
    mine = await client(there, [THIRD], base_url="https://gateway.example/v1")
    await mine.chat().user("Hi").execute()
    await mine.chat().user("Hi").fallback([SECOND]).execute()
    assert there.asked == ["gateway.example", MISTRAL, "gateway.example", ANTHROPIC]
    assert all(KEY not in f"{each.url}{each.headers}" for each in there.requests[1::2])


async def test_models_are_asked_in_order_and_the_last_error_tells_of_all() -> None:
    there = hosts(
        anthropic=Answer({"error": {"type": "overloaded_error", "message": "no"}}, status=529), mistral=LIMITED
    )
    with pytest.raises(RateLimited) as caught:
        await (await client(there, [SECOND, THIRD])).chat().user("Hi").execute()
    error = caught.value
    assert there.asked == [OPENAI, ANTHROPIC, MISTRAL]
    assert error.provider == "mistral"
    assert [type(each) for each in error.previous] == [Overloaded, Overloaded]
    assert [each.provider for each in error.ledger] == ["openai", "anthropic", "mistral"]
    copy = pickle.loads(pickle.dumps(error))
    assert [each.provider for each in copy.previous] == ["openai", "anthropic"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer({"error": {"message": "no such parameter"}}, status=400), InvalidRequestError),
        (Answer({"error": {"message": "no", "code": "content_filter"}}, status=400), InvalidRequestError),
    ],
    ids=["invalid", "filtered"],
)
async def test_what_is_wrong_with_the_request_asks_nobody_else(answer: Answer, error: type[Exception]) -> None:
    there = hosts(openai=answer)
    with pytest.raises(error):
        await (await client(there)).chat().user("Hi").execute()
    assert there.asked == [OPENAI]


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"error": {"message": "who?"}}, status=401),
        Answer({"error": {"message": "gone"}}, status=404),
        Answer({"error": {"message": "pay", "code": "insufficient_quota"}}, status=429),
        Answer({"error": {"message": "oops"}}, status=500),
        Answer({"error": {"message": "long", "code": "context_length_exceeded"}}, status=400),
        Answer(b"<html>", headers={"content-type": "text/html"}),
        ConnectionFailed("broken"),
    ],
    ids=["key", "gone", "quota", "server", "context", "page", "network"],
)
async def test_what_the_provider_cannot_do_another_one_is_asked(answer: Any) -> None:
    there = hosts(openai=answer)
    assert (await (await client(there)).chat().user("Hi").execute()).content == "From Claude"


async def test_which_errors_move_on_can_be_said() -> None:
    asked = (await client(hosts(), None)).chat().user("Hi")
    with pytest.raises(Overloaded):
        await asked.fallback([SECOND], on={"rate_limited"}).execute()
    assert (await asked.fallback([SECOND], on={"overloaded"}).execute()).content == "From Claude"


async def test_a_request_may_have_its_own_models() -> None:
    there = hosts()
    mine = await client(there, [SECOND])
    response = await mine.chat().user("Hi").fallback(Fallback((THIRD,))).execute()
    assert (response.content, there.asked) == ("From Mistral", [OPENAI, MISTRAL])
    assert (await mine.chat().user("Hi").execute()).content == "From Claude"


async def test_a_client_may_stand_in_with_all_that_it_was_made_with() -> None:
    there, theirs = hosts(), hosts(anthropic=CLAUDE)
    other = await AiClient.create(SECOND, api_key="another-key", transport=theirs)
    response = await (await client(there, [other])).chat().user("Hi").execute()
    assert response.content == "From Claude"
    assert (there.asked, theirs.asked) == ([OPENAI], [ANTHROPIC])
    assert theirs.requests[0].headers["x-api-key"] == "another-key"
    assert other.usage.requests == 1


async def test_what_is_said_in_one_providers_words_goes_to_no_other() -> None:
    there = hosts()
    chat = (await client(there)).chat().user("Hi").extra_body({"logit_thing": 1}).extra_headers({"x-mine": "2"})
    response = await chat.execute()
    assert b"logit_thing" in there.requests[0].body
    assert b"logit_thing" not in there.requests[1].body
    assert "x-mine" not in there.requests[1].headers
    dropped = {each.parameter: each.given for each in response.adjustments if each.action == "dropped"}
    assert dropped == {"extra_body": {"logit_thing": 1}, "extra_headers": {"x-mine": "2"}}


async def test_another_model_of_the_same_provider_gets_the_request_as_it_is_with_the_same_key() -> None:
    there = Hosts(**{OPENAI: (OVERLOADED, FINE)})
    response = (
        await (await client(there, ["openai/gpt-of-tomorrow"])).chat().user("Hi").extra_body({"mine": 1}).execute()
    )
    assert not response.adjustments
    assert b'"gpt-of-tomorrow"' in there.requests[1].body
    assert b'"mine":1' in there.requests[1].body
    assert there.requests[1].headers["authorization"] == f"Bearer {KEY}"


async def test_a_missing_key_of_the_next_one_is_told_with_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(MissingKeyError) as caught:
        await (await client(hosts())).chat().user("Hi").execute()
    assert [type(each) for each in caught.value.previous] == [Overloaded]


async def test_all_count_into_the_clients_totals_and_its_budget() -> None:
    mine = await client(hosts(openai=Answer({"error": {"message": "no"}}, status=503)), prices=None)
    await mine.chat().user("Hi").execute()
    assert (mine.usage.requests, mine.usage.failed) == (2, 1)
    mine.budget(Decimal("0.0000001"))
    with pytest.raises(BudgetExceeded):
        await mine.chat().user("Hi").max_tokens(10).execute()


async def test_another_model_is_held_to_the_budget_of_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    there = hosts(anthropic=TIRED)
    mine = await AiClient.create(SECOND, transport=there, fallback=[FIRST], max_retries=0)
    asked = mine.chat().user("Hi").max_tokens(100)
    alone = (await AiClient.create(FIRST)).chat().user("Hi").max_tokens(100)
    cheap, dear = (each.preview().worst_case.cost for each in (asked, alone))
    assert cheap is not None
    assert dear is not None
    assert cheap < dear
    budget = mine.budget((cheap + dear) / 2)
    with pytest.raises(BudgetExceeded) as caught:
        await asked.execute()
    assert (caught.value.provider, there.asked) == ("openai", [ANTHROPIC])
    assert [type(each) for each in caught.value.previous] == [Overloaded]
    assert (budget.spent, budget.reserved) == (0, 0)


async def test_closing_the_client_closes_what_was_made_for_it() -> None:
    there = hosts()
    mine = await client(there)
    await mine.chat().user("Hi").execute()
    await mine.aclose()
    assert there.closed == 2


# Streams


async def test_a_stream_that_fails_before_it_gives_anything_comes_from_the_next() -> None:
    broken = Answer([sse({"id": "c", "model": "gpt-4o", "choices": []})], failure=StreamInterrupted("broken"))
    there = hosts(openai=broken, anthropic=Answer(CLAUDES))
    stream = (await client(there)).chat().user("Hi").stream()
    texts = [event.as_content_delta.text async for event in stream if event.is_content_delta]
    assert "".join(texts) == stream.response.content == "From Claude"
    assert (stream.response.provider, stream.stats.attempts) == ("anthropic", 2)
    assert [each.error_class for each in stream.stats.ledger] == ["server_error", None]


async def test_a_stream_is_awaited_until_a_model_begins() -> None:
    there = hosts(anthropic=Answer(CLAUDES))
    async with (await client(there)).chat().user("Hi").stream() as stream:
        assert there.asked == [OPENAI, ANTHROPIC]
        assert [event async for event in stream][-1].is_stream_end


async def test_once_a_stream_has_given_anything_nobody_else_is_asked() -> None:
    there = hosts(openai=Answer(STREAMED[:2], failure=StreamInterrupted("broken")), anthropic=Answer(CLAUDES))
    stream = (await client(there)).chat().user("Hi").stream()
    texts: list[str] = []

    async def read() -> None:
        async for event in stream:
            texts.append(event.as_content_delta.text if event.is_content_delta else "")

    with pytest.raises(StreamInterrupted) as caught:
        await read()
    assert "".join(texts) == caught.value.partial.content == "Hello"
    assert there.asked == [OPENAI]


async def test_a_stream_that_is_left_is_closed() -> None:
    answer = Answer([CLAUDES, b""])
    stream = (await client(hosts(anthropic=answer))).chat().user("Hi").stream()
    async for _ in stream:
        break
    await stream.aclose()
    assert answer.closed or answer.finished
    with pytest.raises(RuntimeError, match="closed"):
        await stream


# Types and tools


@dataclass
class Country:
    name: str


def calls_tool(name: str, arguments: str) -> dict[str, Any]:
    call = {"id": "c-1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "tool_calls": [call]}
    return {**FINE, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


async def test_a_type_is_asked_of_each_model_in_its_own_way() -> None:
    said = {**CLAUDE, "content": [{"type": "text", "text": '{"name": "France"}'}]}
    there = hosts(anthropic=said)
    response = await (await client(there)).chat().user("Hi").into(Country).execute()
    assert response.parsed == Country("France")
    assert b"response_format" in there.requests[0].body
    assert b"response_format" not in there.requests[1].body
    assert b"Country" in there.requests[1].body or b"schema" in there.requests[1].body


async def test_a_type_that_comes_as_a_tools_arguments_streams_like_any_other() -> None:
    named = {"index": 0, "id": "c", "function": {"name": "Country", "arguments": '{"name": '}}
    more = {"index": 0, "function": {"arguments": '"France"}'}}
    frames = [{**chunk(), "choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]} for piece in (named, more)]
    told = Answer([sse(*frames), sse(chunk(reason="tool_calls")), b"data: [DONE]\n\n"])
    there = Hosts(**{OPENAI: OVERLOADED, "api.reka.ai": told})
    other = await AiClient.create("reka/reka-flash", api_key=KEY, transport=there)
    stream = (await client(there, [other])).chat().user("Hi").into(Country).stream()
    partials = [partial async for partial in stream]
    assert stream.response.parsed == Country("France")
    assert partials[-1] == {"name": "France"}


async def test_rounds_of_tools_go_on_with_another_model() -> None:
    def rain() -> str:
        """Whether it rains."""
        return "yes"

    there = hosts(openai=(calls_tool("rain", "{}"), OVERLOADED))
    response = await (await client(there)).chat().user("Hi").tools([rain]).run_tools()
    assert there.asked == [OPENAI, OPENAI, ANTHROPIC]
    assert response.content == "From Claude"
    assert [each.response.provider for each in response.rounds] == ["openai", "anthropic"]
    assert b"tool_result" in there.requests[-1].body


# Beside a slow one


def hedged(transport: Hosts, after: float = 2.0, **options: Any) -> Any:
    return client(transport, Fallback((SECOND, THIRD), hedge_after=after), **options)


def test_a_slow_model_is_overtaken_and_given_up() -> None:
    there = hosts(openai=Slow(FINE, 100), anthropic=Slow(CLAUDE, 1))

    async def main() -> Any:
        return await (await hedged(there)).chat().user("Hi").execute_with_stats()

    response, stats = in_virtual_time(main())
    assert response.content == "From Claude"
    assert (there.asked, there.given_up) == ([OPENAI, ANTHROPIC], [OPENAI])
    assert [(each.provider, each.error_class) for each in stats.ledger] == [
        ("openai", "cancelled"),
        ("anthropic", None),
    ]
    assert stats.attempts == 2


def test_a_model_that_is_fast_enough_is_asked_alone() -> None:
    there = hosts(openai=Slow(FINE, 1.9))

    async def main() -> Any:
        return await (await hedged(there)).chat().user("Hi").execute_with_stats()

    response, stats = in_virtual_time(main())
    assert (response.provider, stats.attempts, there.asked) == ("openai", 1, [OPENAI])


def test_one_that_fails_is_followed_at_once_and_the_slow_first_may_still_win() -> None:
    there = hosts(openai=Slow(FINE, 3), anthropic=TIRED, mistral=Slow(MISTRALS, 50))

    async def main() -> Any:
        return await (await hedged(there)).chat().user("Hi").execute_with_stats()

    response, stats = in_virtual_time(main())
    assert response.provider == "openai"
    assert there.asked == [OPENAI, ANTHROPIC, MISTRAL]
    assert [(each.provider, each.error_class) for each in stats.ledger] == [
        ("anthropic", "overloaded"),
        ("mistral", "cancelled"),
        ("openai", None),
    ]


WRONG = Answer({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}, status=400)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_an_error_that_ends_the_call_tells_of_those_that_were_still_asked(stream: bool) -> None:
    there = hosts(openai=Slow(FINE, 100), anthropic=Slow(WRONG, 1))

    async def main() -> Any:
        request = (await hedged(there)).chat().user("Hi")
        with pytest.raises(InvalidRequestError) as caught:
            await (request.stream().__anext__() if stream else request.execute())
        return caught.value

    error = in_virtual_time(main())
    assert there.given_up == [OPENAI]
    assert [(each.provider, each.error_class) for each in error.ledger] == [
        ("anthropic", "invalid_request"),
        ("openai", "cancelled"),
    ]
    assert error.attempts == len(there.requests) == 2


def test_of_two_that_fail_in_the_same_moment_both_are_told() -> None:
    there = hosts(openai=Slow(OVERLOADED, 3), anthropic=Slow(TIRED, 1))

    async def main() -> Any:
        mine = await client(there, Fallback((SECOND,), hedge_after=2.0))
        with pytest.raises(Overloaded) as caught:
            await mine.chat().user("Hi").execute()
        return caught.value

    error = in_virtual_time(main())
    assert error.provider == "anthropic"
    assert [each.provider for each in error.previous] == ["openai"]
    assert [each.provider for each in error.ledger] == ["openai", "anthropic"]


def test_a_hedged_stream_is_the_one_that_gives_something_first() -> None:
    slow = Slow(Answer(STREAMED), 100)
    there = hosts(openai=slow, anthropic=Answer(CLAUDES))

    async def main() -> Any:
        stream = (await hedged(there)).chat().user("Hi").stream()
        return [event async for event in stream], stream

    events, stream = in_virtual_time(main())
    assert "".join(event.as_content_delta.text for event in events if event.is_content_delta) == "From Claude"
    assert there.given_up == [OPENAI]
    assert [(each.provider, each.error_class) for each in stream.stats.ledger] == [
        ("openai", "cancelled"),
        ("anthropic", None),
    ]


def test_of_two_that_begin_in_the_same_moment_one_is_closed() -> None:
    both = [Answer(STREAMED), Answer(CLAUDES)]
    there = hosts(openai=Slow(both[0], 3), anthropic=Slow(both[1], 1))

    async def main() -> Any:
        async with (await hedged(there)).chat().user("Hi").stream() as stream:
            return [event async for event in stream], stream.stats

    _, stats = in_virtual_time(main())
    assert stats.attempts == 2
    assert sorted((answer.finished, answer.closed) for answer in both) == [(False, True), (True, False)]


def test_who_gives_up_a_hedged_call_gives_up_all_of_it() -> None:
    there = hosts(openai=Slow(FINE, 100), anthropic=Slow(CLAUDE, 100), mistral=Slow(MISTRALS, 100))

    async def main() -> None:
        asked = asyncio.ensure_future((await hedged(there)).chat().user("Hi").execute())
        await asyncio.sleep(5)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    in_virtual_time(main())
    assert sorted(there.given_up) == [ANTHROPIC, MISTRAL, OPENAI]


def test_all_models_together_have_the_time_of_one_call() -> None:
    there = hosts(openai=Slow(FINE, 100), anthropic=Slow(CLAUDE, 100))

    async def main() -> float:
        mine = await client(there, timeout=Timeouts(first_token=4, total=10))
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded) as caught:
            await mine.chat().user("Hi").execute()
        assert caught.value.deadline == "first_token"
        with pytest.raises(DeadlineExceeded) as caught:
            await mine.chat().user("Hi").timeout(6).execute()
        assert caught.value.deadline == "total"
        assert [type(each) for each in caught.value.previous] == [DeadlineExceeded]
        return asyncio.get_running_loop().time() - began

    assert in_virtual_time(main()) == pytest.approx(8 + 6, abs=0.5)


# What is refused


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("anthropic/x", TypeError, "a list of models"),
        ([], ValueError, "at least one"),
        ([3], TypeError, "or clients; got 3"),
    ],
    ids=["a text", "none", "a number"],
)
async def test_a_fallback_that_is_none_is_refused(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await client(hosts(), given)


async def test_a_wrong_name_is_refused_where_it_is_given() -> None:
    with pytest.raises(UnknownModelError):
        await client(hosts(), ["antropic/x"])
    with pytest.raises(ValueError, match="did you mean"):
        Fallback((SECOND,), on={"overlaoded"})
    with pytest.raises(ValueError, match="hedge_after"):
        Fallback((SECOND,), hedge_after=-1)
    with pytest.raises(TypeError, match="says itself"):
        (await client(hosts())).chat().fallback(Fallback((SECOND,)), hedge_after=3)


def test_the_blocking_face_falls_back_too() -> None:
    there = hosts()
    mine = SyncClient.create(FIRST, api_key=KEY, transport=there, fallback=[SECOND], max_retries=0)
    assert mine.chat().user("Hi").execute().content == "From Claude"
    other = SyncClient.create(THIRD, api_key="k", transport=there)
    assert mine.chat().user("Hi").fallback([other]).execute().content == "From Mistral"


async def test_a_preview_shows_what_the_first_model_would_get() -> None:
    preview = (await client(hosts())).chat().user("Hi").preview()
    assert preview.url.startswith("https://api.openai.com")


async def test_a_provider_that_is_left_alone_is_passed_over() -> None:
    there = hosts()
    limits = Limits(breaker=CircuitBreaker(failures=1, share=0.1))
    mine = await client(there, limits=limits)
    for _ in range(2):
        assert (await mine.chat().user("Hi").execute()).content == "From Claude"
    assert there.asked == [OPENAI, ANTHROPIC, ANTHROPIC]


async def test_a_stream_that_failed_asks_all_models_again_when_it_is_asked_again() -> None:
    there = hosts(anthropic=TIRED)
    stream = (await client(there)).chat().user("Hi").stream()
    for _ in range(2):
        with pytest.raises(Overloaded) as caught:
            await stream
        assert len(caught.value.ledger) == 2
    assert there.asked == [OPENAI, ANTHROPIC] * 2


def test_an_error_that_ends_a_hedged_call_tells_of_those_that_were_cancelled() -> None:
    wrong = Answer({"error": {"type": "invalid_request_error", "message": "no"}}, status=400)
    there = hosts(openai=Slow(FINE, 100), anthropic=wrong)

    async def main() -> Any:
        with pytest.raises(InvalidRequestError) as caught:
            await (await hedged(there)).chat().user("Hi").execute()
        return caught.value

    assert [(each.provider, each.error_class) for each in in_virtual_time(main()).ledger] == [
        ("anthropic", "invalid_request"),
        ("openai", "cancelled"),
    ]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("after", [None, 2], ids=["in order", "hedged"])
def test_the_time_of_the_models_before_is_in_the_statistics(after: float | None, stream: bool) -> None:
    first = Slow(OVERLOADED, 5) if after is None else Slow(FINE, 100)
    there = hosts(openai=first, anthropic=Answer(CLAUDES) if stream else CLAUDE)

    async def main() -> Any:
        request = (await client(there, Fallback((SECOND,), hedge_after=after))).chat().user("Hi")
        if not stream:
            return (await request.execute_with_stats())[1]
        asked = request.stream()
        async for _ in asked:
            pass
        assert asked.stats.time_to_first_token_ms >= 1000 * (after or 5)
        return asked.stats

    began = 1000 * (after or 5)
    assert began <= in_virtual_time(main()).latency_ms < began + 1000


async def test_the_partial_of_an_answer_that_comes_as_a_tools_arguments_is_its_text() -> None:
    piece = {"index": 0, "id": "c", "function": {"name": "Country", "arguments": '{"name": '}}
    frame = {**chunk(), "choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]}
    broken = Answer(sse(frame), failure=StreamInterrupted("cut"))
    there = Hosts(**{OPENAI: OVERLOADED, "api.reka.ai": broken})
    other = await AiClient.create("reka/reka-flash", api_key=KEY, transport=there)
    stream = (await client(there, [other])).chat().user("Hi").into(Country).stream()
    with pytest.raises(StreamInterrupted) as caught:
        [partial async for partial in stream]
    assert caught.value.partial is not None
    assert caught.value.partial.content == '{"name": '
