"""Checks what a user gives, where they give it. Each message names the thing and the value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from math import isfinite
from typing import Any

import msgspec

from ._plain import plain
from ._structs import convert
from .message import Message
from .tools import ResponseFormat, ToolChoice, ToolDefinition, WebSearch


def a_number(name: str, value: Any, low: float, high: float | None = None) -> float:
    """A number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not (low <= value and (high is None or value <= high)):
        limits = f"between {low} and {high}" if high is not None else f"at least {low}"
        raise ValueError(f"{name} must be {limits}, got {value}")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value}")
    number: float = value if type(value) in (float, int) else plain(value)
    return number


def a_count(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """A whole number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if low is not None:
        a_number(name, value, low, high)
    return value if type(value) is int else int(plain(value))


def a_switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def a_text(name: str, value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {value!r}")
    if not value:
        raise ValueError(f"{name} must not be empty")
    return value if type(value) is str else str(plain(value))


def a_secret(name: str, value: Any) -> str:
    """A text that is not empty, and that no message shows."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {type(value).__name__}")
    return a_text(name, value)


def a_mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, got {type(value).__name__}")
    return value


def some_texts(name: str, value: str | Sequence[str]) -> tuple[str, ...] | None:
    """One text or several; none at all is the same as not said."""
    if isinstance(value, (bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a string or a list of strings, got {value!r}")
    texts = (value,) if isinstance(value, str) else tuple(value)
    return tuple(a_text(f"{name}[{index}]", text) for index, text in enumerate(texts)) or None


def some_messages(messages: Iterable[Any]) -> list[Message]:
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Iterable):
        raise TypeError(f"messages must be a list of Message, got {type(messages).__name__}")
    given = list(messages)
    for index, message in enumerate(given):
        if not isinstance(message, Message):
            made = 'Message.user("..."), Message.assistant("...") and the like make one'
            raise TypeError(f"messages[{index}] must be a Message, got {type(message).__name__}; {made}")
    return given


def a_body(fields: Any) -> dict[str, Any]:
    """Fields of a body, copied, so that what becomes of them later changes no request."""
    return deepcopy(dict(a_mapping("extra_body", fields)))


def some_headers(headers: Any) -> dict[str, str]:
    """Headers that HTTP can hold."""
    given = dict(a_mapping("extra_headers", headers))
    for name, value in given.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"extra_headers: {name!r} is no name of a header")
        if not isinstance(value, str):
            raise TypeError(f"extra_headers[{name!r}] must be a string, got {value!r}")
        if not _HEADER_VALUE.fullmatch(value):
            problem = "has a line break or another character that no header may hold"
            raise ValueError(f"extra_headers[{name!r}] {problem}")
    return given


def some_query(parameters: Any) -> dict[str, str]:
    """Parameters that an address can hold."""
    given = dict(a_mapping("extra_query", parameters))
    for name, value in given.items():
        a_text("a name in extra_query", name)
        if not isinstance(value, str):
            raise TypeError(f"extra_query[{name!r}] must be a string, got {value!r}")
    return given


_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


def some_tools(tools: Any) -> tuple[ToolDefinition, ...] | None:
    """Tools, from mappings too; none at all is the same as not said."""
    if isinstance(tools, (str, bytes, Mapping, ToolDefinition)) or not isinstance(tools, Iterable):
        raise TypeError(f"tools must be a list of ToolDefinition, got {type(tools).__name__}")
    given = tuple(a_tool(index, tool) for index, tool in enumerate(tools))
    names = [tool.name for tool in given]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"tools[{index}] has the name of another tool, {name!r}")
    return given or None


