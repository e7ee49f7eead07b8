"""DashScope over HTTP: submit, query, list, chat.

A call that must not be made twice goes over a connection of its own: on a kept one, a reset would leave open whether
the request had been read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tongyi.clock import CHINA_OFFSET, Clock, Deadline, to_datetime
from tongyi.config import DashScopeSettings
from tongyi.errors import UpstreamAmbiguous, UpstreamUnreachable
from tongyi.gateways import dashscope_replies as replies
from tongyi.gateways.http_client import BodyBroken, BodyTooLarge, BodyTooSlow, new_session, read_body, reply
from tongyi.gateways.upstream_errors import retry_after_seconds, upstream_error
from tongyi.models.upstream import ChatAnswer, Submitted, UpstreamPicture, UpstreamTask

if TYPE_CHECKING:
    import requests

Parsed = TypeVar("Parsed")

SUBMIT_PATH = "/api/v1/services/aigc/text2image/image-synthesis"
GENERATE_PATH = "/api/v1/services/aigc/multimodal-generation/generation"
CHAT_PATH = "/api/v1/services/aigc/text-generation/generation"
TASKS_PATH = "/api/v1/tasks/"

SUBMIT_SECONDS = 12
GENERATE_SECONDS = 120
QUERY_SECONDS = 8
CHAT_SECONDS = 24
MAX_REPLY_BYTES = 4 * 1024 * 1024
LIST_PAGE = 100


class DashScope:
    """One DashScope account in one region. `key` is asked for the API key on each call."""

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

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        """Submits an asynchronous picture task. Raises UpstreamError; only UpstreamAmbiguous may have been billed."""
        body = {"model": model, "input": given, "parameters": parameters}
        headers = {"X-DashScope-Async": "enable"}
        with new_session() as session:
            return self._call(
                session, "POST", SUBMIT_PATH, SUBMIT_SECONDS, replies.submitted, body=body, headers=headers
            )

    def generate(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> tuple[UpstreamPicture, ...]:
        """Has pictures made while it waits. Raises UpstreamError; only UpstreamAmbiguous may have been billed."""
        key = self._key()
        message = {"role": "user", "content": [{"text": given["prompt"]}]}
        options = {name: value for name, value in given.items() if name != "prompt"}
        body = {"model": model, "input": {"messages": [message]}, "parameters": {**options, **parameters}}
        with new_session() as session:
            return self._call(
                session,
                "POST",
                GENERATE_PATH,
                GENERATE_SECONDS,
                lambda said: replies.pictures(said, key),
                body=body,
            )

    def query(self, task_id: str) -> UpstreamTask:
        """The state of a task. Raises UpstreamError; asking again is free."""
        key = self._key()
        return self._call(
            self._session(), "GET", TASKS_PATH + task_id, QUERY_SECONDS, lambda body: replies.task(body, key)
        )

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[str]:
        """Ids of the account's tasks of that model that were submitted in the span. Raises UpstreamError."""
        query: dict[str, str | int] = {
            "model_name": model,
            "start_time": _china_time(from_ms),
            "end_time": _china_time(until_ms),
            "page_no": 1,
            "page_size": LIST_PAGE,
        }
        return self._call(self._session(), "GET", TASKS_PATH, QUERY_SECONDS, replies.task_ids, query=query)

    def chat(
        self, model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any], seconds: float
    ) -> ChatAnswer:
        """An answer, within `seconds`. Raises UpstreamError; only UpstreamAmbiguous may have been billed."""
        body = {"model": model, "input": {"messages": list(messages)}, "parameters": parameters}
        with new_session() as session:
            return self._call(
                session, "POST", CHAT_PATH, seconds, lambda said: replies.answer(said, model), body=body
            )

    def _session(self) -> requests.Session:
        if self._kept is None:
            self._kept = new_session()
        return self._kept

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
            except replies.UnexpectedReply:
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


def _china_time(at_ms: int) -> str:
    return (to_datetime(at_ms) + CHINA_OFFSET).strftime("%Y%m%d%H%M%S")
