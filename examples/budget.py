"""A limit in dollars that no call can overstep: what may cost more than is left is not sent.
`python budget.py [PROVIDER/MODEL [DOLLARS]]`"""

import asyncio
import sys

from ai_lib_python import AiClient, Budget
from ai_lib_python.errors import BudgetExceeded


async def main(model: str = "openai/gpt-5.4-mini", dollars: str = "0.01") -> None:
    budget = Budget(dollars)
    async with await AiClient.create(model) as client:
        client.budget(budget)
        for city in ("Oslo", "Bergen", "Tromsø", "Bodø", "Molde", "Narvik", "Hamar", "Skien", "Moss", "Voss"):
            try:
                response = await client.chat().user(f"What is {city} known for?").max_tokens(500).execute()
            except BudgetExceeded as error:
                print(f"That is all: {error}")
                break
            print(f"{city}: {response.content}")
    print(f"{budget.spent} of {budget.usd} USD are spent")


asyncio.run(main(*sys.argv[1:]))
