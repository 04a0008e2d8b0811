"""A recorded request in the words of the unified API, and why some cannot be said in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from enum import Enum
from typing import Any

from ai_lib_python import AiClient, ChatRequestBuilder
from ai_lib_python.message import AudioPart, FilePart, ImagePart, Message, OpaquePart, Part, ToolResult


class Why(Enum):
    """Why a recorded request is not counted. The list is closed: anything else is a failure."""

    NO_REQUEST = "the recording holds an answer without its request"
    MESSAGE_FIELD = "a role, or a field of a message or of a call (a name, a cache mark), that there is no word for"
    OUT_OF_RANGE = "a value that the builder refuses everywhere, sent to see the provider's error"
    STORED_PROMPT = "the name of a prompt that the provider keeps, in the place of a conversation"
    REFUSED_BY_BOTH = "a part that the provider answered with an error, and that the client refuses before that"


class Inexpressible(Exception):
    """The unified API has no words for this request."""

    def __init__(self, why: Why, what: str) -> None:
        super().__init__(f"{why.name}: {what}")
        self.why = why


class Unread(Exception):
    """The reader does not understand the request, which is a fault of the test."""


class Fields:
    """The keys of a recorded map, taken one by one; what nobody took is left over."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.rest = {key: deepcopy(value) for key, value in fields.items() if value is not None}

    def take(self, *path: str) -> Any:
        """The value at the path, which is taken out; None where there is none."""
        *maps, last = path
        place: Any = self.rest
        for key in maps:
            place = place.get(key) if isinstance(place, dict) else None
        return place.pop(last, None) if isinstance(place, dict) else None


class Asked:
    """What is asked of the public builder.

    Attributes:
        messages: the conversation.
        extra_body: every key that the unified API has no word for.
        places: for each parameter, where it stands in the recorded body.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.extra_body: dict[str, Any] = {}
        self.places: dict[str, tuple[str, ...]] = {}
        self._calls: list[Callable[[ChatRequestBuilder], object]] = []

    def say(self, parameter: str, call: Callable[[ChatRequestBuilder], object], *places: str) -> None:
        """One call on the builder: the parameter it sets, and where that stands in the recorded body."""
        self._calls.append(call)
        self.places[parameter] = self.places.get(parameter, ()) + places

    def take(self, fields: Fields, parameter: str, *path: str, method: str | None = None) -> None:
        """Says a parameter with the value at ``path``, where there is one."""
        value = fields.take(*path)
        if value is not None:
            name = method or parameter
            self.say(parameter, lambda builder: getattr(builder, name)(value), ".".join(path))

    @property
    def has_own_forms(self) -> bool:
        """Whether parts, tools or instructions stand in it in the provider's own form."""
        parts = [part for message in self.messages for part in message.parts]
        inner = [part for result in parts if isinstance(result, ToolResult) for part in result.parts]
        listed = any(isinstance(value, list) for key, value in self.extra_body.items() if key in _LISTS)
        return listed or any(isinstance(part, OpaquePart) for part in parts + inner)

    def builder(self, client: AiClient) -> ChatRequestBuilder:
        """The request, built by the public calls.

        Raises:
            Inexpressible: the builder refuses a value wherever it goes.
        """
        builder = client.chat().messages(self.messages).inline_urls(False)  # a recorder fetched nothing
        for call in self._calls:
            try:
                call(builder)
            except (TypeError, ValueError) as error:
                raise Inexpressible(Why.OUT_OF_RANGE, str(error)) from error
        return builder.extra_body(self.extra_body) if self.extra_body else builder


_LISTS = ("tools", "system")


def only(fields: Mapping[str, Any], *names: str, what: str) -> None:
    """Nothing but these fields may be in a message or a call; what is empty or off says nothing.

    Raises:
        Inexpressible: there is another one.
    """
    others = [name for name, value in fields.items() if name not in names and value not in (None, False, [], "")]
    if others:
        raise Inexpressible(Why.MESSAGE_FIELD, f"{', '.join(others)} of {what}")


def has_only(fields: Mapping[str, Any], *names: str) -> bool:
    """Whether a part has nothing but these fields, so that a part of ours can hold it."""
    return all(name in names or value is None for name, value in fields.items())


def native(part: Any) -> OpaquePart:
    """A part with fields that no part of ours has; it goes to its provider unchanged."""
    return OpaquePart(part)


_KINDS: dict[str, type[ImagePart] | type[AudioPart] | type[FilePart]] = {"image": ImagePart, "audio": AudioPart}


def media(media_type: str | None, *, url: str | None = None, data: str | None = None) -> Part:
    """An image, a sound or a file, as its media type says."""
    kind = _KINDS.get((media_type or "").partition("/")[0], FilePart)
    return kind(url=url, data=data, media_type=media_type)


def split_data_uri(uri: str) -> tuple[str, str] | None:
    """Media type and data of a data URI; None for another address. Elided data passes."""
    head, comma, data = uri.partition(",")
    if not uri.startswith("data:") or not comma:
        return None
    return head.removeprefix("data:").removesuffix(";base64"), data


def image(address: str, detail: str | None = None) -> ImagePart:
    """An image by its address, or out of a data URI."""
    inline = split_data_uri(address)
    if inline is None:
        return ImagePart(url=address, detail=detail)
    return ImagePart(data=inline[1], media_type=inline[0], detail=detail)
