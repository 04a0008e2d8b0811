"""Long instructions that are paid for once: the first call writes them to the provider's cache, the second reads them.
`python prompt_cache.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient, ContentBlock

# A cache keeps long prompts only: this model's, those of 4,096 tokens and more.
RULES = "\n".join(f"Article {n}: the house number {n} is to be painted in colour {n * n % 12}." for n in range(1, 401))


async def main(model: str = "anthropic/claude-haiku-4-5") -> None:
    async with await AiClient.create(model) as client:
        rules = ContentBlock.cached(RULES)
        for question in ("In which colour is number 17 to be painted?", "And number 204?"):
            response, stats = await client.chat().system(rules).user(question).execute_with_stats()
            usage = stats.usage
            print(response.content)
            print(f"  {usage.input} tokens new, {usage.cache_write} written, {usage.cache_read} read: {stats.cost} USD")


asyncio.run(main(*sys.argv[1:]))
