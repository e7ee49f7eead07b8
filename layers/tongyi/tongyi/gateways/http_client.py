"""Reading HTTP replies with an end to it.

`requests` bounds each wait for bytes, not the whole: a server that sends one byte now and then holds it for ever. So
bodies are read as they come, against a deadline and a limit of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tongyi.clock import Deadline

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 256 * 1024
CONNECT_SECONDS = 3.05
# Of a length that can be meant; of some thousand digits Python itself makes no number.
MOST_DIGITS = 18
# A deadline that is all but over still makes one short try, and no time-out of zero, which means none.
SHORTEST_WAIT = 0.1


class BodyTooSlow(Exception):
    """Raised when the deadline passed before the body was whole."""


class BodyTooLarge(Exception):
    """Raised when the body is longer than was allowed."""


class BodyBroken(Exception):
    """Raised when the connection ended before the body was whole."""


def new_session() -> requests.Session:
    """A session that takes no proxy, credentials or certificates from the environment, and keeps deadlines."""
    import requests

    from tongyi.gateways.deadline_adapter import DeadlineAdapter

    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter())
    return session


@contextmanager
def reply(
    session: requests.Session, method: str, url: str, deadline: Deadline, wait: float, **options: Any
) -> Iterator[requests.Response]:
    """Sends a request and hands out its reply, whose body is still to be read; redirects are not followed.

    `wait` bounds, in seconds, each wait for bytes; at the deadline the connection is cut, wherever the reply is. Raises
    requests.RequestException.
    """
    from tongyi.gateways.deadline_adapter import ends_at

    wait = max(min(wait, deadline.left), SHORTEST_WAIT)
    timeout = (min(CONNECT_SECONDS, wait), wait)
    with (
        ends_at(deadline),
        session.request(
            method, url, timeout=timeout, allow_redirects=False, stream=True, **options
        ) as response,
    ):
        yield response


def body_chunks(response: requests.Response, deadline: Deadline, max_bytes: int) -> Iterator[bytes]:
    """The body of a streamed response, piece by piece, as it arrives.

    Raises BodyTooSlow, BodyTooLarge or BodyBroken; each piece has at most 256 KiB.
    """
    announced = _announced_length(response)
    if announced > max_bytes:
        raise BodyTooLarge
    received = 0
    while chunk := _next_chunk(response, deadline):
        received += len(chunk)
        if received > max_bytes:
            raise BodyTooLarge
        yield chunk
    if announced == -1 and deadline.passed:
        # It may have been cut off there: nothing says where such a body ends.
        raise BodyTooSlow
    if "Content-Encoding" not in response.headers and -1 < announced != received:
        raise _incomplete(deadline)


def _next_chunk(response: requests.Response, deadline: Deadline) -> bytes:
    """What has arrived, nothing at the end of the body."""
    from urllib3.exceptions import HTTPError

    if deadline.passed:
        raise BodyTooSlow
    try:
        return response.raw.read1(CHUNK_BYTES, decode_content=True)
    except (HTTPError, OSError) as error:
        raise _incomplete(deadline) from error


def _incomplete(deadline: Deadline) -> Exception:
    """Why a body is not whole: what ends after the deadline was cut off by it."""
    return BodyTooSlow() if deadline.passed else BodyBroken()


def _announced_length(response: requests.Response) -> int:
    """The Content-Length, or -1 where there is none."""
    header = response.headers.get("Content-Length")
    if header is None:
        return -1
    if not (header.isascii() and header.isdecimal()):
        raise BodyBroken
    if len(header) > MOST_DIGITS:
        raise BodyTooLarge
    return int(header)


def read_body(response: requests.Response, deadline: Deadline, max_bytes: int) -> bytes:
    """The whole body of a streamed response; raises as `body_chunks` does."""
    return b"".join(body_chunks(response, deadline, max_bytes))
