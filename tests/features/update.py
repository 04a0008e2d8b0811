"""Tries every feature on every dialect anew, and writes down what came of it: ``python -m tests.features.update``.

Read the diff before you commit it: each line that changes is a change of what goes over the wire.
"""

from __future__ import annotations

import asyncio

from ai_lib_python.simulator.routing import Router

from .features import FEATURES
from .outcomes import Outcomes, write
from .page import PAGE, page
from .trial import tried


async def update() -> None:
    found: dict[str, Outcomes] = {}
    for dialect in Router().dialects():
        found[dialect] = {feature.id: await tried(feature, dialect) for feature in FEATURES}
        write(dialect, found[dialect])
    PAGE.write_text(page(found), "utf-8")


if __name__ == "__main__":
    asyncio.run(update())
