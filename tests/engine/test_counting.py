"""How many requests a provider sees: exactly as many as ``max_retries`` and the list of fallbacks say.

Every combination of the number of retries, who says it, other models, how many requests fail and with what, the way to
ask, with and without a hedge. What is to be seen is worked out by a small model, which knows what the documentation
says and nothing of the engine. It is held against what the transport saw, the ledger, the totals of the client and the
text that a reader was given.
"""

from __future__ import annotations

import asyncio
import heapq
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from ai_lib_python import AiClient, Fallback, Timeouts
from ai_lib_python._engine import attempts as attempts_module
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import AiLibError, ConnectionFailed, StreamInterrupted
from ai_lib_python.response import Attempt

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
from .scripted import Answer, sse
from .test_follow import LATER
from .virtual_time import run

FAILS_AFTER, ANSWERS_AFTER, WAITS = 1.0, 0.55, 0.13
"""Seconds until a request has failed, or is answered, and before a retry: no two things happen in one moment."""

SHORT_KEY = "key-1"
"""To look for a long one in every error would take most of the time."""

LOOKS_AFTER = 0.003
"""Seconds between a receipt and the look for its answer."""


class Kind(NamedTuple):
    """What a request fails with, and what the documentation says of it."""

    error_class: str
    is_retried: bool
    moves_on: bool
    status: int | None = None
    timeouts: Timeouts = Timeouts()
    hedge_after: float = 1.7

    @property
    def is_late(self) -> bool:
        return self.timeouts != Timeouts()


KINDS = {
    "server": Kind("server_error", is_retried=True, moves_on=True, status=500),
    "key": Kind("authentication", is_retried=False, moves_on=True, status=401),
    "wrong": Kind("invalid_request", is_retried=False, moves_on=False, status=400),
    "network": Kind("server_error", is_retried=True, moves_on=True),
    "first-token": Kind("timeout", is_retried=True, moves_on=True, timeouts=Timeouts(first_token=FAILS_AFTER)),
    "total": Kind(
        "timeout", is_retried=False, moves_on=False, timeouts=Timeouts(total=FAILS_AFTER), hedge_after=0.4
    ),
}  # fmt: skip


class Way(NamedTuple):
    """A way to ask, and where its requests fail.

    Attributes:
        fails: "in the place of an answer"; "before content" of a stream; "behind content"; "when looked for", of an
            answer that there is a receipt for.
    """

    fails: str
    stream: bool = False
    has_receipt: bool = False

    @property
    def fails_behind_receipt(self) -> bool:
        return self.has_receipt and self.fails != HEAD


HEAD, BEFORE, BEHIND, LOOK = "in the place of an answer", "before content", "behind content", "when looked for"

WAYS = {
    "plain": Way(HEAD),
    "stream": Way(HEAD, stream=True),
    "stream-before-content": Way(BEFORE, stream=True),
    "stream-behind-content": Way(BEHIND, stream=True),
    "receipt": Way(HEAD, has_receipt=True),
    "receipt-look": Way(LOOK, has_receipt=True),
    "streamed-receipt": Way(HEAD, stream=True, has_receipt=True),
    "streamed-receipt-look": Way(LOOK, stream=True, has_receipt=True),
    "streamed-receipt-before-content": Way(BEFORE, stream=True, has_receipt=True),
}


class Case(NamedTuple):
    """One combination: of the requests that can fail, the first ``failures`` do."""

    way: Way
    kind: Kind
    is_hedged: bool
    said_by: str
    retries: int
    fallbacks: int
    failures: int

    def __str__(self) -> str:
        return (
            f"max_retries={self.retries} and {self.fallbacks} other models of the {self.said_by}, "
            f"the first {self.failures} fail"
        )


class Expected(NamedTuple):
    """What is to be seen. Models are numbers.

    Attributes:
        sent: the models that were asked, in order.
        looks: the models whose answers were looked for, in order.
        ledgers: what became of each model's requests.
        winner: the model that answers, also where its stream breaks.
        is_answered: whether the call succeeds.
        previous: how many models failed before the one whose error is raised.
    """

    sent: list[int]
    looks: list[int]
    ledgers: dict[int, list[str | None]]
    winner: int | None
    is_answered: bool
    previous: int


