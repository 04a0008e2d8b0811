"""An answer from the web, and its sources; the provider searches. It costs extra nearly everywhere.
`python web_search.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        asking = client.chat().user("What is the newest version of Python?").web_search()
        response, stats = await asking.execute_with_stats()
        print(response.content)
        for source in response.citations:  # as the provider wrote them
            print("-", source)
        print(stats.usage.web_searches, "searches")


asyncio.run(main(*sys.argv[1:]))
