"""What a conversation is made of: messages, and the parts that a message holds.

Everything here is an immutable value. Text, images, tool calls, tool results and
reasoning are parts of one tuple, in the order in which they were said, so that an
answer can go back on the next turn with nothing lost.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Union, overload

import msgspec

from ._plain import plain

if TYPE_CHECKING:
    from .attachments import Source

__all__ = [
    "AudioPart",
    "CacheMark",
    "ContentBlock",
    "FilePart",
    "ImagePart",
    "Message",
    "MessageRole",
    "OpaquePart",
    "Part",
    "ReasoningPart",
    "RefusalPart",
    "TextPart",
    "ToolCall",
    "ToolResult",
    "VideoPart",
]


NOT_JSON = (msgspec.DecodeError, ValueError, RecursionError)
"""What reading a text that is no JSON, or JSON nested out of all reason, raises."""


class MessageRole(str, Enum):
    """Who speaks. ``tool`` carries the results of tool calls."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"

    def __str__(self) -> str:
        return self.value


class CacheMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything up to the part that has this mark may be kept in the provider's prompt cache.

    ``ttl`` says for how long, such as ``"5m"`` or ``"1h"``; None leaves it to the provider.
    """

    ttl: str | None = None


class TextPart(msgspec.Struct, frozen=True):
    """Plain text. ``signature`` is opaque provider data that must go back unchanged."""

    kind: ClassVar[str] = "text"

    text: str
    signature: str | None = None
    origin: str | None = None
    cache: CacheMark | None = None


class ReasoningPart(msgspec.Struct, frozen=True):
    """What the model thought. ``signature`` and ``data`` (redacted reasoning) are opaque.

    ``origin`` names the provider the part came from; a signature means nothing elsewhere,
    so a request to another provider leaves the part out and says so in ``adjustments``.
    """

    kind: ClassVar[str] = "reasoning"

    text: str = ""
    signature: str | None = None
    data: str | None = None
    origin: str | None = None


class RefusalPart(msgspec.Struct, frozen=True):
    """The model's own words for declining to answer."""

    kind: ClassVar[str] = "refusal"

    text: str


class ImagePart(msgspec.Struct, frozen=True):
    """An image, by ``url`` or as base64 ``data`` with its ``media_type``.

    ``detail`` is a resolution hint (``"low"``, ``"high"``, ``"auto"``) where the wire has one.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None

    @property
    def kind(self) -> str:
        return "image_url" if self.url is not None else "image_base64"


class AudioPart(msgspec.Struct, frozen=True):
    """A sound, by ``url`` or as base64 ``data`` with its ``media_type`` (``audio/wav``, ...)."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    cache: CacheMark | None = None

    @property
    def kind(self) -> str:
        return "audio_url" if self.url is not None else "audio_base64"

    @property
    def format(self) -> str | None:
        """The media type's second half: ``"wav"`` of ``audio/wav``, ``"mp3"`` of ``audio/mpeg``."""
        subtype = (self.media_type or "").partition("/")[2].removeprefix("x-")
        return {"mpeg": "mp3"}.get(subtype, subtype) or None


class VideoPart(msgspec.Struct, frozen=True):
    """A video, by ``url`` or as base64 ``data`` with its ``media_type`` (``video/mp4``, ...)."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    cache: CacheMark | None = None

    @property
    def kind(self) -> str:
        return "video_url" if self.url is not None else "video_base64"


class FilePart(msgspec.Struct, frozen=True):
    """A document such as a PDF: by ``url``, as base64 ``data``, or by the provider's ``file_id``."""

    url: str | None = None
    data: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    filename: str | None = None
    cache: CacheMark | None = None

    @property
    def kind(self) -> str:
        if self.file_id is not None:
            return "file_id"
        return "file_url" if self.url is not None else "file_base64"