class Timetable:
    """What the documentation says, as what happens to which model when."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._coming: list[tuple[float, int, str, int]] = []
        self._written = self._could_fail = 0
        self._not_asked = list(range(case.fallbacks + 1))
        self._running: set[int] = set()
        self._retried: Counter[int] = Counter()
        self._sent_at: dict[int, float] = {}
        self._seen = Expected([], [], {}, None, False, 0)
        self._happens = {
            "next": self._next,
            "send": self._send,
            "look": self._look,
            "failed": self._failed,
            "broken": self._broken,
            "answered": self._answered,
        }

    def expected(self) -> Expected:
        self._next(0.0)
        while True:
            at, _, what, model = heapq.heappop(self._coming)
            if self._coming and self._case.kind is not KINDS["total"]:
                assert self._coming[0][0] - at > 1e-6, "two things at once: choose other times"
            if not self._happens[what](at, model):
                return self._seen

    def _put(self, at: float, what: str, model: int) -> None:
        self._written += 1
        heapq.heappush(self._coming, (at, self._written, what, model))

    def _fails(self) -> bool:
        self._could_fail += 1
        return self._could_fail <= self._case.failures

    def _next(self, at: float, _: int = -1) -> bool:
        """Asks the next model; where there is a hedge, the one behind it a while later."""
        self._coming = [each for each in self._coming if each[2] != "next"]
        heapq.heapify(self._coming)
        model = self._not_asked.pop(0)
        self._running.add(model)
        self._send(at, model)
        if self._case.is_hedged and self._not_asked:
            self._put(at + self._case.kind.hedge_after, "next", -1)
        return True

    def _send(self, at: float, model: int) -> bool:
        way = self._case.way
        self._seen.sent.append(model)
        self._seen.ledgers.setdefault(model, []).append("cancelled")  # unless it comes to anything else
        self._sent_at[model] = at
        if not way.fails_behind_receipt and self._fails():
            self._put(*((at + ANSWERS_AFTER, "broken") if way.fails == BEHIND else (at + FAILS_AFTER, "failed")), model)
        elif way.has_receipt:
            self._put(at if way.stream else at + LOOKS_AFTER, "look", model)
        else:
            self._put(at + ANSWERS_AFTER, "answered", model)
        return True

    def _look(self, at: float, model: int) -> bool:
        """Looks for an answer. The time of its first content goes on since its request."""
        self._seen.looks.append(model)
        if not self._case.way.fails_behind_receipt or not self._fails():
            self._put(at + ANSWERS_AFTER, "answered", model)
        else:
            self._put((self._sent_at[model] if self._case.kind.is_late else at) + FAILS_AFTER, "failed", model)
        return True

    def _failed(self, at: float, model: int) -> bool:
        """A request has failed, or a look: it is tried again, or another model asked, or it was the end."""
        case, kind = self._case, self._case.kind
        is_look = case.way.fails_behind_receipt
        can_be_retried = kind.is_retried and not (is_look and (kind.is_late or case.way.fails == BEFORE))
        if can_be_retried and self._retried[model] < case.retries:
            self._retried[model] += 1
            if not is_look:
                self._seen.ledgers[model][-1] = kind.error_class
            self._put(at + WAITS, "look" if is_look else "send", model)
            return True
        self._seen.ledgers[model][-1] = kind.error_class
        self._running.discard(model)
        if not kind.moves_on or not (self._not_asked or self._running):
            return False
        self._seen = self._seen._replace(previous=self._seen.previous + 1)
        if self._not_asked:
            self._next(at)
        return True

    def _broken(self, _: float, model: int) -> bool:
        """A stream that has given something breaks: nobody else is asked."""
        self._seen.ledgers[model][-1] = self._case.kind.error_class
        self._seen = self._seen._replace(winner=model)
        return False

    def _answered(self, _: float, model: int) -> bool:
        self._seen.ledgers[model][-1] = None
        self._seen = self._seen._replace(winner=model, is_answered=True)
        return False


# What answers


MISTRALS_STREAM = [sse(chunk("Sal")), sse(chunk("ut")), sse(chunk(reason="stop")), b"data: [DONE]\n\n"]
CONTENT = b"event: content_block_delta"
BEGINNING = sse({"id": "c", "model": "gpt-4o", "choices": []})
BEGINNINGS = [BEGINNING, CLAUDES.partition(CONTENT)[0], BEGINNING]
FIRST_CONTENTS = [STREAMED[0], CONTENT + CLAUDES.split(CONTENT)[1], MISTRALS_STREAM[0]]
STREAMS = [[BEGINNING, *STREAMED], [CLAUDES], [BEGINNING, *MISTRALS_STREAM]]

WHOLE, WHOLE_STREAMED = ["Yes.", "From Claude", "From Mistral"], ["Hello", "From Claude", "Salut"]
PIECES = ["Hel", "From ", "Sal"]

TYPES = {500: "api_error", 401: "authentication_error", 400: "invalid_request_error"}


def told_in_a_stream(model: int, status: int) -> bytes:
    """An error as a stream tells it."""
    if model == 2:
        return sse({"object": "error", "message": "no", "type": TYPES[status]})
    return sse({"type": "error", "error": {"type": TYPES[status], "message": "no"}}, names=model == 1)


class Stuck(Answer):
    """An answer that comes to a certain point and no further."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for piece in super().chunks():
            yield piece
        await asyncio.sleep(1000)


