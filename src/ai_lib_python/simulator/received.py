"""What a simulator has received, for tests to look at."""

from __future__ import annotations

from typing import Any

import msgspec

from ..request import ChatRequest


class ReceivedRequest(msgspec.Struct, kw_only=True):
    """One request as it came over the wire.

    Attributes:
        path: with the manifest's id in front, where the client was given one.
        headers: names in small letters.
        body: the parsed JSON; None where it is none.
        raw: the body's bytes.
        manifest_id: the manifest whose server half answered; None where none did.
        request: what the server half understood; None where it could not.
        disconnected: whether the client went away before the answer's end.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    body: Any = None
    manifest_id: str | None = None
    request: ChatRequest | None = None
    disconnected: bool = False
