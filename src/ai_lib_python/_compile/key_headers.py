"""Writes the function that makes the headers of a credential of several parts, for the auth scheme ``headers``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .context import Context, Source
from .scope import VALUE, Ref, Scope
from .values import write_value
from .writer import Writer, compile_function


def write_key_headers(manifest: Source, path: tuple[str | int, ...], way: dict[str, Any]) -> Writer:
    """The source of ``key_headers(parts, now)`` for the way to authenticate that stands at ``path``.

    Parts are in reach by their names, ``$now`` in seconds since 1970.
    """
    context = Context(manifest, {}, "auth")
    writer = context.writer
    with writer.block("def key_headers(parts, now):"), context.at(*path, "headers"):
        names = {part: Ref(writer.assign(f"parts.get({part!r})"), VALUE) for part in way.get("parts") or ()}
        scope = Scope(None, {**names, "now": Ref("now", VALUE, True)})
        writer.line(f"return {write_value(context, scope, way['headers']).code}")
    return writer


def compile_key_headers(manifest: Source, path: tuple[str | int, ...], way: dict[str, Any]) -> Callable[..., Any]:
    """The function, ready to call."""
    return compile_function(write_key_headers(manifest, path, way), "key_headers", f"{manifest.id} key_headers")


def ways_with_headers(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The ways to authenticate that make headers of several parts, each with its path."""
    auth = data.get("auth") or {}
    several: list[tuple[tuple[str | int, ...], dict[str, Any]]]
    several = [(("auth", "any", index), way) for index, way in enumerate(auth.get("any", ()))]
    yield from (found for found in several or [(("auth",), auth)] if found[1].get("scheme") == "headers")
