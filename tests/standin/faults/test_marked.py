"""What each marker in a prompt does to a real call."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image
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
def test_a_marker_refuses_a_submission(submit: Send, prompt: str, status: int, code: str) -> None:
    reply = submit(f"a cat {prompt}")
    assert (reply.status_code, reply.json()["code"]) == (status, code)


@pytest.mark.parametrize("prompt", ["#throttle", "#busy", "#broken"])
def test_a_once_only_marker_lets_the_second_submission_pass(submit: Send, prompt: str) -> None:
    assert [submit(prompt).status_code >= 400 for _ in range(2)] == [True, False]


def test_marker_lost_creates_the_task_once_and_hangs_up(submit: Send, call: Send) -> None:
    with pytest.raises(requests.ConnectionError):
        submit("#lost")
    assert (submit("#lost").status_code, _tasks(call)) == (200, 2)


def test_marker_gone_creates_nothing_and_hangs_up(submit: Send, call: Send) -> None:
    with pytest.raises(requests.ConnectionError):
        submit("#gone")
    assert _tasks(call) == 0


def test_marker_partial_fails_the_second_picture(standin: StandIn, made: Made, shown: Shown) -> None:
    task_id = made("#partial", n=2)
    standin.advance(60)
    assert shown(task_id)["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}


def test_marker_lying_hides_the_failure_in_the_metrics(standin: StandIn, made: Made, shown: Shown) -> None:
    task_id = made("#lying", n=2)
    standin.advance(60)
    assert shown(task_id)["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}


@pytest.mark.parametrize(
    ("prompt", "status"), [("#fail", "FAILED"), ("#stuck", "RUNNING"), ("#slow", "SUCCEEDED")]
)
def test_a_marker_changes_the_task(
    standin: StandIn, made: Made, shown: Shown, prompt: str, status: str
) -> None:
    task_id = made(prompt)
    standin.advance(60)
    assert shown(task_id)["output"]["task_status"] == status


def test_marker_elsewhere_puts_links_under_another_origin(links: Links) -> None:
    assert links("#elsewhere")[0].startswith("https://pictures.example.net/")


def test_marker_flaky_refuses_the_first_download_of_each_picture(links: Links) -> None:
    first, second = links("#flaky", n=2)
    assert [_get(link).status_code for link in (first, first, second, second)] == [503, 200, 503, 200]


@pytest.mark.parametrize("prompt", ["#nopicture", "#corrupt"])
def test_a_marker_spoils_pictures(links: Links, prompt: str) -> None:
    body = _get(links(prompt)[0]).content
    with pytest.raises((OSError, SyntaxError)), Image.open(io.BytesIO(body)) as picture:
        picture.load()


def test_marker_truncated_breaks_the_first_download_off(links: Links) -> None:
    link = links("#truncated")[0]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _get(link)
