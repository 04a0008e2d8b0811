"""How much a manifest may say. No manifest comes near these; one that somebody wrote to do harm would.

The language has no regular expressions, no loops but over what a request or an answer holds, and no file but those that
manifests extend. So what is left to be bounded is size: of the file, its texts and numbers, how deep it is nested, and
what its fragments become when each is put where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .manifest import Manifest

__all__ = ["MOST_BYTES", "MOST_LEVELS", "MOST_VALUES", "check_fragments", "problem_of"]

MOST_BYTES = 4 * 2**20
"""Bytes of a file."""

MOST_VALUES = 50_000
"""Values of a manifest, and of a section with its fragments put in. Aliases can make a small file huge."""

MOST_LEVELS = 100
"""How deep values stand in each other. Readers are recursive."""

MOST_LETTERS = 10_000
"""Characters of one text."""

LARGEST = 2**64
"""What no whole number reaches."""


_WITH_FRAGMENTS = "with the fragments that it uses, it"


def problem_of(value: Any) -> str | None:
    """What is wrong with a text or a number, for its size."""
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        return f"a text of more than {MOST_LETTERS:,} characters"
    if isinstance(value, int) and not -LARGEST < value < LARGEST:
        return "the number is too large"
    return None


def check_fragments(manifest: Manifest) -> None:
    """Refuses fragments that use each other so often, or so deep, that they become huge.

    Raises:
        ManifestError: they do; the message names one of them.
    """
    fragments = manifest.data.get("fragments") or {}
    sizes: dict[str, tuple[int, int]] = {}
    places = [("fragments", name) for name in fragments] + [(key,) for key in manifest.data if key != "fragments"]
    for path in places:
        values, levels = _measure(_at(manifest.data, path), fragments, sizes, path[1:])
        if levels > MOST_LEVELS:
            raise manifest.error(path, f"{_WITH_FRAGMENTS} is nested more than {MOST_LEVELS} levels deep")
        if values > MOST_VALUES:
            raise manifest.error(path, f"{_WITH_FRAGMENTS} has more than {MOST_VALUES:,} values")


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _measure(
    node: Any, fragments: dict[str, Any], sizes: dict[str, tuple[int, int]], using: tuple[str, ...]
) -> tuple[int, int]:
    """How many values a node has with its fragments put in, and how deep they stand."""
    if isinstance(node, list):
        below = [_measure(item, fragments, sizes, using) for item in node]
    elif isinstance(node, dict):
        below = [_measure(item, fragments, sizes, using) for key, item in node.items() if key != "$use"]
        below += [_used(node["$use"], fragments, sizes, using)] if "$use" in node else []
    else:
        return 1, 1
    return 1 + sum(values for values, _ in below), 1 + max((levels for _, levels in below), default=0)


def _used(
    name: Any, fragments: dict[str, Any], sizes: dict[str, tuple[int, int]], using: tuple[str, ...]
) -> tuple[int, int]:
    """The size of a fragment, measured once. One that is not there, or uses itself, is told where it is compiled."""
    if not isinstance(name, str) or name not in fragments or name in using:
        return 1, 1
    if len(using) > MOST_LEVELS:
        return 1, MOST_LEVELS
    if name not in sizes:
        sizes[name] = _measure(fragments[name], fragments, sizes, (*using, name))
    return sizes[name]
