"""A second reading of Replicate's recorded predictions; see ``reading``.

* The output is a list of pieces that belong together, or one text.
* "succeeded" is the only word for an end, and means that the answer stopped.
* One that is still being made is a receipt: it points to where the answer is to be had, which a replay cannot follow.
"""

from __future__ import annotations

import json

from .reading import REMOTE, Expected, Malformed
from .recordings import Row


def read_replicate(row: Row) -> Expected:
    prediction = json.loads(row.document)
    if prediction["status"] in ("failed", "canceled", "aborted"):
        return Expected(error=REMOTE)
    if prediction["status"] in ("starting", "processing"):
        raise Malformed("a receipt")
    output = prediction["output"]
    metrics = prediction.get("metrics") or {}
    return Expected(
        text=output if isinstance(output, str) else "".join(output),
        finish_reason="stop",
        prompt_tokens=metrics.get("input_token_count"),
        completion_tokens=metrics.get("output_token_count"),
    )
