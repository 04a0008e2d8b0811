"""What a manifest says of files: the types, sizes and numbers that a provider takes, and whether it takes addresses.

media:
  max_total_bytes: 33554432
  image: {types: [image/png, image/jpeg], max_bytes: 5242880, max_count: 100, urls: take}
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from .._structs import convert

if TYPE_CHECKING:
    from .manifest import Manifest


class FamilyRules(msgspec.Struct, frozen=True):
    """What is taken of one family. What is None is not known, and not checked.

    Attributes:
        types: the media types, as patterns such as ``text/*``.
        max_bytes: the most bytes of one, decoded.
        max_count: how many one request may hold.
        max_total_bytes: the most bytes of all of them together, decoded.
        urls: ``take`` addresses, ``fetch`` them first because the wire takes only bytes, or ``refuse`` them.
    """

    types: tuple[str, ...] | None = None
    max_bytes: int | None = None
    max_count: int | None = None
    max_total_bytes: int | None = None
    urls: str | None = None


class MediaRules(msgspec.Struct, frozen=True):
    """What is taken of each family, and the most bytes of all files of a request together, decoded."""

    image: FamilyRules = FamilyRules()
    audio: FamilyRules = FamilyRules()
    video: FamilyRules = FamilyRules()
    file: FamilyRules = FamilyRules()
    max_total_bytes: int | None = None

    def of(self, family: str) -> FamilyRules:
        """The rules of ``image``, ``audio``, ``video`` or ``file``."""
        found: FamilyRules = getattr(self, family)
        return found


@lru_cache(maxsize=256)
def media_rules(manifest: Manifest) -> MediaRules:
    """What a manifest says of files; nothing where it does not speak of them."""
    return convert(manifest.data.get("media") or {}, MediaRules)
