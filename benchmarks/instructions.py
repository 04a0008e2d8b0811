"""Instructions of a call and of a chunk, counted by valgrind: where seconds are too noisy to compare two states.

    python benchmarks/instructions.py [FOLDER ...]

FOLDER is the `src` of another state, such as that of `git worktree add ../before REVISION`; it is compared with this
one, and all with aiohttp + orjson by hand. Counted are the instructions of the client's process, those of its libraries
and of the interpreter included, but nothing of the kernel; each count is the difference of two processes that do the
same a different number of times. It repeats within one in a hundred. valgrind must be installed.
"""

import argparse
import asyncio
import gc
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from run import HERE, SOURCE, fake_server
from workload import STREAMS

TIMES = {"sequential": (100, 400), "single": (2, 10), "burst": (4, 20)}
"""How often each process does what is counted."""

UNITS = {"sequential": 1, "single": STREAMS["single"].events, "burst": STREAMS["burst"].events}
"""Into how many each of those is divided."""

COLLECTED = re.compile(r"Collected : (\d+)")


async def work(client_name: str, scenario: str, server: str, times: int) -> None:
    """What a counted process does. The heap that stands before is left out of garbage collections, big as it is."""
    client = await import_module(f"clients.{client_name}").Client.create(f"{server}/{scenario}/v1")
    one = client.call if scenario == "sequential" else client.stream
    await one()
    gc.collect()
    gc.freeze()
    for _ in range(times):
        await one()
    await client.close()


def counted(source: Path, client: str, scenario: str, server: str) -> float:
    """Instructions of one call, or of one chunk."""
    children = [_begun(source, client, scenario, server, times) for times in TIMES[scenario]]
    fewer, more = (_collected(child) for child in children)
    few, many = TIMES[scenario]
    return (more - fewer) / (many - few) / UNITS[scenario]


def _begun(source: Path, client: str, scenario: str, server: str, times: int) -> "subprocess.Popen[str]":
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command = [*valgrind, sys.executable, str(HERE / "instructions.py"), "--work", client, scenario, server, str(times)]
    environment = {**os.environ, "PYTHONPATH": str(source.resolve()), "PYTHONHASHSEED": "0"}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def _collected(child: "subprocess.Popen[str]") -> int:
    said = child.communicate()[1]
    found = COLLECTED.search(said)
    if child.returncode != 0 or found is None:
        raise SystemExit(f"a counted process has failed:\n{said[-2000:]}")
    return int(found[1])


def main() -> None:
    """Counts, and prints a line for each state."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="the src of another state")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        client, scenario, server, times = arguments.work
        asyncio.run(work(client, scenario, server, int(times)))
        return
    states = [("aiohttp + orjson", SOURCE, "bare"), ("this one", SOURCE, "ours")]
    states += [(str(folder), folder, "ours") for folder in arguments.folders]
    print(f"{'thousand instructions':>32}" + "".join(f"{scenario:>12}" for scenario in TIMES))
    with fake_server(None) as server:
        for title, source, client in states:
            counts = [counted(source, client, scenario, server) for scenario in TIMES]
            print(f"{title[-32:]:>32}" + "".join(f"{count / 1000:12,.1f}" for count in counts), flush=True)


if __name__ == "__main__":
    main()
