"""POST /api/v1/tasks/{id}/cancel while the task is on its way, and where upstream's answer is lost."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.dialects import cancel
from tests.integration.images.generating import calls, new_prompt
from tests.integration.tasks.canceling import (
    BEING_MADE,
    await_jobs,
    cancellations,
    ordered,
    refusal,
    statuses,
)
from tests.support.gateway import Gateway
from tests.workflow.interference import Hold, interfere
from tests.workflow.records import await_true, record
from tongyi.gateways.dashscope.client import DashScope
from tongyi.models.tasks.status import JobStatus
from tongyi.wiring import tasks as wiring_tasks

CHECK, DISPATCH = "CheckJobFunction", "DispatchJobFunction"
LOST: dict[str, dict[str, Any]] = {
    "hung up": {"kind": "drop", "after": True},
    "server error": {"kind": "status", "status": 500, "after": True},
    "garbage": {"kind": "garbage"},
}


@pytest.fixture
def _fresh() -> None:
    """Nothing was kept of earlier calls: a call over a used connection would be made once more over a new one."""
    wiring_tasks.cancel_task.cache_clear()


def test_cancel_waits_for_a_submission_under_way(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    slow.standin.add_fault("submit", "delay", prompt_contains=prompt, seconds=1, after=True)
    task = ordered(slow, ann, "wanx-v1", prompt)
    await_true(lambda: len(calls(slow, prompt)) == 1, "a submission")

    reply = cancel(slow, task, ann)

    assert (reply.status, statuses(slow, task)) == (200, [JobStatus.CANCELED])
    assert cancellations(slow, prompt) == [200]
    assert slow.wait_for(task) == "SUCCEEDED"
    assert (record(slow, task).status, len(calls(slow, prompt))) == ("CANCELED", 1)


def test_cancel_of_a_synchronous_call_under_way_is_refused(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault("generate", "delay", prompt_contains=prompt, seconds=1, after=True)
    task = ordered(prompt_gateway, ann, "qwen-image-2.0", prompt)
    await_true(lambda: len(calls(prompt_gateway, prompt)) == 1, "a call")

    reply = cancel(prompt_gateway, task, ann)

    assert refusal(reply) == (400, "UnsupportedOperation", BEING_MADE)
    prompt_gateway.wait_for(task)
    assert record(prompt_gateway, task).status == "SUCCEEDED"


@pytest.mark.parametrize("model", ["wanx-v1", "qwen-image-2.0"])
def test_cancel_before_the_dispatch_comes_first(
    prompt_gateway: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    prompt, hold = new_prompt(), Hold(DISPATCH)
    interfere(monkeypatch, prompt_gateway, {(DISPATCH, prompt): hold})
    task = ordered(prompt_gateway, ann, model, prompt)
    hold.reached()

    reply = cancel(prompt_gateway, task, ann)
    hold.let_go()

    assert reply.status == 200
    assert prompt_gateway.wait_for(task) == "SUCCEEDED"
    assert (record(prompt_gateway, task).status, calls(prompt_gateway, prompt)) == ("CANCELED", [])


def test_cancel_between_the_calls_of_a_synchronous_model_is_refused(
    prompt_gateway: Gateway, ann: dict[str, str]
) -> None:
    prompt = new_prompt()
    prompt_gateway.standin.add_fault(
        "generate", "status", prompt_contains=prompt, skip=1, status=429, code="Throttling"
    )
    task = ordered(prompt_gateway, ann, "qwen-image-max", prompt, n=2)
    await_true(lambda: JobStatus.SUCCEEDED in statuses(prompt_gateway, task), "a picture")

    reply = cancel(prompt_gateway, task, ann)

    assert (reply.status, reply.body["code"]) == (400, "UnsupportedOperation")
    prompt_gateway.wait_for(task)
    assert record(prompt_gateway, task).status == "SUCCEEDED"
    assert statuses(prompt_gateway, task) == [JobStatus.SUCCEEDED] * 2


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_cancel_whose_answer_was_lost_comes_true(
    slow: Gateway, ann: dict[str, str], fault: dict[str, Any]
) -> None:
    prompt = new_prompt()
    slow.standin.add_fault("cancel", prompt_contains=prompt, **fault)
    task = ordered(slow, ann, "wanx-v1", prompt)
    await_jobs(slow, task, JobStatus.SUBMITTED)

    reply = cancel(slow, task, ann)
    slow.wait_for(task)

    assert (reply.status, len(cancellations(slow, prompt))) == (504, 1)
    assert (record(slow, task).status, statuses(slow, task)) == ("CANCELED", [JobStatus.CANCELED])


@pytest.mark.usefixtures("_fresh")
def test_cancel_over_a_connection_that_has_died_is_made_once_more(slow: Gateway, ann: dict[str, str]) -> None:
    prompts = [new_prompt(), new_prompt()]
    slow.standin.add_fault("cancel", "drop", prompt_contains=prompts[1], after=True)
    tasks = [ordered(slow, ann, "wanx-v1", prompt) for prompt in prompts]
    for task in tasks:
        await_jobs(slow, task, JobStatus.SUBMITTED)

    replies = [cancel(slow, task, ann) for task in tasks]

    assert [reply.status for reply in replies] == [200, 200]
    assert [len(cancellations(slow, prompt)) for prompt in prompts] == [1, 2]
    assert [record(slow, task).status for task in tasks] == ["CANCELED", "CANCELED"]


@pytest.mark.usefixtures("_fresh")
def test_cancel_whose_answer_was_lost_may_be_repeated_at_once(
    slow: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, hold = new_prompt(), Hold(CHECK)
    interfere(monkeypatch, slow, {(CHECK, prompt): hold})
    slow.standin.add_fault("cancel", "drop", prompt_contains=prompt, after=True)
    task = ordered(slow, ann, "wanx-v1", prompt)
    hold.reached()

    replies = [cancel(slow, task, ann) for _ in range(2)]
    hold.let_go()
    slow.wait_for(task)

    assert record(slow, task).status == "CANCELED"
    assert [reply.status for reply in replies] == [504, 200]


@pytest.mark.usefixtures("_fresh")
def test_cancel_goes_on_where_a_lost_answer_stopped_it(slow: Gateway, ann: dict[str, str]) -> None:
    prompt = new_prompt()
    slow.standin.add_fault("cancel", "drop", prompt_contains=prompt, after=True)
    task = ordered(slow, ann, "qwen-image-plus", prompt, n=2)
    await_jobs(slow, task, JobStatus.SUBMITTED)
    lost = cancel(slow, task, ann)
    await_true(lambda: JobStatus.CANCELED in statuses(slow, task), "a check")

    again = cancel(slow, task, ann)

    assert (lost.status, again.status) == (504, 200)
    assert (record(slow, task).status, statuses(slow, task)) == ("CANCELED", [JobStatus.CANCELED] * 2)


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 429, "code": "Throttling.RateQuota"}, 429, "Throttling.RateQuota"),
        ({"kind": "status", "status": 401, "code": "InvalidApiKey"}, 503, "UpstreamSuspended"),
        ({"kind": "drop"}, 504, "UpstreamAmbiguous"),
    ],
    ids=["throttled", "bad key", "hung up"],
)
def test_cancel_that_upstream_does_not_answer_changes_nothing(
    slow: Gateway, ann: dict[str, str], fault: dict[str, Any], status: int, code: str
) -> None:
    prompt = new_prompt()
    slow.standin.add_fault("cancel", prompt_contains=prompt, **fault)
    task = ordered(slow, ann, "wanx-v1", prompt)
    await_jobs(slow, task, JobStatus.SUBMITTED)

    reply = cancel(slow, task, ann)

    assert (reply.status, reply.body["code"]) == (status, code)
    assert (record(slow, task).ended, statuses(slow, task)) == (False, [JobStatus.SUBMITTED])
    assert cancel(slow, task, ann).status == 200


def test_cancel_takes_in_a_call_that_was_sent_meanwhile(
    slow: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, hold = new_prompt(), Hold(DISPATCH, calls=(2,))
    interfere(monkeypatch, slow, {(DISPATCH, prompt): hold})
    task = ordered(slow, ann, "qwen-image-plus", prompt, n=2)
    await_true(lambda: JobStatus.SUBMITTED in statuses(slow, task), "a submission")
    real = DashScope.cancel

    def slowly(*arguments: Any) -> None:
        """Before upstream's answer is there, the second call was sent."""
        hold.let_go()
        await_true(lambda: len(calls(slow, prompt)) == 2, "the other submission")
        real(*arguments)

    monkeypatch.setattr(DashScope, "cancel", slowly)

    reply = cancel(slow, task, ann)

    assert (reply.status, record(slow, task).status) == (200, "CANCELED")
    assert cancellations(slow, prompt) == [200, 200]
    assert slow.wait_for(task) == "SUCCEEDED"


