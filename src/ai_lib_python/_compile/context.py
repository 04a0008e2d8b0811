"""What every part of the compiler shares: the writer, the manifest, and where we are in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn, Protocol

from .._spelling import did_you_mean
from ..errors import ManifestError
from .reads import Reads
from .writer import Writer

MOST_USES = 10_000
"""How often one function may use fragments; they can multiply."""


class Source(Protocol):
    """The part of a manifest that the compiler needs to say where a mistake is."""

    @property
    def id(self) -> str: ...
    @property
    def origin(self) -> str: ...

    def where(self, path: tuple[str | int, ...]) -> str: ...
    def written(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]: ...


class Context:
    """One function being compiled."""

    def __init__(self, manifest: Source, fragments: dict[str, object], direction: str) -> None:
        self.writer = Writer()
        self.manifest = manifest
        self.fragments = fragments
        self.direction = direction
        self.using: list[str] = []
        self._uses = 0
        self.parameter: str | None = None
        self.roles: dict[str, str] = {}
        self.body: object = None
        self.reads = Reads()
        self.looks = False
        self.told: set[str] = set()
        self._path: tuple[str | int, ...] = ()
        self._around: list[tuple[str | int, ...]] = []

    def at(self, *keys: str | int) -> Context:
        """Work on the node below ``keys``, in a block of ``with``; there are thousands, so no generator makes them."""
        self._around.append(self._path)
        self._path += keys
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._path = self._around.pop()

    @contextmanager
    def fragment(self, name: str) -> Iterator[object]:
        """Work on a named fragment, wherever it is used."""
        if not isinstance(name, str):
            self.fail(f"$use needs the name of a fragment, got {name!r}")
        if name not in self.fragments:
            self.fail(f"no fragment {name!r}{self.nearest(name, self.fragments)}")
        if name in self.using:
            self.fail(f"fragment {name!r} uses itself")
        self._uses += 1
        if self._uses > MOST_USES:
            self.fail(f"fragments are used more than {MOST_USES:,} times")
        saved, self._path = self._path, ("fragments", name)
        self.using.append(name)
        yield self.fragments[name]
        self.using.pop()
        self._path = saved

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Values are only looked at: they say what is done, and nothing of them goes out."""
        before, self.looks = self.looks, True
        yield
        self.looks = before

    def fail(self, problem: str) -> NoReturn:
        """Refuses the manifest, naming file, line and key."""
        key = ".".join(map(str, self.manifest.written(self._path)))
        raise ManifestError(f"{self.manifest.where(self._path)}: {key}: {problem}", provider=self.manifest.id)

    @staticmethod
    def nearest(word: str, words: Iterable[str]) -> str:
        """A hint such as ``; did you mean "text"?``, or nothing."""
        return did_you_mean(word, words)
