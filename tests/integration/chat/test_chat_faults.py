"""POST /v1/tongyi where upstream does not do as it should: repeated only where that cannot be billed twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tongyi.usecases import chat as chat_module

THROTTLED: dict[str, Any] = {
    "kind": "status",
    "status": 429,
    "code": "Throttling.RateQuota",
    "message": "slower",
}
DOWN: dict[str, Any] = {"kind": "status", "status": 503, "code": "ModelUnavailable", "message": "later"}

# What befalls the one call, and the status and code of the reply.
AMBIGUOUS: dict[str, tuple[dict[str, Any], int, str]] = {
    "server error": ({"kind": "status", "status": 500, "code": "InternalError"}, 504, "InternalError"),
    "algorithm error": (
        {"kind": "status", "status": 500, "code": "InternalError.Algo"},
        504,
        "InternalError.Algo",
    ),
    "request timeout": ({"kind": "status", "status": 408, "code": "RequestTimeOut"}, 504, "RequestTimeOut"),
    "hung up": ({"kind": "drop"}, 504, "UpstreamAmbiguous"),
    "hung up after the work": ({"kind": "drop", "after": True}, 504, "UpstreamAmbiguous"),
    "cut off": ({"kind": "truncate"}, 504, "UpstreamAmbiguous"),
    "garbage": ({"kind": "garbage"}, 504, "UpstreamAmbiguous"),
    "empty answer": ({"kind": "body", "json": {}}, 504, "UpstreamAmbiguous"),
    "null": ({"kind": "body", "json": None}, 504, "UpstreamAmbiguous"),
    "a list": ({"kind": "body", "json": []}, 504, "UpstreamAmbiguous"),
    "no choices": ({"kind": "body", "json": {"output": {"choices": []}}}, 504, "UpstreamAmbiguous"),
    "choices of another type": (
        {"kind": "body", "json": {"output": {"choices": "x"}}},
        504,
        "UpstreamAmbiguous",
    ),
    "content of another type": (
        {"kind": "body", "json": {"output": {"choices": [{"message": {"content": 7}}]}}},
        504,
        "UpstreamAmbiguous",
    ),
    "error inside a 200": (
        {"kind": "body", "json": {"code": "InternalError", "message": "inside"}},
        504,
        "InternalError",
    ),
}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "forbidden": ({"status": 400, "code": "DataInspectionFailed"}, "DataInspectionFailed"),
    "elsewhere": ({"status": 302, "code": "Found"}, "Found"),
}
# What the operator must mend is that and no more, to every caller.
SUSPENDED: dict[str, dict[str, Any]] = {
    "bad key": {"status": 401, "code": "InvalidApiKey"},
    "denied": {"status": 403, "code": "AccessDenied"},
    "no model": {"status": 404, "code": "ModelNotFound"},
    "unpaid": {"status": 429, "code": "PrepaidBillOverdue"},
    "used up": {
        "status": 429,
        "code": "Throttling.AllocationQuota",
        "message": "Free allocated quota exceeded",
    },
}


@pytest.fixture(autouse=True)
def _fresh(shared: Gateway) -> None:
    shared.standin.clear_faults()
    shared.standin.clear_ledger()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come sooner than in earnest; how often they come stays as it is."""
    monkeypatch.setattr(chat_module, "RETRY_SECONDS", 0.01)


def chat(shared: Gateway) -> Reply:
    return shared.request("POST", "/v1/tongyi", {"prompt": "hello"})


def statuses(shared: Gateway) -> list[int | None]:
    return [entry["status"] for entry in shared.standin.ledger("chat")]


@pytest.mark.parametrize("fault", [THROTTLED, DOWN], ids=["throttled", "down"])
def test_chat_is_sent_again_after_a_refusal_for_now(shared: Gateway, fault: dict[str, Any]) -> None:
    shared.standin.add_fault("chat", **fault)

    assert chat(shared).status == 200
    assert statuses(shared) == [fault["status"], 200]


@pytest.mark.parametrize(("fault", "status"), [(THROTTLED, 400), (DOWN, 503)], ids=["throttled", "down"])
def test_chat_is_sent_again_once_and_no_more(shared: Gateway, fault: dict[str, Any], status: int) -> None:
    shared.standin.add_fault("chat", times=None, **fault)

    reply = chat(shared)

    assert (reply.status, reply.body["code"]) == (status, fault["code"])
    assert len(statuses(shared)) == 2


def test_chat_waits_for_as_long_as_upstream_asks(shared: Gateway) -> None:
    shared.standin.add_fault("chat", headers={"Retry-After": "1"}, **THROTTLED)

    chat(shared)

    first, second = (entry["time"] for entry in shared.standin.ledger("chat"))
    assert second - first >= 1


def test_chat_hands_on_a_wait_that_is_too_long(shared: Gateway) -> None:
    shared.standin.add_fault("chat", headers={"Retry-After": "120"}, **THROTTLED)

    reply = chat(shared)

    assert reply.status == 400
    assert (reply.headers["retry-after"], reply.headers["x-dashscope-status"]) == ("120", "429")
    assert statuses(shared) == [429]


@pytest.mark.parametrize(("fault", "status", "code"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_chat_that_may_have_been_answered_is_not_sent_again(
    shared: Gateway, fault: dict[str, Any], status: int, code: str
) -> None:
    shared.standin.add_fault("chat", **fault)

    reply = chat(shared)

    assert (reply.status, reply.body["code"]) == (status, code)
    assert len(statuses(shared)) == 1


@pytest.mark.parametrize(("said", "code"), REFUSED.values(), ids=REFUSED)
def test_chat_that_is_refused_for_good_answers_400_and_is_not_sent_again(
    shared: Gateway, said: dict[str, Any], code: str
) -> None:
    shared.standin.add_fault("chat", "status", **said)

    reply = chat(shared)

    assert (reply.status, reply.body["code"]) == (400, code)
    assert reply.headers["x-dashscope-status"] == str(said["status"])
    assert len(statuses(shared)) == 1


@pytest.mark.parametrize("said", SUSPENDED.values(), ids=SUSPENDED)
def test_chat_that_the_operator_must_mend_answers_503_and_tells_nothing_of_the_account(
    shared: Gateway, said: dict[str, Any]
) -> None:
    shared.standin.add_fault("chat", "status", **{"message": "of the account", **said})

    reply = chat(shared)

    assert (reply.status, reply.body["code"]) == (503, "UpstreamSuspended")
    assert (reply.headers["retry-after"], "x-dashscope-status" in reply.headers) == ("30", False)
    assert said["code"] not in reply.text
    assert "of the account" not in reply.text
    assert len(statuses(shared)) == 1


def test_chat_follows_no_redirect(shared: Gateway) -> None:
    shared.standin.add_fault("chat", "redirect", location=f"{shared.standin.url}/elsewhere", status=307)

    assert chat(shared).status == 400
    assert [entry["path"] for entry in shared.standin.ledger()] == [
        "/api/v1/services/aigc/text-generation/generation"
    ]


@pytest.mark.parametrize(
    "fault", [{"kind": "drip", "bytes": 1, "interval": 10}, {"kind": "delay", "seconds": 3600}]
)
def test_chat_cuts_a_slow_upstream_off(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(chat_module, "CHAT_SECONDS", 1)
    shared.standin.add_fault("chat", **fault)

    reply = chat(shared)

    # Its own answer, which would be a good one, comes in hours.
    assert (reply.status, reply.body["code"]) == (504, "UpstreamAmbiguous")
