"""A conversation that begins with one provider and goes on with another; before that, what would be lost on the way.
`python moving_a_conversation.py [PROVIDER/MODEL PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient, check_portability


def get_time(city: str) -> str:
    """What time it is in a city."""
    return f"18:30 in {city}"


async def main(first: str = "openai/gpt-5.4-mini", second: str = "anthropic/claude-haiku-4-5") -> None:
    async with await AiClient.create(first) as one, await AiClient.create(second) as other:
        chat = one.conversation("You are a guide.", configure=lambda request: request.tools([get_time]))
        response = await chat.run_tools("What time is it in Lisbon?")
        print(f"{first}: {response.content}")

        print(check_portability(chat.messages, second, tools=[get_time]))

        chat = chat.with_client(other)
        response = await chat.run_tools("And is that late for dinner there?")
        print(f"{second}: {response.content}")


asyncio.run(main(*sys.argv[1:]))
