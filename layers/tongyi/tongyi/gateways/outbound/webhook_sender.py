"""Makes one attempt to hand a webhook over, to a public address and no other."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tongyi.clock import Clock, Deadline
from tongyi.errors import InvalidParameter
from tongyi.gateways.dashscope.errors import retry_after_seconds
from tongyi.gateways.http_client import new_session, reply
from tongyi.models.addresses import is_public_text
from tongyi.models.webhooks.callback_url import CallbackRules
from tongyi.models.webhooks.delivery import AttemptError

if TYPE_CHECKING:
    import requests

# All of an attempt, and each wait for bytes within it.
TOTAL_SECONDS = 15
# So much of a reply is read, so that its receiver can finish it, and thrown away.
MOST_BYTES = 4096
# Of refusals only these say when to come back.
_MAY_ASK = (429, 503)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an attempt: an HTTP status, or why there is none; and how many seconds the receiver asks for."""

    duration_ms: int
    status_code: int | None = None
    error: AttemptError | None = None
    retry_after: float | None = None


class WebhookSender:
    """POSTs to receivers. It follows no redirect, and keeps nothing of what they say but the status."""

    def __init__(self, rules: CallbackRules, clock: Clock, seconds: float = TOTAL_SECONDS) -> None:
        self._rules = rules
        self._clock = clock
        self._seconds = seconds

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        """One attempt. Raises nothing: whatever goes wrong is told by the result."""
        began, deadline = time.monotonic(), Deadline.after(self._seconds)
        status, error, asked = self._attempt(url, body, headers, deadline)
        return Sent(round((time.monotonic() - began) * 1000), status, error, asked)

    def _attempt(
        self, url: str, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> tuple[int | None, AttemptError | None, float | None]:
        import requests

        try:
            addresses = self._addresses(url)
            status, asked = self._call(url, body, headers, addresses, deadline)
            return status, None, asked
        except InvalidParameter:
            return None, AttemptError.URL_NOT_ALLOWED, None
        except _PrivateAddress:
            return None, AttemptError.PRIVATE_ADDRESS, None
        except (requests.RequestException, OSError, ValueError) as fault:
            return None, _reason(fault, deadline), None

    def _addresses(self, url: str) -> list[str]:
        """The addresses of the link's host, all of them public, or the operator vouches for its origin."""
        self._rules.check(url)
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._rules.vouches_for(url) and not all(map(is_public_text, addresses)):
            raise _PrivateAddress
        return addresses

    def _call(
        self, url: str, body: bytes, headers: Mapping[str, str], addresses: list[str], deadline: Deadline
    ) -> tuple[int, float | None]:
        import requests
        from urllib3.exceptions import HTTPError

        from tongyi.gateways.outbound.pinned_adapter import PinnedAdapter, pinned

        with new_session() as session, pinned(addresses, deadline):
            for scheme in ("http://", "https://"):
                session.mount(scheme, PinnedAdapter())
            given = {"headers": dict(headers), "data": body}
            with reply(session, "POST", url, deadline, self._seconds, **given) as response:
                # A head that was cut off in the middle looks like a whole one.
                if deadline.passed:
                    raise requests.ReadTimeout
                asked = self._asked(response)
                # It has said what became of it: how the rest comes along does not matter.
                with suppress(HTTPError, OSError, ValueError):
                    response.raw.read1(MOST_BYTES, decode_content=False)
                return response.status_code, asked

    def _asked(self, response: requests.Response) -> float | None:
        if response.status_code not in _MAY_ASK:
            return None
        with suppress(OverflowError, ValueError):
            return retry_after_seconds(response.headers.get("Retry-After"), self._clock)
        return None


class _PrivateAddress(Exception):
    """Raised when a name leads to an address that is not public."""


def _reason(fault: Exception, deadline: Deadline) -> AttemptError:
    import requests

    if isinstance(fault, socket.gaierror | UnicodeError):
        return AttemptError.HOST_NOT_FOUND
    if deadline.passed or isinstance(fault, requests.Timeout):
        return AttemptError.TIMEOUT
    if isinstance(fault, requests.exceptions.SSLError):
        return AttemptError.TLS_FAILED
    return AttemptError.CONNECTION_FAILED
