"""Client CPU and memory of a chat call: this library, bare aiohttp + orjson, the openai SDK, litellm.

    python benchmarks/run.py [--quick] [--only NAME] [--json FILE] [--write-readme]

Starts the fake server on one core and measures on another. Each figure comes from fresh processes, one
client and one scenario each; the clients take turns within a round, so that a noisy minute of the
machine meets all of them. Sends nothing beyond 127.0.0.1 and ends by itself.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from report import Report, Samples, write_readme
from subjects import ASYNCIO, EMPTY, SCENARIOS, SUBJECTS, Effort, Scenario, Subject

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
CHILD_TIMEOUT = 120.0
CLOCKS = "import os, time; print('measured', time.process_time(), time.monotonic(), flush=True); os._exit(0)"
Named = TypeVar("Named", Scenario, Subject)


class ChildError(Exception):
    """A measured process ended with an error; the text is the end of what it wrote to stderr."""


class Runner:
    """Runs the scenarios and collects a sample a round; a client that failed is not asked again."""

    def __init__(self, server: str, quick: bool) -> None:
        self.server = server
        self.quick = quick
        self.samples: Samples = defaultdict(lambda: defaultdict(list))
        self.failures: dict[tuple[str, str], str] = {}

    def run(self, scenario: Scenario, subjects: tuple[Subject, ...]) -> None:
        """All rounds of a scenario, the clients in turn within each."""
        one_round = {"import": self.import_round, "first": self.first_round}.get(scenario.name, self.work_round)
        for _ in range(self.effort(scenario).rounds):
            one_round(scenario, subjects)

    def effort(self, scenario: Scenario) -> Effort:
        """How often the scenario is done in this run."""
        return scenario.quick if self.quick else scenario.full

    def import_round(self, scenario: Scenario, subjects: tuple[Subject, ...]) -> None:
        """CPU of the import statement in a fresh interpreter, minus an interpreter that imports nothing."""
        empty_cpu, _ = run_statement(EMPTY)
        for subject in (ASYNCIO, *subjects):
            with self.failures_noted(scenario, subject):
                cpu, _ = run_statement(subject)
                self.samples["import"][subject.name].append(cpu - empty_cpu)

    def first_round(self, scenario: Scenario, subjects: tuple[Subject, ...]) -> None:
        """CPU and wall time from the process's start to the first response, minus an empty interpreter."""
        empty_cpu, empty_wall = run_statement(EMPTY)
        for subject in subjects:
            with self.failures_noted(scenario, subject):
                started = time.monotonic()
                cpu, clock = self.measure(scenario, subject)
                self.samples["first_cpu"][subject.name].append(cpu - empty_cpu)
                self.samples["first_wall"][subject.name].append(clock - started - empty_wall)

    def work_round(self, scenario: Scenario, subjects: tuple[Subject, ...]) -> None:
        """A process for each client, warm when its clock starts."""
        for subject in subjects:
            with self.failures_noted(scenario, subject):
                self.record(scenario.name, subject.name, self.measure(scenario, subject))

    def record(self, scenario: str, subject: str, numbers: list[float]) -> None:
        """Keep a round's numbers under the row they belong to."""
        if scenario == "memory":
            peak, before = numbers
            self.samples["memory_peak"][subject].append(peak)
            self.samples["memory_growth"][subject].append(peak - before)
        else:
            self.samples[scenario][subject].append(numbers[0])

    def measure(self, scenario: Scenario, subject: Subject) -> list[float]:
        """Run measure.py for one client and one scenario."""
        if (scenario.name, subject.name) in self.failures:
            raise ChildError(self.failures[scenario.name, subject.name])
        numbers = str(scenario.repeat), str(self.effort(scenario).seconds)
        return run_child([str(HERE / "measure.py"), subject.module, scenario.name, self.server, *numbers])

    @contextmanager
    def failures_noted(self, scenario: Scenario, subject: Subject) -> Iterator[None]:
        """A client that fails loses its figure, not the others theirs."""
        try:
            yield
        except ChildError as failure:
            self.failures[scenario.name, subject.name] = str(failure)


