"""What each fault does to a real call."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image, UnidentifiedImageError
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
Send = Callable[..., Response]
Made = Callable[..., str]
Shown = Callable[..., dict[str, Any]]
Links = Callable[..., list[str]]


def _get(url: str, **more: Any) -> Response:
    return requests.get(url, timeout=300, **more)


def _tasks(call: Send) -> int:
    return int(call("GET", "/api/v1/tasks/").json()["total"])


def test_status_refuses_with_code_message_and_headers(standin: StandIn, submit: Send) -> None:
    headers = {"Retry-After": "7"}
    standin.add_fault("submit", "status", status=429, code="Throttling", message="slow down", headers=headers)
    reply = submit()
    told = (reply.status_code, reply.json()["code"], reply.json()["message"], reply.headers["Retry-After"])
    assert told == (429, "Throttling", "slow down", "7")


def test_status_creates_nothing(standin: StandIn, submit: Send, call: Send) -> None:
    standin.add_fault("submit", "status", status=500)
    submit()
    assert _tasks(call) == 0


def test_status_with_after_has_done_the_work(standin: StandIn, submit: Send, call: Send) -> None:
    standin.add_fault("submit", "status", status=500, after=True)
    assert (submit().status_code, _tasks(call)) == (500, 1)


def test_status_on_a_picture_is_xml(standin: StandIn, links: Links) -> None:
    standin.add_fault("picture", "status", status=503, code="ServiceUnavailable", message="later")
    assert "<Code>ServiceUnavailable</Code>" in _get(links()[0]).text


@pytest.mark.parametrize("after", [False, True])
def test_delay_holds_the_answer_back(standin: StandIn, submit: Send, after: bool) -> None:
    standin.add_fault("submit", "delay", seconds=0.2, after=after)
    assert submit().elapsed.total_seconds() >= 0.2


def test_drop_hangs_up_without_an_answer(standin: StandIn, submit: Send) -> None:
    standin.add_fault("submit", "drop")
    with pytest.raises(requests.ConnectionError):
        submit()


def test_drop_creates_nothing(standin: StandIn, submit: Send, call: Send) -> None:
    standin.add_fault("submit", "drop")
    with pytest.raises(requests.ConnectionError):
        submit()
    assert _tasks(call) == 0


def test_drop_after_has_created_the_task(standin: StandIn, submit: Send, call: Send) -> None:
    standin.add_fault("submit", "drop", after=True)
    with pytest.raises(requests.ConnectionError):
        submit()
    assert _tasks(call) == 1


def test_drop_after_leaves_the_task_id_in_the_ledger(standin: StandIn, submit: Send) -> None:
    standin.add_fault("submit", "drop", after=True)
    with pytest.raises(requests.ConnectionError):
        submit()
    entry = standin.ledger("submit")[0]
    assert entry["task_id"]
    assert (entry["status"], entry["fault"]) == (None, "drop")


def test_drip_sends_the_body_bit_by_bit(standin: StandIn, submit: Send) -> None:
    standin.add_fault("submit", "drip", bytes=16, interval=0.01)
    assert submit().json()["output"]["task_status"] == "PENDING"


def test_truncate_announces_more_than_it_sends(standin: StandIn, links: Links) -> None:
    standin.add_fault("picture", "truncate")
    link = links()[0]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _get(link)


def test_garbage_is_no_json(standin: StandIn, submit: Send) -> None:
    standin.add_fault("submit", "garbage")
    reply = submit()
    assert (reply.status_code, reply.text[:6]) == (200, "<html>")


def test_garbage_in_place_of_a_picture_is_no_picture(standin: StandIn, links: Links) -> None:
    standin.add_fault("picture", "garbage")
    body = _get(links()[0]).content
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(body))


def test_corrupt_damages_the_middle_of_a_picture(standin: StandIn, links: Links) -> None:
    link = links()[0]
    whole = _get(link).content
    standin.add_fault("picture", "corrupt")
    damaged = _get(link).content
    assert (damaged[:100], len(damaged)) == (whole[:100], len(whole))
    assert damaged != whole


def test_redirect_leads_elsewhere(standin: StandIn, links: Links) -> None:
    standin.add_fault("picture", "redirect", location="http://169.254.169.254/")
    reply = _get(links()[0], allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (302, "http://169.254.169.254/")


def test_body_answers_what_it_is_given(standin: StandIn, call: Send) -> None:
    standin.add_fault("query", "body", json={"code": "InternalError", "message": "inside"})
    reply = call("GET", "/api/v1/tasks/nothing")
    assert (reply.status_code, reply.json()) == (200, {"code": "InternalError", "message": "inside"})


def test_body_puts_its_code_into_the_ledger(standin: StandIn, call: Send) -> None:
    standin.add_fault("query", "body", json={"code": "InternalError"})
    call("GET", "/api/v1/tasks/nothing")
    assert standin.ledger("query")[0]["code"] == "InternalError"


def test_partial_fails_the_given_pictures(standin: StandIn, made: Made, shown: Shown) -> None:
    standin.add_fault("submit", "partial", indexes=[0, 2], code="DataInspectionFailed", message="no")
    task_id = made(n=3)
    standin.advance(60)
    assert [result.get("code") for result in shown(task_id)["output"]["results"]] == [
        "DataInspectionFailed",
        None,
        "DataInspectionFailed",
    ]


def test_a_picture_that_failed_cannot_be_downloaded(standin: StandIn, links: Links) -> None:
    standin.add_fault("submit", "partial", indexes=[1])
    first = links(n=2)[0]
    assert _get(first.replace("/1.png", "/2.png")).status_code == 404


def test_fail_ends_the_task_failed(standin: StandIn, made: Made, shown: Shown) -> None:
    standin.add_fault("submit", "fail", code="InternalError.Algo", message="no luck")
    task_id = made()
    standin.advance(60)
    assert shown(task_id)["output"]["code"] == "InternalError.Algo"


def test_stuck_keeps_a_status_forever(standin: StandIn, made: Made, shown: Shown) -> None:
    standin.add_fault("submit", "stuck", task_status="SUSPENDED")
    task_id = made()
    standin.advance(3600)
    assert shown(task_id)["output"]["task_status"] == "SUSPENDED"


@pytest.mark.parametrize(("holds_slot", "status"), [(False, "SUCCEEDED"), (True, "PENDING")])
def test_stuck_holds_up_the_next_task_if_told_to(
    standin: StandIn, made: Made, shown: Shown, holds_slot: bool, status: str
) -> None:
    standin.add_fault("submit", "stuck", holds_slot=holds_slot)
    made()
    second = made()
    standin.advance(3600)
    assert shown(second)["output"]["task_status"] == status


def test_slow_stretches_the_task(standin: StandIn, made: Made, shown: Shown) -> None:
    standin.add_fault("submit", "slow", factor=100)
    task_id = made()
    standin.advance(60)
    assert shown(task_id)["output"]["task_status"] == "RUNNING"


def test_link_host_puts_links_under_another_origin(standin: StandIn, links: Links) -> None:
    standin.add_fault("submit", "link_host", origin="https://elsewhere.example")
    assert links()[0].startswith("https://elsewhere.example/1d/")


def test_http_links_name_a_result_host_without_tls(standin: StandIn, links: Links) -> None:
    standin.add_fault("submit", "http_links")
    assert links()[0].startswith("http://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/1d/")


def test_a_fault_is_named_in_the_ledger(standin: StandIn, submit: Send) -> None:
    standin.add_fault("submit", "status", status=500)
    submit()
    assert standin.ledger("submit")[0]["fault"] == "status"


def test_a_call_with_a_bad_key_uses_no_fault_up(standin: StandIn, submit: Send) -> None:
    standin.add_fault("submit", "status", status=500)
    submit(key="a-wrong-key")
    assert standin.faults()[0]["used"] == 0


def test_drop_hangs_up_on_a_download_too(standin: StandIn, links: Links) -> None:
    standin.add_fault("picture", "drop")
    link = links()[0]
    with pytest.raises(requests.ConnectionError):
        _get(link)
