"""Other models for when one fails, and one beside it where it is slow; the ledger tells who was asked.
`python fallbacks.py [PROVIDER/MODEL ...]`"""

import asyncio
import sys

from ai_lib_python import AiClient, AiLibError, Fallback

MODELS = ("openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5", "gemini/gemini-3.5-flash-lite")


async def main(*models: str) -> None:
    first, *others = models or MODELS
    fallback = Fallback(tuple(others), hedge_after=10)
    async with await AiClient.create(first, max_retries=1, fallback=fallback) as client:
        try:
            response, stats = await client.chat().user("Name a river in Norway.").execute_with_stats()
        except AiLibError as error:
            print(f"All have failed: {error}")
            tried = error.ledger
        else:
            print(f"{response.provider}: {response.content}")
            tried = stats.ledger
    for request in tried:
        print(f"- {request.provider}, {request.kind}: {request.error_class or 'fine'}, {request.latency_ms:.0f} ms")


asyncio.run(main(*sys.argv[1:]))
