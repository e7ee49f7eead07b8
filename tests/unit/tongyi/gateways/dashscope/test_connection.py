"""One call of DashScope: its headers, its connection, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from tests.support.fakes.gateways import FakeClock
from tests.unit.tongyi.gateways.dashscope.connecting import Network, answered
from tongyi.config import DashScopeSettings
from tongyi.errors import (
    ConfigurationError,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope import connection as dashscope_connection
from tongyi.gateways.dashscope.connection import MAX_REPLY_BYTES, DashScopeConnection
from tongyi.gateways.dashscope.replies import UnexpectedReply

KEY = "sk-0123456789abcdef"
SECONDS = 5.0
URL = "https://dashscope.example"
NEVER_CONNECTED = requests.ConnectionError(
    MaxRetryError(HTTPConnectionPool("h"), "/", NewConnectionError(HTTPConnection("h"), "refused"))
)


BAD_KEY = (401, {"code": "InvalidApiKey", "message": "Invalid API-key provided."})


class FakeKey:
    """A key that is remembered, for so many times, while the secret holds another by now, or none."""

    def __init__(self, key: str) -> None:
        self.remembered = [key] * 9
        self.held: str | None = key
        self.asked = 0

    def __call__(self) -> str:
        if not self.remembered:
            raise ConfigurationError("There is no key.")
        return self.remembered.pop()

    def renewed(self) -> str:
        self.asked += 1
        if self.held is None:
            raise ConfigurationError("There is no key.")
        return self.held


class Case:
    """A connection to a network with a script of answers; every session that is made is a new one of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *script: Any, workspace: str = "") -> None:
        self.script, self.sessions = list(script), list[Network]()
        monkeypatch.setattr(dashscope_connection, "new_session", self._new_session)
        settings = DashScopeSettings(URL, "arn", workspace)
        self.key = FakeKey(KEY)
        self.connection = DashScopeConnection(settings, self.key, FakeClock())

    def _new_session(self) -> Network:
        network = Network()
        network.script = self.script
        self.sessions.append(network)
        return network

    def once(self, parse: Callable[[Any], Any] = lambda said: said, **options: Any) -> Any:
        return self.connection.once("/path", SECONDS, {"prompt": "猫"}, parse, **options)

    def again(self, method: str = "GET", seconds: float = SECONDS, **options: Any) -> Any:
        return self.connection.again(method, "/path", seconds, lambda said: said, **options)

    @property
    def sent(self) -> requests.PreparedRequest:
        [request] = [request for session in self.sessions for request in session.sent]
        return request


def _unexpected(said: Any) -> Any:
    raise UnexpectedReply


def test_once_posts_json_in_utf8_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {"a": 1}))
    assert case.once() == {"a": 1}
    assert (case.sent.method, case.sent.url) == ("POST", f"{URL}/path")
    assert case.sent.body == json.dumps({"prompt": "猫"}, ensure_ascii=False).encode()
    assert case.sent.headers["Authorization"] == f"Bearer {KEY}"
    assert case.sent.headers["Content-Type"] == "application/json"


def test_once_has_the_headers_it_is_given_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {}))
    case.once(headers={"X-DashScope-Async": "enable"})
    assert (case.sent.headers["X-DashScope-Async"], "Authorization" in case.sent.headers) == ("enable", True)


@pytest.mark.parametrize("workspace", ["", "ws-1"])
def test_calls_name_the_workspace_where_there_is_one(monkeypatch: pytest.MonkeyPatch, workspace: str) -> None:
    case = Case(monkeypatch, answered(200, {}), workspace=workspace)
    case.again()
    assert case.sent.headers.get("X-DashScope-WorkSpace") == (workspace or None)


def test_once_has_a_connection_of_its_own_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {}), answered(200, {}))
    case.once()
    case.once()
    assert [(len(session.sent), session.closed) for session in case.sessions] == [(1, 1), (1, 1)]


def test_again_keeps_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {}), answered(200, {}))
    case.again()
    case.again("POST")
    assert [(len(session.sent), session.closed) for session in case.sessions] == [(2, 0)]


def test_again_leaves_time_for_a_repetition_where_a_connection_may_be_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case(monkeypatch, answered(200, {}), requests.ReadTimeout("late"), answered(200, {}))
    case.again()
    case.again()
    [[first, used], [repeated]] = [session.waits for session in case.sessions]
    assert used == SECONDS * dashscope_connection.USED_SHARE
    assert used < min(first, repeated) <= SECONDS
    assert [session.closed for session in case.sessions] == [1, 0]


def test_again_repeats_nothing_once_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {}), requests.ReadTimeout("late"))
    case.again()
    with pytest.raises(UpstreamAmbiguous):
        case.again(seconds=0)
    assert [session.closed for session in case.sessions] == [1]


def test_again_reads_an_answer_that_was_cut_off_within_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, rb'{"content": "cut off \ud83d"}'))
    assert case.again() == {"content": "cut off \ufffd"}


def test_again_takes_an_error_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {}), answered(502, b""), answered(200, {}))
    case.again()
    with pytest.raises(UpstreamAmbiguous):
        case.again()
    case.again()
    assert [(len(session.sent), session.closed) for session in case.sessions] == [(3, 0)]


def test_again_has_its_query_and_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(200, {}))
    case.again("POST", query={"action": "getPolicy", "page_no": 1})
    assert (case.sent.method, case.sent.body) == ("POST", None)
    assert case.sent.url == f"{URL}/path?action=getPolicy&page_no=1"


