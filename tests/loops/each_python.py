"""Runs tests on every Python that is installed here, from 3.10 to 3.14, each in a fresh environment.

    python -m tests.loops.each_python [--on VERSION ...] [--all] [FOLDER_OR_FILE ...]

Without arguments: what depends most on the interpreter; with ``--all`` all tests, those of the vendors' SDKs too.
Pythons are looked for among those of pyenv, and on the PATH as ``python3.X``. Ends with 1 where tests fail, or where
none was found.
"""

from __future__ import annotations

import argparse
import sys

from ..versions.fresh import Outcome, interpreter, tested
from ..versions.project import of_tests

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

RELIABILITY = ("connections", "deadlines", "fallback", "hidden_keys", "hostile_servers", "interrupt", "leaving",
               "limited_calls", "limits", "planted_key", "retries", "stream")  # fmt: skip

TESTS = (
    "tests/loops", "tests/test_sync.py", "tests/typed", "tests/examples", "tests/faults",
    *(f"tests/engine/test_{name}.py" for name in RELIABILITY),
)  # fmt: skip
"""What depends most on the interpreter: tasks and their cancellation, loops, threads, forks, types as written, and the
frames of tracebacks, which may hold keys."""


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--on", action="append", choices=VERSIONS, metavar="VERSION")
    reader.add_argument("--all", action="store_true")
    reader.add_argument("tests", nargs="*")
    asked = reader.parse_args()
    tests = asked.tests or (["tests"] if asked.all else TESTS)
    outcomes: list[Outcome] = []
    for version in asked.on or VERSIONS:
        python = interpreter(version)
        if python is not None:
            outcomes.append(tested(python, of_tests(sdks=asked.all), tests))
        print(f"Python {version}: {outcomes[-1].told if python else 'not installed here'}", flush=True)
    return int(not outcomes or not all(outcome.is_well for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
