"""Files as parts of a message: what may be given, what is made of it, and what is said of what is none."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ai_lib_python import ContentBlock, Message
from ai_lib_python._media_types import is_textual, recognized
from ai_lib_python.message import AudioPart, FilePart, ImagePart, TextPart, VideoPart

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
OFFICE = "application/vnd.openxmlformats-officedocument"


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


def box(brand: bytes) -> bytes:
    return b"\x00\x00\x00\x18ftyp" + brand + bytes(12)


SHOWN: list[tuple[bytes, str, type[Any]]] = [
    (PNG, "image/png", ImagePart),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", ImagePart),
    (b"GIF89a" + bytes(8), "image/gif", ImagePart),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", ImagePart),
    (b"BM" + bytes(20), "image/bmp", ImagePart),
    (b"II*\x00" + bytes(8), "image/tiff", ImagePart),
    (b"MM\x00*" + bytes(8), "image/tiff", ImagePart),
    (box(b"heic"), "image/heic", ImagePart),
    (box(b"mif1"), "image/heif", ImagePart),
    (box(b"avif"), "image/avif", ImagePart),
    (b"%PDF-1.7\n", "application/pdf", FilePart),
    (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", AudioPart),
    (b"ID3\x04\x00" + bytes(8), "audio/mpeg", AudioPart),
    (b"\xff\xfb\x90\x00" + bytes(8), "audio/mpeg", AudioPart),
    (b"\xff\xf1\x50\x80" + bytes(8), "audio/aac", AudioPart),
    (b"fLaC" + bytes(8), "audio/flac", AudioPart),
    (b"OggS" + bytes(8), "audio/ogg", AudioPart),
    (b"FORM\x00\x00\x00\x00AIFFCOMM", "audio/aiff", AudioPart),
    (box(b"M4A "), "audio/mp4", AudioPart),
    (box(b"isom"), "video/mp4", VideoPart),
    (box(b"qt  "), "video/quicktime", VideoPart),
    (box(b"3gp5"), "video/3gpp", VideoPart),
    (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm", VideoPart),
    (b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroska", "video/x-matroska", VideoPart),
    (b"RIFF\x00\x00\x00\x00AVI LIST", "video/x-msvideo", VideoPart),
    (archive("[Content_Types].xml", "word/document.xml"), f"{OFFICE}.wordprocessingml.document", FilePart),
    (archive("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet", FilePart),
    (archive("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}.presentationml.presentation", FilePart),
    (archive("a.bin"), "application/zip", FilePart),
    ("Grüße".encode(), "text/plain", FilePart),
]


@pytest.mark.parametrize(("data", "media_type", "kind"), SHOWN, ids=[one[1] for one in SHOWN])
def test_bytes_show_what_they_are(data: bytes, media_type: str, kind: type[Any]) -> None:
    part = ContentBlock.attachment(data)
    assert type(part) is kind
    assert part.media_type == media_type
    assert base64.b64decode(part.data or "") == data


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("notes.md", "text/markdown"),
        ("table.csv", "text/csv"),
        ("data.json", "application/json"),
        ("main.py", "text/x-python"),
        ("main.ts", "text/plain"),
        ("page.html", "text/html"),
        ("LOUD.TXT", "text/plain"),
        ("nothing", "text/plain"),
        ("odd.ending", "text/plain"),
    ],
)
def test_a_text_is_what_its_name_tells(tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")
    part = ContentBlock.attachment(tmp_path / name)
    assert (part.media_type, part.kind) == (media_type, "file_base64")
    assert isinstance(part, FilePart)
    assert part.filename == name


def test_bytes_count_more_than_a_name_and_your_own_word_more_than_both(tmp_path: Path) -> None:
    path = tmp_path / "photo.txt"
    path.write_bytes(PNG)
    assert ContentBlock.attachment(path).media_type == "image/png"
    assert ContentBlock.attachment(path, media_type="Image/WEBP; q=1").media_type == "image/webp"


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (archive("a.bin"), "book.docx", f"{OFFICE}.wordprocessingml.document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8), "old.xls", "application/vnd.ms-excel"),
        (box(b"isom"), "song.m4a", "audio/mp4"),
    ],
)
def test_a_name_tells_what_a_container_holds(data: bytes, name: str, media_type: str) -> None:
    assert ContentBlock.attachment(data, filename=name).media_type == media_type


@pytest.mark.parametrize("given", [str, Path, "open", io.BytesIO, bytes, bytearray, memoryview])
def test_a_file_may_be_given_in_many_ways(tmp_path: Path, given: Any) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    if given == "open":
        with path.open("rb") as file:
            part = ContentBlock.attachment(file, detail="low")
    else:
        part = ContentBlock.attachment(given(path) if given in (str, Path) else given(PNG), detail="low")
    assert part == ImagePart(data=base64.b64encode(PNG).decode(), media_type="image/png", detail="low")


def test_an_open_file_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(b"# hi")
    with path.open("rb") as file:
        part = ContentBlock.attachment(file)
    assert part == FilePart(data="IyBoaQ==", media_type="text/markdown", filename="notes.md")
    assert ContentBlock.attachment(path, filename="other.csv").media_type == "text/csv"


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (
            "https://example.com/a/cat.png?size=2#x",
            ImagePart(url="https://example.com/a/cat.png?size=2#x", media_type="image/png"),
        ),
        ("http://example.com/sound.mp3", AudioPart(url="http://example.com/sound.mp3", media_type="audio/mpeg")),
        ("https://example.com/film.mov", VideoPart(url="https://example.com/film.mov", media_type="video/quicktime")),
        (
            "HTTPS://example.com/my%20paper.pdf",
            FilePart(url="HTTPS://example.com/my%20paper.pdf", media_type="application/pdf", filename="my paper.pdf"),
        ),
        ("gs://bucket/film.mp4", VideoPart(url="gs://bucket/film.mp4", media_type="video/mp4")),
        ("data:image/gif;base64,R0lG", ImagePart(data="R0lG", media_type="image/gif")),
        ("data:,Hello%20you", FilePart(data="SGVsbG8geW91", media_type="text/plain")),
        ("data:text/csv;charset=utf-8,a%2Cb", FilePart(data="YSxi", media_type="text/csv")),
    ],
)
def test_a_url_is_looked_at_and_not_fetched(url: str, part: Any) -> None:
    assert ContentBlock.attachment(url) == part


def test_a_url_without_a_name_needs_a_word_of_yours() -> None:
    with pytest.raises(ValueError, match=r"https://example\.com/image does not tell what is there: give media_type="):
        ContentBlock.attachment("https://example.com/image?key=secret")
    part = ContentBlock.attachment("https://example.com/image?id=1", media_type="image/webp")
    assert part == ImagePart(url="https://example.com/image?id=1", media_type="image/webp")
    assert ContentBlock.attachment("https://example.com/x", filename="x.pdf").media_type == "application/pdf"


def shown(value: Any) -> str:
    """The value in the name of a test; an open file by its kind, for its address is another in each process."""
    return type(value).__name__ if hasattr(value, "read") else repr(value)


@pytest.mark.parametrize(
    ("source", "error", "told"),
    [
        ("no/such.png", FileNotFoundError, "there is no file 'no/such.png'; a text that is no URL"),
        (Path("no/such.png"), FileNotFoundError, "there is no file"),
        (".", IsADirectoryError, "is a folder"),
        (Path(), IsADirectoryError, "is a folder"),
        (b"", ValueError, "the file is empty"),
        (io.BytesIO(), ValueError, "the file is empty"),
        (io.StringIO("words"), TypeError, r"opened as text: open it with open\(path, 'rb'\)"),
        (b"\x00\x01\x02\x03", ValueError, "nobody can tell what the file is: give media_type="),
        (b"\xff\xfe\xfd caf\xe9", ValueError, "nobody can tell"),
        (7, TypeError, "a path, bytes, a URL or an open file, got int"),
        (None, TypeError, "got NoneType"),
        ("", IsADirectoryError, "is a folder"),
        ("x" * 5000, ValueError, "neither a URL nor a path"),
        ("a\0b", ValueError, "neither a URL nor a path"),
        ("file:///etc/passwd", ValueError, "a file of this machine is given by its path"),
        ("data:image/png;base64", ValueError, "must look like data:image/png;base64,AAAA"),
        ("data:image/png;base64,???", ValueError, "no base64"),
    ],
    ids=shown,
)
def test_what_is_no_file_is_refused_with_a_reason(source: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        ContentBlock.attachment(source)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "void.png").touch()
    with pytest.raises(ValueError, match=r"the file 'void\.png' is empty"):
        ContentBlock.attachment(tmp_path / "void.png")


class Odd:
    def read(self) -> Any:
        return 5


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"media_type": "png"}, ValueError, "media_type must look like 'image/png', got 'png'"),
        ({"media_type": 5}, TypeError, "media_type must be a string"),
        ({"filename": 5}, TypeError, "filename must be a string"),
        (
            {"detail": "low", "media_type": "audio/wav"},
            ValueError,
            "detail is a hint for images, and this is audio/wav",
        ),
    ],
)
def test_wrong_options_are_refused(options: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        ContentBlock.attachment(PNG, **options)


def test_a_file_whose_read_gives_no_bytes_is_refused() -> None:
    with pytest.raises(TypeError, match=r"read\(\) of a file must give bytes, got int"):
        ContentBlock.attachment(Odd())  # type: ignore[arg-type]


def test_files_of_a_message_stand_before_its_text() -> None:
    whole = TextPart("whole")
    message = Message.user("What is this?", files=[PNG, "https://example.com/a.pdf", whole])
    assert [part.kind for part in message.parts] == ["image_base64", "file_url", "text", "text"]
    assert message.parts[2:] == (whole, TextPart("What is this?"))
    assert Message.user("x", files=[]) == Message.user("x")
    assert Message.user("x", files=iter([whole])).parts == (whole, TextPart("x"))


@pytest.mark.parametrize("files", ["cat.png", b"x", Path("cat.png"), io.BytesIO(b"x"), {"a": 1}, 5])
def test_one_file_is_no_list_of_files(files: Any) -> None:
    with pytest.raises(TypeError, match=r"files must be a list of files, got \w+: write files="):
        Message.user("x", files=files)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"data": b"x"}, VideoPart(data="eA==", media_type="video/mp4")),
        ({"data": "data:video/webm;base64,eA=="}, VideoPart(data="eA==", media_type="video/webm")),
        ({"url": "https://x/y", "media_type": "video/webm"}, VideoPart(url="https://x/y", media_type="video/webm")),
    ],
)
def test_a_video_by_hand(given: Any, part: VideoPart) -> None:
    assert ContentBlock.video(**given) == part
    assert part.kind == ("video_url" if part.url else "video_base64")


def test_a_video_is_one_thing() -> None:
    for given in ({}, {"data": b"x", "url": "https://x"}):
        with pytest.raises(ValueError, match="exactly one of data, url"):
            ContentBlock.video(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [b"\xff", b"\xff\x00", b"RIFF", b"RIFF\x00\x00\x00\x00ABCD", b"", b"PK", b"FORM1234XXXX"]
)
def test_beginnings_of_nothing_known_show_nothing(data: bytes) -> None:
    assert recognized(data) is None


@pytest.mark.parametrize("media_type", ["text/x-anything", "application/json", "application/ld+json", "TEXT/CSV; a=b"])
def test_what_can_be_read_as_text(media_type: str) -> None:
    assert is_textual(media_type)
    assert not is_textual("application/pdf")
    assert not is_textual(None)
