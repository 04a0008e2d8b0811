"""The raw wire: what any HTTP client would send and see."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple

KEYS = {"authorization": "Bearer key-1", "x-api-key": "key-1", "x-goog-api-key": "key-1"}


class Seen(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def post(url: str, body: Any, headers: dict[str, str] | None = None) -> Seen:
    """Posts JSON, or bytes as they are, with a key of every kind unless headers are given."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": "application/json", **(KEYS if headers is None else headers)}
    return _sent(urllib.request.Request(url, raw, sent))


def get(url: str, headers: dict[str, str] | None = None) -> Seen:
    return _sent(urllib.request.Request(url, headers=KEYS if headers is None else headers))


def _sent(request: urllib.request.Request) -> Seen:
    try:
        answer: Any = urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Seen(answer.status, headers, answer.read().decode())
