"""Files of a request: what a provider takes is checked before anything is sent, and text goes as the wire can."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, ToolCall
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.message import FilePart, ImagePart
from ai_lib_python.response import Adjustment, Place
from ai_lib_python.sync import AiClient as SyncClient

from .loopback import PLAIN
from .scripted import JSON, Answer, Script, client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt "
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(12)
PDF = b"%PDF-1.7\n"
NOTES = ContentBlock.attachment(b"# Notes\n", filename="notes.md")


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def taker(media: dict[str, Any], **more: Any) -> AiClient:
    """A client of a provider that says this of files."""
    manifest = {
        "id": "toy",
        "extends": "openai-chat",
        "name": "Toy",
        "endpoint": {"base_url": "https://toy.example/v1"},
        "auth": {"scheme": "none"},
        "media": media,
        **more,
    }
    return await AiClient.create("toy/t-1", manifest=manifest, on_unsupported="ignore", transport=Script())


LIMITS: list[tuple[dict[str, Any], list[Any], str]] = [
    (
        {"image": {"types": ["image/jpeg", "image/w*"]}},
        [PNG],
        r"the image is image/png; Toy \(t-1\) takes images only of image/jpeg, image/w\*.*messages\[1\]\.parts\[0\]\)",
    ),
    (
        {"image": {"max_bytes": 27}},
        [PNG],
        r"the image has 28 bytes; Toy \(t-1\) takes images of at most 27 bytes each.*messages\[1\]\.parts\[0\]\)",
    ),
    (
        {"image": {"max_count": 2}},
        [PNG, PNG, PNG],
        r"Toy \(t-1\) takes at most 2 images in a request; this is one more.*messages\[1\]\.parts\[2\]\)",
    ),
    ({"image": {"max_count": 1}}, [PNG, "https://x.example/a.png"], r".* at most one image in a request.*parts\[1\]\)"),
    (
        {"audio": {"max_total_bytes": 20}},
        [PNG, WAV, WAV],
        r"with the sound the sounds of this request have 32 bytes; .* of at most 20 bytes together.*parts\[2\]\)",
    ),
    (
        {"max_total_bytes": 50},
        [PNG, WAV, PDF],
        r"with the document the files of this request have 53 bytes; .* takes files of at most 50 bytes.*parts\[2\]\)",
    ),
    ({"file": {"types": ["text/*"]}}, [PDF], r"the document is application/pdf; .* takes documents only of text/\*"),
]


@pytest.mark.parametrize(("media", "files", "told"), LIMITS)
async def test_what_is_not_taken_is_told_before_anything_is_sent(
    media: dict[str, Any], files: list[Any], told: str
) -> None:
    asked = await taker(media)
    chat = asked.chat().system("s").user("look", files=files)
    for call in (chat.execute(), chat.stream().__anext__()):
        with pytest.raises(UnsupportedError, match=told) as caught:
            await call
        assert (caught.value.provider, caught.value.model) == ("toy", "t-1")
    with pytest.raises(UnsupportedError, match=told):
        chat.preview()


@pytest.mark.parametrize(
    "media",
    [
        {},
        {"image": {"types": ["image/*"], "max_bytes": 28, "max_count": 1, "max_total_bytes": 28}},
        {"image": None, "max_total_bytes": 28},
        {"audio": {"types": ["audio/wav"], "max_bytes": 1}},
    ],
)
async def test_what_fits_is_sent_as_it_is(media: dict[str, Any]) -> None:
    asked = await taker(media)
    shown = asked.chat().user("look", files=[PNG]).preview()
    assert shown.body["messages"][0]["content"][0]["image_url"]["url"] == f"data:image/png;base64,{coded(PNG)}"
    assert shown.adjustments == ()


async def test_the_size_is_that_of_the_bytes_and_not_of_the_text_that_they_become() -> None:
    for size in range(1, 8):
        data = PNG[:8] + bytes(size)
        asked = await taker({"image": {"max_bytes": len(data)}})
        asked.chat().user("x", files=[data]).preview()
        asked = await taker({"image": {"max_bytes": len(data) - 1}})
        with pytest.raises(UnsupportedError, match=f"has {len(data)} bytes"):
            asked.chat().user("x", files=[data]).preview()


async def test_a_file_within_a_tools_result_has_a_place_too() -> None:
    asked = await taker({"image": {"max_bytes": 5}}, request={"turns": {"result_parts": "any"}})
    history = [
        Message.user("look"),
        Message.assistant(tool_calls=[ToolCall("c", "see")]),
        Message.tool("c", ["here", ImagePart(data=coded(PNG), media_type="image/png")]),
    ]
    with pytest.raises(UnsupportedError, match=r"the image has 28 bytes.*messages\[2\]\.parts\[0\]\.parts\[1\]\)"):
        asked.chat().messages(history).preview()


async def test_a_model_may_take_other_files_than_the_rest() -> None:
    models = [{"match": "*-small", "media": {"image": {"max_count": 1}}}]
    asked = await taker({"image": {"max_count": 2}}, models=models)
    asked.chat().user("x", files=[PNG, PNG]).preview()
    with pytest.raises(UnsupportedError, match=r"Toy \(t-small\) takes at most one image"):
        asked.chat().model("t-small").user("x", files=[PNG, PNG]).preview()


async def test_an_api_may_take_other_files_than_the_rest() -> None:
    apis = {"tasks": {"extends": "openai-responses", "media": {"image": {"max_bytes": 5}}}}
    asked = await taker({}, apis=apis)
    asked.chat().user("x", files=[PNG]).preview()
    with pytest.raises(UnsupportedError, match="at most 5 bytes each"):
        asked.chat().api("tasks").user("x", files=[PNG]).preview()


async def test_a_kind_that_has_no_form_is_named_with_its_place() -> None:
    asked, script = await client("groq/m")
    with pytest.raises(
        UnsupportedError, match=r"takes no part of kind 'audio_base64' here \(messages\[0\]\.parts\[0\]\)"
    ):
        await asked.chat().user("listen", files=[WAV]).execute()
    assert script.requests == []


# Documents of text


async def test_a_text_becomes_a_document_where_there_is_one() -> None:
    asked, _ = await client("anthropic-messages")
    shown = asked.chat().user("read", files=[NOTES]).preview()
    source = {"type": "text", "media_type": "text/plain", "data": "# Notes\n"}
    assert shown.body["messages"][0]["content"][0] == {"type": "document", "source": source, "title": "notes.md"}
    assert [note for note in shown.adjustments if note.action == "replaced"] == []


@pytest.mark.parametrize("dialect", ["openai-chat", "groq/m", "cohere-v2", "deepseek/deepseek-flash", "ollama/qwen3"])
async def test_a_text_goes_as_text_where_there_is_no_document_and_that_is_told(dialect: str) -> None:
    asked, _ = await client(dialect)
    shown = asked.chat().user("read", files=[NOTES]).preview()
    assert '<file name=\\"notes.md\\">\\n# Notes\\n\\n</file>' in json.dumps(shown.body)
    reason = "there is no form for documents of text/markdown here; it was sent as text"
    given = "notes.md, text/markdown, 8 bytes"
    assert shown.adjustments[0] == Adjustment("file_base64", "replaced", reason, given, "text", (Place(0, 0),))


async def test_the_answer_tells_it_too_and_a_strict_client_refuses_it() -> None:
    asked, script = await client("groq/m", Answer(PLAIN, headers=JSON))
    response = await asked.chat().user("read", files=[NOTES]).execute()
    assert [note.action for note in response.adjustments] == ["replaced"]
    assert "<file name=" in script.body["messages"][0]["content"][0]["text"]
    strict, script = await client("groq/m", on_unsupported="error")
    with pytest.raises(UnsupportedError, match="file_base64 was replaced"):
        await strict.chat().user("read", files=[NOTES]).execute()
    assert script.requests == []


async def test_a_text_without_a_name_and_with_a_mark_at_its_beginning() -> None:
    asked, _ = await client("groq/m")
    shown = asked.chat().user("read", files=[b"\xef\xbb\xbfwords"]).preview()
    assert shown.body["messages"][0]["content"][0]["text"] == "<file>\nwords\n</file>"


async def test_what_says_it_is_text_and_is_none_is_refused() -> None:
    asked, _ = await client("groq/m")
    with pytest.raises(UnsupportedError, match=r".* and this one is no text in UTF-8.*messages\[0\]\.parts\[0\]\)"):
        asked.chat().user("read", files=[FilePart(data="/////w==", media_type="text/csv")]).preview()


async def test_a_text_within_a_tools_result_becomes_text_there() -> None:
    asked, _ = await client("openai-chat")
    history = [
        Message.user("look"),
        Message.assistant(tool_calls=[ToolCall("c", "see")]),
        Message.tool("c", ["here: ", NOTES]),
    ]
    shown = asked.chat().messages(history).preview()
    assert shown.body["messages"][2]["content"] == 'here: <file name="notes.md">\n# Notes\n\n</file>'


async def test_the_sync_client_does_the_same() -> None:
    script = Script(Answer(PLAIN, headers=JSON))
    asked = SyncClient.create("groq/m", api_key="k", transport=script, on_unsupported="ignore")
    response = asked.chat().user("read", files=[NOTES]).inline_urls().execute()
    assert [note.action for note in response.adjustments] == ["replaced"]


# Every family as each wire writes it

PIXELS, SOUND, FILM, PAPER = coded(PNG), coded(WAV), coded(MP4), coded(PDF)


def uri(media_type: str, data: str) -> str:
    return f"data:{media_type};base64,{data}"


IMAGE_PART = {"type": "image_url", "image_url": {"url": uri("image/png", PIXELS)}}
VIDEO_PART = {"type": "video_url", "video_url": {"url": uri("video/mp4", FILM)}}
INLINE = [
    {"inlineData": {"mimeType": kind, "data": data}}
    for kind, data in (
        ("image/png", PIXELS),
        ("audio/wav", SOUND),
        ("video/mp4", FILM),
        ("application/pdf", PAPER),
    )
]
WRITTEN: list[tuple[str, list[bytes], list[Any]]] = [
    (
        "openai/gpt-4o",
        [PNG, WAV, PDF],
        [
            IMAGE_PART,
            {"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}},
            {"type": "file", "file": {"filename": "document", "file_data": uri("application/pdf", PAPER)}},
        ],
    ),
    (
        "anthropic/claude-haiku-4-5",
        [PNG, PDF],
        [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXELS}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PAPER}},
        ],
    ),
    ("gemini/gemini-2.5-flash", [PNG, WAV, MP4, PDF], INLINE),
    ("cohere/command-a-vision-07-2025", [PNG], [IMAGE_PART]),
    (
        "mistral/mistral-small-latest",
        [PNG, WAV, PDF],
        [
            IMAGE_PART,
            {"type": "input_audio", "input_audio": SOUND},
            {"type": "document_url", "document_url": uri("application/pdf", PAPER)},
        ],
    ),
    *(
        (model, [PNG, MP4], [IMAGE_PART, VIDEO_PART])
        for model in (
            "openrouter/google/gemini-2.5-flash",
            "moonshot/kimi-k3",
            "qwen/qwen3-vl-plus",
            "zhipu/glm-4.5v",
            "zai/glm-4.5v",
            "fireworks/m",
            "together/m",
            "vllm/m",
            "sglang/m",
            "siliconflow/m",
            "minimax/MiniMax-M3",
            "doubao/doubao-seed-2-1-pro-260915",
            "venice/m",
            "chutes/m",
        )
    ),
]


@pytest.mark.parametrize(("model", "files", "parts"), WRITTEN, ids=[one[0] for one in WRITTEN])
async def test_each_family_is_written_as_the_wire_has_it(model: str, files: list[bytes], parts: list[Any]) -> None:
    asked = await AiClient.create(model, base_url="https://x.example", api_key="k", transport=Script())
    chat = asked.chat().user("look", files=files)
    if model.startswith("openai/"):
        chat = chat.api("chat")
    body = chat.preview().body
    said = (body.get("messages") or body["contents"])[-1]
    written = (said.get("content") or said["parts"])[: len(files)]
    assert written == parts


async def test_each_family_as_converse_writes_it() -> None:
    asked = await AiClient.create("bedrock/m", base_url="https://x.example", api_key="k", transport=Script())
    body = asked.chat().user("look", files=[PNG, MP4, PDF]).preview().body
    assert body["messages"][0]["content"][:3] == [
        {"image": {"format": "png", "source": {"bytes": PIXELS}}},
        {"video": {"format": "mp4", "source": {"bytes": FILM}}},
        {"document": {"format": "pdf", "name": "document 2", "source": {"bytes": PAPER}}},
    ]


async def test_each_family_as_the_other_apis_write_it() -> None:
    asked = await AiClient.create("openai/gpt-5", base_url="https://x.example", api_key="k", transport=Script())
    body = asked.chat().api("responses").user("look", files=[PNG, PDF]).preview().body
    assert body["input"][0]["content"][:2] == [
        {"type": "input_image", "image_url": uri("image/png", PIXELS)},
        {"type": "input_file", "filename": "document", "file_data": uri("application/pdf", PAPER)},
    ]
    asked = await AiClient.create(
        "gemini/gemini-3-flash", base_url="https://x.example", api_key="k", transport=Script()
    )
    body = asked.chat().api("interactions").user("look", files=[PNG, WAV, MP4, PDF]).preview().body
    assert [(part["type"], part["mime_type"]) for part in body["input"][0]["content"][:4]] == [
        ("image", "image/png"),
        ("audio", "audio/wav"),
        ("video", "video/mp4"),
        ("document", "application/pdf"),
    ]
    asked = await AiClient.create("ollama/qwen3-vl", base_url="https://x.example", transport=Script())
    assert asked.chat().user("look", files=[PNG]).preview().body["messages"][0]["images"] == [PIXELS]


SOURCED: list[tuple[str, list[Any], str]] = [
    ("anthropic/claude-haiku-4-5", [PNG + bytes(3_932_160)], "at most 3,932,160 bytes each"),
    ("anthropic/claude-haiku-4-5", [b"BM" + bytes(20)], "the image is image/bmp"),
    ("anthropic/claude-haiku-4-5", [PDF] * 2 + [PDF + bytes(25_165_824)], "at most 25,165,824 bytes together"),
    ("openai/gpt-4o", [b"II*\x00" + bytes(8)], "the image is image/tiff"),
    ("groq/m", [PNG] * 6, "at most 5 images"),
    ("cohere/command-a-vision-07-2025", [PNG] * 21, "at most 20 images"),
    ("xai/grok-4.7", [b"GIF89a" + bytes(8)], "images only of image/jpeg, image/png"),
    ("bedrock/m", [PDF] * 6, "at most 5 documents"),
    ("gemini/gemini-2.5-flash", [b"GIF89a" + bytes(8)], "the image is image/gif"),
    ("moonshot/kimi-k3", [b"BM" + bytes(20)], "the image is image/bmp"),
]


@pytest.mark.parametrize(("model", "files", "told"), SOURCED)
async def test_bundled_providers_say_what_they_take(model: str, files: list[Any], told: str) -> None:
    asked = await AiClient.create(model, base_url="https://x.example", api_key="k", transport=Script())
    with pytest.raises(UnsupportedError, match=told):
        asked.chat().user("look", files=files).preview()
