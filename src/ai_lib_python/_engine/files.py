"""Files of a request as its provider takes them: checked before anything is sent, fetched where only bytes will do.

Three steps, each told where it changes something: a text document becomes text where the wire has no other form for
it; what is left is held against the manifest's types, sizes and numbers; and addresses that the provider does not take,
or that the caller wants to be fetched, are fetched.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

import msgspec

from .. import response
from .._compile.program import Program
from .._compile.takes import takes
from .._globs import fits_one
from .._manifest.manifest import Manifest
from .._manifest.media import FamilyRules, MediaRules, media_rules
from .._media_types import family_of, is_textual, usual
from .._wire.http import Transport
from .._wire.urls import shown
from ..errors import FetchFailed, UnsupportedError
from ..message import FilePart, MediaPart, Part, TextPart, ToolResult
from ..request import ChatRequest, InlineUrls
from ..response import Adjustment
from ..retries import Retries
from .deadlines import Watch
from .fetch import MOST_BYTES, Fetched, Wanted, fetch_all

PLURALS = {"image": "images", "audio": "sounds", "video": "videos", "file": "documents"}
SINGULARS = {"image": "the image", "audio": "the sound", "video": "the video", "file": "the document"}

FETCHABLE = ("http://", "https://")

Settled = tuple[ChatRequest, tuple[Adjustment, ...], tuple[Adjustment, ...]]
"""A request, what of its files goes out otherwise than it was given, and what was fetched for it."""


class Place(NamedTuple):
    """Where a file stands: its message, its part, and its part of a tool's result where it is within one."""

    message: int
    part: int
    inner: int | None = None

    def __str__(self) -> str:
        within = "" if self.inner is None else f".parts[{self.inner}]"
        return f"messages[{self.message}].parts[{self.part}]{within}"

    @property
    def of_part(self) -> response.Place:
        """The place of the part that the conversation holds."""
        return response.Place(self.message, self.part)


