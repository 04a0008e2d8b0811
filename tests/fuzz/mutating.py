"""Changes an input where it matters: in the JSON that its lines hold, or anywhere in its text.

Bytes alone seldom hit anything but the JSON parser.
"""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

WORDS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, 10**30, 1.5, -0.0, 1e308, "", " ", "x", "a" * 40, "\ud7ff", "é", "0", "1",
    "null", "{", "}", "[]", "{}", '{"a":', "text", "tool_use", "error", "$", ".", "$value", "$model", ".a.b",
    ".a | json", "$each", ".[0]", ".[-1]", "${$model}", "[DONE]", "1e999", "-1", "99999999999999999999", "<think>",
    "eyJhIjoxfQ==", "</think>", [], {}, [[]], [None], {"": None}, {"type": "text", "text": 1},
)  # fmt: skip

KEYS = (
    "",
    "type",
    "text",
    "index",
    "id",
    "$if",
    "$each",
    "$do",
    "$by",
    "$case",
    "$use",
    "$then",
    "error",
    "usage",
    "a",
)

DEEP = 60


def mutate(data: bytes, seed: int) -> bytes:
    """The input with one thing changed."""
    random = Random(seed)
    if random.random() < 0.75 and (changed := _in_json(data, random)) is not None:
        return changed
    return _in_text(data, random)


def _in_json(data: bytes, random: Random) -> bytes | None:
    """One change of a JSON value: of the whole input, what follows its first bytes, or one of its lines."""
    lines = data.split(b"\n")
    number = random.randrange(len(lines))
    for head, text, tail in (([], data, []), (lines[:number], lines[number], lines[number + 1 :])):
        start = min((at for at in (text.find(b"{"), text.find(b"[")) if at >= 0), default=-1)
        if start < 0:
            continue
        try:
            value = json.loads(text[start:])
            changed = json.dumps(changed_in(value, random), ensure_ascii=random.random() < 0.5)
        except (ValueError, RecursionError):
            continue
        return b"\n".join((*head, text[:start] + changed.encode(errors="replace"), *tail))
    return None


def changed_in(value: Any, random: Random) -> Any:
    """The value with one place in it replaced, removed, repeated, wrapped or renamed."""
    value = copy.deepcopy(value)
    holder, key = _place(value, random)
    if holder is None:
        return random.choice(WORDS)
    kind = random.randrange(7)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 2 and isinstance(holder, dict):
        holder[random.choice(KEYS)] = holder.pop(key)
    elif kind == 3:
        holder[key] = [holder[key]] if random.random() < 0.5 else {random.choice(KEYS): holder[key]}
    elif kind == 4 and isinstance(holder[key], str):
        holder[key] = _text(holder[key], random)
    elif kind == 5:
        other, from_key = _place(value, random)
        holder[key] = copy.deepcopy(other[from_key])
    else:
        holder[key] = copy.deepcopy(random.choice(WORDS))
    return value


def _place(value: Any, random: Random) -> tuple[Any, Any]:
    """A list or map within the value, and a key of it."""
    places: list[tuple[Any, Any]] = []
    todo = [(value, 0)]
    while todo:
        holder, depth = todo.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            places.append((holder, key))
            if depth < DEEP:
                todo.append((holder[key], depth + 1))
    return random.choice(places) if places else (None, None)


def _text(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    end = min(len(text), at + random.randrange(4))
    return text[:at] + str(random.choice(WORDS)) * random.randrange(2) + text[end:]


def _in_text(data: bytes, random: Random) -> bytes:
    """Some bytes replaced, removed, repeated or put in."""
    at = random.randrange(len(data) + 1)
    end = min(len(data), at + random.randrange(12))
    kind = random.randrange(4)
    if kind == 0:
        return data[:at] + data[end:]
    if kind == 1:
        return data[:end] + data[at:end] + data[end:]
    if kind == 2:
        return data[:at] + bytes((random.randrange(256),)) + data[at + 1 :]
    return data[:at] + str(random.choice(WORDS)).encode() + data[at:]
