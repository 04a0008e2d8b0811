"""A provider of your own is a YAML file: `our-house.yaml` says only how it differs from the one that it extends.
`python own_provider.py [PROVIDER/MODEL]`"""

import asyncio
import sys
from pathlib import Path

from ai_lib_python import AiClient

MANIFESTS = Path(__file__).parent  # or set AI_LIB_MANIFESTS to the folder


async def main(model: str = "our-house/gpt-5.4-mini") -> None:
    async with await AiClient.create(model, manifest_dir=MANIFESTS, on_unsupported="ignore") as client:
        response = await client.chat().user("What is a manifest?").max_tokens(2000).execute()
        for each in response.adjustments:
            print(f"{each.parameter} was {each.action}: {each.reason}")
        print(f"{response.provider} says: {response.content}")


asyncio.run(main(*sys.argv[1:]))
