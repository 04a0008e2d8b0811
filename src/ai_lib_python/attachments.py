"""Files as parts of a message: given by path, bytes, URL or open file, their media type found.

Message.user("What is this?", files=["cat.png", Path("notes.pdf"), "https://example.com/sound.mp3"])
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Protocol, Union
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from ._media_types import family_of, found, named, usual
from .message import AudioPart, FilePart, ImagePart, MediaPart, Part, VideoPart

__all__ = ["BinaryFile", "Source", "attachment"]


class BinaryFile(Protocol):
    """A file that was opened for reading bytes."""

    def read(self) -> bytes: ...


Source = Union[str, bytes, "PathLike[str]", BinaryFile]
"""What a file may be given as: a path, bytes, a URL, or an open file."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://|(data):", re.IGNORECASE)
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+*-]+")


def attachment(
    source: Source, *, media_type: str | None = None, filename: str | None = None, detail: str | None = None
) -> MediaPart:
    """The part for a file; see ``ContentBlock.attachment``."""
    _check(media_type, filename)
    if isinstance(source, str) and (scheme := _scheme(source)) is not None:
        if scheme == "data":
            told, data = _of_data_url(source)
            return _part(data, media_type or told, filename, detail)
        return _address(source, scheme, media_type, filename, detail)
    data, name = _bytes_of(source)
    if not data:
        raise ValueError(f"{_shown(name)} is empty")
    known = filename or name
    return _part(data, media_type or _found(data, known), known, detail)


def attached(files: Iterable[Source | Part]) -> tuple[Part, ...]:
    """A part for each file; parts stay as they are."""
    if isinstance(files, (str, bytes, Mapping, PathLike)) or hasattr(files, "read") or not isinstance(files, Iterable):
        raise TypeError(f"files must be a list of files, got {type(files).__name__}: write files=[...]")
    return tuple(file if isinstance(file, Part) else attachment(file) for file in files)


def _check(media_type: Any, filename: Any) -> None:
    if media_type is not None and not isinstance(media_type, str):
        raise TypeError(f"media_type must be a string, got {type(media_type).__name__}")
    if media_type is not None and not _TYPE.fullmatch(usual(media_type)):
        raise ValueError(f"media_type must look like 'image/png', got {media_type!r}")
    if filename is not None and not isinstance(filename, str):
        raise TypeError(f"filename must be a string, got {type(filename).__name__}")


def _scheme(source: str) -> str | None:
    """The scheme of a URL, or None where the text is a path."""
    match = _URL.match(source)
    return None if match is None else (match[1] or match[2]).lower()


def _address(url: str, scheme: str, media_type: str | None, filename: str | None, detail: str | None) -> MediaPart:
    """The part for an address, of which only the name is looked at."""
    if scheme == "file":
        raise ValueError(f"{url!r}: a file of this machine is given by its path, not as a URL")
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    told = media_type or named(filename) or named(name)
    if told is None:
        raise ValueError(f"{_shown_url(url)} does not tell what is there: give media_type='image/png' or the like")
    return _made(usual(told), {"url": url}, filename or name or None, detail)


def _shown_url(url: str) -> str:
    return url.partition("?")[0]


def _of_data_url(url: str) -> tuple[str, bytes]:
    """The media type and the bytes of a ``data:`` URL, in base64 or percent-encoded."""
    head, comma, body = url.partition(",")
    if not comma:
        raise ValueError("a data URL must look like data:image/png;base64,AAAA")
    told = head[len("data:") :]
    if not told.lower().endswith(";base64"):
        return usual(told) or "text/plain", unquote_to_bytes(body)
    try:
        return usual(told[: -len(";base64")]) or "text/plain", base64.b64decode(unquote(body), validate=True)
    except ValueError as error:
        raise ValueError(f"the data of a data URL is no base64: {error}") from None


def _bytes_of(source: Any) -> tuple[bytes, str | None]:
    """The bytes of a source that is no URL, and its name where it has one."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), None
    if isinstance(source, (str, PathLike)):
        return _read(source)
    if not callable(getattr(source, "read", None)):
        raise TypeError(f"a file must be a path, bytes, a URL or an open file, got {type(source).__name__}")
    data = source.read()
    if isinstance(data, str):
        raise TypeError("this file was opened as text: open it with open(path, 'rb')")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"read() of a file must give bytes, got {type(data).__name__}")
    name = getattr(source, "name", None)
    return bytes(data), Path(name).name if isinstance(name, str) else None


def _read(source: str | PathLike[str]) -> tuple[bytes, str]:
    given = fspath(source)
    if not isinstance(given, str):
        raise TypeError("a path must be text, not bytes")
    path = Path(given)
    try:
        return path.read_bytes(), path.name
    except FileNotFoundError:
        hint = "; a text that is no URL (https://..., data:...) is a path" if isinstance(source, str) else ""
        raise FileNotFoundError(f"there is no file {_cut(given)!r}{hint}") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"{given!r} is a folder; give the files in it, each by itself") from None
    except PermissionError as error:
        if path.is_dir():  # what Windows says of a folder
            raise IsADirectoryError(f"{given!r} is a folder; give the files in it, each by itself") from None
        raise PermissionError(f"{given!r} cannot be read: {error.strerror}") from None
    except (OSError, ValueError) as error:  # a text too long for a name, a zero byte in it
        why = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{_cut(given)!r} is neither a URL nor a path: {why}") from None


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."


def _shown(name: str | None) -> str:
    return f"the file {name!r}" if name else "the file"


def _found(data: bytes, name: str | None) -> str:
    media_type = found(data, name)
    if media_type is None:
        raise ValueError(f"nobody can tell what {_shown(name)} is: give media_type='image/png' or the like")
    return media_type


def _part(data: bytes, media_type: str, filename: str | None, detail: str | None) -> MediaPart:
    return _made(usual(media_type), {"data": base64.b64encode(data).decode()}, filename, detail)


def _made(media_type: str, where: dict[str, Any], filename: str | None, detail: str | None) -> MediaPart:
    """The part of the family that the media type belongs to."""
    family = family_of(media_type)
    if detail is not None and family != "image":
        raise ValueError(f"detail is a hint for images, and this is {media_type}")
    if family == "image":
        return ImagePart(media_type=media_type, detail=detail, **where)
    if family == "file":
        return FilePart(media_type=media_type, filename=filename, **where)
    return (AudioPart if family == "audio" else VideoPart)(media_type=media_type, **where)
