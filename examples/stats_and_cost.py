"""What a call took and what it cost, and what all calls of a client came to.
`python stats_and_cost.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        for question in ("Name a river.", "Name a mountain."):
            response, stats = await client.chat().user(question).execute_with_stats()
            print(response.content)
            print(f"  {stats.prompt_tokens} tokens in, {stats.completion_tokens} out, {stats.latency_ms:.0f} ms")
            print(f"  {stats.cost} USD by {stats.cost_source}" if stats.cost is not None else "  no price is known")

        spent = client.usage
        print(f"{spent.requests} requests, {spent.total_tokens} tokens, {spent.cost} USD")
        if spent.cost_unknown:
            print(f"(without {spent.cost_unknown}, of which nobody knows the cost)")


asyncio.run(main(*sys.argv[1:]))
