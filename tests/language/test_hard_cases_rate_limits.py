"""What headers say of a provider's limits, in every form that a manifest can name."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from email.utils import formatdate

import pytest

from ai_lib_python import RateLimit
from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.load import load_file
from ai_lib_python.errors import ManifestError
from ai_lib_python.limits.standing import Standing
from ai_lib_python.response import Heard

from .conftest import manifest_of

NOW = 1_767_683_500.0
"""2026-01-06T07:11:40Z"""


def read(words: str, headers: dict[str, str], at: float = NOW) -> RateLimit:
    return Program(load_file(manifest_of(f"rate_limits: {words}"))).rate_limits(headers, at)


@pytest.mark.parametrize(
    ("reset", "header", "seconds"),
    [
        ("{seconds: $headers.r}", "7.5", 7.5),
        ("{milliseconds: $headers.r}", "250", 0.25),
        ("{duration: $headers.r}", "6m0s", 360),
        ("{duration: $headers.r}", "2m59.56s", 179.56),
        ("{duration: $headers.r}", "12ms", 0.012),
        ("{date: $headers.r}", "2026-01-06T07:11:55Z", 15),
        ("{date: $headers.r}", "2026-01-06T07:11:30Z", 0),
        ("{date: $headers.r}", "1767683515000", 15),
        ("{date: $headers.r}", "1767683515", 15),
        ("{date: $headers.r}", formatdate(NOW + 15, usegmt=True), 15),
        ("{duration: $headers.r, seconds: $headers.r}", "9", 9),
        ("{duration: $headers.r}", "soon", None),
        ("{duration: $headers.other}", "9s", None),
    ],
)
def test_a_reset_has_many_forms(reset: str, header: str, seconds: float | None) -> None:
    found = read(f"{{requests: {{remaining: $headers.n, reset: {reset}}}}}", {"n": "1", "r": header})
    assert found.requests == Standing(None, 1, seconds)


@pytest.mark.parametrize("count", ["", "many", "-", "nan", "inf", "1e999"])
def test_a_count_that_is_none_is_not_known(count: str) -> None:
    assert read("{tokens: {limit: $headers.n}}", {"n": count}) == RateLimit()


def test_each_kind_is_told_by_itself() -> None:
    words = (
        "{gradual: true, requests: {limit: $headers.a}, tokens: {limit: $headers.b},"
        " input_tokens: {remaining: $headers.c or $headers.d}, output_tokens: {remaining: $headers.e}}"
    )
    found = read(words, {"a": "10", "d": "30"})
    assert found == RateLimit(requests=Standing(10, gradual=True), input_tokens=Standing(None, 30, gradual=True))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("{request: {limit: $headers.a}}", "requests"),
        ("{requests: {left: $headers.a}}", "left"),
        ("{requests: {reset: {minutes: $headers.a}}}", "minutes"),
        ("{requests: {limit: $header.a}}", "headers"),
    ],
)
def test_a_wrong_word_is_told(words: str, problem: str) -> None:
    with pytest.raises(ManifestError, match=problem):
        read(words, {})


def test_headers_are_read_once_and_only_when_somebody_asks() -> None:
    moments: list[float] = []

    def reading(headers: Mapping[str, str], now: float) -> RateLimit:
        moments.append(now)
        return RateLimit(requests=Standing(int(headers["n"])))

    heard = Heard(reading, {"n": "5"}, NOW)
    assert moments == []
    assert (heard.rate_limit, heard.rate_limit) == (RateLimit(requests=Standing(5)),) * 2
    assert moments == [NOW]


def test_what_was_heard_is_pickled_without_the_headers() -> None:
    heard = Heard(
        lambda headers, now: RateLimit(requests=Standing(int(headers["n"]))), {"n": "5", "set-cookie": "planted"}, NOW
    )
    data = pickle.dumps(heard)
    assert b"planted" not in data
    assert pickle.loads(data) == heard
