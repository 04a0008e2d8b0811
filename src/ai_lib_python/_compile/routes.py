"""Which of a provider's APIs a request goes to.

routes:
  - {match: x-large*, when: $tools, api: responses}      the first that fits; without one, the manifest's own API
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._globs import fits_one, globs_of
from ..request import PARAMETERS
from .conditions import write_condition
from .context import Context, Source
from .scope import PARAMETER_TYPES, VALUE, WIRE, Ref, Scope
from .writer import Writer, compile_function


def write_router(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``route(request, stream) -> name of an API, or None``."""
    context = Context(manifest, data.get("fragments", {}), "routes")
    writer = context.writer
    with writer.block("def route(request, stream):"):
        scope = Scope(None, request_names(context))
        for index, route in enumerate(data.get("routes", ())):
            with context.at("routes", index):
                _write_route(context, scope, route)
        writer.line("return None")
    return writer


def compile_router(manifest: Source, data: dict[str, Any]) -> Callable[..., str | None]:
    """The router, ready to call."""
    if not data.get("routes"):
        return stay
    return compile_function(write_router(manifest, data), "route", f"{manifest.id} route")


def stay(request: Any, stream: bool) -> None:
    """The router of a provider without routes: every request goes to its own API."""


def request_names(context: Context) -> dict[str, Ref]:
    """What can be known of a request before any rule: its model, whether it streams, its parameters."""
    writer = context.writer
    names = {"model": Ref(writer.assign("request.model"), VALUE, True), "stream": Ref("stream", VALUE, True)}
    for name in PARAMETERS:
        names[name] = Ref(writer.assign(f"request.{name}"), PARAMETER_TYPES.get(name, VALUE))
    names["extra_body"] = Ref(writer.assign("request.extra_body"), WIRE)
    return names


def _write_route(context: Context, scope: Scope, route: dict[str, Any]) -> None:
    """One route. What is asked of the parameters comes first: it is less work than to look at the model's name."""
    writer = context.writer
    conditions = []
    if "when" in route:
        with context.at("when"):
            conditions.append(f"({write_condition(context, scope.inside(), route['when'])})")
    if "match" in route:
        fits = writer.reference(fits_one, "fits_one")
        conditions.append(f"{fits}({scope.names['model'].code}, {globs_of(route)!r})")
    with writer.block(f"if {' and '.join(conditions) or True}:"):
        writer.line(f"return {route['api']!r}")
