"""Fetches pictures from DashScope's result hosts into a file on disk."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from tongyi.clock import Deadline
from tongyi.errors import PictureGone, PictureRefused, PictureUnavailable
from tongyi.gateways.http_client import BodyBroken, BodyTooLarge, BodyTooSlow, body_chunks, new_session, reply
from tongyi.models.images.hosts import PictureHosts

if TYPE_CHECKING:
    import requests

READ_SECONDS = 10
FETCH_SECONDS = 60
MAX_BYTES = 32 * 1024 * 1024
MAX_REDIRECTS = 3
# The link has expired or its picture was taken away: a fresh link may yet lead to it.
_GONE = (403, 404, 410)
# Compressed transfer would hide the length, and pictures do not compress.
UNCOMPRESSED = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was written: how many bytes, and their SHA-256 in hex."""

    bytes: int
    sha256: str


class PictureSource:
    """Reads from the listed hosts and from no other, redirected or not."""

    def __init__(self, hosts: PictureHosts, seconds: float = FETCH_SECONDS) -> None:
        self._hosts = hosts
        self._seconds = seconds

    def fetch(self, url: str, into: IO[bytes]) -> Fetched:
        """Writes the picture behind `url` to the file, in pieces of at most 256 KiB.

        Raises PictureRefused (final) or PictureUnavailable (may be tried again; PictureGone: over a fresh link).
        """
        import requests

        deadline = Deadline.after(self._seconds)
        try:
            with new_session() as session:
                return self._follow(session, url, into, deadline)
        except BodyTooLarge:
            raise PictureRefused(f"The picture is larger than {MAX_BYTES} bytes.") from None
        except BodyTooSlow:
            raise PictureUnavailable(f"The picture did not come within {self._seconds:g} s.") from None
        except (BodyBroken, requests.RequestException) as error:
            raise PictureUnavailable("The connection to the picture's host broke.") from error
        except ValueError:
            # `requests` itself looks at where a redirect leads, though it was told not to follow it.
            raise PictureRefused("The picture's host redirects to a malformed link.") from None

    def _follow(self, session: requests.Session, url: str, into: IO[bytes], deadline: Deadline) -> Fetched:
        """Copies the picture, after redirects within the listed hosts."""
        for _ in range(MAX_REDIRECTS + 1):
            url = self._hosts.admit(url)
            if not self._hosts.is_explicit(url):
                _check_address(url)
            with reply(session, "GET", url, deadline, READ_SECONDS, headers=UNCOMPRESSED) as response:
                if response.status_code == 200:
                    return _copy(response, into, deadline)
                url = _redirected(url, response)
        raise PictureRefused("The picture's host redirects too often.")


def _redirected(url: str, response: requests.Response) -> str:
    if not response.is_redirect:
        kind = PictureGone if response.status_code in _GONE else PictureUnavailable
        raise kind(f"The picture's host answered with HTTP status {response.status_code}.")
    return urljoin(url, response.headers["Location"])


def _copy(response: requests.Response, into: IO[bytes], deadline: Deadline) -> Fetched:
    digest, size = hashlib.sha256(), 0
    for chunk in body_chunks(response, deadline, MAX_BYTES):
        into.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return Fetched(size, digest.hexdigest())


def _check_address(url: str) -> None:
    """Refuses a listed name that points at a private address. TLS then proves that the host is the one named."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        raise PictureUnavailable(f"The picture's host {host} cannot be resolved.") from None
    if not all(ipaddress.ip_address(str(entry[4][0])).is_global for entry in found):
        raise PictureRefused(f"The picture's host {host} points at a private address.")
