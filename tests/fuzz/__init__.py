"""What the fuzzer calls, and short bursts of it for the tests."""

import sys
from pathlib import Path

TESTS = str(Path(__file__).resolve().parents[1])

if TESTS not in sys.path:
    sys.path.append(TESTS)  # the recordings are read by another folder of tests
