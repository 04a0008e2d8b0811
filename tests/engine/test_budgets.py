"""What calls may cost: reserved before, settled behind, and told in the preview."""

from __future__ import annotations

import asyncio
import gc
from decimal import Decimal
from typing import Any

import pytest

from ai_lib_python import AiClient, Budget, ContentBlock
from ai_lib_python.errors import BudgetExceeded, ConfigurationError, ConnectionFailed, InvalidRequestError
from ai_lib_python.money import catalogue
from ai_lib_python.sync import AiClient as SyncClient

from .bodies import chat_body
from .conftest import Answering
from .scripted import KEY, Answer, Script, sse

MODEL = "openai/gpt-4o"
COUNTS = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}}
ANSWER = chat_body("gpt-4o", COUNTS)
COST = Decimal("0.0003")
BEGUN = sse({"id": "a", "choices": [{"index": 0, "delta": {"content": "Yes"}}]})
# The worst case of ``asked``: "Hi" is estimated at 8 tokens, with half as much again and 1,600 more 1,612; 100 may
# come.


@pytest.fixture(autouse=True)
def stated_prices_alone(no_catalogue: None) -> None:
    """Amounts that no newer library changes."""


def asked(client: AiClient) -> Any:
    return client.chat().user("Hi").max_tokens(100)


async def test_the_worst_case_is_the_dearest(answering: Answering) -> None:
    preview = asked(await answering(MODEL)).preview()
    assert preview.prompt_tokens == 8
    assert preview.worst_case.prompt_tokens == 1612
    assert preview.worst_case_cost == Decimal("0.00503")  # 1,612 * 2.50 + 100 * 10


async def test_a_preview_needs_no_key_and_says_what_is_missing() -> None:
    client = await AiClient.create(MODEL, prices={"unlisted": {"input": 1, "output": 2}})
    preview = client.chat().model("unlisted").user("Hi").preview()
    assert (preview.worst_case_cost, preview.worst_case.missing) == (None, "nothing limits the answer: set max_tokens")
    unknown = client.chat().model("gpt-of-next-year").max_tokens(1).user("Hi").preview()
    assert "no price of gpt-of-next-year is known" in (unknown.worst_case.missing or "")
    picture = client.chat().user([ContentBlock.image_base64("AAAA", "image/png")]).max_tokens(1).preview()
    assert "the tokens of a picture cannot be told" in (picture.worst_case.missing or "")


@pytest.mark.parametrize(
    ("model", "installed", "helps"), [(MODEL, False, True), (MODEL, True, False), ("cohere/c", False, False)]
)
async def test_the_library_of_prices_is_named_where_it_would_help(
    model: str, installed: bool, helps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "is_installed", lambda: installed)
    preview = (await AiClient.create(model)).chat().model("of-next-year").max_tokens(1).user("Hi").preview()
    assert ("or install the extra `prices`" in (preview.worst_case.missing or "")) is helps


async def test_what_goes_out_is_what_limits_the_answer(answering: Answering) -> None:
    client = await answering("anthropic/claude-haiku-4-5")
    preview = client.chat().user("Hi").preview()
    sent = preview.body["max_tokens"]  # the default that this wire needs
    assert preview.worst_case.max_tokens == sent
    own = client.chat().user("Hi").max_tokens(5).extra_body({"max_tokens": 7000}).preview()
    assert own.worst_case.max_tokens == own.body["max_tokens"] == 7000


async def test_without_a_limit_of_ones_own_the_models_limit_counts(answering: Answering) -> None:
    preview = (await answering(MODEL)).chat().user("Hi").preview()
    assert preview.worst_case.max_tokens == 16384
    assert preview.worst_case_cost == Decimal("0.16787")  # 1,612 * 2.50 + 16,384 * 10


async def test_a_call_that_fits_is_made_and_settled_at_its_cost(answering: Answering) -> None:
    client = await answering(MODEL, ANSWER)
    budget = client.budget(usd="0.01")
    assert budget is not None
    await asked(client).execute()
    assert (budget.spent, budget.reserved, budget.assumed, budget.left) == (COST, 0, 0, Decimal("0.0097"))


