"""Links to hosts of the public Internet, taken apart in the one way that every reader agrees on."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from tongyi.models.addresses import is_public, looks_like_ipv4, parse_ipv4

# What a URL is made of (RFC 3986), but for "#": anything else is read in different ways by different readers.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
# A name, or an address of IPv6 (without a zone, which only a local one has); and a port. No user, no password.
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::[0-9]{1,5})?")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
_LOCAL = ("localhost",)
_DEFAULT_PORTS = {"https": 443, "http": 80}


def split_url(url: str) -> SplitResult:
    """The parts of an http or https link that every reader divides in the same way. Raises ValueError for any other."""
    if not _CHARACTERS.fullmatch(url):
        raise ValueError(url)
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not _NETLOC.fullmatch(parts.netloc) or not port_of(parts):
        raise ValueError(url)
    return parts


def port_of(parts: SplitResult) -> int:
    """The port of a link, named or not."""
    return parts.port if parts.port is not None else _DEFAULT_PORTS[parts.scheme]


def is_address(parts: SplitResult) -> bool:
    """Whether the host is an address, in whatever way it is written."""
    return parts.netloc.startswith("[") or looks_like_ipv4(parts.hostname or "")


def is_public_host(parts: SplitResult) -> bool:
    """Whether the host is a public address or a name, wherever that leads. Raises ValueError for what is no host."""
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        return is_public(IPv6Address(host))
    if looks_like_ipv4(host):
        return is_public(parse_ipv4(host))
    name = host.rstrip(".")
    return bool(_NAME.fullmatch(host)) and name.rpartition(".")[2] not in _LOCAL
