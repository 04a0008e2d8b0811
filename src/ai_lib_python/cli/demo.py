"""``ai-lib demo``: the whole guide on every wire format, over real HTTP, without a key."""

from __future__ import annotations

import asyncio
import shutil
from argparse import Namespace
from collections import Counter
from time import perf_counter

from ..errors import AiLibError, UnsupportedError
from ..simulator import ReceivedRequest, Simulator
from .catalogue import dialects
from .failures import UsageError
from .folded import as_json
from .guide import STEPS, Shown, Stage, Step, UnexpectedAnswerError
from .output import bold, dim, say

__all__ = ["run"]

PACE = 0.003
"""Seconds between the frames of a stream: enough to have a first token before the last."""

WIDEST = 110
MARGIN = "     "


def run(args: Namespace) -> int:
    """Walks through the guide; 1 if anything came back otherwise than it should."""
    return asyncio.run(_walk(_chosen(args.dialect)))


def _chosen(named: list[str] | None) -> list[str]:
    known = dialects()
    for id in named or ():
        if id not in known:
            raise UsageError(f'there is no wire format "{id}"; known are {", ".join(known)}')
    return list(dict.fromkeys(named)) if named else known


async def _walk(ids: list[str]) -> int:
    started, outcomes = perf_counter(), Counter[bool]()
    _introduce(ids)
    async with Simulator(pace=PACE) as simulator:
        for number, step in enumerate(STEPS, 1):
            _announce(number, step, ids)
            for id in ids:
                outcomes[await _show(step, id, simulator)] += 1
    say(_summary(ids, outcomes, perf_counter() - started))
    return 1 if outcomes[False] else 0


def _introduce(ids: list[str]) -> None:
    say(f"{len(STEPS)} steps of the guide, each on {_several(len(ids), 'wire format')}: {', '.join(ids)}.")
    say("The Python stays the same; each wire format has its own words for it.")
    say("All calls go over real HTTP to a simulator on this machine, which echoes: no key, no costs.")
    say()
    say("  -> what is sent    <- what comes back    == what the code prints")


def _announce(number: int, step: Step, ids: list[str]) -> None:
    say()
    say(bold(f"{number}. {step.title}"))
    say()
    for line in step.code.format(dialect=ids[0] if len(ids) == 1 else "...").splitlines():
        say(dim(f"    {line}"))


async def _show(step: Step, id: str, simulator: Simulator) -> bool:
    """One step on one wire format. Whether what came is what should come."""
    say()
    say(f"  {bold(id)}")
    before = len(simulator.requests)
    try:
        shown, right = await step.perform(Stage(id, simulator)), True
    except UnsupportedError as error:  # said before anything was sent, and rightly
        shown, right = Shown([f"(this wire format cannot say that: {error})"]), True
    except (AiLibError, UnexpectedAnswerError) as error:
        shown, right = Shown([f"FAILED: {error}"]), False
    for request in simulator.requests[before:]:
        _say_marked("->", [_start(request), *as_json(request.body, _width()).splitlines()])
    if shown.answer is not None:
        _say_marked("<-", as_json(shown.answer, _width()).splitlines())
    _say_marked("==", shown.printed)
    return right


def _start(request: ReceivedRequest) -> str:
    """Method and path; the path as a provider sees it, without the simulator's own beginning."""
    path = request.path.removeprefix(f"/{request.manifest_id}")
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    return f"{request.method} {path}{f'?{query}' if query else ''}"


def _say_marked(mark: str, lines: list[str]) -> None:
    for index, line in enumerate(lines):
        say((MARGIN if index else f"  {mark} ") + line)


def _width() -> int:
    return min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST) - len(MARGIN)


def _summary(ids: list[str], outcomes: Counter[bool], seconds: float) -> str:
    calls = sum(outcomes.values())
    result = "all as expected" if not outcomes[False] else f"{outcomes[False]} NOT as expected"
    return (
        f"\n{_several(len(STEPS), 'step')} on {_several(len(ids), 'wire format')}: "
        f"{_several(calls, 'call')}, {result}, {seconds:.1f} s"
    )


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
