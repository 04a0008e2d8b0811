"""Several answers to one question, for one prompt's price. Where a provider gives only one, that is told.
`python several_answers.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        response = await client.chat().user("Invent a name for a bakery.").n(3).execute()
        for number, answer in enumerate([response, *response.alternatives], 1):
            print(f"{number}. {answer.content}")


asyncio.run(main(*sys.argv[1:]))
