"""Functions as tools: the model calls them until it can answer. `python tools_from_functions.py [PROVIDER/MODEL]`"""

import asyncio
import sys
from typing import Literal

from ai_lib_python import AiClient


def get_weather(city: str, unit: Literal["celsius", "kelvin"] = "celsius") -> dict[str, object]:
    """The weather of a city at this moment.

    Args:
        city: its name, such as Oslo.
        unit: of the temperature.
    """
    return {"city": city, "sky": "rain", "temperature": 4 if unit == "celsius" else 277}


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    async with await AiClient.create(model) as client:
        response = await client.chat().user("Is it raining in Oslo?").tools([get_weather]).run_tools(max_rounds=5)
        for each in response.rounds:
            for outcome in each.outcomes:
                print(f"{outcome.call.name}({outcome.call.arguments}) gave {outcome.value}")
        print(response.content)


asyncio.run(main(*sys.argv[1:]))
