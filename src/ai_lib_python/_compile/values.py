"""Templates that build a value.

A template is a value with expressions in it. A map leaves out the keys whose value is
absent (None), a list leaves out absent items, and a map or list of which nothing is left
is absent itself. Operators are maps whose keys begin with ``$``:

    {$if: COND, $then: T, $else: T}
    {$by: EXPR, $case: {value: T}, $else: T}
    {$each: EXPR, $as: name, $where: COND, $by: EXPR, $case: {}, $else: T, $do: T, $keep_empty: true}
    {$with: T, $do: T}             the same with another current item
    {$use: fragment}               a named fragment, with the current item
    {$merge: [T, T]}               one map of several; of a list of maps, each of them
    {$concat: [T, T]}              one list of several
    {$concat: T}                   one list of the lists in the list that T builds
    {$literal: anything}           taken as it stands
    {$drop: why}                   absent, and told in the response's adjustments
    {$refuse: why}                 the request is refused: this wire cannot say it
    $absent                        absent
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import UnsupportedError
from ..message import Part
from .conditions import write_condition
from .context import Context
from .expression import is_expression, parse_expression
from .filters import FILTERS
from .loops import each_item
from .notes import unsaid
from .paths import NONE, named, write_expression, write_interpolation, write_way
from .reads import narrowed as narrowed_origin
from .scope import KINDS, MARK, PART_KINDS, VALUE, WIRE, Ref, Scope

BRANCHING = {"$by", "$case", "$else"}
OPERATORS: dict[str, set[str]] = {
    "$if": {"$if", "$then", "$else"},
    "$each": {"$each", "$as", "$where", "$do", "$keep_empty"} | BRANCHING,
    "$by": BRANCHING,
    "$with": {"$with", "$do"},
    "$use": {"$use"},
    "$merge": {"$merge"},
    "$concat": {"$concat"},
    "$literal": {"$literal"},
    "$drop": {"$drop"},
    "$refuse": {"$refuse"},
}


def write_value(context: Context, scope: Scope, node: Any) -> Ref:
    """Writes the code that builds ``node`` and gives the result."""
    if isinstance(node, str):
        return _text(context, scope, node)
    if isinstance(node, dict):
        operator = operator_of(context, node)
        return _WRITERS[operator](context, scope, node) if operator else _map(context, scope, node)
    if isinstance(node, list):
        return _list(context, scope, node)
    return Ref(repr(node), VALUE, node is not None)


def operator_of(context: Context, node: dict[Any, Any], allowed: dict[str, set[str]] | None = None) -> str | None:
    """The operator that a map is, or None for a plain map."""
    keys = [key for key in node if isinstance(key, str) and key.startswith("$")]
    if not keys:
        return None
    operators = OPERATORS if allowed is None else allowed
    name = next((name for name in operators if name in node), None)
    if name is None:
        context.fail(_no_operator(context, keys[0], operators))
    unknown = [str(key) for key in node if key not in operators[name]]
    if unknown:
        context.fail(f"{name} does not go with {unknown[0]!r}{context.nearest(unknown[0], operators[name])}")
    return name


def _no_operator(context: Context, key: str, operators: dict[str, set[str]]) -> str:
    owners = sorted((name for name in operators if key in operators[name]), key=lambda name: len(operators[name]))
    if owners:
        return f"{key} needs {' or '.join(owners)} beside it"
    hint = context.nearest(key, operators) or f" (there are: {', '.join(operators)})"
    return f"no operator {key!r}{hint}"


def _text(context: Context, scope: Scope, text: str) -> Ref:
    if is_expression(text):
        made = write_expression(context, scope, text)
        _tell_another_id(context, scope, text, made)
        return made
    if "${" in text:
        return write_interpolation(context, scope, text)
    return Ref(repr(text), VALUE, True)


def _tell_another_id(context: Context, scope: Scope, text: str, made: Ref) -> None:
    """An id of a call that goes out as another one is told, where it is of a part of the conversation."""
    part = scope.nearest("part")
    if part is None or "notes" not in scope.names or "_id(" not in text:
        return
    if any(FILTERS[each.name].rewrites for each in parse_expression(text).filters):
        given = write_expression(context, scope, text.partition("|")[0].strip())
        with context.writer.block(f"if {made.code} != {given.code}:"):
            context.writer.line(f"{scope.names['notes'].code}.another_id({part.code})")


def _map(context: Context, scope: Scope, node: dict[Any, Any]) -> Ref:
    """A dict: what is surely there as a literal, the rest added if it is present."""
    writer = context.writer
    entries: list[str] = []
    name: str | None = None
    anything_sure = not node
    for key, child in node.items():
        with context.at(key):
            ref = write_value(context, scope, child)
        if ref.code == "None":
            continue
        anything_sure = anything_sure or ref.sure
        if ref.sure and name is None:
            entries.append(f"{key!r}: {ref.code}")
            continue
        if name is None:
            name = writer.assign("{" + ", ".join(entries) + "}")
        _set_key(context, name, key, ref)
    if name is None:
        return Ref(writer.assign("{" + ", ".join(entries) + "}"), VALUE, True) if anything_sure else NONE
    if not anything_sure:
        name = writer.assign(f"{name} or None")
    return Ref(name, VALUE, anything_sure)


def _set_key(context: Context, name: str, key: Any, ref: Ref) -> None:
    if ref.sure:
        context.writer.line(f"{name}[{key!r}] = {ref.code}")
        return
    with context.writer.block(f"if {ref.code} is not None:"):
        context.writer.line(f"{name}[{key!r}] = {ref.code}")


def _list(context: Context, scope: Scope, node: list[Any]) -> Ref:
    name = context.writer.assign("[]")
    sure = not node
    for index, child in enumerate(node):
        with context.at(index):
            ref = write_value(context, scope, child)
        _append(context, name, ref)
        sure = sure or ref.sure
    return Ref(name if sure else context.writer.assign(f"{name} or None"), VALUE, sure)


def _append(context: Context, name: str, ref: Ref) -> None:
    if ref.code == "None":
        return
    if ref.sure:
        context.writer.line(f"{name}.append({ref.code})")
        return
    with context.writer.block(f"if {ref.code} is not None:"):
        context.writer.line(f"{name}.append({ref.code})")


def _if(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    with context.at("$if"):
        condition = write_condition(context, scope, node["$if"])
    name = context.writer.name()
    with context.writer.block(f"if {condition}:"):
        then = _branch(context, where(context, scope, node["$if"], truth=True), node, "$then", name)
    with context.writer.block("else:"):
        other = _branch(context, where(context, scope, node["$if"], truth=False), node, "$else", name)
    return Ref(name, then.type if then.type == other.type else WIRE, then.sure and other.sure)


def _branch(context: Context, scope: Scope, node: dict[str, Any], key: str, name: str) -> Ref:
    ref = NONE
    if key in node:
        with context.at(key):
            ref = write_value(context, scope.inside(), node[key])
    context.writer.line(f"{name} = {ref.code}")
    return ref


def _by(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    """One branch for each case; without ``$else``, another value is refused in a request, and absent in an answer."""
    name = context.writer.name()
    with context.at("$by"), context.looking():
        key = named(context, write_expression(context, scope, node["$by"]))
    sure = True
    word = "if"
    for case, child in cases_of(context, node):
        with context.writer.block(f"{word} {key.code} == {case!r}:"), context.at("$case", case):
            ref = write_value(context, narrowed(context, scope, node["$by"], case), child)
            context.writer.line(f"{name} = {ref.code}")
            sure = sure and ref.sure
        word = "elif"
    rest = where(context, scope, {node["$by"]: list(node["$case"])}, truth=False)
    with context.writer.block("else:" if word == "elif" else "if True:"):
        if "$else" in node:
            sure = _branch(context, rest, node, "$else", name).sure and sure
        else:
            _refuse(context, scope, key, name)
            sure = sure and context.direction in ("request", "serve")
    _keep_rest(context, rest, node)
    return Ref(name, WIRE, sure)


def _keep_rest(context: Context, rest: Scope, node: dict[str, Any]) -> None:
    """What no case names is not lost: it is refused, or ``$else`` says of it what shall be."""
    origin = None if rest.current is None else rest.current.origin
    by_kind = node["$by"] == ".kind"
    if origin is None or node["$by"] not in (".kind", ".source", ".role") or not origin.kinds:
        return
    refused = "$else" not in node
    if refused or (by_kind and node["$else"] not in (None, "$absent")):
        context.reads.part(origin, KINDS)


def cases_of(context: Context, node: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The cases of a ``$by``. An absent value goes to ``$else``."""
    cases = node.get("$case")
    if not isinstance(cases, dict):
        context.fail("$by needs a map of cases under $case")
    return [(key, child) for key, child in cases.items()]


