"""What is tried again, how often, after which wait, and that nobody but one owner does it."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ai_lib_python import AiClient, Retries, Timeouts
from ai_lib_python._engine import attempts as attempts_module
from ai_lib_python.errors import (
    REMOTE_ERRORS,
    AiLibError,
    BudgetExceeded,
    ConnectionFailed,
    DeadlineExceeded,
    IncompleteStream,
    MissingKeyError,
    Overloaded,
    RateLimited,
    ServerError,
    StreamInterrupted,
)
from ai_lib_python.simulator import SimulatedError, Simulator
from ai_lib_python.sync import AiClient as SyncAiClient

from .loopback import END, PLAIN, frame
from .scripted import JSON, KEY, Answer, Script, client, sse
from .test_deadlines import Slow
from .test_follow import DONE, LATER, LOOK
from .virtual_time import run

BUSY = {"error": {"message": "busy", "code": "server_overloaded"}}
HELLO = json.loads(PLAIN)
GOOD_STREAM = frame("hello") + END
META = sse({"id": "c", "model": "m", "choices": []})

both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def busy(status: int = 503, **headers: str) -> Answer:
    return Answer(BUSY, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def good(stream: bool) -> Answer:
    return Answer(GOOD_STREAM) if stream else Answer(HELLO)


class Result:
    """What came of a call."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.text = ""
        self.error: Any = None
        self.stats: Any = None
        self.seconds = 0.0
        self.usage: Any = None
        self.events: list[Any] = []

    @property
    def requests(self) -> int:
        return len(self.script.requests)


