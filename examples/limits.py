"""Many questions at once, without being refused: no more than the provider allows, and none while it is down.
`python limits.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient, CircuitBreaker, Limits
from ai_lib_python.errors import CircuitOpen, RemoteError

CITIES = ("Oslo", "Bergen", "Tromsø", "Bodø", "Molde", "Narvik", "Hamar", "Skien", "Moss", "Voss")


async def ask(client: AiClient, city: str) -> str:
    try:
        return (await client.chat().user(f"What is {city} known for?").execute()).content
    except CircuitOpen as error:
        return f"not asked; try again in {error.retry_after:.0f} s"
    except RemoteError as error:
        return f"no answer: {error.error_class}"


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    limits = Limits(
        requests_per_minute=500, tokens_per_minute=200_000, concurrency=2, breaker=CircuitBreaker(failures=3)
    )
    async with await AiClient.create(model, limits=limits) as client:
        answers = await asyncio.gather(*(ask(client, city) for city in CITIES))
    for city, answer in zip(CITIES, answers, strict=True):
        print(f"{city}: {answer}")


asyncio.run(main(*sys.argv[1:]))
