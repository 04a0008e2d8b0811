"""What goes wrong on the way of an answer, thousands of times, each decided by a number.

    python -m benchmarks.faults --seeds 10000 [--first S] [--workers N]

Every run must end in success with exactly the scripted text and calls, or in an error of the library whose partial is
a beginning of them. A share of them may be tried again, or has another client that stands in: the server must see no
more requests than that allows, and the ledger must have each. Prints how each kind of fault ended; ends with 1 where
anything was wrong, and says how to run that number alone. Sends nothing beyond this machine.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict

from tests.faults.campaign import WORKERS, Report, campaign

from ai_lib_python.simulator import FAULTS

SHOWN = 10
"""Findings that are printed in full."""


def main() -> int:
    parser = argparse.ArgumentParser(description="A campaign of faults, by seeds.")
    parser.add_argument("--seeds", type=int, default=1000, metavar="N", help="how many runs")
    parser.add_argument("--first", type=int, default=0, metavar="S", help="the first seed")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="runs at a time")
    args = parser.parse_args()
    report = campaign(range(args.first, args.first + args.seeds), workers=min(args.workers, args.seeds))
    print_table(report)
    for finding in report.findings[:SHOWN]:
        where = "somewhere" if finding.seed < 0 else f"python -m benchmarks.faults --seeds 1 --first {finding.seed}"
        print(f"\n{where}\n  {finding.what}\n{finding.shown if args.seeds == 1 else ''}")
    print(f"\n{report.runs} runs in {report.seconds:.1f} s, {len(report.findings)} findings")
    return 1 if report.findings else 0


def print_table(report: Report) -> None:
    """Kind by kind, the ways in which it ended."""
    ways: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
    for (kind, streamed, outcome), count in report.outcomes.items():
        ways[kind, streamed][outcome] += count
    for kind in FAULTS:
        for streamed in (False, True):
            ended = ", ".join(f"{outcome} {count}" for outcome, count in ways[kind, streamed].most_common())
            print(f"{kind:<13} {'stream' if streamed else 'plain':<7} {ended}")


if __name__ == "__main__":
    raise SystemExit(main())
