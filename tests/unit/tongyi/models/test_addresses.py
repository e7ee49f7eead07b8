"""IPv4 addresses as hosts spell them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from tongyi.models.addresses import parse_ipv4


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f.1.", "127.0.0.1"),
        ("0177.0.1", "127.0.0.1"),
        ("4294967295", "255.255.255.255"),
        ("1.0xffffff", "1.255.255.255"),
        ("0x", "0.0.0.0"),
    ],
)
def test_address_is_read_as_resolvers_do(host: str, address: str) -> None:
    assert parse_ipv4(host) == IPv4Address(address)


@pytest.mark.parametrize(
    "host",
    [
        "1.2.3.4.0",
        "1.256.1",
        "256.1",
        "1.2.3.256",
        "1.16777216",
        "4294967296",
        "1..1",
        "1_0.1",
        "+1.1",
        "08",
        "",
    ],
)
def test_address_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_ipv4(host)
