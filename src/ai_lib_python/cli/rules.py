"""A manifest's rules for parameters, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

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
        yield name, _wire_name(name, rule) if _is_taken(rule) else "-", _values(rule)


def grouped(rules: Mapping[str, Rule | None]) -> dict[str, list[str]]:
    """The rules of some models in words, each with the parameters that it holds for."""
    groups: dict[str, list[str]] = {}
    for name, rule in rules.items():
        groups.setdefault(_in_words(rule), []).append(name)
    return groups


def _in_words(rule: Rule | None) -> str:
    """What one rule says: ``called max_completion_tokens, at most 4096``."""
    if not _is_taken(rule):
        return _values(rule)
    called = f"called {rule['to']}" if rule.get("to") else ""
    return ", ".join(filter(None, [called, _values(rule)])) or "taken in another form"


def _is_taken(rule: Rule | None) -> TypeGuard[Rule]:
    return rule is not None and not rule.get("refused")


def _values(rule: Rule | None) -> str:
    """What holds for a parameter's values, or why it is not taken."""
    if rule is None:
        return "not taken: dropped"
    return _refused(rule) if rule.get("refused") else ", ".join(_limits(rule))


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
    """What holds for the values, word by word."""
    if "min" in rule and "max" in rule:
        yield f"{rule['min']} to {rule['max']}"
        rule = {word: rule[word] for word in rule if word not in ("min", "max")}
    for word, told in _TOLD.items():
        if word in rule:
            yield told(rule[word])
    if "refused_when" in rule:
        yield f"dropped at times: {rule.get('reason', 'not together with the rest')}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_TOLD: dict[str, Callable[[Any], str]] = {
    "min": lambda least: f"at least {least}",
    "max": lambda most: f"at most {most}",
    "values": lambda values: f"only {', '.join(map(_shown, values))}",
    "map": lambda table: ", ".join(f"{given} becomes {sent}" for given, sent in table.items()),
    "max_items": lambda most: f"at most {most} of them",
    "fixed": lambda value: f"always {_shown(value)}",
    "default": lambda value: f"{_shown(value)} if not given",
}
"""The words of a rule that say something about values."""
