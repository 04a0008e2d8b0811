"""Newline-delimited JSON: every line of the body that is not blank is a frame."""

from __future__ import annotations

from .frame import Frame, skip_bom


class NdjsonDecoder:
    """Cuts a body into one frame a line, ended by LF or CRLF. Never errs: a line need not be JSON."""

    may_end = True
    """Any message may be the last."""

    __slots__ = ("_head", "_tail")

    def __init__(self) -> None:
        self._head: bytes | None = b""  # the first bytes, until they are known to hold a BOM or not
        self._tail: list[bytes] = []  # pieces of a line that has not ended yet

    def feed(self, chunk: bytes) -> list[Frame]:
        """The lines that this chunk ends."""
        if self._head is not None:
            text = skip_bom(self._head + chunk)
            if text is None:
                self._head += chunk
                return []
            self._head = None
            chunk = text
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if lines and self._tail:
            self._tail.append(lines[0])
            lines[0] = b"".join(self._tail)
            self._tail.clear()
        if rest:
            self._tail.append(rest)
        return _frames(lines)

    def finish(self) -> list[Frame]:
        """The body has ended: its last line, if no line end came after it."""
        # Bytes still held as a possible BOM turned out to be a line.
        last = (self._head or b"") + b"".join(self._tail)
        self._head = b""
        self._tail.clear()
        return _frames([last])


def _frames(lines: list[bytes]) -> list[Frame]:
    # Only a whole line can show whether its CR belongs to the line end, so it is taken off here.
    return [(line.removesuffix(b"\r"), None) for line in lines if line and not line.isspace()]
