"""Writes the functions that read answers: one for a whole body, one for a frame of a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .context import Context, Source
from .events import write_statement
from .paths import write_expression
from .scope import VALUE, WIRE, Ref, Scope
from .values import write_value
from .writer import Writer, compile_function

COUNTS = (
    "prompt",
    "input",
    "cache_read",
    "cache_write",
    "output",
    "answer",
    "reasoning",
    "cache_write_1h",
    "audio_input",
    "audio_cache_read",
    "audio_output",
    "image_input",
    "image_output",
    "tool_input",
    "web_searches",
)
"""What a manifest may say of usage. ``prompt`` includes cached tokens and ``input`` does not;
``output`` includes reasoning and ``answer`` does not."""

ADDS = "adds"
"""The key of ``usage`` which says that each frame counts only what is new."""

COST = "cost"
"""The key of ``usage`` that finds the cost which the provider tells."""

NOT_COUNTS = frozenset({ADDS, "cost_unit", "zeros"})
"""Keys of ``usage`` that find nothing in what the provider sends."""


def write_reader(manifest: Source, data: dict[str, Any], section: str) -> Writer:
    """The source of ``read(sink, frame, event, headers)`` for ``response`` or ``stream``."""
    context = Context(manifest, data.get("fragments", {}), section)
    writer = context.writer
    _write_usage_reader(context, data.get("usage", {}))
    with writer.block("def read(sink, frame, event=None, headers=None):"):
        frame = Ref("frame", WIRE, True)
        names = {
            "sink": Ref("sink", VALUE, True),
            "read_usage": Ref("read_usage", VALUE, True),
            "frame": frame,
            "event": Ref("event", WIRE),
            "headers": Ref("headers", WIRE),
        }
        if section == "stream":
            _check_ends(context, data.get(section, {}))
        else:
            _check_is_there(context, data)
        with context.at(section, "steps"):
            write_statement(context, Scope(frame, names), data.get(section, {}).get("steps", {}))
        if section == "stream":
            _check_ends_are_told(context, data.get(section, {}))
    return writer


def compile_reader(manifest: Source, data: dict[str, Any], section: str) -> Callable[..., None]:
    """The reader, ready to call."""
    return compile_function(write_reader(manifest, data, section), "read", f"{manifest.id} {section}")


def _check_ends(context: Context, stream: dict[str, Any]) -> None:
    """A stream that nothing can complete would always be an error."""
    with context.at("stream"):
        if "steps" in stream and not stream.get("ends"):
            context.fail('the key "ends" is missing: done, end, finish or eof')
        if "done" in stream.get("ends", ()) and "done" not in stream:
            context.fail('"ends" names done, but the key "done" is missing')


def _check_ends_are_told(context: Context, stream: dict[str, Any]) -> None:
    """A stream cannot be complete by an event that no statement tells."""
    for event in ("end", "finish"):
        if event in stream.get("ends", ()) and event not in context.told:
            with context.at("stream", "ends"):
                context.fail(f"names {event}, but no statement of stream.steps gives the event {event!r}")


def _check_is_there(context: Context, data: dict[str, Any]) -> None:
    """Without statements a whole answer would be read as an empty one."""
    if "response" not in data and not data.get("stream", {}).get("only"):
        with context.at("response"):
            context.fail("is missing: its steps read a whole answer; a wire that only streams says stream.only")


def _write_usage_reader(context: Context, usage: dict[str, Any]) -> None:
    with context.writer.block("def read_usage(sink, counts):"):
        scope = Scope(Ref("counts", WIRE, True), {})
        arguments = [f"{ADDS}=True"] if usage.get(ADDS) else []
        _check_zeros(context, usage)
        for name, text in usage.items():
            if name in NOT_COUNTS:
                continue
            with context.at("usage", name):
                if name == COST:
                    _write_cost(context, scope, usage)
                elif name not in COUNTS:
                    context.fail(f"no count {name!r}{context.nearest(name, COUNTS)}")
                else:
                    arguments.append(f"{name}={write_expression(context, scope, text).code}")
        context.writer.line(f"sink.usage({', '.join(arguments)})")


def _check_zeros(context: Context, usage: dict[str, Any]) -> None:
    """Counts that are left out where they are 0 must be read where they are not."""
    for index, name in enumerate(usage.get("zeros") or ()):
        if name not in usage:
            with context.at("usage", "zeros", index):
                context.fail(f"{name} is not read by this usage{context.nearest(name, usage)}")


def _write_cost(context: Context, scope: Scope, usage: dict[str, Any]) -> None:
    """The cost may be a template, and of several amounts a list; ``cost_unit`` says how many dollars 1 of it is."""
    amount = write_value(context, scope.inside(), usage[COST])
    unit = usage.get("cost_unit")
    with context.writer.block(f"if {amount.code} is not None:"):
        context.writer.line(
            f"sink.cost({amount.code}, {str(1 if unit is None else unit)!r}{', True' if usage.get(ADDS) else ''})"
        )