class Models(Hosts):
    """Three models, whose first requests fail as the case says."""

    def begin(self, case: Case) -> None:
        self._case = case
        self._could_fail = 0
        self.sent: list[int] = []
        self.looks: list[int] = []
        self.streams: list[Answer] = []

    async def send(self, request: HttpRequest) -> Answer:
        answer = await super().send(request)
        if self._case.way.stream and answer.status == 200 and "json" not in answer.headers.get("content-type", ""):
            self.streams.append(answer)
        return answer

    def answer_to(self, request: HttpRequest, host: str) -> Any:
        if not self._case.way.has_receipt:
            return self._answer((OPENAI, ANTHROPIC, MISTRAL).index(host))
        step, model = urlsplit(request.url).path.split("/")[-2:]
        return (self._receipt if step == "jobs" else self._behind_receipt)(int(model[-1]))

    def _fails(self) -> bool:
        self._could_fail += 1
        return self._could_fail <= self._case.failures

    def _answer(self, model: int) -> Any:
        self.sent.append(model)
        way = self._case.way
        if self._fails():
            return self._failure() if way.fails == HEAD else self._break(model)
        if way.stream:
            return Slow(Answer(STREAMS[model]), ANSWERS_AFTER)
        return Slow([FINE, CLAUDE, MISTRALS][model], ANSWERS_AFTER)

    def _failure(self) -> Slow:
        kind = self._case.kind
        if kind.is_late:
            return Slow(None, 1000)
        failure = ConnectionFailed("no") if kind.status is None else Answer({"error": "no"}, status=kind.status)
        return Slow(failure, FAILS_AFTER)

    def _break(self, model: int) -> Slow:
        """A stream that breaks, before its first content or behind it."""
        kind, pieces, after = self._case.kind, [BEGINNINGS[model]], FAILS_AFTER
        if self._case.way.fails == BEHIND:
            pieces, after = [*pieces, FIRST_CONTENTS[model]], ANSWERS_AFTER
        if kind.is_late:
            return Slow(Stuck(pieces), after if self._case.way.fails == BEHIND else 0)
        if kind.status is None:
            return Slow(Answer(pieces, failure=StreamInterrupted("broken")), after)
        return Slow(Answer([*pieces, told_in_a_stream(model, kind.status)]), after)

    def _break_behind_receipt(self) -> Slow:
        if self._case.kind.is_late:
            return Slow(Stuck(b"{}\n", headers={}), 0)
        return Slow(Answer(b"{}\n", headers={}, failure=StreamInterrupted("broken")), FAILS_AFTER)

    def _receipt(self, model: int) -> Any:
        self.sent.append(model)
        if self._case.way.fails == HEAD and self._fails():
            return self._failure()
        return {"watch" if self._case.way.stream else "look": f"/v1/looks/{model}"}

    def _behind_receipt(self, model: int) -> Slow:
        self.looks.append(model)
        if self._case.way.fails_behind_receipt and self._fails():
            return self._failure() if self._case.way.fails == LOOK else self._break_behind_receipt()
        text, end = {"text": WHOLE[model]}, {"why": "done", "usage": {"in": 3, "out": 2}}
        if not self._case.way.stream:
            return Slow({**text, **end}, ANSWERS_AFTER)
        lines = [json.dumps(each).encode() + b"\n" for each in (text, end)]
        return Slow(Answer(lines, headers={}), ANSWERS_AFTER)


