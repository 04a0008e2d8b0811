"""What a simulator may be told to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Union

import msgspec

from .._spelling import did_you_mean
from ..errors import REMOTE_ERRORS
from ..message import ToolCall
from ..response import Usage


class Answer(msgspec.Struct, frozen=True):
    """One answer of a model.

    Attributes:
        text: what it says.
        reasoning: what it thinks first.
        tool_calls: the tools it calls, after the text.
        finish_reason: ``stop``, ``length``, ``tool_calls`` or ``content_filter``; by default ``tool_calls``
            where there are some, else ``stop``. Another word goes out as it is.
        usage: token counts; by default about one token for four characters of request and answer.
        signature: opaque provider data beside reasoning or tool calls; reasoning gets one by default.
        delay: seconds before the answer begins; the simulator's by default.
        pace: seconds between the frames of a stream; the simulator's by default.
        cut_after: break the connection after so many frames of a stream, or in the middle of a plain body.
        chunk_size: words of text in one frame of a stream.
    """

    text: str | None = None
    reasoning: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    signature: str | None = None
    delay: float | None = None
    pace: float | None = None
    cut_after: int | None = None
    chunk_size: int = 1

    def __post_init__(self) -> None:
        if self.chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1, got {self.chunk_size}")

    @property
    def finish(self) -> str:
        """The finish reason, derived where none was given."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")


class SimulatedError(msgspec.Struct, frozen=True):
    """An error in place of an answer, or in the middle of one.

    Attributes:
        error_class: what kind of error: a key of ``errors.REMOTE_ERRORS``, such as ``"rate_limited"``.
        message: its words for people.
        status: the HTTP status; by default what this wire says for such an error.
        retry_after: seconds that the client is asked to wait.
        headers: headers of the answer.
        delay: seconds before it; the simulator's by default.
        after_frames: let so many frames of a streamed answer through first.
    """

    error_class: str
    message: str = "simulated"
    status: int | None = None
    retry_after: float | None = None
    headers: Mapping[str, str] = {}
    delay: float | None = None
    after_frames: int | None = None

    def __post_init__(self) -> None:
        if self.error_class not in REMOTE_ERRORS:
            hint = did_you_mean(str(self.error_class), REMOTE_ERRORS)
            raise ValueError(f"error_class must be one of {', '.join(REMOTE_ERRORS)}, got {self.error_class!r}{hint}")


Said = Union[Answer, SimulatedError]
"""What may be said to one request."""
