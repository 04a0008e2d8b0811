"""A request of any wire as a chat request: the fields that a server half has read, checked and made whole."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from .._compile.filters import to_json
from .._compile.program import Program
from .._compile.serve import Server
from .._compile.shapes import problems
from .._compile.values import CannotExpress
from .._engine.target import program_of
from .._manifest.manifest import Manifest
from .._media_types import family_of
from .._structs import convert
from ..message import (
    AudioPart,
    ContentBlock,
    FilePart,
    ImagePart,
    Message,
    MessageRole,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
    VideoPart,
)
from ..request import PARAMETERS, ChatRequest, Parameters
from .order import Read, out_of_order

UNNAMED = "simulator"
"""The model of a request that names none."""


class WrongRequestError(ValueError):
    """The request is not one of this wire; the message says what is wrong."""


class _Part(msgspec.Struct):
    """A part as a server half reads it: its kind, and whatever goes with it."""

    kind: str
    text: str = ""
    url: str | None = None
    data: Any = None
    media_type: str | None = None
    detail: str | None = None
    format: str | None = None
    file_id: str | None = None
    filename: str | None = None
    id: str | None = None
    name: str | None = None
    arguments_json: str | None = None
    is_error: bool | None = None
    signature: str | None = None


class _Message(msgspec.Struct):
    role: MessageRole
    parts: list[_Part] = []


class _Request(Parameters, frozen=True, kw_only=True):
    """All that a server half may read of a request."""

    messages: list[_Message]
    model: str = UNNAMED
    stream: bool = False
    system: str | None = None
    merge: tuple[MessageRole, ...] = ()


class Wire(NamedTuple):
    """How one request is read.

    Attributes:
        path: what stands in the placeholders of its route.
        streamed: whether the route always answers with a stream.
        strict: whether what the real API would refuse is refused.
        closed: whether that holds for unknown fields too; not where nobody knows whose fields may be added.
    """

    manifest: Manifest
    path: Mapping[str, str] = MappingProxyType({})
    streamed: bool = False
    query: Mapping[str, str] = MappingProxyType({})
    strict: bool = True
    closed: bool = True


def read_request(wire: Wire, body: Any) -> tuple[ChatRequest, bool]:
    """The request, and whether its answer is to be streamed.

    Raises:
        WrongRequestError: it is not a request of this wire.
    """
    if not isinstance(body, dict):
        raise WrongRequestError("the body is no JSON object")
    fields, unread = _fields(program_of(wire.manifest), wire, body)
    if wire.strict:
        _refuse_shape(wire, body, fields)
    read = _checked(fields, unread)
    if wire.strict:
        _refuse_order(wire, body, read)
    if not read.messages:
        raise WrongRequestError("there are no messages")
    system = (Message.system(read.system),) if read.system else ()
    messages = _merged([message for item in read.messages for message in _messages(item)], read.merge)
    parameters = {name: getattr(read, name) for name in PARAMETERS}
    return ChatRequest(read.model, system + messages, **parameters), read.stream or wire.streamed


def _fields(program: Program, wire: Wire, body: dict[str, Any]) -> tuple[dict[str, Any], CannotExpress | None]:
    """What the server half reads; or why it cannot."""
    try:
        return program.serve.read_request(body, wire.path, wire.streamed, wire.query) or {}, None
    except CannotExpress as error:
        return {}, error


def _checked(fields: dict[str, Any], unread: CannotExpress | None) -> _Request:
    if unread is not None:
        raise WrongRequestError(f"there is no part of kind {unread.args[0]!r} here") from None
    try:
        return convert({name: _whole(value) for name, value in fields.items()}, _Request)
    except msgspec.ValidationError as error:
        raise WrongRequestError(str(error)) from None


LENIENT = "the simulator is strict, as the real API is; Simulator(strict=False) or `ai-lib simulate --lenient` is not"
"""How people get on who mean what was refused."""


def _refuse_shape(wire: Wire, body: dict[str, Any], fields: dict[str, Any]) -> None:
    """Refuses fields that the wire does not have, lacks, or has otherwise."""
    shape = _server(wire, fields.get("model")).accepts
    found = problems(shape, body) if shape is not None else iter(())
    if wrong := next((each for each in found if wire.closed or not each.unknown), None):
        raise WrongRequestError(f"{wrong} ({LENIENT})")


def _refuse_order(wire: Wire, body: dict[str, Any], read: _Request) -> None:
    """Refuses a conversation that is out of order."""
    order = _server(wire, read.model).order(body, wire.path)
    conversation = Read(read.messages, [tool.name for tool in read.tools or ()])
    if read.messages and (wrong := next(out_of_order(conversation, order), None)):
        raise WrongRequestError(f"{wrong} ({LENIENT})")


def _server(wire: Wire, model: Any) -> Server:
    """The server half, with what it says of one model."""
    manifest = wire.manifest.for_model(model) if isinstance(model, str) else wire.manifest
    return program_of(manifest).serve


def _whole(value: Any) -> Any:
    """A number without a fraction as a whole number: ``5.0`` counts as 5 on a wire."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _messages(item: _Message) -> list[Message]:
    """One message, or two: the results of tools stand in a message of their own."""
    parts = [_part(part) for part in item.parts]
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    others = tuple(part for part in parts if not isinstance(part, ToolResult))
    read = [Message(MessageRole.TOOL, results)] if results else []
    return [*read, Message(item.role, others)] if others or not read else read


