"""Which addresses are anybody's to call, and which belong to a machine or a network.

Sources: IANA's registries of special-purpose addresses, by way of `ipaddress`; the host parser of the URL standard
(WHATWG) for the ways in which an IPv4 address can be written.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
# Of IPv6 only this part is given out; the others are local, for many at once, or stand for IPv4 addresses.
_GIVEN_OUT = IPv6Network("2000::/3")
# Stand for IPv4 addresses too (6to4 and Teredo).
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
_NUMERIC = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_MOST_PARTS = 4


def is_public(address: Address) -> bool:
    """Whether the address is one of the public Internet's, for one receiver."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    tunneled = any(address in network for network in _TUNNELS)
    return address in _GIVEN_OUT and address.is_global and not tunneled


def is_public_text(text: str) -> bool:
    """The same of an address in its usual form, as a resolver gives it; False for anything else."""
    try:
        return is_public(ip_address(text))
    except ValueError:
        return False


def looks_like_ipv4(host: str) -> bool:
    """Whether whoever resolves the host would take it for an IPv4 address: its last part is a number."""
    return _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def parse_ipv4(host: str) -> IPv4Address:
    """The address behind a host that looks like one: of one to four parts, decimal, octal (0…) or hexadecimal (0x…).

    The last part fills what is left of the address: 127.1 is 127.0.0.1. Raises ValueError for what is none.
    """
    parts = [_number(part) for part in host.rstrip(".").split(".")]
    if len(parts) > _MOST_PARTS or any(part > 0xFF for part in parts[:-1]):
        raise ValueError(host)
    value = parts[-1]
    if value >= 256 ** (_MOST_PARTS + 1 - len(parts)):
        raise ValueError(host)
    for place, part in enumerate(parts[:-1]):
        value += part << 8 * (_MOST_PARTS - 1 - place)
    return IPv4Address(value)


def _number(part: str) -> int:
    if not _NUMERIC.fullmatch(part):
        raise ValueError(part)
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part[0] == "0" else int(part)
