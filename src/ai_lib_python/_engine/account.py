"""What the calls of one client cost: counted behind each, and held to budgets before it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..errors import (
    AiLibError,
    BudgetExceeded,
    ConfigurationError,
    ConnectionFailed,
    DeadlineExceeded,
    MalformedResponse,
    RemoteError,
)
from ..money.budget import Budget
from ..money.estimate import PromptEstimate, estimate_prompt
from ..money.totals import ClientUsage
from ..money.worst_case import WorstCase
from ..request import ChatRequest
from ..response import CallStats, Heard
from .billing import price_list_for
from .prepare import Prepared

BAD_STATUS = 400


class Account:
    """The account of one client.

    Attributes:
        usage: what all calls came to.
        budget: what they may spend together; None where nothing limits them.
    """

    def __init__(self) -> None:
        self.usage = ClientUsage()
        self.budget: Budget | None = None
        self._unlimited = Hold(self.usage, ())

    def hold(self, request: ChatRequest, prepared: Prepared) -> Hold:
        """Sets aside what a call can cost at the most, where there are budgets.

        Raises:
            BudgetExceeded: it does not fit, or is not known.
        """
        if self.budget is None and request.budget is None:
            return self._unlimited
        budgets = dict.fromkeys(budget for budget in (self.budget, request.budget) if budget is not None)
        held: list[tuple[Budget, Decimal]] = []
        try:
            for budget in budgets:
                amount = _most(budget, request, prepared)
                budget.reserve(amount, provider=prepared.manifest.id, model=prepared.model)
                held.append((budget, amount))
        except BudgetExceeded:
            _release(held)
            raise
        return Hold(self.usage, tuple(held))


class Hold:
    """What is set aside for one call, until it is over."""

    __slots__ = ("_held", "_usage")

    def __init__(self, usage: ClientUsage, held: tuple[tuple[Budget, Decimal], ...]) -> None:
        self._usage = usage
        self._held = held

    def begun(self, heard: Heard | None) -> None:
        """A stream has begun; the headers of its answer say this of the provider's limits."""

    def ends_with(self, error: AiLibError) -> None:
        """A stream that has begun ends with an error."""

    def answered(self, stats: CallStats, *, failed: bool = False) -> None:
        """There is an answer, whole or begun; ``failed`` says that it ended with an error."""
        self._usage.answered(stats)
        if failed:
            self._usage.failed_midway()
        for budget, amount in self._held:
            budget.settle(amount, stats.cost)

    def failed(self, error: BaseException, prepared: Prepared) -> None:
        """There is no answer. What was surely not spent is free again."""
        charged = prepared.program.follow is not None or may_be_charged(error)
        self._usage.failed_with(charged=charged)
        for budget, amount in self._held:
            budget.settle(amount, None if charged else Decimal(0))

    def left_behind(self) -> None:
        """The answer had begun, and nobody can read or close it any more: it may have cost all. From a finalizer."""
        self._usage.left_behind()
        for budget, amount in self._held:
            budget.let_go(amount)


def may_be_charged(error: BaseException) -> bool:
    """Whether a provider may charge for a call that ended so, before any of its answer was read."""
    if isinstance(error, ConnectionFailed):
        return error.may_have_arrived
    if isinstance(error, DeadlineExceeded) and error.deadline == "connect":
        return False
    if isinstance(error, RemoteError) and not isinstance(error, MalformedResponse):
        return (error.status_code or 0) < BAD_STATUS
    return not isinstance(error, ConfigurationError)


def worst_case_of(request: ChatRequest, prepared: Prepared, prompt_tokens: int | None = None) -> WorstCase:
    """What the most that a call can cost depends on; ``prompt_tokens`` where the caller says how many there are."""
    estimate = estimate_of(request, prepared)
    limit = _output_limit(request, prepared)
    return WorstCase(
        prompt_tokens=prompt_tokens or estimate.most,
        unsure=estimate.unsure,
        max_tokens=None if limit is None else limit * (_sent_number("n", request, prepared) or 1),
        searches=_searches(request, prepared),
        terms={} if request.service_tier is None else {"service_tier": request.service_tier},
        model=prepared.model,
        prices=price_list_for(prepared),
    )


def estimate_of(request: ChatRequest, prepared: Prepared) -> PromptEstimate:
    """The tokens of a prompt, as this provider's wire counts them, about."""
    return estimate_prompt(request, prepared.manifest.data.get("estimate"))


def _most(budget: Budget, request: ChatRequest, prepared: Prepared) -> Decimal:
    worst = worst_case_of(request, prepared, budget.prompt_tokens)
    cost = worst.cost
    if cost is not None:
        return cost
    raise BudgetExceeded(
        f"nobody knows what this call may cost, and there is a budget of {budget.usd} USD: {worst.missing}",
        budget=budget.usd,
        spent=budget.spent,
        reserved=budget.reserved,
        provider=prepared.manifest.id,
        model=prepared.model,
    )


def _release(held: list[tuple[Budget, Decimal]]) -> None:
    for budget, amount in held:
        budget.settle(amount, Decimal(0))


def _output_limit(request: ChatRequest, prepared: Prepared) -> int | None:
    """The most tokens of one answer: what goes out, else what the manifest knows."""
    sent = _sent_number("max_tokens", request, prepared)
    if sent is not None:
        return sent
    known = prepared.manifest.limits_of(prepared.model).output
    return known or _rule("max_tokens", prepared).get("max")


def _sent_number(name: str, request: ChatRequest, prepared: Prepared) -> int | None:
    """A number as it goes out: after the manifest's rules, or as fields of the caller's own say it."""
    sent: Any = getattr(request, name, None)
    for adjustment in prepared.adjustments:
        if adjustment.parameter == name and adjustment.action != "renamed":
            sent = adjustment.sent
    own: Any = request.extra_body
    for key in str(_rule(name, prepared).get("to") or name).split("."):
        own = own.get(key) if isinstance(own, Mapping) else None
    number = sent if own is None else own
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _searches(request: ChatRequest, prepared: Prepared) -> int | None:
    """How often the web may be searched; None where nothing that goes out limits it."""
    if request.web_search is None or not request.web_search.enabled:
        return 0
    dropped = {adjustment.parameter for adjustment in prepared.adjustments if adjustment.action == "dropped"}
    if "web_search" in dropped:
        return 0
    return None if "web_search.max_uses" in dropped else request.web_search.max_uses


def _rule(name: str, prepared: Prepared) -> Mapping[str, Any]:
    return (prepared.manifest.data.get("parameters") or {}).get(name) or {}
