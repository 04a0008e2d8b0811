"""How much a server may send before it is taken for hostile, or broken: far more than any provider does."""

from __future__ import annotations

MOST_BYTES = 256 * 2**20
"""Bytes of a whole answer, unpacked, and of what a stream may send without one event; a caller may set another.

The largest answers that are honest hold a picture or a sound as text: some tens of MiB.
"""

RAISE = "; max_response_bytes= sets the limit"
"""What an error says of that limit."""

LEAST_BYTES = 1024
"""The least that a caller may set: every answer is longer than less."""

WHOLE_STREAM = 8
"""How many times that a whole stream may have. A million tokens, a frame each with what is told beside them, fit in."""

MOST_OF_AN_ERROR = 2**20
"""Bytes of an answer that is an error. What comes behind them is not read: they tell enough."""

LONGEST_HEADER = 64 * 2**10
"""Bytes of one line of an answer's head. Eight times the usual bound, at which real gateways have been met."""
