"""Whether a run ended as it may."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from traceback import format_exception
from typing import Any
from urllib.parse import quote

from ai_lib_python import ChatResponse
from ai_lib_python.errors import REMOTE_ERRORS, AiLibError
from ai_lib_python.simulator import Answer
from ai_lib_python.simulator.writing import words

from .cases import KEY, ONLY_STREAMS, Case

SPELLINGS = (KEY, KEY.replace("/", "\\/"), quote(KEY), quote(KEY, safe=""), KEY.replace("+", "\\u002b"))


class Wrong(AssertionError):
    """A run that did not end as it may."""


ERRORS = frozenset({"StreamInterrupted", "ConnectionFailed"})
LATE = frozenset({"DeadlineExceeded"})
NO_SENSE = frozenset({"MalformedResponse"})
NO_END = frozenset({"IncompleteStream"})
FINE = frozenset({"success"})

PLAIN: Mapping[str, frozenset[str]] = {
    "cut": frozenset({"StreamInterrupted"}),
    "reset": ERRORS,
    "stall": LATE,
    "trickle": FINE | LATE,
    "truncate": NO_SENSE,
    "close": ERRORS,
    "reorder": NO_SENSE,
    "corrupt": NO_SENSE,
    "bad_chunk": ERRORS,
    "html": NO_SENSE | {"ServerError"},
    "too_long": frozenset({"StreamInterrupted"}),
    "too_short": NO_SENSE | ERRORS,
    "storm": frozenset({"RateLimited"}),
    "pings": LATE,
    "empty": NO_SENSE,
    "doubled_end": NO_SENSE,
    "garbage": NO_SENSE,
    "content_type": FINE,
    "long_line": FINE,
    "long_header": frozenset({"ResponseTooLarge"}),
}
"""How a plain call may end that meets a fault."""

STREAMED: Mapping[str, frozenset[str]] = {
    **PLAIN,
    "cut": ERRORS | FINE,
    "reset": ERRORS | FINE,
    "stall": LATE | FINE,
    "truncate": NO_SENSE | NO_END | FINE,
    "reorder": FINE | NO_SENSE | NO_END,
    "corrupt": NO_SENSE | NO_END | FINE,
    "bad_chunk": ERRORS | FINE,
    "too_long": FINE | {"StreamInterrupted"},
    "too_short": ERRORS | NO_SENSE | NO_END | FINE,
    "pings": LATE | FINE,
    "doubled_end": FINE | NO_SENSE,
    "garbage": FINE | NO_SENSE | NO_END,
}
"""The same of a stream: what goes wrong behind its end marker is of no matter."""


def check_outcome(case: Case, outcome: str, *, haunted: bool) -> None:
    """The fault is called by its name.

    ``haunted`` says that the call before left a connection to which more may come: who uses it meanwhile may fail.
    """
    fitting = (STREAMED if case.streamed or case.dialect in ONLY_STREAMS else PLAIN)[case.fault.kind]
    if case.fails:
        fitting |= {kind.__name__ for kind in REMOTE_ERRORS.values()} - (NO_SENSE | FINE)
    if case.most_requests > 1 and not case.fails:
        fitting |= FINE
    if haunted:
        fitting |= ERRORS
    if outcome not in fitting:
        raise Wrong(f"{case.fault.kind} ended in {outcome}")


def check_requests(case: Case, posted: int, told: int) -> None:
    """The server has seen no more requests than the call may send, and the ledger has each of them."""
    if posted > case.most_requests or told > case.most_requests:
        raise Wrong(f"{posted} requests came and {told} were told, of {case.most_requests} that may be sent")
    if posted > told:
        raise Wrong(f"{posted} requests came, and {told} were told")


def check_success(case: Case, response: ChatResponse, heard: str | None) -> None:
    """The answer is the scripted one: every letter, every call. ``heard`` is what the events said, of a stream."""
    if case.fails and case.fault.kind not in ("storm",):
        raise Wrong(f"an error became an answer: {response.content!r}")
    if response.content not in as_sent(case):
        raise Wrong(f"the text is {response.content!r}, and not {case.text!r}")
    if heard is not None and heard != response.content:
        raise Wrong(f"the events said {heard!r}, the response {response.content!r}")
    if case.fault.kind != "reorder" and _plain(response.tool_calls) != _plain(case.calls):
        raise Wrong(f"the calls are {_plain(response.tool_calls)}, and not {_plain(case.calls)}")


def check_failure(case: Case, error: AiLibError, heard: str | None) -> None:
    """What had come is a beginning of what was sent, and the error says nothing of the key."""
    partial = error.partial
    told = partial.content if isinstance(partial, ChatResponse) else ""
    if not any(text.startswith(told) for text in as_sent(case)):
        raise Wrong(f"the partial {told!r} is no beginning of {case.text!r}")
    if heard is not None and heard and heard != told:
        raise Wrong(f"the events said {heard!r}, the partial {told!r}")
    if isinstance(partial, ChatResponse):
        _check_calls(case, partial.tool_calls)
    check_no_key(error)


def _check_calls(case: Case, came: Any) -> None:
    if case.fault.kind == "reorder":
        return
    for number, call in enumerate(came):
        whole = case.calls[number] if number < len(case.calls) else None
        if whole is None or call.name != whole.name:
            raise Wrong(f"the partial has a call that nobody made: {call!r}")
        begun = "".join(call.arguments_json.split()).removesuffix("{}")
        if not "".join(whole.arguments_json.split()).startswith(begun):
            raise Wrong(f"the arguments {call.arguments_json!r} are no beginning of {whole.arguments_json!r}")


def as_sent(case: Case) -> set[str]:
    """The texts that are right.

    No wire tells of frames that have changed places on the way. So both orders are; and where the end has overtaken the
    last piece, the answer without it is what was sent.
    """
    said = case.fault.answer
    text, size = (case.text, said.chunk_size) if isinstance(said, Answer) else (f"You said: {case.text}", 1)
    if case.fault.kind != "reorder":
        return {text}
    found = words(text, size)
    swapped = ([*found[:n], found[n + 1], found[n], *found[n + 2 :]] for n in range(len(found) - 1))
    overtaken = "".join(found[:-1])
    return {text, overtaken, *map("".join, swapped)}


def _plain(calls: Any) -> list[tuple[str, Any]]:
    return [(call.name, call.arguments) for call in calls]


def check_no_key(error: BaseException) -> None:
    """The key is in nothing that is shown, kept or sent on of an error and of what caused it; and it can be pickled."""
    for each in _family(error):
        for text in (str(each), repr(each), repr(each.args), repr(getattr(each, "__dict__", None))):
            check_text(text)
    check_text("".join(format_exception(error)))
    dumped = pickle.dumps(error)
    check_text(dumped.decode("latin-1"))
    again = pickle.loads(dumped)
    if (type(again), str(again)) != (type(error), str(error)):
        raise Wrong(f"pickled it is another error: {again!r}")


def _family(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo = [error]
    while todo:
        each = todo.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            todo += [each.__cause__, each.__context__]


def check_text(text: str) -> None:
    for spelling in SPELLINGS:
        if spelling in text:
            where = text.index(spelling)
            raise Wrong(f"the key is in {text[max(where - 200, 0) : where + 60]!r}")
