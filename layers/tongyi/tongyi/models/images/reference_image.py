"""Which links to reference pictures are taken.

DashScope fetches them: either anyone on the internet can, or they lead to where DashScope let the caller upload to.
"""

from __future__ import annotations

import re

from tongyi.errors import InvalidParameter
from tongyi.models.public_url import is_address, is_public_host, split_url

# Names that no public resolver answers for (RFC 6761, RFC 6762, RFC 8375, and common private zones).
_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test", ".invalid")
# The last part is the name of the caller's own file: it may be in any language.
_UPLOADED = re.compile(r"oss://([A-Za-z0-9_./-]{1,512})/[^/\x00-\x1f]{1,255}")


def upload_directory(link: str) -> str | None:
    """The directory that an uploaded picture lies in; None for a link of another kind."""
    found = _UPLOADED.fullmatch(link)
    return found[1] if found else None


def reference_link(url: str) -> str:
    """The link as given. Raises InvalidParameter where it is neither public nor an upload, or not in ASCII."""
    if upload_directory(url):
        return url
    if not url.isascii() or any(character.isspace() for character in url):
        raise InvalidParameter(
            "ref_img: the URL must not hold Chinese or other non-ASCII characters, or spaces."
        )
    try:
        # What stands behind "#" is the caller's own: it is not sent along.
        parts = split_url(url.partition("#")[0])
        public = is_public_host(parts) and (is_address(parts) or _is_public_name(parts.hostname or ""))
    except ValueError:
        raise InvalidParameter("ref_img: this is no valid URL.") from None
    if not public:
        raise InvalidParameter(
            "ref_img: must be an http or https URL that anyone on the internet can open, or an oss:// upload."
        )
    return url


def _is_public_name(host: str) -> bool:
    """DashScope alone looks the name up: so more is asked of it than of one that is called from here."""
    name = host.removesuffix(".")
    labels = name.split(".")
    named = labels[-1].isalpha() or labels[-1].startswith("xn--")
    return len(labels) > 1 and named and not name.endswith(_PRIVATE_ENDINGS)
