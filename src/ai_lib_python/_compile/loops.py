"""``for`` over a list or the values of a map, as ``$each`` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from .context import Context
from .paths import OURS, write_way
from .scope import VALUE, WIRE, Ref, Scope


@contextmanager
def each_item(context: Context, scope: Scope, node: dict[str, Any]) -> Iterator[Scope]:
    """A loop over the items of ``$each``, each under the name ``$as`` too; gives the scope inside.

    ``$key`` is the key of an item of a map, ``$index`` counts from 0.
    """
    with context.at("$each"):
        items = write_way(context, scope, node["$each"])
    ours = items.type.startswith("list:")
    item_type = items.type[len("list:") :] if ours else WIRE
    index, item = context.writer.name(), context.writer.name()
    key = f"{item}_key"
    head = partial(_head, context, items, item, index, key)
    guard = nullcontext() if ours and items.sure else context.writer.block(f"if {items.code}:")
    with guard, context.writer.loop(head, (index, key)):
        current = Ref(item, item_type, ours, items.origin)
        names = {"index": Ref(index, VALUE, True), "key": Ref(key, VALUE)}
        if "$as" in node:
            names[_name(context, node["$as"])] = current
        yield scope.inside(current, **names)


def _head(context: Context, items: Ref, item: str, index: str, key: str, used: Collection[str]) -> str:
    """The head of the loop; it counts, and looks at keys, only where that is used."""
    items_of = context.writer.reference(values_of, "values_of")
    code = items.code
    if key in used:
        item, code = f"{key}, {item}", f"{context.writer.reference(pairs_of, 'pairs_of')}({code})"
    elif items.type == VALUE:
        code = f"{items_of}({code})"
    elif not items.type.startswith("list:"):
        code = f"{code} if {code}.__class__ is list else {items_of}({code})"
    if index not in used:
        return f"for {item} in {code}:"
    return f"for {index}, {f'({item})' if key in used else item} in enumerate({code}):"


def values_of(items: Any) -> Iterable[Any]:
    """The items of a list, or the values of a map; nothing of all else."""
    if isinstance(items, dict):
        return items.values()
    return items if isinstance(items, (list, tuple)) else ()


def pairs_of(items: Any) -> Iterable[tuple[Any, Any]]:
    """The same, each with its key; an item of a list has none."""
    return items.items() if isinstance(items, dict) else ((None, item) for item in values_of(items))


def _name(context: Context, name: Any) -> str:
    """The name that ``$as`` gives, if expressions can say it."""
    with context.at("$as"):
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            context.fail(f"expected a name of letters, digits and '_', got {name!r}")
        if name in OURS or name == "absent":
            context.fail(f"${name} has a meaning of its own; take another name")
    return name