async def test_a_call_that_does_not_fit_is_not_sent(answering: Answering) -> None:
    script = Script(Answer(ANSWER))
    client = await answering(MODEL, transport=script)
    client.budget(usd=0.005)
    with pytest.raises(BudgetExceeded) as raised:
        await asked(client).execute()
    error = raised.value
    assert isinstance(error, ConfigurationError)
    assert (error.budget, error.spent, error.reserved, error.worst_case) == (Decimal("0.005"), 0, 0, Decimal("0.00503"))
    assert (error.provider, error.model, script.requests, client.usage.requests) == ("openai", "gpt-4o", [], 0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda chat: chat.user("Hi").model("unlisted"), "set max_tokens"),
        (lambda chat: chat.user("Hi").model("nobody-knows").max_tokens(1), "AiClient.create"),
        (lambda chat: chat.user([ContentBlock.image_url("https://a.example/b.png")]).max_tokens(1), "prompt_tokens="),
        (lambda chat: chat.user("Hi").max_tokens(1).extra_body({"tools": [{"type": "x"}]}), "prompt_tokens="),
        (lambda chat: chat.user("Hi").max_tokens(1).api("responses").web_search(), "max_uses"),
        (lambda chat: chat.user("Hi").max_tokens(1).service_tier("priority"), "no price"),
    ],
    ids=["no limit", "no price", "a picture", "tools of its own", "searches", "another tier"],
)
async def test_what_nobody_knows_is_refused_with_what_would_make_it_known(
    build: Any, words: str, answering: Answering
) -> None:
    client = await answering(MODEL, ANSWER, prices={"unlisted": {"input": 1, "output": 2}})
    client.budget(usd=100)
    with pytest.raises(BudgetExceeded, match=words):
        await build(client.chat()).execute()


async def test_who_says_how_long_the_prompt_is_may_send_pictures(answering: Answering) -> None:
    client = await answering(MODEL, ANSWER)
    budget = client.budget(usd=1, prompt_tokens=2000)
    assert budget is not None
    await client.chat().user([ContentBlock.image_url("https://a.example/b.png")]).max_tokens(1).execute()
    assert budget.spent == COST


async def test_calls_at_once_share_one_budget(answering: Answering) -> None:
    client = await answering(MODEL, ANSWER)
    budget = client.budget(usd="0.016")  # three worst cases at 0.00503, not four
    assert budget is not None
    gathered = await asyncio.gather(*(asked(client).execute() for _ in range(10)), return_exceptions=True)
    made = [each for each in gathered if not isinstance(each, BaseException)]
    assert all(isinstance(each, BudgetExceeded) for each in gathered if isinstance(each, BaseException))
    assert made
    assert budget.spent == len(made) * COST
    assert budget.reserved == 0


def test_what_is_reserved_cannot_be_reserved_again() -> None:
    budget = Budget("0.3")
    budget.reserve(Decimal("0.2"))
    with pytest.raises(BudgetExceeded, match=r"may cost 0\.2 USD, and of the budget of 0\.3 USD 0 are spent and 0\.2"):
        budget.reserve(Decimal("0.2"))
    budget.settle(Decimal("0.2"), Decimal("0.1"))
    budget.reserve(Decimal("0.2"))
    assert (budget.spent, budget.reserved, budget.left) == (Decimal("0.1"), Decimal("0.2"), 0)


NOT_REACHED = ConnectionFailed("no such host")
NOT_REACHED.may_have_arrived = False


@pytest.mark.parametrize(
    ("failure", "assumed"),
    [
        (Answer({"error": {"message": "no"}}, status=400), 0),
        (NOT_REACHED, 0),
        (ConnectionFailed("it broke"), Decimal("0.00503")),
        (asyncio.CancelledError(), Decimal("0.00503")),
    ],
    ids=["refused", "not reached", "broken", "cancelled"],
)
async def test_a_failure_frees_what_was_surely_not_spent(failure: Any, assumed: Any, answering: Answering) -> None:
    client = await answering(MODEL, failure)
    budget = client.budget(usd=1)
    assert budget is not None
    with pytest.raises((InvalidRequestError, ConnectionFailed, asyncio.CancelledError)):
        await asked(client).execute()
    assert (budget.spent, budget.assumed, budget.reserved) == (assumed, assumed, 0)


async def test_an_unknown_cost_counts_as_the_worst_case_and_says_so(answering: Answering) -> None:
    client = await answering(MODEL, chat_body("gpt-4o", {"prompt_tokens": 5, "completion_tokens": 1}))
    budget = client.budget(usd=1)
    assert budget is not None
    await asked(client).execute()
    assert budget.spent == budget.assumed == Decimal("0.00503")


async def test_a_stream_is_settled_when_it_ends_and_when_it_is_left(answering: Answering) -> None:
    frames = [
        sse({"choices": [{"index": 0, "delta": {"content": "Yes"}}]}),
        sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        sse({"choices": [], "usage": COUNTS}) + b"data: [DONE]\n\n",
    ]
    client = await answering(MODEL, Answer(frames), Answer(frames))
    budget = client.budget(usd=1)
    assert budget is not None
    async for _ in asked(client).stream():
        assert budget.reserved == (0 if budget.spent else Decimal("0.00503"))
    assert (budget.spent, budget.reserved) == (COST, 0)
    async with asked(client).stream() as stream:
        async for _ in stream:
            break
    assert (budget.spent, budget.assumed, budget.reserved) == (COST + Decimal("0.00503"), Decimal("0.00503"), 0)


