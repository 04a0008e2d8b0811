"""What the templates of a request read of the conversation, so that nothing of it is lost without a word.

While the encoder is written, each value that is read of a turn is kept here, with the roles and kinds of parts that it
can stand for. What then is left unread is looked at in each request: reasoning is told as omitted, all else is refused.
A condition reads nothing: it only looks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from ..message import Part, ReasoningPart, ToolResult
from .notes import Notes, unsaid
from .turns import System, Turn, TurnOptions

TEXTS = frozenset({"text", "only_text", "joined"})
"""Fields that hold all texts of a turn as one, and are absent where that cannot be."""

RESULT = "tool_result"

HINTS = {
    "cache": "this wire has no marks for its prompt cache",
    "detail": "this wire has no word for the detail of an image",
    "filename": "this wire has no place for the name of a file",
    "is_error": "this wire cannot say that a tool failed",
    "signature": "this wire has no place for a signature",
}
"""Fields of parts that a wire may have no word for, and what is told where a request has one then."""

REASONING_HINTS = {**HINTS, "data": "this wire takes no redacted reasoning back"}
"""The same of reasoning, which has more of them."""

BESIDE = frozenset({"id", "kind", "name", "origin", *REASONING_HINTS})
"""Fields that do not make a template one that says the part."""

TOOL = "tool"
"""The source of tools' results, whatever the role of their message."""

RESULTS = "results"
"""The group of the parts that a tool's result holds."""

SYSTEM = "system"
"""The source of system messages, and the group of those that were taken out."""


class Origin(NamedTuple):
    """What of the conversation a value may be, or be a part of.

    Attributes:
        group: ``turns``, ``last`` or ``system``.
        sources: our roles.
        kinds: of parts.
        alone: it is one turn of several, as in ``$turns.0``.
        first: it is one part of several, as in ``.parts.0``.
    """

    group: str
    sources: frozenset[str]
    kinds: frozenset[str]
    alone: bool = False
    first: bool = False


class _Place(NamedTuple):
    """Where something is read: of which turns, and whether only where they are alone, or have one part."""

    group: str
    source: str
    alone: bool
    first: bool


class Reads:
    """What is read, as kinds of parts and as texts in one.

    Attributes:
        results: how tool results are read: by their ``text``, by their ``parts``, or both.
    """

    def __init__(self) -> None:
        self.results: set[str] = set()
        self._fields: dict[tuple[str, str, str], set[str]] = {}
        self._unread: dict[str, dict[str, tuple[str, ...]]] = {}
        self._kinds: dict[_Place, set[str]] = {}
        self._texts: dict[_Place, set[str]] = {}

    def part(self, origin: Origin, kinds: Iterable[str]) -> None:
        """Parts of these kinds are read, each of them."""
        _add(self._kinds, origin, origin.kinds & set(kinds))

    def lose_results(self, options: TurnOptions) -> bool:
        """Whether other parts of a tool's result than its texts could be lost, though the wire is to have them."""
        return options.result_parts == "any" and self.results == {"text"}

    def text(self, origin: Origin, field: str) -> None:
        """All texts are read, where ``field`` is there."""
        _add(self._texts, origin, {field})
        self.field(origin, {"text"}, "text")

    def field(self, origin: Origin | None, kinds: Iterable[str], *fields: str) -> None:
        """Fields of parts are read, or looked at; without an ``origin`` of parts in a tool's result."""
        places = [(RESULTS, RESULTS)] if origin is None else [(origin.group, source) for source in origin.sources]
        for group, source in places:
            for kind in kinds:
                self._fields.setdefault((group, source, kind), set()).update(fields)

    def kept(self, parts: tuple[Part, ...], source: str, options: TurnOptions, notes: Notes) -> tuple[Part, ...]:
        """The parts of a message without what its wire has no word for, each of which is told."""
        kept = tuple(self._kept_part(part, source, options, notes) for part in parts)
        return parts if all(one is other for one, other in zip(kept, parts, strict=True)) else kept

    def _kept_part(self, part: Part, source: str, options: TurnOptions, notes: Notes) -> Part:
        unread = self._unread_of(TOOL if isinstance(part, ToolResult) else source, options)
        lost = [field for field in unread.get(part.kind, ()) if getattr(part, field, None)]
        changes: dict[str, Any] = {field: False if field == "is_error" else None for field in lost}
        for field in lost:
            notes.omitted(field, REASONING_HINTS[field], part)
        if isinstance(part, ToolResult):
            inner = self.kept(part.parts, RESULTS, options, notes)
            if inner is not part.parts:
                changes["parts"] = inner
        if not changes:
            return part
        kept = msgspec.structs.replace(part, **changes)
        notes.stand_in(kept, part)
        return kept

    def _unread_of(self, source: str, options: TurnOptions) -> dict[str, tuple[str, ...]]:
        """For each kind of part that is said, the fields that are read nowhere; looked up once."""
        if source not in self._unread:
            self._unread[source] = self._find_unread(source, _groups_of(source, options))
        return self._unread[source]

    def _find_unread(self, source: str, groups: Collection[str]) -> dict[str, tuple[str, ...]]:
        unread: dict[str, set[str]] = {}
        for (group, each, kind), read in self._fields.items():
            if group in groups and each == source and read - BESIDE:
                hints = REASONING_HINTS if kind == "reasoning" else HINTS
                unread.setdefault(kind, set()).update(hints.keys() - read)
        return {kind: tuple(sorted(fields)) for kind, fields in unread.items() if fields}

    def are_whole(self, options: TurnOptions, kinds: frozenset[str]) -> bool:
        """Whether nothing can be lost, whatever a conversation holds; or no turn is read at all."""
        if all(place.group == SYSTEM for place in (*self._kinds, *self._texts)):
            return True
        return all(needed <= self._always(place, options) for place, needed in _needed(options, kinds))

    def _always(self, place: _Place, options: TurnOptions) -> set[str]:
        found = self._kinds.get(place, set())
        if place.group == SYSTEM and options.system_parts == "text" and self._texts.get(place):
            return found | {"text"}
        if place.source == "tool" and options.tool_results == "split" and not options.merge:
            return found | self._kinds.get(place._replace(first=True), set())
        return found

    def check(self, system: System | None, turns: tuple[Turn, ...], last: Turn | None, notes: Notes) -> None:
        """Tells of reasoning that is not read.

        Raises:
            UnsupportedError: something else is not read; it names it.
        """
        if system is not None:
            self._check(SYSTEM, SYSTEM, system, len(turns), notes)
        for turn in turns:
            self._check("turns", turn.source, turn, len(turns), notes)
        if last is not None:
            self._check("last", last.source, last, 1, notes)

    def _check(self, group: str, source: str, turn: Turn | System, count: int, notes: Notes) -> None:
        every = [_Place(group, source, alone, first) for alone in (False, True) for first in (False, True)]
        read = [place for place in every if place in self._kinds or place in self._texts]
        here = [place for place in read if count <= 1 or not place.alone]
        kinds = self._kinds_at([place for place in here if len(turn.parts) == 1 or not place.first], turn)
        left = sorted({part.kind for part in turn.parts} - kinds, key=lambda kind: kind == "text")
        if "reasoning" in left:
            thoughts = [part for part in turn.parts if isinstance(part, ReasoningPart)]
            notes.omitted("reasoning", "this wire takes no reasoning back", *thoughts)
            left.remove("reasoning")
        if left and left[0] != "text":
            problem = f"this wire takes no part of kind {left[0]!r} in a message of the role {source!r}"
            raise unsaid(problem, *(part for part in turn.parts if part.kind == left[0]))
        if left:
            problem = _lost(source, len(turn.parts), count, there=bool(here), elsewhere=bool(read))
            raise unsaid(problem, *turn.parts)

    def _kinds_at(self, places: list[_Place], turn: Turn | System) -> set[str]:
        """What is read of one turn."""
        fields = {field for place in places for field in self._texts.get(place, ())}
        texts = {"text"} if any(getattr(turn, field) is not None for field in fields) else set()
        return texts.union(*(self._kinds.get(place, ()) for place in places))


