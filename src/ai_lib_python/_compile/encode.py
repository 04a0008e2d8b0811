"""Writes the function that turns a ``ChatRequest`` into path, query, headers and body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .._structs import convert
from ..errors import UnsupportedError
from .context import Context, Source
from .expression import Expression, ExpressionError, Path, is_template, parse_interpolation
from .parameters import merge_into, write_parameters
from .reads import SYSTEM, Origin
from .routes import request_names
from .rule_checks import check_rules, sent_without_rule
from .scope import KINDS, VALUE, Ref, Scope
from .turns import TurnOptions, arrange
from .values import write_value
from .writer import Writer, compile_function

ESCAPING = frozenset({"in_path", "in_segment"})
"""Filters behind which a value can stand in a path."""


def write_encoder(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``encode(request, stream, notes) -> (path, query, headers, body)``."""
    context = Context(manifest, data.get("fragments", {}), "request")
    writer = context.writer
    with writer.block("def encode(request, stream, notes):"):
        options = _turn_options(context, data)
        with context.at("endpoint", "headers"):
            _check_content_type(context, data.get("endpoint", {}).get("headers"))
        scope = _scope(context, options)
        request = data.get("request", {})
        with context.at("request"):
            path = _path(context, scope, request)
            query = _pairs(context, scope, request, "query")
            headers = _pairs(context, scope, request, "headers")
            body = _body(context, scope, request)
        rules = data.get("parameters", {})
        check_rules(context, request, rules)
        known = rules.keys() | sent_without_rule(context, request, rules)
        write_parameters(context, scope, rules, known, {"body": body, "headers": headers, "query": query})
        if context.reads.lose_results(options):
            with context.at("request", "turns", "result_parts"):
                context.fail("is any, but no template reads .parts of a tool's result: only its texts would go out")
        if not context.reads.are_whole(options, KINDS):
            check = writer.reference(context.reads.check, "check_reads")
            writer.line(f"{check}(system, turns, last, notes)")
        writer.line(f"return {path}, {query}, {headers}, {body}")
    return writer


def compile_encoder(manifest: Source, data: dict[str, Any]) -> Callable[..., Any]:
    """The encoder, ready to call."""
    return compile_function(write_encoder(manifest, data), "encode", f"{manifest.id} encode")


def _scope(context: Context, options: TurnOptions) -> Scope:
    writer = context.writer
    context.roles = options.roles
    given = writer.reference(options, "turn_options")
    function = writer.reference(arrange, "arrange")
    known = writer.reference(context.reads, "reads")
    names = request_names(context)
    said = f"request.messages, {given}, {context.manifest.origin!r}, notes, {known}, {names['extra_body'].code}"
    writer.line(f"system, turns, last = {function}({said})")
    sources = frozenset(options.roles)
    names = {
        **names,
        "system": Ref("system", "system", origin=Origin(SYSTEM, frozenset({SYSTEM}), KINDS)),
        "turns": Ref("turns", "list:turn", True, Origin("turns", sources, KINDS)),
        "last": Ref("last", "turn", origin=Origin("last", sources, KINDS)),
        "notes": Ref("notes", VALUE, True),
    }
    return Scope(None, names)


def _turn_options(context: Context, data: dict[str, Any]) -> TurnOptions:
    turns = data.get("request", {}).get("turns", {})
    with context.at("request", "turns"):
        if "roles" not in turns:
            context.fail('the key "roles" is missing: the wire\'s words for system, user, assistant and tool')
        try:
            return convert(turns, TurnOptions)
        except msgspec.ValidationError as error:
            context.fail(str(error))


def _path(context: Context, scope: Scope, request: dict[str, Any]) -> str:
    plain, streamed = request.get("path", ""), request.get("stream_path")
    with context.at("path"):
        path = _whole_path(context, scope, plain)
    if streamed is None:
        return path
    path = context.writer.assign(path)
    with context.writer.block("if stream:"), context.at("stream_path"):
        context.writer.line(f"{path} = {_whole_path(context, scope.inside(), streamed)}")
    return path


def _whole_path(context: Context, scope: Scope, template: str) -> str:
    """The code of a path; one with an absent value in it leads nowhere and is refused."""
    _check_is_escaped(context, template)
    ref = write_value(context, scope, template)
    if not ref.sure:
        refuse = context.writer.reference(no_path, "no_path")
        with context.writer.block(f"if {ref.code} is None:"):
            context.writer.line(f"raise {refuse}({template!r})")
    return ref.code


def _check_is_escaped(context: Context, template: str) -> None:
    """Refuses a value that could lead to another path: with a slash, a question mark or dots in it."""
    try:
        expressions = [segment for segment in parse_interpolation(template) if isinstance(segment, Expression)]
    except ExpressionError:
        return  # told where it is compiled
    for expression in expressions:
        is_read = any(isinstance(term, Path) for term in expression.alternatives)
        if is_read and not any(item.name in ESCAPING for item in expression.filters):
            context.fail("a value in it could lead elsewhere; write ${... | in_segment}, or in_path to keep slashes")


def no_path(template: str) -> UnsupportedError:
    """The error for a path that needs what the caller did not give."""
    return UnsupportedError(f"the path {template} needs a value that was not given")


def _pairs(context: Context, scope: Scope, request: dict[str, Any], key: str) -> str:
    """The fixed headers or query, and what is added to them while streaming."""
    for headers in ("headers", "stream_headers") if key == "headers" else ():
        with context.at(headers):
            _check_content_type(context, request.get(headers))
    with context.at(key):
        ref = write_value(context, scope, request.get(key, {}))
    name = ref.code if ref.sure else context.writer.assign(f"{ref.code} or {{}}")
    streamed = request.get(f"stream_{key}")
    if streamed:
        with context.writer.block("if stream:"), context.at(f"stream_{key}"):
            more = write_value(context, scope.inside(), streamed)
            context.writer.line(f"{name}.update({more.code} or {{}})")
    return name


def _check_content_type(context: Context, headers: Any) -> None:
    """A body is always JSON, so nothing else may be said of it."""
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if isinstance(value, str) and str(name).lower() == "content-type" and not is_template(value):
            with context.at(name):
                if "json" not in value.lower():
                    context.fail(f"the body is sent as JSON, not as {value}")


def _body(context: Context, scope: Scope, request: dict[str, Any]) -> str:
    context.body = request.get("body")
    with context.at("body"):
        if not isinstance(request.get("body", {}), dict):
            context.fail("expected a map")
        ref = write_value(context, scope, request.get("body", {}))
    name = ref.code if ref.sure else context.writer.assign(f"{ref.code} or {{}}")
    streamed = request.get("stream_body")
    if streamed:
        merge = context.writer.reference(merge_into, "merge_into")
        with context.writer.block("if stream:"), context.at("stream_body"):
            more = write_value(context, scope.inside(), streamed)
            context.writer.line(f"{merge}({name}, {more.code} or {{}})")
    return name
