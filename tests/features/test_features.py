"""Every feature on every dialect, through the public client and over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_lib_python.simulator.routing import Router

from .features import FEATURES
from .outcomes import read
from .page import PAGE, page
from .trial import Feature, tried

DIALECTS = Router().dialects()


def plain(value: Any) -> Any:
    """As it is when it has been through a file."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.id)
async def test_a_feature_on_a_dialect(feature: Feature, dialect: str) -> None:
    found, expected = await tried(feature, dialect), read(dialect).get(feature.id)
    assert expected is not None, "not written down yet: python -m tests.features.update"
    assert (found.state, found.why) == (expected.state, expected.why)
    assert plain(found.bodies) == expected.bodies


def test_each_feature_has_a_name_of_its_own() -> None:
    names = [feature.id for feature in FEATURES]
    assert len(set(names)) == len(names)
    assert len({feature.name for feature in FEATURES}) == len(names)


def test_the_page_shows_the_outcomes() -> None:
    assert PAGE.read_text("utf-8") == page({dialect: read(dialect) for dialect in DIALECTS})
