"""Files in the language: forms for some types, what `media` says, and the mistakes in it."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import ContentBlock
from ai_lib_python._compile.takes import takes
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.check import problems
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python._manifest.media import FamilyRules, MediaRules, media_rules
from ai_lib_python._manifest.yaml_source import parse
from ai_lib_python.errors import ManifestError, UnsupportedError

from .conftest import Preview, manifest_of

FORMS = """
request:
  path: /x
  turns: {roles: {user: user}, result_parts: any}
  body: {parts: {$each: $turns, $do: {$each: .parts, $do: {$use: part}}}}
fragments:
  part:
    $by: .kind
    $case:
      text: .text
      image_base64: {$if: {.media_type: image/png}, $then: .data, $else: {$refuse: only PNG}}
      audio_url: {$drop: no sounds}
      video_url: .url
      video_base64: .data
      file_base64: {$if: {'.media_type | until("/")': text}, $then: .data, $else: {$refuse: only text}}
"""


def toy(more: str = "") -> Manifest:
    return load_file(manifest_of(FORMS + more))


@pytest.mark.parametrize(
    ("kind", "media_type", "taken"),
    [
        ("image_base64", "image/png", True),
        ("image_base64", "image/gif", False),
        ("image_url", None, False),
        ("audio_url", "audio/wav", False),
        ("video_url", None, True),
        ("video_base64", "video/mp4", True),
        ("file_base64", "text/csv", True),
        ("file_base64", "application/pdf", False),
        ("file_url", "text/csv", False),
    ],
)
def test_whether_there_is_a_form_is_asked_of_the_templates(kind: str, media_type: str | None, taken: bool) -> None:
    assert takes(program_of(toy()), "t-1", kind, media_type) is taken


async def test_video_is_a_kind_of_its_own(preview: Preview) -> None:
    shown = await preview(
        FORMS, lambda chat: chat.user([ContentBlock.video(b"x"), ContentBlock.video(url="https://x/y")])
    )
    assert shown.body["parts"] == [["eA==", "https://x/y"]]


async def test_a_text_for_which_there_is_no_form_becomes_a_text(preview: Preview) -> None:
    note = ContentBlock.attachment(b"{}", filename="a.json")
    shown = await preview(FORMS, lambda chat: chat.user([note]))
    assert shown.body["parts"] == [['<file name="a.json">\n{}\n</file>']]
    shown = await preview(FORMS, lambda chat: chat.user([ContentBlock.attachment(b"a", filename="a.csv")]))
    assert shown.body["parts"] == [["YQ=="]]
    shown = await preview(
        FORMS + "media: {file: {types: [application/pdf]}}",
        lambda chat: chat.user([ContentBlock.attachment(b"a", filename="a.csv")]),
    )
    assert shown.body["parts"] == [['<file name="a.csv">\na\n</file>']]


async def test_the_templates_own_reason_is_told_where_media_says_nothing(preview: Preview) -> None:
    with pytest.raises(UnsupportedError, match="only PNG"):
        await preview(FORMS, lambda chat: chat.user([ContentBlock.image_base64(b"x", "image/gif")]))


def test_what_media_says_is_read_whole() -> None:
    rules = media_rules(
        toy(
            "media: {file: null, image: {types: [image/*], max_bytes: 5, max_count: 2, max_total_bytes: 9,"
            " urls: fetch}}"
        )
    )
    assert rules == MediaRules(image=FamilyRules(("image/*",), 5, 2, 9, "fetch"))
    assert media_rules(toy()) == MediaRules()


MISTAKES: list[tuple[str, str]] = [
    ("media: {images: {}}", 'media.images: unknown key; did you mean "image"?'),
    ("media: {image: {type: [image/png]}}", 'media.image.type: unknown key; did you mean "types"?'),
    ("media: {image: {types: image/png}}", "media.image.types: expected a list"),
    ("media: {image: {types: []}}", "media.image.types: expected a list with something in it"),
    ("media: {image: {types: [png]}}", "media.image.types[0]: expected a media type or a pattern of some"),
    ("media: {audio: {max_bytes: 0}}", "media.audio.max_bytes: expected at least 1, got 0"),
    ("media: {video: {max_count: many}}", 'media.video.max_count: expected a whole number, got "many"'),
    ("media: {file: {urls: send}}", 'media.file.urls: expected one of take, fetch, refuse, got "send"'),
    ("media: {max_total_bytes: 1.5}", "media.max_total_bytes: expected a whole number"),
    ("models: [{match: a, media: {image: {max: 1}}}]", "models[0].media.image.max: unknown key"),
    ("apis: {b: {extends: openai-chat, media: {pictures: {}}}}", "apis.b.media.pictures: unknown key"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_mistakes_are_told(text: str, told: str) -> None:
    (problem,) = problems(parse(f"id: toy\n{text}\n", "toy.yaml"))
    assert problem.startswith(f"toy.yaml:2: {told}")
    with pytest.raises(ManifestError):
        load_file(manifest_of(text))


@pytest.mark.parametrize("id", ["vertex"])
def test_a_provider_says_where_only_bytes_will_do(id: str) -> None:
    rules: Any = media_rules(load(id).for_api("anthropic"))
    assert (rules.image.urls, rules.file.urls) == ("fetch", "fetch")
