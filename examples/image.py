"""A question about a picture: a file, or an address that begins with https://.
`python image.py [PROVIDER/MODEL [PICTURE]]`"""

import asyncio
import sys
from pathlib import Path

from ai_lib_python import AiClient

HOUSE = str(Path(__file__).parent / "files" / "house.png")


async def main(model: str = "openai/gpt-5.4-mini", picture: str = HOUSE) -> None:
    async with await AiClient.create(model) as client:
        response = await client.chat().user("What is on this picture?", files=[picture]).execute()
        print(response.content)


asyncio.run(main(*sys.argv[1:]))