def test_calls_follow_no_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(302, b"", Location="https://elsewhere.example/"))
    with pytest.raises(UpstreamRefused):
        case.again()
    assert case.sent.url == f"{URL}/path"


@pytest.mark.parametrize("raw", [b"{", b"", b"<html>", b"\xff", b"[" * 100_000])
def test_reply_that_is_no_json_is_parsed_as_nothing(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    assert Case(monkeypatch, answered(200, raw)).again() is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answered(429, {"code": "Throttling", "message": "Wait."}, Retry_After="7"), UpstreamThrottled),
        (answered(429, {"error": {"code": "limit_requests"}}, Retry_After="7"), UpstreamThrottled),
        (answered(400, {"code": "InvalidURL"}, Retry_After="7"), UpstreamRefused),
        (answered(502, b"<html>", Retry_After="7"), UpstreamAmbiguous),
    ],
    ids=["throttled", "throttled in the compatible mode", "refused", "bad gateway"],
)
def test_error_of_dashscope_is_told_with_its_wait(
    monkeypatch: pytest.MonkeyPatch, answer: requests.Response, kind: type[UpstreamError]
) -> None:
    with pytest.raises(kind) as caught:
        Case(monkeypatch, answer).once()
    assert (type(caught.value), caught.value.retry_after) == (kind, 7.0)


def test_reply_that_is_not_what_was_expected_may_have_been_carried_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UpstreamAmbiguous):
        Case(monkeypatch, answered(200, {})).once(_unexpected)


def test_error_inside_a_200_is_told_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        Case(monkeypatch, answered(200, {"code": "InvalidURL", "message": f"{KEY} no."})).once(_unexpected)
    assert (caught.value.code, caught.value.message) == ("InvalidURL", "*** no.")


@pytest.mark.parametrize(
    "failure", [requests.ConnectTimeout("late"), NEVER_CONNECTED], ids=["too slow", "refused"]
)
def test_request_that_was_never_sent_may_be_sent_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    with pytest.raises(UpstreamUnreachable):
        Case(monkeypatch, failure).once()


@pytest.mark.parametrize(
    "failure",
    [
        requests.ReadTimeout("late"),
        requests.ConnectionError("reset"),
        requests.ConnectionError(MaxRetryError(HTTPConnectionPool("h"), "/", OSError("broken"))),
        requests.exceptions.ChunkedEncodingError("cut"),
        answered(200, b"{}", Content_Length="3"),
        answered(200, b"{}", Content_Length=str(MAX_REPLY_BYTES + 1)),
    ],
    ids=["read timeout", "reset", "broken", "cut", "too short", "too long"],
)
def test_request_that_may_have_been_read_may_have_been_carried_out(
    monkeypatch: pytest.MonkeyPatch, failure: Any
) -> None:
    with pytest.raises(UpstreamAmbiguous, match=r"^DashScope did not answer in time"):
        Case(monkeypatch, failure).once()


def test_prepare_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    case.connection.prepare()
    case.key.remembered.clear()
    with pytest.raises(UpstreamSuspended) as caught:
        case.connection.prepare()
    assert (caught.value.reason, caught.value.model_only) == ("ConfigurationError", False)
    assert [(session.sent, session.closed) for session in case.sessions] == [([], 1)]


@pytest.mark.parametrize("call", [Case.once, Case.again], ids=["once", "again"])
def test_call_whose_key_was_changed_is_made_again_with_the_new_one(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[Case], Any]
) -> None:
    case = Case(monkeypatch, answered(*BAD_KEY), answered(200, {"a": 1}))
    case.key.held = "sk-another"
    assert call(case) == {"a": 1}
    sent = [request.headers["Authorization"] for session in case.sessions for request in session.sent]
    assert sent == [f"Bearer {KEY}", "Bearer sk-another"]


@pytest.mark.parametrize("held", [KEY, None], ids=["the same", "unreadable"])
def test_call_whose_key_is_no_good_is_not_made_again_with_it(
    monkeypatch: pytest.MonkeyPatch, held: str | None
) -> None:
    case = Case(monkeypatch, answered(*BAD_KEY))
    case.key.held = held
    with pytest.raises(UpstreamSuspended) as caught:
        case.once()
    assert (caught.value.reason, case.sent.method) == ("InvalidApiKey", "POST")


def test_call_is_made_again_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, answered(*BAD_KEY), answered(*BAD_KEY))
    case.key.held = "sk-another"
    with pytest.raises(UpstreamSuspended):
        case.once()
    assert case.script == []


def test_call_that_has_little_time_left_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be cut off, and then nobody knows whether it was carried out."""
    case = Case(monkeypatch, answered(*BAD_KEY))
    case.key.held = "sk-another"
    monkeypatch.setattr(dashscope_connection, "LEAST_SHARE", 1)
    with pytest.raises(UpstreamSuspended):
        case.once()
    assert case.sent.method == "POST"


def test_call_reads_the_key_anew_only_where_it_is_the_key_that_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case(monkeypatch, answered(400, {"code": "Arrearage"}))
    case.key.held = "sk-another"
    with pytest.raises(UpstreamSuspended, match="until its operator mends it"):
        case.once()
    assert case.key.asked == 0


def test_call_that_was_answered_needs_no_key_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a call that was carried out would be told as one that was not."""
    case = Case(monkeypatch, answered(500, {"code": "RequestTimeOut", "message": f"{KEY} timed out."}))
    case.key.remembered = [KEY]
    with pytest.raises(UpstreamAmbiguous, match=r"^\*\*\* timed out"):
        case.once()
