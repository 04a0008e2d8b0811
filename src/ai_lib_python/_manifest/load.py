"""Loads a manifest: finds its file, reads it and all that it extends, checks each, merges them.

What was read and merged is kept, and taken again as long as the same files are found and none has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .._spelling import did_you_mean
from ..errors import ManifestError
from . import folders
from .bounds import check_fragments
from .check import check
from .inherit import NOT_INHERITED, heritage, inherited
from .key_claims import check_claims, withheld_schemes
from .manifest import Manifest, check_apis, manifest_of
from .mapping_source import from_mapping
from .merge import Layer, merge
from .relocate import with_api_moved, with_hosts_left, with_list_moved
from .yaml_source import Document, read

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["load", "load_file", "misnamed"]

_IDENTITY = frozenset(
    (*NOT_INHERITED, "api", "status", "docs", "endpoint", "auth", "list_models", "examples", "limits")
)
"""What holds for every API of a provider."""


class _File(NamedTuple):
    """A file as it is now: another time or size is another file to the caches."""

    path: Path
    changed: int
    size: int


class _Link(NamedTuple):
    """One manifest of a chain of ``extends``; a mapping has no file."""

    file: _File | None
    document: Document

    @property
    def id(self) -> str:
        id: str = self.document.data["id"]
        return id

    @property
    def is_bundled(self) -> bool:
        return self.file is not None and folders.is_bundled(self.file.path)


def load(id: str, *, manifest_dir: str | os.PathLike[str] | None = None) -> Manifest:
    """The manifest of that id or alias, with everything inherited.

    Args:
        id: ``openai``, say.
        manifest_dir: a folder to look in before ``AI_LIB_MANIFESTS`` and the bundled manifests.

    Raises:
        UnknownModelError: there is no such manifest.
        ManifestError: it, or one that it extends, is wrong.
    """
    extra_dirs = _extra_dirs(manifest_dir)
    first = _link(folders.find(id, extra_dirs))
    _check_id(first)
    return _loaded(first, folders.search_path(extra_dirs))


def load_file(
    source: str | os.PathLike[str] | Mapping[str, Any], *, manifest_dir: str | os.PathLike[str] | None = None
) -> Manifest:
    """The manifest in a file of any name, or in a mapping, with everything inherited.

    What it extends is looked for in ``manifest_dir``, in the file's own folder, and then as :func:`load` does.

    Raises:
        ManifestError: it, or one that it extends, is wrong.
    """
    extra_dirs = _extra_dirs(manifest_dir)
    if isinstance(source, Mapping):
        document = from_mapping(source)
        check(document)
        search_path = folders.search_path(extra_dirs)
        return _merged(_chain(_Link(None, document), search_path), search_path)
    path = Path(source).absolute()
    return _loaded(_link(path), folders.search_path((*extra_dirs, path.parent)))


def _extra_dirs(manifest_dir: str | os.PathLike[str] | None) -> tuple[Path, ...]:
    if manifest_dir is None:
        return ()
    path = Path(manifest_dir).absolute()
    if not path.is_dir():
        raise ManifestError(f"{path}: manifest_dir is not a folder")
    return (path,)


def _link(path: Path) -> _Link:
    try:
        stat = path.stat()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
    file = _File(path, stat.st_mtime_ns, stat.st_size)
    return _Link(file, _checked(file))


@lru_cache(maxsize=256)
def _checked(file: _File) -> Document:
    document = read(file.path)
    if not folders.is_bundled(file.path):  # those are checked by the tests, and what they say does not change
        check(document)
    return document


def _check_id(link: _Link) -> None:
    """A file that is found by its name must mean that name."""
    if link.file and (problem := misnamed(link.document, link.file.path)):
        raise ManifestError(problem)


def misnamed(document: Document, path: Path) -> str | None:
    """What is wrong where a file is not called by the id of its manifest; None where it is."""
    id = document.data["id"]
    if id == path.stem:
        return None
    return f'{document.place(("id",))}: id: expected "{path.stem}", as the file is called, got "{id}"'


def _chain(first: _Link, search_path: tuple[Path, ...]) -> tuple[_Link, ...]:
    """The manifest and all that it extends, the root last."""
    chain = [first]
    while parent := chain[-1].document.data.get("extends"):
        chain.append(_parent(parent, chain, search_path))
    return tuple(chain)


def _spoken(entry: Layer, name: str, search_path: Sequence[Path]) -> _Link:
    """The manifest that an entry of ``apis`` extends: the first of that id."""
    id = entry.data["extends"]
    path = next(folders.candidates(id, search_path), None)
    if path is None:
        raise ManifestError(_nowhere(id, f"{entry.origin(('extends',))}: apis.{name}.extends", search_path))
    link = _link(path)
    _check_id(link)
    return link


def _nowhere(id: str, place: str, search_path: Sequence[Path]) -> str:
    hint = did_you_mean(id.lower(), folders.every_id(search_path))
    return f'{place}: there is no manifest "{id}"{hint}'


def _parent(id: str, chain: list[_Link], search_path: Sequence[Path]) -> _Link:
    """The next of the chain: the first file of that id that is not in the chain already.

    So a user's own ``openai.yaml`` may extend ``openai``, and that is the bundled one.
    """
    taken = {link.file.path for link in chain if link.file}
    found = list(folders.candidates(id, search_path))
    for path in found:
        if path not in taken:
            link = _link(path)
            _check_id(link)
            return link
    place = chain[-1].document.place(("extends",))
    if found:
        circle = " -> ".join([*(link.id for link in chain), id])
        raise ManifestError(f"{place}: extends: goes in a circle: {circle}")
    raise ManifestError(_nowhere(id, f"{place}: extends", search_path))


def _loaded(first: _Link, search_path: tuple[Path, ...]) -> Manifest:
    chain = _chain(first, search_path)
    return _from_files(tuple(link.file for link in chain if link.file), search_path)


@lru_cache(maxsize=256)
def _from_files(files: tuple[_File, ...], search_path: tuple[Path, ...]) -> Manifest:
    return _merged(tuple(_Link(file, _checked(file)) for file in files), search_path)


def _merged(chain: tuple[_Link, ...], search_path: tuple[Path, ...]) -> Manifest:
    documents = _documents(chain)
    provider = inherited(documents)
    check_apis(provider)
    provider = with_hosts_left(with_list_moved(provider, documents), documents)
    made: dict[str, tuple[list[_File | None], Manifest]] = {}

    def load_api(name: str) -> Manifest:
        """What holds for another API: made once, and again when a file of what it speaks has changed."""
        entry = provider.part(("apis", name))
        dialect = _chain(_spoken(entry, name, search_path), search_path)
        files = [link.file for link in dialect]
        if name not in made or made[name][0] != files:
            made[name] = (files, _api(provider, chain, dialect, name))
        return made[name][1]

    manifest = manifest_of(provider, _dialect(chain), load_api=load_api)
    return _held_to_claims(manifest, chain, chain)


def _documents(chain: Sequence[_Link]) -> list[Document]:
    return [link.document for link in chain]


def _held_to_claims(manifest: Manifest, chain: Sequence[_Link], spoken: Sequence[_Link]) -> Manifest:
    """A manifest that sends no key where it does not belong; of bundled ones, tests see to that."""
    if all(link.is_bundled for link in (*chain, *spoken)):
        return msgspec.structs.replace(manifest, is_bundled=True)
    ancestors = {link.id for link in chain[1:]}
    check_claims(manifest, ancestors, _bundled)
    check_fragments(manifest)
    return msgspec.structs.replace(
        manifest,
        withheld=withheld_schemes(manifest, ancestors, _bundled),
        says_what_it_takes=any(_says_what_it_takes(link.document.data) for link in chain if not link.is_bundled),
    )


def _says_what_it_takes(data: Mapping[str, Any]) -> bool:
    """Whether a manifest says itself what its requests must be like, of one API at least."""
    served = [(part or {}).get("serve") or {} for part in (data, *(data.get("apis") or {}).values())]
    return any("accepts" in serve or "order" in serve for serve in served)


def _api(provider: Layer, chain: tuple[_Link, ...], dialect: tuple[_Link, ...], name: str) -> Manifest:
    """What holds for another API of the provider: its dialect, who the provider is, and what differs."""
    own = provider.part(("apis", name)).only(lambda key: key != "extends")
    own = with_api_moved(own, provider, _documents(chain), name)
    spoken = _without_identity(heritage(inherited(_documents(dialect))))
    layer = merge(merge(spoken, _identity(provider)), own)
    return _held_to_claims(manifest_of(layer, _dialect(dialect), api=name), chain, dialect)


def _identity(provider: Layer) -> Layer:
    """Who a provider is, whatever API it is asked by."""
    return provider.only(lambda key: key in _IDENTITY)


def _without_identity(dialect: Layer) -> Layer:
    """How is spoken, without who speaks: another provider's address must not come along, nor its other APIs."""
    return dialect.only(lambda key: key not in _IDENTITY and key not in ("apis", "routes"))


def _dialect(chain: Sequence[_Link]) -> str:
    """The id of the wire format: the nearest dialect in the chain, or its root where there is none."""
    dialects = (link.id for link in chain if link.document.data.get("kind") == "dialect")
    return next(dialects, chain[-1].id)


def _bundled(id: str) -> Manifest:
    """A bundled manifest, whatever folders the user has."""
    return _loaded(_link(next(folders.candidates(id, folders.BUNDLED))), folders.BUNDLED)
