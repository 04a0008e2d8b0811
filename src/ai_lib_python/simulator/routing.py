"""Which manifest answers a request, by its path.

A path that begins with a manifest's id belongs to that manifest; any other belongs to the dialect that
has a route which the path ends with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from .._compile.program import Program
from .._engine.target import program_of
from .._manifest import folders
from .._manifest.load import load
from .._manifest.manifest import AuthScheme, Manifest
from .._spelling import nearest
from ..errors import UnknownModelError

AUTHORIZATION = "authorization"

PREFIX = "prefix_"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""The name under which what stands before a route is kept; no placeholder of a route is called so."""


class Match(NamedTuple):
    """What serves a request: the manifest, and what its route says.

    Attributes:
        lists_models: whether the list of models is asked for, not an answer.
        path: what stands in the placeholders of the route.
        streamed: whether the route always answers with a stream.
        framing: how frames are written.
        receipt: whether only a receipt is given, and the answer is asked for elsewhere.
        earlier: id of the answer that is asked for, where it was made before.
        status: of an answer.
        prefix: what stands in the path before the route.
        named: whether the path names the manifest; else it is only the dialect of whoever is meant.
    """

    manifest: Manifest
    program: Program
    lists_models: bool = False
    path: Mapping[str, str] = {}
    streamed: bool = False
    framing: str = "sse"
    receipt: bool = False
    earlier: str | None = None
    status: int = 200
    prefix: str = ""
    named: bool = False


class Arrived(NamedTuple):
    """The parts of a request by which it is routed; names of headers in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Router:
    """Knows every manifest that can be served."""

    def __init__(self, manifest_dir: str | PathLike[str] | None = None) -> None:
        self._manifest_dir = manifest_dir
        self._extra_dirs = () if manifest_dir is None else (Path(manifest_dir).absolute(),)

    def find(self, arrived: Arrived) -> Match | None:
        """What serves the request, if anything does."""
        prefixed = self._prefixed(arrived.path)
        if prefixed is not None:
            manifest, rest = prefixed
            found = next(_matches(manifest, arrived._replace(path=rest)), None)
            taken = arrived.path[: len(arrived.path) - len(rest)]
            return found and found._replace(prefix=taken + found.prefix, named=True)
        every = [match for id in self.dialects() for match in _matches(self.manifest(id), arrived)]
        return min(every, key=lambda match: _rank(match, arrived), default=None)

    def check(self, id: str) -> str:
        """The id, if a manifest of that id or alias can be served.

        Raises:
            UnknownModelError: there is none; the message lists the dialects.
        """
        if self._is_known(id) and "serve" in self.manifest(id).data:
            return id
        dialects = self.dialects()
        near = nearest(id.lower(), [*dialects, *folders.known_ids(self._extra_dirs)])
        hint = f' Did you mean "{near}"?' if near else ""
        raise UnknownModelError(f'The simulator speaks no "{id}".{hint} It speaks: {", ".join(dialects)}.')

    def dialects(self) -> list[str]:
        """The ids of all dialects that have a server half."""
        providers = set(folders.known_ids(self._extra_dirs))
        every = folders.every_id(folders.search_path(self._extra_dirs))
        return [id for id in every if id not in providers and "serve" in self.manifest(id).data]

    def routes(self, path: str) -> list[str]:
        """What is answered below a manifest's id, or everywhere: ``POST /v1/messages (its dialect)``, for people."""
        prefixed = self._prefixed(path)
        manifests = [prefixed[0]] if prefixed else [self.manifest(id) for id in self.dialects()]
        return [line for manifest in manifests if "serve" in manifest.data for line in _described(manifest)]

    def manifest(self, id: str) -> Manifest:
        """The manifest of that id or alias."""
        return load(id, manifest_dir=self._manifest_dir)

    def _prefixed(self, path: str) -> tuple[Manifest, str] | None:
        """The manifest that the first segment names, and the rest of the path."""
        first, _, rest = path.removeprefix("/").partition("/")
        return (self.manifest(first), f"/{rest}") if self._is_known(first) else None

    def _is_known(self, id: str) -> bool:
        try:
            folders.find(id, self._extra_dirs)
        except UnknownModelError:
            return False
        return True


def has_key(manifest: Manifest, arrived: Arrived) -> bool:
    """Whether the request carries a key in one of the manifest's ways, or needs none."""
    if not manifest.needs_key:
        return True
    return AUTHORIZATION in arrived.headers or any(_carries(way, arrived) for way in manifest.auth)


