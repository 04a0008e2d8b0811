"""Fuzzing guided by coverage: what no test has thought of.

    python -m benchmarks.fuzz framing|manifests|templates|decoders|all [--minutes 10]

Each target of ``tests/fuzz`` is called with inputs that atheris makes of its seeds, in a process of its own. What a
target lets out, or needs too long for, is a finding: it is told with its traceback, and its input kept in a file that
``--input FILE`` calls the target with again. Ends with 1 where there are findings.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

NAMES = ("framing", "manifests", "templates", "decoders")

LONGEST = {"framing": 400, "manifests": 8_000, "templates": 16_000, "decoders": 10_000}
"""Bytes of an input."""

PATIENCE = 20
"""Seconds after which an input is taken to hang; a whole dialect compiles in a hundredth of one."""

MEMORY = 2048
"""Megabytes that an input may make the process grow to."""

GENERATED = "<ai-lib "
"""What the file names of compiled functions begin with."""

MISSING = "atheris is not installed here: pip install 'ai-lib-python[fuzz]' (Linux and macOS; CPython 3.11 to 3.13)"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=(*NAMES, "all"))
    parser.add_argument("--minutes", type=float, default=10, help="how long each target is fuzzed (10)")
    parser.add_argument("--seed", type=int, default=1, help="what the fuzzer's choices begin with (1)")
    parser.add_argument(
        "--found", type=Path, default=ROOT / "build" / "fuzz", help="folder for inputs that are findings"
    )
    parser.add_argument("--input", type=Path, help="call the target with this file alone")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)  # in the process that fuzzes
    given = parser.parse_args()
    if given.input is not None:
        target_of(given.target).hold(given.input.read_bytes())
        return 0
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(MISSING)
        return 2
    if given.corpus is not None:
        fuzz(
            given.target,
            given.corpus,
            given.found,
            [f"-max_total_time={round(given.minutes * 60)}", f"-seed={given.seed}"],
        )
    names = NAMES if given.target == "all" else (given.target,)
    outcomes = [campaign(name, given) for name in names]  # each of them, whatever the ones before found
    return int(any(outcomes))


def target_of(name: str) -> Any:
    """The module of tests/fuzz that is called."""
    for folder in (ROOT / "tests", ROOT / "src"):
        sys.path.insert(0, str(folder))
    from fuzz.targets import TARGETS

    return TARGETS[name]


def campaign(name: str, given: argparse.Namespace) -> bool:
    """Fuzzes one target in a process of its own, and tells what came of it. Whether there were findings."""
    found = given.found / name
    found.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as corpus:
        command = [sys.executable, "-m", "benchmarks.fuzz", name, "--corpus", corpus, "--found", str(found)]
        command += ["--minutes", str(given.minutes), "--seed", str(given.seed)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        tail: list[str] = []
        for line in process.stdout or ():
            if line.startswith(("finding ", "  ")) or "ERROR" in line:
                print(line, end="", flush=True)
            tail = [*tail[-40:], line]
        process.wait()
    text = "".join(tail)
    counted = re.search(r"number_of_executed_units: (\d+)", text)
    covered = re.findall(r"cov: (\d+)", text)
    findings = sorted(set(found.iterdir()) - before)
    broken = process.returncode != 0 or counted is None
    runs = f"{int(counted[1]):,}" if counted else "an unknown number of"
    print(
        f"{name}: {runs} executions in {given.minutes:g} minutes, {covered[-1] if covered else '?'} edges covered, ",
        end="",
    )
    print(f"{len(findings)} findings{': ' if findings else ''}{', '.join(map(str, findings))}")
    if broken:
        print(f"{name}: the fuzzer ended with {process.returncode}:\n{text}")
    return broken or bool(findings)


def fuzz(name: str, corpus: Path, found: Path, options: list[str]) -> None:
    """Runs libFuzzer in this process, which it ends."""
    import atheris

    with atheris.instrument_imports(include=["ai_lib_python"]):
        target = target_of(name)
    for number, seed in enumerate(target.seeds()):
        if len(seed) <= LONGEST[name]:
            target.hold(seed)  # what the seeds compile is instrumented, too
            (corpus / f"{number:05d}").write_bytes(seed)
    _instrument_compiled(atheris.instrument_func)
    sys.path.insert(0, str(ROOT / "tests"))
    from fuzz.mutating import mutate

    def mutated(data: bytes, longest: int, seed: int) -> bytes:
        """Half of all inputs are changed in their JSON, the others as libFuzzer does."""
        return mutate(data, seed)[:longest] if seed % 2 else bytes(atheris.Mutate(data, longest))

    limits = [f"-max_len={LONGEST[name]}", f"-timeout={PATIENCE}", f"-rss_limit_mb={MEMORY}", "-print_final_stats=1"]
    command = [sys.argv[0], *options, *limits, f"-artifact_prefix={found}/", str(corpus)]
    atheris.Setup(command, _noting(target.hold, found), custom_mutator=mutated)
    atheris.Fuzz()


def _instrument_compiled(instrument: Callable[[Any], Any]) -> None:
    """Functions that were compiled from manifests are in no module; they are found among all objects."""
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(GENERATED):
            instrument(each)


def _noting(hold: Callable[[bytes], None], found: Path) -> Callable[[bytes], None]:
    """Keeps the first input of each kind of finding, and goes on."""
    known: set[str] = set()

    def held(data: bytes) -> None:
        try:
            hold(data)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)[-4:]
            kind = json.dumps([type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in frames)])
            if kind in known:
                return
            known.add(kind)
            file = found / f"{type(error).__name__}-{hashlib.sha256(data).hexdigest()[:12]}"
            file.write_bytes(data)
            print(f"finding {file}")
            print(
                "".join(f"  {line}\n" for line in "".join(traceback.format_exception(error)).splitlines()[-14:]),
                flush=True,
            )

    return held


if __name__ == "__main__":
    sys.exit(main())
