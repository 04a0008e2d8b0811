"""``ai-lib models``: what a provider says its models are."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence

import msgspec

from .._manifest.load import load
from ..capabilities import ModelInfo
from ..client import AiClient
from .chat import key_in
from .output import columns, say, say_json, tell

__all__ = ["run"]


def run(args: Namespace) -> int:
    """Asks the provider's list endpoint and prints each name as it is called by, with sizes where those are wanted."""
    id = load(args.id).id
    listed = asyncio.run(_asked(args, id))
    if args.json:
        say_json([_as_json(each) for each in listed] if args.details else [each.id for each in listed])
        return 0
    for line in _lines(id, listed, details=args.details):
        say(line)
    if not listed:
        tell(f"{id} lists no models")
    return 0


async def _asked(args: Namespace, id: str) -> list[ModelInfo]:
    key = key_in(args.api_key_env)
    async with await AiClient.create(f"{id}/any", api_key=key, base_url=args.base_url, timeout=args.timeout) as client:
        return await client.list_model_info()


def _lines(id: str, listed: Sequence[ModelInfo], *, details: bool) -> list[str]:
    if not details or not listed:
        return [f"{id}/{each.id}" for each in listed]
    rows = [(f"{id}/{each.id}", _size(each.context_window), _size(each.max_output_tokens)) for each in listed]
    return list(columns([("MODEL", "CONTEXT", "ANSWER"), *rows]))


def _size(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}"


def _as_json(info: ModelInfo) -> dict[str, object]:
    """An entry without what its provider wrote of it."""
    told: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(info, data=None))
    return {name: value for name, value in told.items() if value is not None}
