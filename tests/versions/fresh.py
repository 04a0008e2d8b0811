"""Runs tests in an environment that is made for them, and gone behind them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .project import ROOT

SHOWN = 6000
"""Letters of what failed tests have said, the last ones."""


class Outcome(NamedTuple):
    """How tests ended: whether all is well, and their last line."""

    is_well: bool
    told: str


def interpreter(version: str) -> str | None:
    """An interpreter of a version such as ``3.12`` that runs: one of pyenv's, or one on the PATH."""
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


def tested(python: str, packages: Sequence[str], tests: Sequence[str]) -> Outcome:
    """Installs the packages for that interpreter, and nothing that they do not need, and runs the tests."""
    with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        inside = str(Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python")
        without = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it is the installed one
        install = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        if subprocess.run(install, cwd=ROOT, env=without, check=False).returncode != 0:
            return Outcome(False, "failed: its packages could not be installed")
        command = [inside, "-m", "pytest", *tests, "--tb=short", "-n", "2"]
        result = subprocess.run(command, cwd=ROOT, env=without, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        print(result.stdout[-SHOWN:])
    return Outcome(result.returncode == 0, result.stdout.strip().rpartition("\n")[2] or result.stderr.strip()[-300:])