@pytest.fixture(autouse=True)
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance always chooses the longest wait."""
    monkeypatch.setattr(attempts_module, "between", lambda low, high: high)


def called(*answers: Any, stream: bool = False, model: str = "openai/gpt-4o", **options: Any) -> Result:
    """A call in virtual time."""
    result = Result(Script(*answers))

    async def call() -> None:
        made = {"api_key": KEY, "transport": result.script, **options}
        asked = await AiClient.create(model, **made)
        began = asyncio.get_running_loop().time()
        try:
            if stream:
                streaming = asked.chat().user("hi").stream()
                try:
                    async for event in streaming:
                        result.events.append(event)
                        if event.is_content_delta:
                            result.text += event.text
                finally:
                    result.stats = streaming.stats
            else:
                response, result.stats = await asked.chat().user("hi").execute_with_stats()
                result.text = response.content
        except AiLibError as error:
            result.error = error
        result.seconds = asyncio.get_running_loop().time() - began
        result.usage = asked.usage.snapshot()

    run(call())
    return result


# How often


@both
@pytest.mark.parametrize("most", [0, 1, 2, 5])
def test_the_provider_sees_one_request_more_than_max_retries(stream: bool, most: int) -> None:
    result = called(busy(), stream=stream, max_retries=most) if not stream else failing_open(most)
    assert result.requests == most + 1
    assert isinstance(result.error, ServerError)
    assert result.error.attempts == most + 1


def failing_open(most: int) -> Result:
    """A stream that never opens has no statistics, but its error has the ledger."""
    result = Result(Script(busy()))

    async def call() -> None:
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=result.script, max_retries=most)
        try:
            await asked.chat().user("hi").stream()
        except AiLibError as error:
            result.error = error

    run(call())
    return result


@both
def test_two_retries_are_usual_and_the_third_answer_counts(stream: bool) -> None:
    result = called(busy(), busy(), good(stream), stream=stream)
    assert (result.text, result.requests, result.error) == ("hello", 3, None)
    assert (result.stats.attempts, len(result.stats.ledger)) == (3, 3)


def test_a_request_has_the_last_word() -> None:
    script = Script(busy())

    async def call() -> None:
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script, max_retries=5)
        with pytest.raises(ServerError):
            await asked.chat().user("hi").max_retries(1).execute()

    run(call())
    assert len(script.requests) == 2


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("kind", sorted(set(REMOTE_ERRORS)))
async def test_what_a_class_of_error_says_of_trying_again_is_done(
    kind: str, stream: bool, simulator: Simulator
) -> None:
    simulator.script(*[SimulatedError(kind)] * 3)
    before = len(simulator.requests)
    options: Any = {"base_url": simulator.address("openai-chat"), "max_retries": Retries(max_retries=2, base_delay=0)}
    async with await AiClient.create("simulator/openai-chat", **options) as asked:
        with pytest.raises(AiLibError) as caught:
            await (asked.chat().user("hi").stream().__anext__() if stream else asked.chat().user("hi").execute())
    expected = 3 if caught.value.retryable else 1
    assert (len(simulator.requests) - before, caught.value.attempts) == (expected, expected)


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [
        (400, "invalid_value", 1),
        (400, "context_length_exceeded", 1),
        (400, "content_filter", 1),
        (401, "invalid_api_key", 1),
        (403, "forbidden", 1),
        (404, "model_not_found", 1),
        (413, "too_large", 1),
        (429, "insufficient_quota", 1),
        (429, "rate_limit_exceeded", 3),
        (500, "server_error", 3),
        (503, "overloaded", 3),
    ],
)
def test_what_would_fail_again_is_never_tried_again(status: int, code: str, requests: int) -> None:
    answer = Answer({"error": {"message": "no", "code": code}}, status=status)
    assert called(answer).requests == requests


@pytest.mark.parametrize(
    ("failure", "requests"),
    [
        (ConnectionFailed("no"), 3),
        (ConnectionFailed("never", retryable=False), 1),
        (StreamInterrupted("broke"), 3),
        (DeadlineExceeded("slow", deadline="connect"), 3),
    ],
)
def test_failures_of_the_network_are_tried_again(failure: AiLibError, requests: int) -> None:
    assert called(failure).requests == requests


def test_a_first_content_that_does_not_come_is_tried_again_and_a_total_is_not() -> None:
    for timeouts, requests, seconds in ((Timeouts(first_token=10), 3, 31.5), (Timeouts(total=10), 1, 10)):
        transport = Slow(head=1000)

        async def call(transport: Slow = transport, timeouts: Timeouts = timeouts) -> float:
            asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=transport, timeout=timeouts)
            began = asyncio.get_running_loop().time()
            with pytest.raises(DeadlineExceeded):
                await asked.chat().user("hi").execute()
            return asyncio.get_running_loop().time() - began

        assert run(call()) == pytest.approx(seconds)
        assert len(transport.requests) == requests


def test_what_was_never_sent_is_not_tried_again() -> None:
    result = called(good(False), api_key=None)
    assert isinstance(result.error, MissingKeyError)
    assert (result.requests, result.error.attempts) == (0, 0)


def test_an_answer_that_makes_no_sense_is_tried_again() -> None:
    result = called(Answer("<html>proxy</html>", headers=JSON), good(False))
    assert (result.text, result.requests) == ("hello", 2)


# Waiting


def test_the_waits_double_up_to_the_longest() -> None:
    result = called(busy(), max_retries=7)
    assert result.seconds == pytest.approx(0.5 + 1 + 2 + 4 + 8 + 8 + 8)
    assert [round(each.waited_ms) for each in result.error.ledger] == [0, 500, 1000, 2000, 4000, 8000, 8000, 8000]


def test_the_wait_is_any_between_none_and_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, float]] = []
    monkeypatch.setattr(attempts_module, "between", lambda low, high: asked.append((low, high)) or 0.0)
    called(busy(), max_retries=Retries(max_retries=3, base_delay=1, max_delay=3))
    assert asked == [(0, 1), (0, 2), (0, 3)]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0.25"}, 0.25),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        ({"retry_after": "0"}, 0.5),
    ],
)
def test_it_is_waited_for_as_long_as_the_provider_asks(headers: dict[str, str], seconds: float) -> None:
    result = called(busy(429, **headers), good(False))
    assert (result.text, result.seconds) == ("hello", pytest.approx(seconds))


def test_a_date_says_how_long_to_wait() -> None:
    there = datetime.now(timezone.utc) + timedelta(seconds=20)
    result = called(busy(429, retry_after=format_datetime(there, usegmt=True)), good(False))
    assert 17 < result.seconds < 21


def test_a_body_says_how_long_to_wait() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    body = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": details}}
    result = called(Answer(body, status=429), max_retries=1, model="gemini/gemini-2.5-flash")
    assert (result.requests, result.seconds) == (2, pytest.approx(34))


def test_a_reset_of_the_limits_says_how_long_to_wait() -> None:
    headers = {"x-ratelimit-reset-tokens": "12.5s"}
    result = called(Answer(BUSY, status=429, headers=headers), max_retries=1, model="groq/openai/gpt-oss-20b")
    assert (result.requests, result.seconds) == (2, pytest.approx(12.5))


@pytest.mark.parametrize("stream", [False])
def test_a_wait_that_is_too_long_fails_at_once_and_is_told(stream: bool) -> None:
    result = called(busy(429, retry_after="61"), stream=stream)
    assert (result.requests, result.seconds, result.error.retry_after) == (1, 0, 61)
    assert isinstance(result.error, RateLimited)


def test_a_wait_longer_than_what_is_left_of_the_call_fails_at_once() -> None:
    result = called(busy(429, retry_after="30"), timeout=20)
    assert (result.requests, result.seconds, result.error.retry_after) == (1, 0, 30)
    assert isinstance(result.error, RateLimited)


def test_the_total_covers_all_attempts_and_the_waits_between() -> None:
    result = called(busy(), timeout=3, max_retries=100)
    assert result.requests == 3  # at 0, 0.5 and 1.5; the next would be at 3.5
    assert isinstance(result.error, Overloaded | ServerError)
    assert result.seconds == pytest.approx(1.5)


@both
def test_the_total_runs_on_through_the_retries(stream: bool) -> None:
    class LateThenNever(Script):
        async def send(self, request: Any) -> Answer:
            answer = await super().send(request)
            await asyncio.sleep(6 if len(self.requests) == 1 else 1000)
            return answer

    script = LateThenNever(busy())

    async def call() -> float:
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script, timeout=10)
        request, began = asked.chat().user("hi"), asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded) as caught:
            await (request.stream().__anext__() if stream else request.execute())
        assert (caught.value.deadline, caught.value.attempts) == ("total", 2)
        return asyncio.get_running_loop().time() - began

    assert run(call()) == pytest.approx(10)


# Streams


def test_what_came_before_the_first_content_is_given_once() -> None:
    result = called(Answer(META), Answer(META + GOOD_STREAM), stream=True)
    assert (result.text, result.requests) == ("hello", 2)
    assert sum(event.is_metadata for event in result.events if getattr(event, "model", None)) == 1


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (Answer(frame("hel")), IncompleteStream),
        (Answer(frame("hel"), failure=StreamInterrupted("broke")), StreamInterrupted),
        (Answer(frame("hel") + sse({"error": {"message": "busy", "code": "server_error"}})), ServerError),
    ],
)
def test_nothing_is_tried_again_once_content_was_given(broken: Answer, kind: type[AiLibError]) -> None:
    result = called(broken, good(True), stream=True)
    assert (result.text, result.requests, type(result.error)) == ("hel", 1, kind)
    assert result.error.partial.content == "hel"
    assert (result.stats.attempts, result.stats.ledger[0].error_class) == (1, result.error.error_class)


@pytest.mark.parametrize(
    "broken",
    [
        Answer(META),
        Answer(META, failure=StreamInterrupted("broke")),
        Answer(META + sse({"error": {"message": "busy", "code": "server_error"}})),
        Answer(b""),
    ],
)
def test_a_stream_that_fails_before_content_is_tried_again(broken: Answer) -> None:
    result = called(broken, good(True), stream=True)
    assert (result.text, result.requests) == ("hello", 2)
    assert broken.closed
    assert [each.kind for each in result.stats.ledger] == ["first", "retry"]


def test_who_wants_no_retries_gets_each_event_at_once() -> None:
    async def call() -> Any:
        transport = Slow(META, 1000.0)
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=transport, max_retries=0)
        async with asked.chat().user("hi").stream() as stream:
            return await asyncio.wait_for(stream.__anext__(), 1)

    assert run(call()).is_metadata


def test_no_more_than_some_events_are_held_back() -> None:
    counts = [
        sse({"id": "c", "choices": [], "usage": {"prompt_tokens": number, "completion_tokens": 1}})
        for number in range(1, 300)
    ]
    result = called(Answer(counts), good(True), stream=True)
    assert (result.requests, len(result.events)) == (1, 300)
    assert result.error is not None


def test_closing_a_stream_that_waits_for_its_next_attempt_ends_the_wait() -> None:
    async def call() -> float:
        script = Script(busy(429, retry_after="50"))
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
        stream = asked.chat().user("hi").stream()
        reading = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(10)
        await stream.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await reading
        assert len(script.requests) == 1
        return asyncio.get_running_loop().time() - 1000

    assert run(call()) == pytest.approx(10)


# Calls of two steps


@both
def test_a_call_is_not_sent_again_once_there_is_a_receipt(stream: bool) -> None:
    failing = Answer({"error": "busy"}, status=500)
    result = called(
        Answer(LOOK), failing, Answer(DONE), model="later/m-1", manifest=LATER, stream=stream, max_retries=2
    )
    assert [request.method for request in result.script.requests] == ["POST", "GET", "GET"]
    assert result.text == "Hi"
    result = called(Answer(LOOK), failing, model="later/m-1", manifest=LATER, max_retries=2)
    assert [request.method for request in result.script.requests] == ["POST", "GET", "GET", "GET"]
    assert isinstance(result.error, ServerError)


# Lists


def test_a_list_of_models_is_asked_for_again() -> None:
    script = Script(busy(), Answer({"data": [{"id": "a"}]}))

    async def call() -> list[str]:
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
        return await asked.list_models()

    assert run(call()) == ["a"]
    assert len(script.requests) == 2


# The ledger


def test_a_call_that_succeeds_at_once_has_one_entry() -> None:
    result = called(Answer(HELLO, headers={**JSON, "x-request-id": "r1"}))
    (only,) = result.stats.ledger
    assert (only.provider, only.model, only.error_class, only.status_code, only.kind) == (
        "openai", "m", None, 200, "first",
    )  # fmt: skip
    assert (only.request_id, only.waited_ms, result.stats.attempts) == ("r1", 0, 1)


def test_the_ledger_tells_every_request() -> None:
    result = called(busy(429, retry_after="3", x_request_id="r1"), ConnectionFailed("no"), good(False))
    told = [
        (each.error_class, each.status_code, each.kind, round(each.waited_ms), each.request_id)
        for each in result.stats.ledger
    ]
    assert told == [
        ("rate_limited", 429, "first", 0, "r1"),
        ("server_error", None, "retry", 3000, None),
        (None, 200, "retry", 1000, None),
    ]
    assert result.stats.latency_ms >= 4000


def test_an_error_keeps_its_ledger_where_it_is_pickled() -> None:
    error = called(busy()).error
    again = pickle.loads(pickle.dumps(error))
    assert (again.ledger, again.attempts) == (error.ledger, 3)


def test_each_attempt_is_counted_once() -> None:
    assert called(busy(), busy(), good(False)).usage.requests == 3
    result = called(Answer(META), good(True), stream=True)
    assert (result.usage.requests, result.usage.failed) == (2, 1)


def test_a_retry_is_held_to_the_budget_like_the_first() -> None:
    script = Script(StreamInterrupted("broke"), good(False))

    async def call() -> None:
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
        budget = asked.budget("0.006")
        request = asked.chat().user("hi").max_tokens(2)
        assert request.preview().worst_case.cost < budget.usd < request.preview().worst_case.cost * 2
        with pytest.raises(BudgetExceeded):
            await request.execute()

    run(call())
    assert len(script.requests) == 1


def test_each_attempt_is_signed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from ai_lib_python._engine import prepare

    signed: list[str] = []
    real = prepare.signed
    monkeypatch.setattr(prepare, "signed", lambda http, *rest: signed.append(http.url) or real(http, *rest))
    called(busy(), busy(), good(False))
    assert len(signed) == 3


# The blocking face


def test_the_blocking_face_retries_too() -> None:
    script = Script(busy(), good(False))
    asked = SyncAiClient.create(
        "openai/gpt-4o", api_key=KEY, transport=script, max_retries=Retries(max_retries=1, base_delay=0)
    )
    response, stats = asked.chat().user("hi").execute_with_stats()
    assert (response.content, stats.attempts) == ("hello", 2)
    assert asked.max_retries == Retries(max_retries=1, base_delay=0)


# What is no number of retries


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: Retries(max_retries=-1), ValueError, "max_retries must be at least 0, got -1"),
        (lambda: Retries(base_delay="1"), TypeError, "base_delay must be a number, got '1'"),
        (lambda: Retries(longest_wait=-1), ValueError, "longest_wait must be at least 0, got -1"),
    ],
)
def test_what_is_no_number_is_told(make: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        make()


async def test_what_is_no_number_of_retries_is_told_where_it_is_given() -> None:
    with pytest.raises(TypeError, match="max_retries must be a whole number"):
        await AiClient.create("openai/gpt-4o", api_key=KEY, max_retries=True)
    asked, _ = await client()
    with pytest.raises(ValueError, match="max_retries must be at least 0, got -1"):
        asked.chat().max_retries(-1)


def test_a_stream_that_never_began_has_all_its_attempts_when_it_is_asked_again() -> None:
    script = Script(busy(), busy(), busy(), busy(), Answer(GOOD_STREAM))

    async def call() -> Any:
        asked = await AiClient.create("openai/gpt-4o", api_key=KEY, transport=script)
        stream = asked.chat().user("hi").stream()
        with pytest.raises(ServerError):
            await stream
        text = "".join([event.text async for event in stream if event.is_content_delta])
        return text, stream.stats

    text, stats = run(call())
    assert (text, stats.attempts) == ("hello", 2)
