"""Signatures are those of AWS's published test suite, and of botocore."""

from __future__ import annotations

from datetime import datetime, timezone
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from ai_lib_python._wire.sigv4 import SigningKeys, SigningScope, sign

AT = datetime(2015, 8, 30, 12, 36, tzinfo=timezone.utc)
KEYS = SigningKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SUITE = SigningScope("us-east-1", "service")
HOST = "https://example.amazonaws.com"
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("name", "method", "target", "headers", "signature"),
    [
        ("get-vanilla", "GET", "/", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("post-vanilla", "POST", "/", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "get-vanilla-query-order-key-case",
            "GET",
            "/?Param2=value2&Param1=value1",
            {},
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "get-vanilla-query-order-value",
            "GET",
            "/?Param1=value2&Param1=Value1",
            {},
            "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        ),
        (
            "get-vanilla-utf8-query",
            "GET",
            "/?%E1%88%B4=bar",
            {},
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ),
        (
            "get-unreserved",
            "GET",
            f"/{UNRESERVED}",
            {},
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        (
            "post-vanilla-query",
            "POST",
            "/?Param1=value1",
            {},
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ),
        (
            "get-header-value-trim",
            "GET",
            "/",
            {"my-header1": " value1", "my-header2": ' "a   b   c"'},
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith(("get-", "post-")) else "",
)
def test_the_published_suite(name: str, method: str, target: str, headers: dict[str, str], signature: str) -> None:
    made = sign(method, HOST + target, headers, b"", KEYS, SUITE, AT)
    assert made["authorization"].endswith(f"Signature={signature}")
    assert made["x-amz-date"] == "20150830T123600Z"


@given(
    path=st.lists(
        st.text(st.sampled_from("ab:Z%2F._-~"), min_size=1, max_size=8).filter(lambda step: step.strip(".")), max_size=3
    ),
    body=st.binary(max_size=40),
    token=st.sampled_from([None, "token/with+signs=="]),
)
def test_botocore_signs_the_same(path: list[str], body: bytes, token: str | None) -> None:
    quoted = "/".join(step.replace("%", "%25") for step in path)
    url = f"https://runtime.eu-west-1.amazonaws.com/model/{quoted}"
    request = AWSRequest("POST", url, headers={"content-type": "application/json"}, data=body)
    signer = SigV4Auth(Credentials("AKID", "secret", token), "runtime", "eu-west-1")
    signer.add_auth(request)
    stamp = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ")
    keys, scope = SigningKeys("AKID", "secret", token), SigningScope("eu-west-1", "runtime")
    made = sign("POST", url, {"content-type": "application/json"}, body, keys, scope, stamp)
    assert made["authorization"] == request.headers["Authorization"]
    assert made.get("x-amz-security-token") == token


def both(url: str, headers: dict[str, str]) -> tuple[str, str]:
    """What we sign and what botocore signs, of a GET."""
    request = AWSRequest("GET", url, headers=headers)
    SigV4Auth(Credentials("AKID", "secret"), "runtime", "eu-west-1").add_auth(request)
    stamp = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ")
    made = sign("GET", url, headers, b"", SigningKeys("AKID", "secret"), SigningScope("eu-west-1", "runtime"), stamp)
    return made["authorization"], request.headers["Authorization"]


@given(
    pairs=st.lists(st.tuples(st.text("aA-=&%~/ é", min_size=1), st.text("bB-=+ :é")), max_size=4),
)
def test_a_query_is_sorted_by_name_and_then_by_value(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    ours, theirs = both(f"https://runtime.example/models?{query}", {})
    assert ours == theirs


def test_a_name_that_begins_another_goes_first() -> None:
    ours, theirs = both("https://runtime.example/?a-b=2&a=1", {})
    assert ours == theirs


@pytest.mark.parametrize(
    "url",
    [
        "https://runtime.example:443/",
        "https://runtime.example:8443/",
        "http://runtime.example:80/",
        "http://runtime.example:443/",
        "https://Runtime.EXAMPLE/",
        "https://user:word@runtime.example/",
    ],
)
def test_the_host_is_signed_as_it_is_sent(url: str) -> None:
    ours, theirs = both(url, {})
    assert ours == theirs


def test_a_host_that_the_caller_sets_is_signed() -> None:
    ours, theirs = both("https://127.0.0.1:8443/", {"host": "runtime.example"})
    assert ours == theirs


def test_keys_are_in_no_repr() -> None:
    assert "EXAMPLE" not in repr(KEYS)