class Files:
    """The files of one request, and the one who takes them."""

    def __init__(self, manifest: Manifest, program: Program, request: ChatRequest) -> None:
        self.manifest, self.program = manifest, program
        self.rules = media_rules(self.manifest)
        self.model = request.model
        self.inline = request.inline_urls
        self.there = dict(_files_of(request))
        self.changed: dict[Place, Part] = {}

    def settle(self) -> tuple[Adjustment, ...]:
        """Makes texts of text documents where the wire has no other form for them, and checks what is left.

        Returns:
            What became text.

        Raises:
            UnsupportedError: something is not taken here; the message names its place, what it is, and what is taken.
        """
        documents = [(place, part) for place, part in self.there.items() if isinstance(part, FilePart)]
        texts = [self._to_text(place, part) for place, part in documents if self._must_be_text(place, part)]
        _Check(self).all()
        return tuple(texts)

    def to_fetch(self) -> dict[Place, Wanted]:
        """The addresses that are to be fetched.

        Raises:
            UnsupportedError: one is not taken here, and cannot be fetched or must not be.
        """
        urls = {place: part for place, part in self.there.items() if part.url is not None}
        return {place: self._wanted(place, part) for place, part in urls.items() if self._is_fetched(place, part)}

    def put(self, place: Place, url: str, media_type: str | None, data: str, sent: str) -> Adjustment:
        """Puts the bytes of a file in the place of its address, and tells it."""
        part = self.there[place]
        made = msgspec.structs.replace(part, url=None, data=data, media_type=media_type)
        self.there[place] = self.changed[place] = made
        return Adjustment(part.kind, "replaced", self._reason(part), shown(url), sent, (place.of_part,))

    def applied(self, request: ChatRequest) -> ChatRequest:
        """The request with everything that has changed."""
        return _with(request, self.changed) if self.changed else request

    def refuse(self, place: Place, problem: str) -> NoReturn:
        """Raises the error for a file that is not taken."""
        text = f"{problem} ({place})"
        error = UnsupportedError(text, provider=self.manifest.id, model=self.model)
        error.places = (place.of_part,)
        raise error

    def takes(self, place: Place, part: MediaPart, form: str) -> bool:
        """Whether the wire has a form for a file of this family there: by ``url`` or in ``base64``."""
        kind = f"{_class_family(part)}_{form}"
        return takes(self.program, self.model, kind, part.media_type, in_result=place.inner is not None)

    @property
    def name(self) -> str:
        return f"{self.manifest.name} ({self.model})"

    def rules_for(self, part: MediaPart) -> FamilyRules:
        return self.rules.of(_family(part))

    def _must_be_text(self, place: Place, part: FilePart) -> bool:
        if part.data is None or not is_textual(part.media_type):
            return False
        types = self.rules_for(part).types
        is_taken = types is None or fits_one(usual(part.media_type or ""), types)
        return not is_taken or not self.takes(place, part, "base64")

    def _to_text(self, place: Place, part: FilePart) -> Adjustment:
        data = base64.b64decode(part.data or "")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.refuse(place, f"{self.name} takes no documents of {part.media_type}, and this one is no text in UTF-8")
        named = f' name="{part.filename}"' if part.filename else ""
        self.changed[place] = TextPart(f"<file{named}>\n{text}\n</file>", cache=part.cache)
        del self.there[place]
        reason = f"there is no form for documents of {part.media_type} here; it was sent as text"
        what = ", ".join(filter(None, (part.filename, part.media_type, _size(len(data)))))
        return Adjustment(part.kind, "replaced", reason, what, "text", (place.of_part,))

    def _is_fetched(self, place: Place, part: MediaPart) -> bool:
        url = part.url or ""
        asked = self.inline is not None and self.inline.enabled
        if asked and url.lower().startswith(FETCHABLE):
            return True
        needed = self._needs_bytes(place, part)
        if needed is None or not needed:
            return False
        plural = PLURALS[_family(part)]
        if not url.lower().startswith(FETCHABLE):
            self.refuse(place, f"{self.name} takes {plural} as bytes, and {shown(url)} cannot be fetched")
        if self.inline is not None and not self.inline.enabled:
            self.refuse(place, f"{self.name} takes {plural} as bytes, and nothing is fetched: .inline_urls(False)")
        return True

    def _needs_bytes(self, place: Place, part: MediaPart) -> bool | None:
        """Whether only bytes will do; None where no form will."""
        said = self.rules_for(part).urls
        if said == "refuse":
            plural = PLURALS[_family(part)]
            self.refuse(place, f"{self.name} takes no addresses of {plural}: give its bytes, or ask for .inline_urls()")
        if said is not None:
            return said == "fetch"
        if self.takes(place, part, "url"):
            return False
        textual = isinstance(part, FilePart) and is_textual(part.media_type)
        return True if textual or self.takes(place, part, "base64") else None

    def _wanted(self, place: Place, part: MediaPart) -> Wanted:
        inline = self.inline or InlineUrls()
        limits = [limit for limit in (inline.max_bytes, self.rules_for(part).max_bytes) if limit is not None]
        most = min(limits, default=MOST_BYTES)
        return Wanted(part.url or "", _family(part), part.media_type, most, inline.timeout, inline.allow_private)

    def _reason(self, part: MediaPart) -> str:
        if self.inline is not None and self.inline.enabled:
            return "fetched, as it was asked for"
        return f"fetched: {PLURALS[_family(part)]} are taken as bytes here, not by their addresses"


async def with_files(
    manifest: Manifest,
    program: Program,
    request: ChatRequest,
    transport: Callable[[], Transport],
    watch: Watch,
    retries: Retries,
) -> Settled:
    """The request as it is sent.

    Raises:
        UnsupportedError: a file is not taken here.
        FetchFailed: one could not be had.
        DeadlineExceeded: the call's time was over before it was there.
    """
    files = Files(manifest, program, request)
    changed = files.settle()
    wanted = files.to_fetch()
    if not wanted:
        return files.applied(request), changed, ()
    from .attempts import patiently  # for who has files that are fetched

    fetched = await patiently(lambda: _fetched(files, transport(), wanted), retries, watch)
    notes = tuple(_put(files, place, one.url, fetched[one]) for place, one in wanted.items())
    changed = (*changed, *files.settle())
    return files.applied(request), changed, notes


def _put(files: Files, place: Place, url: str, got: Fetched) -> Adjustment:
    sent = f"{got.media_type}, {_size(len(got.data))}"
    return files.put(place, url, got.media_type, base64.b64encode(got.data).decode(), sent)


async def _fetched(files: Files, transport: Transport, wanted: Mapping[Place, Wanted]) -> Mapping[Wanted, Fetched]:
    try:
        return await fetch_all(transport, dict.fromkeys(wanted.values()))
    except FetchFailed as error:
        error.provider, error.model = files.manifest.id, files.model
        raise