def narrowed(context: Context, scope: Scope, by: str, case: Any) -> Scope:
    """Inside the case of one kind of part, the current item is known to be of that kind."""
    inner = where(context, scope, {by: case}, truth=True)
    if inner.current is None or inner.current.type != "part" or by != ".kind":
        return inner
    if case not in PART_KINDS:
        context.fail(f"no part is of kind {case!r}{context.nearest(str(case), PART_KINDS)}")
    if inner.current.origin is not None:
        context.reads.part(inner.current.origin, KINDS)
    return inner.inside(inner.current._replace(type=f"part:{case}"))


def where(context: Context, scope: Scope, condition: Any, *, truth: bool) -> Scope:
    """A scope inside, where a condition on the current item has turned out so."""
    current = scope.current
    if current is None or current.origin is None:
        return scope.inside()
    return scope.inside(current._replace(origin=narrowed_origin(current.origin, context.roles, condition, truth)))


def _refuse(context: Context, scope: Scope, key: Ref, name: str) -> None:
    """What a request cannot say ends it. A provider may say what nobody knew, and that is no reason to fail."""
    if context.direction not in ("request", "serve"):
        context.writer.line(f"{name} = None")
        return
    known = context.writer.reference(cannot_express, "cannot_express")
    context.writer.line(f"raise {known}({', '.join([key.code, *_the_part(scope)])})")


