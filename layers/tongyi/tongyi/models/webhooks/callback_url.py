"""Where webhooks may be sent to.

A link over https to a public host; or to one of the origins that the operator vouches for, which alone may be plain
http or have a private address. Whether a name leads to a private address is checked with each call: see
`gateways.outbound.webhook_sender`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tongyi.errors import InvalidParameter
from tongyi.models.public_url import is_public_host, port_of, split_url

MOST_CHARACTERS = 2048
TAKES = (
    f"callback_url: takes an absolute https URL of at most {MOST_CHARACTERS} ASCII characters, with a public host, "
    "and without a user, a password or a fragment."
)


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """The rules; `origins` as in the setting WEBHOOK_ORIGINS: `scheme://host`, any port, or `scheme://host:port`."""

    origins: tuple[str, ...] = ()

    def check(self, url: str) -> None:
        """Raises InvalidParameter for a link that webhooks are not sent to."""
        try:
            parts = _split(url)
            if not self._is_vouched_for(parts) and not (parts.scheme == "https" and is_public_host(parts)):
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
            if same and origin.port in (None, port_of(parts)):
                return True
        return False


def _split(url: str) -> SplitResult:
    """Raises ValueError for what is no link, or too long."""
    if len(url) > MOST_CHARACTERS:
        raise ValueError(url)
    return split_url(url)
