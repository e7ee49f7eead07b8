"""POST /api/v1/tasks/{id}/cancel: at once where nothing was sent, at upstream while it is PENDING, or refused."""

from __future__ import annotations

import time
from collections.abc import Iterator

import boto3
import pytest

from tests.integration.dialects import IMAGES, TASKS, cancel, fetch
from tests.integration.images.generating import MODELS, calls, new_prompt
from tests.integration.tasks.canceling import (
    BEING_MADE,
    FINISHED,
    await_jobs,
    await_slots,
    cancellations,
    ordered,
    refusal,
    statuses,
)
from tests.support.gateway import Gateway
from tests.workflow.interference import Hold, interfere
from tests.workflow.records import await_true, record
from tongyi.models.tasks.status import JobStatus

HOUR_MS = 3600 * 1000
DISPATCH = "DispatchJobFunction"
TOO_LATE = {"status": 400, "code": "UnsupportedOperation", "message": "too late"}


@pytest.fixture
def queued(prompt_gateway: Gateway) -> Iterator[Gateway]:
    """A gateway where the next order of any model is sent in an hour."""
    table = boto3.resource("dynamodb").Table(prompt_gateway.names["Table"])
    keys = [{"pk": f"SLOT#{model}", "sk": "SLOT"} for model in MODELS]
    for key in keys:
        table.put_item(Item={**key, "next_at": time.time_ns() // 1_000_000 + HOUR_MS})
    yield prompt_gateway
    for key in keys:
        table.delete_item(Key=key)


@pytest.mark.parametrize(("model", "n"), [("wanx-v1", 4), ("qwen-image-max", 4), ("qwen-image-plus", 1)])
def test_cancel_ends_at_once_what_was_not_sent(
    queued: Gateway, ann: dict[str, str], model: str, n: int
) -> None:
    prompt = new_prompt()
    task = ordered(queued, ann, model, prompt, n)
    await_slots(queued, task)

    reply = cancel(queued, task, ann)

    output = {"task_id": task, "task_status": "CANCELED"}
    assert (reply.status, reply.body) == (200, {"request_id": reply.body["request_id"], "output": output})
    found = record(queued, task)
    assert (found.status, found.ended, set(statuses(queued, task))) == (
        "CANCELED",
        True,
        {JobStatus.CANCELED},
    )
    assert queued.standin.ledger(prompt_contains=prompt) == []


def test_cancel_is_passed_on_while_upstream_has_not_begun(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    task = ordered(slow, ann, "wanx-v1", prompt, n=2)
    await_jobs(slow, task, JobStatus.SUBMITTED)

    reply = cancel(slow, task, ann)

    (job,) = record(slow, task).jobs.values()
    assert (reply.status, record(slow, task).status) == (200, "CANCELED")
    (passed_on,) = slow.standin.ledger("cancel", prompt_contains=prompt)
    assert (passed_on["status"], passed_on["task_id"]) == (200, job.upstream_task_id)
    assert slow.wait_for(task) == "SUCCEEDED"
    assert record(slow, task).status == "CANCELED"


@pytest.mark.parametrize("sent", [1, 2, 4])
def test_cancel_ends_all_calls_of_a_task(
    slow: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    prompt, hold = new_prompt(), Hold(DISPATCH, calls=range(sent + 1, 5))
    interfere(monkeypatch, slow, {(DISPATCH, prompt): hold})
    task = ordered(slow, ann, "qwen-image-plus", prompt, n=4)
    await_true(lambda: statuses(slow, task).count(JobStatus.SUBMITTED) == sent, "submissions")

    reply = cancel(slow, task, ann)
    hold.let_go()

    assert (reply.status, set(statuses(slow, task))) == (200, {JobStatus.CANCELED})
    assert cancellations(slow, prompt) == [200] * sent
    assert slow.wait_for(task) == "SUCCEEDED"
    assert len(calls(slow, prompt)) == sent


def test_cancel_stops_at_a_call_that_is_being_made(
    slow: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, hold = new_prompt(), Hold(DISPATCH, calls=(2,))
    interfere(monkeypatch, slow, {(DISPATCH, prompt): hold})
    slow.standin.add_fault("cancel", "status", prompt_contains=prompt, **TOO_LATE)
    task = ordered(slow, ann, "qwen-image-plus", prompt, n=2)
    await_true(lambda: JobStatus.SUBMITTED in statuses(slow, task), "a submission")

    reply = cancel(slow, task, ann)
    hold.let_go()

    assert refusal(reply) == (400, "UnsupportedOperation", BEING_MADE)
    await_jobs(slow, task, JobStatus.SUBMITTED)
    assert (len(calls(slow, prompt)), record(slow, task).ended) == (2, False)


def test_cancel_is_refused_once_upstream_has_begun(prompt_gateway: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault("submit", "stuck", prompt_contains=prompt)
    task = ordered(prompt_gateway, ann, "wanx-v1", prompt)
    await_true(lambda: record(prompt_gateway, task).jobs[0].running_since is not None, "a check")

    reply = cancel(prompt_gateway, task, ann)

    assert refusal(reply) == (400, "UnsupportedOperation", FINISHED)
    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}
    assert not record(prompt_gateway, task).ended
    assert cancellations(prompt_gateway, prompt) == []


@pytest.mark.parametrize(("marker", "status"), [("", "SUCCEEDED"), (" #fail", "FAILED")])
def test_cancel_is_refused_after_the_end(
    prompt_gateway: Gateway, ann: dict[str, str], marker: str, status: str
) -> None:
    prompt = f"{new_prompt()}{marker}"
    task = ordered(prompt_gateway, ann, "wanx-v1", prompt)
    prompt_gateway.wait_for(task)
    before = record(prompt_gateway, task)

    reply = cancel(prompt_gateway, task, ann)

    assert refusal(reply) == (400, "UnsupportedOperation", FINISHED)
    assert (record(prompt_gateway, task), before.status) == (before, status)
    assert cancellations(prompt_gateway, prompt) == []


def test_cancel_of_what_was_canceled_says_the_same_again_to_its_owner(
    queued: Gateway, ann: dict[str, str], bob: dict[str, str]
) -> None:
    task = ordered(queued, ann, "wanx-v1")
    await_slots(queued, task)

    replies = [cancel(queued, task, ann) for _ in range(3)]

    assert [(reply.status, reply.body["output"]) for reply in replies] == [
        (200, {"task_id": task, "task_status": "CANCELED"})
    ] * 3
    assert cancel(queued, task, bob).status == 404


def test_cancel_of_another_owners_task_finds_nothing(
    queued: Gateway, ann: dict[str, str], bob: dict[str, str]
) -> None:
    task = ordered(queued, ann, "wanx-v1")

    replies = [cancel(queued, task, bob), cancel(queued, "no-such-task", bob), cancel(queued, task, {})]

    assert [reply.status for reply in replies] == [404, 404, 401]
    assert {reply.body["code"] for reply in replies[:2]} == {"TaskNotFound"}
    assert not record(queued, task).ended


def test_canceled_task_is_canceled_in_every_view(queued: Gateway, ann: dict[str, str]) -> None:
    task = ordered(queued, ann, "qwen-image-max", n=2)
    await_slots(queued, task)
    cancel(queued, task, ann)

    shown = [
        queued.request("GET", f"/v1/wanxiang-results?task_id={task}", headers=ann),
        fetch(queued, task, ann),
    ]
    openai = queued.request("GET", f"{IMAGES}?task_id={task}", headers=ann)
    link = queued.request("GET", f"/v1/images/{task}/1", headers=ann)
    listed = queued.request("GET", f"{TASKS}/?task_id={task}", headers=ann).body["data"]

    for reply in shown:
        assert (reply.status, "usage" in reply.body, "results" in reply.body["output"]) == (200, False, False)
        assert reply.body["output"]["task_status"] == "CANCELED"
        assert reply.body["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 2}
    assert (openai.status, openai.body["error"]["code"]) == (400, "TaskCanceled")
    assert (link.status, link.body["code"]) == (404, "PictureNotFound")
    assert [(entry["task_id"], entry["status"]) for entry in listed] == [(task, "CANCELED")]
