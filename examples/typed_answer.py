"""An answer as a value of your own type, asked for again where it does not fit.
`python typed_answer.py [PROVIDER/MODEL]`"""

import asyncio
import sys
from dataclasses import dataclass

from ai_lib_python import AiClient


@dataclass
class Country:
    """A country and what it is known for."""

    name: str
    capital: str
    people: int
    dishes: list[str]


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        response = await client.chat().user("Tell me of Portugal.").into(Country).execute(repairs=1)
        country = response.parsed  # a Country; type checkers know it, too
        print(f"{country.name}: {country.capital}, {country.people:,} people")
        for dish in country.dishes:
            print("-", dish)


asyncio.run(main(*sys.argv[1:]))
