"""What is installed: the package, what tells of it, and nothing else."""

from __future__ import annotations

import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path, PurePosixPath

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

from ai_lib_python import __version__

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[no-redef, import-not-found, unused-ignore]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ai_lib_python"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
INFO = f"ai_lib_python-{__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built by the build backend itself, without a network."""
    [built] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return zipfile.ZipFile(built)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> tarfile.TarFile:
    [built] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")), versions=["standard"])
    return tarfile.open(built)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return message_from_bytes(wheel.read(f"{INFO}/METADATA"))


def of_the_source() -> set[str]:
    """The files of the package, as they are called in a wheel."""
    kept = (path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(SOURCE.parent).as_posix() for path in kept}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    told = {name for name in names if name.startswith(f"{INFO}/")}
    assert names - told == of_the_source()
    assert {PurePosixPath(name).relative_to(INFO).as_posix() for name in told} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE-APACHE",
        "licenses/LICENSE-MIT",
    }


def test_nothing_of_it_runs_when_python_starts_or_is_compiled(wheel: zipfile.ZipFile) -> None:
    kinds = {PurePosixPath(name).suffix for name in wheel.namelist() if not name.startswith(INFO)}
    assert kinds == {".py", ".yaml", ".json", ".typed"}
    names = {PurePosixPath(name).name for name in wheel.namelist()}
    assert not names & {"sitecustomize.py", "usercustomize.py", "conftest.py"}
    assert b"Root-Is-Purelib: true" in wheel.read(f"{INFO}/WHEEL")


def test_every_file_of_it_is_plain(wheel: zipfile.ZipFile) -> None:
    for info in wheel.infolist():
        assert not PurePosixPath(info.filename).is_absolute()
        assert ".." not in PurePosixPath(info.filename).parts
        assert (info.external_attr >> 28) in (0, 8), info.filename  # no links


def test_the_manifests_are_in_it(wheel: zipfile.ZipFile) -> None:
    for folder in ("providers", "dialects"):
        there = {name for name in wheel.namelist() if name.startswith(f"ai_lib_python/manifests/{folder}/")}
        assert len(there) == len(list((SOURCE / "manifests" / folder).glob("*.yaml"))) > 10
    assert {"ai_lib_python/py.typed", "ai_lib_python/manifests/aliases.yaml"} <= set(wheel.namelist())


def test_it_needs_what_the_project_says(metadata: Message) -> None:
    wanted = {str(Requirement(text)) for text in PROJECT["dependencies"]}
    found = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    assert {str(each) for each in found if each.marker is None} == wanted
    extras = set(PROJECT["optional-dependencies"])
    assert set(metadata.get_all("Provides-Extra", [])) == extras
    assert all("extra ==" in str(each.marker) for each in found if each.marker is not None)


def test_it_tells_its_licence_its_python_and_its_command(metadata: Message, wheel: zipfile.ZipFile) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("ai-lib-python", __version__)
    assert metadata["License-Expression"] == "Apache-2.0 OR MIT"
    assert metadata.get_all("License-File") == ["LICENSE-APACHE", "LICENSE-MIT"]
    assert metadata["Requires-Python"] == ">=3.10"
    assert wheel.read(f"{INFO}/entry_points.txt").decode().split() == [
        "[console_scripts]",
        "ai-lib",
        "=",
        "ai_lib_python.cli:main",
    ]


def test_the_source_distribution_holds_what_the_wheel_is_made_of_and_the_tests(sdist: tarfile.TarFile) -> None:
    root = f"ai_lib_python-{__version__}/"
    names = {name.removeprefix(root) for name in sdist.getnames()}
    assert {f"src/{name}" for name in of_the_source()} <= names
    tops = {name.partition("/")[0] for name in names}
    assert tops <= {
        "src", "tests", "docs", "examples", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT",
        "pyproject.toml", "PKG-INFO", ".gitignore",
    }  # fmt: skip
    assert {"pyproject.toml", "PKG-INFO", "README.md", "LICENSE-APACHE", "LICENSE-MIT", "docs/keys.md"} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pth", ".pyc", ".pem", ".env"))]
    assert all(member.isfile() for member in sdist.getmembers())
