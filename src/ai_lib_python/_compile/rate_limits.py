"""Writes the function that reads how a provider's limits stand, from the headers of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..limits.standing import RateLimit, Standing
from .context import Context, Source
from .paths import write_expression
from .scope import WIRE, Ref, Scope
from .waits import as_number, write_wait
from .writer import Writer, compile_function


def write_rate_limits(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``rate_limits(headers, now) -> RateLimit``."""
    context = Context(manifest, data.get("fragments", {}), "rate_limits")
    writer = context.writer
    with writer.block("def rate_limits(headers, now):"):
        standings = write_standings(context, data.get("rate_limits") or {}, "now")
        found = ", ".join(f"{kind}={local}" for kind, local in standings.items())
        writer.line(f"return {writer.reference(RateLimit, 'RateLimit')}({found})")
    return writer


def write_standings(context: Context, words: dict[str, Any], now: str) -> dict[str, str]:
    """Writes what reads how each limit stands, from ``headers``: the local of each kind that the manifest names."""
    with context.at("rate_limits"):
        kinds = [kind for kind in RateLimit.__struct_fields__ if words.get(kind)]
        return {kind: _standing(context, kind, words, now) for kind in kinds}


def compile_rate_limits(manifest: Source, data: dict[str, Any]) -> Callable[..., RateLimit]:
    """The reader, ready to call."""
    return compile_function(write_rate_limits(manifest, data), "rate_limits", f"{manifest.id} rate_limits")


def _standing(context: Context, kind: str, words: dict[str, Any], now: str) -> str:
    """How one limit stands, in the local that is returned."""
    writer, said = context.writer, words[kind]
    scope = Scope(Ref("None", WIRE), {"headers": Ref("headers", WIRE, True)})
    with context.at(kind):
        limit, remaining = _count(context, scope, said, "limit"), _count(context, scope, said, "remaining")
        with context.at("reset"):
            reset = write_wait(context, scope, said.get("reset") or {}, now)
    made = writer.reference(standing, "standing")
    return writer.assign(f"{made}({limit}, {remaining}, {reset}, {bool(words.get('gradual'))})")


def _count(context: Context, scope: Scope, said: dict[str, Any], name: str) -> str:
    if said.get(name) is None:
        return "None"
    with context.at(name):
        return context.writer.assign(write_expression(context, scope.inside(), said[name]).code)


def standing(limit: Any, remaining: Any, reset: float | None, gradual: bool) -> Standing | None:
    """How a limit stands; None where nothing is said of it."""
    counts = _whole(limit), _whole(remaining)
    return None if counts == (None, None) else Standing(*counts, reset, gradual)


def _whole(value: Any) -> int | None:
    number = as_number(value)
    return None if number is None else int(number)


def until_some_remain(requests: Standing | None = None, **tokens: Standing | None) -> float | None:
    """Seconds until no limit is used up any more; None where none is, or where nobody says for how long.

    Of requests that come back one by one, one is enough. How many tokens a call needs is not known here: all of them
    are waited for.
    """
    waits = [_until_full(each) for each in tokens.values()]
    if requests is not None:
        reset = _until_full(requests)
        parts = requests.limit if requests.gradual else None
        waits.append(reset / parts if reset and parts else reset)
    return max((wait for wait in waits if wait is not None), default=None)


def _until_full(standing: Standing | None) -> float | None:
    return standing.reset if standing is not None and standing.remaining == 0 else None
