"""Whether a wire has a form for a file: its encoder is asked, because it alone knows."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from ..errors import UnsupportedError
from ..message import MediaPart, Message, Part, ToolCall
from ..request import ChatRequest
from .notes import Notes
from .program import Program
from .scope import PART_KINDS
from .values import CannotExpress

_CALL = ToolCall("call", "name")


@lru_cache(maxsize=1024)
def takes(program: Program, model: str, kind: str, media_type: str | None, *, in_result: bool = False) -> bool:
    """Whether a request for ``model`` may hold a part of this kind: said by a person, or within a tool's result."""
    part = _example(kind, media_type)
    ways: tuple[list[Part | str], ...] = (["x", part], [part])  # some wires want words beside it, some take none
    return any(_goes_out(program, model, kind, _said(parts, in_result=in_result)) for parts in ways)


def _said(parts: list[Part | str], *, in_result: bool) -> tuple[Message, ...]:
    if not in_result:
        return (Message.user(parts),)
    return (Message.user("x"), Message.assistant((), tool_calls=[_CALL]), Message.tool(_CALL.id, parts))


def _goes_out(program: Program, model: str, kind: str, messages: tuple[Message, ...]) -> bool:
    request = ChatRequest(model=model, messages=messages)
    notes = Notes()
    try:
        program.encode(request, False, notes)
    except (CannotExpress, UnsupportedError):
        return False
    return not any(note.parameter == kind and note.action == "omitted" for note in notes.adjustments)


def _example(kind: str, media_type: str | None) -> MediaPart:
    """A part of a kind; that of a file."""
    by_url = kind.endswith("_url")
    where: dict[str, Any] = {"url": "https://x.example/x"} if by_url else {"data": base64.b64encode(b"x").decode()}
    make: type[MediaPart] = PART_KINDS[kind]
    return make(media_type=media_type, **where)
