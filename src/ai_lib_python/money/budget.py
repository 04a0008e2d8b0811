"""How much calls may cost: reserved before each one, and settled behind it."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

from .._forks import a_lock
from ..errors import BudgetExceeded
from ..validate import a_count
from .prices import amount_of

__all__ = ["Budget", "a_budget"]


class Budget:
    """An amount of US dollars that calls may spend together. Safe to share between clients, tasks and threads.

    Before a call is sent the most that it can cost is reserved; what does not fit is refused with a
    ``BudgetExceeded``. After the call its real cost takes the place of the reservation. Where that is not known the
    whole reservation counts as spent, and ``assumed`` tells how much of ``spent`` is so.
    """

    def __init__(self, usd: Decimal | float | str, *, prompt_tokens: int | None = None) -> None:
        """
        Args:
            usd: the amount, 0 or more.
            prompt_tokens: the most tokens that a prompt may have, for calls of which that cannot be estimated: with
                pictures, sound, files or ``extra_body``. It is your word; nobody checks it.

        Raises:
            TypeError, ValueError: the amount is no number, or below 0.
        """
        self.usd = amount_of("usd", usd)
        self.prompt_tokens = a_count_or_none("prompt_tokens", prompt_tokens)
        self._lock = a_lock()
        self._spent = Decimal(0)
        self._assumed = Decimal(0)
        self._reserved = Decimal(0)
        self._let_go: deque[Decimal] = deque()

    @property
    def spent(self) -> Decimal:
        """What has been spent, in US dollars; what is ``assumed`` included."""
        with self._lock:
            self._tidy()
            return self._spent

    @property
    def assumed(self) -> Decimal:
        """How much of ``spent`` is not the real cost, which nobody told, but the most that it can have been."""
        with self._lock:
            self._tidy()
            return self._assumed

    @property
    def reserved(self) -> Decimal:
        """What calls that are under way may still spend."""
        with self._lock:
            self._tidy()
            return self._reserved

    @property
    def left(self) -> Decimal:
        """What new calls may spend."""
        with self._lock:
            return self.usd - self._spent - self._reserved

    def reserve(self, amount: Decimal, **told: Any) -> None:
        """Sets an amount aside.

        Args:
            amount: US dollars.
            told: what the error says beside it: provider and model.

        Raises:
            BudgetExceeded: so much is not left.
        """
        with self._lock:
            self._tidy()
            if self._spent + self._reserved + amount <= self.usd:
                self._reserved += amount
                return
            spent, reserved = self._spent, self._reserved
        raise BudgetExceeded(
            f"the call may cost {amount:f} USD, and of the budget of {self.usd:f} USD {spent:f} are spent and "
            f"{reserved:f} reserved",
            budget=self.usd, spent=spent, reserved=reserved, worst_case=amount, **told,
        )  # fmt: skip

    def settle(self, reserved: Decimal, cost: Decimal | None) -> None:
        """The call of a reservation is over and has cost so much; None where nobody knows."""
        with self._lock:
            self._reserved -= reserved
            self._spent += reserved if cost is None else cost
            if cost is None:
                self._assumed += reserved

    def let_go(self, reserved: Decimal) -> None:
        """The call of a reservation was left so that nobody can settle it. Takes no lock, as finalizers must not."""
        self._let_go.append(reserved)

    def _tidy(self) -> None:
        """Counts as spent what was let go; under the lock."""
        while self._let_go:
            reserved = self._let_go.popleft()
            self._reserved -= reserved
            self._spent += reserved
            self._assumed += reserved

    def __reduce__(self) -> str:
        raise TypeError("a budget cannot be pickled: it is what calls of one process share")

    def __repr__(self) -> str:
        return f"Budget({self.usd:f} USD: {self.spent:f} spent, {self.reserved:f} reserved)"


def a_budget(given: Decimal | float | str | Budget | None, prompt_tokens: int | None = None) -> Budget | None:
    """A budget of an amount, or the one that is given."""
    if given is None or isinstance(given, Budget):
        return given
    return Budget(given, prompt_tokens=prompt_tokens)


def a_count_or_none(name: str, value: int | None) -> int | None:
    """A number of tokens, at least 1, or None."""
    return None if value is None else a_count(name, value, 1)
