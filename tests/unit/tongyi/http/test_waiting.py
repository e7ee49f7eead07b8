"""Keeping a client waiting: redirects that end, to the same task."""

from __future__ import annotations

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.support.fakes.records import TASK_ID
from tests.unit.tongyi.http.requests import IMAGES, an_event
from tongyi.errors import InvalidParameter, TaskUnfinished
from tongyi.http.waiting import MOST_ROUNDS, ask_again, named_task


def _location(method: str, target: str, options: str = "") -> str:
    reply = ask_again(an_event(method, target), "generations", TASK_ID, options)
    assert (reply.status_code, reply.body) == (303, "")
    assert reply.headers["Cache-Control"] == "no-store"
    return str(reply.headers["Location"])


def test_first_reply_leads_to_the_task() -> None:
    assert _location("POST", IMAGES) == f"generations?task_id={TASK_ID}&round=1"


def test_reply_keeps_the_options() -> None:
    location = _location("POST", IMAGES, "&response_format=b64_json")
    assert location == f"generations?task_id={TASK_ID}&round=1&response_format=b64_json"


def test_client_is_led_around_so_often_and_no_more() -> None:
    """Of the clients that follow redirects, the least patient one follows ten."""
    target, method = f"/prod{IMAGES}", "POST"
    for number in range(1, MOST_ROUNDS + 1):
        target, method = urljoin(target, _location(method, target)), "GET"
        assert urlsplit(target).path == f"/prod{IMAGES}"
        assert parse_qs(urlsplit(target).query) == {"task_id": [TASK_ID], "round": [str(number)]}
    with pytest.raises(TaskUnfinished) as caught:
        _location(method, target)
    assert caught.value.message == f"The task {TASK_ID} was taken and goes on; ask for its result later."
    assert MOST_ROUNDS == 9


@pytest.mark.parametrize("text", ["", "10", "-1", "x", "1.", "²", "٣", " 1", "01"])
def test_round_is_the_gateways_to_count(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^round: is counted by the gateway"):
        ask_again(an_event("GET", f"{IMAGES}?round={text}"), "generations", TASK_ID)


def test_named_task_is_the_one_in_the_query() -> None:
    assert named_task(an_event("GET", f"{IMAGES}?task_id=%20{TASK_ID}%20&round=1")) == TASK_ID


@pytest.mark.parametrize("target", [IMAGES, f"{IMAGES}?task_id=", f"{IMAGES}?task_id=%20", f"{IMAGES}?id=x"])
def test_named_task_needs_a_name(target: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        named_task(an_event("GET", target))
    assert caught.value.message == "task_id: is required, as a query parameter."
