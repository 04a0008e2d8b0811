"""Conversations as JSON: to keep one in a file or a database, and to take it up again.

    text = messages_to_json(chat.messages)
    chat = client.conversation(messages=messages_from_json(text))

The text is plain: a version, and each message with its role and parts. A part says its ``type``, which is the name of
its class (``text``, ``image``, ``tool_call``, ...), and its fields; a field that has its default is left out. Nothing
is lost, signatures and the order of keys in opaque data included, and the same messages give the same text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, NoReturn, get_args, get_type_hints

import msgspec

from ._spelling import did_you_mean
from ._structs import convert
from .message import Message, MessageRole, Part
from .validate import some_messages

__all__ = ["messages_from_json", "messages_to_json"]

VERSION = 1
"""What this module writes. It reads this and, should there ever be another, all before it."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def messages_to_json(messages: Iterable[Message]) -> str:
    """The messages as a JSON text.

    Raises:
        TypeError: something is no message, or no JSON within an opaque part; the error names its place.
        ValueError: a number in an opaque part is infinite or none, or it is nested too deep.
    """
    try:
        given = [_written_message(each, f"messages[{index}]") for index, each in enumerate(some_messages(messages))]
        text = json.dumps({"version": VERSION, "messages": given}, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise ValueError("something in the conversation is nested too deep for JSON") from None
    return _SURROGATE.sub(lambda half: f"\\u{ord(half.group()):04x}", text)  # which no encoding can write


def messages_from_json(text: str | bytes) -> list[Message]:
    """The messages that ``messages_to_json`` wrote.

    Raises:
        ValueError: it is no such text; the error names the place, such as ``messages[2].parts[0].text``.
    """
    data = _a_map(_parsed(text), "the conversation")
    _check_version(data)
    _check_keys(data, ("version", "messages"), "the conversation")
    try:
        return [_read_message(item, place) for item, place in _items(data.get("messages"), "messages")]
    except RecursionError:
        raise ValueError("the conversation is nested too deeply to be read") from None


# Writing


def _written_message(message: Message, place: str) -> dict[str, Any]:
    return {"role": message.role.value, "parts": _written_parts(message.parts, f"{place}.parts")}


def _written_parts(parts: Iterable[Part], place: str) -> list[dict[str, Any]]:
    return [_written_part(part, f"{place}[{index}]") for index, part in enumerate(parts)]


def _written_part(part: Part, place: str) -> dict[str, Any]:
    tag = _tag(type(part))
    form = _forms().get(tag)
    if form is None or not isinstance(part, form.kind):
        raise TypeError(f"{place} must be a part of a message, got {type(part).__name__}")
    written: dict[str, Any] = {"type": tag}
    for field in form.fields.values():
        value = getattr(part, field.name)
        if field.is_needed or value != field.default:
            written[field.name] = _written_value(value, field, f"{place}.{field.name}")
    return written


def _written_value(value: Any, field: _Field, place: str) -> Any:
    if field.holds_parts:
        return _written_parts(value, place)
    try:
        convert(value, field.hint)
    except msgspec.ValidationError as error:
        raise TypeError(f"{place}: {error}") from None
    value = msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
    _check_is_json(value, place)
    return value


def _check_is_json(value: Any, place: str) -> None:
    """Refuses what would come back as something else, or not at all."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{place} has the key {key!r}, and keys of JSON are strings")
            _check_is_json(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_is_json(item, f"{place}[{index}]")
    elif isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise ValueError(f"{place} is {value}, which JSON cannot say")
    elif value is not None and not isinstance(value, (str, bool, int, float)):
        raise TypeError(f"{place} is {type(value).__name__}, which has no form in JSON")


# Reading


def _parsed(text: str | bytes) -> Any:
    if not isinstance(text, (str, bytes, bytearray)):
        raise TypeError(f"expected the text of a conversation, got {type(text).__name__}")
    try:
        return json.loads(text, parse_constant=_refused_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the conversation is no JSON: {error}") from None


def _refused_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _check_version(data: Mapping[str, Any]) -> None:
    version = data.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise ValueError(f"the conversation has version {version}, and this library reads up to {VERSION}; update it")
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"the conversation needs a version, {VERSION}; got {version!r}")


def _read_message(data: Any, place: str) -> Message:
    fields = _a_map(data, place)
    _check_keys(fields, ("role", "parts"), place)
    role = fields.get("role")
    roles = [each.value for each in MessageRole]
    if role not in roles:
        raise ValueError(f"{place}.role must be one of {', '.join(roles)}, got {role!r}")
    return Message(MessageRole(role), _read_parts(fields.get("parts"), f"{place}.parts"))


def _read_parts(data: Any, place: str) -> tuple[Part, ...]:
    return tuple(_read_part(item, where) for item, where in _items(data, place))


def _read_part(data: Any, place: str) -> Part:
    fields = _a_map(data, place)
    tag = fields.get("type")
    form = _forms().get(tag) if isinstance(tag, str) else None
    if form is None:
        hint = did_you_mean(tag, _forms()) if isinstance(tag, str) else ""
        raise ValueError(f"{place}.type: there is no part of the type {tag!r}{hint}")
    _check_keys(fields, ("type", *form.fields), place)
    missing = [field.name for field in form.fields.values() if field.is_needed and field.name not in fields]
    if missing:
        raise ValueError(f"{place}.{missing[0]} is missing; a part of the type {tag!r} needs it")
    given = {
        name: _read_value(fields[name], field, f"{place}.{name}")
        for name, field in form.fields.items()
        if name in fields
    }
    part: Part = form.kind(**given)
    return part


def _read_value(data: Any, field: _Field, place: str) -> Any:
    if field.holds_parts:
        return _read_parts(data, place)
    try:
        return convert(data, field.hint)
    except msgspec.ValidationError as error:
        raise ValueError(f"{place}: {error}") from None


def _a_map(data: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{place} must be a map, got {type(data).__name__}")
    return data


def _items(data: Any, place: str) -> Iterator[tuple[Any, str]]:
    if not isinstance(data, list):
        raise ValueError(f"{place} must be a list, got {'nothing' if data is None else type(data).__name__}")
    return ((item, f"{place}[{index}]") for index, item in enumerate(data))


def _check_keys(fields: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    for name in fields:
        if name not in known:
            raise ValueError(f"{place}.{name}: unknown key{did_you_mean(name, known)}")


# What a part is made of


class _Field(NamedTuple):
    """A field of a part: its type, its default, whether it has none, and whether it is a list of parts."""

    name: str
    hint: Any
    default: Any
    is_needed: bool
    holds_parts: bool


class _Form(NamedTuple):
    """One class of parts, and its fields by their names."""

    kind: Any
    fields: dict[str, _Field]


@cache
def _forms() -> dict[str, _Form]:
    """Every class of parts by its tag."""
    return {_tag(kind): _form(kind) for kind in get_args(Part)}


def _tag(kind: type) -> str:
    """``tool_call`` of ``ToolCall``, ``text`` of ``TextPart``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__.removesuffix("Part")).lower()


def _form(kind: Any) -> _Form:
    hints = get_type_hints(kind)
    return _Form(kind, {name: _field(kind, name, hints[name]) for name in kind.__struct_fields__})


def _field(kind: Any, name: str, hint: Any) -> _Field:
    defaults = kind.__struct_defaults__
    index = kind.__struct_fields__.index(name) - len(kind.__struct_fields__) + len(defaults)
    default = defaults[index] if index >= 0 else msgspec.NODEFAULT
    return _Field(name, hint, default, default is msgspec.NODEFAULT, hint == tuple[Part, ...])
