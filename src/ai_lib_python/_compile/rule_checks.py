"""Mistakes in the rules for parameters that would otherwise send, or tell, something false without a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..request import PARAMETERS
from .context import Context
from .scope import PARAMETER_TYPES

NOWHERE = "$absent"

CHANGING = ("map", "min", "max", "max_items", "fixed", "default")
"""Words of a rule that make another value of the one that was given."""

DROPPING = ("refused", "refused_when", "values")
"""Words of a rule that take the value away."""

CONDITIONS = frozenset({"$if", "$where", "$by"})
"""Operators under which a value is looked at and does not go out."""

CONVERSATION = re.compile(r"\$(turns|last|system|model)\b")

_NAME = re.compile(r"\$(\w+)")

LISTS = frozenset({"$each", "$concat"})
"""Operators that build a list."""


def sent_without_rule(context: Context, request: Mapping[str, Any], rules: Mapping[str, Any]) -> set[str]:
    """The parameters that have no rule, and go out all the same: the templates of ``request`` send them."""
    return _names(context, _templates(request), without=CONDITIONS) & (set(PARAMETERS) - rules.keys())


def check_rules(context: Context, request: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> None:
    """Holds each rule against itself, against the templates of ``request`` and against the other rules."""
    templates = _templates(request)
    reads = _Reads(
        _names(context, templates, without=CONDITIONS),
        _names(context, templates),
        {name: _names(context, rule) for name, rule in rules.items()},
    )
    places: dict[str, str] = {}
    for name, rule in rules.items():
        with context.at("parameters", name):
            _check_unplaced(context, name, rule, reads)
            if rule.get("refused"):
                continue
            _check_limits(context, name, rule)
            if "adds_to" in rule:
                _check_addition(context, rule, places)
            elif "to" in rule:
                _check_place(context, name, rule, request, places)


def _templates(request: Mapping[str, Any]) -> list[Any]:
    return [value for key, value in request.items() if key != "turns"]


class _Reads(NamedTuple):
    """The names that a request reads: in what goes out, in its templates at all, and in each of the rules."""

    sent: set[str]
    templates: set[str]
    rules: Mapping[str, set[str]]


def _check_unplaced(context: Context, name: str, rule: Mapping[str, Any], reads: _Reads) -> None:
    """A value that no rule places goes out as a template reads it, so its rule can neither change nor drop it."""
    placed = "to" in rule or "adds_to" in rule
    if rule.get("as", NOWHERE) != NOWHERE or (placed and "as" not in rule):
        return
    goes_out, elsewhere = name in reads.sent, any(name in read for key, read in reads.rules.items() if key != name)
    wrong = [word for word in CHANGING if word in rule and not rule.get("refused") and (goes_out or not elsewhere)]
    wrong += [word for word in DROPPING if goes_out and rule.get(word, False) is not False]
    if wrong:
        context.fail(f"{wrong[0]} would be told but not done: no `to` and no `as` of this rule places the value")
    told = elsewhere or any(word in rule for word in (*DROPPING, "drops"))
    if not told and name in PARAMETERS and name not in reads.templates:
        context.fail(f"goes nowhere: no template reads ${name}; say where by `to` or `as`, or why not by `refused`")


def _names(context: Context, node: Any, without: frozenset[str] = frozenset()) -> set[str]:
    """The names in a template: ``turns`` of ``$turns``."""
    return {name for text in _texts(context, node, without) if "$" in text for name in _NAME.findall(text)}


def _texts(context: Context, node: Any, without: frozenset[str] = frozenset()) -> list[str]:
    """The texts and keys of a template and of the fragments that it uses."""
    found: list[str] = []
    _gather(context, node, without, found)
    return found


def _gather(context: Context, node: Any, without: frozenset[str], found: list[str]) -> None:
    if isinstance(node, str):
        found.append(node)
    elif isinstance(node, list):
        for item in node:
            _gather(context, item, without, found)
    elif isinstance(node, dict):
        for key, item in node.items():
            if key in without or key == "$literal":
                continue
            found.append(str(key))
            gather = _gather_used if key == "$use" else _gather
            gather(context, item, without, found)


def _gather_used(context: Context, name: Any, without: frozenset[str], found: list[str]) -> None:
    """The texts of a fragment; one that is not there, or uses itself, is told where it is compiled."""
    if isinstance(name, str) and name not in context.using and name in context.fragments:
        with context.fragment(name) as body:
            _gather(context, body, without, found)


def _check_limits(context: Context, name: str, rule: Mapping[str, Any]) -> None:
    low, high, default = rule.get("min"), rule.get("max"), rule.get("default")
    if low is not None and high is not None and low > high:
        context.fail(f"min is {low} and max {high}: no value is between them")
    if default is None or name in PARAMETER_TYPES:
        return
    with context.at("default"):
        if "values" in rule and default not in rule["values"]:
            context.fail(f"{default!r} is none of the values that this rule lets through")
        if low is not None and _is_number(default) and default < low:
            context.fail(f"{default} is less than min, {low}")
        if high is not None and _is_number(default) and default > high:
            context.fail(f"{default} is more than max, {high}")
        if isinstance(default, list) and len(default) > rule.get("max_items", len(default)):
            context.fail(f"has {len(default)} items, more than max_items, {rule['max_items']}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_place(
    context: Context, name: str, rule: Mapping[str, Any], request: Mapping[str, Any], places: dict[str, str]
) -> None:
    target, _, key = rule["to"].rpartition(":")
    place = f"{target}:{key.lower()}" if target == "header" else rule["to"]
    with context.at("to"):
        if place in places and "refused_when" not in rule:
            context.fail(f"{places[place]} goes to {rule['to']} already, and one of the two would be lost")
        if f"{place}[]" in places:
            context.fail(f"another rule adds to {place} before this, and that would be lost; let this rule stand first")
        if not target:
            _check_is_free(context, key.split("."), request.get("body"))
    places[place] = name


def _check_addition(context: Context, rule: Mapping[str, Any], places: dict[str, str]) -> None:
    """Adding comes after what is put there; the rules run in the order in which they stand."""
    if "to" in rule:
        with context.at("adds_to"):
            context.fail("does not go with `to`: a value is put somewhere, or added to a list")
    places[f"{rule['adds_to']}[]"] = rule["adds_to"]


def _check_is_free(context: Context, keys: list[str], node: Any) -> None:
    """Refuses a place in the body where a template puts what was said."""
    for step in keys:
        if isinstance(node, dict) and LISTS & node.keys():
            context.fail(f"{'.'.join(keys)!r} is no path in the body: {step} would be in a list of request.body")
        node = node.get(step) if isinstance(node, dict) else None
    found = next((text for text in _texts(context, node) if CONVERSATION.search(text)), None)
    if found:
        context.fail(f"request.body has {'.'.join(keys)} already, of {found}, and that would be lost")
