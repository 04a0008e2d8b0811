"""The recorded exchanges: where they lie, and one row as the tests need it.

The recordings are not part of the repository. ``AI_LIB_RECORDINGS`` names their folder;
without it, ``../shared/recordings`` beside the checkout is looked at.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

DIALECTS = (
    "openai-chat",
    "openai-responses",
    "anthropic-messages",
    "gemini-generate",
    "gemini-interactions",
    "bedrock-converse",
    "bedrock-invoke",
    "cohere-v2",
    "cohere-v1",
    "mistral",
    "ollama",
    "ollama-generate",
    "replicate",
    "writer-chat",
)
"""The recorded wire formats, each with a file of its own."""

_MODEL_IN_PATH = re.compile(r"/model/(.+)/(?:converse|invoke)|/(?:models|deployments)/([^/:?]+)")

_CHECKOUT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """The folder of the recordings; it need not exist."""
    return Path(os.environ.get("AI_LIB_RECORDINGS") or _CHECKOUT.parent / "shared" / "recordings")


def missing() -> str | None:
    """Why the recordings cannot be read, as a sentence; None where they are all there."""
    absent = [name for name in DIALECTS if not _file(name).is_file()]
    if not absent:
        return None
    return f"no recordings of {', '.join(absent)} in {folder()}: set AI_LIB_RECORDINGS to their folder"


DOCUMENT = _CHECKOUT / "docs" / "conformance.md"
"""What the recordings came to that the lists of exceptions were written for."""


@cache
def digest() -> str:
    """What tells one set of recordings from another."""
    whole = hashlib.sha256()
    for dialect in DIALECTS:
        whole.update(_file(dialect).read_bytes())
    return whole.hexdigest()[:16]


def are_known() -> bool:
    """Whether the lists of exceptions were written for these recordings; others are held to shares alone."""
    return digest() in DOCUMENT.read_text(encoding="utf-8")


def _file(dialect: str) -> Path:
    return folder() / f"{dialect}.jsonl.gz"


@dataclass(frozen=True, eq=False)
class Row:
    """One recorded answer.

    Attributes:
        kind: ``json``, ``sse``, ``ndjson`` or ``text``, as the recorder saw the body.
        text: the body as it came; None where only the parsed ``body`` was kept.
        blob: a body that is no text at all.
        features: what the collectors saw in request and answer, such as ``tool_call``.
    """

    id: str
    dialect: str
    provider: str
    host: str
    status: int
    stream: bool
    kind: str
    fidelity: str
    model: str
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    body: Any = None
    blob: bytes | None = None
    features: tuple[str, ...] = ()

    @property
    def document(self) -> str:
        """The whole body as text."""
        return json.dumps(self.body, ensure_ascii=False) if self.text is None else self.text


def rows(dialect: str) -> Iterator[Row]:
    """All rows of one dialect, in the order of the file."""
    with gzip.open(_file(dialect), "rt", encoding="utf-8") as lines:
        for line in lines:
            yield _row(json.loads(line))


def _row(record: dict[str, Any]) -> Row:
    blob = record.get("response_b64")
    return Row(
        id=record["id"],
        dialect=record["dialect"],
        provider=record["provider"],
        host=record["host"],
        status=record["status"],
        stream=record["stream"],
        kind=record["response_kind"],
        fidelity=record["fidelity"],
        model=_model(record.get("request_body"), record.get("path") or ""),
        headers=record.get("response_headers") or {},
        text=record.get("response_text"),
        body=record.get("response_body"),
        blob=base64.b64decode(blob) if blob else None,
        features=tuple(sorted(record.get("features") or ())),
    )


def _model(request: Any, path: str) -> str:
    """The model that was asked, from the body or the path."""
    named = request.get("model") if isinstance(request, dict) else None
    if isinstance(named, str) and named:
        return named
    found = _MODEL_IN_PATH.search(path)
    return unquote(found[1] or found[2]) if found else "test-model"
