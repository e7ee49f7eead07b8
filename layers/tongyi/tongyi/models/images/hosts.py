"""Which hosts pictures may be copied from.

An entry is a host name, which allows https on port 443 of exactly that host, or a full origin such as
`http://127.0.0.1:9000`, which allows exactly that origin. Only such an explicit origin can ever allow plain http or a
private address. Names are compared whole: anyone can register a bucket name that ends like DashScope's.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from tongyi.errors import PictureRefused


@dataclass(frozen=True, slots=True)
class PictureHosts:
    """The allow-list; `entries` as in `config.PictureSettings`."""

    entries: tuple[str, ...]

    def admit(self, url: str) -> str:
        """The link to fetch: as given, or upgraded to https. Raises PictureRefused for any other host."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise PictureRefused("The picture's link is malformed.") from None
        # Where there is a password, there is a name, empty or not.
        if parts.username is not None:
            raise PictureRefused("The picture's link carries credentials.")
        if self.is_explicit(url):
            return url
        if host in self.entries and parts.scheme in ("http", "https") and port in (None, 80, 443):
            return urlunsplit(("https", host, parts.path, parts.query, ""))
        raise PictureRefused(f"The picture's host {host[:100]!r} is not in the list of result hosts.")

    def is_explicit(self, url: str) -> bool:
        """Whether the operator named this very origin, and so vouches for its address."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.lower()}" in self.entries
