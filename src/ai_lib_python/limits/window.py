"""A minute that moves on: how much fell into it, and when there is room for more. Sans-IO: the time is passed in."""

from __future__ import annotations

from collections import deque

MINUTE = 60.0
SLOTS = 240
"""Into so many slots a window is cut: it remembers that many numbers, however much happens in it."""


class Sliding:
    """Amounts of the last ``seconds`` seconds, added up.

    An amount is kept until the last moment of its slot is over, so at least as long as the window and at most a slot
    longer: ``total`` is never less than what the window really holds.
    """

    __slots__ = ("_amounts", "_width", "seconds", "total")

    def __init__(self, seconds: float = MINUTE) -> None:
        self.seconds = seconds
        self.total = 0
        self._width = seconds / SLOTS
        self._amounts: deque[list[int]] = deque()  # [number of the slot, amount], in the order of time

    def forget(self, now: float) -> None:
        """Lets go what is out of the window."""
        amounts = self._amounts
        while amounts and self._over(amounts[0][0]) <= now:
            self.total -= amounts.popleft()[1]

    def add(self, amount: int, now: float) -> None:
        """Something happened now. Times that run back a little, as those of two loops may, count as the last one."""
        slot = int(now / self._width)
        if self._amounts and self._amounts[-1][0] >= slot:
            self._amounts[-1][1] += amount
        else:
            self._amounts.append([slot, amount])
        self.total += amount

    def take_back(self, amount: int, then: float) -> None:
        """Of what was added at ``then`` so much did not happen after all; nothing where that is forgotten."""
        slot = int(then / self._width)
        for each in reversed(self._amounts):
            if each[0] <= slot:  # the last one before, where times ran back
                less = min(amount, each[1])
                each[1] -= less
                self.total -= less
                return

    def clear(self) -> None:
        self._amounts.clear()
        self.total = 0

    def free_at(self, amount: int) -> float:
        """When at least so much will have been forgotten, or everything."""
        moment = 0.0
        for slot, held in self._amounts:
            moment = self._over(slot)
            amount -= held
            if amount <= 0:
                break
        return moment

    def _over(self, slot: int) -> float:
        return (slot + 1) * self._width + self.seconds


class Quota(Sliding):
    """No more than ``limit`` in any minute. What alone is more than that counts as all of it."""

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def wait(self, amount: int, now: float) -> float:
        """Seconds until there is room for so much; 0 where there is."""
        self.forget(now)
        excess = self.total + min(amount, self.limit) - self.limit
        return max(0.0, self.free_at(excess) - now) if excess > 0 else 0.0

    def least_wait(self, amount: int, now: float) -> float:
        """Seconds that must pass at the least until so much, in pieces, has found room."""
        minutes = (amount - 1) // self.limit
        return self.wait(amount - minutes * self.limit, now) + minutes * self.seconds

    def take(self, amount: int, now: float) -> int:
        """Counts so much as taken, and says how much that is."""
        taken = min(amount, self.limit)
        self.add(taken, now)
        return taken
