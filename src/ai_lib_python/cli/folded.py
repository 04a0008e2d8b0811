"""JSON and YAML for people: what fits a line stands on one line, everything else is folded.

Both are exact: what is printed means what it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

__all__ = ["as_json", "as_yaml"]

WIDTH = 100
STEP = "  "
_PLAIN = re.compile(r"[A-Za-z_$./][A-Za-z0-9_$./*-]*(?: [A-Za-z0-9_$./*-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"})
"""What one reader of YAML or another takes for something else than text."""
_NUMBER = re.compile(r"\.[0-9]")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

Path = tuple[str | int, ...]


def as_json(value: Any, width: int = WIDTH) -> str:
    """A value as JSON in which whatever is shorter than ``width`` stands on one line."""
    return "\n".join(_json(value, "", width))


def _json(value: Any, indent: str, width: int) -> list[str]:
    line = _one_line(value)
    if not value or not isinstance(value, (dict, list)) or len(indent) + len(line) <= width:
        return [indent + line]
    if isinstance(value, list):
        inner = [_json(item, indent + STEP, width) for item in value]
        return [f"{indent}[", *_separated(inner), f"{indent}]"]
    inner = [_json_entry(key, item, indent + STEP, width) for key, item in value.items()]
    return [f"{indent}{{", *_separated(inner), f"{indent}}}"]


def _json_entry(key: str, value: Any, indent: str, width: int) -> list[str]:
    head = f"{indent}{_one_line(key)}: "
    first, *rest = _json(value, indent, width - len(head) + len(indent))
    return [head + first[len(indent) :], *rest]


def _separated(items: list[list[str]]) -> Iterator[str]:
    for item in items[:-1]:
        yield from (*item[:-1], f"{item[-1]},")
    yield from items[-1]


def _one_line(value: Any) -> str:
    """JSON on one line, with the spaces that people put."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_one_line(key)}: {_one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_one_line, value)) + "]"
    return msgspec.json.encode(value).decode()


def as_yaml(data: dict[str, Any], width: int = WIDTH, comment: Callable[[Path], str] | None = None) -> str:
    """A map as YAML in the style of the manifests: short maps and lists in braces, the rest indented.

    Args:
        data: maps, lists and single values.
        width: how long a line may be before it is folded.
        comment: what to write beside the entry at a path; nothing where it gives an empty text.
    """
    return "\n".join(_yaml_map(data, (), "", width, comment or (lambda path: "")))


def _yaml_map(
    data: dict[Any, Any], path: Path, indent: str, width: int, comment: Callable[[Path], str]
) -> Iterator[str]:
    for key, value in data.items():
        here = (*path, key)
        noted = f"  # {note}" if (note := comment(here)) else ""
        head = f"{indent}{_scalar(key)}:"
        line = f"{head} {_flow(value)}"
        if _is_short(value, line, width):
            yield line + noted
        else:
            yield head + noted
            yield from _yaml_block(value, here, indent + STEP, width, comment)


def _yaml_block(value: Any, path: Path, indent: str, width: int, comment: Callable[[Path], str]) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _yaml_map(value, path, indent, width, comment)
        return
    for index, item in enumerate(value):
        line = f"{indent}- {_flow(item)}"
        if _is_short(item, line, width):
            yield line
        else:
            first, *rest = _yaml_block(item, (*path, index), indent + STEP, width, comment)
            yield f"{indent}- {first.lstrip(' ')}"
            yield from rest


def _is_short(value: Any, line: str, width: int) -> bool:
    return not value or not isinstance(value, (dict, list)) or len(line) <= width


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A single value: a text stands without quotes where it can be nothing else."""
    if isinstance(value, str) and _is_plain(value):
        return value
    written = msgspec.json.encode(value).decode()
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS and not _NUMBER.match(text)
