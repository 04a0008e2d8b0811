"""Reasoning that stands inside the text, between tags: ``<think>Hm.</think>Hello``.

Only a tag at the very beginning of the answer counts, as models that reason so begin with
it; a tag further on is the model talking about tags.
"""

from __future__ import annotations

from .._compile.tags import Tags


class TagSplitter:
    """Tells reasoning from text while the pieces come, cut anywhere, even inside a tag."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._held = ""
        self._before = True
        self._inside = False

    def feed(self, text: str) -> tuple[str, str]:
        """The reasoning and the text that are certain now; what may be part of a tag is held back."""
        if self._before:
            self._held += text
            return self._begun()
        if self._inside:
            self._held += text
            return self._thought()
        return "", text

    def finish(self) -> tuple[str, str]:
        """What was held back when no more comes."""
        held, self._held = self._held, ""
        return (held, "") if self._inside else ("", held)

    def _begun(self) -> tuple[str, str]:
        start = self._held.lstrip()
        if len(start) < len(self._tags.open) and self._tags.open.startswith(start):
            return "", ""
        self._before = False
        if not start.startswith(self._tags.open):
            return self.finish()
        self._inside = True
        self._held = start[len(self._tags.open) :]
        return self._thought()

    def _thought(self) -> tuple[str, str]:
        reasoning, closed, text = self._held.partition(self._tags.close)
        if closed:
            self._inside, self._held = False, ""
            return reasoning, text
        keep = _beginning_of(self._tags.close, at_end_of=reasoning)
        self._held = reasoning[len(reasoning) - keep :]
        return reasoning[: len(reasoning) - keep], ""


def _beginning_of(tag: str, *, at_end_of: str) -> int:
    """How many characters at the end of a text may be the beginning of a tag."""
    sizes = range(min(len(tag) - 1, len(at_end_of)), 0, -1)
    return next((size for size in sizes if tag.startswith(at_end_of[-size:])), 0)
