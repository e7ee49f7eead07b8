"""Submissions whose answer is lost: found again, or sent again only where they surely never arrived."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gateway import Gateway, gateway
from tests.workflow.records import await_true, job_of
from tests.workflow.tasks.walk import Walked, Way, walk
from tongyi.gateways.dashscope import client as dashscope
from tongyi.models.workflow.payloads import JobStep
from tongyi.usecases.workflow.find_submission import FindSubmission

LOST_AFTER_THE_WORK: dict[str, dict[str, Any]] = {
    "hung up": {"kind": "drop", "after": True},
    "server error": {"kind": "status", "status": 500, "after": True},
    "request timeout": {"kind": "status", "status": 408, "code": "RequestTimeOut", "after": True},
    "garbage": {"kind": "garbage"},
    "truncated": {"kind": "truncate"},
    "success without a task": {"kind": "body", "json": {"request_id": "r", "output": {}}, "after": True},
}


def send(running: Gateway, prompt: str = "a cat") -> str:
    """Submits an order, and returns its task's id."""
    reply = running.submit({"prompt": prompt})
    assert reply.status == 200, reply.text
    return str(reply.body["output"]["task_id"])


def tasks_upstream(running: Gateway) -> list[str]:
    """Ids of the tasks that submissions made at the stand-in."""
    return [entry["task_id"] for entry in running.submissions() if entry["task_id"]]


@pytest.mark.parametrize("fault", LOST_AFTER_THE_WORK.values(), ids=LOST_AFTER_THE_WORK)
def test_dispatch_job_finds_its_task_where_only_the_answer_was_lost(
    running: Gateway, key: str, fault: dict[str, Any]
) -> None:
    running.standin.add_fault("submit", **fault)

    shown = running.finished(send(running), key)

    assert shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(running.submissions()) == 1


def test_dispatch_job_finds_its_task_where_the_answer_came_too_late(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope, "SUBMIT_SECONDS", 1)
    running.standin.add_fault("submit", "delay", seconds=3, after=True)
    look = FindSubmission.look

    def later(*given: Any) -> JobStep:
        """The answer is late, and not the task: it is made by then."""
        await_true(lambda: len(tasks_upstream(running)) == 1, "the task upstream")
        return look(*given)

    monkeypatch.setattr(FindSubmission, "look", later)

    shown = running.finished(send(running), key)

    assert shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(running.submissions()) == 1


@pytest.fixture(scope="module")
def never_arrived() -> Walked:
    """A task whose first submission was dropped before it was read."""
    prompt = "never arrives"
    return walk({prompt: Way(faults=(("submit", "drop", {}),))}).walked[prompt]


def test_dispatch_job_sends_again_what_never_arrived(never_arrived: Walked) -> None:
    assert never_arrived.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert never_arrived.called("submit") == [None, 200]


def test_dispatch_job_makes_one_task_of_what_never_arrived(never_arrived: Walked) -> None:
    made = [call["task_id"] for call in never_arrived.calls if call["endpoint"] == "submit"]

    assert made == [None, never_arrived.task.jobs[0].upstream_task_id]


def test_dispatch_job_looks_twice_before_it_sends_again(running: Gateway, key: str) -> None:
    running.standin.add_fault("submit", "drop")

    running.finished(send(running), key)

    calls = [entry["endpoint"] for entry in running.standin.ledger()]
    assert calls[:4] == ["submit", "list", "list", "submit"]


def test_dispatch_job_sends_again_as_often_as_nothing_arrives() -> None:
    prompt = "arrives at last"

    lost = walk({prompt: Way(faults=(("submit", "drop", {"times": 3}),))}).walked[prompt]

    assert lost.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert lost.called("submit") == [None, None, None, 200]


def test_dispatch_job_looks_again_where_the_task_list_fails(running: Gateway, key: str) -> None:
    running.standin.add_fault("submit", "drop", after=True)
    running.standin.add_fault("list", "status", status=500)

    shown = running.finished(send(running), key)

    assert shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(running.submissions()) == 1


def test_dispatch_job_never_takes_a_task_that_is_another_jobs(running: Gateway, key: str) -> None:
    neighbour = send(running, "a dog")
    running.standin.add_fault("submit", "drop", prompt_contains="a cat")
    lost = send(running, "a cat")

    running.finished(lost, key)

    ids = [job_of(running, task_id).upstream_task_id for task_id in (neighbour, lost)]
    assert ids == tasks_upstream(running)


def test_image_task_shows_a_lost_submission_as_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(monkeypatch, {"LostSubmissionSeconds": "600"}) as running:
        running.standin.add_fault("submit", "drop", after=True)

        reply = running.submit({"prompt": "a cat"})

    assert reply.body["output"]["task_status"] == "PENDING"