async def test_a_budget_of_one_request_is_new_for_each_execution(answering: Answering) -> None:
    client = await answering(MODEL, ANSWER)
    request = asked(client).budget(usd="0.0052")
    await request.execute()
    await request.execute()
    with pytest.raises(BudgetExceeded):
        await asked(client).budget(usd="0.001").execute()
    assert client.usage.requests == 2


async def test_rounds_of_tools_share_the_budget_of_their_request(answering: Answering) -> None:
    def rain() -> str:
        """Whether it rains."""
        return "yes"

    call = {"id": "c-1", "type": "function", "function": {"name": "rain", "arguments": "{}"}}
    choice = {"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    dear = {**chat_body("gpt-4o", {**COUNTS, "completion_tokens": 100}), "choices": [choice]}
    client = await answering(MODEL, dear)
    with pytest.raises(BudgetExceeded) as raised:
        await asked(client).tools([rain]).budget(usd="0.0055").run_tools()
    assert raised.value.spent == Decimal("0.0012")  # 60 * 2.50 + 40 * 1.25 + 100 * 10
    assert len(raised.value.partial.rounds) == 1


async def test_a_request_has_to_fit_its_own_budget_and_the_clients(answering: Answering) -> None:
    client = await answering(MODEL, ANSWER)
    shared = Budget(1)
    client.budget(shared)
    with pytest.raises(BudgetExceeded):
        await asked(client).budget(usd="0.001").execute()
    assert (shared.spent, shared.reserved) == (0, 0)
    await asked(client).budget(shared).execute()
    assert shared.spent == COST
    assert client.budget(None) is None
    await client.chat().user("Hi").execute()
    assert shared.spent == COST


@pytest.mark.parametrize("usd", [-1, "much", True, float("nan"), None])
def test_a_budget_is_an_amount(usd: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="usd must be"):
        Budget(usd)


def test_the_blocking_client_has_budgets_too() -> None:
    client = SyncClient.create(MODEL, api_key=KEY, transport=Script(Answer(ANSWER)))
    budget = client.budget(usd=1)
    assert budget is not None
    client.chat().user("Hi").max_tokens(100).budget(usd=1).execute()
    assert budget.spent == COST
    with pytest.raises(BudgetExceeded):
        client.chat().user("Hi").max_tokens(100).budget(usd=0).execute()


async def test_a_stream_that_was_begun_and_dropped_is_settled_too(answering: Answering) -> None:
    """Nobody iterated over it, and nobody closed it: what it may have cost is spent, and nothing stays reserved."""
    client = await answering(MODEL, sse("[DONE]"))
    budget = Budget("0.01")
    stream = asked(client).budget(budget).stream()
    await stream
    assert budget.reserved == Decimal("0.00503")
    del stream
    gc.collect()
    assert (budget.reserved, budget.spent, budget.assumed) == (0, Decimal("0.00503"), Decimal("0.00503"))
    assert (client.usage.requests, client.usage.cost_unknown) == (1, 1)


async def test_a_stream_that_is_dropped_in_a_cycle_is_settled_once() -> None:
    answer = Answer([BEGUN, BEGUN])
    client = await AiClient.create(MODEL, api_key=KEY, transport=Script(answer))
    budget = Budget(1)

    async def begun() -> None:
        stream = asked(client).budget(budget).stream()
        events = stream.__aiter__()
        await events.__anext__()
        stream.itself, stream.events = stream, events

    await begun()
    gc.collect()
    for _ in range(3):
        await asyncio.sleep(0)
    assert answer.closed
    assert (client.usage.requests, client.usage.cost_unknown, budget.reserved) == (1, 1, 0)
    assert budget.spent == Decimal("0.00503")


async def test_a_stream_that_is_cancelled_behind_its_last_event_is_settled() -> None:
    class Open(Answer):
        async def finish(self) -> None:
            await asyncio.Event().wait()

    client = await AiClient.create(MODEL, api_key=KEY, transport=Script(Open([BEGUN, b"data: [DONE]\n\n"])))
    stream = client.chat().user("Hi").stream()

    async def read() -> None:
        async for _ in stream:
            pass

    reading = asyncio.ensure_future(read())
    for _ in range(20):
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert client.usage.requests == 1
