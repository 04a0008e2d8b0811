"""Which of a provider's APIs a request goes to.

routes:
  - {match: x-large*, when: $tools, api: responses}      the first that fits; without one, the manifest's own API
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ..request import PARAMETERS
from .conditions import write_condition
from .context import Context, Source
from .scope import PARAMETER_TYPES, VALUE, WIRE, Ref, Scope
from .writer import Writer, compile_function

OWN_API = "chat"
"""What a provider's API is called where its manifest does not say."""


def write_router(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``route(request, stream) -> name of an API, or None``."""
    context = Context(manifest, data.get("fragments", {}), "routes")
    writer = context.writer
    known = (data.get("api", OWN_API), *data.get("apis", ()))
    with writer.block("def route(request, stream):"):
        scope = Scope(None, request_names(context))
        for index, route in enumerate(data.get("routes", ())):
            with context.at("routes", index):
                if route["api"] not in known:
                    context.fail(f"there is no API {route['api']!r}{context.nearest(route['api'], known)}")
                _write_route(context, scope, route)
        writer.line("return None")
    return writer


def compile_router(manifest: Source, data: dict[str, Any]) -> Callable[..., str | None]:
    """The router, ready to call."""
    return compile_function(write_router(manifest, data), "route", f"{manifest.id} route")


def request_names(context: Context) -> dict[str, Ref]:
    """What can be known of a request before any rule: its model, whether it streams, its parameters."""
    writer = context.writer
    names = {"model": Ref(writer.assign("request.model"), VALUE, True), "stream": Ref("stream", VALUE, True)}
    for name in PARAMETERS:
        names[name] = Ref(writer.assign(f"request.{name}"), PARAMETER_TYPES.get(name, VALUE))
    names["extra_body"] = Ref(writer.assign("request.extra_body"), WIRE)
    return names


def _write_route(context: Context, scope: Scope, route: dict[str, Any]) -> None:
    fits = "True"
    if "match" in route:
        globs = (route["match"],) if isinstance(route["match"], str) else tuple(route["match"])
        fits = f"{context.writer.reference(fits_one, 'fits_one')}({scope.names['model'].code}, {globs!r})"
    with context.writer.block(f"if {fits}:"):
        condition = "True"
        if "when" in route:
            with context.at("when"):
                condition = write_condition(context, scope.inside(), route["when"])
        with context.writer.block(f"if {condition}:"):
            context.writer.line(f"return {route['api']!r}")


@lru_cache(maxsize=1024)
def fits_one(model: str, globs: tuple[str, ...]) -> bool:
    """Whether one of the patterns fits a model's name, whatever its case."""
    return any(fnmatchcase(model.lower(), glob.lower()) for glob in globs)
