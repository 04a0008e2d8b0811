"""Conditions: when a template's branch is taken.

EXPR                           the value is there and not empty, zero or false
{EXPR: value, EXPR: [a, b]}    every value equals, or is one of a list; null is absent
{$not: COND}  {$any: [COND]}  {$all: [COND]}
{$some: {$each: EXPR, $where: COND}}      at least one item of a list is so
true  false
"""

from __future__ import annotations

from typing import Any

from .context import Context
from .loops import each_item
from .paths import write_expression
from .scope import Scope


def write_condition(context: Context, scope: Scope, node: Any) -> str:
    """Writes what the condition needs and gives it as an expression of Python."""
    with context.looking():
        return _condition(context, scope, node)


def _condition(context: Context, scope: Scope, node: Any) -> str:
    if isinstance(node, bool):
        return repr(node)
    if isinstance(node, str):
        return write_expression(context, scope, node).code
    if not isinstance(node, dict) or not node:
        context.fail("a condition is an expression, or a map of expressions and what they must equal")
    return " and ".join(_clause(context, scope, key, value) for key, value in node.items())


def _clause(context: Context, scope: Scope, key: Any, value: Any) -> str:
    with context.at(key):
        if key == "$not":
            return f"not ({_condition(context, scope, value)})"
        if key in ("$any", "$all"):
            return _several(context, scope, key, value)
        if key == "$some":
            return _some(context, scope, value)
        if not isinstance(key, str):
            context.fail("expected an expression such as .type")
        return _equals(write_expression(context, scope, key).code, value)


def _several(context: Context, scope: Scope, key: str, nodes: Any) -> str:
    if not isinstance(nodes, list) or not nodes:
        context.fail(f"{key} needs a list of conditions")
    word = " or " if key == "$any" else " and "
    return "(" + word.join(f"({_condition(context, scope, node)})" for node in nodes) + ")"


def _some(context: Context, scope: Scope, node: Any) -> str:
    """Writes a loop that looks for the first item that is so."""
    if not isinstance(node, dict) or set(node) - {"$as"} != {"$each", "$where"}:
        context.fail("$some needs a map of $each and $where")
    found = context.writer.assign("False")
    with each_item(context, scope, node) as inner:
        with context.at("$where"):
            condition = _condition(context, inner, node["$where"])
        with context.writer.block(f"if {condition}:"):
            context.writer.line(f"{found} = True")
            context.writer.line("break")
    return found


def _equals(code: str, value: Any) -> str:
    if isinstance(value, list):
        return "(" + " or ".join(_equals(code, item) for item in value) + ")"
    if value is None or isinstance(value, bool):
        return f"{code} is {value!r}"
    return f"{code} == {value!r}"
