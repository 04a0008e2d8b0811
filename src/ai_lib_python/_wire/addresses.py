"""Which addresses of the Internet protocol belong to the public, and which to somebody's own network.

What a person writes into a request must not make this machine ask its neighbours, itself, or the metadata service of a
cloud.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_LOW_32 = 0xFFFFFFFF


class NotPublicError(OSError):
    """A host that is not the public's; the message says which, and its address."""


def is_public(address: str) -> bool:
    """Whether an address is one that everybody may ask. What is no address is not."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_public_4(found) if isinstance(found, IPv4Address) else _is_public_6(found)


def check_written(host: str) -> None:
    """Refuses a host that is written as an address and is not public; names are left to who looks them up.

    Raises:
        NotPublicError: it is not public, or spelled so that some would read another address in it.
    """
    bare = host.strip("[]")
    looks_like_one = ":" in bare or bare.replace(".", "").isdigit()
    if looks_like_one and not is_public(bare):
        raise NotPublicError(f"{bare} is no public address")


def check_found(host: str, addresses: Iterable[str]) -> None:
    """Refuses a name of which one address is not public.

    Raises:
        NotPublicError: one is not.
    """
    for address in addresses:
        if not is_public(address):
            raise NotPublicError(f"{host} is at {address}, which is no public address")


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_public_6(address: IPv6Address) -> bool:
    within = _within(address)
    if within is not None:
        return _is_public_4(within)
    special = address.is_multicast or address.is_reserved or address.is_site_local or address in _LOCAL_NAT64
    return address.is_global and not special and address.teredo is None


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, compatible, 6to4, or behind a NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & _LOW_32)
    return None
