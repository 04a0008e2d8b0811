"""What would be sent, what would be changed on the way, and what it may cost, without sending it. No key is needed.
`python preview_and_curl.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        chat = client.chat().system("Be brief.").user("What is a fjord?").max_tokens(200).top_k(40)
        preview = chat.preview()
        print(preview.method, preview.url)
        print(preview.body)
        for each in preview.adjustments:
            print(f"{each.parameter} is {each.action}: {each.reason}")
        print(f"about {preview.prompt_tokens} tokens, at most {preview.worst_case_cost} USD")
        print(chat.as_curl())


asyncio.run(main(*sys.argv[1:]))
