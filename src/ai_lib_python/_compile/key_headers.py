"""Writes the function that makes the headers of a credential of several parts, for the auth scheme ``headers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .context import Context, Source
from .scope import VALUE, Ref, Scope
from .values import write_value
from .writer import Writer, compile_function


def write_key_headers(manifest: Source, templates: dict[str, Any], parts: tuple[str, ...]) -> Writer:
    """The source of ``key_headers(parts, now)``; parts are in reach by their names, ``$now`` in seconds since 1970."""
    context = Context(manifest, {}, "auth")
    writer = context.writer
    with writer.block("def key_headers(parts, now):"), context.at("auth", "headers"):
        names = {part: Ref(writer.assign(f"parts.get({part!r})"), VALUE) for part in parts}
        scope = Scope(None, {**names, "now": Ref("now", VALUE, True)})
        writer.line(f"return {write_value(context, scope, templates).code}")
    return writer


def compile_key_headers(manifest: Source, templates: dict[str, Any], parts: tuple[str, ...]) -> Callable[..., Any]:
    """The function, ready to call."""
    return compile_function(write_key_headers(manifest, templates, parts), "key_headers", f"{manifest.id} key_headers")
