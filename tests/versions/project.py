"""What ``pyproject.toml`` says that the library needs, and that its tests need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[no-redef, import-not-found, unused-ignore]

ROOT = Path(__file__).parents[2]

EXTRAS = ("aws", "google", "keyring", "prices")
"""What users may install beside the library."""

SDKS = frozenset({"anthropic", "boto3", "cohere", "google-genai", "groq", "mistralai", "ollama", "openai"})
"""The vendors' own clients, which only some tests need."""


def project() -> dict[str, Any]:
    """The table ``project``."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def of_users() -> list[Requirement]:
    """The packages that the library runs with, those of its extras too."""
    told = project()
    optional = told["optional-dependencies"]
    return [
        Requirement(text) for text in (*told["dependencies"], *(text for name in EXTRAS for text in optional[name]))
    ]


def of_tests(*, sdks: bool) -> list[str]:
    """The packages that the tests are made with, and the library with its extras."""
    wanted = project()["optional-dependencies"]["test"]
    ours = [text for text in wanted if Requirement(text).name not in SDKS | {project()["name"]}]
    theirs = [text for text in wanted if Requirement(text).name in SDKS] if sdks else []
    return [f".[{','.join(EXTRAS)}]", *ours, *theirs]


def lowest() -> list[str]:
    """The lowest version of each package that the library runs with, as it is installed.

    Raises:
        ValueError: a package has no lowest version.
    """
    return [f"{each.name}=={_bound(each)}" for each in of_users()]


def _bound(wanted: Requirement) -> str:
    bounds = [each.version for each in wanted.specifier if each.operator == ">="]
    if len(bounds) != 1:
        raise ValueError(f"{wanted} has no lowest version")
    return bounds[0]
