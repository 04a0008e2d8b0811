"""The rules for parameters: what a provider calls them, takes, clamps, and refuses.

    temperature: {to: temperature, min: 0, max: 2}
    tools: {to: tools, as: {$each: $value, $do: {...}}}
    reasoning: {as: {thinking: {...}}}        without `to`, a map is merged into the body
    web_search: {adds_to: tools, as: {...}}   one more item of a list

Rules are applied in the manifest's order, and the words of one rule in the order of
``_RULES``; a condition sees other parameters as the rules before have left them. Whatever
goes out otherwise than it was given is noted, and stands in ``response.adjustments``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from .._structs import convert
from ..errors import UnsupportedError
from ..request import PARAMETERS
from .conditions import write_condition
from .context import Context
from .expression import is_template
from .filters import as_query, as_text, type_name
from .schema_rules import SchemaFitter, SchemaRules
from .scope import PARAMETER_STRUCTS, PARAMETER_TYPES, VALUE, Ref, Scope
from .values import write_value


def write_parameters(
    context: Context, scope: Scope, rules: Mapping[str, Any], known: Collection[str], targets: Mapping[str, str]
) -> None:
    """Writes the code that puts every parameter where its rule says, and tells of those that are not ``known``.

    ``targets`` maps ``body``, ``headers`` and ``query`` to the names of the dicts to fill.
    """
    for name in PARAMETERS:
        if name not in known:
            _write_unknown(context, scope, name)
    for name, rule in rules.items():
        with context.at("parameters", name):
            if name not in PARAMETERS:
                context.fail(f"no parameter {name!r}{context.nearest(name, PARAMETERS)}")
            context.parameter = name
            _write_rule(context, scope, name, rule, targets)
    context.parameter = None


def _write_unknown(context: Context, scope: Scope, name: str) -> None:
    value = scope.names[name].code
    with context.writer.block(f"if {value} is not None:"):
        _note(context, scope, "dropped", name, "this wire has no such parameter", value)


def _write_rule(context: Context, scope: Scope, name: str, rule: Mapping[str, Any], targets: Mapping[str, str]) -> None:
    value = scope.names[name].code
    for word, write in _RULES.items():
        if word in rule:
            with context.at(word):
                _check_plain(context, name, word)
                write(context, scope, name, value, rule)
    scope.forget(value)
    with context.writer.block(f"if {value} is not None:"):
        inner = scope.inside(value=Ref(value, PARAMETER_TYPES.get(name, VALUE), True))
        result = Ref(value, VALUE, True)
        if "as" in rule:
            with context.at("as"):
                result = write_value(context, inner, rule["as"])
        _place(context, scope, name, rule, result, targets)


def _check_plain(context: Context, name: str, word: str) -> None:
    if name in PARAMETER_TYPES and word in _PLAIN_ONLY:
        context.fail(f"{name} is more than a plain value; use refused_when with $value.field, or as")


def _place(
    context: Context,
    scope: Scope,
    name: str,
    rule: Mapping[str, Any],
    result: Ref,
    targets: Mapping[str, str],
) -> None:
    if result.code == "None":
        return
    if not result.sure:
        with context.writer.block(f"if {result.code} is not None:"):
            _place(context, scope, name, rule, result._replace(sure=True), targets)
        return
    if "adds_to" in rule:
        keys = tuple(rule["adds_to"].split("."))
        with context.at("adds_to"):
            _check_path(context, list(keys))
        add = context.writer.reference(add_to, "add_to")
        context.writer.line(f"{add}({targets['body']}, {keys!r}, {result.code})")
        return
    to = rule.get("to")
    if to is None:
        if "as" in rule:
            merge = context.writer.reference(merge_into, "merge_into")
            context.writer.line(f"{merge}({targets['body']}, {result.code})")
        return
    target, _, key = to.rpartition(":")
    if target not in ("", "header", "query"):
        context.fail(f"'to' is a path in the body, header:Name or query:name, not {to!r}")
    with context.at("to"):
        _check_path(context, [] if target else key.split("."))
    _put(context, to, result, targets)
    if target or key.rpartition(".")[2] != name:
        _note(context, scope, "renamed", name, f"called {key} here", None)


def _check_path(context: Context, keys: list[str]) -> None:
    """Refuses a place in the body that cannot be, as far as that can be seen here."""
    body = context.body
    for step in keys:
        if not step or step.isdecimal():
            problem = "an empty step" if not step else f"{step}; such a path goes through maps, never into a list"
            context.fail(f"{'.'.join(keys)!r} is no path in the body: there is {problem}")
    for step in keys[:-1]:
        body = body.get(step) if isinstance(body, dict) else None
        if body is not None and not isinstance(body, dict) and not (isinstance(body, str) and is_template(body)):
            context.fail(f"{'.'.join(keys)!r} is no path in the body: {step} is a {type_name(body)} in request.body")


def _put(context: Context, to: str, result: Ref, targets: Mapping[str, str]) -> None:
    target, _, key = to.rpartition(":")
    if target:
        name, written = ("headers", as_text) if target == "header" else ("query", as_query)
        function = context.writer.reference(written, written.__name__)
        context.writer.line(f"{targets[name]}[{key!r}] = {function}({result.code})")
        return
    keys = tuple(key.split("."))
    if len(keys) == 1:
        context.writer.line(f"{targets['body']}[{key!r}] = {result.code}")
        return
    context.writer.line(f"{context.writer.reference(put_at, 'put_at')}({targets['body']}, {keys!r}, {result.code})")


def _note(
    context: Context,
    scope: Scope,
    action: str,
    name: str,
    reason: str,
    given: str | None,
    sent: str | None = None,
) -> None:
    arguments = [repr(name), repr(reason), *([given] if given else []), *([sent] if sent else [])]
    context.writer.line(f"{scope.names['notes'].code}.{action}({', '.join(arguments)})")


def _drop_if(context: Context, scope: Scope, name: str, value: str, condition: str, reason: str) -> None:
    with context.writer.block(f"if {value} is not None and ({condition}):"):
        _note(context, scope, "dropped", name, reason, value)
        context.writer.line(f"{value} = None")


def _refused(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    reason = rule["refused"] if isinstance(rule["refused"], str) else rule.get("reason", "refused here")
    if rule["refused"] is not False:
        _drop_if(context, scope, name, value, "True", reason)


def _refused_when(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    with context.writer.block(f"if {value} is not None:"):
        inner = scope.inside(value=Ref(value, PARAMETER_TYPES.get(name, VALUE), True))
        condition = write_condition(context, inner, rule["refused_when"])
        _drop_if(context, scope, name, value, condition, rule.get("reason", "refused together with the rest"))


def _drops(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    """Tells of fields that this wire has no word for: those that the template of the value does not name."""
    named = str(rule.get("as", ""))
    for field, reason in rule["drops"].items():
        if f"$value.{field}" in named:
            continue
        with context.writer.block(f"if {value} is not None:"):
            inner = scope.inside(value=Ref(value, PARAMETER_TYPES.get(name, VALUE), True))
            given = write_value(context, inner, f"$value.{field}").code
            with context.writer.block(f"if {given} is not None:"):
                _note(context, scope, "dropped", f"{name}.{field}", reason, given)


def _schema(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    """Makes the schemas within a parameter such as the wire takes."""
    if name not in ("tools", "response_format"):
        context.fail(f"{name} has no schema; only tools and response_format do")
    try:
        rules = convert(rule["schema"], SchemaRules)
    except msgspec.ValidationError as error:
        context.fail(str(error))
    fitter = context.writer.reference(SchemaFitter(rules), f"fit_{name}")
    with context.writer.block(f"if {value} is not None:"):
        context.writer.line(f"{value} = {fitter}.{name}({value}, {scope.names['notes'].code})")


def _map(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    table = dict(rule["map"])
    lookup = context.writer.reference(table)
    mapped = context.writer.assign(f"{value} if {value} is None else {lookup}.get({value}, {value})")
    with context.writer.block(f"if {mapped} != {value}:"):
        _note(
            context,
            scope,
            "replaced",
            name,
            rule.get("reason", "the nearest that is taken here"),
            value,
            mapped,
        )
        context.writer.line(f"{value} = {mapped}")


def _values(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    allowed = tuple(rule["values"])
    reason = f"only {', '.join(str(item) for item in allowed)} here"
    _drop_if(context, scope, name, value, f"{value} not in {allowed!r}", reason)


def _minimum(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    _clamp(context, scope, name, value, "<", rule["min"], f"at least {rule['min']} here")


def _maximum(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    _clamp(context, scope, name, value, ">", rule["max"], f"at most {rule['max']} here")


def _clamp(context: Context, scope: Scope, name: str, value: str, sign: str, limit: float, reason: str) -> None:
    with context.writer.block(f"if {value} is not None and {value} {sign} {limit!r}:"):
        _note(context, scope, "clamped", name, reason, value, repr(limit))
        context.writer.line(f"{value} = {limit!r}")


def _max_items(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    limit = int(rule["max_items"])
    with context.writer.block(f"if {value} is not None and len({value}) > {limit}:"):
        _note(context, scope, "clamped", name, f"at most {limit} here", value, f"{value}[:{limit}]")
        context.writer.line(f"{value} = {value}[:{limit}]")


def _fixed(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    fixed = rule["fixed"]
    with context.writer.block(f"if {value} is not None and {value} != {fixed!r}:"):
        _note(context, scope, "replaced", name, rule.get("reason", "fixed here"), value, repr(fixed))
    context.writer.line(f"{value} = {fixed!r}")


def _default(context: Context, scope: Scope, name: str, value: str, rule: Mapping[str, Any]) -> None:
    default = _default_code(context, name, rule["default"])
    reason = rule.get("default_reason", rule.get("reason", "required here"))
    condition = f"{value} is None"
    if "default_when" in rule:
        condition = f"{condition} and ({write_condition(context, scope.inside(), rule['default_when'])})"
    with context.writer.block(f"if {condition}:"):
        _note(context, scope, "defaulted", name, reason, "None", default)
        context.writer.line(f"{value} = {default}")


def _default_code(context: Context, name: str, default: Any) -> str:
    """The default as code; a map becomes the record that the parameter is."""
    if name not in PARAMETER_STRUCTS:
        return repr(default)
    try:
        return context.writer.reference(convert(default, PARAMETER_STRUCTS[name]))
    except msgspec.ValidationError as error:
        context.fail(str(error))


_RULES = {
    "refused": _refused,
    "refused_when": _refused_when,
    "drops": _drops,
    "schema": _schema,
    "map": _map,
    "values": _values,
    "min": _minimum,
    "max": _maximum,
    "max_items": _max_items,
    "fixed": _fixed,
    "default": _default,
}
_PLAIN_ONLY = {"map", "values", "min", "max", "fixed"}


def put_at(body: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Sets a nested key, making the maps on the way.

    Raises:
        UnsupportedError: something on the way is there and is no map.
    """
    for key in keys[:-1]:
        inner = body.setdefault(key, {})
        if not isinstance(inner, dict):
            raise UnsupportedError(f"nothing can be put at {'.'.join(keys)}: {key} is a {type_name(inner)} in the body")
        body = inner
    body[keys[-1]] = value


def add_to(body: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Adds a value, or each of a list, to the list at a path, which begins here where there is none.

    Raises:
        UnsupportedError: something else is there.
    """
    place = body
    for key in keys[:-1]:
        inner = place.get(key)
        place = inner if isinstance(inner, dict) else {}
    before = place.get(keys[-1])
    if before is not None and not isinstance(before, list):
        raise UnsupportedError(f"nothing can be added to {'.'.join(keys)}: a {type_name(before)} is there in the body")
    put_at(body, keys, [*(before or ()), *(value if isinstance(value, list) else (value,))])


def merge_into(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Adds ``more`` to ``body``; maps merge, everything else replaces.

    Raises:
        UnsupportedError: ``more`` is no map.
    """
    if not isinstance(more, Mapping):
        raise UnsupportedError(f"only a map can be laid over the body, not a {type_name(more)}")
    for key, value in more.items():
        old = body.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merge_into(old, value)
        else:
            body[key] = value
