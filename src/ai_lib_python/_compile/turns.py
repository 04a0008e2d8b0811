"""The conversation as a wire wants it: system prompts apart or in place, turns merged or split.

Called by generated code, with the options that the manifest gave under ``request.turns``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from ..errors import UnsupportedError
from ..message import Message, MessageRole, Part, ReasoningPart, TextPart, ToolCall, ToolResult
from ..response import Place
from .notes import Notes, unsaid
from .pairing import FREE, Pairing


class TurnOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a wire wants its turns.

    Attributes:
        roles: our role -> the wire's role.
        system: ``inline`` among the turns, or ``hoist``-ed out of them; ``hoist_leading`` takes out only those
            before the conversation.
        merge: neighbours of one wire role become one turn.
        tool_results: ``group`` as they come, or ``split`` into a turn each.
        result_parts: what a tool's result may hold: only ``text``, or ``any`` part that the wire has a form for.
        system_parts: the same for the system prompts that are taken out.
        last: ``among`` the others, or ``apart`` from them.
        calls: ``matched`` wants each call of a tool answered before the user goes on, ``answered`` wants no result
            without its call, ``free`` nothing.
        continued_by: fields of a caller's extra body that say what the provider keeps of the conversation.
        reasoning: ``native`` sends only reasoning of this provider, ``keep`` any reasoning's text.
        reasoning_alone: an answer of nothing but reasoning is ``kept``, ``omitted``, or kept where it is ``signed``.
    """

    roles: dict[str, str]
    system: str = "inline"
    merge: bool = False
    tool_results: str = "group"
    result_parts: str = "text"
    system_parts: str = "text"
    last: str = "among"
    reasoning: str = "native"
    calls: str = FREE
    continued_by: tuple[str, ...] = ()
    reasoning_alone: str = "kept"


class Turn(msgspec.Struct, frozen=True):
    """One entry of the wire's list of messages.

    Attributes:
        role: the wire's role.
        source: our role: ``system``, ``user``, ``assistant`` or ``tool``.
        text: the text, where one plain text is all that is said; calls and reasoning do not count.
        only_text: the same, where there is nothing else at all.
        joined: all its texts as one, where there is nothing else but text, calls and reasoning; else None.
        reasoning: the text of all reasoning parts, or None.
    """

    role: str
    source: str
    parts: tuple[Part, ...]
    text: str | None = None
    only_text: str | None = None
    joined: str | None = None
    reasoning: str | None = None


class System(msgspec.Struct, frozen=True):
    """The system prompts that were taken out of the turns.

    Attributes:
        text: all of them, with a blank line between; None where there is more than text.
    """

    parts: tuple[Part, ...]
    text: str | None


class Known(Protocol):
    """What the templates read of parts."""

    def kept(self, parts: tuple[Part, ...], source: str, options: TurnOptions, notes: Notes) -> tuple[Part, ...]:
        """The parts without the fields that are not read; those are noted."""


def arrange(
    messages: Sequence[Message],
    options: TurnOptions,
    provider: str,
    notes: Notes,
    known: Known,
    extra_body: Mapping[str, Any] | None,
) -> tuple[System | None, tuple[Turn, ...], Turn | None]:
    """Splits messages into system prompts, turns, and the last turn where it stands apart, as ``options`` say."""
    if not messages:
        raise UnsupportedError("a request needs at least one message; add .user(...) or .messages([...])")
    if options.system == "inline" and not options.merge:
        plain = _plain_turns(messages, options.roles)
        if plain is not None:
            return (None, tuple(plain), None) if options.last == "among" else (None, tuple(plain[:-1]), plain[-1])
    pieces = list(_pieces(messages, options, provider, notes, known, extra_body))
    system = None
    if options.system != "inline":
        hoisted, pieces = _parted(pieces, leading=options.system == "hoist_leading")
        system = _hoisted(hoisted, options, notes)
    _check_roles(pieces, options.roles)
    pieces = _merged(pieces, options.roles) if options.merge else _with_calls_together(pieces)
    turns = tuple(_turn(source, parts, options.roles) for source, parts in pieces)
    if options.last == "among" or not turns:
        return system, turns, None
    return system, turns[:-1], turns[-1]


