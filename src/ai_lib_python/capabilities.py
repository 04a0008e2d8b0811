"""What a model can be asked for, as far as it is known."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["Capabilities", "ModelInfo"]


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the library knows of a model without asking anyone. None means: not known.

    What can be asked for is read off the rules by which requests are written, so it says what would go out and not how
    well the model does it. Sizes, and the kinds of content that a model takes, stand in the manifest.

    Attributes:
        provider: id of the manifest in use.
        model: the model, by the provider's own name.
        context_window: how many tokens prompt and answer may have together.
        max_prompt_tokens: how many the prompt may have, where that is less.
        max_output_tokens: how many the answer may have, reasoning included.
        input_modalities: what messages may hold: ``text``, ``image``, ``audio``, ``video``, ``file``.
        output_modalities: what answers may hold, in the same words.
        parameters: the standard parameters that go out, by the names that they have in adjustments.
        tools: whether functions can be offered.
        parallel_tool_calls: whether it can be said if one answer may call several.
        strict_tools: whether arguments can be held to their schema.
        json_mode: whether an answer can be asked to be JSON of any form.
        json_schema: whether an answer can be held to a schema.
        web_search: whether the provider can be asked to search the web.
        reasoning: whether thinking can be asked for.
        reasoning_efforts: the words for how much, such as ``("low", "medium", "high")``.
        reasoning_budget: whether a number of tokens can say how much.
        reasoning_off: whether thinking can be switched off; true of a model that does not think.
        streaming: whether an answer comes in pieces.
        sunset: the day from which the model is gone, as ``2027-01-14``.
        replacement: the model that takes its place.
    """

    provider: str
    model: str
    context_window: int | None = None
    max_prompt_tokens: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    parameters: tuple[str, ...] = ()
    tools: bool = False
    parallel_tool_calls: bool = False
    strict_tools: bool = False
    json_mode: bool = False
    json_schema: bool = False
    web_search: bool = False
    reasoning: bool = False
    reasoning_efforts: tuple[str, ...] = ()
    reasoning_budget: bool = False
    reasoning_off: bool = False
    streaming: bool = False
    sunset: str | None = None
    replacement: str | None = None


class ModelInfo(msgspec.Struct, frozen=True):
    """What a provider's list says of one model. None means: it does not say.

    Attributes:
        id: the name by which it is called.
        name: its name for people.
        context_window: how many tokens prompt and answer may have together.
        max_output_tokens: how many the answer may have.
        input_modalities: what messages may hold, in the provider's words.
        output_modalities: what answers may hold, in the provider's words.
        data: the whole entry, as the provider wrote it; prices, too, where it tells them.
    """

    id: str
    name: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    data: Any = None
