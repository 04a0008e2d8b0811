"""What came of the recordings, as a table: for people, and for ``docs/conformance.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .allowed_differences import ALLOWED
from .decoding import Judged
from .encoding import Line, not_counted, table
from .known_differences import KNOWN_DIFFERENCES
from .recordings import digest
from .speaking import speaker


class Decoded(NamedTuple):
    """The answers of one recorded provider, read by one of our manifests' APIs."""

    dialect: str
    provider: str
    manifest: str
    rows: int
    equal: int

    def __str__(self) -> str:
        share = self.equal / self.rows
        return f"{self.dialect:<20} {self.provider:<22} {self.manifest:<22} {self.rows:>5} rows {share:>8.2%} equal"


def decoded(dialect: str, found: Iterable[Judged]) -> list[Decoded]:
    """Rows and equal rows of a dialect, for each recorded provider."""
    rows: Counter[tuple[str, str]] = Counter()
    equal: Counter[tuple[str, str]] = Counter()
    for each in found:
        key = (each.row.provider, speaker(each.row).origin)
        rows[key] += 1
        equal[key] += not each.differences
    return [Decoded(dialect, *key, rows[key], equal[key]) for key in sorted(rows)]


def document(found: Mapping[str, Iterable[Judged]]) -> str:
    """The page: what every recorded answer and request came to."""
    decodes = {dialect: decoded(dialect, judged) for dialect, judged in found.items()}
    encodes = {(line.dialect, line.provider, line.manifest): line for line in table()}
    parts = [_head(decodes, encodes.values()), _table(decodes, encodes), _exceptions(), _allowed(), _left_out()]
    return "\n\n".join(parts) + "\n"


def _head(decodes: Mapping[str, list[Decoded]], encodes: Iterable[Line]) -> str:
    lines, requests = [line for lines in decodes.values() for line in lines], list(encodes)
    rows, equal = sum(line.rows for line in lines), sum(line.equal for line in lines)
    asked, same = sum(line.expressible for line in requests), sum(line.equal for line in requests)
    return f"""\
# Conformance

{rows:,} recorded exchanges with real providers, of {len(decodes)} wire formats, are held against the library:

- **Answers**: each is replayed to the public client and compared with an independent reading of its bytes.
  {equal:,} of {rows:,} are equal ({equal / rows:.2%}); none crashes or hangs. Streams cut at every byte give the same
  events.
- **Requests**: each is asked for again through the public client, and the body compared key by key.
  {same:,} of the {asked:,} that the unified API can express are the same ({same / asked:.2%}).

Made by `python tests/conformance/update.py` from the recordings {digest()}; `tests/conformance` holds the library to
them."""


def _table(decodes: Mapping[str, list[Decoded]], encodes: Mapping[tuple[str, str, str], Line]) -> str:
    rows = [
        "| wire | recorded provider | read by | answers | equal | requests | equal |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for dialect, lines in decodes.items():
        asked = [encodes.get(line[:3]) for line in lines]
        rows.append(_row(f"**{dialect}**", "", "", lines, asked))
        rows += [_row("", line.provider or "?", line.manifest, [line], [encodes.get(line[:3])]) for line in lines]
    return "\n".join(rows)


def _row(wire: str, provider: str, manifest: str, lines: Iterable[Decoded], asked: Iterable[Line | None]) -> str:
    answers, requests = list(lines), [line for line in asked if line is not None]
    counts = (
        sum(line.rows for line in answers),
        sum(line.equal for line in answers),
        sum(line.expressible for line in requests),
        sum(line.equal for line in requests),
    )
    return f"| {wire} | {provider} | {manifest} | {' | '.join(map(str, counts))} |"


def _exceptions() -> str:
    lines = [f"- `{id}`: {why}" for id, why in sorted(KNOWN_DIFFERENCES.items())] or ["None."]
    return "\n".join(["## Answers that differ", "", *lines])


def _allowed() -> str:
    lines = [f"- `{each.id}`: {each.reason}" for each in ALLOWED]
    return "\n".join([f"## What requests may differ in: {len(ALLOWED)} entries", "", *lines])


def _left_out() -> str:
    lines = [f"- {why.value}: {len(found)}" for why, found in not_counted().items()]
    return "\n".join(["## Requests that are not counted", "", *lines])
