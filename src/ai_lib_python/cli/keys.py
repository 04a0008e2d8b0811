"""``ai-lib keys``: keys in the keyring of the system, and where each provider's key comes from."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import NamedTuple

from .._engine import keyring_keys
from .._engine.hosts import may_have_key
from .._manifest import folders
from .._manifest.load import load
from .._manifest.manifest import Manifest
from .._wire.auth import check_header_value
from ..errors import ManifestError
from .catalogue import key_in_use
from .failures import UsageError
from .output import say, say_json, table, tell

__all__ = ["run_list", "run_remove", "run_set"]

KEYRING = "keyring"


class _Row(NamedTuple):
    """A provider that has a key: where the one that is used comes from, and whether one is in the keyring as well."""

    id: str
    source: str
    is_kept: bool


def run_set(args: Namespace) -> int:
    """Keeps a key, which is typed without an echo or piped in."""
    if args.surplus:
        raise UsageError(
            "a key is no argument: it would stay in the shell's history, and every process could see it. "
            f"Type it when asked, or pipe it in: ai-lib keys set {args.id} < file"
        )
    manifest = _taking_a_key(args.id)
    key = _read(manifest)
    check_header_value(key)
    keyring_keys.keep(manifest, key)
    say(f"kept; {manifest.name} is asked with it where no api_key= is given{_shadow(manifest)}")
    if not may_have_key(manifest, manifest.endpoint.base_url or ""):
        tell(f"ai-lib: {manifest.name} has no host of its own, so this key goes nowhere by itself: pass api_key=...")
    return 0


def _taking_a_key(id: str) -> Manifest:
    """The provider of that id or alias, if a key can be kept for it."""
    manifest = load(id)
    if keyring_keys.way_of_keys(manifest) is not None:
        return manifest
    if not manifest.needs_key:
        raise UsageError(f"{manifest.name} needs no key; where yours wants one, set its variable or pass api_key=...")
    raise UsageError(
        f"{manifest.name} takes no key of one text: `ai-lib providers show {manifest.id}` says what it does"
    )


def _read(manifest: Manifest) -> str:
    if sys.stdin is not None and not sys.stdin.isatty():
        key = sys.stdin.read().strip()
    else:
        from getpass import getpass  # for who types

        key = getpass(f"Key of {manifest.name} (it is not shown): ").strip()
    if not key:
        raise UsageError("there is no key: nothing was kept")
    return key


def _shadow(manifest: Manifest) -> str:
    variable = key_in_use(manifest)
    return f". Now {variable} is set, and comes first" if variable else ""


def run_list(args: Namespace) -> int:
    """Tells which providers have a key, and where it comes from; never the key."""
    has_keyring = keyring_keys.is_installed()
    rows = [row for id in folders.known_ids() if (row := _row(id, has_keyring=has_keyring))]
    if args.json:
        say_json([row._asdict() for row in rows])
    elif rows:
        table([("PROVIDER", "KEY FROM"), *map(_cells, rows)])
    else:
        say("no provider has a key: set a variable of `ai-lib providers`, or `ai-lib keys set PROVIDER`")
    if not has_keyring:
        tell(f"ai-lib: without a keyring, keys are read from environment variables alone: {keyring_keys.EXTRA}")
    return 0


def _row(id: str, *, has_keyring: bool) -> _Row | None:
    try:
        manifest = load(id)
    except ManifestError:  # `ai-lib providers` tells of it
        return None
    takes = has_keyring and keyring_keys.way_of_keys(manifest) is not None
    is_kept = takes and keyring_keys.kept(manifest) is not None
    source = key_in_use(manifest) or (KEYRING if is_kept else None)
    return None if source is None else _Row(id, source, is_kept)


def _cells(row: _Row) -> tuple[str, str]:
    both = row.is_kept and row.source != KEYRING
    return row.id, f"{row.source} (the one in the keyring waits)" if both else row.source


def run_remove(args: Namespace) -> int:
    """Takes a key out of the keyring; 1 where there was none."""
    manifest = _taking_a_key(args.id)
    if keyring_keys.kept(manifest) is None:
        tell(f"ai-lib: no key of {manifest.name} is in the keyring")
        return 1
    keyring_keys.forget(manifest)
    variable = key_in_use(manifest)
    say(f"removed{f'; {variable} is still set' if variable else ''}")
    return 0