def _carries(way: AuthScheme, arrived: Arrived) -> bool:
    if way.scheme == "query":
        return way.query in arrived.query
    if way.scheme == "headers":
        return all(name.lower() in arrived.headers for name in way.headers)
    return (way.header or AUTHORIZATION).lower() in arrived.headers


def _matches(manifest: Manifest, arrived: Arrived) -> Iterator[Match]:
    """The routes of one manifest, and of the provider's other APIs, that the request fits, in their order."""
    yield from _own_matches(manifest, arrived)
    for other in manifest.for_all_apis():
        yield from _own_matches(other, arrived)


def _own_matches(manifest: Manifest, arrived: Arrived) -> Iterator[Match]:
    serve = manifest.data.get("serve")
    if serve is None:
        return
    if arrived.method == "GET" and "models" in serve and _placeholders(serve["models"]["path"], arrived.path):
        yield Match(manifest, program_of(manifest), lists_models=True)
        return
    for route in serve.get("routes", ()):
        path = _placeholders(route["path"], arrived.path)
        if path is not None and _fits(route, arrived):
            yield _match(manifest, route, path)


def _match(manifest: Manifest, route: dict[str, Any], path: dict[str, str]) -> Match:
    return Match(
        manifest,
        program_of(manifest),
        path=path,
        streamed=route.get("stream", False),
        framing=route.get("framing") or manifest.data.get("stream", {}).get("framing", "sse"),
        receipt=route.get("receipt", False),
        earlier=path.get(route["of"]) if "of" in route else None,
        status=route.get("status", 200),
        prefix=path.pop(PREFIX),
    )


def _placeholders(route: str, path: str) -> dict[str, str] | None:
    """What stands in the placeholders of the route, where the path ends with it.

    It is read from the end, so that what comes first gets as much as it can. Each step looks once: a route with many
    placeholders takes no longer for a path that nearly fits, as it would with a regular expression.
    """
    first, *rest = _PLACEHOLDER.split(route)
    *before, last = (first, *rest[1::2])
    left = path if path.endswith(last) else path.removesuffix("/")
    if not left.endswith(last):
        return None
    left = left[: len(left) - len(last)]
    found: dict[str, str] = {}
    for name, text in zip(rest[-2::-2], reversed(before), strict=True):
        at = left.rfind(text, 0, len(left) - 1) if left else -1
        if at < 0:
            return None
        left, found[name] = left[:at], left[at + len(text) :]
    return {PREFIX: left, **found} if not left or left.startswith("/") else None


def _fits(route: Mapping[str, Any], arrived: Arrived) -> bool:
    """Whether a request has the method, the query and the headers that a route wants."""
    beside = ((route.get("query", {}), arrived.query), (route.get("headers", {}), arrived.headers))
    return arrived.method == route.get("method", "POST") and all(
        there.get(name) == str(value) for wanted, there in beside for name, value in wanted.items()
    )


def _rank(match: Match, arrived: Arrived) -> tuple[bool, bool, bool, int, str]:
    """Where several dialects fit: whose headers the request has; not what extends another; the plainest list, or the
    longest route.
    """
    own = _is_marked(match.manifest, arrived)
    serve = match.manifest.data["serve"]
    if match.lists_models:
        length = len(serve["models"]["path"])
    else:
        length = -max(len(route["path"]) for route in serve["routes"])
    carries = any(_carries(way, arrived) for way in match.manifest.auth)
    return not own, not carries, "extends" in match.manifest.data, length, match.manifest.id


def _is_marked(manifest: Manifest, arrived: Arrived) -> bool:
    """Whether the request has headers that only this dialect's clients send. A bearer token marks nobody."""
    keys = [way for way in manifest.auth if way.scheme in ("header", "query")]
    fixed = manifest.data.get("request", {}).get("headers", {})
    return any(_carries(way, arrived) for way in keys) or any(name.lower() in arrived.headers for name in fixed)


def _described(manifest: Manifest) -> Iterator[str]:
    serve = manifest.data["serve"]
    for method, path in dict.fromkeys(
        (route.get("method", "POST"), route["path"]) for route in serve.get("routes", ())
    ):
        yield f"{method} {path} ({manifest.id})"
    if "models" in serve:
        yield f"GET {serve['models']['path']} ({manifest.id})"
