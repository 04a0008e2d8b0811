"""Runs the tests with the lowest version of each dependency that ``pyproject.toml`` allows, extras included.

    python -m tests.versions.lowest_versions [--on VERSION] [FOLDER_OR_FILE ...]

On the lowest Python, unless another one is named. Without tests: all but those of the vendors' SDKs, which want newer
ones. Ends with 1 where tests fail.
"""

from __future__ import annotations

import argparse
import sys

from .fresh import interpreter, tested
from .project import lowest, of_tests

TESTS = ("tests", "--ignore=tests/sdk")


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--on", default="3.10", metavar="VERSION")
    reader.add_argument("tests", nargs="*")
    asked = reader.parse_args()
    python = interpreter(asked.on)
    if python is None:
        print(f"Python {asked.on} is not installed here")
        return 1
    print(*lowest(), flush=True)
    outcome = tested(python, [*of_tests(sdks=False), *lowest()], asked.tests or TESTS)
    print(f"Python {asked.on} with the lowest versions: {outcome.told}")
    return int(not outcome.is_well)


if __name__ == "__main__":
    sys.exit(main())
