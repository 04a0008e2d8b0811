"""From samples to tables: the text table, the Markdown table of the README, the JSON file."""

import datetime
import os
import platform
import runpy
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from subjects import ASYNCIO, GOALS, ROWS, SUBJECTS, Goal, Row, Subject

HERE = Path(__file__).parent
MARKERS = ("<!-- table: written by run.py --write-readme -->", "<!-- end of table -->")
Samples = dict[str, dict[str, list[float]]]
"""Row name, then subject name, to a value a round, in seconds or bytes."""


class Report:
    """The samples of one run, and everything that is said about them."""

    def __init__(self, samples: Samples, subjects: tuple[Subject, ...], quick: bool) -> None:
        self.samples = samples
        self.subjects = subjects
        self.rows = [row for row in ROWS if row.name in samples]
        self.quick = quick

    def value(self, row: Row, subject: str) -> float | None:
        """The figure of a row for a client: its best round or the median of its rounds."""
        rounds = self.samples.get(row.name, {}).get(subject)
        if not rounds:
            return None
        return min(rounds) if row.best else median(rounds)

    def ratio(self, row: Row, subject: str, reference: str) -> float | None:
        """How many times the reference's figure."""
        value, base = self.value(row, subject), self.value(row, reference)
        return value / base if value is not None and base else None

    def cell(self, row: Row, subject: Subject) -> str:
        """`123 µs (1.20x)`, or `-` where there is no figure."""
        value = self.value(row, subject.name)
        if value is None:
            return "-"
        figure = f"{figures(value * row.scale)} {row.unit}"
        ratio = self.ratio(row, subject.name, reference_of(row))
        return figure if ratio is None else f"{figure} ({ratio:.2f}x)"

    def title(self, row: Row) -> str:
        """The row's title; the import row names the figure that it is compared with."""
        base = self.value(row, ASYNCIO.name)
        return row.title if base is None else f"{row.title} (`import asyncio`: {figures(base * row.scale)} {row.unit})"

    def table(self) -> list[list[str]]:
        """Header and rows, as text."""
        header = ["", *(subject.title for subject in self.subjects)]
        return [
            header,
            *([self.title(row), *(self.cell(row, one) for one in self.subjects)] for row in self.rows),
        ]

    def goals(self) -> list[list[str]]:
        """Header and one line a goal whose figures were measured."""
        lines = [(goal, self.goal_ratio(goal)) for goal in GOALS]
        measured = [goal_line(goal, ratio) for goal, ratio in lines if ratio is not None]
        return [["goal for ai_lib_python", "at most", "measured", ""], *measured] if measured else []

    def goal_ratio(self, goal: Goal) -> float | None:
        """The ratio that the goal is about."""
        return self.ratio(row_named(goal.row), "ours", goal.reference)

    def as_text(self) -> str:
        """What the terminal shows."""
        return "\n\n".join([machine_line(), aligned(self.table()), aligned(self.goals())])

    def as_markdown(self) -> str:
        """What the README shows."""
        mode = " A `--quick` run: one round, no memory, more noise." if self.quick else ""
        about = f"{datetime.date.today().isoformat()}, {machine_line()}. {versions_line()}.{mode}"
        return "\n\n".join([about, markdown(self.table()), markdown(self.goals())])

    def as_json(self) -> dict[str, Any]:
        """Every sample, for comparisons between runs."""
        return {
            "date": datetime.date.today().isoformat(),
            "machine": machine_line(),
            "versions": versions(),
            "quick": self.quick,
            "figures": {row.name: {one: self.value(row, one) for one in self.samples[row.name]} for row in self.rows},
            "samples": self.samples,
        }


def reference_of(row: Row) -> str:
    """Whose figure is 1.00x."""
    return ASYNCIO.name if row.name == "import" else "bare"


def row_named(name: str) -> Row:
    """The row of that name."""
    return next(row for row in ROWS if row.name == name)


def goal_line(goal: Goal, ratio: float) -> list[str]:
    """What is compared, the limit, the ratio and the verdict."""
    titles = {subject.name: subject.title for subject in (*SUBJECTS, ASYNCIO)}
    row = row_named(goal.row)
    what = f"{row.title}, to {titles[goal.reference]}"
    return [what, f"{goal.limit:.1f}x", f"{ratio:.2f}x", "met" if ratio <= goal.limit else "MISSED"]


def figures(value: float) -> str:
    """Three significant figures, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def aligned(table: list[list[str]]) -> str:
    """Columns padded for a terminal: the first to the left, figures to the right."""
    if not table:
        return ""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(aligned_line(line, widths) for line in table)


def aligned_line(line: list[str], widths: list[int]) -> str:
    """One line of `aligned`."""
    rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join([line[0].ljust(widths[0]), *rest]).rstrip()


def markdown(table: list[list[str]]) -> str:
    """A Markdown table with right-aligned figures."""
    if not table:
        return ""
    header, *lines = table
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))


def machine_line() -> str:
    """Processor, cores, memory, system and Python."""
    cores = f"{os.cpu_count()} cores"
    system = f"{platform.system()} {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ", ".join(filter(None, [processor(), cores, memory_size(), system, python]))


def processor() -> str:
    """The processor's name as Linux tells it, else as Python does."""
    return proc_field("/proc/cpuinfo", "model name") or platform.processor()


def memory_size() -> str:
    """The machine's memory, where Linux tells it."""
    kibibytes = proc_field("/proc/meminfo", "MemTotal").split()
    return f"{int(kibibytes[0]) / 2**20:.0f} GiB" if kibibytes else ""


def proc_field(file: str, field: str) -> str:
    """The value of the first line `field: value` of a /proc file; empty where there is none."""
    try:
        lines: Iterable[str] = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), "")


def versions() -> dict[str, str]:
    """The version of each measured package that is installed; our own is read from the source tree."""
    ours = runpy.run_path(str(HERE.parent / "src" / "ai_lib_python" / "_version.py"))["__version__"]
    packages = dict.fromkeys(package for subject in SUBJECTS for package in subject.packages)
    found = {package: installed_version(package) for package in packages}
    return {"ai_lib_python": ours, **{package: version for package, version in found.items() if version}}


def installed_version(package: str) -> str:
    """The version that pip knows, or an empty string."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def versions_line() -> str:
    """`aiohttp 3.14, orjson 3.13, ...`"""
    return ", ".join(f"{package} {version}" for package, version in versions().items())


def write_readme(report: Report) -> None:
    """Replace what stands between the markers of the README with this run's tables."""
    readme = HERE / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(MARKERS[0])
    _, _, after = rest.partition(MARKERS[1])
    text = f"{before}{MARKERS[0]}\n\n{report.as_markdown()}\n\n{MARKERS[1]}{after}"
    readme.write_text(text, encoding="utf-8")
