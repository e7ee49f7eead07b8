"""Where webhooks may be sent to.

A link over https to a public host; or to one of the origins that the operator vouches for, which alone may be plain
http or have a private address. Whether a name leads to a private address is checked with each call: see
`gateways.webhook_sender`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from tongyi.errors import InvalidParameter
from tongyi.models.addresses import is_public, looks_like_ipv4, parse_ipv4

MOST_CHARACTERS = 2048
TAKES = (
    f"callback_url: takes an absolute https URL of at most {MOST_CHARACTERS} ASCII characters, with a public host, "
    "and without a user, a password or a fragment."
)
# What a URL is made of (RFC 3986), but for "#": anything else is read in different ways by different readers.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
# A name, or an address of IPv6 (without a zone, which only a local one has); and a port.
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::[0-9]{1,5})?")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
_LOCAL = ("localhost",)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """The rules; `origins` as in the setting WEBHOOK_ORIGINS: `scheme://host`, any port, or `scheme://host:port`."""

    origins: tuple[str, ...] = ()

    def check(self, url: str) -> None:
        """Raises InvalidParameter for a link that webhooks are not sent to."""
        try:
            parts = _split(url)
            if not self._is_vouched_for(parts) and not (parts.scheme == "https" and _is_public_host(parts)):
                raise ValueError(url)
        except ValueError:
            # Nothing of it is repeated: a link may hold a secret of its receiver's.
            raise InvalidParameter(TAKES) from None

    def vouches_for(self, url: str) -> bool:
        """Whether the operator named the link's origin, and so vouches for its address; of links that pass `check`."""
        return self._is_vouched_for(_split(url))

    def _is_vouched_for(self, parts: SplitResult) -> bool:
        for origin in map(urlsplit, self.origins):
            same = (origin.scheme.lower(), origin.hostname) == (parts.scheme, parts.hostname)
            if same and origin.port in (None, _port(parts)):
                return True
        return False


def _split(url: str) -> SplitResult:
    """The parts of a link that every reader divides in the same way. Raises ValueError for any other."""
    if len(url) > MOST_CHARACTERS or not _CHARACTERS.fullmatch(url):
        raise ValueError(url)
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not _NETLOC.fullmatch(parts.netloc) or not _port(parts):
        raise ValueError(url)
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else _DEFAULT_PORTS[parts.scheme]


def _is_public_host(parts: SplitResult) -> bool:
    """Raises ValueError for what is no host at all."""
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        return is_public(IPv6Address(host))
    if looks_like_ipv4(host):
        return is_public(parse_ipv4(host))
    name = host.rstrip(".")
    return bool(_NAME.fullmatch(host)) and name.rpartition(".")[2] not in _LOCAL
