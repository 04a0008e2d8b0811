"""A model that thinks first, and what it thought, as far as the provider shows it.
`python reasoning.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient

RIDDLE = "A bat and a ball cost 1.10 together, and the bat costs 1 more than the ball. What does the ball cost?"


async def main(model: str = "anthropic/claude-haiku-4-5") -> None:
    async with await AiClient.create(model) as client:
        async with client.chat().user(RIDDLE).reasoning("low").stream() as stream:
            async for event in stream:
                if event.is_reasoning_delta:
                    print(event.as_reasoning_delta.text, end="", flush=True)
        print("\n=>", stream.response.content)
        print(stream.stats.reasoning_tokens, "tokens of reasoning")


asyncio.run(main(*sys.argv[1:]))
