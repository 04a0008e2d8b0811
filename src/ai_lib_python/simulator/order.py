"""The order of a conversation: what a wire demands of its messages beyond their shapes (``serve.order``).

Each check is data of the manifest: which one, with which words, and when. It looks at the messages as the server
half has read them, so it knows no wire.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..message import MessageRole


class Read(NamedTuple):
    """A conversation as a server half has read it.

    Attributes:
        messages: as they stand on the wire: each with a ``role`` and ``parts``.
        tools: the names of the tools that are offered.
    """

    messages: Sequence[Any]
    tools: Sequence[str] = ()


JOINS = "merge"
"""The word that is no check: neighbours of one role count as one message."""

Check = Callable[[Read, Any], Iterator[str]]
"""Says what is out of order; the second argument is the manifest's word for the check."""


class _Joined(NamedTuple):
    """Neighbouring messages of one role as one."""

    role: MessageRole
    parts: Sequence[Any]


def out_of_order(read: Read, order: Mapping[str, Any]) -> Iterator[str]:
    """What is out of order, by each of the checks that count."""
    if order.get(JOINS):
        read = read._replace(messages=_joined(read.messages))
    for name, value in order.items():
        if name != JOINS and value is not None and value is not False:
            yield from CHECKS[name](read, value)


def _joined(messages: Sequence[Any]) -> list[_Joined]:
    found: list[_Joined] = []
    for message in messages:
        if found and found[-1].role is message.role:
            found[-1] = found[-1]._replace(parts=[*found[-1].parts, *message.parts])
        else:
            found.append(_Joined(message.role, message.parts))
    return found


def _said(read: Read) -> list[tuple[int, Any]]:
    """The messages, numbered, without system prompts."""
    return [(at, message) for at, message in enumerate(read.messages) if message.role is not MessageRole.SYSTEM]


def _kinds(message: Any, kind: str) -> list[Any]:
    return [part for part in message.parts if part.kind == kind]


def _calls(message: Any) -> list[Any]:
    return _kinds(message, "tool_call")


def _results(message: Any) -> list[Any]:
    return _kinds(message, "tool_result")


def _first(read: Read, roles: Any) -> Iterator[str]:
    said = _said(read)
    if said and said[0][1].role.value not in roles:
        yield f"message {said[0][0]}: the first message must be of {' or '.join(roles)}"


def _last(read: Read, roles: Any) -> Iterator[str]:
    role = read.messages[-1].role.value
    if role not in roles:
        at = len(read.messages) - 1
        yield f"message {at}: the last message must be of {' or '.join(roles)}, not of {role}"


def _alternate(read: Read, _: Any) -> Iterator[str]:
    said = _said(read)
    for (_before, one), (at, other) in itertools.pairwise(said):
        if one.role is other.role:
            yield f"message {at}: roles must alternate, and two of {other.role.value} stand behind each other"


def _system(read: Read, _: Any) -> Iterator[str]:
    talked = False
    for at, message in enumerate(read.messages):
        if talked and message.role is MessageRole.SYSTEM:
            yield f"message {at}: a system message must stand before all others"
        talked = talked or message.role is not MessageRole.SYSTEM


def _text(read: Read, _: Any) -> Iterator[str]:
    for at, message in enumerate(read.messages):
        if any(not part.text.strip() for part in _kinds(message, "text")):
            yield f"message {at}: a text must not be empty"


def _tool_names(read: Read, _: Any) -> Iterator[str]:
    for name in _twice(read.tools):
        yield f"the tool {name!r} is offered twice"


def _call_ids(read: Read, _: Any) -> Iterator[str]:
    for id in _twice([call.id for message in read.messages for call in _calls(message) if call.id]):
        yield f"the id {id!r} is that of two tool calls"


def _twice(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for at, word in enumerate(words) if word in words[:at]))


def _tool_results(read: Read, where: str) -> Iterator[str]:
    yield from _RESULTS[where](read)


