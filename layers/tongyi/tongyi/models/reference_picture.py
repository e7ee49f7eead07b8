"""Which links to reference pictures are taken: DashScope fetches them, so anyone on the internet must be able to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tongyi.errors import InvalidParameter

# Names that no public resolver answers for (RFC 6761, RFC 6762, RFC 8375, and common private zones).
_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test", ".invalid")


def public_url(url: str) -> str:
    """The link as given. Raises InvalidParameter where it is not public, or not in ASCII."""
    if not url.isascii() or any(character.isspace() for character in url):
        raise InvalidParameter(
            "ref_img: the URL must not hold Chinese or other non-ASCII characters, or spaces."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidParameter("ref_img: this is no valid URL.") from None
    if parts.scheme not in ("http", "https") or not _is_public_host(host):
        raise InvalidParameter("ref_img: must be an http or https URL that anyone on the internet can open.")
    return url


def _is_public_host(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.removesuffix(".")
        labels = name.split(".")
        # A last label with digits is an address in disguise (127.1, 0x7f.1), unless it is a name in Punycode.
        named = labels[-1].isalpha() or labels[-1].startswith("xn--")
        return len(labels) > 1 and all(labels) and named and not name.endswith(_PRIVATE_ENDINGS)
