"""The two spellings of protobuf's JSON: a key may be written in snake case or in camel case."""

from __future__ import annotations

import re
from typing import Any

from .data import is_data

_UNDERSCORE = re.compile(r"_([a-z])")


def camel(value: Any) -> Any:
    """The value with all keys in camel case, as the wire's documents spell them."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = {_UNDERSCORE.sub(lambda found: found.group(1).upper(), key): inner for key, inner in value.items()}
    return {key: inner if is_data(key, inner) else camel(inner) for key, inner in named.items()}


def json_schema(value: Any) -> Any:
    """A schema with the types of JSON Schema (``string``) in place of the enum's words (``STRING``)."""
    if isinstance(value, list):
        return [json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: inner.lower() if key == "type" and isinstance(inner, str) else json_schema(inner)
        for key, inner in value.items()
    }
