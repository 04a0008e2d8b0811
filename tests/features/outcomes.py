"""What came of each feature on each dialect, written down: one file a dialect, one line a feature."""

from __future__ import annotations

import json
from pathlib import Path

from .trial import Outcome

FOLDER = Path(__file__).parent / "outcomes"

Outcomes = dict[str, Outcome]
"""By the features' ids."""


def read(dialect: str) -> Outcomes:
    """The outcomes that are written down; none where there is no file yet."""
    file = FOLDER / f"{dialect}.json"
    rows = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return {name: Outcome(row["state"], tuple(row["why"]), row["bodies"]) for name, row in rows.items()}


def write(dialect: str, outcomes: Outcomes) -> None:
    """Writes them down."""
    lines = (f"{json.dumps(name)}: {_line(outcome)}" for name, outcome in outcomes.items())
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{dialect}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def _line(outcome: Outcome) -> str:
    row = {"state": outcome.state, "why": outcome.why, "bodies": outcome.bodies}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
