"""The answer word by word, as it comes. `python streaming.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        async with client.chat().user("Tell me a story of three sentences.").stream() as stream:
            async for event in stream:
                if event.is_content_delta:
                    print(event.as_content_delta.text, end="", flush=True)
        print(f"\n({stream.response.finish_reason})")


asyncio.run(main(*sys.argv[1:]))
