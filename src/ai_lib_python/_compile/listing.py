"""Writes the function that reads a page of a provider's list of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .context import Context, Source
from .filters import as_text
from .loops import each_item
from .paths import write_expression
from .scope import WIRE, Ref, Scope
from .values import write_value
from .writer import Writer, compile_function


def write_listing(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``read_models(page) -> (names or None where there is no list, query of the next page or None)``"""
    context = Context(manifest, data.get("fragments", {}), "list_models")
    writer = context.writer
    listing = data["list_models"]
    with writer.block("def read_models(page):"), context.at("list_models"):
        scope = Scope(Ref("page", WIRE, True), {"page": Ref("page", WIRE, True)})
        with context.at("items"):
            items = write_expression(context, scope, listing.get("items", ".data"))
        with writer.block(
            f"if {items.code}.__class__ is not list and not {writer.reference(is_empty, 'is_empty')}(page):"
        ):
            writer.line("return None, None")
        names = writer.assign("[]")
        with each_item(context, scope.inside(listed=items), {"$each": "$listed"}) as inner:
            with context.at("id"):
                name = write_value(context, inner, listing.get("id", ".id"))
            with writer.block(f"if {name.code} is not None:"):
                writer.line(f"{names}.append({writer.reference(as_text, 'as_text')}({name.code}))")
        writer.line(f"return {names}, {_next_page(context, scope, listing.get('next', {}))}")
    return writer


def is_empty(page: Any) -> bool:
    """Whether a page without a list says that there is nothing: some leave an empty list out, some write null."""
    return page.__class__ is dict and (not page or None in page.values())


def _next_page(context: Context, scope: Scope, templates: dict[str, Any]) -> str:
    """The query parameters of the next page; None where one of them is absent."""
    values = {}
    for name, template in templates.items():
        with context.at("next", name):
            values[name] = write_value(context, scope, template).code
    if not values:
        return "None"
    pairs = ", ".join(f"{name!r}: {code}" for name, code in values.items())
    there = " and ".join(code for code in values.values())
    return context.writer.assign(f"{{{pairs}}} if {there} else None")


def compile_listing(manifest: Source, data: dict[str, Any]) -> Callable[..., Any]:
    """The reader, ready to call."""
    return compile_function(write_listing(manifest, data), "read_models", f"{manifest.id} read_models")
