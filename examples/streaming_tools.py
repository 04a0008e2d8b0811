"""Rounds of tools as one stream: the text, each call and what it gave, while they come. Two calls of one answer run
side by side. `python streaming_tools.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient


async def count_people(city: str) -> int:
    """How many people live in a city."""
    await asyncio.sleep(0)  # here a database would be asked
    return {"Oslo": 717_710, "Bergen": 291_940}.get(city, 0)


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        chat = client.chat().user("How many people live in Oslo and Bergen together?").tools([count_people])
        async with chat.stream_tools() as stream:
            async for event in stream:
                if event.is_content_delta:
                    print(event.as_content_delta.text, end="", flush=True)
                elif event.is_tool_answered:
                    outcome = event.as_tool_answered.outcome
                    print(f"[{outcome.call.name} {outcome.call.arguments}: {outcome.value}]")
        print(f"\n{len(stream.response.rounds)} answers, {stream.stats.total_tokens} tokens")


asyncio.run(main(*sys.argv[1:]))
