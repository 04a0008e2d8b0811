"""Writes Python source: numbered names, indentation, and objects by reference.

Nothing from a manifest is ever written as code. Texts and numbers enter through
``repr``; objects enter through the namespace under a numbered name.
"""

from __future__ import annotations

import linecache
import re
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType
from typing import Any

from ..errors import ManifestError

MOST_KEPT = 128
"""Of how many sources the code is kept."""

_WORD = re.compile(r"\w+")


class Writer:
    """The source of one function, line by line, and the objects that it refers to."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {}
        self._lines: list[str] = []
        self._depth = 0
        self._starts: list[int] = []
        self._count = 0
        self._referenced: dict[int, str] = {}

    def line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def name(self) -> str:
        """A name that nothing else in this function has."""
        self._count += 1
        return f"v{self._count}"

    def assign(self, code: str) -> str:
        """Writes ``name = code`` and gives the name."""
        name = self.name()
        self.line(f"{name} = {code}")
        return name

    def reference(self, value: Any, label: str | None = None) -> str:
        """A name under which the function finds an object."""
        if id(value) in self._referenced:
            return self._referenced[id(value)]
        name = label or f"k{len(self.namespace) + 1}"
        self._referenced[id(value)] = name
        self.namespace[name] = value
        return name

    def block(self, head: str) -> Writer:
        """An indented block, for what a block of ``with`` writes; ``pass`` stands in for an empty one."""
        self.line(head)
        self._depth += 1
        self._starts.append(len(self._lines))
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        if len(self._lines) == self._starts.pop():
            self.line("pass")
        self._depth -= 1

    @contextmanager
    def loop(self, head: Callable[[Collection[str]], str], names: Collection[str]) -> Iterator[None]:
        """A block whose head depends on which of some names are used in it."""
        start = len(self._lines)
        indent = "    " * self._depth
        with self.block(head(names)):
            yield
        text = "\n".join(self._lines[start + 1 :])
        used = [name for name in names if name in text and name in _WORD.findall(text)]
        self._lines[start] = indent + head(used)

    def source(self) -> str:
        return "\n".join(self._lines) + "\n"


def compile_function(writer: Writer, name: str, title: str) -> Callable[..., Any]:
    """Runs the source and gives the function ``name`` of it.

    The source is registered with ``linecache`` under a file name made of the title and
    a digest, so tracebacks, debuggers and ``inspect.getsource`` show it.
    """
    source = writer.source()
    digest = f"{zlib.crc32(source.encode()):08x}"
    filename = f"<ai-lib {title} {digest}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace = dict(writer.namespace)
    try:
        code = _in_file(_compiled(source), filename)
    except (SyntaxError, RecursionError, MemoryError):  # Python's own limits: twenty loops in each other, say
        raise ManifestError(f"{title}: what the manifest says is nested too deep for Python") from None
    exec(code, namespace)  # noqa: S102  # nosec B102  # the product: see the module's text
    function: Callable[..., Any] = namespace[name]
    return function


@lru_cache(maxsize=MOST_KEPT)
def _compiled(source: str) -> CodeType:
    """The code of a source: providers of one wire format, and models of one provider, have most of theirs in common."""
    return compile(source, "<ai-lib>", "exec")


def _in_file(code: CodeType, filename: str) -> CodeType:
    """The code, and that of the functions in it, as if it were compiled from that file."""
    constants = tuple(_in_file(one, filename) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename=filename, co_consts=constants)