def _next(read: Read) -> Iterator[str]:
    """Results stand directly behind their calls, and all of them."""
    open_calls: list[str] = []
    behind = -1
    for at, message in enumerate(read.messages):
        results = [part.id for part in _results(message)]
        for id in results:
            if id not in open_calls:
                yield f"message {at}: no call {id!r} stands before this result"
        open_calls = [id for id in open_calls if id not in results]
        if open_calls and (not results or _calls(message)):
            yield _unanswered(behind, open_calls)
            open_calls = []
        if _calls(message):
            open_calls, behind = [call.id for call in _calls(message)], at
    if open_calls:
        yield _unanswered(behind, open_calls)


def _unanswered(at: int, calls: Sequence[str]) -> str:
    return f"message {at}: no result follows for the call {', '.join(map(repr, calls))}"


def _somewhere(read: Read) -> Iterator[str]:
    """Results stand somewhere behind their calls, and all of them."""
    yield from _known(read)
    answered = {part.id for message in read.messages for part in _results(message)}
    for at, message in enumerate(read.messages):
        missing = [call.id for call in _calls(message) if call.id not in answered]
        if missing:
            yield _unanswered(at, missing)


def _known(read: Read) -> Iterator[str]:
    """Each result has its call before it."""
    known: set[str] = set()
    for at, message in enumerate(read.messages):
        for part in _results(message):
            if part.id not in known:
                yield f"message {at}: no call {part.id!r} stands before this result"
        known.update(call.id for call in _calls(message))


def _counted(read: Read) -> Iterator[str]:
    """Behind each message with calls stands one with as many results; none stands elsewhere."""
    expected = 0
    for at, message in enumerate(read.messages):
        if len(_results(message)) != expected:
            yield f"message {at}: there must be as many results as there were calls, {expected}"
        expected = len(_calls(message))
    if expected:
        yield f"message {len(read.messages) - 1}: there must be as many results as there were calls, {expected}"


_RESULTS: dict[str, Callable[[Read], Iterator[str]]] = {
    "next": _next,
    "later": _somewhere,
    "known": _known,
    "counted": _counted,
}


def _calls_behind(read: Read, roles: Any) -> Iterator[str]:
    for at, message in enumerate(read.messages):
        before = read.messages[at - 1].role.value if at else None
        if _calls(message) and before not in roles:
            yield f"message {at}: a message with calls must stand behind one of {' or '.join(roles)}"


def _turn(read: Read) -> list[tuple[int, Any]]:
    """What the model has said since somebody last spoke to it; results are no speech."""
    numbered = list(enumerate(read.messages))
    asked = [at for at, message in numbered if message.role is MessageRole.USER and not _only_results(message)]
    start = asked[-1] if asked else -1
    return [(at, message) for at, message in numbered if at > start and message.role is MessageRole.ASSISTANT]


def _only_results(message: Any) -> bool:
    return bool(_results(message)) and len(_results(message)) == len(message.parts)


def _reasoning_first(read: Read, _: Any) -> Iterator[str]:
    for at, message in _turn(read):
        if _calls(message) and message.parts[0].kind != "reasoning":
            yield f"message {at}: with reasoning switched on, a message with calls must begin with its reasoning"


def _reasoning_followed(read: Read, _: Any) -> Iterator[str]:
    """The parts of a turn of the model may stand in several messages; the last of them is no reasoning with an id."""
    for at, message in enumerate(read.messages):
        behind = read.messages[at + 1] if at + 1 < len(read.messages) else None
        goes_on = behind is not None and behind.role is MessageRole.ASSISTANT
        ends = message.role is MessageRole.ASSISTANT and not goes_on
        if ends and message.parts and message.parts[-1].kind == "reasoning" and message.parts[-1].id:
            yield f"message {at}: the reasoning is not followed by what the model said"


def _calls_signed(read: Read, _: Any) -> Iterator[str]:
    for at, message in _turn(read):
        calls = _calls(message)
        if calls and not calls[0].signature:
            yield f"message {at}: the call {calls[0].name!r} lacks its signature"


CHECKS: dict[str, Check] = {
    "first": _first,
    "last": _last,
    "alternate": _alternate,
    "system_first": _system,
    "text_filled": _text,
    "tool_names_differ": _tool_names,
    "call_ids_differ": _call_ids,
    "results": _tool_results,
    "calls_behind": _calls_behind,
    "reasoning_first": _reasoning_first,
    "reasoning_followed": _reasoning_followed,
    "calls_signed": _calls_signed,
}
"""Every check by its name in ``serve.order``."""
