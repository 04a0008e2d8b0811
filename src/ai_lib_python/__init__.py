"""One chat client for every provider of language models.

    client = await AiClient.create("anthropic/claude-haiku-4-5")
    response = await client.chat().user("What is recursion?").execute()
    print(response.content)

The names below are the whole public interface; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._engine.stream import ChatStream as ChatStream
    from ._engine.text_stream import TextStream as TextStream
    from ._engine.typed_stream import TypedStream as TypedStream
    from ._version import __version__ as __version__
    from .capabilities import Capabilities as Capabilities
    from .capabilities import ModelInfo as ModelInfo
    from .chat import ChatRequestBuilder as ChatRequestBuilder
    from .client import AiClient as AiClient
    from .client import AiClientBuilder as AiClientBuilder
    from .conversation import Conversation as Conversation
    from .errors import AiLibError as AiLibError
    from .errors import ConfigurationError as ConfigurationError
    from .errors import RemoteError as RemoteError
    from .errors import TransportError as TransportError
    from .events import StreamingEvent as StreamingEvent
    from .fallback import Fallback as Fallback
    from .function_tools import tool as tool
    from .limits.settings import CircuitBreaker as CircuitBreaker
    from .limits.settings import Limits as Limits
    from .limits.standing import RateLimit as RateLimit
    from .limits.store import LimitStore as LimitStore
    from .message import ContentBlock as ContentBlock
    from .message import Message as Message
    from .message import MessageRole as MessageRole
    from .message import ToolCall as ToolCall
    from .message_json import messages_from_json as messages_from_json
    from .message_json import messages_to_json as messages_to_json
    from .money.budget import Budget as Budget
    from .money.prices import Prices as Prices
    from .money.totals import ClientUsage as ClientUsage
    from .money.totals import UsageTotals as UsageTotals
    from .portability import PortabilityReport as PortabilityReport
    from .portability import check_portability as check_portability
    from .preview import RequestPreview as RequestPreview
    from .request import ChatRequest as ChatRequest
    from .response import Adjustment as Adjustment
    from .response import Attempt as Attempt
    from .response import CallStats as CallStats
    from .response import ChatResponse as ChatResponse
    from .response import TypedResponse as TypedResponse
    from .response import Usage as Usage
    from .retries import Retries as Retries
    from .timeouts import Timeouts as Timeouts
    from .tools import ResponseFormat as ResponseFormat
    from .tools import ToolChoice as ToolChoice
    from .tools import ToolDefinition as ToolDefinition
    from .tools import WebSearch as WebSearch
    from .typed import TypedRequestBuilder as TypedRequestBuilder
    from .warnings import AdjustmentWarning as AdjustmentWarning
    from .warnings import SunsetWarning as SunsetWarning

_HOMES = {
    "Adjustment": ".response",
    "AdjustmentWarning": ".warnings",
    "AiClient": ".client",
    "AiClientBuilder": ".client",
    "AiLibError": ".errors",
    "Attempt": ".response",
    "Budget": ".money.budget",
    "CallStats": ".response",
    "Capabilities": ".capabilities",
    "ChatRequest": ".request",
    "ChatRequestBuilder": ".chat",
    "ChatResponse": ".response",
    "ChatStream": "._engine.stream",
    "CircuitBreaker": ".limits.settings",
    "ClientUsage": ".money.totals",
    "ConfigurationError": ".errors",
    "ContentBlock": ".message",
    "Conversation": ".conversation",
    "Fallback": ".fallback",
    "LimitStore": ".limits.store",
    "Limits": ".limits.settings",
    "Message": ".message",
    "MessageRole": ".message",
    "ModelInfo": ".capabilities",
    "PortabilityReport": ".portability",
    "check_portability": ".portability",
    "Prices": ".money.prices",
    "RateLimit": ".limits.standing",
    "RemoteError": ".errors",
    "RequestPreview": ".preview",
    "ResponseFormat": ".tools",
    "Retries": ".retries",
    "StreamingEvent": ".events",
    "SunsetWarning": ".warnings",
    "TextStream": "._engine.text_stream",
    "Timeouts": ".timeouts",
    "ToolCall": ".message",
    "ToolChoice": ".tools",
    "ToolDefinition": ".tools",
    "TransportError": ".errors",
    "TypedRequestBuilder": ".typed",
    "TypedResponse": ".response",
    "TypedStream": "._engine.typed_stream",
    "Usage": ".response",
    "UsageTotals": ".money.totals",
    "WebSearch": ".tools",
    "__version__": "._version",
    "messages_from_json": ".message_json",
    "messages_to_json": ".message_json",
    "tool": ".function_tools",
}

__all__ = sorted(_HOMES)  # a test compares it with the names above


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
