"""Runs tests on every Python that is installed here, from 3.10 to 3.14, each in a fresh environment.

    python -m tests.loops.each_python [FOLDER_OR_FILE ...]

Without arguments: what depends most on the interpreter. Pythons are looked for on the PATH, as ``python3.X``, and among
those of pyenv. Ends with 1 where tests fail, or where none was found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

NEEDED = (
    ".[aws,google,keyring,prices]", "pytest>=8", "pytest-asyncio>=0.24", "pytest-timeout>=2.3", "pytest-xdist>=3.6",
    "hypothesis>=6.100", "jsonschema>=4.20", "rich>=13", "trio>=0.25", "trustme>=1",
    "uvloop>=0.19; sys_platform != 'win32'",
)  # fmt: skip
"""What these tests need: the SDKs of the vendors are for other ones."""

RELIABILITY = ("connections", "deadlines", "fallback", "hostile_servers", "interrupt", "leaving", "limited_calls",
               "limits", "retries", "stream")  # fmt: skip

TESTS = (
    "tests/loops", "tests/test_sync.py", "tests/typed", "tests/examples", "tests/faults",
    *(f"tests/engine/test_{name}.py" for name in RELIABILITY),
)  # fmt: skip
"""What depends most on the interpreter: tasks and their cancellation, loops, threads, forks, types as written."""


def found(version: str) -> str | None:
    """An interpreter of that version that runs."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = shutil.which(f"python{version}")
    for candidate in (*sorted(map(str, pyenv.glob(f"{version}.*/bin/python")), reverse=True), named):
        if candidate is not None and _says(candidate) == version:
            return candidate
    return None


def _says(python: str) -> str | None:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else None


def run(python: str, tests: list[str]) -> str:
    """The last line of the tests, in an environment that is made for them."""
    with tempfile.TemporaryDirectory(prefix="each-python-") as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        inside = str(Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python")
        installed = subprocess.run(
            [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDED], cwd=ROOT, check=False
        )
        if installed.returncode != 0:
            return "failed: its packages could not be installed"
        command = [inside, "-m", "pytest", *tests, "--tb=short", "-n", "2"]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            print(result.stdout[-6000:])
        return result.stdout.strip().rpartition("\n")[2] or result.stderr.strip()[-300:]


def main() -> int:
    tests = sys.argv[1:] or list(TESTS)
    outcomes = []
    for version in VERSIONS:
        python = found(version)
        outcome = "not installed here" if python is None else run(python, tests)
        outcomes.append(outcome)
        print(f"Python {version}: {outcome}", flush=True)
    ran = [outcome for outcome in outcomes if outcome != "not installed here"]
    return int(not ran or any("failed" in outcome or "error" in outcome for outcome in ran))


if __name__ == "__main__":
    sys.exit(main())
