"""On what terms a call is made: how long it may take, and how often it is tried."""

from __future__ import annotations

import msgspec

from ..retries import Retries, some_retries
from ..timeouts import Timeouts, some_timeouts


class Terms(msgspec.Struct, frozen=True):
    """What a client, or a request, says of every call."""

    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()

    def with_timeout(self, given: float | Timeouts) -> Terms:
        """The same, with these deadlines where they are said.

        Raises:
            TypeError, ValueError: it is no number, or below 0.001.
        """
        return Terms(some_timeouts(given).over(self.timeouts), self.retries)

    def with_retries(self, given: int | Retries) -> Terms:
        """The same, with so many retries.

        Raises:
            TypeError, ValueError: it is no whole number, or below 0.
        """
        return Terms(self.timeouts, some_retries(given, self.retries))


def terms_of(timeout: float | Timeouts | None, max_retries: int | Retries | None) -> Terms:
    """The terms of a client; None leaves all as it is usual."""
    terms = USUAL if timeout is None else USUAL.with_timeout(timeout)
    return terms if max_retries is None else terms.with_retries(max_retries)


USUAL = Terms()
