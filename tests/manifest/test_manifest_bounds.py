"""A manifest that somebody wrote to do harm is refused, soon, and by an error that says where: it becomes neither huge
nor endless, reads no file but manifests, and runs nothing."""

from __future__ import annotations

import builtins
import io
import os
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from ai_lib_python import AiClient
from ai_lib_python._compile.program import Program
from ai_lib_python._manifest import folders
from ai_lib_python._manifest.bounds import MOST_BYTES, MOST_LETTERS, check_fragments
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python._manifest.sites import host_fits
from ai_lib_python.errors import ManifestError, UnknownModelError
from ai_lib_python.simulator.routing import _placeholders

SOON = 10
"""Seconds, on a slow machine; what is not bounded takes hours, or all memory."""

TURNS = {"roles": {"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"}}


def made(body: Any = None, **sections: Any) -> dict[str, Any]:
    return {
        "id": "mine",
        "kind": "dialect",
        "endpoint": {"base_url": "https://mine.example"},
        "request": {"path": "/x", "turns": TURNS, "body": body or {}},
        **sections,
    }


def compiled(source: Any) -> None:
    """Does with a manifest all that can be done with it."""
    manifest = load_file(source)
    for _, write in Program(manifest).writers():
        write()
    _ = Program(manifest).encode, Program(manifest).read_response


