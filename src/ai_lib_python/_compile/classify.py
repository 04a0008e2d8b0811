"""Writes the function that reads an error: its message, code and class, and when to retry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from math import isfinite
from re import fullmatch
from time import time
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import REMOTE_ERRORS
from .context import Context, Source
from .paths import write_expression
from .scope import WIRE, Ref, Scope
from .writer import Writer, compile_function

if TYPE_CHECKING:
    from datetime import datetime

EARLIEST_MILLISECONDS = 1e11
"""A larger number counts milliseconds since 1970: as seconds it would be past the year 5000."""

_DURATION = r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?"

FIELDS = ("message", "code", "type", "param", "request_id", "retry")


class Classified(msgspec.Struct, frozen=True):
    """What an error answer says.

    Attributes:
        error_class: a key of ``errors.REMOTE_ERRORS``.
        retry_after: seconds, or None.
        retryable: whether the answer itself says to try again; None where it says nothing of it.
    """

    error_class: str
    message: str | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    retryable: bool | None = None


class ErrorTable(msgspec.Struct, frozen=True):
    """The manifest's tables, from the most telling to the least: texts, codes, status.

    ``in_answer`` holds words too general to be trusted beside a status, for errors that
    stand in an answer whose status was fine.
    """

    texts: Mapping[str, str]
    codes: Mapping[str, str]
    in_answer: Mapping[str, str]
    status: Mapping[int, str]

    def classify(self, status: int, message: str | None, *codes: Any) -> str:
        """The class of an error; by the kind of status where no table knows it."""
        lowered = (message or "").lower()
        for text, error_class in self.texts.items():
            if text.lower() in lowered:
                return error_class
        words = {**self.in_answer, **self.codes} if status < 400 else self.codes
        for code in codes:
            found = None if code is None else _looked_up(str(code), words)
            if found is not None:
                return found
        numbers = [int(str(code)) for code in codes if fullmatch(r"[45]\d\d", str(code))]
        for number in [status, *numbers]:
            if number in self.status:
                return self.status[number]
            if number >= 400:
                return "server_error" if number >= 500 else "invalid_request"
        return "unknown" if status >= 300 else "server_error"


def _looked_up(code: str, words: Mapping[str, str]) -> str | None:
    """The class of a code: under its own name, else under the first pattern that fits."""
    if code in words:
        return words[code]
    return next((words[word] for word in words if "*" in word and fnmatchcase(code, word)), None)


def write_classifier(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``classify(status, headers, body) -> Classified``."""
    context = Context(manifest, data.get("fragments", {}), "errors")
    writer = context.writer
    errors = data.get("errors", {})
    with writer.block("def classify(status, headers, body):"), context.at("errors"):
        table = writer.reference(_table(context, errors), "table")
        scope = Scope(Ref("body", WIRE), {"headers": Ref("headers", WIRE, True)})
        found = {name: _read(context, scope, errors, name) for name in FIELDS}
        text = writer.reference(as_message, "as_message")
        message = writer.assign(f"{text}({found['message']})")
        codes = f"{found['code']}, {found['type']}"
        writer.line(f"error_class = {table}.classify(status, {message}, {codes})")
        with context.at("retry_after"):
            wait = write_wait(context, scope, errors.get("retry_after", {}))
        made = writer.reference(Classified, "Classified")
        code = writer.reference(as_code, "as_code")
        switch = writer.reference(as_switch, "as_switch")
        ids = f"{code}({found['code']}), {code}({found['request_id']})"
        writer.line(f"return {made}(error_class, {message}, {ids}, {wait}, {switch}({found['retry']}))")
    return writer


def compile_classifier(manifest: Source, data: dict[str, Any]) -> Callable[..., Classified]:
    """The classifier, ready to call."""
    return compile_function(write_classifier(manifest, data), "classify", f"{manifest.id} classify")


