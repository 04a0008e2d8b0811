"""One question, one answer. Set OPENAI_API_KEY and run `python hello.py`, or name another model:
`python hello.py anthropic/claude-haiku-4-5`."""

import asyncio
import sys

from ai_lib_python import AiClient


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        response = await client.chat().user("What is recursion? Answer in one sentence.").execute()
        print(response.content)


asyncio.run(main(*sys.argv[1:]))