def _plain_turns(messages: Sequence[Message], roles: Mapping[str, str]) -> list[Turn] | None:
    """The turns where each message is one plain text, as in most conversations; None where one is not.

    It comes to what the steps for all messages come to, in a third of their time.
    """
    turns = []
    for message in messages:
        source, text = message.role._value_, _plain_text(message.parts)
        if text is None or source not in roles:
            return None
        turns.append(Turn(roles[source], source, message.parts, text, text, text))
    return turns


_Piece = tuple[str, tuple[Part, ...]]


def _pieces(
    messages: Sequence[Message],
    options: TurnOptions,
    provider: str,
    notes: Notes,
    known: Known,
    extra_body: Mapping[str, Any] | None,
) -> Iterable[_Piece]:
    """Each message as its role and parts; tool results stand in pieces of their own."""
    names: dict[str, str] = {}
    calls: Pairing | None = None  # while all are plain texts
    for index, message in enumerate(messages):
        source = message.role._value_
        if _plain_text(message.parts) is not None:
            if calls is not None:
                calls.said(index, source)
            yield source, message.parts
            continue
        if calls is None:
            calls = Pairing(options.calls, continued=_is_continued(options, extra_body))
        calls.take(index, message)
        parts = known.kept(_native(message.parts, options, provider, notes), source, options, notes)
        if source == "assistant":
            parts = tuple(part for part in parts if not _says_nothing(part))
            names.update((part.id, part.name) for part in parts if isinstance(part, ToolCall))
        if why := _why_omitted(message, parts, options):
            notes.omitted(source, why, Place(index))
            continue
        if any(isinstance(part, ToolResult) for part in parts):
            yield from _with_results(source, parts, names, options, notes)
        else:
            yield source, parts


def _with_results(
    source: str, parts: tuple[Part, ...], names: dict[str, str], options: TurnOptions, notes: Notes
) -> Iterable[_Piece]:
    """The results of a message, and what else it says."""
    results = [_result(part, names, options, notes) for part in parts if isinstance(part, ToolResult)]
    if options.tool_results == "split":
        yield from (("tool", (result,)) for result in results)
    else:
        yield "tool", tuple(results)
    rest = tuple(part for part in parts if not isinstance(part, ToolResult))
    if rest:
        yield ("user" if source == "tool" else source), rest


def _is_continued(options: TurnOptions, extra_body: Mapping[str, Any] | None) -> bool:
    """Whether the provider keeps what was said before."""
    return extra_body is not None and any(name in extra_body for name in options.continued_by)


def _plain_text(parts: tuple[Part, ...]) -> str | None:
    """The text, where the parts are one text as most are; then nothing else has to be looked at."""
    if len(parts) != 1:
        return None
    only = parts[0]
    if only.__class__ is not TextPart or only.signature is not None or only.cache is not None:
        return None
    return only.text or None


def _why_omitted(message: Message, parts: tuple[Part, ...], options: TurnOptions) -> str | None:
    """Why a message, of which these parts are left, stands for nothing on this wire; None where it does not."""
    is_answer = message.role is MessageRole.ASSISTANT
    if not parts and is_answer:
        return "an answer in which nothing was said"
    if not parts and message.parts:
        return "a message of which nothing is left"
    if is_answer and options.reasoning_alone != "kept" and _unheld(parts, options):
        return "an answer of reasoning alone, which this wire cannot hold"
    return None


def _unheld(parts: tuple[Part, ...], options: TurnOptions) -> bool:
    """Whether there is only reasoning of which the wire would take nothing, and the message would be empty."""
    reasoning = [part for part in parts if isinstance(part, ReasoningPart)]
    signed = any(part.signature or part.data for part in reasoning)
    return len(reasoning) == len(parts) and not (signed and options.reasoning_alone == "signed")


def _says_nothing(part: Part) -> bool:
    return isinstance(part, TextPart) and not part.text and part.signature is None


def _result(result: ToolResult, names: dict[str, str], options: TurnOptions, notes: Notes) -> ToolResult:
    """The result with the name of its call, if this wire can hold what is in it."""
    for part in result.parts:
        if options.result_parts == "text" and not isinstance(part, TextPart):
            raise unsaid(f"a tool's result can only hold text here, not {part.kind}", result)
    if result.name is not None or result.id not in names:
        return result
    named = msgspec.structs.replace(result, name=names[result.id])
    notes.stand_in(named, result)
    return named


