"""Each dependency says from which version on it works; ``lowest_versions`` runs the tests with just those."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from . import project
from .project import lowest, of_tests, of_users


def test_every_dependency_says_the_lowest_version_that_works() -> None:
    told = project.project()
    assert len(lowest()) == len(of_users()) > len(told["dependencies"])
    assert set(project.EXTRAS) == set(told["optional-dependencies"]) - {"test", "dev", "fuzz"}
    for pinned in map(Requirement, lowest()):
        [bound] = pinned.specifier
        assert Version(bound.version) <= Version(version(pinned.name))


def test_a_dependency_without_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "of_users", lambda: [Requirement("anything<3")])
    with pytest.raises(ValueError, match="anything<3 has no lowest version"):
        lowest()


def test_the_sdks_are_for_their_own_tests_alone() -> None:
    without, with_them = of_tests(sdks=False), of_tests(sdks=True)
    named = {Requirement(text).name for text in set(with_them) - set(without)}
    assert named == project.SDKS
    assert not any(Requirement(text).name in project.SDKS for text in without[1:])
