"""The public names, written down: a change here is a change for users."""

from __future__ import annotations

import importlib

import pytest

import ai_lib_python

NAMES = [
    "Adjustment",
    "AdjustmentWarning",
    "AiClient",
    "AiClientBuilder",
    "AiLibError",
    "Attempt",
    "Budget",
    "CallStats",
    "Capabilities",
    "ChatRequest",
    "ChatRequestBuilder",
    "ChatResponse",
    "ChatStream",
    "CircuitBreaker",
    "ClientUsage",
    "ConfigurationError",
    "ContentBlock",
    "Conversation",
    "Fallback",
    "LimitStore",
    "Limits",
    "Message",
    "MessageRole",
    "ModelInfo",
    "PortabilityReport",
    "Prices",
    "RateLimit",
    "RemoteError",
    "RequestPreview",
    "ResponseFormat",
    "Retries",
    "StreamingEvent",
    "SunsetWarning",
    "TextStream",
    "Timeouts",
    "ToolCall",
    "ToolChoice",
    "ToolDefinition",
    "TransportError",
    "TypedRequestBuilder",
    "TypedResponse",
    "TypedStream",
    "Usage",
    "UsageTotals",
    "WebSearch",
    "__version__",
    "check_portability",
    "messages_from_json",
    "messages_to_json",
    "tool",
]

MODULES = [
    "attachments",
    "errors",
    "events",
    "function_tools",
    "message",
    "message_json",
    "portability",
    "preview",
    "request",
    "response",
    "tools",
    "typed",
    "warnings",
]
"""Public modules; each says in ``__all__`` what users may import from it."""


def test_the_names_are_these() -> None:
    assert ai_lib_python.__all__ == NAMES
    assert sorted(NAMES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_name_can_be_imported(name: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from ai_lib_python import {name}", namespace)
    value = namespace[name]
    assert value is getattr(ai_lib_python, name)
    assert isinstance(value, str) or (callable(value) and value.__doc__)


def test_dir_lists_them() -> None:
    assert set(NAMES) <= set(dir(ai_lib_python))


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = ai_lib_python.no_such_name


@pytest.mark.parametrize("module", MODULES)
def test_each_modules_names_exist_and_are_sorted(module: str) -> None:
    loaded = importlib.import_module(f"ai_lib_python.{module}")
    assert sorted(loaded.__all__) == loaded.__all__
    assert all(hasattr(loaded, name) for name in loaded.__all__)


def test_every_error_is_exported() -> None:
    errors = importlib.import_module("ai_lib_python.errors")
    defined = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert defined == set(errors.__all__)


def test_every_event_is_exported() -> None:
    events = importlib.import_module("ai_lib_python.events")
    assert {kind.__name__ for kind in events.StreamingEvent.__subclasses__()} <= set(events.__all__)