def _the_part(scope: Scope) -> list[str]:
    """The code of the part that a template is about, where it is about one."""
    part = scope.nearest("part")
    return [] if part is None else [part.code]


class CannotExpress(Exception):
    """A template has no case for a value; the engine turns it into an error for the user.

    Its arguments are the value, and the part of a message that it is of, where it is of one.
    """


def cannot_express(value: Any, *part: Any) -> CannotExpress:
    return CannotExpress(value, *part)


def _each(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    name = context.writer.assign("[]")
    with loop(context, scope, node) as inner:
        inner = inner.inside(number=Ref(f"len({name})", VALUE, True))
        ref = _by(context, inner, _body(node)) if "$by" in node else _do(context, inner, node)
        _append(context, name, ref)
    if node.get("$keep_empty"):
        return Ref(name, VALUE, True)
    return Ref(context.writer.assign(f"{name} or None"), VALUE)


def _body(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key in BRANCHING}


def _do(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    if "$do" not in node:
        context.fail("needs $do, or $by with $case")
    with context.at("$do"):
        return write_value(context, scope, node["$do"])


@contextmanager
def loop(context: Context, scope: Scope, node: dict[str, Any]) -> Iterator[Scope]:
    """``for`` over the items of ``$each`` that meet ``$where``; gives the scope inside."""
    with each_item(context, scope, node) as inner:
        if "$where" not in node:
            yield inner
            return
        with context.at("$where"):
            condition = write_condition(context, inner, node["$where"])
        with context.writer.block(f"if {condition}:"):
            yield _narrowed_by(context, inner, node["$where"])


def _narrowed_by(context: Context, scope: Scope, condition: Any) -> Scope:
    """The scope behind a ``$where`` that lets one kind of part through."""
    kind = condition.get(".kind") if isinstance(condition, dict) else None
    inner = where(context, scope, condition, truth=True)
    return narrowed(context, inner, ".kind", kind) if isinstance(kind, str) else inner


def _with(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    item = new_current(context, scope, node)
    name = context.writer.assign("None")
    with context.writer.block(f"if {item.code} is not None:"):
        ref = _do(context, scope.inside(item._replace(sure=True)), node)
        context.writer.line(f"{name} = {ref.code}")
    return Ref(name, WIRE, item.sure and ref.sure)


def new_current(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    """The item of a ``$with``: of an expression, or what an operator or a text with ``${...}`` in it builds."""
    template = node["$with"]
    with context.at("$with"):
        if not (isinstance(template, dict) and operator_of(context, template)) and "${" not in str(template):
            return write_way(context, scope, template)
        item = named(context, write_value(context, scope, template))
    item = item._replace(origin=None)
    return item._replace(type=WIRE) if item.type == VALUE else item  # what was built may be gone into


def _use(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    with context.fragment(node["$use"]) as body:
        return write_value(context, scope, body)


def _several(context: Context, node: dict[str, Any], operator: str) -> list[Any]:
    templates = node[operator]
    if not isinstance(templates, list):
        context.fail(f"{operator} needs a list of templates")
    return templates


def _merge(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    """One map of several; a list gives each of its maps. What is of another kind, or absent, adds nothing."""
    name = context.writer.assign("{}")
    for index, child in enumerate(_several(context, node, "$merge")):
        with context.at("$merge", index):
            _check_kind(context, child, dict, "a map")
            ref = write_value(context, scope, child)
        with context.writer.block(f"if {ref.code}.__class__ is dict:"):
            context.writer.line(f"{name}.update({ref.code})")
        if isinstance(child, str) or (child and operator_of(context, child)):
            with context.writer.block(f"elif {ref.code}.__class__ is list:"):
                context.writer.line(f"{context.writer.reference(lay_each, 'lay_each')}({name}, {ref.code})")
    return Ref(context.writer.assign(f"{name} or None"), VALUE)


def lay_each(into: dict[Any, Any], maps: list[Any]) -> None:
    """Adds the keys of each map of a list; later ones replace."""
    for one in maps:
        if one.__class__ is dict:
            into.update(one)


def _check_kind(context: Context, template: Any, kind: type[Any], wanted: str) -> None:
    """Refuses a template that can never be of a kind: a plain text or number, or the other shape."""
    if template is None or isinstance(template, kind) or (isinstance(template, str) and is_expression(template)):
        return
    if not isinstance(template, dict) or not operator_of(context, template):
        context.fail(f"it is never {wanted}, so it adds nothing")


def _concat(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    if isinstance(node["$concat"], dict):
        return _flattened(context, scope, node["$concat"])
    name = context.writer.assign("[]")
    for index, child in enumerate(_several(context, node, "$concat")):
        with context.at("$concat", index):
            _check_kind(context, child, list, "a list")
            ref = write_value(context, scope, child)
        with context.writer.block(f"if {ref.code}.__class__ is list:"):
            context.writer.line(f"{name}.extend({ref.code})")
    return Ref(context.writer.assign(f"{name} or None"), VALUE)


def _flattened(context: Context, scope: Scope, template: dict[str, Any]) -> Ref:
    """One list of the lists in a list; items that are no lists add nothing."""
    writer = context.writer
    with context.at("$concat"):
        _check_kind(context, template, list, "a list")
        lists = write_value(context, scope, template)
    name, item = writer.assign("[]"), writer.name()
    with (
        writer.block(f"if {lists.code}.__class__ is list:"),
        writer.block(f"for {item} in {lists.code}:"),
        writer.block(f"if {item}.__class__ is list:"),
    ):
        writer.line(f"{name}.extend({item})")
    return Ref(writer.assign(f"{name} or None"), VALUE)


def _literal(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    return Ref(context.writer.assign(repr(node["$literal"])), VALUE, node["$literal"] is not None)


def _drop(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    if "notes" not in scope.names:
        context.fail("$drop stands only in a request")
    told = [repr(_what_drops(context, scope)), repr(str(node["$drop"]))]
    if context.parameter is None:
        told += _the_part(scope)
    context.writer.line(f"{scope.names['notes'].code}.omitted({', '.join(told)})")
    return NONE


def _what_drops(context: Context, scope: Scope) -> str:
    """The kind of part, or the parameter, that a ``$drop`` is about."""
    if context.parameter is not None:
        return context.parameter
    if scope.current is not None and scope.current.type == MARK:
        return "cache"
    part = scope.nearest("part")
    if part is None or ":" not in part.type:
        context.fail("$drop stands only in the case of one kind of part, or in a parameter")
    return part.type.partition(":")[2]


def _refuse_request(context: Context, scope: Scope, node: dict[str, Any]) -> Ref:
    if context.direction != "request":
        context.fail("$refuse stands only in a request")
    refuse = context.writer.reference(refused, "refused")
    context.writer.line(f"raise {refuse}({', '.join([repr(str(node['$refuse'])), *_the_part(scope)])})")
    return NONE


def refused(why: str, *part: Part) -> UnsupportedError:
    """The error for what a manifest says that its wire cannot express."""
    return unsaid(why, *part)


_WRITERS = {
    "$if": _if,
    "$each": _each,
    "$by": _by,
    "$with": _with,
    "$use": _use,
    "$merge": _merge,
    "$concat": _concat,
    "$literal": _literal,
    "$drop": _drop,
    "$refuse": _refuse_request,
}
