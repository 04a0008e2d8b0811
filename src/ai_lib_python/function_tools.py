"""Tools made of Python: a function with annotations, or a type whose fields are the arguments.

    def weather(city: str, days: int = 1) -> str:
        \"\"\"The weather forecast of a city.

        Args:
            city: its name, such as Oslo.
            days: how many days, from today on.
        \"\"\"

    client.chat().user("Is it raining in Oslo?").tools([weather])

The name is the function's, the description its docstring, what an argument is for stands there too or in the
annotation (``Annotated[str, "its name"]``), and the JSON Schema follows from the annotations.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Annotated, Any, Optional, get_args, get_origin, get_type_hints

import msgspec

from ._types.by_pydantic import is_of_pydantic
from ._types.conversion import schema_of, understood, value_of
from ._types.nulls import without_nulls
from .tools import ToolDefinition

__all__ = ["FunctionTool", "tool"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
"""What every provider takes as the name of a function."""

_SHOWN = (str, int, float, bool, Enum)
"""Defaults that the model is told: what is written as it stands, and may not be a secret in an object."""

_STARS: Mapping[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class FunctionTool(ToolDefinition, frozen=True, kw_only=True):
    """A tool and the function behind it.

    Attributes:
        function: what is called with the arguments by their names; it may be a coroutine function.
        arguments: the type that the model's arguments are checked against.
    """

    function: Callable[..., Any]
    arguments: type[msgspec.Struct]

    def bound(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The model's arguments, as values of the types that the function's annotations name.

        Null in the place of one that may be left out leaves it out, as a provider that requires all of them has it.

        Raises:
            ValueError: they do not fit; the message says which and why.
        """
        given = without_nulls(arguments, self.parameters, self.parameters)
        return msgspec.structs.asdict(value_of(self.arguments, given))

    def __repr__(self) -> str:  # the function's own may show what a partial was given
        return f"FunctionTool({self.name!r}, {self.description!r}, {self.parameters!r}, {self.strict!r})"


def tool(
    source: Callable[..., Any], *, name: str | None = None, description: str | None = None, strict: bool | None = None
) -> ToolDefinition:
    """A tool of a function, or of a type: a dataclass, a TypedDict, a Struct, or a model of pydantic.

    A function gives a ``FunctionTool``, which ``run_tools`` can call. A type describes arguments only: whoever gets a
    call of it reads ``call.arguments``.

    Args:
        name: in the place of the function's or the type's own.
        description: in the place of its docstring.
        strict: asks the provider to hold the arguments to the schema, where it can.

    Raises:
        TypeError: a parameter has no annotation, or one that has no form in JSON, or cannot be given by its name.
        ValueError: there is no name, or one that no provider takes.
    """
    named = _checked_name(source, name)
    if isinstance(source, type):
        schema = _object_schema(named, source)
        return ToolDefinition(named, description or _own_docstring(source), schema, strict)
    return _function_tool(source, named, description, strict)


def _checked_name(source: Any, given: str | None) -> str:
    name = given or getattr(source, "__name__", "") or ""
    if not _NAME.fullmatch(name):
        what = f"{name!r} is no name for a tool" if name else f"{source!r} has no name"
        raise ValueError(f"{what}: tool(..., name=...) gives it one of letters, digits, '_' and '-', at most 64")
    return name


def _object_schema(name: str, kind: Any) -> dict[str, Any]:
    schema = _schema_for(f"tool {name}", _understood(f"tool {name}", kind))
    if schema.get("type") != "object":
        raise TypeError(f"tool {name}: expected a function, or a type with fields, got {kind!r}")
    return schema


def _own_docstring(kind: type) -> str | None:
    """What was written for the type; not what a dataclass makes up, nor what is inherited."""
    text = vars(kind).get("__doc__") or ""
    return None if not text or text.startswith(f"{kind.__name__}(") else inspect.cleandoc(text)


