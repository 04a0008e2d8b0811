"""Every recorded request sent again through the public client, and what came out."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ai_lib_python import AiClient, ChatRequestBuilder
from ai_lib_python._wire.http import HttpRequest
from ai_lib_python.errors import AiLibError, UnsupportedError

from . import asking
from .allowed_differences import ALLOWED
from .asked import Inexpressible, Unread, Why
from .comparing import Exchange, compare
from .exchange import KEY
from .recorded import Recorded, requests
from .recordings import DIALECTS
from .replay import NOWHERE
from .speaking import speaker


class Captured(Exception):
    """A request reached the transport, and goes no further."""


class Capture:
    """A transport that keeps the request and answers nothing."""

    def __init__(self) -> None:
        self.request: HttpRequest | None = None

    async def send(self, request: HttpRequest) -> Any:
        self.request = request
        raise Captured

    async def aclose(self) -> None:
        """There is nothing to close."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What became of one recorded request.

    Attributes:
        why: why it is not counted; None where it is.
        found: where it differs, in words; nothing where it is equal.
        used: the ids of the allowed differences that were needed.
        exchange: what was asked and what was sent; None where nothing was.
        crashed: whether the client raised what is no error of its own.
    """

    request: Recorded
    why: Inexpressible | None = None
    found: list[str] = field(default_factory=list)
    used: frozenset[str] = frozenset()
    exchange: Exchange | None = None
    crashed: bool = False

    @property
    def counted(self) -> bool:
        return self.why is None

    @property
    def equal(self) -> bool:
        return self.counted and not self.found


@cache
def verdicts(dialect: str) -> tuple[Verdict, ...]:
    """Every request of a dialect, sent and compared; each dialect is run once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # models that have ended since they were recorded
        return asyncio.run(_all(dialect))


async def _all(dialect: str) -> tuple[Verdict, ...]:
    return tuple([await _judge(request) for request in requests(dialect)])


async def _judge(request: Recorded) -> Verdict:
    try:
        exchange = await send(request)
    except Inexpressible as why:
        return Verdict(request, why)
    except UnsupportedError as error:
        if request.row.status >= 400:
            return Verdict(request, Inexpressible(Why.REFUSED_BY_BOTH, str(error)))
        return Verdict(request, found=[f"UnsupportedError: {error}"])
    except Exception as error:  # another refusal, or a crash: a finding, which must not end the run
        found = [f"{type(error).__name__}: {error}"]
        return Verdict(request, found=found, crashed=not isinstance(error, (AiLibError, Unread)))
    left, used = compare(exchange, ALLOWED)
    return Verdict(request, None, [str(each) for each in left], frozenset(used), exchange)


async def send(request: Recorded) -> Exchange:
    """Asks for the same through the public client.

    Raises:
        Inexpressible: the unified API has no words for it.
        AiLibError: the client refuses it.
    """
    asked = asking.ask(request)
    capture = Capture()
    options: dict[str, Any] = {"api_key": KEY, "base_url": NOWHERE, "on_unsupported": "ignore", "transport": capture}
    manifest = speaker(request.row)
    async with await AiClient.create(f"{manifest.id}/{request.model}", api=manifest.api, **options) as client:
        builder = asked.builder(client)
        await _send(builder, streams=request.streams)
        told = builder.preview(stream=request.streams).adjustments
    assert capture.request is not None
    return Exchange(request, asked, capture.request.url, json.loads(capture.request.body), told)


async def _send(builder: ChatRequestBuilder, *, streams: bool) -> None:
    try:
        await (builder.stream() if streams else builder.execute())
    except Captured:
        return


@dataclass(frozen=True)
class Line:
    """One line of the table: the requests of one recorded provider in one dialect.

    Attributes:
        manifest: the provider under whose manifest they are sent.
        expressible: how many the unified API has words for.
        own_form: how many of these have a part, or a list of tools or instructions, in the provider's own form.
        equal: how many of the expressible come out key by key, but for the allowed differences.
    """

    dialect: str
    provider: str
    manifest: str
    rows: int
    expressible: int
    own_form: int
    equal: int


def table(dialects: Iterable[str] = DIALECTS) -> list[Line]:
    """Rows, expressible and equal ones, for each dialect and recorded provider."""
    lines = []
    for dialect in dialects:
        groups: dict[tuple[str, str], list[Verdict]] = {}
        for each in verdicts(dialect):
            row = each.request.row
            groups.setdefault((row.provider, speaker(row).origin), []).append(each)
        for (provider, manifest), found in sorted(groups.items()):
            lines.append(_line(dialect, provider, manifest, found))
    return lines


def _line(dialect: str, provider: str, manifest: str, found: list[Verdict]) -> Line:
    counted = [each for each in found if each.counted]
    own_form = sum(each.exchange is not None and each.exchange.asked.has_own_forms for each in counted)
    return Line(dialect, provider, manifest, len(found), len(counted), own_form, sum(each.equal for each in counted))


def not_counted(dialects: Iterable[str] = DIALECTS) -> dict[Why, list[Inexpressible]]:
    """The requests that are not counted, by their reason."""
    reasons: dict[Why, list[Inexpressible]] = {}
    for dialect in dialects:
        for each in verdicts(dialect):
            if each.why is not None:
                reasons.setdefault(each.why.why, []).append(each.why)
    return reasons
