"""Deadlines, retries, and what every attempt came to. `python retries_and_deadlines.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient, AiLibError, Retries, Timeouts
from ai_lib_python.errors import DeadlineExceeded


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    deadlines = Timeouts(connect=5, first_token=60, idle=20, total=180)
    client = await AiClient.create(model, timeout=deadlines, max_retries=Retries(max_retries=4, base_delay=0.1))
    async with client:
        try:
            response, stats = await client.chat().user("What is patience?").execute_with_stats()
        except DeadlineExceeded as error:
            print(f"too late: {error.deadline} ran out, after {error.attempts} requests")
        except AiLibError as error:
            print(f"failed for good: {error.error_class}, after {error.attempts} requests")
        else:
            print(response.content)
            for attempt in stats.ledger:
                print(f"{attempt.kind}: {attempt.error_class or 'answered'}")


asyncio.run(main(*sys.argv[1:]))