# What is seen


RECEIPTS: dict[str, Any] = {
    **LATER,
    "request": {**LATER["request"], "path": "/jobs/${$model | in_segment}"},
    "follow": {"poll": {"url": ".look", "until": ".text", "every": LOOKS_AFTER}, "stream": {"url": ".watch"}},
}
JOBS = ["later/m-0", "later/m-1", "later/m-2"]
NAMES = ["openai", "anthropic", "mistral"]


class Seen:
    """What a caller sees of a call."""

    text = ""
    partial = ""
    ends = 0
    error: AiLibError | None = None
    stats: Any = None

    async def read(self, request: Any, *, stream: bool) -> None:
        try:
            if stream:
                await self._iterate(request.stream())
            else:
                response, self.stats = await request.execute_with_stats()
                self.text = response.content
        except AiLibError as error:
            self.error = error
            self.partial = error.partial.content if error.partial is not None else ""

    async def _iterate(self, stream: Any) -> None:
        try:
            async for event in stream:
                self.text += event.as_content_delta.text if event.is_content_delta else ""
                self.ends += event.is_stream_end
        finally:
            if self.text:
                self.stats, self.partial = stream.stats, stream.response.content
        self.stats, self.partial = stream.stats, stream.response.content


async def a_client(case: Case, transport: Models, receipts: Path) -> AiClient:
    options: dict[str, Any] = {"manifest": receipts} if case.way.has_receipt else {}
    if case.said_by == "client":
        options |= {"max_retries": case.retries}
        if case.fallbacks:
            options |= {"fallback": Fallback(tuple(others(case)), hedge_after=hedge_after(case))}
    else:
        options |= {"max_retries": 3 - case.retries}
    return await AiClient.create(
        JOBS[0] if case.way.has_receipt else FIRST,
        api_key=SHORT_KEY,
        transport=transport,
        timeout=case.kind.timeouts,
        on_unsupported="ignore",
        **options,
    )


def a_request(case: Case, client: AiClient) -> Any:
    request = client.chat().user("Hi")
    if case.said_by == "request":
        request = request.max_retries(case.retries)
        if case.fallbacks:
            request = request.fallback(others(case), hedge_after=hedge_after(case))
    return request


def others(case: Case) -> list[str]:
    return (JOBS[1:] if case.way.has_receipt else [SECOND, THIRD])[: case.fallbacks]


def hedge_after(case: Case) -> float | None:
    return case.kind.hedge_after if case.is_hedged else None


def ledgers_of(entries: tuple[Attempt, ...]) -> dict[int, list[Attempt]]:
    """The entries of each model."""
    found: dict[int, list[Attempt]] = {}
    for each in entries:
        model = int(each.model[-1]) if each.provider == "later" else NAMES.index(each.provider)
        found.setdefault(model, []).append(each)
    return found


def told(ledgers: dict[int, list[str | None]], case: Case) -> dict[int, list[str | None]]:
    """What became of each request. Where the time of the call is over for all, it is chance who hears of it first."""
    if case.kind is not KINDS["total"]:
        return ledgers
    return {model: ["timeout" if each == "cancelled" else each for each in made] for model, made in ledgers.items()}


