"""Statements that read wire JSON and tell a sink what they found.

A statement is a map, read in order. Each key is an event with what it carries, an
operator, or any other name, which only labels a nested statement so that a manifest
that inherits can change just that:

    about: {id: .id, model: .model}
    message: {$with: .delta, $do: {text: .content}}

The name of an event is always the event: a statement that is called like one is refused. An event is told only if its
first value is present. ``$if``, ``$by``, ``$each``,
``$with`` and ``$use`` work as in templates, with statements as their branches; a ``$by``
that has neither the case nor ``$else`` tells the sink of an unknown frame. What an ``$each`` with
``$candidate: .index`` finds is told of the answer with that number, where several were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .conditions import write_condition
from .context import Context
from .expression import is_template
from .paths import named, write_expression
from .scope import Ref, Scope
from .values import BRANCHING, OPERATORS, cases_of, loop, new_current, operator_of, write_value

EVENTS: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "model": ("model",),
    "text": ("text", "at", "signature", "so_far"),
    "reasoning": ("text", "at", "signature", "data", "so_far"),
    "refusal": ("text",),
    "tool_call": ("at", "id", "name", "arguments", "signature"),
    "fragment": ("text", "at", "into"),
    "patch": ("path", "at", "value", "done"),
    "part_end": ("at", "arguments"),
    "opaque": ("data", "at"),
    "citation": ("data",),
    "logprobs": ("data",),
    "finish": ("reason",),
    "usage": ("counts", "terms", "beyond"),
    "error": ("data",),
    "end": ("now",),
}
"""The events and what each carries; the first is what must be present."""

OWN_WORDS = frozenset({"finish", "tool_call", "part_end", "patch", "end"})
"""Events whose first value may be a word of the manifest's own; of others it is read from the wire."""

ONCE = {"id": "response_id", "model": "response_model"}
"""Events of which a sink keeps the first, and under which name; asked for before it is told again."""

MAPS = frozenset({"opaque", "citation", "logprobs", "usage", "error"})
"""Events whose first value may be a map that a template builds."""

ALWAYS = frozenset({"tool_call"})
"""Events that are told whatever is present."""

STATEMENTS = {
    **{name: OPERATORS[name] for name in ("$if", "$each", "$by", "$with", "$use")},
    "$each": OPERATORS["$each"] | {"$candidate"},
}


def write_statement(context: Context, scope: Scope, node: Any) -> None:
    """Writes the code that performs ``node``."""
    if not isinstance(node, dict):
        context.fail(f"expected a statement (a map of events), got {node!r}")
    operator = operator_of(context, node, STATEMENTS)
    if operator:
        _WRITERS[operator](context, scope, node)
        return
    for key, child in node.items():
        with context.at(key):
            _entry(context, scope, key, child)


def _entry(context: Context, scope: Scope, key: Any, child: Any) -> None:
    if key in EVENTS:
        _event(context, scope, key, _payload(context, key, child))
    elif isinstance(child, dict):
        write_statement(context, scope, child)
    else:
        context.fail(f"no event {key!r}{context.nearest(str(key), EVENTS)}")


def _payload(context: Context, event: str, child: Any) -> dict[str, Any]:
    """What an event carries, field by field; a template alone is its first field."""
    fields = EVENTS[event]
    if not isinstance(child, dict) or operator_of(context, child):
        _check_is_no_group(context, event, child)
        return {fields[0]: child}
    unknown = [str(key) for key in child if key not in fields]
    if unknown:
        hint = context.nearest(unknown[0], fields)
        context.fail(f"the event {event!r} carries no {unknown[0]!r}{hint} (it carries: {', '.join(fields)})")
    return child


def _check_is_no_group(context: Context, event: str, child: Any) -> None:
    """Refuses events within what an event carries: what was meant is a group of statements, by a name of its own."""
    own = {event} if event in MAPS else {event, *EVENTS[event]}
    for built in _maps_of(context, child):
        meant = [key for key in built if key in own or (key in EVENTS and key not in EVENTS[event])]
        if meant:
            context.fail(
                f"{event} is the name of an event, so {meant[0]!r} would be a part of what it carries;"
                f" call this group otherwise, such as when_{event}"
            )


def _maps_of(context: Context, node: Any) -> Iterator[dict[Any, Any]]:
    """The plain maps that the branches of an operator build."""
    if not isinstance(node, dict):
        return
    if "$use" in node:
        with context.fragment(node["$use"]) as body:
            maps = list(_maps_of(context, body))
        yield from maps
    elif any(key in node for key in STATEMENTS):
        branches = [node.get(key) for key in ("$then", "$else", "$do")]
        cases = node.get("$case")
        for branch in [*branches, *(cases.values() if isinstance(cases, dict) else ())]:
            yield from _maps_of(context, branch)
    else:
        yield node