class ToolCall(msgspec.Struct, frozen=True):
    """The model asks for a tool. ``arguments_json`` is the text exactly as it came.

    ``arguments`` parses it; broken JSON gives ``{}`` there and is told in ``arguments_error``.
    """

    kind: ClassVar[str] = "tool_call"

    id: str
    name: str
    arguments_json: str = "{}"
    signature: str | None = None
    origin: str | None = None
    cache: CacheMark | None = None

    @classmethod
    def create(cls, name: str, arguments: Mapping[str, Any], *, id: str) -> ToolCall:
        """A call from a mapping of arguments, for histories written by hand."""
        return cls(id, name, msgspec.json.encode(dict(arguments), enc_hook=plain).decode())

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments as a dict; empty where the model sent none or broken JSON."""
        return self.read_arguments()[0]

    @property
    def arguments_error(self) -> str | None:
        """Why ``arguments_json`` is not a JSON object, or None where it is."""
        return self.read_arguments()[1]

    def read_arguments(self) -> tuple[dict[str, Any], str | None]:
        """Both at once: ``arguments`` and ``arguments_error``."""
        if not self.arguments_json.strip():
            return {}, None
        try:
            value = msgspec.json.decode(self.arguments_json)
        except NOT_JSON as error:
            return {}, f"not JSON: {error}"
        if value is None:
            return {}, None
        if not isinstance(value, dict):
            return {}, f"expected a JSON object, got {type(value).__name__}"
        return value, None


class ToolResult(msgspec.Struct, frozen=True):
    """What a tool gave back for the call ``id``. ``name`` is looked up in the history if left out."""

    kind: ClassVar[str] = "tool_result"

    id: str
    parts: tuple[Part, ...]
    name: str | None = None
    is_error: bool = False
    cache: CacheMark | None = None

    @property
    def text(self) -> str:
        """The text of the result; other parts are not in it."""
        return _text_of(self.parts)


class OpaquePart(msgspec.Struct, frozen=True):
    """Something a provider sends that has no common form; kept, and sent back there unchanged."""

    kind: ClassVar[str] = "opaque"

    data: Any
    origin: str | None = None


Part = (
    TextPart
    | ReasoningPart
    | RefusalPart
    | ImagePart
    | AudioPart
    | VideoPart
    | FilePart
    | ToolCall
    | ToolResult
    | OpaquePart
)
"""Any part of a message."""

MarkedPart = TypeVar("MarkedPart", TextPart, ImagePart, AudioPart, VideoPart, FilePart, ToolCall, ToolResult)
"""A part that may have a cache mark."""

MediaPart = ImagePart | AudioPart | VideoPart | FilePart
"""A part that is a file of some kind."""

Content = Union[str, Part, Iterable[Union[Part, str]]]
"""What a message may be made from: a text, a part, or several of both."""


class ContentBlock:
    """Makes the parts of a message that a person writes by hand."""

    def __init__(self) -> None:
        raise TypeError("use ContentBlock.text(...), .attachment(...), .image_url(...), .audio(...), .file(...), ...")

    @staticmethod
    def attachment(
        source: Source, *, media_type: str | None = None, filename: str | None = None, detail: str | None = None
    ) -> MediaPart:
        """A file, as the part that its media type asks for: an image, a sound, a video, or else a document.

        The media type is ``media_type``, or what the bytes begin with, or what the name of the file tells, or plain
        text where the bytes are text in UTF-8. Of an address only the name is looked at; it is not fetched here.

        Args:
            source: a path (a ``pathlib.Path``, or a text that is no URL), bytes, a URL (``https://...``,
                ``data:...``), or a file that was opened for reading bytes.
            media_type: its media type, such as ``"image/png"``, where you know better.
            filename: what a document is called; the name of the file if not given.
            detail: for images, a resolution hint (``"low"``, ``"high"``, ``"auto"``) where the wire has one.

        Raises:
            FileNotFoundError, IsADirectoryError, PermissionError: there is no such file, or it cannot be read.
            TypeError: the source is none of these, or a file that was opened as text.
            ValueError: it is empty, nobody can tell its media type, or ``detail`` is given for what is no image.
        """
        from .attachments import attachment  # for who has files

        return attachment(source, media_type=media_type, filename=filename, detail=detail)

    @staticmethod
    def text(text: str) -> TextPart:
        """Plain text."""
        return TextPart(_a_string("text", text))

    @staticmethod
    def image_url(url: str, *, detail: str | None = None) -> ImagePart:
        """An image by its address. A ``data:`` URI becomes base64 data.

        Raises:
            ValueError: it is no URL, or it is a ``data:`` URI, but not one of base64 data.
        """
        if _a_string("url", url).startswith("data:"):
            media_type, data = _split_data_uri(url)
            return ImagePart(data=data, media_type=media_type, detail=detail)
        return ImagePart(url=_a_url(url), detail=detail)

    @staticmethod
    def image_base64(data: str | bytes, media_type: str = "image/png", *, detail: str | None = None) -> ImagePart:
        """An image as bytes, as base64 text, or as a ``data:`` URI, whose media type then counts.

        Raises:
            ValueError: the text is not base64, or ``media_type`` is not like ``image/png``.
        """
        media_type, encoded = _as_base64(data, media_type)
        return ImagePart(data=encoded, media_type=media_type, detail=detail)

    @staticmethod
    def audio(data: str | bytes, media_type: str = "audio/wav") -> AudioPart:
        """A sound as bytes, as base64 text, or as a ``data:`` URI, whose media type then counts.

        Raises:
            ValueError: the text is not base64, or ``media_type`` is not like ``audio/wav``.
        """
        media_type, encoded = _as_base64(data, media_type)
        return AudioPart(data=encoded, media_type=media_type)

    @staticmethod
    def video(data: str | bytes | None = None, media_type: str = "video/mp4", *, url: str | None = None) -> VideoPart:
        """A video: either bytes (or base64 text, or a ``data:`` URI, whose media type then counts), or an address.

        Raises:
            ValueError: not exactly one was given, the address is no URL, the text is not base64, or ``media_type`` is
                not like ``video/mp4``.
        """
        if (data is None) == (url is None):
            raise ValueError("a video needs exactly one of data, url")
        if data is None:
            return VideoPart(_a_url(url), None, _media_type(media_type))
        media_type, encoded = _as_base64(data, media_type)
        return VideoPart(None, encoded, media_type)

    @staticmethod
    def file(
        data: str | bytes | None = None,
        media_type: str = "application/pdf",
        *,
        url: str | None = None,
        file_id: str | None = None,
        filename: str | None = None,
    ) -> FilePart:
        """A document: exactly one of bytes (or base64 text), an address, or a provider's file id.

        Raises:
            ValueError: not exactly one was given, the text is not base64, or ``media_type`` is not like
                ``application/pdf``.
        """
        given = [name for name, value in (("data", data), ("url", url), ("file_id", file_id)) if value is not None]
        if len(given) != 1:
            raise ValueError(f"a file needs exactly one of data, url, file_id; got {', '.join(given) or 'none'}")
        if data is None:
            return FilePart(None if url is None else _a_url(url), None, file_id, _media_type(media_type), filename)
        media_type, encoded = _as_base64(data, media_type)
        return FilePart(None, encoded, None, media_type, filename)

    @overload
    @staticmethod
    def cached(part: str, ttl: str | None = None) -> TextPart: ...
    @overload
    @staticmethod
    def cached(part: MarkedPart, ttl: str | None = None) -> MarkedPart: ...
    @staticmethod
    def cached(part: Any, ttl: str | None = None) -> Any:
        """The part with a mark: everything up to it may be kept in the provider's prompt cache.

        Where a wire has no such marks it is left out, and told in ``adjustments``. Most providers that have them take
        up to four in one request.

        Args:
            part: a text, or a part that was said: text, image, sound, file, tool call or tool result.
            ttl: how long it may be kept, such as ``"5m"`` or ``"1h"``; the provider decides where nothing is said.

        Raises:
            TypeError: reasoning, refusals and opaque parts take no mark.
            ValueError: ``ttl`` is not a number and one of s, m, h, d.
        """
        marked = TextPart(_a_string("part", part)) if isinstance(part, str) else part
        if not isinstance(marked, Part) or "cache" not in marked.__struct_fields__:
            raise TypeError(f"a cache mark stands at a text or at a part that was said, not at {type(part).__name__}")
        if ttl is not None and not re.fullmatch(r"[1-9][0-9]*[smhd]", _a_string("ttl", ttl)):
            raise ValueError(f"ttl must look like '5m' or '1h', got {ttl!r}")
        return msgspec.structs.replace(marked, cache=CacheMark(ttl))


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation: a role and its parts, in order."""

    role: MessageRole
    parts: tuple[Part, ...]

    @classmethod
    def system(cls, content: Content) -> Message:
        """Instructions for the model."""
        return cls(MessageRole.SYSTEM, as_parts(content))

    @classmethod
    def user(cls, content: Content, *, files: Iterable[Source | Part] = ()) -> Message:
        """What the person says; text, or a list of parts. ``files`` stand before it.

        Args:
            content: a text, a part, or a list of both.
            files: what ``ContentBlock.attachment`` takes, or parts.

        Raises:
            OSError, TypeError, ValueError: a file is none, as ``ContentBlock.attachment`` tells it.
        """
        return cls(MessageRole.USER, (*_attached(files), *as_parts(content)) if files else as_parts(content))

    @classmethod
    def assistant(cls, content: Content = (), *, tool_calls: Sequence[ToolCall] = ()) -> Message:
        """What the model said, with the tools it called."""
        return cls(MessageRole.ASSISTANT, as_parts(content) + tuple(tool_calls))

    @classmethod
    def tool(
        cls,
        id: str,
        content: Content,
        *,
        name: str | None = None,
        is_error: bool = False,
    ) -> Message:
        """The result of the tool call ``id``."""
        return cls(MessageRole.TOOL, (ToolResult(_a_string("id", id), as_parts(content), name, is_error),))

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return _text_of(self.parts)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that this message calls."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


