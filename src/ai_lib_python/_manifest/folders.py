"""Where manifests are found: the caller's folder, the folders of ``AI_LIB_MANIFESTS``, the bundled ones.

A file is found by its stem, which is the manifest's id. The first folder that has it wins, so a user may
put a manifest of their own in the place of a bundled one.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .._spelling import nearest
from ..errors import UnknownModelError
from . import yaml_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "BUNDLED",
    "VARIABLE",
    "aliases",
    "bundled_dialects",
    "bundled_providers",
    "candidates",
    "every_id",
    "find",
    "is_bundled",
    "known_ids",
    "search_path",
]

VARIABLE = "AI_LIB_MANIFESTS"
"""The environment variable that names folders of manifests, parted as ``PATH`` is."""

_MANIFESTS = Path(__file__).parent.parent / "manifests"
_PROVIDERS = _MANIFESTS / "providers"
_DIALECTS = _MANIFESTS / "dialects"

BUNDLED = (_PROVIDERS, _DIALECTS)
"""The folders that come with the library."""

_ENDINGS = (".yaml", ".yml")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_CALLED = re.compile(r"^id:\s*[\"']?([a-z0-9._-]+)", re.MULTILINE)
_IS_DIALECT = re.compile(r"^kind:\s*[\"']?dialect\b", re.MULTILINE)


def search_path(extra_dirs: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The folders to look in, in order; ``extra_dirs`` come before all others."""
    named = [Path(name).absolute() for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    return (*extra_dirs, *named, *BUNDLED)


def find(id: str, extra_dirs: Sequence[Path] = ()) -> Path:
    """The file of the manifest that is called ``id``, or that ``id`` is another name of.

    Args:
        id: a manifest's id, or an alias of one.
        extra_dirs: folders to look in before all others.

    Raises:
        UnknownModelError: there is none; the message lists what there is.
    """
    folders = search_path(extra_dirs)
    found = next(candidates(id, folders), None) or next(candidates(aliases().get(id, ""), folders), None)
    if found is None:
        raise _unknown(id, extra_dirs)
    return found


def candidates(id: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Every file of that id in the folders, the one that wins first. Aliases do not count here."""
    if not _ID.fullmatch(id):
        return
    for folder in folders:
        for ending in _ENDINGS:
            path = folder / f"{id}{ending}"
            if path.is_file():
                yield path


def known_ids(extra_dirs: Sequence[Path] = ()) -> list[str]:
    """The ids of all providers, those that are found first in front, each folder by name."""
    found = [path.stem for folder in search_path(extra_dirs) for path in _providers_in(folder)]
    return list(dict.fromkeys(found))


@cache
def aliases() -> dict[str, str]:
    """Other names of bundled providers, each with the id that it stands for."""
    return {str(name): str(id) for name, id in yaml_source.read(_MANIFESTS / "aliases.yaml").data.items()}


def bundled_providers() -> list[Path]:
    """The files of all providers that come with the library."""
    return _manifests_in(_PROVIDERS)


def bundled_dialects() -> list[Path]:
    """The files of all wire formats that come with the library."""
    return _manifests_in(_DIALECTS)


def is_bundled(path: Path | None) -> bool:
    """Whether a file came with the library (None, a manifest given as a mapping, did not)."""
    return path is not None and path.parent in BUNDLED


def every_id(folders: Sequence[Path]) -> list[str]:
    """The ids of all manifests in the folders, dialects too."""
    return list(dict.fromkeys(path.stem for folder in folders for path in _manifests_in(folder)))


def _unknown(id: str, extra_dirs: Sequence[Path]) -> UnknownModelError:
    known = known_ids(extra_dirs)
    near = nearest(id.lower(), [*known, *(alias for alias, target in aliases().items() if target in known)])
    hint = _misnamed(id, extra_dirs) or (f' Did you mean "{near}"?' if near else "")
    return UnknownModelError(f'There is no provider "{id}".{hint} Known are: {", ".join(known)}.', provider=id)


def _misnamed(id: str, extra_dirs: Sequence[Path]) -> str:
    """What is to be said where a file of the user's own has that id, but not that name."""
    own = (path for folder in search_path(extra_dirs) if folder not in BUNDLED for path in _manifests_in(folder))
    for path in own:
        called = _CALLED.search(path.read_text("utf-8", errors="replace"))
        if called and called[1] == id:
            return f" {path} has this id: call the file {id}.yaml, for manifests are found by the names of their files."
    return ""


def _providers_in(folder: Path) -> Iterator[Path]:
    """The folder's manifests without its dialects, told by a look at their text."""
    if folder == _DIALECTS:
        return
    for path in _manifests_in(folder):
        if folder == _PROVIDERS or not _IS_DIALECT.search(path.read_text("utf-8", errors="replace")):
            yield path


def _manifests_in(folder: Path) -> list[Path]:
    return sorted(path for ending in _ENDINGS for path in folder.glob(f"*{ending}"))