def a_tool(index: int, tool: Any) -> ToolDefinition:
    """A tool's definition, from a function, a type or a mapping too, also from one nested under ``function``."""
    if isinstance(tool, ToolDefinition):
        return tool
    if callable(tool):
        from .function_tools import tool as tool_of  # for who has functions

        return tool_of(tool)
    if not isinstance(tool, Mapping):
        raise TypeError(f"tools[{index}] must be a function, a ToolDefinition or a mapping, got {type(tool).__name__}")
    fields = dict(a_mapping(f"tools[{index}]", tool.get("function", tool)))
    fields.pop("type", None)
    for name in fields:
        if name not in ToolDefinition.__struct_fields__:
            known = ", ".join(ToolDefinition.__struct_fields__)
            raise ValueError(f"tools[{index}] has a field {name!r} that is not known; known are {known}")
    try:
        return convert(fields, ToolDefinition)
    except msgspec.ValidationError as error:
        raise ValueError(f"tools[{index}]: {error}") from None


def a_tool_choice(choice: Any) -> ToolChoice:
    if isinstance(choice, ToolChoice):
        return choice
    name = a_text("tool_choice", choice)
    return ToolChoice(name) if name in ("auto", "none", "required") else ToolChoice("named", name)


def a_response_format(value: Any) -> ResponseFormat:
    """A word, a wrapped or a bare JSON Schema, as a ``ResponseFormat``."""
    if isinstance(value, ResponseFormat):
        return value
    if isinstance(value, str):
        words = {"json": "json_object", "json_object": "json_object", "text": "text"}
        if value not in words:
            raise ValueError(f"response_format must be 'json', 'text' or a JSON Schema, got {value!r}")
        return ResponseFormat(words[value])
    given = a_mapping("response_format", value)
    if given.get("type") in ("json_object", "text") and len(given) == 1:
        return ResponseFormat(given["type"])
    if given.get("type") == "json_schema" and isinstance(given.get("json_schema"), Mapping):
        inner = given["json_schema"]
        return ResponseFormat(
            "json_schema",
            inner.get("schema"),
            inner.get("name"),
            inner.get("strict"),
            inner.get("description"),
        )
    return ResponseFormat("json_schema", dict(given), given.get("title"))


def a_logit_bias(biases: Any) -> dict[str, float] | None:
    """Token ids as texts, with numbers from -100 to 100; none at all is the same as not said."""
    given = a_mapping("logit_bias", biases)
    return {
        _a_token(token): a_number(f"logit_bias[{token!r}]", bias, -100, 100) for token, bias in given.items()
    } or None


def _a_token(token: Any) -> str:
    """A token's id: a whole number, or its digits."""
    if isinstance(token, str) and token.isdecimal():
        return token
    return str(a_count("a token of logit_bias", token, 0))


def some_metadata(labels: Any) -> dict[str, str] | None:
    """Names with texts; none at all is the same as not said."""
    given = dict(a_mapping("metadata", labels))
    for name, value in given.items():
        a_text("a name in metadata", name)
        if not isinstance(value, str):
            raise TypeError(f"metadata[{name!r}] must be a string, got {value!r}")
    return given or None


def a_web_search(enabled: bool, domains: Mapping[str, Any], options: Mapping[str, Any]) -> WebSearch:
    """How to search the web; domains are names of hosts, without a scheme."""
    fields: dict[str, Any] = _a_location(options["location"])
    for name, given in domains.items():
        fields[name] = None if given is None else some_domains(name, given)
    uses, size = options["max_uses"], options["context_size"]
    return WebSearch(
        enabled,
        **fields,
        context_size=None if size is None else a_text("context_size", size),
        max_uses=None if uses is None else a_count("max_uses", uses, 1),
    )


def some_domains(name: str, value: Any) -> tuple[str, ...] | None:
    texts = some_texts(name, value)
    for index, text in enumerate(texts or ()):
        if "://" in text:
            raise ValueError(f"{name}[{index}] must be a domain without a scheme, such as 'who.int', got {text!r}")
    return texts


def _a_location(location: Any) -> dict[str, str]:
    if location is None:
        return {}
    given = a_mapping("location", location)
    for key in given:
        if key not in _LOCATION:
            raise ValueError(f"location has a field {key!r} that is not known; known are {', '.join(_LOCATION)}")
    return {key: a_text(f"location[{key!r}]", value) for key, value in given.items()}


_LOCATION = ("country", "region", "city", "timezone")
