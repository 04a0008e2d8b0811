"""One recorded row through the public client, and what differs from the reading of its bytes."""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import dataclass
from typing import Any

from ai_lib_python import AiClient, errors
from ai_lib_python.errors import AiLibError, IncompleteStream, RemoteError

from .reading import INCOMPLETE, MALFORMED, REMOTE, Call, Expected, arguments_of
from .recordings import Row
from .speaking import speaker

KEY = "key-for-the-replay"

_PATIENCE = 30.0
"""Seconds after which a call is taken to hang."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the client gave: a response or an error, and the events of a stream before it."""

    response: Any = None
    error: BaseException | None = None
    events: tuple[Any, ...] = ()

    @property
    def crash(self) -> str | None:
        """An exception that is none of the library's, in words; a hang is one too."""
        if self.error is None or isinstance(self.error, AiLibError):
            return None
        return f"{type(self.error).__name__}: {self.error}"


async def ask(row: Row, base_url: str, **options: Any) -> Outcome:
    """Sends one request through the public client and takes the recorded answer."""
    events: list[Any] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            response = await asyncio.wait_for(_ask(row, base_url, options, events), _PATIENCE)
    except Exception as error:  # a crash is a finding, and must not end the run
        return Outcome(error=error, events=tuple(events))
    return Outcome(response, events=tuple(events))


async def _ask(row: Row, base_url: str, options: dict[str, Any], events: list[Any]) -> Any:
    manifest = speaker(row)
    there: dict[str, Any] = {
        "api_key": KEY,
        "base_url": base_url,
        "variables": {"region": "us-east-1"},
        "max_retries": 0,
    }
    client = await AiClient.create(f"{manifest.id}/{row.model}", api=manifest.api, **there, **options)
    try:
        request = client.chat().user("hi")
        if not row.stream:
            return await request.execute()
        async with request.stream() as stream:
            async for event in stream:
                events.append(event)
        return stream.response
    finally:
        await client.aclose()


def differences(row: Row, expected: Expected, outcome: Outcome) -> list[str]:
    """Where the client and the reading disagree, a sentence each."""
    if outcome.crash:
        return [f"crash: {outcome.crash}"]
    if expected.error or outcome.error:
        return _error_differences(expected, outcome)
    found = _response_differences(expected, outcome.response)
    return found + (_event_differences(outcome) if row.stream else [])


def _error_differences(expected: Expected, outcome: Outcome) -> list[str]:
    if outcome.error is None:
        return [f"error: expected one ({expected.error}), got an answer: {outcome.response!r:.300}"]
    kinds = {REMOTE: RemoteError, INCOMPLETE: IncompleteStream, MALFORMED: AiLibError}
    if expected.error is None or not isinstance(outcome.error, kinds[expected.error]):
        return [f"error: expected {expected.error}, got {type(outcome.error).__name__}: {outcome.error!s:.300}"]
    return _error_details(expected, outcome)


def _error_details(expected: Expected, outcome: Outcome) -> list[str]:
    """Status, kind and code of an error, and what had come before it."""
    error: Any = outcome.error
    found = []
    if expected.status is not None and error.status_code != expected.status:
        found.append(f"status_code: expected {expected.status}, got {error.status_code}")
    if not isinstance(error, _kinds_of_status().get(expected.status, Exception)):
        found.append(f"error: {type(error).__name__} for status {expected.status}")
    if expected.codes and error.code not in expected.codes:
        found.append(f"code: expected one of {expected.codes}, got {error.code!r} in {error!s:.300}")
    if expected.text and (error.partial is None or error.partial.content != expected.text):
        found.append(f"partial: expected the text {expected.text!r:.200}, got {error.partial!r:.200}")
    return found


def _kinds_of_status() -> dict[int | None, Any]:
    """The statuses that mean the same everywhere."""
    return {
        401: errors.AuthenticationError,
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
        429: (errors.RateLimited, errors.QuotaExhausted),
    }


def _response_differences(expected: Expected, response: Any) -> list[str]:
    got = {
        "text": response.content,
        "reasoning": response.reasoning or "",
        "finish_reason": response.finish_reason,
        "prompt_tokens": response.usage.prompt_tokens,
        "completion_tokens": response.usage.completion_tokens,
    }
    found = [
        f"{name}: expected {getattr(expected, name)!r:.300}, got {value!r:.300}"
        for name, value in got.items()
        if not expected.allows(name, value)
    ]
    found += [
        f"{name}: expected {value!r}, got {getattr(response.usage, name)!r}"
        for name, value in expected.buckets.items()
        if getattr(response.usage, name) != value
    ]
    return found + _call_differences(expected.tool_calls, response.tool_calls)


def _call_differences(expected: tuple[Call, ...], calls: Any) -> list[str]:
    got = tuple(Call(call.name, arguments_of(call.arguments_json), call.id or None) for call in calls)
    if len(got) != len(expected):
        return [f"tool_calls: expected {expected!r:.300}, got {got!r:.300}"]
    return [
        f"tool call {at}: expected {want!r:.300}, got {have!r:.300}"
        for at, (want, have) in enumerate(zip(expected, got, strict=True))
        if (want.name, want.arguments) != (have.name, have.arguments) or have.id != (want.id or have.id or "an id")
    ]


def _event_differences(outcome: Outcome) -> list[str]:
    """The events of a stream must add up to its response."""
    text = "".join(event.text for event in outcome.events if event.is_content_delta)
    reasoning = "".join(event.text for event in outcome.events if event.is_reasoning_delta)
    ended = [(event.id, event.name, event.arguments_json) for event in outcome.events if event.is_tool_call_ended]
    response = outcome.response
    calls = [(call.id, call.name, call.arguments_json) for call in response.tool_calls]
    checks = {
        "content deltas": (text, response.content),
        "reasoning deltas": (reasoning, response.reasoning or ""),
        "ended tool calls": (ended, calls),
        "stream ends": (sum(event.is_stream_end for event in outcome.events), 1),
    }
    return [
        f"{name}: {events!r:.200} is not the response's {whole!r:.200}"
        for name, (events, whole) in checks.items()
        if events != whole
    ]


def same_outcome(one: Outcome, other: Outcome) -> list[str]:
    """Where two runs of one stream differ: their events, their responses, their errors."""
    found = []
    at = next((i for i, (a, b) in enumerate(zip(one.events, other.events, strict=False)) if a != b), None)
    if at is not None:
        found.append(f"event {at}: {one.events[at]!r:.200} became {other.events[at]!r:.200}")
    elif len(one.events) != len(other.events):
        found.append(f"{len(one.events)} events became {len(other.events)}")
    if one.response != other.response:
        found.append(f"response: {one.response!r:.300} became {other.response!r:.300}")
    if _identity(one.error) != _identity(other.error):
        found.append(f"error: {one.error!r:.200} became {other.error!r:.200}")
    return found


def _identity(error: BaseException | None) -> tuple[Any, ...]:
    """What an error is, without its words, which name the URL."""
    names = ("status_code", "code", "retry_after", "request_id", "partial")
    return (type(error), *(getattr(error, name, None) for name in names))
