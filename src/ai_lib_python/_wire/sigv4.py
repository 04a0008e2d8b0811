"""AWS Signature Version 4: a request is signed, not its key sent.

Written from AWS's description and held against the vectors of AWS's published test suite, and against botocore:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from .urls import USUAL_PORTS

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = frozenset({"authorization", "user-agent", "connection", "expect", "transfer-encoding", "x-amzn-trace-id"})
"""Headers that the network may change on the way."""


class SigningKeys(msgspec.Struct, frozen=True):
    """What signs a request. It is in no repr."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return "SigningKeys(...)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class SigningScope(msgspec.Struct, frozen=True):
    """What a signature is good for."""

    region: str
    service: str


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    keys: SigningKeys,
    scope: SigningScope,
    at: datetime,
) -> dict[str, str]:
    """The headers that sign a request.

    Args:
        method: in capitals.
        url: as it is sent, its path quoted once.
        headers: those that are signed, named in small letters; ``host`` is added where it is not among them.
        body: as it is sent.
        keys: whose signature it is.
        scope: region and service.
        at: the moment, in UTC; AWS accepts five minutes of difference.
    """
    moment = at.strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": moment}
    if keys.session_token is not None:
        added["x-amz-security-token"] = keys.session_token
    kept = {name: value for name, value in headers.items() if name not in UNSIGNED}
    signed = {"host": _host(url), **kept, **added}
    names = ";".join(sorted(signed))
    canonical = _canonical(method, url, signed, names, hashlib.sha256(body).hexdigest())
    within = f"{moment[:8]}/{scope.region}/{scope.service}/aws4_request"
    signature = _signature(keys.secret_access_key, moment, within, canonical)
    credential = f"Credential={keys.access_key_id}/{within}"
    added["authorization"] = f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    return added


def _host(url: str) -> str:
    """The header ``host`` as HTTP libraries write it: in small letters, the port only where it is not the usual one."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(f":{USUAL_PORTS.get(parts.scheme)}")


def _canonical(method: str, url: str, signed: Mapping[str, str], names: str, digest: str) -> str:
    parts = urlsplit(url)
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
    # The path is quoted once more than on the wire, as for every service but S3.
    path = quote(parts.path or "/", safe="/~")
    return "\n".join((method, path, _canonical_query(parts.query), lines, names, digest))


def _canonical_query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    quoted = sorted((_quoted(name), _quoted(value)) for name, _, value in pairs)  # by name, and then by value
    return "&".join(f"{name}={value}" for name, value in quoted)


def _quoted(text: str) -> str:
    return quote(unquote(text.replace("+", " ")), safe="~")


def _signature(secret: str, moment: str, within: str, canonical: str) -> str:
    to_sign = "\n".join((ALGORITHM, moment, within, hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.new(_signing_key(secret, within), to_sign.encode(), hashlib.sha256).hexdigest()


def _signing_key(secret: str, within: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for step in within.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return key
