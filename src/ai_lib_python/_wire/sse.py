"""Server-sent events, by the WHATWG rules for interpreting an event stream.

Two deviations. A last event that the server did not close with a blank line is given at the end of the body,
because real servers end that way and the standard would drop what they said last. And a line that is no UTF-8 where it
says what it is, its field or its event's name, is not dropped: something has garbled it, and it may have been data.

A stream is a creature of habit: event after event begins with the same bytes, ``data: `` or ``event: x`` and
``data: ``, and goes on with one line of payload. The decoder keeps those bytes and cuts such events out with
a few calls into C for a whole chunk; whatever else comes is read line by line.
"""

from __future__ import annotations

from itertools import repeat

from .frame import Frame, skip_bom

_CR = 13
_LF = 10


class SseDecoder:
    """Cuts an event stream into one frame an event."""

    may_end = True
    """Any message may be the last."""

    __slots__ = ("_after_cr", "_data", "_event", "_head", "_name", "_prefix", "_ready", "_start", "_tail")

    def __init__(self) -> None:
        self._head: bytes | None = b""  # the first bytes, until they are known to hold a BOM or not
        self._tail: list[bytes] = []  # pieces of a line that has not ended yet
        self._data: list[bytes] = []  # data lines of the event that has not ended yet
        self._event: str | None = None  # the name of that event
        self._after_cr = False  # a CR came last: an LF that comes next belongs to it
        self._ready = False  # nothing is held: the next chunk begins where an event begins
        self._prefix = b"data: "  # what events of this stream have lately begun with, up to their payload
        self._start = len(self._prefix)
        self._name: str | None = None  # the event name that the prefix gives

    def feed(self, chunk: bytes) -> list[Frame]:
        """The events that this chunk completes."""
        # One whole event a chunk is the rhythm of live generation: it is looked for first, without a call.
        if self._ready and chunk.startswith(self._prefix):
            end = chunk.find(b"\n", self._start)
            close = chunk[end:]
            if close == b"\n\n":
                if _CR not in chunk:
                    return [(chunk[self._start : end], self._name)]
            elif close == b"\n\r\n" and chunk.find(b"\r", self._start) == end - 1:
                return [(chunk[self._start : end - 1], self._name)]
        return self._read(chunk)

    def finish(self) -> list[Frame]:
        """The body has ended: the event that no blank line closed, even if its last line did not end."""
        # One LF ends the line that is open, if any is; one more is the blank line.
        return self._lines(b"\n\n")

    def _read(self, chunk: bytes) -> list[Frame]:
        text = self._unify(chunk)
        frames: list[Frame] = []
        if not self._between_events():
            # Whatever came before, behind the first empty line an event begins.
            cut = _behind(text.find(b"\n\n")) or len(text)
            frames = self._lines(text[:cut])
            text = text[cut:]
        if text:
            frames += self._events(text)
        self._ready = self._head is None and not self._after_cr and self._between_events()
        return frames

    def _between_events(self) -> bool:
        return not (self._tail or self._data or self._event)

    def _unify(self, chunk: bytes) -> bytes:
        """The chunk without a leading BOM, with LF for every line end."""
        if self._head is not None:
            text = skip_bom(self._head + chunk)
            if text is None:
                self._head += chunk
                return b""
            self._head = None
            chunk = text
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if _CR in chunk:
            self._after_cr = chunk[-1] == _CR
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _events(self, text: bytes) -> list[Frame]:
        """Reads a text that begins where an event begins: its whole events at once, then what is left."""
        cut = _behind(text.rfind(b"\n\n"))
        whole = text[:cut]
        if whole and (whole.startswith(self._prefix) or self._learn(whole)):
            frames = self._alike(whole)
        else:
            frames = self._lines(whole)
        if cut < len(text):
            frames += self._lines(text[cut:])
        return frames

    def _learn(self, text: bytes) -> bool:
        """Keeps what the first event of the text begins with, if it is a habit that can be kept."""
        if text[:6] == b"data: ":
            self._prefix, self._name = b"data: ", None
        elif text[:7] == b"event: ":
            end = text.find(b"\n")
            if text[end : end + 7] != b"\ndata: ":
                return False
            self._prefix = text[: end + 7]
            if not _is_text(text[7:end]):
                return False
            self._name = _decoded(text[7:end])
        else:
            return False
        self._start = len(self._prefix)
        return True

    def _alike(self, text: bytes) -> list[Frame]:
        """Reads whole events, the first of which begins with the prefix; quick where the others do too."""
        name = self._name
        payloads = text[self._start : -2].split(b"\n\n" + self._prefix)
        if _LF not in b"".join(payloads):
            return list(zip(payloads, repeat(name)))
        frames: list[Frame] = []
        for payload in payloads:
            if _LF in payload:
                # More lines of the same event, or other events behind it.
                frames += self._lines(self._prefix + payload + b"\n\n")
            else:
                frames.append((payload, name))
        return frames

    def _lines(self, text: bytes) -> list[Frame]:
        """Reads line by line, holding what has not ended. Every byte is joined once, however it was cut."""
        lines = text.split(b"\n")
        rest = lines.pop()
        if lines and self._tail:
            self._tail.append(lines[0])
            lines[0] = b"".join(self._tail)
            self._tail.clear()
        if rest:
            self._tail.append(rest)
        frames: list[Frame] = []
        data = self._data
        for line in lines:
            if line[:6] == b"data: ":
                data.append(line[6:])
            elif line:
                self._field(line)
            else:
                # An event that has no data line is none, but its name ends here all the same.
                if data:
                    frames.append((b"\n".join(data), self._event))
                    data.clear()
                self._event = None
        return frames

    def _field(self, line: bytes) -> None:
        """Takes up a data or event line. A comment is a field without a name, ignored like unknown ones.

        A line that cannot be read where it says what it is is kept as data: so whoever reads the event finds that
        something is wrong with it, and finds it behind the events before.
        """
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._event = _decoded(value.removeprefix(b" "))
            if not _is_text(value):
                self._data.append(line)
        elif not _is_text(name):
            self._data.append(line)


def _behind(empty_line: int) -> int:
    """Where the text goes on behind an empty line that was found there; 0 if none was found."""
    return empty_line + 2 if empty_line >= 0 else 0


def _decoded(name: bytes) -> str | None:
    return name.decode(errors="replace") or None


def _is_text(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
