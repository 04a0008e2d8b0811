"""What every framing decoder gives: frames, cut out of a body that arrives in pieces of any size."""

from __future__ import annotations

from typing import Any, Protocol

BOM = b"\xef\xbb\xbf"


Frame = tuple[bytes, Any]
"""One message of a streamed body: its undecoded payload, and what the framing tells of it beside that: the event's
name (a text), the message's headers (a map), or None.

A plain tuple: there is one for each event of each stream, and anything more costs several times as much to make.
"""


class FramingError(ValueError):
    """The body does not have the shape its framing demands, so no further frame can be told from noise."""


class CutOff(FramingError):
    """The body ended within a frame."""


class Framing(Protocol):
    """A decoder of one body. Where the body is cut into chunks never changes the frames that come out."""

    @property
    def may_end(self) -> bool:
        """Whether a body may end behind what has come, as far as its framing can tell."""

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes."""

    def finish(self) -> list[Frame]:
        """The body has ended: the frames that only the end completes."""


def skip_bom(head: bytes) -> bytes | None:
    """The beginning of a body without its byte order mark; None while too little of it has come to tell."""
    if len(head) < len(BOM) and BOM.startswith(head):
        return None
    return head.removeprefix(BOM)