@pytest.mark.parametrize("moment", range(6))
def test_cancel_at_any_moment_leaves_nothing_to_be_made(
    slow: Gateway, ann: dict[str, str], moment: int
) -> None:
    prompt = new_prompt()
    task = ordered(slow, ann, "qwen-image-plus", prompt, n=2)
    time.sleep(moment * 0.01)

    reply = cancel(slow, task, ann)

    assert (reply.status, record(slow, task).status) == (200, "CANCELED")
    assert slow.wait_for(task) == "SUCCEEDED"
    sent = [call["status"] for call in calls(slow, prompt)]
    assert cancellations(slow, prompt) == sent == [200] * len(sent)
    assert (set(statuses(slow, task)), record(slow, task).status) == ({JobStatus.CANCELED}, "CANCELED")


@pytest.mark.parametrize("moment", range(6))
def test_cancel_of_a_synchronous_task_at_any_moment_is_true(
    prompt_gateway: Gateway, ann: dict[str, str], moment: int
) -> None:
    prompt = new_prompt()
    task = ordered(prompt_gateway, ann, "qwen-image-2.0", prompt)
    time.sleep(moment * 0.01)

    reply = cancel(prompt_gateway, task, ann)
    prompt_gateway.wait_for(task)

    found = (record(prompt_gateway, task).status, len(calls(prompt_gateway, prompt)))
    assert found == (("CANCELED", 0) if reply.status == 200 else ("SUCCEEDED", 1))
