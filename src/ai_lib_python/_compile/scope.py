"""What names mean while a function is being written.

Two kinds of value flow through generated code. *Wire* values are parsed JSON of unknown
shape, so every step into them is guarded. *Records* are our own structs, whose fields
are known here, so a wrong field is an error at compile time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..message import (
    AudioPart,
    CacheMark,
    FilePart,
    ImagePart,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
    VideoPart,
)
from ..tools import Reasoning, ResponseFormat, ToolChoice, ToolDefinition, WebSearch
from .reads import Origin
from .served import ServedAnswer, ServedCall, ServedError, ServedUsage
from .turns import System, Turn

WIRE = "wire"
MARK = "cache mark"
VALUE = "value"
"""A plain value of ours: text, number, mapping. It has no fields to step into."""

PART_KINDS: dict[str, type[Any]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "refusal": RefusalPart,
    "image_url": ImagePart,
    "image_base64": ImagePart,
    "audio_url": AudioPart,
    "audio_base64": AudioPart,
    "video_url": VideoPart,
    "video_base64": VideoPart,
    "file_url": FilePart,
    "file_base64": FilePart,
    "file_id": FilePart,
    "tool_call": ToolCall,
    "tool_result": ToolResult,
    "opaque": OpaquePart,
}


KINDS = frozenset(PART_KINDS)


class Field(NamedTuple):
    """A field of a record: its type, and whether it is always there."""

    type: str = VALUE
    sure: bool = False


PARTS = Field("list:part", True)


def _fields(struct: type[Any], **others: Field) -> dict[str, Field]:
    """The fields and properties of a struct; one that is not annotated with None is always there."""
    annotations = {name: struct.__annotations__[name] for name in struct.__struct_fields__}
    for name, value in vars(struct).items():
        if isinstance(value, property) and value.fget is not None:
            annotations[name] = value.fget.__annotations__["return"]
    fields = {
        name: Field(MARK if "CacheMark" in str(annotation) else VALUE, "None" not in str(annotation))
        for name, annotation in annotations.items()
    }
    kind = {"kind": Field(VALUE, True)} if hasattr(struct, "kind") else {}
    return {**fields, **kind, **others}


def _part_fields() -> dict[str, Field]:
    """The fields of a part of which no one knows yet what kind it is."""
    fields = {name: Field() for struct in PART_KINDS.values() for name in _fields(struct)}
    return {**fields, "kind": Field(VALUE, True), "parts": Field("list:part"), "cache": Field(MARK)}


_TOLD_BY_KIND = {"url": ("url",), "base64": ("data",), "id": ("file_id",)}
"""What is surely there in a part whose kind ends so."""


def _fields_of_kind(kind: str, struct: type[Any]) -> dict[str, Field]:
    told = _TOLD_BY_KIND.get(kind.rpartition("_")[2], ())
    return _fields(struct, **{name: Field(VALUE, True) for name in told})


RECORDS: dict[str, dict[str, Field]] = {
    "turn": _fields(Turn, parts=PARTS),
    "system": _fields(System, parts=PARTS),
    "part": _part_fields(),
    MARK: _fields(CacheMark),
    "tool": _fields(ToolDefinition),
    "tool_choice": _fields(ToolChoice),
    "response_format": _fields(ResponseFormat),
    "reasoning": _fields(Reasoning),
    "web_search": _fields(WebSearch),
    "answer": _fields(ServedAnswer, usage=Field("usage", True), tool_calls=Field("list:call", True)),
    "call": _fields(ServedCall),
    "usage": _fields(ServedUsage),
    "error": _fields(ServedError),
    **{f"part:{kind}": _fields_of_kind(kind, struct) for kind, struct in PART_KINDS.items()},
}
RECORDS["part:tool_result"]["parts"] = PARTS

PARAMETER_TYPES: dict[str, str] = {
    "tools": "list:tool",
    "tool_choice": "tool_choice",
    "response_format": "response_format",
    "reasoning": "reasoning",
    "web_search": "web_search",
    "logit_bias": "map",
    "metadata": "map",
}
"""The types of the parameters that are more than a plain value."""

PARAMETER_STRUCTS: dict[str, type[Any]] = {
    "tool_choice": ToolChoice,
    "response_format": ResponseFormat,
    "reasoning": Reasoning,
    "web_search": WebSearch,
}
"""The structs of those that a manifest may give a default."""


class Ref(NamedTuple):
    """A value in the generated function.

    Attributes:
        code: a name or a literal, cheap to repeat.
        type: ``wire``, ``value``, a record's name, or ``list:`` and an item type.
        sure: whether it can be told now that the value is not None.
        origin: what of the conversation it is, where it is of that.
    """

    code: str
    type: str = WIRE
    sure: bool = False
    origin: Origin | None = None


class Scope:
    """The current item, the names in reach, and what has been computed from them already."""

    def __init__(self, current: Ref | None, names: Mapping[str, Ref], parent: Scope | None = None) -> None:
        self.current = current
        self.names = names
        self._parent = parent
        self._known: dict[tuple[str, str | int | None], Ref] = {}

    def inside(self, current: Ref | None = None, /, **names: Ref) -> Scope:
        """A scope for a nested block: computed values of this one stay in reach."""
        return Scope(current or self.current, {**self.names, **names} if names else self.names, self)

    def nearest(self, kind: str) -> Ref | None:
        """The current item, or the nearest around it that is a record of this kind."""
        if self.current is not None and self.current.type.startswith(kind):
            return self.current
        return None if self._parent is None else self._parent.nearest(kind)

    def known(self, base: str, step: str | int | None) -> Ref | None:
        """What ``base.step`` was computed to, if it was; without a step, its fields."""
        scope: Scope | None = self
        while scope is not None:
            if found := scope._known.get((base, step)):
                return found
            scope = scope._parent
        return None

    def forget(self, base: str) -> None:
        """``base`` has another value from here on."""
        self._known = {key: ref for key, ref in self._known.items() if key[0] != base}

    def remember(self, base: str, step: str | int | None, ref: Ref) -> None:
        self._known[(base, step)] = ref
