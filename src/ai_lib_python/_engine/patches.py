"""Arguments that come place by place: ``$.cities[0].name`` gets ``"Par"``, then ``"is"``."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[['\"](.*?)['\"]\]")


def apply_patch(target: dict[str, Any], path: str, value: Any) -> None:
    """Sets ``value`` at ``path`` of ``target``; a text is added to the text that is there."""
    steps: list[str | int] = [
        int(index) if index else (name or quoted) for name, index, quoted in _STEP.findall(path.removeprefix("$"))
    ]
    if not steps:
        return
    place: Any = target
    for step, following in zip(steps, steps[1:]):
        fresh: Any = [] if isinstance(following, int) else {}
        place = _child(place, step, fresh)
    old = _child(place, steps[-1], None)
    joined = old + value if isinstance(old, str) and isinstance(value, str) else value
    place[steps[-1]] = joined


def _child(place: Any, step: str | int, fresh: Any) -> Any:
    """What stands at ``step``, made if it is not there."""
    if isinstance(step, int):
        while len(place) <= step:
            place.append(None)
        if place[step] is None:
            place[step] = fresh
        return place[step]
    return place.setdefault(step, fresh) if fresh is not None else place.get(step)
