"""One call on its way through several models: which is asked when, and what became of each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ..errors import (
    AiLibError,
    ContextWindowExceeded,
    DeadlineExceeded,
    FetchFailed,
    HeldBack,
    RemoteError,
    TransportError,
)
from ..fallback import Fallback
from ..response import Attempt, CallStats
from ..timeouts import Timeouts
from .sums import with_before
from .terms import Terms

if TYPE_CHECKING:
    from .caller import Caller
    from .order import Order

T = TypeVar("T")

MILLISECONDS = 1000.0

SHORTEST_TIME = 0.001
"""Seconds that a model gets for which there is no time left: it says itself that they are over."""


class Route(NamedTuple):
    """A model that may be asked, and who asks it."""

    caller: Caller
    model: str

    @property
    def provider(self) -> str:
        """Id of its provider's manifest."""
        return self.caller.target.manifest.id


Ask = Callable[[Route, Terms, "list[Order]"], Awaitable[T]]
"""Asks a model; its calls are put into the list."""


def moves_on(error: AiLibError, fallback: Fallback) -> bool:
    """Whether another model is asked behind an error: what the provider or the network said, or a limit before it."""
    if isinstance(error, FetchFailed) or (isinstance(error, DeadlineExceeded) and error.deadline == "total"):
        return False
    told = isinstance(error, (RemoteError, TransportError, ContextWindowExceeded, HeldBack))
    return told and error.error_class in fallback.on


class Falling:
    """One call on its way through models.

    Attributes:
        entries: every request so far that came to nothing, in the order in which they ended.
        before: seconds of the call that were over when the model was asked that has answered.
    """

    def __init__(self, routes: Sequence[Route], fallback: Fallback, terms: Terms) -> None:
        self.entries: list[Attempt] = []
        self._waiting = deque(routes)
        self._fallback = fallback
        self._terms = terms
        self._errors: list[AiLibError] = []
        self._began = self.before = 0.0

    async def first(self, ask: Ask[T]) -> T:
        """What the first model gives that does not fail.

        Raises:
            AiLibError: the error of the last one, or one behind which no other is asked. It knows of all.
        """
        self._began = _now()
        try:
            if self._fallback.hedge_after is not None:
                return await _Race(self, ask, self._fallback.hedge_after).winner()
            return await self._one_by_one(ask)
        except AiLibError as error:
            error.ledger, error.previous = tuple(self.entries), tuple(self._errors)
            raise

    async def _one_by_one(self, ask: Ask[T]) -> T:
        while True:
            self.before = self.elapsed()
            try:
                return await self.next(ask, [])
            except AiLibError as error:
                failure = error
            self.failed(failure, are_asked=False)

    def elapsed(self) -> float:
        """Seconds since the call began."""
        return _now() - self._began

    @property
    def has_more(self) -> bool:
        """Whether there is a model that was not asked yet."""
        return bool(self._waiting)

    def next(self, ask: Ask[T], orders: list[Order]) -> Awaitable[T]:
        """Asks the next model."""
        return ask(self._waiting.popleft(), self._terms_left(), orders)

    def failed(self, error: AiLibError, *, are_asked: bool, is_won: bool = False) -> None:
        """A model has failed; ``are_asked`` says that others are being asked, ``is_won`` that one has answered.

        Raises:
            AiLibError: the same error, where no other model is asked behind it.
        """
        self.entries += error.ledger
        if not is_won and not (moves_on(error, self._fallback) and (self.has_more or are_asked)):
            raise error
        self._errors.append(error)

    def whole(self, stats: CallStats) -> CallStats:
        """The statistics of the model that answered, as those of the whole call."""
        if not self.entries:
            return stats
        return with_before(stats, self.before * MILLISECONDS, (*self.entries, *stats.ledger))

    def ended(self, error: AiLibError) -> AiLibError:
        """An error of the model that had begun to answer, as that of the whole call."""
        error.ledger, error.previous = (*self.entries, *error.ledger), tuple(self._errors)
        return error

    def _terms_left(self) -> Terms:
        """The terms of the next model: all of them together have the time of one call."""
        total = self._terms.timeouts.given().get("total")
        if total is None:
            return self._terms
        left = total - self.elapsed()
        return self._terms.with_timeout(Timeouts(total=max(SHORTEST_TIME, left)))


class _Race(Generic[T]):
    """Models that are asked beside each other, each a while after the one before; the first to give anything wins."""

    def __init__(self, falling: Falling, ask: Ask[T], after: float) -> None:
        self._falling = falling
        self._ask = ask
        self._after = after
        self._running: dict[asyncio.Future[T], list[Order]] = {}
        self._begun: dict[asyncio.Future[T], float] = {}

    async def winner(self) -> T:
        """What the first one gives; the others are cancelled.

        Raises:
            AiLibError: all have failed, or one with an error behind which no other is asked.
        """
        try:
            self._start()
            while True:
                won = await self._won()
                if won is not None:
                    self._falling.before = self._begun[won]
                    return won.result()
        finally:
            await self._cancel()

    async def _won(self) -> asyncio.Future[T] | None:
        """The first that has something, once anything happened: an end, or that the next one was asked."""
        wait = self._after if self._falling.has_more else None
        done, _ = await asyncio.wait(self._running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        ended = [each for each in self._running if each in done]  # in the order in which they were asked
        won = next((each for each in ended if each.exception() is None), None)
        if won is not None:
            del self._running[won]
        for each in ended:
            failure = each.exception()
            if failure is not None:
                del self._running[each]
                self._failed(failure, is_won=won is not None)
        if won is None and self._falling.has_more:
            self._start()
        return won

    def _failed(self, failure: BaseException, *, is_won: bool) -> None:
        if isinstance(failure, AiLibError):
            self._falling.failed(failure, are_asked=bool(self._running), is_won=is_won)
        elif not is_won:
            raise failure

    def _start(self) -> None:
        orders: list[Order] = []
        asked = asyncio.ensure_future(self._falling.next(self._ask, orders))
        self._running[asked], self._begun[asked] = orders, self._falling.elapsed()

    async def _cancel(self) -> None:
        """Ends those that run; what they have sent is in the ledger."""
        for each in self._running:
            each.cancel()
        if self._running:
            await asyncio.wait(self._running)
        for each, orders in self._running.items():
            if not each.cancelled():
                each.exception()  # it ended in the same moment; nobody wants to know how
            for order in orders:
                self._falling.entries += order.given_up()


def _now() -> float:
    return asyncio.get_running_loop().time()