def with_files_shown(manifest: Manifest, program: Program, request: ChatRequest) -> Settled:
    """The request as a preview shows it: nothing is fetched, and a word stands for what would be.

    Raises:
        UnsupportedError: a file is not taken here.
    """
    files = Files(manifest, program, request)
    changed = files.settle()
    notes = tuple(_put_word(files, place, one) for place, one in files.to_fetch().items())
    return files.applied(request), changed, notes


def _put_word(files: Files, place: Place, one: Wanted) -> Adjustment:
    stands_for = f"[the bytes of {shown(one.url)}]"
    media_type = one.media_type or f"{one.family}/*"
    return files.put(place, one.url, media_type, stands_for, "not fetched for a preview")


class _Check:
    """Holds the files of a request against what the manifest says of them."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._counts: dict[str, int] = {}
        self._sizes: dict[str, int] = {}

    def all(self) -> None:
        """
        Raises:
            UnsupportedError: the first that is not taken.
        """
        if self._files.rules == MediaRules():
            return
        for place, part in self._files.there.items():
            self._check_number(place, part)
            if part.data is not None:
                self._check_type(place, part)
                self._check_size(place, part)

    def _check_number(self, place: Place, part: MediaPart) -> None:
        family, rules = _family(part), self._files.rules_for(part)
        self._counts[family] = self._counts.get(family, 0) + 1
        if rules.max_count is not None and self._counts[family] > rules.max_count:
            most = f"{rules.max_count} {PLURALS[family]}" if rules.max_count != 1 else f"one {family}"
            self._files.refuse(place, f"{self._files.name} takes at most {most} in a request; this is one more")

    def _check_type(self, place: Place, part: MediaPart) -> None:
        types, family = self._files.rules_for(part).types, _family(part)
        if types is None or part.media_type is None or fits_one(usual(part.media_type), types):
            return
        known = f"only of {', '.join(types)}" if types else "of no type"
        problem = f"{SINGULARS[family]} is {part.media_type}; {self._files.name} takes {PLURALS[family]} {known}"
        self._files.refuse(place, problem)

    def _check_size(self, place: Place, part: MediaPart) -> None:
        size, family, rules = _decoded_size(part.data or ""), _family(part), self._files.rules_for(part)
        if rules.max_bytes is not None and size > rules.max_bytes:
            most = f"at most {_size(rules.max_bytes)} each"
            self._too_large(place, f"{SINGULARS[family]} has {_size(size)}", PLURALS[family], most)
        for group, most_bytes in ((family, rules.max_total_bytes), ("", self._files.rules.max_total_bytes)):
            total = self._sizes[group] = self._sizes.get(group, 0) + size
            if most_bytes is not None and total > most_bytes:
                what = PLURALS.get(group, "files")
                problem = f"with {SINGULARS[family]} the {what} of this request have {_size(total)}"
                self._too_large(place, problem, what, f"at most {_size(most_bytes)} together")

    def _too_large(self, place: Place, problem: str, what: str, most: str) -> None:
        self._files.refuse(place, f"{problem}; {self._files.name} takes {what} of {most}")


def _files_of(request: ChatRequest) -> Iterator[tuple[Place, MediaPart]]:
    for index, message in enumerate(request.messages):
        for number, part in enumerate(message.parts):
            if isinstance(part, MediaPart):
                yield Place(index, number), part
            elif isinstance(part, ToolResult):
                inner = enumerate(part.parts)
                yield from ((Place(index, number, at), one) for at, one in inner if isinstance(one, MediaPart))


def _with(request: ChatRequest, changed: Mapping[Place, Part]) -> ChatRequest:
    messages = list(request.messages)
    for place, part in changed.items():
        message = messages[place.message]
        parts = list(message.parts)
        parts[place.part] = part if place.inner is None else _with_inner(parts[place.part], place.inner, part)
        messages[place.message] = msgspec.structs.replace(message, parts=tuple(parts))
    return msgspec.structs.replace(request, messages=tuple(messages))


def _with_inner(result: Any, index: int, part: Part) -> Any:
    parts = list(result.parts)
    parts[index] = part
    return msgspec.structs.replace(result, parts=tuple(parts))


def _family(part: MediaPart) -> str:
    """What a part is: a document that says it is an image, a sound or a video counts as one."""
    return family_of(part.media_type) if isinstance(part, FilePart) else _class_family(part)


def _class_family(part: MediaPart) -> str:
    return part.kind.partition("_")[0]


def _decoded_size(data: str) -> int:
    """The bytes that base64 text stands for."""
    return len(data) * 3 // 4 - data[-2:].count("=")


def _size(count: int) -> str:
    return f"{count:,} bytes"
