"""``docs/features.md``: what each wire format carries, made of the outcomes of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from .features import FEATURES
from .outcomes import Outcomes
from .trial import CHANGED, EMULATED, LACKING, LEFT_OUT, REFUSED, YES, Feature

PAGE = Path(__file__).parents[2] / "docs" / "features.md"

SIGNS = {YES: "yes", CHANGED: "adapted", EMULATED: "emulated", LEFT_OUT: "told", REFUSED: "error", LACKING: "-"}

HEAD = """# Features

What each wire format carries. Every cell is a test that asks through the public client, over HTTP, against the
simulator. That reads and writes the format by itself, refuses what the real API would refuse, and keeps the bodies that
were sent (`tests/features/outcomes`). This page is made of the outcomes by `python -m tests.features.update`.

| sign | what it means |
|---|---|
| yes | it goes out and comes back |
| adapted | it goes out in a form that this wire takes, and `response.adjustments` tell what was changed |
| emulated | the wire does not have it and is asked in another way; `response.adjustments` tell which |
| told | it is left out, and `response.adjustments` tell why |
| error | the request is refused before anything is sent, with an `UnsupportedError` that names it |
| - | the wire's answers have no place for it |

A provider may take less than its format, or more: see [providers](providers.md), or ask `client.capabilities`. What
does not depend on the wire (costs, budgets, previews, capabilities) is in no row.
"""


def page(outcomes: dict[str, Outcomes]) -> str:
    """The whole page, of the outcomes by dialect."""
    return "\n".join([HEAD, *_tables(outcomes), *_reasons(outcomes)])


def _tables(outcomes: dict[str, Outcomes]) -> Iterator[str]:
    for group, features in groupby(FEATURES, key=lambda feature: feature.group):
        yield f"## {group}\n"
        yield f"| | {' | '.join(outcomes)} |"
        yield f"|---|{'---|' * len(outcomes)}"
        for feature in features:
            signs = (SIGNS[each[feature.id].state] for each in outcomes.values())
            yield f"| {feature.name} | {' | '.join(signs)} |"
        yield ""


def _reasons(outcomes: dict[str, Outcomes]) -> Iterator[str]:
    yield "## Why not\n"
    yield "What is adapted, emulated, left out or refused, and the reason that the client gives."
    for dialect, found in outcomes.items():
        yield f"\n### {dialect}\n"
        yield from _reasons_of(found)
    yield ""


def _reasons_of(found: Outcomes) -> Iterator[str]:
    by_reason: dict[str, list[Feature]] = {}
    for feature in FEATURES:
        outcome = found[feature.id]
        if outcome.state != YES:
            by_reason.setdefault(f"{SIGNS[outcome.state]}: {'; '.join(outcome.why)}", []).append(feature)
    for reason, features in by_reason.items():
        yield f"- {', '.join(feature.name for feature in features)}: {reason.removeprefix('-: ')}"