def _lost(source: str, parts: int, count: int, *, there: bool, elsewhere: bool) -> str:
    """Why texts cannot be said, in words."""
    if there:
        form = f"as {parts} parts" if parts > 1 else "with a signature"
        return f"this wire takes a message of the role {source!r} only as one text, not {form}"
    if elsewhere and count > 1:
        return f"this wire takes one message, not {count}"
    return f"this wire takes no message of the role {source!r}"


def _add(kept: dict[_Place, set[str]], origin: Origin, words: Iterable[str]) -> None:
    for source in origin.sources:
        kept.setdefault(_Place(origin.group, source, origin.alone, origin.first), set()).update(words)


def _groups_of(source: str, options: TurnOptions) -> Collection[str]:
    """Where parts of a source may stand."""
    if source == RESULTS:
        return (RESULTS,)
    turns = ("turns",) if options.last == "among" else ("turns", "last")
    if source != SYSTEM or options.system == "inline":
        return turns
    return (SYSTEM,) if options.system == "hoist" else (SYSTEM, *turns)


def _needed(options: TurnOptions, kinds: frozenset[str]) -> Iterator[tuple[_Place, frozenset[str]]]:
    """Every place that a conversation may fill, with the kinds of parts that may stand there."""
    groups = ("turns",) if options.last == "among" else ("turns", "last")
    sources = [source for source in options.roles if source != SYSTEM or options.system != "hoist"]
    for group in groups:
        for source in sources:
            yield _Place(group, source, False, False), _possible(source, options, kinds)
    if options.system != "inline":
        yield _Place(SYSTEM, SYSTEM, False, False), frozenset({"text"}) if options.system_parts == "text" else kinds


def _possible(source: str, options: TurnOptions, kinds: frozenset[str]) -> frozenset[str]:
    if options.merge:
        return kinds
    return frozenset({RESULT}) if source == "tool" else kinds - {RESULT}


def narrowed(origin: Origin, roles: dict[str, str], condition: Any, truth: bool) -> Origin:
    """The origin where a condition has turned out so."""
    if not isinstance(condition, dict) or (len(condition) > 1 and not truth):
        return origin
    for key, value in condition.items():
        words = frozenset(value if isinstance(value, list) else [value]) if _is_plain(value) else None
        if key == "$not":
            origin = narrowed(origin, roles, value, not truth)
        elif key == ".kind" and words is not None:
            origin = origin._replace(kinds=_kept(origin.kinds, words, truth))
        elif key in (".source", ".role") and words is not None:
            origin = origin._replace(sources=_kept(origin.sources, sources_of(key, words, roles), truth))
    return origin


def sources_of(key: str, words: Iterable[Any], roles: dict[str, str]) -> frozenset[str]:
    """Our roles behind words of ``.source`` or of ``.role``, the wire's."""
    words = frozenset(words)
    return frozenset(source for source, role in roles.items() if (source if key == ".source" else role) in words)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict) and not (
        isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)
    )


def _kept(there: frozenset[str], words: frozenset[Any], truth: bool) -> frozenset[str]:
    return there & words if truth else there - words