def _function_tool(
    function: Callable[..., Any], name: str, description: str | None, strict: bool | None
) -> FunctionTool:
    said, told = _documented(function)
    fields = [_field(name, parameter, kind, told) for parameter, kind in _parameters(name, function)]
    arguments = msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)
    schema = _schema_for(f"tool {name}", arguments)
    schema.pop("title", None)
    return FunctionTool(name, description or said, schema, strict, function=function, arguments=arguments)


def _parameters(name: str, function: Callable[..., Any]) -> list[tuple[inspect.Parameter, Any]]:
    """The parameters that a function still takes, each with its type."""
    hints = _hints(name, function)
    given = _given_already(function)
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in given:
            continue
        if parameter.kind not in _BY_NAME:
            shown = _STARS.get(parameter.kind, "") + parameter.name
            raise TypeError(f"tool {name}: the parameter {shown!r} cannot be given by its name alone")
        if parameter.name not in hints:
            raise TypeError(f"tool {name}: the parameter {parameter.name!r} needs a type, as in {parameter.name}: str")
        found.append((parameter, hints[parameter.name]))
    return found


def _hints(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(_annotated(function), include_extras=True)
    except NameError as error:
        raise TypeError(
            f"tool {name}: an annotation names {error.name!r}, which its module does not know; types of annotations "
            "must stand outside of functions"
        ) from None


def _annotated(function: Any) -> Any:
    """What has the annotations: the function itself, what a partial is of, or an object's call."""
    while isinstance(function, partial):
        function = function.func
    return function if inspect.isroutine(function) else type(function).__call__


def _given_already(function: Any) -> set[str]:
    """The parameters that a partial gives by name: the model is not told of them."""
    given: set[str] = set()
    while isinstance(function, partial):
        given |= function.keywords.keys()
        function = function.func
    return given


def _field(name: str, parameter: inspect.Parameter, kind: Any, told: Mapping[str, str]) -> tuple[str, Any, Any]:
    """A field of the arguments: its name, its type with what it is for, and its default."""
    kind, default = _without_field(kind, parameter.default)
    text = _text_in(kind) or told.get(parameter.name)
    described = _described(_understood(f"tool {name}: the parameter {parameter.name!r}", kind), text)
    if default is inspect.Parameter.empty:
        return parameter.name, described, msgspec.NODEFAULT
    if default is None:
        described = Optional[described]  # noqa: UP045  a type put together at run time
    if default is None or isinstance(default, _SHOWN):
        return parameter.name, described, default
    return parameter.name, described, msgspec.field(default_factory=lambda: default)


def _without_field(kind: Any, default: Any) -> tuple[Any, Any]:
    """The type and the default, where pydantic's ``Field`` stands in the place of a default."""
    if not is_of_pydantic(default) or not hasattr(default, "is_required"):
        return kind, default
    behind = inspect.Parameter.empty if default.is_required() else default.get_default(call_default_factory=True)
    return Annotated[kind, default], behind


def _text_in(kind: Any) -> str | None:
    """The last text in an annotation, as in ``Annotated[int, "from today on"]``."""
    marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((mark for mark in reversed(marks) if isinstance(mark, str)), None)


def _described(kind: Any, text: str | None) -> Any:
    return Annotated[kind, msgspec.Meta(description=text)] if text else kind


def _documented(function: Callable[..., Any]) -> tuple[str | None, dict[str, str]]:
    """What a function's docstring says of it, and of each parameter."""
    text = inspect.getdoc(function)
    if not text:
        return None, {}
    from docstring_parser import parse  # for who has a docstring

    parsed = parse(text)
    told = {each.arg_name: each.description for each in parsed.params if each.description}
    return (parsed.description or "").strip() or None, told


def _understood(what: str, kind: Any) -> Any:
    try:
        return understood(kind)
    except TypeError as error:
        raise _without_schema(what, error) from None


def _schema_for(what: str, kind: Any) -> dict[str, Any]:
    try:
        return schema_of(kind)
    except TypeError as error:
        raise _without_schema(what, error) from None


def _without_schema(what: str, error: TypeError) -> TypeError:
    return TypeError(f"{what} has a type without a JSON Schema: {str(error).splitlines()[-1]}")
