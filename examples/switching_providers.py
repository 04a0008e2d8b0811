"""The same question to several providers side by side; only the name of the model differs. Those whose key is not
set are left out. `python switching_providers.py [PROVIDER/MODEL ...]`"""

import asyncio
import sys

from ai_lib_python import AiClient
from ai_lib_python.errors import MissingKeyError

MODELS = [
    "openai/gpt-5.4-mini",
    "anthropic/claude-haiku-4-5",
    "gemini/gemini-3.5-flash-lite",
    "cohere/command-a-03-2025",
]


async def ask(model: str, question: str) -> str:
    async with await AiClient.create(model) as client:
        try:
            response = await client.chat().user(question).execute()
        except MissingKeyError as error:
            return f"({error})"
        return response.content


async def main(models: list[str]) -> None:
    answers = await asyncio.gather(*(ask(model, "Which sea is the deepest?") for model in models))
    for model, answer in zip(models, answers, strict=True):
        print(f"{model}: {answer}")


asyncio.run(main(sys.argv[1:] or MODELS))
