"""GET /v1/wanxiang-results: each documented state, as documented."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests

from tests.integration import documents
from tests.integration.documents import follows
from tests.support.api_gateway import Reply
from tests.support.gateway import UPSTREAM_KEY, Gateway, gateway
from tests.workflow.records import await_true, create_task
from tests.workflow.tasks.walk import Walked, Way, walk
from tongyi.gateways.dashscope.client import TASKS_PATH
from tongyi.models.tasks.records import JobRecord

ENDED = {
    "ends well": Way(n=2),
    "ends in part": Way(n=2, faults=(("submit", "partial", {"indexes": [1]}),)),
    "ends badly": Way(
        n=4, faults=(("submit", "fail", {"code": "InvalidParameter", "message": documents.BAD_SIZE}),)
    ),
}


@pytest.fixture(scope="module")
def ended() -> dict[str, Walked]:
    """Tasks that have ended, by their prompts."""
    return dict(walk(ENDED).walked)


@pytest.fixture(scope="module")
def at_work() -> Iterator[Gateway]:
    """A gateway whose upstream stands still until its clock is moved on."""
    with pytest.MonkeyPatch.context() as monkeypatch, gateway(monkeypatch) as made:
        plenty = {"requests": 1000, "running": 1000}
        made.standin.configure(limits={"wanx-v1": plenty, "query": {"requests": 1000}})
        made.standin.freeze()
        yield made


def submitted(at_work: Gateway, n: int = 1) -> str:
    reply = at_work.submit({"prompt": "a cat", "n": n})
    return str(reply.body["output"]["task_id"])


def shown_as(at_work: Gateway, task_id: str, status: str) -> Reply:
    """The result, once it has that status."""
    key = at_work.issue_key("alice")
    await_true(lambda: at_work.result(task_id, key).body["output"]["task_status"] == status, status)
    return at_work.result(task_id, key)


def test_get_result_shows_a_task_that_succeeded_as_documented(ended: dict[str, Walked]) -> None:
    shown = ended["ends well"].shown

    assert shown.status == 200
    assert follows(shown.body, documents.SUCCEEDED)


def test_get_result_shows_a_task_that_partly_failed_as_documented(ended: dict[str, Walked]) -> None:
    shown = ended["ends in part"].shown

    assert shown.status == 200
    assert follows(shown.body, documents.PARTLY_FAILED)


def test_get_result_shows_a_task_that_failed_as_documented(ended: dict[str, Walked]) -> None:
    shown = ended["ends badly"].shown

    assert shown.status == 400
    assert follows(shown.body, documents.FAILED)


def test_get_result_adds_the_error_to_a_task_that_failed(ended: dict[str, Walked]) -> None:
    body = ended["ends badly"].shown.body

    assert (body["code"], body["message"]) == ("InvalidParameter", documents.BAD_SIZE)
    assert body["suggestion"]


def test_get_result_shows_a_running_task_as_documented(at_work: Gateway) -> None:
    at_work.standin.configure(pending_seconds=0, seconds_per_image=100)
    task_id = submitted(at_work, n=4)
    at_work.standin.advance(100)

    shown = shown_as(at_work, task_id, "RUNNING")

    assert shown.status == 200
    assert follows(shown.body, documents.RUNNING)


def test_get_result_shows_no_results_before_the_end(at_work: Gateway) -> None:
    at_work.standin.configure(pending_seconds=0, seconds_per_image=100)
    task_id = submitted(at_work, n=4)

    shown = shown_as(at_work, task_id, "RUNNING")

    assert "results" not in shown.body["output"]
    assert "usage" not in shown.body


def test_get_result_shows_a_waiting_task_as_pending(at_work: Gateway) -> None:
    at_work.standin.configure(pending_seconds=1000)

    shown = shown_as(at_work, submitted(at_work), "PENDING")

    assert shown.status == 200
    assert shown.body["output"]["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 0, "FAILED": 0}


def test_get_result_shows_a_suspended_task_as_suspended(at_work: Gateway) -> None:
    at_work.standin.configure(pending_seconds=0)
    at_work.standin.add_fault("submit", "stuck", task_status="SUSPENDED")

    assert shown_as(at_work, submitted(at_work), "SUSPENDED").status == 200


def test_get_result_shows_a_task_that_was_canceled_upstream_as_canceled(at_work: Gateway) -> None:
    at_work.standin.configure(pending_seconds=1000)
    task_id = submitted(at_work)
    upstream = at_work.submissions()[-1]["task_id"]
    headers = {"Authorization": f"Bearer {UPSTREAM_KEY}"}
    requests.post(f"{at_work.standin.url}{TASKS_PATH}{upstream}/cancel", headers=headers, timeout=300)

    shown = shown_as(at_work, task_id, "CANCELED")

    assert shown.status == 200
    assert "results" not in shown.body["output"]


def test_get_result_does_not_know_another_task(at_work: Gateway) -> None:
    task_id = "86ecf553-d340-4e21-af6e-a0c6a421c010"

    shown = at_work.result(task_id, at_work.issue_key("alice"))

    assert shown.status == 404
    assert shown.body["output"] == {"task_id": task_id, "task_status": "UNKNOWN"}
    assert set(shown.body) == {"output", "code", "message", "suggestion", "request_id"}


def test_get_result_no_longer_knows_a_task_that_has_expired(at_work: Gateway) -> None:
    task_id = create_task(at_work, JobRecord(n=1))
    assert at_work.result(task_id, at_work.issue_key("alice")).status == 200
    boto3.resource("dynamodb").Table(at_work.names["Table"]).update_item(
        Key={"pk": f"TASK#{task_id}", "sk": "TASK"},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": 1},
    )

    shown = at_work.result(task_id, at_work.issue_key("alice"))

    assert (shown.status, shown.body["output"]["task_status"]) == (404, "UNKNOWN")


@pytest.mark.parametrize("query", ["", "?task_id=", "?task_id=%20", "?id=1"])
def test_get_result_asks_for_a_task_id(at_work: Gateway, query: str) -> None:
    headers = {"Authorization": f"Bearer {at_work.issue_key('alice')}"}

    shown = at_work.request("GET", f"/v1/wanxiang-results{query}", headers=headers)

    assert shown.status == 400
    assert "task_id" in shown.body["message"]


def test_get_result_links_to_our_own_copy(ended: dict[str, Walked]) -> None:
    found = ended["ends well"]
    paths = [urlsplit(result["url"]).path for result in found.shown.body["output"]["results"]]

    assert [path.endswith(f"images/{found.task.task_id}/{n}.png") for n, path in enumerate(paths, 1)] == [
        True,
        True,
    ]


def test_get_result_signs_links_for_an_hour(ended: dict[str, Walked]) -> None:
    link = ended["ends well"].shown.body["output"]["results"][0]["url"]

    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["3600"]


def test_get_result_describes_each_copy(ended: dict[str, Walked]) -> None:
    found = ended["ends well"]
    results = found.shown.body["output"]["results"]

    assert [result["bytes"] for result in results] == [len(copy) for copy in found.copies]
    assert {(r["content_type"], r["width"], r["height"]) for r in results} == {("image/png", 1024, 1024)}


def test_get_result_tells_the_prompt_of_each_picture(ended: dict[str, Walked]) -> None:
    result = ended["ends well"].shown.body["output"]["results"][0]

    assert (result["orig_prompt"], result["actual_prompt"]) == ("ends well", "ends well")


def test_get_result_tells_the_times_of_a_task_in_order(ended: dict[str, Walked]) -> None:
    output = ended["ends well"].shown.body["output"]
    times = [output[name] for name in ("submit_time", "scheduled_time", "end_time")]

    assert times == sorted(times)
