"""What faults and markers do to synchronous pictures; the ledger tells whether any were made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from requests import Response

from local.standin import StandIn
from local.standin.faults.markers import markers_in

pytestmark = pytest.mark.enable_socket
Send = Callable[..., Response]


def _made(standin: StandIn) -> list[int | None]:
    return [entry["images"] for entry in standin.ledger("generate")]


@pytest.mark.parametrize(("after", "made"), [(False, None), (True, 2)])
def test_status_refuses_before_or_after_the_work(
    standin: StandIn, generate: Send, after: bool, made: int | None
) -> None:
    standin.add_fault("generate", "status", status=500, after=after)
    assert (generate(n=2).status_code, _made(standin)) == (500, [made])


@pytest.mark.parametrize(("after", "made"), [(False, None), (True, 2)])
def test_drop_hangs_up_before_or_after_the_work(
    standin: StandIn, generate: Send, after: bool, made: int | None
) -> None:
    standin.add_fault("generate", "drop", after=after)
    with pytest.raises(requests.ConnectionError):
        generate(n=2)
    assert (_made(standin), standin.ledger("generate")[0]["status"]) == ([made], None)


@pytest.mark.parametrize("after", [False, True])
def test_delay_holds_the_answer_back(standin: StandIn, generate: Send, after: bool) -> None:
    standin.add_fault("generate", "delay", seconds=0.2, after=after)
    assert generate().elapsed.total_seconds() >= 0.2


def test_drip_sends_the_whole_body_in_the_end(standin: StandIn, generate: Send) -> None:
    standin.add_fault("generate", "drip", bytes=64, interval=0.01)
    assert generate().json()["usage"]["image_count"] == 1


def test_garbage_is_no_json_though_the_work_is_done(standin: StandIn, generate: Send) -> None:
    standin.add_fault("generate", "garbage")
    reply = generate(n=2)
    assert (reply.status_code, reply.text[:6], _made(standin)) == (200, "<html>", [2])


def test_truncate_announces_more_than_it_sends(standin: StandIn, generate: Send) -> None:
    standin.add_fault("generate", "truncate")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        generate()


def test_redirect_leads_elsewhere(standin: StandIn, generate: Send) -> None:
    standin.add_fault("generate", "redirect", location=standin.url + "/_standin/health", status=307)
    assert [step.status_code for step in generate().history] == [307]


def test_body_puts_an_error_inside_a_200(standin: StandIn, generate: Send) -> None:
    standin.add_fault("generate", "body", json={"code": "InternalError", "message": "inside"})
    reply = generate()
    entry = standin.ledger("generate")[0]
    assert (reply.status_code, reply.json()["code"]) == (200, "InternalError")
    assert (entry["code"], entry["images"], entry["fault"]) == ("InternalError", None, "body")


def test_what_is_refused_has_made_nothing(standin: StandIn, generate: Send) -> None:
    generate(n=7)
    assert _made(standin) == [None]


def test_a_fault_can_be_chosen_by_prompt(standin: StandIn, generate: Send) -> None:
    standin.add_fault("generate", "status", status=500, prompt_contains="dog")
    assert [generate(prompt).status_code for prompt in ("a cat", "a dog")] == [200, 500]


@pytest.mark.parametrize(
    ("prompt", "status", "code"),
    [
        ("#forbidden", 400, "DataInspectionFailed"),
        ("#badkey", 401, "InvalidApiKey"),
        ("#arrears", 400, "Arrearage"),
        ("#throttle", 429, "Throttling.RateQuota"),
        ("#busy", 503, "ModelUnavailable"),
        ("#broken", 500, "InternalError"),
    ],
)
def test_a_marker_refuses_and_nothing_is_made(
    standin: StandIn, generate: Send, prompt: str, status: int, code: str
) -> None:
    reply = generate(f"a cat {prompt}")
    assert (reply.status_code, reply.json()["code"], _made(standin)) == (status, code, [None])


@pytest.mark.parametrize("prompt", ["#throttle", "#busy", "#broken"])
def test_a_once_only_marker_lets_the_second_call_pass(generate: Send, prompt: str) -> None:
    assert [generate(prompt).status_code >= 400 for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("prompt", "made"), [("#lost", 1), ("#gone", None)])
def test_a_marker_hangs_up_once(standin: StandIn, generate: Send, prompt: str, made: int | None) -> None:
    with pytest.raises(requests.ConnectionError):
        generate(prompt)
    assert (generate(prompt).status_code, _made(standin)) == (200, [made, 1])


def test_marker_garbage_is_no_json(generate: Send) -> None:
    assert generate("#garbage").text.startswith("<html>")


def test_marker_delay_works_here_too() -> None:
    assert [marker.word for marker in markers_in("#delay", "generate")] == ["delay"]
