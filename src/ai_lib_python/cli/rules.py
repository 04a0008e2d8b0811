"""A manifest's rules for parameters, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .._manifest.manifest import Manifest
from ..request import PARAMETERS

__all__ = ["grouped", "parameter_rows"]

Rule = Mapping[str, Any]


def parameter_rows(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Each parameter with its name on the wire and what holds for its values."""
    rules = manifest.data.get("parameters") or {}
    for name in PARAMETERS:
        rule = rules.get(name)
        if rule is None:
            yield name, "-", "not taken: dropped"
        elif rule.get("refused"):
            yield name, "-", _refused(rule)
        else:
            yield name, _wire_name(name, rule), ", ".join(_limits(rule))


def grouped(rules: Mapping[str, Rule | None]) -> dict[str, list[str]]:
    """The rules of some models in words, each with the parameters that it holds for."""
    groups: dict[str, list[str]] = {}
    for name, rule in rules.items():
        groups.setdefault(_in_words(rule), []).append(name)
    return groups


def _in_words(rule: Rule | None) -> str:
    """What one rule says: ``called max_completion_tokens, at most 4096``."""
    if rule is None:
        return "not taken: dropped"
    if rule.get("refused"):
        return _refused(rule)
    called = [f"called {rule['to']}"] if rule.get("to") else []
    return ", ".join([*called, *_limits(rule)]) or "taken in another form"


def _wire_name(name: str, rule: Rule) -> str:
    if rule.get("to"):
        return str(rule["to"])
    shape = rule.get("as")
    if isinstance(shape, Mapping) and not any(str(key).startswith(("$", ".")) for key in shape):
        return ", ".join(map(str, shape))
    return name


def _refused(rule: Rule) -> str:
    reason = rule["refused"] if isinstance(rule["refused"], str) else rule.get("reason")
    return f"refused: {reason}" if reason else "refused: dropped"


def _limits(rule: Rule) -> Iterator[str]:
    if "min" in rule and "max" in rule:
        yield f"{rule['min']} to {rule['max']}"
    elif "min" in rule:
        yield f"at least {rule['min']}"
    elif "max" in rule:
        yield f"at most {rule['max']}"
    if "values" in rule:
        yield f"only {', '.join(map(_shown, rule['values']))}"
    if "map" in rule:
        yield ", ".join(f"{given} becomes {sent}" for given, sent in rule["map"].items())
    if "max_items" in rule:
        yield f"at most {rule['max_items']} of them"
    if "fixed" in rule:
        yield f"always {_shown(rule['fixed'])}"
    if "default" in rule:
        yield f"{_shown(rule['default'])} if not given"
    if "refused_when" in rule:
        yield f"dropped at times: {rule.get('reason', 'not together with the rest')}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
