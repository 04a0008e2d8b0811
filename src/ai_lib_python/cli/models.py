"""``ai-lib models``: what a provider says its models are."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from .._manifest.load import load
from ..client import AiClient
from .chat import key_in
from .output import say, say_json, tell

__all__ = ["run"]


def run(args: Namespace) -> int:
    """Asks the provider's list endpoint and prints each name as it is called by."""
    id = load(args.id).id
    names = asyncio.run(_asked(args, id))
    if args.json:
        say_json(names)
        return 0
    for name in names:
        say(f"{id}/{name}")
    if not names:
        tell(f"{id} lists no models")
    return 0


async def _asked(args: Namespace, id: str) -> list[str]:
    key = key_in(args.api_key_env)
    async with await AiClient.create(f"{id}/any", api_key=key, base_url=args.base_url, timeout=args.timeout) as client:
        return await client.list_models()
