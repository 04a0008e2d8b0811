"""Counts and costs that no provider should tell, but one might."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ai_lib_python._compile.finish import Finish
from ai_lib_python._engine.assemble import Assembler
from ai_lib_python.response import Usage, sum_of


def sink() -> Assembler:
    return Assembler(Finish({}), "quarry")


@pytest.mark.parametrize("amount", ["1e999999", "1e400", -1, "nan", "inf", True, "much", 1e300])
def test_a_cost_beyond_all_reason_is_none(amount: object) -> None:
    """Such numbers would overflow sums, or fill a budget that others share."""
    told = sink()
    told.cost(amount, "10")
    assert told.reported_cost is None


def test_a_cost_is_counted_in_its_unit() -> None:
    told = sink()
    told.cost(["0.5", 1], "0.01")
    assert told.reported_cost == Decimal("0.015")


@pytest.mark.parametrize("count", [-5, "-5", -0.9e9])
def test_a_count_below_zero_is_not_told(count: object) -> None:
    """It would give money back to a budget."""
    told = sink()
    told.usage(prompt=count, output=3)
    assert told.current_usage() == Usage(output=3)


def test_each_bucket_is_summed_by_itself_and_what_nobody_tells_stays_unknown() -> None:
    together = sum_of([Usage(input=1, audio_input=2), Usage(input=3), Usage(output=4)])
    assert together == Usage(input=4, audio_input=2, output=4)