def run_statement(subject: Subject) -> tuple[float, float]:
    """CPU and wall seconds of a fresh interpreter that runs the subject's import, its start included."""
    started = time.monotonic()
    cpu, clock = run_child(["-c", f"{subject.statement}; {CLOCKS}"])
    return cpu, clock - started


def run_child(arguments: list[str]) -> list[float]:
    """The numbers that a fresh interpreter printed. Libraries may print too; only our line counts."""
    command = [sys.executable, "-B", *arguments]
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=CHILD_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise ChildError(f"took longer than {CHILD_TIMEOUT:.0f} s") from None
    lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("measured ")]
    if done.returncode or not lines:
        raise ChildError(done.stderr.strip()[-600:] or f"exit status {done.returncode}")
    return [float(number) for number in lines[-1]]


def environment() -> dict[str, str]:
    """The environment of a measured process: this source tree, no proxies, no price map download."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    path = os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))
    return {**kept, "PYTHONPATH": path, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


def unavailable(subjects: tuple[Subject, ...]) -> dict[str, str]:
    """Import each client once, which also writes its .pyc files; those that failed, with the reason."""
    command = [sys.executable, "-c"]
    with ExitStack() as stack:
        imports = {
            one.name: stack.enter_context(
                subprocess.Popen([*command, one.statement], env=environment(), stderr=subprocess.PIPE, text=True)
            )
            for one in subjects
        }
        reasons = {name: process.communicate()[1].strip() for name, process in imports.items()}
    return {name: reasons[name].splitlines()[-1] for name, process in imports.items() if process.returncode}


def choose_cores() -> tuple[int | None, int | None]:
    """A core for the client and another for the server; None where the system cannot pin or has one."""
    if not hasattr(os, "sched_setaffinity"):
        return None, None
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[-1]) if len(cores) > 1 else (None, None)


@contextmanager
def fake_server(core: int | None) -> Iterator[str]:
    """The server's address. It ends when its standard input closes, even if this process is killed."""
    command = [sys.executable, str(HERE / "fake_server.py"), *([] if core is None else ["--core", str(core)])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


def pin_to(core: int | None) -> None:
    """Stay on this core; the measured processes inherit it, and this one sleeps while they run."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def arguments() -> argparse.Namespace:
    """The command line."""
    names = [one.name for one in (*SCENARIOS, *SUBJECTS)]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="about a minute: one round, no memory, more noise")
    parser.add_argument("--only", action="append", default=[], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    parser.add_argument("--write-readme", action="store_true", help="write the tables into README.md")
    return parser.parse_args()


def selected(all_of_a_kind: tuple[Named, ...], only: list[str]) -> tuple[Named, ...]:
    """Those that --only names; all of them when it names none of this kind."""
    return tuple(one for one in all_of_a_kind if one.name in only) or all_of_a_kind


def run_all(subjects: tuple[Subject, ...], scenarios: tuple[Scenario, ...], quick: bool) -> Runner:
    """Start the server, run every scenario, stop the server."""
    client_core, server_core = choose_cores()
    with fake_server(server_core) as address:
        pin_to(client_core)
        runner = Runner(address, quick)
        for scenario in scenarios:
            print(f"measuring {scenario.name} ...", file=sys.stderr, flush=True)
            runner.run(scenario, subjects)
    return runner


def main() -> None:
    """Measure and report."""
    options = arguments()
    subjects, scenarios = selected(SUBJECTS, options.only), selected(SCENARIOS, options.only)
    missing = unavailable(subjects)
    present = tuple(subject for subject in subjects if subject.name not in missing)
    runner = run_all(present, scenarios, options.quick)
    report = Report(runner.samples, subjects, options.quick)
    print(report.as_text())
    for name, reason in missing.items():
        print(f"\n{name} is not here: {reason}")
    for (scenario, name), reason in runner.failures.items():
        print(f"\n{name} failed in {scenario}: {reason}")
    if options.json:
        options.json.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    if options.write_readme:
        write_readme(report)


if __name__ == "__main__":
    main()
