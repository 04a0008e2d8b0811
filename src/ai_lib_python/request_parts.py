"""Building a request: each method adds one thing and gives the builder back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .message import Content, Message
from .request import ChatRequest, InlineUrls
from .tools import Reasoning, ResponseFormat, ToolChoice, ToolDefinition
from .validate import (
    a_body,
    a_count,
    a_logit_bias,
    a_number,
    a_response_format,
    a_switch,
    a_text,
    a_tool_choice,
    a_web_search,
    some_headers,
    some_messages,
    some_metadata,
    some_query,
    some_texts,
    some_tools,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from typing_extensions import Self  # for type checkers only; not installed with us

    from ._engine.fallback_caller import AnyCaller
    from ._engine.stream import ChatStream
    from ._engine.terms import Terms
    from ._engine.tool_rounds import ToolLimits, ToolRounds
    from .attachments import Source
    from .client import AiClient
    from .fallback import Fallback
    from .message import Part
    from .money.budget import Budget
    from .preview import RequestPreview
    from .retries import Retries
    from .timeouts import Timeouts

__all__ = ["RequestParts"]


class RequestParts:
    """What a request is made of; how it is performed is up to the class that builds on this.

    A value of the wrong type, or out of range everywhere, is refused where it is given, with a
    ``TypeError`` or ``ValueError`` that names it.
    What only some providers refuse is settled when the request is sent, and told in
    ``response.adjustments``. Executing a builder twice sends the same bytes twice.
    """

    def __init__(self, caller: AnyCaller, model: str, terms: Terms) -> None:
        self._caller = caller
        self._model = model
        self._messages: list[Message] = []
        self._parameters: dict[str, Any] = {}
        self._terms = terms
        self._limit: Callable[[], Budget] | None = None

    # Messages

    def system(self, content: Content) -> Self:
        """Adds instructions for the model."""
        return self._add(Message.system(content))

    def user(self, content: Content, *, files: Iterable[Source | Part] = ()) -> Self:
        """Adds what the person says: a text, or a list of parts made by ``ContentBlock``; ``files`` stand before it.

        Each of ``files`` is a path, bytes, a URL or an open file, as ``ContentBlock.attachment`` takes them, or a part.
        """
        return self._add(Message.user(content, files=files))

    def assistant(self, content: Content) -> Self:
        """Adds what the model said before."""
        return self._add(Message.assistant(content))

    def tool(self, id: str, content: Content, *, name: str | None = None, is_error: bool = False) -> Self:
        """Adds the result of the tool call ``id``."""
        return self._add(Message.tool(id, content, name=name, is_error=is_error))

    def messages(self, messages: Iterable[Message]) -> Self:
        """Adds a history, in order."""
        self._messages.extend(some_messages(messages))
        return self

    # Parameters

    def model(self, model: str) -> Self:
        """Another model of the same provider, by the provider's own name for it."""
        self._model = a_text("model", model)
        return self

    def api(self, name: str) -> Self:
        """Another API of the same provider, such as ``"responses"``, whatever the manifest would choose."""
        return self._set("api", a_text("api", name))

    def temperature(self, value: float) -> Self:
        """Randomness, 0 (least) to 2 (most)."""
        return self._set("temperature", a_number("temperature", value, 0, 2))

    def max_tokens(self, value: int) -> Self:
        """The most tokens the model may generate, at least 1."""
        return self._set("max_tokens", a_count("max_tokens", value, 1))

    def top_p(self, value: float) -> Self:
        """Nucleus sampling, 0 to 1; an alternative to temperature."""
        return self._set("top_p", a_number("top_p", value, 0, 1))

    def top_k(self, value: int) -> Self:
        """Samples from the ``value`` likeliest tokens only, 0 or more."""
        return self._set("top_k", a_count("top_k", value, 0))

    def stop(self, sequences: str | Sequence[str]) -> Self:
        """Texts that end the answer where they would appear."""
        return self._set("stop", some_texts("stop", sequences))

    def seed(self, value: int) -> Self:
        """Asks for the same answer to the same request, where the provider can; any whole number."""
        return self._set("seed", a_count("seed", value))

    def presence_penalty(self, value: float) -> Self:
        """Discourages (-2 to 2) tokens that have appeared at all."""
        return self._set("presence_penalty", a_number("presence_penalty", value, -2, 2))

    def frequency_penalty(self, value: float) -> Self:
        """Discourages (-2 to 2) tokens by how often they have appeared."""
        return self._set("frequency_penalty", a_number("frequency_penalty", value, -2, 2))

    def logprobs(self, value: bool = True, *, top: int | None = None) -> Self:
        """Asks for the log-probability of each token, and of the ``top`` likeliest in its place (0 to 20)."""
        self._set("logprobs", a_switch("logprobs", value))
        return self if top is None else self._set("top_logprobs", a_count("top_logprobs", top, 0, 20))

    def user_id(self, value: str) -> Self:
        """Your id of the person who asks; providers use it against abuse."""
        return self._set("user", a_text("user_id", value))

    def tools(self, tools: Iterable[ToolDefinition | Mapping[str, Any] | Callable[..., Any]]) -> Self:
        """The tools that the model may call: functions, types, ``ToolDefinition``, or a mapping with its fields.

        A function's name, annotations and docstring say all that the model is told; see ``function_tools``.
        """
        return self._set("tools", some_tools(tools))

    def tool_choice(self, choice: str | ToolChoice) -> Self:
        """``"auto"``, ``"none"``, ``"required"``, or the name of the tool to call."""
        return self._set("tool_choice", a_tool_choice(choice))

    def parallel_tool_calls(self, value: bool) -> Self:
        """Whether one answer may call several tools."""
        return self._set("parallel_tool_calls", a_switch("parallel_tool_calls", value))

    def response_format(self, value: str | Mapping[str, Any] | ResponseFormat) -> Self:
        """``"json"``, ``"text"``, a JSON Schema, or a ``ResponseFormat``."""
        return self._set("response_format", a_response_format(value))

    def reasoning(self, effort: str | bool | None = None, *, budget: int | None = None) -> Self:
        """How much the model may think.

        Args:
            effort: in a word: ``"minimal"``, ``"low"``, ``"medium"``, ``"high"``, ``"xhigh"``, ``"max"``, as far as the
                model knows it; ``"none"`` or ``False`` for not at all; ``True`` or nothing leaves it to the provider.
            budget: in tokens, 0 or more, where the wire has one.
        """
        if budget is not None:
            a_count("budget", budget, 0)
        effort = "none" if effort is False else effort
        if effort is True or effort is None:
            return self._set("reasoning", Reasoning(True, None, budget))
        enabled = a_text("effort", effort) != "none"
        if budget and not enabled:
            raise ValueError(f"reasoning is switched off by {effort!r}, and has a budget of {budget} tokens: give one")
        return self._set("reasoning", Reasoning(enabled, effort if enabled else None, budget))

    def n(self, value: int) -> Self:
        """How many answers to give, at least 1; those beside the first are in ``response.alternatives``."""
        return self._set("n", a_count("n", value, 1))

    def min_p(self, value: float) -> Self:
        """Leaves out tokens less likely than this share (0 to 1) of the likeliest one's probability."""
        return self._set("min_p", a_number("min_p", value, 0, 1))

    def repetition_penalty(self, value: float) -> Self:
        """Makes tokens less likely that have appeared, by a factor above 0; 1 changes nothing."""
        return self._set("repetition_penalty", a_number("repetition_penalty", value, 0))

    def logit_bias(self, biases: Mapping[int | str, float]) -> Self:
        """Makes tokens likelier or less likely, -100 (never) to 100 (always), by the model's own token ids."""
        return self._set("logit_bias", a_logit_bias(biases))

    def verbosity(self, value: str) -> Self:
        """How much the model writes, such as ``"low"``, ``"medium"`` or ``"high"``."""
        return self._set("verbosity", a_text("verbosity", value))

    def web_search(
        self,
        enabled: bool = True,
        *,
        allowed_domains: Sequence[str] | None = None,
        blocked_domains: Sequence[str] | None = None,
        location: Mapping[str, str] | None = None,
        context_size: str | None = None,
        max_uses: int | None = None,
    ) -> Self:
        """Lets the provider search the web for the answer; what it finds is in ``response.citations``.

        Args:
            enabled: False switches a search off that the provider does unasked.
            allowed_domains: look only there, such as ``["who.int"]``.
            blocked_domains: never look there; an alternative to ``allowed_domains``.
            location: where the person who asks is: ``country`` (two letters), ``region``, ``city``, ``timezone``.
            context_size: how much of what is found the model reads: ``"low"``, ``"medium"`` or ``"high"``.
            max_uses: how many searches there may be, at least 1.
        """
        a_switch("web_search", enabled)
        options = {"context_size": context_size, "max_uses": max_uses, "location": location}
        domains = {"allowed_domains": allowed_domains, "blocked_domains": blocked_domains}
        return self._set("web_search", a_web_search(enabled, domains, options))

    def service_tier(self, value: str) -> Self:
        """Which service to use, by the provider's own word: ``"flex"``, ``"priority"``, ``"standard_only"``."""
        return self._set("service_tier", a_text("service_tier", value))

    def store(self, value: bool = True) -> Self:
        """Whether the provider keeps the request and its answer."""
        return self._set("store", a_switch("store", value))

    def metadata(self, labels: Mapping[str, str]) -> Self:
        """Names and texts of your own that the provider keeps beside the request, for its lists and bills."""
        return self._set("metadata", some_metadata(labels))

    def prompt_cache_key(self, value: str) -> Self:
        """The same text for requests that begin alike, so that they find the same prompt cache."""
        return self._set("prompt_cache_key", a_text("prompt_cache_key", value))

    def extra_body(self, fields: Mapping[str, Any]) -> Self:
        """Fields of the provider's own, merged into the body last and as they are."""
        return self._set("extra_body", a_body(fields))

    def extra_headers(self, headers: Mapping[str, str]) -> Self:
        """Headers of your own, sent last and as they are."""
        return self._set("extra_headers", some_headers(headers))

    def extra_query(self, parameters: Mapping[str, str]) -> Self:
        """Parameters of the address' query of your own, sent last and as they are."""
        return self._set("extra_query", some_query(parameters))

    def inline_urls(
        self,
        enabled: bool = True,
        *,
        allow_private: bool = False,
        max_bytes: int | None = None,
        timeout: float = 30.0,
    ) -> Self:
        """Fetches files that are given by address, so that their bytes are sent.

        Without it only those are fetched that the provider takes as bytes alone; with ``False`` none. They are asked
        for without any key, over http or https, behind three redirects at most, and from public hosts only.

        Args:
            enabled: whether anything is fetched.
            allow_private: whether hosts of this machine's own network may be asked, too.
            max_bytes: the most bytes of one file, at least 1; what the provider takes, or 20 MB, if not given.
            timeout: seconds for each file, at least 0.001.
        """
        if max_bytes is not None:
            a_count("max_bytes", max_bytes, 1)
        a_switch("allow_private", allow_private)
        seconds = a_number("timeout", timeout, 0.001)
        return self._set("inline_urls", InlineUrls(a_switch("enabled", enabled), allow_private, max_bytes, seconds))

    def timeout(self, timeout: float | Timeouts) -> Self:
        """Seconds for the whole call, the stream's end included, at least 0.001; or ``Timeouts``.

        A number leaves the client's other deadlines as they are, and so do ``Timeouts`` those that they do not say.
        """
        self._terms = self._terms.with_timeout(timeout)
        return self

    def max_retries(self, retries: int | Retries) -> Self:
        """How often the call is tried again where it fails for a while, 0 or more; or ``Retries``, which say more."""
        self._terms = self._terms.with_retries(retries)
        return self

    def fallback(
        self,
        models: Iterable[str | AiClient] | Fallback,
        *,
        on: Collection[str] | None = None,
        hedge_after: float | None = None,
    ) -> Self:
        """Other models for this request, asked in order where the ones before fail, each after its own retries.

        Nothing of an answer is ever given twice: once there was content, an error ends the call. ``stats.ledger`` and
        ``error.ledger`` have every request, ``error.previous`` the errors of the models before.

        Args:
            models: ``"provider/model"``, each with the key, the address and the rules of its own provider; or clients,
                each with what it was made with; or a ``Fallback``, which says the rest too. They take the place of the
                client's own.
            on: the errors behind which the next one is asked, by their ``error_class``; ``fallback.MOVES_ON`` where
                nothing is said.
            hedge_after: seconds, 0 or more, after which the next one is asked beside one that has given nothing yet:
                the first that gives something is taken, and the others are cancelled. They may be charged.

        Raises:
            TypeError, ValueError: an argument is of the wrong type, or unknown.
            ConfigurationError: there is no such provider, or it is not to be spoken to.
        """
        from ._engine.fallback_caller import with_fallback  # for who has others
        from .fallback import some_fallback

        self._caller = with_fallback(self._caller, self._model, some_fallback(models, on, hedge_after))
        return self

    def budget(self, usd: Decimal | float | str | Budget, *, prompt_tokens: int | None = None) -> Self:
        """What one execution of this request may cost, in US dollars; of ``run_tools``, all its answers together.

        A ``Budget`` is shared by all requests that have it. It holds beside the client's. ``prompt_tokens`` is the
        most that the prompt may have, where that cannot be estimated: with pictures, sound or files.
        """
        from .money.budget import Budget  # for who limits what calls cost

        if isinstance(usd, Budget):
            self._limit = lambda: usd
        else:
            checked = Budget(usd, prompt_tokens=prompt_tokens)
            self._limit = lambda: Budget(checked.usd, prompt_tokens=checked.prompt_tokens)
        return self

    def build(self) -> ChatRequest:
        """The request as an immutable value."""
        budget = None if self._limit is None else self._limit()
        messages = tuple(self._messages)
        return ChatRequest(model=self._model, messages=messages, budget=budget, **self._parameters)

    def copied(self) -> dict[str, Any]:
        """All that the request has so far, for another builder to go on with."""
        return {name: value.copy() if isinstance(value, (list, dict)) else value for name, value in vars(self).items()}

    def preview(self, *, stream: bool = False) -> RequestPreview:
        """The HTTP request as it would be sent, without the key. Needs no key and sends nothing."""
        return self._caller.preview(self.build(), stream=stream)

    def as_curl(self, *, stream: bool = False) -> str:
        """The same as a command for a shell, with ``[redacted]`` in the place of the key."""
        return self.preview(stream=stream).as_curl()

    def _add(self, message: Message) -> Self:
        self._messages.append(message)
        return self

    def _set(self, name: str, value: Any) -> Self:
        self._parameters[name] = value
        return self

    def __repr__(self) -> str:
        names = ", ".join(self._parameters)
        what = f"{len(self._messages)} messages; {names or 'no parameters'}"
        return f"<{type(self).__name__} {self._model}: {what}>"

    def _tool_rounds(self, max_rounds: int, tool_timeout: float | None) -> ToolRounds:
        """The rounds of ``run_tools``, not begun."""
        from ._engine.tool_rounds import ToolRounds  # for who has tools that are functions

        return ToolRounds(self.build(), self._tool_limits(max_rounds, tool_timeout))

    def _tool_limits(self, max_rounds: int, tool_timeout: float | None) -> ToolLimits:
        from ._engine.tool_rounds import ToolLimits

        seconds = None if tool_timeout is None else a_number("tool_timeout", tool_timeout, 0.001)
        return ToolLimits(a_count("max_rounds", max_rounds, 1), seconds)

    def _tool_stream(self, max_rounds: int, tool_timeout: float | None) -> ChatStream:
        from ._engine.stream import ChatStream
        from ._engine.tool_stream import ToolRun

        rounds = self._tool_rounds(max_rounds, tool_timeout)
        return ChatStream(ToolRun(rounds, lambda request: self._caller.stream(request, self._terms)))