def _attached(files: Iterable[Source | Part]) -> tuple[Part, ...]:
    from .attachments import attached  # for who has files

    return attached(files)


def holds_files(messages: Iterable[Message]) -> bool:
    """Whether a conversation holds a file of any kind; most do not."""
    for message in messages:
        for part in message.parts:
            if type(part) is not TextPart and _is_file(part):
                return True
    return False


def _is_file(part: Part) -> bool:
    return isinstance(part, MediaPart) or (isinstance(part, ToolResult) and any(map(_is_file, part.parts)))


def as_parts(content: Content) -> tuple[Part, ...]:
    """The parts of ``content``: one text, one part, or several parts and texts.

    Raises:
        TypeError: something in it is neither text nor a part; the message names its place.
    """
    if isinstance(content, str):
        return (TextPart(_a_string("content", content)),)
    if isinstance(content, Part):
        return (content,)
    if isinstance(content, (bytes, Mapping)) or not isinstance(content, Iterable):
        raise TypeError(f"content must be text, a part, or a list of parts, got {type(content).__name__}")
    return tuple(_as_part(index, item) for index, item in enumerate(content))


def _as_part(index: int, item: Any) -> Part:
    if isinstance(item, str):
        return TextPart(_a_string("content", item))
    if isinstance(item, Part):
        return item
    raise TypeError(f"content[{index}] must be text or a part made by ContentBlock, got {type(item).__name__}")


