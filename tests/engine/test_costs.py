# ruff: noqa: E501  a vector's usage stands on one line
"""The usage that a provider writes, the buckets that it falls into, and the cost, with the arithmetic written out.

The prices are those of the provider's price list, of the day that its manifest names; each vector says where they stand.
The amounts were worked out by hand, in millionths of a dollar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from ai_lib_python import Prices, Usage

from .bodies import chat_body, generate_body, messages_body, responses_body
from .conftest import Answering

OPENAI = "https://developers.openai.com/api/docs/pricing"
ANTHROPIC = "https://platform.claude.com/docs/en/about-claude/pricing"
GOOGLE = "https://ai.google.dev/gemini-api/docs/pricing"


@dataclass(frozen=True)
class Vector:
    """One answer, and what it comes to.

    Attributes:
        model: who is asked.
        source: where the prices, or the meaning of the cost that is told, are published.
        body: makes the answer from the model's name and the usage.
        usage: what the provider writes.
        buckets: what it means.
        cost: US dollars; the sum behind it is in the comment.
    """

    model: str
    source: str
    body: Callable[..., dict[str, Any]]
    usage: dict[str, Any]
    buckets: Usage
    cost: str | None
    by: str | None = "manifest"
    more: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


VECTORS = {
    # 2,006 prompt tokens, of them 1,920 cached: 86 * 2.50 + 1,920 * 1.25 + 300 * 10 = 215 + 2,400 + 3,000
    "cached": Vector(
        "openai/gpt-4o", OPENAI, chat_body,
        {"prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
         "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
         "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0}},
        Usage(86, 1920, None, 300, 0, audio_input=0, audio_output=0),
        "0.005615", more={"service_tier": "default"},
    ),
    # Reasoning is in the completion, at its price: 75 * 1.25 + 1,186 * 10 = 93.75 + 11,860
    "reasoning": Vector(
        "openai/gpt-5", OPENAI, chat_body,
        {"prompt_tokens": 75, "completion_tokens": 1186, "total_tokens": 1261, "prompt_tokens_details": {"cached_tokens": 0},
         "completion_tokens_details": {"reasoning_tokens": 1024}},
        Usage(75, 0, None, 1186, 1024), "0.01195375",
    ),
    # 36 * 0.15 + 87 * 0.60 = 5.4 + 52.2
    "another API of the same provider": Vector(
        "openai/gpt-4o-mini", OPENAI, responses_body,
        {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 87,
         "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 123},
        Usage(36, 0, None, 87, 0), "0.0000576", options={"api": "responses"}, more={"service_tier": "default"},
    ),
    # 20 * 2.50 text + 90 * 32 sound in + 50 * 10 text + 150 * 64 sound out = 50 + 2,880 + 500 + 9,600
    "sound in and out": Vector(
        "openai/gpt-audio", OPENAI, chat_body,
        {"prompt_tokens": 110, "completion_tokens": 200, "total_tokens": 310,
         "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 90},
         "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 150}},
        Usage(110, 0, None, 200, 0, audio_input=90, audio_output=150), "0.01303",
    ),
    # More than 272,000: 190,000 * 4 + 100,000 * 0.20 + 10,000 * 5 + 1,000 * 15 = 760,000 + 20,000 + 50,000 + 15,000
    "a long prompt, read and written": Vector(
        "openai/gpt-6.1-sol", OPENAI, chat_body,
        {"prompt_tokens": 300000, "completion_tokens": 1000, "total_tokens": 301000,
         "prompt_tokens_details": {"cached_tokens": 100000, "cache_write_tokens": 10000},
         "completion_tokens_details": {"reasoning_tokens": 400}},
        Usage(190000, 100000, 10000, 1000, 400), "0.845",
    ),
    # 21 * 1 + 4,563 * 0.10 + 500 * 1.25 + 1,000 * 2 + 503 * 5 = 21 + 456.3 + 625 + 2,000 + 2,515
    "written for five minutes and for an hour": Vector(
        "anthropic/claude-haiku-4-5", ANTHROPIC, messages_body,
        {"input_tokens": 21, "cache_read_input_tokens": 4563, "cache_creation_input_tokens": 1500,
         "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000},
         "output_tokens": 503, "service_tier": "standard", "inference_geo": "not_available"},
        Usage(21, 4563, 1500, 503, None, cache_write_1h=1000), "0.0056173",
    ),
    # 105 * 2 + 447 * 10 = 210 + 4,470, and one search of 10,000
    "thoughts and a search": Vector(
        "anthropic/claude-sonnet-5-5", ANTHROPIC, messages_body,
        {"input_tokens": 105, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
         "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}, "output_tokens": 447,
         "output_tokens_details": {"thinking_tokens": 200},
         "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0}, "service_tier": "standard"},
        Usage(105, 0, 0, 447, 200, cache_write_1h=0, web_searches=1), "0.01468",
    ),
    # 1,020 * 0.30 + 3,660 * 0.03 + 320 * 1 sound + (100 + 50) * 2.50 = 306 + 109.8 + 320 + 375
    "sound beside a cache, thoughts beside the answer": Vector(
        "gemini/gemini-2.5-flash", GOOGLE, generate_body,
        {"promptTokenCount": 5000, "cachedContentTokenCount": 3660, "candidatesTokenCount": 100, "thoughtsTokenCount": 50,
         "totalTokenCount": 5150, "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 3660}],
         "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4680}, {"modality": "AUDIO", "tokenCount": 320}]},
        Usage(1340, 3660, None, 150, 50, audio_input=320, audio_cache_read=0, image_input=0), "0.0011108",
    ),
    # More than 200,000: 250,000 * 2.50 + (1,000 + 3,000) * 15 = 625,000 + 60,000
    "a long prompt": Vector(
        "gemini/gemini-2.5-pro", GOOGLE, generate_body,
        {"promptTokenCount": 250000, "candidatesTokenCount": 1000, "thoughtsTokenCount": 3000, "totalTokenCount": 254000,
         "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 250000}]},
        Usage(250000, None, None, 4000, 3000, audio_input=0, image_input=0), "0.685",
    ),
    # What the provider's own tool put into the prompt is beside it: (41 + 1,732) * 0.30 + 60 * 2.50 = 531.9 + 150
    "a tool of the provider's": Vector(
        "gemini/gemini-2.5-flash", GOOGLE, generate_body,
        {"promptTokenCount": 41, "toolUsePromptTokenCount": 1732, "candidatesTokenCount": 60, "totalTokenCount": 1833,
         "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 41}]},
        Usage(41, None, None, 60, None, audio_input=0, image_input=0, tool_input=1732), "0.0006819",
    ),
    # Reasoning stands beside the completion: 400 * 1.25 + 600 * 0.20 + (50 + 200) * 2.50 = 500 + 120 + 625
    "reasoning beside the completion": Vector(
        "xai/grok-4.3", "https://docs.x.ai/docs/models", chat_body,
        {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1250,
         "prompt_tokens_details": {"cached_tokens": 600}, "completion_tokens_details": {"reasoning_tokens": 200}},
        Usage(400, 600, None, 250, 200), "0.001245",
    ),
    # 1,918,250 ticks of a ten-thousand-millionth of a dollar
    "told in ticks": Vector(
        "xai/grok-4.3", "https://docs.x.ai/docs/api-reference", chat_body,
        {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105, "cost_in_usd_ticks": 1918250,
         "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}},
        Usage(100, 0, None, 5, 0), "0.000191825", "provider",
    ),
    # 488 * 0.15 + 512 * 0.075 + 100 * 0.60 = 73.2 + 38.4 + 60
    "half price for the cache": Vector(
        "groq/openai/gpt-oss-120b", "https://console.groq.com/docs/models", chat_body,
        {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, "prompt_tokens_details": {"cached_tokens": 512}},
        Usage(488, 512, None, 100, None), "0.0001716", more={"service_tier": "on_demand"},
    ),
    # No details where nothing was cached: 1,000 * 0.15 + 100 * 0.60 = 150 + 60
    "a count that is left out where it is 0": Vector(
        "groq/openai/gpt-oss-120b", "https://console.groq.com/docs/models", chat_body,
        {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        Usage(1000, None, None, 100, None), "0.00021",
    ),
    # 155 * 1.50 + 16 * 0.15 + 35 * 7.50 = 232.5 + 2.4 + 262.5
    "a tenth for the cache": Vector(
        "mistral/mistral-medium-3.5", "https://mistral.ai/pricing/api", chat_body,
        {"prompt_tokens": 171, "completion_tokens": 35, "total_tokens": 206, "prompt_tokens_details": {"cached_tokens": 16}},
        Usage(155, 16, None, 35, None), "0.0004974",
    ),
    # The cached tokens stand at the top: 300 * 0.95 + 700 * 0.16 + 400 * 4 = 285 + 112 + 1,600
    "cached at the top": Vector(
        "moonshot/kimi-k2.6", "https://platform.kimi.ai/docs/pricing/chat.md", chat_body,
        {"prompt_tokens": 1000, "completion_tokens": 400, "total_tokens": 1400, "cached_tokens": 700},
        Usage(300, 700, None, 400, None), "0.001997",
    ),
    # 57 * 0.60 + 43 * 0.11 + 50 * 2.20 = 34.2 + 4.73 + 110
    "parts of a cent": Vector(
        "zai/glm-4.6", "https://docs.z.ai/guides/overview/pricing", chat_body,
        {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "prompt_tokens_details": {"cached_tokens": 43}},
        Usage(57, 43, None, 50, None), "0.00014893",
    ),
    # Prices of the caller's own: 120 * 0.3 + 400 * 0.006 + 60 * 1.2 = 36 + 2.4 + 72
    "the caller's prices": Vector(
        "deepseek/deepseek-flash", "https://api-docs.deepseek.com/quick_start/pricing (peak)", chat_body,
        {"prompt_tokens": 520, "completion_tokens": 60, "total_tokens": 580, "prompt_cache_hit_tokens": 400,
         "prompt_cache_miss_tokens": 120, "completion_tokens_details": {"reasoning_tokens": 20}},
        Usage(120, 400, None, 60, 20), "0.0001104", "caller",
        options={"prices": {"deepseek-*": {"input": 0.3, "cache_read": "0.006", "output": Decimal("1.2")}}},
    ),
    "told by a gateway": Vector(
        "openrouter/openai/gpt-4o", "https://openrouter.ai/docs/use-cases/usage-accounting", chat_body,
        {"prompt_tokens": 14, "completion_tokens": 4, "total_tokens": 18, "cost": 0.000075, "is_byok": False,
         "cost_details": {"upstream_inference_cost": 0.000075}},
        Usage(14, None, None, 4, None), "0.000075", "provider",
    ),
    # The fee, and what the key of one's own was charged: 0.00002 + 0.0003253
    "told by a gateway that used one's own key": Vector(
        "openrouter/openai/gpt-4o", "https://openrouter.ai/docs/use-cases/usage-accounting", chat_body,
        {"prompt_tokens": 326, "completion_tokens": 91, "total_tokens": 417, "cost": 0.00002, "is_byok": True,
         "cost_details": {"upstream_inference_cost": 0.0003253}},
        Usage(326, None, None, 91, None), "0.0003453", "provider",
    ),
    "told with its parts": Vector(
        "perplexity/openai/gpt-5.4-mini", "Perplexity's API schema, ResponsesCost", responses_body,
        {"input_tokens": 4365, "output_tokens": 3, "total_tokens": 4368, "input_tokens_details": {"cached_tokens": 0},
         "cost": {"currency": "USD", "input_cost": 0.00437, "output_cost": 0, "tool_calls_cost": 0.005, "total_cost": 0.00937}},
        Usage(4365, 0, None, 3, None), "0.00937", "provider",
    ),
    "told as an estimate": Vector(
        "deepinfra/openai/gpt-oss-120b", "DeepInfra's answers", chat_body,
        {"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12, "estimated_cost": 0.0000021},
        Usage(3, None, None, 9, None), "0.0000021", "provider",
    ),
    # What is not known is not guessed.
    "another tier": Vector(
        "openai/gpt-4o", OPENAI, chat_body,
        {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13, "prompt_tokens_details": {"cached_tokens": 0}},
        Usage(10, 0, None, 3, None), None, None, more={"service_tier": "priority"},
    ),
    "a count that the price needs is not told": Vector(
        "openai/gpt-4o", OPENAI, chat_body, {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13},
        Usage(10, None, None, 3, None), None, None,
    ),
    "sound whose part of the cache is not told": Vector(
        "gemini/gemini-2.5-flash", GOOGLE, generate_body,
        {"promptTokenCount": 500, "cachedContentTokenCount": 100, "candidatesTokenCount": 5, "totalTokenCount": 505,
         "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 320}]},
        Usage(400, 100, None, 5, None, audio_input=320, image_input=0), None, None,
    ),
    "an answer that was searched for": Vector(
        "openai/gpt-4o-mini", OPENAI, responses_body,
        {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 87, "total_tokens": 123},
        Usage(36, 0, None, 87, None), None, None, options={"api": "responses"},
        more={"output": [{"type": "web_search_call", "id": "w-1", "status": "completed"}]},
    ),
    "another region": Vector(
        "anthropic/claude-haiku-4-5", ANTHROPIC, messages_body,
        {"input_tokens": 21, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 5,
         "inference_geo": "us"},
        Usage(21, 0, 0, 5, None), None, None,
    ),
    "more cached than there was": Vector(
        "openai/gpt-4o", OPENAI, chat_body,
        {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13, "prompt_tokens_details": {"cached_tokens": 20}},
        Usage(0, 10, None, 3, None), None, None,
    ),
    "a model that nobody has a price of": Vector(
        "openai/gpt-of-next-year", OPENAI, chat_body,
        {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13, "prompt_tokens_details": {"cached_tokens": 0}},
        Usage(10, 0, None, 3, None), None, None,
    ),
}  # fmt: skip


pytestmark = pytest.mark.filterwarnings("ignore::ai_lib_python.warnings.SunsetWarning")


@pytest.mark.usefixtures("no_catalogue")
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
async def test_usage_falls_into_buckets_and_has_its_cost(vector: Vector, answering: Answering) -> None:
    name = vector.model.partition("/")[2]
    client = await answering(vector.model, vector.body(name, vector.usage, **vector.more), **vector.options)
    response, stats = await client.chat().user("Is it?").execute_with_stats()
    assert response.usage == stats.usage == vector.buckets
    assert stats.cost == (None if vector.cost is None else Decimal(vector.cost))
    assert stats.cost_source == vector.by


def test_there_are_enough_vectors() -> None:
    known = {vector.model for vector in VECTORS.values() if vector.cost is not None}
    assert len(known) >= 12
    assert len({model.partition("/")[0] for model in known}) >= 10


def test_prices_are_numbers_of_any_kind_and_nothing_else() -> None:
    assert Prices(input=0.1, output="0.2", request=3) == Prices(  # type: ignore[arg-type]
        input=Decimal("0.1"), output=Decimal("0.2"), request=Decimal(3)
    )
    for wrong in (-1, "cheap", float("nan")):
        with pytest.raises(ValueError, match="output must be a number of US dollars"):
            Prices(output=wrong)  # type: ignore[arg-type]
