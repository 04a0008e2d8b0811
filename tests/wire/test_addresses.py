"""Which addresses are the public's."""

from __future__ import annotations

import pytest

from ai_lib_python._wire.addresses import NotPublicError, check_found, check_written, is_public


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_ones(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
        "100::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
        "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808", "2001:0:53aa:64c:0:7fff:f5ff:fffe",
        "", "example.com", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5",
    ],
)  # fmt: skip
def test_those_of_somebodys_own_network_and_what_is_none(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "::1", "2130706433", "127.1", "127.0.0.1.", "0177.0.0.1"])
def test_a_host_that_is_written_as_an_address_is_checked_before_it_is_asked(host: str) -> None:
    with pytest.raises(NotPublicError, match="is no public address"):
        check_written(host)


def test_names_and_public_addresses_may_be_written() -> None:
    for host in ("example.com", "localhost", "8.8.8.8", "[2606:2800:220:1::1]", "0x7f.example"):
        check_written(host)


def test_one_private_address_of_a_name_is_one_too_many() -> None:
    check_found("a.example", ["8.8.8.8", "2606:2800:220:1::1"])
    with pytest.raises(NotPublicError, match=r"a\.example is at 10\.0\.0\.1, which is no public address"):
        check_found("a.example", ["8.8.8.8", "10.0.0.1"])
