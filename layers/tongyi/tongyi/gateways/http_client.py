"""Reading HTTP replies with an end to it.

`requests` bounds each wait for bytes, not the whole: a server that sends one byte now and then holds it for ever. So
bodies are read as they come, against a deadline and a limit of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tongyi.clock import Deadline

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 256 * 1024


class BodyTooSlow(Exception):
    """Raised when the deadline passed before the body was whole."""


class BodyTooLarge(Exception):
    """Raised when the body is longer than was allowed."""


class BodyBroken(Exception):
    """Raised when the connection ended before the body was whole."""


def new_session() -> requests.Session:
    """A session that takes no proxy, credentials or certificates from the environment."""
    import requests

    session = requests.Session()
    session.trust_env = False
    return session


def body_chunks(response: requests.Response, deadline: Deadline, max_bytes: int) -> Iterator[bytes]:
    """The body of a streamed response, piece by piece, as it arrives.

    Raises BodyTooSlow, BodyTooLarge or BodyBroken; each piece has at most 256 KiB.
    """
    from urllib3.exceptions import HTTPError

    announced = int(response.headers.get("Content-Length") or -1)
    if announced > max_bytes:
        raise BodyTooLarge
    received = 0
    while True:
        if deadline.passed:
            raise BodyTooSlow
        try:
            chunk = response.raw.read1(CHUNK_BYTES, decode_content=True)
        except (HTTPError, OSError) as error:
            raise BodyBroken from error
        if not chunk:
            break
        received += len(chunk)
        if received > max_bytes:
            raise BodyTooLarge
        yield chunk
    if "Content-Encoding" not in response.headers and -1 < announced != received:
        raise BodyBroken


def read_body(response: requests.Response, deadline: Deadline, max_bytes: int) -> bytes:
    """The whole body of a streamed response; raises as `body_chunks` does."""
    return b"".join(body_chunks(response, deadline, max_bytes))
