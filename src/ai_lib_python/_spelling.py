"""The word that was probably meant, for messages about a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 0.6
"""How much alike two words must be, from 0 to 1, to be taken for each other."""


def nearest(word: str, known: Iterable[str], closeness: float = CLOSE) -> str | None:
    """The known word that is most like ``word``; None where none is."""
    from difflib import get_close_matches  # a millisecond that only mistakes cost

    return next(iter(get_close_matches(word, list(known), 1, closeness)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message: ``; did you mean "text"?``, or nothing."""
    near = nearest(word, known)
    return f'; did you mean "{near}"?' if near else ""
