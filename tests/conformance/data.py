"""What in a request is no word of the wire: arguments, results and schemas, which somebody wrote."""

from __future__ import annotations

from typing import Any

_KEYS = frozenset(
    {"args", "arguments", "input", "inputSchema", "input_schema", "json", "jsonSchema", "json_schema", "labels"}
    | {"parameters", "parametersJsonSchema", "response", "responseJsonSchema", "responseSchema", "schema"}
)


def is_data(key: str, value: Any) -> bool:
    """Whether the value of a key is a map of data, or a schema."""
    return key in _KEYS and isinstance(value, dict)
