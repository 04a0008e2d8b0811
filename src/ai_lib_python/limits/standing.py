"""What a provider says of its own limits, in the headers of an answer."""

from __future__ import annotations

import msgspec

__all__ = ["RateLimit", "Standing"]


class Standing(msgspec.Struct, frozen=True):
    """How a call stood with one of the provider's limits when its answer came.

    Attributes:
        limit: how many there may be; None where the provider does not say.
        remaining: how many of them are left; None where the provider does not say.
        reset: seconds from the answer until all of them are there again; None where the provider does not say.
        gradual: whether they come back one by one until then, and not all at once.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    gradual: bool = False


class RateLimit(msgspec.Struct, frozen=True):
    """How a call stood with the provider's limits. What the provider does not tell is None.

    Attributes:
        requests: requests, in whatever time the provider counts them.
        tokens: tokens of prompts and answers.
        input_tokens: tokens of prompts alone.
        output_tokens: tokens of answers alone.
    """

    requests: Standing | None = None
    tokens: Standing | None = None
    input_tokens: Standing | None = None
    output_tokens: Standing | None = None
