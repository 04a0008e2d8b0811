"""Writes ``docs/conformance.md``: ``python tests/conformance/update.py``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance import recordings
from conformance.decoding import judge_all
from conformance.replay import ReplayServer
from conformance.summary import document


def main() -> None:
    server = ReplayServer()
    server.rows = [row for dialect in recordings.DIALECTS for row in recordings.rows(dialect)]
    server.start()
    found = {dialect: asyncio.run(judge_all(server, dialect)) for dialect in recordings.DIALECTS}
    server.stop()
    recordings.DOCUMENT.write_text(document(found), encoding="utf-8")


if __name__ == "__main__":
    main()
