"""Faults and markers on chat in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
HELLO = {"role": "user", "content": "hello there"}
Send = Callable[..., Response]


def test_status_answers_in_the_compatible_shape_with_its_code(standin: StandIn, complete: Send) -> None:
    standin.add_fault("compatible", "status", status=429, code="Throttling.RateQuota", message="slow down")
    reply = complete(HELLO)
    assert (reply.status_code, reply.json()["error"]) == (
        429,
        {
            "message": "slow down",
            "type": "Throttling.RateQuota",
            "param": None,
            "code": "Throttling.RateQuota",
        },
    )


def test_status_sends_its_headers(standin: StandIn, complete: Send) -> None:
    standin.add_fault("compatible", "status", status=503, headers={"Retry-After": "7"})
    assert complete(HELLO).headers["Retry-After"] == "7"


def test_a_fault_of_native_chat_leaves_it_alone(standin: StandIn, complete: Send) -> None:
    standin.add_fault("chat", "status", status=500)
    assert complete(HELLO).status_code == 200


def test_a_fault_is_chosen_by_the_last_words_of_the_user(standin: StandIn, complete: Send) -> None:
    standin.add_fault("compatible", "status", status=500, prompt_contains="there")
    assert complete(HELLO).status_code == 500


@pytest.mark.parametrize("after", [False, True])
def test_drop_hangs_up(standin: StandIn, complete: Send, after: bool) -> None:
    standin.add_fault("compatible", "drop", after=after)
    with pytest.raises(requests.ConnectionError):
        complete(HELLO)


def test_garbage_is_no_json(standin: StandIn, complete: Send) -> None:
    standin.add_fault("compatible", "garbage")
    assert complete(HELLO).text.startswith("<html>")


def test_delay_holds_the_answer_back(standin: StandIn, complete: Send) -> None:
    standin.add_fault("compatible", "delay", seconds=0.2)
    assert complete(HELLO).elapsed.total_seconds() >= 0.2


def test_body_puts_its_inner_code_into_the_ledger(standin: StandIn, complete: Send) -> None:
    standin.add_fault("compatible", "body", json={"error": {"code": "internal_error"}})
    assert complete(HELLO).json() == {"error": {"code": "internal_error"}}
    assert standin.ledger("compatible")[0]["code"] == "internal_error"


@pytest.mark.parametrize(
    ("marker", "status", "code", "kind"),
    [
        ("#forbidden", 400, "data_inspection_failed", "data_inspection_failed"),
        ("#badkey", 401, "invalid_api_key", "invalid_request_error"),
        ("#arrears", 400, "Arrearage", "Arrearage"),
        ("#throttle", 429, "limit_requests", "limit_requests"),
        ("#busy", 503, "ModelUnavailable", "ModelUnavailable"),
        ("#broken", 500, "InternalError", "InternalError"),
    ],
)
def test_a_marker_refuses_in_the_words_of_this_mode(
    complete: Send, marker: str, status: int, code: str, kind: str
) -> None:
    reply = complete({"role": "user", "content": f"hello {marker}"})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["type"]) == (status, code, kind)
