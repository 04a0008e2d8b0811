"""Arguments that come place by place: ``$.cities[0].name`` gets ``"Par"``, then ``"is"``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]""", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

FARTHEST = 1000
"""How far behind a list's end a place may lie; what lies further away is no answer but an attack."""


def apply_patch(target: dict[str, Any], path: str, value: Any) -> bool:
    """Sets ``value`` at ``path`` of ``target``; a text is added to the text that is there.

    Nothing is changed, and the answer is False, where the path is none, or leads through something else than maps and
    lists.
    """
    steps = _steps(path)
    place: Any = target
    for step, following in pairwise(steps):
        if not _fits(place, step):
            return False
        if (child := _get(place, step)) is None:
            child = [] if isinstance(following, int) else {}
            _set(place, step, child)
        place = child
    if not steps or not _fits(place, steps[-1]):
        return False
    old = _get(place, steps[-1])
    _set(place, steps[-1], old + value if isinstance(old, str) and isinstance(value, str) else value)
    return True


def _steps(path: str) -> list[str | int]:
    """The keys and indexes of a path; none where it is not read to its end."""
    path = path.removeprefix("$")
    found = list(_STEP.finditer(path))
    if "".join(match.group() for match in found) != path:
        return []
    return [_step(*match.groups()) for match in found]


def _step(name: str | None, index: str | None, quoted: str | None, single: str | None) -> str | int:
    if name is not None:
        return name
    if index is not None:
        return int(index)
    return _ESCAPED.sub(r"\1", quoted or single or "")


def _fits(place: Any, step: str | int) -> bool:
    """Whether ``place`` is what such a step leads into."""
    if isinstance(step, str):
        return isinstance(place, dict)
    return isinstance(place, list) and step < len(place) + FARTHEST


def _get(place: Any, step: Any) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    return place[step] if step < len(place) else None


def _set(place: Any, step: Any, value: Any) -> None:
    """Puts ``value`` there; a list is filled up with None as far as that."""
    if isinstance(place, list):
        place.extend([None] * (step + 1 - len(place)))
    place[step] = value