def nested(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for _ in range(levels):
        node = {"a": node}
    return node


def circle() -> dict[str, Any]:
    node: dict[str, Any] = {}
    node["a"] = node
    return node


def doubling(count: int, of: Any = "x") -> dict[str, Any]:
    """Fragments each of which uses the next one twice."""
    twice = {f"f{n}": {"a": {"$use": f"f{n + 1}"}, "b": {"$use": f"f{n + 1}"}} for n in range(count)}
    return {**twice, f"f{count}": of}


def chained(count: int) -> dict[str, Any]:
    return {**{f"f{n}": {"$use": f"f{n + 1}"} for n in range(count)}, f"f{count}": "x"}


HARMFUL: dict[str, tuple[dict[str, Any], str]] = {
    "deep": (made(nested(3000)), "more than 100 levels deep"),
    "in a circle": (made(circle()), "more than 100 levels deep"),
    "wide": (made({f"k{n}": n for n in range(60_000)}), "more than 50,000 values"),
    "a long text": (made({"x": "a" * (MOST_LETTERS + 1)}), "more than 10,000 characters"),
    "many expressions in a text": (made({"x": "${$model}" * 20_000}), "more than 10,000 characters"),
    "a huge number": (made({"x": 10**5000}), "too large"),
    "a huge number below zero": (made({"x": -(2**64)}), "too large"),
    "fragments that double": (made({"x": {"$use": "f0"}}, fragments=doubling(40)), "more than 50,000 values"),
    "fragments that double in an answer": (
        made(fragments=doubling(40, {"text": ".a"}), response={"steps": {"$use": "f0"}}),
        "more than 50,000 values",
    ),
    "a chain of fragments": (made({"x": {"$use": "f0"}}, fragments=chained(3000)), "more than 100 levels deep"),
    "one fragment, often": (
        made({f"k{n}": {"$use": "f"} for n in range(2000)}, fragments={"f": [0] * 2000}),
        "request: with the fragments that it uses, it has more than 50,000 values",
    ),
    "loops in loops": (
        made(response={"steps": eval('{"$each": ".a", "$do": ' * 40 + '{"text": ".a"}' + "}" * 40)}),
        "nested too deep",
    ),
}


@pytest.mark.parametrize(("source", "told"), HARMFUL.values(), ids=HARMFUL)
def test_what_would_become_huge_is_refused_before_it_does(source: dict[str, Any], told: str) -> None:
    began = perf_counter()
    with pytest.raises(ManifestError, match=told) as caught:
        compiled(source)
    assert perf_counter() - began < SOON
    assert len(str(caught.value)) < 2000


FILES: dict[str, tuple[str, str]] = {
    "lists in lists": ("id: mine\nx: " + "[" * 100_000, "nest"),
    "maps in maps": ("id: mine\n" + "".join(" " * n + "a:\n" for n in range(1500)), "nest"),
    "aliases that double": (
        "id: mine\na0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        "more than 50000 values",
    ),
    "an alias in its anchor": ("id: mine\na: &a [*a]\n", "inside its own anchor"),
    "a huge number": ("id: mine\nx: " + "9" * 5000, "too large"),
    "a huge number in base 16": ("id: mine\nx: 0x" + "f" * 500_000, "too large"),
    "a long text": ("id: mine\nx: " + "a" * 50_000, "more than 10,000 characters"),
    "a huge file": ("id: mine\n" + "#" * MOST_BYTES, "at most 4,194,304 bytes"),
    "an object": ("id: !!python/object/apply:os.system ['true']\n", "tags are not allowed"),
    "a module": ("id: !!python/module:os\n", "tags are not allowed"),
    "a merge": ("id: mine\nx: {<<: {a: 1}}\n", "merge keys"),
}


@pytest.mark.parametrize(("text", "told"), FILES.values(), ids=FILES)
def test_a_file_that_would_become_huge_or_run_is_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    began = perf_counter()
    with pytest.raises(ManifestError, match=told):
        load_file(path)
    assert perf_counter() - began < SOON


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no endless file here")
def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(ManifestError, match="at most"):
        load_file("/dev/zero")


def test_no_bundled_manifest_comes_near_a_bound() -> None:
    for path in (*folders.bundled_providers(), *folders.bundled_dialects()):
        check_fragments(load(path.stem))
        assert path.stat().st_size < MOST_BYTES / 20


# Files


SECRETS = ["../../../etc/passwd", "/etc/passwd", "..", "C:\\secrets", "file:///etc/passwd", "a/b", "~/.ssh/id"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_manifest_extends_no_file_but_manifests(name: str) -> None:
    with pytest.raises(ManifestError):
        load_file({"id": "mine", "extends": name})
    with pytest.raises((ManifestError, UnknownModelError)):
        load(name)


async def test_a_manifest_reads_no_file_but_manifests_whatever_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each place where a manifest has a text of its own names a file; what is opened is looked at."""
    secret = tmp_path / "secret.yaml"
    secret.write_text("id: secret\n")
    opened: list[str] = []
    real = io.open

    def noting(file: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(str(file))
        return real(file, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", noting)
    monkeypatch.setattr(io, "open", noting)
    text = f"file://{secret}"
    source = {
        "id": "mine",
        "extends": "openai-chat",
        "name": text,
        "notes": text,
        "endpoint": {"base_url": "https://mine.example", "headers": {"x-file": text, "x-at": f"@{secret}"}},
        "auth": {"scheme": "none"},
        "request": {"body": {"file": text, "at": f"@{secret}", "include": f"!include {secret}"}},
    }
    asked = await AiClient.create("m", manifest=source)
    assert asked.chat().user("hi").preview().body["at"] == f"@{secret}"
    assert not [name for name in opened if name.startswith(str(tmp_path))]


# Patterns


@pytest.mark.parametrize("pattern", ["*a" * 30 + "*b", "*" * 50 + "b", "*." * 40 + "b", "a*" * 60])
def test_a_pattern_of_hosts_takes_no_longer_for_a_host_that_nearly_fits(pattern: str) -> None:
    began = perf_counter()
    assert not host_fits("a" * 60 + "." + "a" * 60 + ".c", [pattern])
    assert perf_counter() - began < 1


@pytest.mark.parametrize("glob", ["*a" * 30 + "*b", "*" * 100 + "b", "[a-z]*" * 30 + "1"])
def test_a_pattern_of_models_takes_no_longer_for_a_name_that_nearly_fits(glob: str) -> None:
    manifest = load_file(made(models=[{"match": glob, "parameters": {"seed": {"refused": "no"}}}]))
    began = perf_counter()
    assert manifest.for_model("a" * 2000) is manifest
    assert perf_counter() - began < 1


HOSTS = [
    ("api.example.com", "api.example.com", True),
    ("API.example.com", "api.EXAMPLE.com", True),
    ("api.example.com", "*.example.com", True),
    ("a.b.example.com", "*.example.com", True),
    ("example.com", "*.example.com", False),
    (".example.com", "*.example.com", False),
    ("a..example.com", "*.example.com", False),
    ("evilexample.com", "*.example.com", False),
    ("a-x.example.com", "a-*.example.com", True),
    ("a-.example.com", "a-*.example.com", True),
    ("a-x.y.example.com", "a-*.example.com", False),
    ("a-x-b.example.com", "a-*-b.example.com", True),
    ("a-b.example.com", "a-*-b.example.com", False),
    ("x.eu-1.example.com", "*.eu-*.example.com", True),
    ("api.example.com.evil.org", "api.example.com", False),
    ("apiXexample.com", "api.example.com", False),
    ("", "*", True),
    ("a\n", "a", False),
]


@pytest.mark.parametrize(("host", "pattern", "fits"), HOSTS)
def test_a_pattern_covers_the_hosts_that_it_says(host: str, pattern: str, fits: bool) -> None:
    assert host_fits(host, [pattern]) is fits


ROUTES = [
    ("/chat", "/chat", {"prefix_": ""}),
    ("/chat", "/chat/", {"prefix_": ""}),
    ("/chat", "/v1/chat", {"prefix_": "/v1"}),
    ("/chat", "/v1chat", None),
    ("/m/{model}/run", "/m/a/b/run", {"prefix_": "", "model": "a/b"}),
    ("/m/{model}/run", "/x/m/a/run/", {"prefix_": "/x", "model": "a"}),
    ("/m/{model}/run", "/m/m/a/run", {"prefix_": "/m", "model": "a"}),
    ("/m/{model}/run", "/m//run", None),
    ("/m/{model}:go", "/m/a:b:go", {"prefix_": "", "model": "a:b"}),
    ("/{a}/{b}", "/x/y/z", {"prefix_": "/x", "a": "y", "b": "z"}),
    ("/{a}/x/{b}", "/p/x/q/x/r", {"prefix_": "/p/x", "a": "q", "b": "r"}),
]


@pytest.mark.parametrize(("route", "path", "found"), ROUTES)
def test_a_route_of_the_simulator_finds_what_stands_in_its_placeholders(
    route: str, path: str, found: dict[str, str] | None
) -> None:
    assert _placeholders(route, path) == found


@pytest.mark.parametrize("route", ["{a}" * 20 + "!", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/!", "/a{a}" * 20 + "!", "{a}{a}"])
def test_a_route_takes_no_longer_for_a_path_that_nearly_fits(route: str) -> None:
    began = perf_counter()
    _placeholders(route, "/a" * 4000)
    assert perf_counter() - began < 1
