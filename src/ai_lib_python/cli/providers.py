"""``ai-lib providers``: who can be asked, and how to start."""

from __future__ import annotations

from argparse import Namespace
from typing import NamedTuple

from .._engine.keys import key_variables
from .._manifest import folders
from .._manifest.load import load
from ..errors import AiLibError
from .catalogue import example, key_in_use
from .catalogue_page import page
from .output import bold, say, say_json, table, tell
from .page import sections

__all__ = ["run", "run_show"]


class _Row(NamedTuple):
    """A provider in the list. ``problem`` says why its manifest cannot be loaded."""

    id: str
    name: str = ""
    status: str = ""
    dialect: str = ""
    keys: tuple[str, ...] = ()
    key_set: str | None = None
    needs_key: bool = True
    example: str | None = None
    problem: str | None = None


def run(args: Namespace) -> int:
    """Lists all providers."""
    if args.markdown:
        say(page().rstrip())
        return 0
    rows = [_row(id) for id in folders.known_ids()]
    if args.json:
        say_json([row._asdict() for row in rows])
        return 0
    table([("ID", "NAME", "STATUS", "DIALECT", "KEY", "VARIABLES"), *map(_cells, rows)])
    for row in rows:
        if row.problem:
            tell(f"ai-lib: {row.problem}")
    return 0


def _row(id: str) -> _Row:
    try:
        manifest = load(id)
    except AiLibError as error:
        return _Row(id, status="broken", problem=error.message)
    return _Row(
        id,
        manifest.name,
        manifest.status.state,
        manifest.dialect,
        tuple(key_variables(manifest)),
        key_in_use(manifest),
        manifest.needs_key,
        example(manifest),
    )


def _cells(row: _Row) -> tuple[str, ...]:
    return row.id, row.name, row.status, row.dialect, _key_state(row), ", ".join(row.keys)


def _key_state(row: _Row) -> str:
    if row.key_set:
        return "set"
    if row.problem:
        return "?"
    return "-" if row.needs_key else "not needed"


def run_show(args: Namespace) -> int:
    """Prints everything that a person needs to start with one provider."""
    manifest = load(args.id)
    if manifest.kind == "dialect":
        tell(f"{manifest.id} is a wire format, not a provider; `ai-lib manifest show {manifest.id}` prints it")
    say(f"{bold(manifest.name)} ({manifest.id})")
    for title, lines in sections(manifest):
        if lines:
            say()
            say(bold(title))
            for line in lines:
                say(f"  {line}".rstrip())
    return 0
