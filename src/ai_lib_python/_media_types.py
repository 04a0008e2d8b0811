"""Which media type some bytes have: by how they begin, by the name of their file, or because they are text."""

from __future__ import annotations

from mimetypes import MimeTypes

FAMILIES = ("image", "audio", "video", "file")
"""The families of content; a ``file`` is what none of the others is."""

ENOUGH = 4096
"""How many bytes from the beginning tell all that can be told."""

UNKNOWN = "application/octet-stream"
"""A type that says nothing."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
)

_IN_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
_IN_AIFF = (b"AIFF", b"AIFC")

_BRANDS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"avif", b"avis"), "image/avif"),
    ((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "image/heic"),
    ((b"mif1", b"msf1"), "image/heif"),
    ((b"M4A ", b"M4B ", b"F4A "), "audio/mp4"),
    ((b"qt  ",), "video/quicktime"),
    ((b"3gp", b"3g2"), "video/3gpp"),
)
"""Brands of an ISO media file, the first four bytes or the beginning of them; another one is a video."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
_IN_ZIP: tuple[tuple[bytes, str], ...] = (
    (b"word/", f"{_OFFICE}.wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}.spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}.presentationml.presentation"),
    (b"mimetypeapplication/epub+zip", "application/epub+zip"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    (b"mimetypeapplication/vnd.oasis.opendocument.presentation", "application/vnd.oasis.opendocument.presentation"),
)

_BY_NAME = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".csv": "text/csv", ".tsv": "text/tab-separated-values",
    ".json": "application/json", ".jsonl": "application/jsonl", ".ndjson": "application/x-ndjson",
    ".yaml": "application/yaml", ".yml": "application/yaml", ".toml": "application/toml", ".xml": "text/xml",
    ".py": "text/x-python", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
    ".ts": "text/plain", ".tsx": "text/plain", ".rs": "text/plain", ".go": "text/plain", ".java": "text/plain",
    ".c": "text/plain", ".h": "text/plain", ".cpp": "text/plain", ".rb": "text/plain", ".sh": "text/plain",
    ".sql": "text/plain", ".log": "text/plain", ".rst": "text/plain", ".ini": "text/plain", ".cfg": "text/plain",
    ".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic", ".heif": "image/heif", ".bmp": "image/bmp",
    ".wav": "audio/wav", ".m4a": "audio/mp4", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg",
    ".aac": "audio/aac", ".mkv": "video/x-matroska", ".webm": "video/webm", ".mov": "video/quicktime",
    ".mp4": "video/mp4", ".mp3": "audio/mpeg", ".aiff": "audio/aiff", ".aif": "audio/aiff",
    ".docx": _IN_ZIP[0][1], ".xlsx": _IN_ZIP[1][1], ".pptx": _IN_ZIP[2][1],
    ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
}  # fmt: skip
"""What some machines' own tables lack, or call otherwise."""

_TABLES = MimeTypes()
"""The standard library's table alone: what a machine has in its own changes no request."""

_TEXTUAL = frozenset(
    {
        "application/json", "application/jsonl", "application/x-ndjson", "application/xml", "application/yaml",
        "application/x-yaml", "application/toml", "application/javascript", "application/sql", "application/x-sh",
        "image/svg+xml",
    }
)  # fmt: skip

_SAME = {
    "image/jpg": "image/jpeg", "image/x-ms-bmp": "image/bmp", "application/x-pdf": "application/pdf",
    "audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4", "audio/x-flac": "audio/flac", "audio/opus": "audio/ogg",
}  # fmt: skip
"""Other words for the same type."""


def family_of(media_type: str | None) -> str:
    """``image``, ``audio``, ``video``, or ``file`` for all else."""
    family = (media_type or "").partition("/")[0].lower()
    return family if family in FAMILIES[:3] else "file"


def is_textual(media_type: str | None) -> bool:
    """Whether what has this type can be read as text."""
    plain = usual(media_type or "")
    return plain.startswith("text/") or plain in _TEXTUAL or plain.endswith(("+json", "+xml", "+yaml"))


def usual(media_type: str) -> str:
    """The type in small letters, without parameters, by its usual name."""
    plain = media_type.partition(";")[0].strip().lower()
    return _SAME.get(plain, plain)


def recognized(data: bytes) -> str | None:
    """The type that the bytes themselves show, or None. Text shows none."""
    start = data[:ENOUGH]
    if start[:4] == b"RIFF":
        return _IN_RIFF.get(start[8:12])
    if start[:4] == b"FORM" and start[8:12] in _IN_AIFF:
        return "audio/aiff"
    if start[4:8] == b"ftyp":
        return _of_brand(start)
    if start[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in start[:64] else "video/x-matroska"
    if start[:4] == b"PK\x03\x04":
        return _of_zip(data)
    if start[:1] == b"\xff" and len(start) > 1:
        return _of_frame(start[1])
    return next((media_type for beginning, media_type in _BEGINNINGS if start.startswith(beginning)), None)


def _of_brand(start: bytes) -> str:
    brand = start[8:12]
    for brands, media_type in _BRANDS:
        if brand.startswith(brands):
            return media_type
    return "video/mp4"


def _of_frame(second: int) -> str | None:
    """What begins with 0xFF: a JPEG, or a frame of MPEG audio of layer 3 or 2, or AAC, which says layer 0."""
    if second == 0xD8:
        return "image/jpeg"
    if second & 0xE0 == 0xE0 and second & 0x18 != 0x08 and second & 0x06 in (0x02, 0x04):
        return "audio/mpeg"
    return "audio/aac" if second & 0xF6 == 0xF0 else None


def _of_zip(data: bytes) -> str:
    """What a ZIP archive holds, by the names in it; they stand at its beginning and at its end."""
    names = data[:ENOUGH] + data[-ENOUGH:]
    return next((media_type for mark, media_type in _IN_ZIP if mark in names), "application/zip")


def named(filename: str | None) -> str | None:
    """The type that the name of a file tells, or None."""
    if not filename or "." not in filename:
        return None
    ending = f".{filename.rpartition('.')[2].lower()}"
    return _BY_NAME.get(ending) or _TABLES.guess_type(f"x{ending}")[0]


def is_text(data: bytes) -> bool:
    """Whether the bytes are text in UTF-8, and nothing but text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(ord(character) < 0x20 and character not in "\t\n\r\f\x1b" for character in text[:ENOUGH])


def found(data: bytes, filename: str | None) -> str | None:
    """The type of bytes: what they show, else what their name tells, else text; None where nobody can tell."""
    shown, told = recognized(data), named(filename)
    if shown in ("application/zip", "application/msword") and told is not None:
        return told  # an archive, or an old office file, of a kind that only the name tells
    if shown == "video/mp4" and told is not None and told.startswith("audio/"):
        return told  # a sound in a container that may hold both
    if shown is not None:
        return shown
    if told is not None and not (is_textual(told) and not is_text(data)):
        return told
    return "text/plain" if is_text(data) else None
