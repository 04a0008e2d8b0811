"""A typed answer while it is being written: the list grows, and at the end it is checked.
`python streaming_typed.py [PROVIDER/MODEL]`"""

import asyncio
import sys
from dataclasses import dataclass

from ai_lib_python import AiClient


@dataclass
class Step:
    """One step of a recipe."""

    title: str
    minutes: int


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        stream = client.chat().user("How do I bake bread?").stream_into(list[Step])
        async for steps in stream:  # the data so far, as JSON has it
            print(f"\r{len(steps)} steps so far", end="", flush=True)
        print()
        for step in stream.response.parsed:
            print(f"{step.minutes:4} min  {step.title}")


asyncio.run(main(*sys.argv[1:]))
