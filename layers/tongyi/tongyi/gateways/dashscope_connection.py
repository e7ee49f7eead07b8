"""One call of DashScope: sent with the key, read to a deadline, and its errors told apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tongyi.clock import Clock, Deadline
from tongyi.config import DashScopeSettings
from tongyi.errors import UpstreamAmbiguous, UpstreamUnreachable
from tongyi.gateways.dashscope_replies import UnexpectedReply
from tongyi.gateways.http_client import BodyBroken, BodyTooLarge, BodyTooSlow, new_session, read_body, reply
from tongyi.gateways.upstream_errors import retry_after_seconds, upstream_error

if TYPE_CHECKING:
    import requests

Parsed = TypeVar("Parsed")

MAX_REPLY_BYTES = 4 * 1024 * 1024


class DashScopeConnection:
    """The way to one DashScope account in one region. `key` is asked for the API key on each call."""

    def __init__(self, settings: DashScopeSettings, key: Callable[[], str], clock: Clock) -> None:
        self._settings = settings
        self._key = key
        self._clock = clock
        self._kept: requests.Session | None = None

    def prepare(self) -> None:
        """Loads what a call needs and fetches the key, so that the next call leaves without delay.

        Raises ConfigurationError where there is no key.
        """
        self._key()
        new_session().close()

    def key(self) -> str:
        """The API key, to be cut out of what DashScope says. Raises ConfigurationError where there is none."""
        return self._key()

    def once(
        self,
        path: str,
        seconds: float,
        body: Mapping[str, Any],
        parse: Callable[[Any], Parsed],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Parsed:
        """Posts what must not be done twice.

        It goes over a connection of its own: on a kept one, a reset would leave open whether the request had been
        read. Raises UpstreamError; only after UpstreamAmbiguous may it have been done.
        """
        with new_session() as session:
            return self._call(session, "POST", path, seconds, parse, body=body, headers=headers)

    def again(
        self,
        method: str,
        path: str,
        seconds: float,
        parse: Callable[[Any], Parsed],
        *,
        query: Mapping[str, str | int] | None = None,
    ) -> Parsed:
        """Makes a call that may be repeated freely, over a kept connection. Raises UpstreamError."""
        if self._kept is None:
            self._kept = new_session()
        return self._call(self._kept, method, path, seconds, parse, query=query)

    def _call(
        self,
        session: requests.Session,
        method: str,
        path: str,
        seconds: float,
        parse: Callable[[Any], Parsed],
        *,
        body: Any = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Parsed:
        deadline = Deadline.after(seconds)
        options = {
            "params": query,
            "data": json.dumps(body, ensure_ascii=False).encode() if body is not None else None,
            "headers": {**self._headers(), **(headers or {})},
        }
        url = self._settings.base_url + path
        with _wire_failures(), reply(session, method, url, deadline, seconds, **options) as response:
            raw = read_body(response, deadline, MAX_REPLY_BYTES)
        return self._parsed(response, raw, parse)

    def _parsed(self, response: requests.Response, raw: bytes, parse: Callable[[Any], Parsed]) -> Parsed:
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            said = None
        if response.status_code == 200:
            try:
                return parse(said)
            except UnexpectedReply:
                pass
        raise upstream_error(
            response.status_code,
            said,
            key=self._key(),
            retry_after=retry_after_seconds(response.headers.get("Retry-After"), self._clock),
        )

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._key()}", "Content-Type": "application/json"}
        if self._settings.workspace:
            headers["X-DashScope-WorkSpace"] = self._settings.workspace
        return headers


@contextmanager
def _wire_failures() -> Iterator[None]:
    """Turns what goes wrong on the wire into UpstreamUnreachable (nothing was sent) or UpstreamAmbiguous."""
    import requests

    try:
        yield
    except (BodyBroken, BodyTooLarge, BodyTooSlow, requests.RequestException, ValueError) as error:
        # ValueError: `requests` looks at where a redirect leads, though it was told not to follow it.
        if _was_never_sent(error):
            raise UpstreamUnreachable("DashScope cannot be reached.") from error
        raise UpstreamAmbiguous("DashScope did not answer in time, or its answer broke off.") from error


def _was_never_sent(error: BaseException) -> bool:
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
