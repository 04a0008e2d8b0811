"""``ai-lib manifest``: check, show and compile manifests."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

from .._compile.program import Program
from .._manifest import yaml_source
from .._manifest.check import problems
from .._manifest.load import load, load_file, misnamed
from .._manifest.manifest import Manifest
from ..errors import ManifestError
from .folded import as_yaml
from .output import say, tell

__all__ = ["run_check", "run_compile", "run_show"]

FIRST = ("id", "kind", "name", "status", "docs", "checked", "confidence", "endpoint", "auth", "parameters")
"""What people look for comes first."""

ENDINGS = (".yaml", ".yml")


def run_check(args: Namespace) -> int:
    """Tells everything that is wrong with the files; 1 if anything is."""
    found = 0
    for name in args.files:
        told = [_placed(problem, Path(name)) for problem in dict.fromkeys(_problems(Path(name)))]
        for problem in told:
            say(problem)
        if not told:
            say(f"{name}: fine")
        found += len(told)
    if found:
        tell(f"{found} problem{'s' if found > 1 else ''}")
    return 1 if found else 0


def _placed(problem: str, path: Path) -> str:
    """The problem with the whole path of the file, as it was typed, so that editors find it."""
    if problem.startswith(f"{path.name}:"):
        return f"{path}{problem[len(path.name) :]}"
    return problem if problem.startswith(f"{path}:") else f"{problem} (inherited by {path})"


def _problems(path: Path) -> Iterator[str]:
    """First what the schema says; if nothing, what inheriting says; if nothing, what compiling says."""
    try:
        document = yaml_source.read(path)
    except ManifestError as error:
        yield error.message
        return
    wrong = sorted(problems(document), key=_line)
    yield from wrong
    if wrong:
        return
    if problem := misnamed(document, path):
        yield problem
    try:
        manifest = load_file(path)
    except ManifestError as error:
        yield error.message
        return
    try:
        variants = [manifest, *manifest.for_all_apis()]
    except ManifestError as error:
        yield error.message
        return
    for variant in variants:
        for version in (variant, *variant.for_all_models()):
            yield from _compile_problems(version)


def _line(problem: str) -> int:
    """The line that a problem stands in; 0 where it tells none."""
    found = re.match(r"[^:]*:([0-9]+):", problem)
    return int(found[1]) if found else 0


def _compile_problems(manifest: Manifest) -> Iterator[str]:
    """What compiling says. Each function is made by itself, so that each can tell its own problem."""
    return filter(None, (_problem_of(write) for _, write in Program(manifest).writers()))


def _problem_of(write: Callable[[], object]) -> str | None:
    try:
        write()
    except ManifestError as error:
        return error.message
    return None


def run_show(args: Namespace) -> int:
    """Prints a manifest with everything inherited, as a manifest that inherits nothing."""
    manifest = _found(args.id, args.model, args.api)
    order = [*FIRST, *manifest.data]
    data = {key: manifest.data[key] for key in order if key in manifest.data and key != "extends"}
    say(f"# {manifest.id}, with everything inherited{_lineage(manifest)}")
    say(as_yaml(data, comment=_origins(manifest) if args.origins else None))
    return 0


def _lineage(manifest: Manifest) -> str:
    parent = manifest.data.get("extends")
    if parent is None:
        return ""
    root = f", of the dialect {manifest.dialect}" if parent != manifest.dialect else ""
    return f" from {parent}{root}"


def _origins(manifest: Manifest) -> Callable[[tuple[str | int, ...]], str]:
    """Where an entry was written, told where that is elsewhere than what it stands in."""

    def origin(path: tuple[str | int, ...]) -> str:
        where = manifest.where(path)
        above = manifest.where(path[:-1])
        return where if len(path) == 1 or where.partition(":")[0] != above.partition(":")[0] else ""

    return origin


def run_compile(args: Namespace) -> int:
    """Prints the functions that are made from a manifest."""
    manifest = _found(args.id, args.model, args.api)
    if not manifest.has_chat:
        tell(f"{manifest.name} has no chat API: there is nothing to compile")
        return 1
    say(Program(manifest).source().rstrip())
    return 0


def _found(id: str, model: str | None, api: str | None) -> Manifest:
    """The manifest of that id, or in that file, of one of its APIs, with the rules of a model."""
    is_file = id.endswith(ENDINGS) or Path(id).name != id
    manifest = load_file(id) if is_file else load(id)
    if api is not None:
        manifest = manifest.for_api(api)
    return manifest if model is None else manifest.for_model(model)