def _text_of(parts: Iterable[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def _a_string(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {type(value).__name__}")
    return value if type(value) is str else str(plain(value))


def _a_url(value: Any) -> str:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", _a_string("url", value)):
        raise ValueError(f"{value!r} is no URL; ContentBlock.attachment(...) takes a file by its path")
    return _a_string("url", value)


def _media_type(value: str) -> str:
    if "/" not in _a_string("media_type", value):
        raise ValueError(f"media_type must look like 'image/png', got {value!r}")
    return value


def _as_base64(data: str | bytes, media_type: str) -> tuple[str, str]:
    """The media type, which a data URI brings along, and the data."""
    _media_type(media_type)
    if isinstance(data, (bytes, bytearray, memoryview)):
        return media_type, base64.b64encode(data).decode()
    if not isinstance(data, str):
        raise TypeError(f"data must be bytes or base64 text, got {type(data).__name__}")
    return _split_data_uri(data) if data.startswith("data:") else (media_type, _checked(data))


def _checked(data: str) -> str:
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"data must be bytes or base64 text: {error}") from None
    return data


def _split_data_uri(uri: str) -> tuple[str, str]:
    head, comma, data = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise ValueError("a data URI must look like data:image/png;base64,AAAA")
    return head.removeprefix("data:").partition(";")[0] or "application/octet-stream", _checked(data)
