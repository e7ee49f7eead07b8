"""One call of DashScope: sent with the key, read to a deadline, and its errors told apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from tongyi.clock import Clock, Deadline
from tongyi.config import DashScopeSettings
from tongyi.errors import (
    ConfigurationError,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamSuspended,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.errors import retry_after_seconds, upstream_error
from tongyi.gateways.dashscope.replies import UnexpectedReply
from tongyi.gateways.http_client import BodyBroken, BodyTooLarge, BodyTooSlow, new_session, read_body, reply
from tongyi.gateways.kept_session import KeptSession
from tongyi.models.strict_json import parse_reply
from tongyi.models.workflow.suspension import INVALID_KEY, NO_KEY

if TYPE_CHECKING:
    import requests

Parsed = TypeVar("Parsed")
# A reply and its body.
_Reply: TypeAlias = "tuple[requests.Response, bytes]"

MAX_REPLY_BYTES = 4 * 1024 * 1024
# Of a call's time, the share that it may wait for a byte over a connection that was used before: the repetition over a
# new one must fit into the rest. A dead connection that is not known to be dead looks like a slow one.
USED_SHARE = 0.5
# The share of its time that a call must have left to be made once more with another key.
LEAST_SHARE = 0.5


class ApiKey(Protocol):
    """The API key, as it is remembered and as it is now. Both raise ConfigurationError where there is none."""

    def __call__(self) -> str: ...

    def renewed(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Request:
    """A call with an API key that is to be over by its deadline, `seconds` after it was made up."""

    method: str
    url: str
    options: Mapping[str, Any]
    key: str
    seconds: float
    deadline: Deadline


class DashScopeConnection:
    """The way to one DashScope account in one region. `key` is asked for the API key on each call.

    A key that DashScope does not take is read anew; where it was changed meanwhile the call is made once more, within
    the same time. Nothing was done by the first.
    """

    def __init__(self, settings: DashScopeSettings, key: ApiKey, clock: Clock) -> None:
        self._settings = settings
        self._key = key
        self._clock = clock
        self._kept = KeptSession(clock)

    def prepare(self) -> None:
        """Loads what a call needs and fetches the key, so that the next call leaves without delay.

        Raises UpstreamSuspended where there is no key.
        """
        self.key()
        new_session().close()

    def key(self) -> str:
        """The API key, to be cut out of what DashScope says. Raises UpstreamSuspended where there is none."""
        try:
            return self._key()
        except ConfigurationError as error:
            raise UpstreamSuspended(NO_KEY, detail=error.message) from error

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
        data = json.dumps(body, ensure_ascii=False).encode()
        call = self._request("POST", path, seconds, data=data, headers=headers or {})
        return self._with_a_good_key(call, self._over_its_own, parse)

    def again(
        self,
        method: str,
        path: str,
        seconds: float,
        parse: Callable[[Any], Parsed],
        *,
        query: Mapping[str, str | int] | None = None,
    ) -> Parsed:
        """Makes a call that may be repeated freely, over a kept connection. Raises UpstreamError.

        Where that connection proves dead, the call is repeated over a new one, once and within the same `seconds`.
        """
        call = self._request(method, path, seconds, params=query)
        return self._with_a_good_key(call, self._over_kept, parse)

    def _with_a_good_key(
        self, call: _Request, exchange: Callable[[_Request], _Reply], parse: Callable[[Any], Parsed]
    ) -> Parsed:
        try:
            return self._parsed(exchange(call), parse, call.key)
        except UpstreamSuspended as error:
            key = self._renewed(call.key) if error.reason == INVALID_KEY else None
            # A call that is cut off by its time would leave open what became of it.
            if key is None or call.deadline.left <= call.seconds * LEAST_SHARE:
                raise
        again = replace(call, key=key, seconds=call.deadline.left)
        return self._parsed(exchange(again), parse, key)

    def _renewed(self, refused: str) -> str | None:
        """The key as it is now, where it is another than the one that was refused."""
        try:
            key = self._key.renewed()
        except ConfigurationError:
            return None
        return None if key == refused else key

    def _over_its_own(self, call: _Request) -> _Reply:
        with new_session() as session:
            return _exchange(session, call, call.seconds)

    def _over_kept(self, call: _Request) -> _Reply:
        used = self._kept.take()
        answer = self._over_used(used, call) if used else None
        return answer or self._over(new_session(), call, call.seconds)

    def _over_used(self, session: requests.Session, call: _Request) -> _Reply | None:
        """The reply to a call over a connection that may be dead, or None where none came and there is time left."""
        try:
            return self._over(session, call, call.seconds * USED_SHARE)
        except UpstreamError:
            if call.deadline.passed:
                raise
            return None

    def _over(self, session: requests.Session, call: _Request, wait: float) -> _Reply:
        """The reply to a call over a session, which is kept for the next one."""
        try:
            answer = _exchange(session, call, wait)
        except UpstreamError:
            session.close()
            raise
        self._kept.keep(session)
        return answer

    def _request(
        self,
        method: str,
        path: str,
        seconds: float,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> _Request:
        options["headers"] = {**self._headers(), **(headers or {})}
        key, url = self.key(), self._settings.base_url + path
        return _Request(method, url, options, key, seconds, Deadline.after(seconds))

    def _parsed(self, answer: _Reply, parse: Callable[[Any], Parsed], key: str) -> Parsed:
        response, raw = answer
        try:
            said = parse_reply(raw)
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
            key=key,
            retry_after=retry_after_seconds(response.headers.get("Retry-After"), self._clock),
        )

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self._settings.workspace:
            headers["X-DashScope-WorkSpace"] = self._settings.workspace
        return headers


def _exchange(session: requests.Session, call: _Request, wait: float) -> _Reply:
    """The reply and its body. `wait` bounds each wait for bytes, in seconds. Raises UpstreamError where none came."""
    headers = {**call.options["headers"], "Authorization": f"Bearer {call.key}"}
    options = {**call.options, "headers": headers}
    with (
        _wire_failures(),
        reply(session, call.method, call.url, call.deadline, wait, **options) as response,
    ):
        return response, read_body(response, call.deadline, MAX_REPLY_BYTES)


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

    # What goes wrong before a connection is there, TLS included, is one of these two: `deadline_adapter` sees to it.
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