def _native(parts: tuple[Part, ...], options: TurnOptions, provider: str, notes: Notes) -> tuple[Part, ...]:
    """The parts without what only another provider would understand."""
    if all(getattr(part, "origin", None) in (None, provider) for part in parts):
        return parts
    kept = (_translated(part, options, provider, notes) for part in parts)
    return tuple(part for part in kept if part is not None)


def _translated(part: Part, options: TurnOptions, provider: str, notes: Notes) -> Part | None:
    origin = getattr(part, "origin", None)
    if origin in (None, provider):
        return part
    if isinstance(part, (TextPart, ToolCall)):
        if part.signature is None:
            return part
        notes.omitted("signature", f"it is from {origin} and means nothing here", part)
        return _instead(msgspec.structs.replace(part, signature=None, origin=None), part, notes)
    if isinstance(part, ReasoningPart) and options.reasoning == "keep" and part.text:
        if part.signature is not None or part.data is not None:
            notes.omitted("signature", f"it is from {origin} and means nothing here", part)
        return _instead(ReasoningPart(part.text), part, notes)
    notes.omitted(part.kind, f"it is from {origin} and means nothing here", part)
    return None


def _instead(part: Part, given: Part, notes: Notes) -> Part:
    notes.stand_in(part, given)
    return part


def _parted(pieces: Sequence[_Piece], *, leading: bool) -> tuple[list[tuple[bool, _Piece]], list[_Piece]]:
    """The system prompts to take out, each with whether something was said before it; and what stays."""
    taken: list[tuple[bool, _Piece]] = []
    kept: list[_Piece] = []
    for piece in pieces:
        if piece[0] == "system" and not (leading and kept):
            taken.append((bool(kept), piece))
        else:
            kept.append(piece)
    return taken, kept


def _hoisted(taken: Sequence[tuple[bool, _Piece]], options: TurnOptions, notes: Notes) -> System | None:
    parts = [part for _, (_, said) in taken for part in said]
    if any(spoken_before for spoken_before, _ in taken):
        moved = [part for spoken_before, (_, said) in taken if spoken_before for part in said]
        notes.moved("system", "this wire has one system prompt, before the conversation", *moved)
    if not parts:
        return None
    others = [part for part in parts if not isinstance(part, TextPart)]
    if others and options.system_parts == "text":
        raise unsaid(f"a system prompt can only hold text here, not {others[0].kind}", others[0])
    text = None if others else "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
    return System(tuple(parts), text)


def _check_roles(pieces: Iterable[_Piece], roles: dict[str, str]) -> None:
    for source, parts in pieces:
        if source not in roles:
            raise unsaid(f"this wire has no word for messages of the role {source!r}", *parts)


def _merged(pieces: Sequence[_Piece], roles: dict[str, str]) -> list[_Piece]:
    """Neighbours of one wire role as one piece; tool results come first in it."""
    merged: list[_Piece] = []
    for source, parts in pieces:
        if not merged or roles[merged[-1][0]] != roles[source]:
            merged.append((source, parts))
            continue
        before_source, before = merged[-1]
        merged[-1] = (before_source, before + parts)
    return merged


def _with_calls_together(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Neighbouring answers as one where the first makes calls: wires want results right behind the calls."""
    together: list[_Piece] = []
    for source, parts in pieces:
        before = together[-1] if together else None
        if before is None or source != "assistant" or before[0] != source or not _has_calls(before[1]):
            together.append((source, parts))
        else:
            together[-1] = (source, before[1] + parts)
    return together


def _has_calls(parts: tuple[Part, ...]) -> bool:
    return any(isinstance(part, ToolCall) for part in parts)


def _turn(source: str, parts: tuple[Part, ...], roles: dict[str, str]) -> Turn:
    text = _plain_text(parts)
    if text is not None:
        return Turn(roles[source], source, parts, text, text, text)
    said = [part for part in parts if part.kind not in ("tool_call", "reasoning")]
    if len(said) == 1 and isinstance(said[0], TextPart) and said[0].signature is None and said[0].cache is None:
        text = said[0].text
    thoughts = "".join(part.text for part in parts if isinstance(part, ReasoningPart))
    joined = "".join(part.text for part in said if isinstance(part, TextPart))
    joined_or_none = joined if said and all(isinstance(part, TextPart) for part in said) else None
    only_text = text if len(parts) == 1 else None
    return Turn(roles[source], source, parts, text, only_text, joined_or_none, thoughts or None)
