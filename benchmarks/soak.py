"""Calls and streams without end, many of them cancelled or left: is everything given back?

    python -m benchmarks.soak [--calls 20000] [--streams 2000] [--seed N]

Counts sockets, tasks and blocks of memory after a warm-up and at the end. Ends with 1 where anything has not returned
to where it was, or where an answer after a cancellation was not whole. Sends nothing beyond this machine.
"""

from __future__ import annotations

import argparse
import asyncio

from tests.faults.soak import soak


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls and streams that are cancelled and left.")
    parser.add_argument("--calls", type=int, default=20_000, metavar="N")
    parser.add_argument("--streams", type=int, default=2_000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    args = parser.parse_args()
    found = asyncio.run(soak(args.calls, args.streams, seed=args.seed))
    for way, count in sorted(found.ways.items()):
        print(f"{way:<28} {count:>7,}")
    for name in ("sockets", "tasks", "blocks"):
        print(f"{name:<28} {getattr(found.before, name):>12,} before {getattr(found.after, name):>12,} after")
    for problem in found.problems[:10]:
        print(problem)
    print(f"{found.seconds:.1f} s, {len(found.problems)} problems")
    return 1 if found.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
