"""What a manifest's words for the end of an answer mean."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Finish(msgspec.Struct, frozen=True):
    """The manifest's ``finish``: wire words to ours, and whether tool calls win over ``stop``."""

    map: Mapping[str, str] = {}
    tool_calls_win: bool = False
