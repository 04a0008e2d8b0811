"""The requests of the recorded exchanges, beside the rows of their answers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import recordings
from .recordings import Row

_STREAMS = (
    "stream:generate",
    "streamgeneratecontent",
    "streamrawpredict",
    "converse-stream",
    "invoke-with-response-stream",
)


@dataclass(frozen=True, eq=False)
class Recorded:
    """One recorded request.

    Attributes:
        row: the exchange it belongs to.
        body: the body as parsed JSON; None where the recording has no request.
        path: the path of the URL; None where that is not known.
    """

    row: Row
    body: dict[str, Any] | None
    path: str | None

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def model(self) -> str:
        """The model that was asked."""
        return self.row.model

    @property
    def streams(self) -> bool:
        """Whether a stream was asked for, in the body or by the path."""
        return (self.body or {}).get("stream") is True or (self.path or "").lower().endswith(_STREAMS)


def requests(dialect: str) -> Iterator[Recorded]:
    """All requests of one dialect, in the order of the file."""
    with gzip.open(recordings.folder() / f"{dialect}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row, line in zip(recordings.rows(dialect), lines, strict=True):
            record = json.loads(line)
            body = record.get("request_body")
            yield Recorded(row, body if isinstance(body, dict) else None, (record.get("path") or "").split("?")[0])