def _event(context: Context, scope: Scope, event: str, payload: dict[str, Any]) -> None:
    fields = EVENTS[event]
    _check_is_read(context, event, payload.get(fields[0]))
    refs = {}
    for field in fields:
        if field in payload:
            with context.at(field):
                refs[field] = write_value(context, scope, payload[field])
    first = refs.get(fields[0])
    if event in ALWAYS or (first is not None and first.sure):
        _tell(context, scope, event, refs)
        return
    if first is None:
        context.fail(f"the event {event!r} needs {fields[0]!r}")
    news = f" and {scope.names['sink'].code}.{ONCE[event]} is None" if event in ONCE else ""
    with context.writer.block(f"if {first.code} is not None{news}:"):
        _tell(context, scope, event, refs)


def _check_is_read(context: Context, event: str, value: Any) -> None:
    """A text that stands for itself is most likely a path without its dot."""
    stands_for_itself = isinstance(value, str) and value and not is_template(value)
    if stands_for_itself and event not in OWN_WORDS:
        context.fail(f"{value!r} stands for itself here; a path begins with a dot: .{value}")


def _tell(context: Context, scope: Scope, event: str, refs: dict[str, Ref]) -> None:
    context.told.add(event)
    sink = scope.names["sink"].code
    if event == "usage":
        context.writer.line(f"{scope.names['read_usage'].code}({sink}, {refs['counts'].code})")
        served = [f"{field}={refs[field].code}" for field in ("terms", "beyond") if field in refs]
        if served:
            context.writer.line(f"{sink}.served({', '.join(served)})")
        return
    arguments = []
    named = False
    for field in EVENTS[event]:
        if field not in refs:
            named = True
            continue
        arguments.append(f"{field}={refs[field].code}" if named else refs[field].code)
    context.writer.line(f"{sink}.{event}({', '.join(arguments)})")


def _if(context: Context, scope: Scope, node: dict[str, Any]) -> None:
    with context.at("$if"):
        condition = write_condition(context, scope, node["$if"])
    with context.writer.block(f"if {condition}:"):
        _branch(context, scope, node, "$then")
    if "$else" in node:
        with context.writer.block("else:"):
            _branch(context, scope, node, "$else")


def _branch(context: Context, scope: Scope, node: dict[str, Any], key: str) -> None:
    if key in node:
        with context.at(key):
            write_statement(context, scope.inside(), node[key])


def _by(context: Context, scope: Scope, node: dict[str, Any]) -> None:
    with context.at("$by"):
        key = named(context, write_expression(context, scope, node["$by"]))
    word = "if"
    for case, child in cases_of(context, node):
        with context.writer.block(f"{word} {key.code} == {case!r}:"), context.at("$case", case):
            write_statement(context, scope.inside(), child)
        word = "elif"
    with context.writer.block("else:" if word == "elif" else "if True:"):
        if "$else" in node:
            _branch(context, scope, node, "$else")
        else:
            context.writer.line(f"{scope.names['sink'].code}.unknown({scope.names['frame'].code})")


def _each(context: Context, scope: Scope, node: dict[str, Any]) -> None:
    with loop(context, scope, node) as inner:
        if "$candidate" in node:
            inner = _candidate(context, inner, node["$candidate"])
        if "$by" in node:
            _by(context, inner, {key: value for key, value in node.items() if key in BRANCHING})
        else:
            _do(context, inner, node)


def _candidate(context: Context, scope: Scope, number: Any) -> Scope:
    """A scope with another sink, for an answer that is not the first. The first one's number is 0 or absent."""
    sink = scope.names["sink"]
    with context.at("$candidate"):
        code = write_value(context, scope, number).code
    first = f"not {code} or {code} == '0'"
    chosen = context.writer.assign(f"{sink.code} if {first} else {sink.code}.candidate({code})")
    return scope.inside(sink=sink._replace(code=chosen))


def _with(context: Context, scope: Scope, node: dict[str, Any]) -> None:
    item = new_current(context, scope, node)
    with context.writer.block(f"if {item.code} is not None:"):
        _do(context, scope.inside(item._replace(sure=True)), node)


def _do(context: Context, scope: Scope, node: dict[str, Any]) -> None:
    if "$do" not in node:
        context.fail("needs $do, or $by with $case")
    with context.at("$do"):
        write_statement(context, scope, node["$do"])


def _use(context: Context, scope: Scope, node: dict[str, Any]) -> None:
    with context.fragment(node["$use"]) as body:
        write_statement(context, scope, body)


_WRITERS = {"$if": _if, "$each": _each, "$by": _by, "$with": _with, "$use": _use}
