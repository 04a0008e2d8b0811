"""Writes the function that reads an error: its message, code and class, and when to retry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from re import fullmatch
from typing import Any

import msgspec

from ..errors import REMOTE_ERRORS
from .context import Context, Source
from .paths import write_expression
from .scope import VALUE, WIRE, Ref, Scope
from .waits import write_wait
from .writer import Writer, compile_function

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
    with writer.block("def classify(status, headers, body):"):
        with context.at("errors"):
            table = writer.reference(_table(context, errors), "table")
            scope = Scope(Ref("body", WIRE), {"headers": Ref("headers", WIRE, True)})
            found = {name: _read(context, scope, errors, name) for name in FIELDS}
        text = writer.reference(as_message, "as_message")
        message = writer.assign(f"{text}({found['message']})")
        codes = f"{found['code']}, {found['type']}"
        writer.line(f"error_class = {table}.classify(status, {message}, {codes})")
        wait = _write_hint(context, data, message)
        made = writer.reference(Classified, "Classified")
        code = writer.reference(as_code, "as_code")
        switch = writer.reference(as_switch, "as_switch")
        ids = f"{code}({found['code']}), {code}({found['request_id']})"
        writer.line(f"return {made}(error_class, {message}, {ids}, {wait}, {switch}({found['retry']}))")
    return writer


def _write_hint(context: Context, data: dict[str, Any], message: str) -> str:
    """Writes what finds how long to wait, in the local that is returned: a hint, else the reset of a used-up limit."""
    writer, hints, limits = context.writer, data.get("errors", {}).get("retry_after"), data.get("rate_limits")
    names = {"headers": Ref("headers", WIRE, True), "message": Ref(message, VALUE)}
    with context.at("errors", "retry_after"):
        wait = write_wait(context, Scope(Ref("body", WIRE), names), hints or {})
    if limits:
        from .rate_limits import until_some_remain, write_standings  # for who meets an error

        with writer.block(f"if {wait} is None and error_class == 'rate_limited':"):
            found = ", ".join(f"{kind}={local}" for kind, local in write_standings(context, limits, "None").items())
            writer.line(f"{wait} = {writer.reference(until_some_remain, 'until_some_remain')}({found})")
    return wait


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