def differences(case: Case, seen: Seen, transport: Models, requests: int) -> Iterator[str]:
    expected = Timetable(case).expected()
    number = len(expected.sent)
    whole = WHOLE_STREAMED if case.way.stream and not case.way.has_receipt else WHOLE
    text = "" if expected.winner is None else (whole if expected.is_answered else PIECES)[expected.winner]
    record = seen.stats if seen.error is None else seen.error
    entries = ledgers_of(record.ledger)
    came_to = {model: [each.error_class for each in made] for model, made in entries.items()}
    pairs: dict[str, tuple[Any, Any]] = {
        "requests": (transport.sent, expected.sent),
        "looks": (transport.looks, expected.looks),
        "attempts": (record.attempts, number),
        "entries": (len(record.ledger), number),
        "of the client": (requests, number),
        "ledgers": (told(came_to, case), told(expected.ledgers, case)),
        "kinds": ({each.kind for made in entries.values() for each in made[:1]}, {"first"}),
        "others": ({each.kind for made in entries.values() for each in made[1:]} - {"retry"}, set()),
        "waits": (
            {round(each.waited_ms) for made in entries.values() for each in made[1:]} - {WAITS * 1000},
            set(),
        ),
        "is answered": (seen.error is None, expected.is_answered),
        "text": (seen.text, text),
        "streams left open": ([each for each in transport.streams if not (each.closed or each.finished)], []),
    }
    if seen.error is not None:
        pairs["error"] = (seen.error.error_class, case.kind.error_class)
        pairs["previous"] = (len(seen.error.previous), expected.previous)
    if case.way.stream:
        pairs["sum"] = (seen.partial, text)
        pairs["ends"] = (seen.ends, int(expected.is_answered))
    if text and case.way.stream:
        pairs["attempts of the stream"] = (seen.stats.attempts, number)
    for name, (there, wanted) in pairs.items():
        if there != wanted:
            yield f"{case}: {name} {there}, expected {wanted}"


async def come_to(cases: list[Case], receipts: Path) -> list[str]:
    """What is otherwise than expected, of cases that differ in their failures alone."""
    transport = Models()
    client = await a_client(cases[0], transport, receipts)
    found: list[str] = []
    for case in cases:
        transport.begin(case)
        seen = Seen()
        before = client.usage.requests
        await seen.read(a_request(case, client), stream=case.way.stream)
        found += differences(case, seen, transport, client.usage.requests - before)
    await client.aclose()
    return found


def most(kind: Kind, retries: int, fallbacks: int) -> int:
    """How many requests there can be."""
    return (retries + 1 if kind.is_retried else 1) * (fallbacks + 1)


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest that is compiled once, as files are."""
    path = tmp_path_factory.mktemp("manifests") / "later.yaml"
    path.write_text(json.dumps(RECEIPTS), "utf-8")
    return path


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-2")
    monkeypatch.setenv("MISTRAL_API_KEY", "key-3")
    monkeypatch.setattr(attempts_module, "between", lambda low, high: WAITS)


WAYS_AND_KINDS = [
    pytest.param(way, kind, id=f"{name}-{fails_with}")
    for name, way in WAYS.items()
    for fails_with, kind in KINDS.items()
    if kind.status is None or not (way.has_receipt and way.fails == BEFORE)  # that manifest knows no errors in streams
]


@pytest.mark.parametrize(("way", "kind"), WAYS_AND_KINDS)
@pytest.mark.parametrize("is_hedged", [False, True], ids=["one-by-one", "hedged"])
def test_requests_are_as_many_as_retries_and_fallbacks_say(
    way: Way, kind: Kind, is_hedged: bool, receipts: Path
) -> None:
    async def all_come_to() -> list[str]:
        found: list[str] = []
        for said_by in ("client", "request"):
            for retries in range(4):
                for fallbacks in range(is_hedged, 3):
                    alike = [
                        Case(way, kind, is_hedged, said_by, retries, fallbacks, failures)
                        for failures in range(most(kind, retries, fallbacks) + 1)
                    ]
                    found += await come_to(alike, receipts)
        return found

    found = run(all_come_to())
    assert not found, f"{len(found)} differences\n" + "\n".join(found[:20])
