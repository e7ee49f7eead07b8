"""Querying, listing and cancelling tasks over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from requests import Response

from local.standin import StandIn
from local.standin.clock import DAY, UPSTREAM_ZONE

pytestmark = pytest.mark.enable_socket
Send = Callable[..., Response]
Made = Callable[..., str]
Shown = Callable[..., dict[str, Any]]


def _status(shown: Shown, task_id: str, **more: Any) -> str:
    return str(shown(task_id, **more)["output"]["task_status"])


def _listed(call: Send, **wanted: Any) -> dict[str, Any]:
    return dict(call("GET", "/api/v1/tasks/", params=wanted).json())


def _ids(call: Send, **wanted: Any) -> list[str]:
    return [entry["task_id"] for entry in _listed(call, **wanted)["data"]]


def _compact(moment: float) -> str:
    return datetime.fromtimestamp(moment, UPSTREAM_ZONE).strftime("%Y%m%d%H%M%S")


def test_a_task_goes_from_pending_over_running_to_succeeded(
    standin: StandIn, made: Made, shown: Shown
) -> None:
    task_id, seen = made(), []
    for _ in range(3):
        seen.append(_status(shown, task_id))
        standin.advance(1.5)
    assert seen == ["PENDING", "RUNNING", "SUCCEEDED"]


def test_a_result_carries_nothing_but_its_link(standin: StandIn, made: Made, shown: Shown) -> None:
    task_id = made(n=3)
    standin.advance(60)
    assert [list(result) for result in shown(task_id)["output"]["results"]] == [["url"]] * 3


def test_a_link_leads_to_the_picture_host(standin: StandIn, links: Callable[..., list[str]]) -> None:
    assert links()[0].startswith(standin.picture_url + "/1d/")


def test_an_unknown_task_is_unknown_with_200(call: Send) -> None:
    reply = call("GET", "/api/v1/tasks/nothing")
    assert (reply.status_code, reply.json()["output"]) == (
        200,
        {"task_id": "nothing", "task_status": "UNKNOWN"},
    )


def test_a_task_of_another_key_looks_unknown(made: Made, shown: Shown) -> None:
    assert _status(shown, made(), key="the-other-key") == "UNKNOWN"


def test_a_task_is_unknown_a_day_later(standin: StandIn, made: Made, shown: Shown) -> None:
    task_id = made()
    standin.advance(DAY + 10)
    assert _status(shown, task_id) == "UNKNOWN"


def test_one_task_of_a_key_runs_at_a_time(standin: StandIn, made: Made, shown: Shown) -> None:
    first, second = made(), made()
    standin.advance(1)
    assert [_status(shown, first), _status(shown, second)] == ["RUNNING", "PENDING"]


def test_the_next_task_runs_when_the_first_is_over(standin: StandIn, made: Made, shown: Shown) -> None:
    made()
    second = made()
    standin.advance(3)
    assert _status(shown, second) == "RUNNING"


def test_the_tasks_of_another_key_do_not_wait(standin: StandIn, made: Made, shown: Shown) -> None:
    made()
    other = made(key="the-other-key")
    standin.advance(1)
    assert _status(shown, other, key="the-other-key") == "RUNNING"


def test_the_twenty_first_query_within_a_second_is_refused(call: Send) -> None:
    statuses = [call("GET", "/api/v1/tasks/nothing").status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


def test_a_pending_task_can_be_cancelled(call: Send, made: Made, shown: Shown) -> None:
    task_id = made()
    reply = call("POST", f"/api/v1/tasks/{task_id}/cancel")
    assert (reply.status_code, list(reply.json()), _status(shown, task_id)) == (
        200,
        ["request_id"],
        "CANCELED",
    )


def test_a_running_task_cannot_be_cancelled(standin: StandIn, call: Send, made: Made) -> None:
    task_id = made()
    standin.advance(1)
    reply = call("POST", f"/api/v1/tasks/{task_id}/cancel")
    assert (reply.status_code, reply.json()["code"]) == (400, "UnsupportedOperation")


def test_a_task_of_another_key_cannot_be_cancelled(call: Send, made: Made) -> None:
    reply = call("POST", f"/api/v1/tasks/{made()}/cancel", key="the-other-key")
    assert reply.json()["code"] == "UnsupportedOperation"


def test_a_cancelled_task_lets_the_next_one_run(
    standin: StandIn, call: Send, made: Made, shown: Shown
) -> None:
    first, second = made(), made()
    call("POST", f"/api/v1/tasks/{first}/cancel")
    standin.advance(1)
    assert _status(shown, second) == "RUNNING"


def test_the_list_is_newest_first(standin: StandIn, call: Send, made: Made) -> None:
    first = made()
    standin.advance(1)
    second = made()
    assert _ids(call) == [second, first]


def test_the_list_has_the_tasks_of_the_key_only(call: Send, made: Made) -> None:
    made(key="the-other-key")
    assert _listed(call)["total"] == 0


def test_a_listed_task_has_the_documented_fields(standin: StandIn, call: Send, made: Made) -> None:
    made()
    standin.advance(60)
    entry = _listed(call)["data"][0]
    assert {"task_id", "status", "model_name", "gmt_create", "start_time", "end_time", "region"} < set(entry)


def test_a_listed_task_names_the_request_that_made_it(call: Send, submit: Send) -> None:
    made = submit().json()
    assert _listed(call)["data"][0]["request_id"] == made["request_id"]


def test_the_list_can_be_filtered_by_status(standin: StandIn, call: Send, made: Made) -> None:
    done = made()
    standin.advance(60)
    made()
    assert _ids(call, status="SUCCEEDED") == [done]


def test_the_list_can_be_filtered_by_task_id(call: Send, made: Made) -> None:
    first, _ = made(), made()
    assert _ids(call, task_id=first) == [first]


def test_the_list_can_be_filtered_by_model(call: Send, made: Made) -> None:
    made()
    assert _ids(call, model_name="wanx2.1-t2i-turbo") == []


def test_the_list_can_be_limited_to_a_time(standin: StandIn, call: Send, made: Made) -> None:
    made()
    standin.advance(100)
    late = made()
    start = standin.now() - 50
    assert _ids(call, start_time=_compact(start), end_time=_compact(standin.now())) == [late]


def test_the_list_comes_in_pages(standin: StandIn, call: Send, made: Made) -> None:
    first = made()
    standin.advance(1)
    made()
    page = _listed(call, page_no=2, page_size=1)
    assert (page["total"], page["total_page"], page["data"][0]["task_id"]) == (2, 2, first)


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"start_time": "yesterday"}, "start_time"),
        ({"start_time": "20261120000000", "end_time": "20261121000001"}, "start_time"),
        ({"start_time": "20261120000001", "end_time": "20261120000000"}, "start_time"),
        ({"page_no": "0"}, "page_no"),
        ({"page_size": "101"}, "page_size"),
        ({"page_size": "²"}, "page_size"),
    ],
)
def test_a_bad_filter_is_refused_by_name(call: Send, wanted: dict[str, str], named: str) -> None:
    reply = call("GET", "/api/v1/tasks/", params=wanted)
    assert reply.json()["code"] == "InvalidParameter"
    assert named in reply.json()["message"]


def test_a_list_without_a_slash_is_the_same(call: Send, made: Made) -> None:
    task_id = made()
    assert call("GET", "/api/v1/tasks").json()["data"][0]["task_id"] == task_id
