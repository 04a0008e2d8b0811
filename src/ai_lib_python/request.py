"""A chat request as a value: what is asked, before any provider's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from .message import Message
from .tools import Reasoning, ResponseFormat, ToolChoice, ToolDefinition, WebSearch

if TYPE_CHECKING:
    from .money.budget import Budget

__all__ = ["ChatRequest", "InlineUrls"]


class InlineUrls(msgspec.Struct, frozen=True):
    """How the addresses of files in a request are fetched, so that their bytes are sent.

    Attributes:
        enabled: whether they are fetched at all; False refuses what a provider would only take as bytes.
        allow_private: whether they may be fetched from this machine's own network, too.
        max_bytes: the most bytes of one file; None is what the provider takes, and 20 MB where that is not known.
        timeout: seconds for each file, all its redirects included.
    """

    enabled: bool = True
    allow_private: bool = False
    max_bytes: int | None = None
    timeout: float = 30.0


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """The standard parameters. None means: not said, the provider decides."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    user: str | None = None
    tools: tuple[ToolDefinition, ...] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning: Reasoning | None = None
    n: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    logit_bias: Mapping[str, float] | None = None
    verbosity: str | None = None
    web_search: WebSearch | None = None
    service_tier: str | None = None
    store: bool | None = None
    metadata: Mapping[str, str] | None = None
    prompt_cache_key: str | None = None


PARAMETERS = Parameters.__struct_fields__
"""Their names, which a manifest may have rules for."""


class ChatRequest(Parameters, frozen=True):
    """Everything that one call says."""

    model: str
    messages: tuple[Message, ...] = ()
    extra_body: Mapping[str, Any] | None = None
    extra_headers: Mapping[str, str] | None = None
    extra_query: Mapping[str, str] | None = None
    api: str | None = None
    inline_urls: InlineUrls | None = None
    budget: Budget | None = None

    def __repr__(self) -> str:
        """All fields; of headers and query parameters the names alone, for their values may be keys."""
        return msgspec.Struct.__repr__(self._without_values())

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return msgspec.Struct.__rich_repr__(self._without_values())

    def _without_values(self) -> ChatRequest:
        if not (self.extra_headers or self.extra_query):
            return self
        hidden = (given and dict.fromkeys(given, "[not shown]") for given in (self.extra_headers, self.extra_query))
        headers, query = hidden
        return msgspec.structs.replace(self, extra_headers=headers, extra_query=query)
