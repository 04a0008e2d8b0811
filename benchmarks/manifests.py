"""What it takes to load and compile manifests: all of them in one process, and each alone in a fresh one.

    python benchmarks/manifests.py

Compiled is all that a client runs: the encoder, both readers, the classifier, the router. The time is wall time, the
library's own modules imported before. Ends with 1 where a budget is not kept.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median

SOURCE = Path(__file__).parent.parent / "src"
ALL_BUDGET = 1500.0
"""Milliseconds for all manifests in one process."""
ONE_BUDGET = 30.0
"""Milliseconds for one manifest in a process that has loaded none."""

MEASURED = """
import sys
sys.path.insert(0, {source!r})
from time import perf_counter
import yaml
from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.folders import known_ids
from ai_lib_python._manifest.load import load
ids = {ids!r} or known_ids()
started = perf_counter()
for id in ids:
    manifest = load(id)
    if manifest.has_chat:
        program = Program(manifest)
        program.encode, program.read_response, program.read_frame, program.classify, program.route
print((perf_counter() - started) * 1000, *known_ids())
"""


def measured(*ids: str) -> tuple[float, list[str]]:
    """Milliseconds for these manifests, or for all; and which there are."""
    code = MEASURED.format(source=str(SOURCE), ids=list(ids))
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]), out[1:]


def main() -> int:
    """Measures and prints; 1 where a budget is not kept."""
    together, ids = min((measured() for _ in range(3)), key=lambda one: one[0])
    alone = {id: min(measured(id)[0] for _ in range(2)) for id in ids}
    slowest = max(alone, key=alone.__getitem__)
    print(f"all {len(ids)} manifests, loaded and compiled: {together:.0f} ms (budget {ALL_BUDGET:.0f} ms)")
    print(
        f"one alone, cold: {median(alone.values()):.1f} ms, "
        f"the slowest ({slowest}) {alone[slowest]:.1f} ms (budget {ONE_BUDGET:.0f} ms)"
    )
    return int(together > ALL_BUDGET or alone[slowest] > ONE_BUDGET)


if __name__ == "__main__":
    raise SystemExit(main())
