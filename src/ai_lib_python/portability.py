"""What would become of a conversation if it went to another provider; nothing is sent, and no key is needed.

report = check_portability(chat.messages, "anthropic/claude-haiku-4-5")
if not report.is_accepted:
    print(report)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

import msgspec

from .chat import ChatRequestBuilder
from .message import Message, Part, ToolCall, ToolResult
from .response import Adjustment, Place
from .validate import some_messages

if TYPE_CHECKING:
    from ._engine.caller import Caller
    from .errors import UnsupportedError

__all__ = ["Finding", "PortabilityReport", "check_portability"]

HARMLESS = frozenset({"renamed", "defaulted"})
"""Adjustments that change nothing of what was said."""

LOSSES = frozenset({"omitted", "dropped"})


class Finding(msgspec.Struct, frozen=True):
    """One thing that would not arrive as it stands.

    Attributes:
        effect: ``refused`` (the request would be an error), ``lost`` or ``changed``.
        what: the kind of part, the name of a part's field, or the parameter.
        reason: why, in a sentence.
        places: where in the conversation, by index of message and part; empty for what is about no part of it.
    """

    effect: str
    what: str
    reason: str
    places: tuple[Place, ...] = ()

    def __str__(self) -> str:
        where = ", ".join(f"messages[{m}]" if p is None else f"messages[{m}].parts[{p}]" for m, p in self.places)
        return f"{self.effect}: {self.what}: {self.reason}" + (f" ({where})" if where else "")


class PortabilityReport(msgspec.Struct, frozen=True):
    """What would become of a conversation with one provider's model. ``str()`` of it is for people.

    Attributes:
        provider: id of the provider's manifest.
        model: the model, by the provider's own name.
        findings: everything that would be refused, lost or changed.
        adjustments: what ``response.adjustments`` of the real request would say; where something is refused, of the
            request without that.
    """

    provider: str
    model: str
    findings: tuple[Finding, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether the request can be sent at all."""
        return not any(finding.effect == "refused" for finding in self.findings)

    @property
    def is_lossless(self) -> bool:
        """Whether everything arrives as it stands."""
        return not self.findings

    def __str__(self) -> str:
        head = f"{self.provider}/{self.model}"
        if not self.findings:
            return f"{head}: everything arrives as it stands"
        return "\n".join([f"{head}:", *(f"  {finding}" for finding in self.findings)])


def check_portability(
    messages: Iterable[Message],
    model: str,
    *,
    tools: Iterable[Any] | None = None,
    configure: Callable[[ChatRequestBuilder], object] | None = None,
    stream: bool = False,
    api: str | None = None,
    manifest: str | PathLike[str] | Mapping[str, Any] | None = None,
    manifest_dir: str | PathLike[str] | None = None,
) -> PortabilityReport:
    """What would be refused, lost or changed if this history went to ``"provider/model"``.

    It is the provider's own encoder that is asked, so a real request says the same in ``adjustments``. What only the
    provider itself can tell, such as that a picture is too large, is not in it.

    Args:
        messages: the history.
        model: provider and model, split at the first slash.
        tools: the tools of the request, as in ``.tools(...)``.
        configure: sets further parameters, as in ``client.conversation(configure=...)``.
        stream: whether the answer is to come as a stream; some providers choose another API for it.
        api, manifest, manifest_dir: as in ``AiClient.create``.

    Raises:
        UnknownModelError, ManifestError, RetiredProviderError, NoChatError: there is no such provider to go to.
        TypeError, ValueError: an argument is of the wrong type, or out of range.
        RuntimeError: ``configure`` wants to perform the request.
    """
    from ._engine.terms import USUAL
    from ._engine.trial import Trial

    trial = Trial(model, api=api, manifest=manifest, manifest_dir=manifest_dir)
    builder = ChatRequestBuilder(cast("Caller", _Nobody()), trial.model, USUAL)
    if tools is not None:
        builder.tools(tools)
    if configure is not None:
        configure(builder)
    request = builder.build()
    left = _Left((*request.messages, *some_messages(messages)))
    refused: list[Finding] = []
    adjustments: tuple[Adjustment, ...] = ()
    while left.rows or not refused:
        found = trial.encode(msgspec.structs.replace(request, messages=left.messages()), stream=stream)
        if isinstance(found, tuple):
            adjustments = tuple(left.whole(adjustment) for adjustment in found)
            break
        refused.append(left.refusal(found))
        if not found.can_go_on or not left.take_out(refused[-1].places):
            break
    findings = (*refused, *(_finding(each) for each in adjustments if each.action not in HARMLESS))
    return PortabilityReport(trial.provider, trial.model, _joined(findings), adjustments)


class _Nobody:
    """Stands where a request has its client: this one is made to be looked at."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("configure sets the parameters of a request; it can neither perform nor preview it here")


class _Left:
    """What is left of a conversation, and where in the whole of it that stands."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.rows = [(index, message.role, list(enumerate(message.parts))) for index, message in enumerate(messages)]

    def messages(self) -> tuple[Message, ...]:
        return tuple(Message(role, tuple(part for _, part in parts)) for _, role, parts in self.rows)

    def whole(self, adjustment: Adjustment) -> Adjustment:
        """The adjustment with its places in the whole conversation."""
        return msgspec.structs.replace(adjustment, places=self._places(adjustment.places))

    def refusal(self, found: Any) -> Finding:
        error: UnsupportedError = found.error
        places = [Place(*place) for place in error.places]
        parts = [self.rows[place.message][2][place.part][1] for place in places if place.part is not None]
        what = parts[0].kind if parts else ("message" if places else "request")
        return Finding("refused", what, found.reason, self._places(places))

    def _places(self, places: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(self._place(place) for place in places)

    def _place(self, place: Place) -> Place:
        index, _, parts = self.rows[place.message]
        return Place(index, None if place.part is None else parts[place.part][0])

    def take_out(self, places: tuple[Place, ...]) -> bool:
        """Takes out what was refused, and what calls and results of tools belong to it."""
        gone = set(places)
        ids = {_call_of(part) for index, _, parts in self.rows for at, part in parts if Place(index, at) in gone} - {
            None
        }
        rows = []
        for index, role, parts in self.rows:
            kept = [(at, part) for at, part in parts if Place(index, at) not in gone and _call_of(part) not in ids]
            if Place(index) not in gone and (kept or not parts):
                rows.append((index, role, kept))
        self.rows = rows
        return bool(gone)


def _call_of(part: Part) -> str | None:
    return part.id if isinstance(part, (ToolCall, ToolResult)) else None


def _finding(adjustment: Adjustment) -> Finding:
    effect = "lost" if adjustment.action in LOSSES else "changed"
    return Finding(effect, adjustment.parameter, adjustment.reason, adjustment.places)


def _joined(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each once with all of its places."""
    joined: dict[tuple[str, str, str], tuple[Place, ...]] = {}
    for each in findings:
        key = (each.effect, each.what, each.reason)
        joined[key] = (*joined.get(key, ()), *each.places)
    return tuple(Finding(*key, places) for key, places in joined.items())
