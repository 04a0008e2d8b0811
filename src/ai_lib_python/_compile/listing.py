"""Writes the function that reads a page of a provider's list of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..capabilities import ModelInfo
from .context import Context, Source
from .filters import as_text
from .loops import each_item
from .paths import write_expression
from .scope import WIRE, Ref, Scope
from .values import write_value
from .writer import Writer, compile_function

DETAILS = ("name", "context", "output", "takes", "gives")
"""What a manifest may say of where a model's details stand in the list."""


def write_listing(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``read_models(page) -> (names or None where there is no list, query of the next page or None)``"""
    return _write(manifest, data, "read_models", _write_name)


def write_details(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``read_details(page)``, which gives a ``ModelInfo`` for each name."""
    return _write(manifest, data, "read_details", _write_details)


def _write(manifest: Source, data: dict[str, Any], function: str, write_item: Callable[..., str]) -> Writer:
    context = Context(manifest, data.get("fragments", {}), "list_models")
    writer = context.writer
    listing = data["list_models"]
    with writer.block(f"def {function}(page):"), context.at("list_models"):
        scope = Scope(Ref("page", WIRE, True), {"page": Ref("page", WIRE, True)})
        with context.at("items"):
            items = write_expression(context, scope, listing.get("items", ".data"))
            if not items.code.isidentifier():
                context.fail(f"expected where the list is, such as .data, got {items.code}")
        with writer.block(
            f"if {items.code}.__class__ is not list and not {writer.reference(is_empty, 'is_empty')}(page):"
        ):
            writer.line("return None, None")
        found = writer.assign("[]")
        with each_item(context, scope.inside(listed=items), {"$each": "$listed"}) as inner:
            with context.at("id"):
                name = write_value(context, inner, listing.get("id", ".id"))
            with writer.block(f"if {name.code} is not None:"):
                writer.line(f"{found}.append({write_item(context, inner, listing, name.code)})")
        writer.line(f"return {found}, {_next_page(context, scope, listing.get('next', {}))}")
    return writer


def _write_name(context: Context, _scope: Scope, _listing: dict[str, Any], name: str) -> str:
    return f"{context.writer.reference(as_text, 'as_text')}({name})"


def _write_details(context: Context, scope: Scope, listing: dict[str, Any], name: str) -> str:
    item = "None" if scope.current is None else scope.current.code
    given = [f"data={item}"]
    for key in DETAILS:
        if key in listing:
            with context.at(key):
                given.append(f"{key}={write_value(context, scope, listing[key]).code}")
    return f"{context.writer.reference(model_info, 'model_info')}({name}, {', '.join(given)})"


def model_info(
    id: Any,
    *,
    data: Any,
    name: Any = None,
    context: Any = None,
    output: Any = None,
    takes: Any = None,
    gives: Any = None,
) -> ModelInfo:
    """An entry of a list; what has another type than it should is not said."""
    label = name if isinstance(name, str) else None
    return ModelInfo(as_text(id), label, _size(context), _size(output), _words(takes), _words(gives), data)


def _size(value: Any) -> int | None:
    """A number of tokens; some write them as digits, and 0 where they do not know."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    is_size = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < MOST_TOKENS
    return int(value) if is_size else None


def _words(value: Any) -> tuple[str, ...] | None:
    words = tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()
    return words or None


MOST_TOKENS = 1e12
"""A number that is no size any more, as some write where there is no limit."""


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


def compile_details(manifest: Source, data: dict[str, Any]) -> Callable[..., Any]:
    """The reader of details, ready to call."""
    return compile_function(write_details(manifest, data), "read_details", f"{manifest.id} read_details")