def _merged(messages: list[Message], roles: tuple[MessageRole, ...]) -> tuple[Message, ...]:
    """The messages, with neighbours of one role as one where that role is named."""
    found: list[Message] = []
    for message in messages:
        if found and message.role in roles and found[-1].role == message.role:
            found[-1] = Message(message.role, found[-1].parts + message.parts)
        else:
            found.append(message)
    return tuple(found)


def _part(part: _Part) -> Part:
    make = _PARTS.get(part.kind) or _PARTS.get(part.kind.partition("_")[0])
    if make is None:
        raise WrongRequestError(f"there is no part of kind {part.kind!r} here")
    try:
        made: Part = make(part)
    except ValueError as error:  # a data URI that is none
        raise WrongRequestError(str(error)) from None
    return made


def _image(part: _Part) -> Part:
    if part.url is not None and part.url.startswith("data:"):
        return ContentBlock.image_url(part.url, detail=part.detail)
    return ImagePart(part.url, part.data, part.media_type, part.detail)


def _audio(part: _Part) -> Part:
    return AudioPart(part.url, part.data, part.media_type or (f"audio/{part.format}" if part.format else None))


def _video(part: _Part) -> Part:
    if part.url is not None and part.url.startswith("data:"):
        return ContentBlock.video(part.url)
    return VideoPart(part.url, part.data, part.media_type)


def _file(part: _Part) -> Part:
    """A document; bytes that say they are a picture, a sound or a video are one."""
    family = family_of(part.media_type)
    if family != "file":
        read: Part = _PARTS[family](part)
        return read
    if isinstance(part.data, str) and part.data.startswith("data:"):
        return ContentBlock.file(part.data, filename=part.filename)
    return FilePart(part.url, part.data, part.file_id, part.media_type, part.filename)


def _tool_call(part: _Part) -> Part:
    return ToolCall(part.id or "", part.name or "", part.arguments_json or "{}", part.signature)


def _tool_result(part: _Part) -> Part:
    return ToolResult(part.id or "", (TextPart(part.text),), part.name, bool(part.is_error))


_PARTS: dict[str, Any] = {
    "text": lambda part: TextPart(part.text, part.signature),
    "refusal": lambda part: RefusalPart(part.text),
    "reasoning": lambda part: ReasoningPart(part.text, part.signature, part.data),
    "opaque": lambda part: OpaquePart(part.data),
    "image": _image,
    "audio": _audio,
    "video": _video,
    "file": _file,
    "tool_call": _tool_call,
    "tool_result": _tool_result,
}


def all_text(request: ChatRequest) -> str:
    """Everything of a request that costs tokens, as one text."""
    texts = [_text_of(part) for message in request.messages for part in message.parts]
    tools = [to_json(msgspec.to_builtins(tool)) for tool in request.tools or ()]
    return "".join([*texts, *tools])


def _text_of(part: Part) -> str:
    if isinstance(part, ToolCall):
        return part.name + part.arguments_json
    return getattr(part, "text", "")