def write_request_id(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``request_id(headers, body)``: where the provider puts the id of a request."""
    context = Context(manifest, data.get("fragments", {}), "errors")
    with context.writer.block("def request_id(headers, body):"), context.at("errors"):
        scope = Scope(Ref("body", WIRE), {"headers": Ref("headers", WIRE, True)})
        code = context.writer.reference(as_code, "as_code")
        context.writer.line(f"return {code}({_read(context, scope, data.get('errors', {}), 'request_id')})")
    return context.writer


def compile_request_id(manifest: Source, data: dict[str, Any]) -> Callable[..., str | None]:
    """The finder of request ids, ready to call."""
    return compile_function(write_request_id(manifest, data), "request_id", f"{manifest.id} request_id")


def _read(context: Context, scope: Scope, errors: dict[str, Any], name: str) -> str:
    if name not in errors:
        return "None"
    with context.at(name):
        return write_expression(context, scope, errors[name]).code


def _table(context: Context, errors: dict[str, Any]) -> ErrorTable:
    for section in ("texts", "codes", "in_answer", "status"):
        for key, error_class in errors.get(section, {}).items():
            if error_class not in REMOTE_ERRORS:
                with context.at(section, key):
                    context.fail(f"no error class {error_class!r}{context.nearest(str(error_class), REMOTE_ERRORS)}")
    return ErrorTable(
        texts=dict(errors.get("texts", {})),
        codes={str(code): name for code, name in errors.get("codes", {}).items()},
        in_answer={str(code): name for code, name in errors.get("in_answer", {}).items()},
        status={int(status): name for status, name in errors.get("status", {}).items()},
    )


def write_wait(context: Context, scope: Scope, hints: dict[str, str], now: str = "None") -> str:
    """Writes what reads the first hint that is there: seconds, in the local that is returned.

    Args:
        now: the code of the moment from which on is counted, in seconds since 1970; ``None`` for that of the reading.
    """
    result = context.writer.assign("None")
    for unit, text in hints.items():
        with context.at(unit):
            if unit not in _UNITS:
                context.fail(f"no unit {unit!r}{context.nearest(unit, _UNITS)}")
            function = context.writer.reference(_UNITS[unit], f"from_{unit}")
            with context.writer.block(f"if {result} is None:"):
                ref = write_expression(context, scope.inside(), text)
                since = f", {now}" if unit in _FROM_NOW and now != "None" else ""
                context.writer.line(f"{result} = {function}({ref.code}{since})")
    return result


def as_message(value: Any) -> str | None:
    """An error's message as text, whatever shape the provider gave it."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def as_switch(value: Any) -> bool | None:
    """``true`` or ``false``, as JSON or as a header has it; None for all else."""
    return {"true": True, "false": False}.get(str(value).lower())


def as_code(value: Any) -> str | None:
    return None if value is None else str(value)


def from_seconds(value: Any, now: float | None = None) -> float | None:
    """Seconds, or an HTTP date, as ``retry-after`` has them."""
    seconds = as_number(value)
    return seconds if seconds is not None else from_date(value, now)


def from_milliseconds(value: Any) -> float | None:
    milliseconds = as_number(value)
    return None if milliseconds is None else milliseconds / 1000


def from_date(value: Any, now: float | None = None) -> float | None:
    """A moment as seconds from now, never negative: an HTTP date, one of RFC 3339, or a time since 1970.

    Args:
        value: the moment.
        now: the present, in seconds since 1970; the clock's without it.
    """
    from datetime import timezone  # rare, and slow to import

    since_epoch = as_number(value)
    moment = _moment(value) if since_epoch is None else _at(since_epoch)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - (time() if now is None else now))


def _at(since_epoch: float) -> datetime | None:
    """The moment so many seconds, or milliseconds, after the beginning of 1970."""
    from datetime import datetime, timezone

    seconds = since_epoch / 1000 if since_epoch >= EARLIEST_MILLISECONDS else since_epoch
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def _moment(text: Any) -> datetime | None:
    """What ``Mon, 23 Nov 2026 12:00:00 GMT`` or ``2026-11-23T12:00:00Z`` means."""
    from email.utils import parsedate_to_datetime

    from .._moments import moment_of

    if not isinstance(text, str):
        return None
    if text[:4].isdecimal():
        return moment_of(text)
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None


def from_duration(value: Any) -> float | None:
    """A duration such as ``6m0s``, ``1.5s`` or ``34s``."""
    match = fullmatch(_DURATION, value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds, milliseconds = (float(group or 0) for group in match.groups())
    return as_number(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000)


def as_number(value: Any) -> float | None:
    """A number, or a text that is one; never below 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, number) if isfinite(number) else None


_UNITS: dict[str, Callable[[Any], float | None]] = {
    "seconds": from_seconds,
    "milliseconds": from_milliseconds,
    "date": from_date,
    "duration": from_duration,
}

_FROM_NOW = frozenset({"seconds", "date"})
"""Units of moments, or of what may be one."""
