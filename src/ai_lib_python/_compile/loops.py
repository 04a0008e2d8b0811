"""``for`` over a list, as ``$each`` says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from .context import Context
from .paths import OURS, write_way
from .scope import VALUE, WIRE, Ref, Scope


@contextmanager
def each_item(context: Context, scope: Scope, node: dict[str, Any]) -> Iterator[Scope]:
    """A loop over the items of ``$each``, each under the name ``$as`` too; gives the scope inside."""
    with context.at("$each"):
        items = write_way(context, scope, node["$each"])
    ours = items.type.startswith("list:")
    item_type = items.type[len("list:") :] if ours else WIRE
    with ExitStack() as blocks:
        if not (ours and items.sure):
            is_list = items.code if ours or items.type == VALUE else f"{items.code}.__class__ is list"
            blocks.enter_context(context.writer.block(f"if {is_list}:"))
        index, item = context.writer.name(), context.writer.name()
        blocks.enter_context(context.writer.loop(item, items.code, index))
        current = Ref(item, item_type, ours, items.origin)
        names = {"index": Ref(index, VALUE, True)}
        if "$as" in node:
            names[_name(context, node["$as"])] = current
        yield scope.inside(current, **names)


def _name(context: Context, name: Any) -> str:
    """The name that ``$as`` gives, if expressions can say it."""
    with context.at("$as"):
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            context.fail(f"expected a name of letters, digits and '_', got {name!r}")
        if name in OURS or name == "absent":
            context.fail(f"${name} has a meaning of its own; take another name")
    return name
