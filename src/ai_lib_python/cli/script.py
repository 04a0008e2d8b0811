"""Reads what a simulator shall answer from a file.

A JSON list of texts, and of objects with the fields of ``Answer``, of ``SimulatedError`` or of ``Fault``::

    ["Hello!", {"text": "Rome", "reasoning": "Let me see..."},
     {"error_class": "rate_limited", "retry_after": 2},
     {"tool_calls": [{"name": "weather", "arguments": {"city": "Rome"}}]},
     {"kind": "cut", "at": 40, "answer": {"text": "never heard whole"}}]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from ..message import ToolCall
from ..simulator import Answer, Fault, SimulatedError
from ..simulator.faults import Scripted
from .failures import UsageError

__all__ = ["read_script"]


def read_script(path: str) -> list[Scripted]:
    """The answers in the file.

    Raises:
        UsageError: it cannot be read, or is not such a list; the message says where.
    """
    try:
        listed = msgspec.json.decode(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not JSON: {error}") from error
    if not isinstance(listed, list):
        raise UsageError(f'{path}: expected a list of answers, such as ["Hello!"]')
    return [_answer(item, f"{path}: answer {number}") for number, item in enumerate(listed, 1)]


def _answer(item: Any, where: str) -> Scripted:
    if isinstance(item, str):
        return Answer(item)
    if not isinstance(item, dict):
        raise UsageError(f"{where}: expected a text or an object")
    kind = _kind_of(item)
    unknown = [key for key in item if key not in kind.__struct_fields__]
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(kind.__struct_fields__)}")
    try:
        if kind is Fault:
            return _fault(item, where)
        return msgspec.convert(_with_calls(item), kind)
    except (msgspec.ValidationError, TypeError, ValueError, KeyError) as error:
        raise UsageError(f"{where}: {error}") from error


def _kind_of(item: dict[str, Any]) -> type[Scripted]:
    if "kind" in item:
        return Fault
    return SimulatedError if "error_class" in item else Answer


def _fault(item: dict[str, Any], where: str) -> Fault:
    types = get_type_hints(Fault)
    fields = {name: msgspec.convert(value, types[name]) for name, value in item.items() if name != "answer"}
    said = item.get("answer")
    return Fault(**fields, answer=None if said is None else _answer(said, where))  # type: ignore[arg-type]  # converted above


def _with_calls(item: dict[str, Any]) -> dict[str, Any]:
    """The item with its tool calls as the library has them: arguments are JSON text there."""
    calls = item.get("tool_calls")
    if not isinstance(calls, list):
        return item
    return {**item, "tool_calls": [_call(call, number) for number, call in enumerate(calls, 1)]}


def _call(call: Any, number: int) -> dict[str, Any]:
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise msgspec.ValidationError("a tool call is an object with a name and arguments")
    arguments = call.get("arguments", {})
    if not isinstance(arguments, dict):
        raise msgspec.ValidationError("the arguments of a tool call are an object")
    made = ToolCall.create(call["name"], arguments, id=str(call.get("id", f"call_{number}")))
    fields: dict[str, Any] = msgspec.to_builtins(made)
    return fields
