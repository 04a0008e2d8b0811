"""Data out of a document: a PDF goes in, a typed value comes out.
`python extract_from_a_pdf.py [PROVIDER/MODEL [FILE.pdf]]`"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from ai_lib_python import AiClient

INVOICE = str(Path(__file__).parent / "files" / "invoice.pdf")


@dataclass
class Item:
    """One line of an invoice."""

    what: str
    amount: float


@dataclass
class Invoice:
    """What an invoice says. Amounts are in its currency, a code of three letters."""

    seller: str
    currency: str
    items: list[Item]
    total: float


async def main(model: str = "openai/gpt-5.4-mini", file: str = INVOICE) -> None:
    async with await AiClient.create(model) as client:
        response = await client.chat().user("Read this invoice.", files=[file]).into(Invoice).execute()
        print(response.parsed)


asyncio.run(main(*sys.argv[1:]))
