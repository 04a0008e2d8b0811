"""Expressions to code: guarded steps into wire JSON, checked steps into our own values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .context import Context
from .expression import (
    Expression,
    ExpressionError,
    Filter,
    Literal,
    Path,
    parse_expression,
    parse_interpolation,
)
from .filters import FILTERS, Definition, as_text
from .reads import TEXTS, Origin
from .scope import KINDS, RECORDS, VALUE, WIRE, Ref, Scope

NONE = Ref("None", VALUE)

NO_FIELDS: dict[str, Any] = {}
"""The fields of what is no map. Nothing writes into it."""

OURS = {"notes", "read_usage", "sink"}
"""Names in scope that generated code uses and no manifest may."""


def write_expression(context: Context, scope: Scope, text: str) -> Ref:
    """The value of an expression such as ``.delta.text or .text | string``."""
    return _write(context, scope, _parsed(context, text))


def write_way(context: Context, scope: Scope, text: str) -> Ref:
    """The same of an expression that only leads to what then is read: a list, or another current item."""
    expression = _parsed(context, text)
    if expression.filters:
        return _write(context, scope, expression)
    return _write_alternatives(context, scope, expression.alternatives)


def write_interpolation(context: Context, scope: Scope, text: str) -> Ref:
    """The value of a text with ``${...}`` in it; absent where one of its values is."""
    try:
        segments = parse_interpolation(text)
    except ExpressionError as error:
        context.fail(str(error))
    pieces, unsure = [], []
    for segment in segments:
        if isinstance(segment, str):
            pieces.append(repr(segment))
            continue
        ref = _write(context, scope, segment)
        pieces.append(f"{context.writer.reference(as_text, 'as_text')}({ref.code})")
        if not ref.sure:
            unsure.append(ref.code)
    code = " + ".join(pieces) or "''"
    if not unsure:
        return Ref(code if len(pieces) == 1 and code[0] in "'\"" else context.writer.assign(code), VALUE, True)
    absent = " or ".join(f"{name} is None" for name in unsure)
    return Ref(context.writer.assign(f"None if {absent} else {code}"), VALUE)


def named(context: Context, ref: Ref) -> Ref:
    """The same value under a name, for code that asks for it more than once."""
    return ref if ref.code.isidentifier() else ref._replace(code=context.writer.assign(ref.code))


def _parsed(context: Context, text: Any) -> Expression:
    if not isinstance(text, str):
        context.fail(f"expected an expression such as .type, got {text!r}")
    try:
        return parse_expression(text)
    except ExpressionError as error:
        context.fail(str(error))


def _write(context: Context, scope: Scope, expression: Expression) -> Ref:
    ref = _write_alternatives(context, scope, expression.alternatives)
    if ref.origin is not None and not context.looks:  # a whole turn, or a whole part
        context.reads.part(ref.origin, KINDS)
        for kind in ref.origin.kinds:
            context.reads.field(ref.origin, {kind}, *RECORDS[f"part:{kind}"])
    for index, item in enumerate(expression.filters):
        is_last = index == len(expression.filters) - 1
        ref = _write_filter(context, ref, item, scope.names.get("sink") if is_last else None)
    return ref


def _write_alternatives(context: Context, scope: Scope, alternatives: tuple[Path | Literal, ...]) -> Ref:
    first = _write_term(context, scope, alternatives[0])
    if len(alternatives) == 1 or first.sure:
        return first
    name = context.writer.assign(first.code)
    result = Ref(name, first.type)
    with context.writer.block(f"if {name} is None:"):
        other = _write_alternatives(context, scope.inside(), alternatives[1:])
        context.writer.line(f"{name} = {other.code}")
    kind = result.type if other.type == first.type else WIRE
    return Ref(name, kind, other.sure, first.origin or other.origin)


def _write_term(context: Context, scope: Scope, term: Path | Literal) -> Ref:
    if isinstance(term, Literal):
        return Ref(repr(term.value), VALUE, term.value is not None)
    ref = _root(context, scope, term)
    for step in term.steps:
        ref = _write_step(context, scope, ref, step)
    return ref


def _root(context: Context, scope: Scope, path: Path) -> Ref:
    if path.root is None:
        if scope.current is None:
            context.fail("there is no current item here; begin with a $name")
        return scope.current
    if path.root == "absent":
        return NONE
    if path.root in OURS or path.root not in scope.names:
        known = sorted(scope.names.keys() - OURS)
        hint = context.nearest(path.root, known)
        context.fail(f"no name ${path.root} here{hint} (there are: {', '.join(known)})")
    return scope.names[path.root]


def _write_step(context: Context, scope: Scope, base: Ref, step: str | int) -> Ref:
    if base.type.startswith("part") and not (context.looks and step == "cache"):
        kinds = [kind for kind in _kinds_of(base) if step in RECORDS[f"part:{kind}"]]
        context.reads.field(base.origin, kinds, str(step))
        if step == "text" and "tool_result" in kinds:  # which is the texts that the result holds
            context.reads.field(None, {"text"}, "text")
    if base.origin is not None and not context.looks:
        _keep_read(context, base, base.origin, step)
    ref = _known_step(context, scope, base, step)
    return ref if base.origin is None else ref._replace(origin=_origin_of_step(base.type, base.origin, step))


def _keep_read(context: Context, base: Ref, origin: Origin, step: str | int) -> None:
    """Keeps what of the conversation a field holds."""
    if base.type == "part:tool_result" and step in ("text", "parts"):
        context.reads.results.add(str(step))
    if base.type == "turn" and step == "reasoning":
        context.reads.part(origin, {"reasoning"})
        context.reads.field(origin, {"reasoning"}, "text")
    elif base.type in ("turn", "system") and step in TEXTS:
        context.reads.text(origin, str(step))
    elif base.type.startswith("part") and step not in ("kind", "cache"):
        context.reads.part(origin, (kind for kind in KINDS if step in RECORDS[f"part:{kind}"]))


def _kinds_of(base: Ref) -> Iterable[str]:
    """The kinds that a part may be of, as far as it is known here."""
    kind = base.type.partition(":")[2]
    if kind:
        return (kind,)
    return KINDS if base.origin is None else base.origin.kinds


def _origin_of_step(kind: str, origin: Origin, step: str | int) -> Origin | None:
    if kind.startswith("list:"):
        return origin._replace(alone=True) if kind == "list:turn" else origin._replace(first=True)
    return origin if kind in ("turn", "system") and step == "parts" else None


def _known_step(context: Context, scope: Scope, base: Ref, step: str | int) -> Ref:
    known = scope.known(base.code, step)
    if known:
        return known
    ref = _list_step(context, base, step) if base.type.startswith("list:") else _plain_step(context, scope, base, step)
    scope.remember(base.code, step, ref)
    return ref


def _plain_step(context: Context, scope: Scope, base: Ref, step: str | int) -> Ref:
    if base.type in RECORDS:
        return _record_step(context, base, step)
    if base.type == VALUE:
        context.fail(f"a plain value has no {step!r} in it")
    if isinstance(step, str) and (fields := _fields_of(context, scope, base.code)):
        return Ref(context.writer.assign(f"{fields}.get({step!r})"), WIRE)
    return Ref(context.writer.assign(wire_step(base.code, step)), WIRE)


def _fields_of(context: Context, scope: Scope, base: str) -> str | None:
    """A map with the fields of a wire value, empty where that is none; for its second step, and those behind it.

    So the value is looked at once and not at each step. For a single step the look alone is less.
    """
    known = scope.known(base, None)
    if known is None:
        scope.remember(base, None, NONE)
        return None
    if known is NONE:
        nothing = context.writer.reference(NO_FIELDS, "no_fields")
        known = Ref(context.writer.assign(f"{base} if {base}.__class__ is dict else {nothing}"))
        scope.remember(base, None, known)
    return known.code


def wire_step(base: str, step: str | int) -> str:
    """Code for one guarded step into parsed JSON: None wherever the step is not there."""
    if isinstance(step, str):
        return f"{base}.get({step!r}) if {base}.__class__ is dict else None"
    fits = f"len({base}) > {step}" if step >= 0 else f"len({base}) >= {-step}"
    return f"{base}[{step}] if {base}.__class__ is list and {fits} else None"


def _record_step(context: Context, base: Ref, step: str | int) -> Ref:
    fields = RECORDS[base.type]
    if step not in fields or not isinstance(step, str):
        kind = base.type.partition(":")[2] or base.type
        hint = context.nearest(str(step), fields)
        context.fail(f"a {kind} has no field {step!r}{hint} (it has: {', '.join(sorted(fields))})")
    field = fields[step]
    if base.type == "part:tool_call" and step == "arguments" and context.direction == "request":
        return Ref(context.writer.assign(f"notes.arguments_of({base.code})"), field.type, True)
    if base.type == "part" and step != "kind":  # whose kind is not known here, so it may lack the field
        return Ref(context.writer.assign(f"getattr({base.code}, {step!r}, None)"), field.type)
    if base.sure and field.sure:
        return Ref(f"{base.code}.{step}", field.type, True)
    code = f"{base.code}.{step}" if base.sure else f"{base.code}.{step} if {base.code} is not None else None"
    return Ref(context.writer.assign(code), field.type)


def _list_step(context: Context, base: Ref, step: str | int) -> Ref:
    if not isinstance(step, int):
        context.fail(f"a list has no field {step!r}; use [0] or $each")
    fits = f"len({base.code}) > {step}" if step >= 0 else f"len({base.code}) >= {-step}"
    item = base.type.partition(":")[2]
    return Ref(context.writer.assign(f"{base.code}[{step}] if {base.code} and {fits} else None"), item)


def _write_filter(context: Context, base: Ref, item: Filter, sink: Ref | None) -> Ref:
    """The value behind a filter; ``sink`` is given where its outcome may be told."""
    if item.name not in FILTERS:
        hint = context.nearest(item.name, FILTERS)
        context.fail(f"no filter {item.name!r}{hint} (there are: {', '.join(sorted(FILTERS))})")
    definition = FILTERS[item.name]
    wanted = definition.arguments
    if len(item.arguments) != wanted and (wanted is not None or not item.arguments):
        told = "one argument or more" if wanted is None else f"{wanted} arguments"
        context.fail(f"filter {item.name!r} takes {told}, got {len(item.arguments)}")
    if definition.inline is not None:
        return Ref(context.writer.assign(definition.inline.format(named(context, base).code)), definition.result)
    called, more = _function_of(context, definition, sink)
    function = context.writer.reference(called, f"filter_{item.name}")
    arguments = "".join(f", {argument!r}" for argument in item.arguments) + more
    call = f"{function}({base.code}{arguments})"
    if definition.takes_none or base.sure:
        return Ref(context.writer.assign(call), definition.result, definition.never_none)
    return Ref(context.writer.assign(f"None if {base.code} is None else {call}"), definition.result)


def _function_of(context: Context, definition: Definition, sink: Ref | None) -> tuple[Callable[..., Any], str]:
    """What a filter calls here, and what it is given beside its arguments."""
    if context.direction == "stream" and sink is not None and definition.piece is not None:
        return definition.piece, f", {sink.code}, {context.writer.name()[1:]}"
    return definition.function, ""
