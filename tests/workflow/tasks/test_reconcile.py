"""Tasks that no execution sees through any more: each is seen through to its end all the same, and sent once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.interference import Crash, Hold, interfere
from tests.workflow.records import await_true, create_task, job_of, record, task_of, tasks
from tests.workflow.tasks.scenarios import CHECK, CLOSE, DISPATCH, STORE
from tongyi.gateways.workflow import Workflow
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import WorkflowInput

RECONCILE = "ReconcileFunction"


def reconcile(task_id: str) -> dict[str, int]:
    """Looks at one task, as an operator does by hand."""
    found: dict[str, int] = functions.invoke(RECONCILE, {"task_id": task_id})["found"]
    return found


def last_execution(running: Gateway, task_id: str) -> str:
    """The ARN of the execution that sees the task through now."""
    executions = running.names["ImageTask"].replace(":stateMachine:", ":execution:")
    return f"{executions}:{WorkflowInput.of(record(running, task_id)).name}"


def _end(running: Gateway, task_id: str) -> tuple[str, TaskStatus, int, int]:
    """How the last execution ended, and the task; how often it was sent, and how often its end was told."""
    ended = running.wait_for_execution(last_execution(running, task_id))
    status = record(running, task_id).status
    return ended, status, len(running.submissions()), len(running.told(task_id))


def _stop(running: Gateway, task_id: str) -> None:
    """moto lets an execution that is stopped within a Map fail, where AWS has it aborted."""
    boto3.client("stepfunctions").stop_execution(executionArn=last_execution(running, task_id))
    assert running.wait_for_execution(last_execution(running, task_id)) in ("ABORTED", "FAILED")


def _crashed(function: str) -> Callable[[Gateway, pytest.MonkeyPatch], str]:
    """A function that fails as often as the state machine repeats it, and is mended then."""

    def leave(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0.3")
        interfere(monkeypatch, running, {(function, "a cat"): Crash(function, times=3)})
        running.submit({"prompt": "a cat"})
        task_id = task_of(running, "a cat")
        assert running.wait_for(task_id) == "FAILED"
        return task_id

    return leave


def _orphan(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> str:
    return create_task(running, JobRecord(n=1))


def _stopped(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> str:
    running.standin.configure(pending_seconds=1000)
    running.submit({"prompt": "a cat"})
    task_id = task_of(running, "a cat")
    await_true(lambda: job_of(running, task_id).status is JobStatus.SUBMITTED, "its submission")
    _stop(running, task_id)
    running.standin.configure(pending_seconds=0)
    running.standin.advance(2000)
    return task_id


LEFT: dict[str, Callable[[Gateway, pytest.MonkeyPatch], str]] = {
    "never started": _orphan,
    "failed in dispatch": _crashed(DISPATCH),
    "failed in check": _crashed(CHECK),
    "failed in close": _crashed(CLOSE),
    "stopped": _stopped,
}


@pytest.mark.parametrize("name", LEFT)
def test_task_that_was_left_behind_is_seen_through(
    running: Gateway, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    task_id = LEFT[name](running, monkeypatch)

    assert reconcile(task_id) == {"started": 1}
    assert _end(running, task_id) == ("SUCCEEDED", TaskStatus.SUCCEEDED, 1, 1)
    assert len(running.objects()) == 1
    assert reconcile(task_id) == {"finished": 1}


def test_task_is_found_by_schedule_once_it_is_due(running: Gateway) -> None:
    task_id = create_task(running, JobRecord(n=1))
    event: dict[str, Any] = {"detail-type": "Scheduled Event", "detail": {}}
    before = functions.invoke(RECONCILE, event)
    _make_due(running, task_id)

    assert [before["found"], functions.invoke(RECONCILE, event)["found"]] == [{}, {"started": 1}]
    assert _end(running, task_id) == ("SUCCEEDED", TaskStatus.SUCCEEDED, 1, 1)
    assert not {"unfinished", "look_at"} & (running.item(f"TASK#{task_id}", "TASK") or {}).keys()


def _make_due(running: Gateway, task_id: str) -> None:
    boto3.resource("dynamodb").Table(running.names["Table"]).update_item(
        Key={"pk": f"TASK#{task_id}", "sk": "TASK"},
        UpdateExpression="SET look_at = :then",
        ExpressionAttributeValues={":then": 1},
    )


def test_task_at_work_gets_no_second_execution(running: Gateway) -> None:
    running.standin.configure(pending_seconds=1000)
    running.submit({"prompt": "a cat"})
    task_id = task_of(running, "a cat")

    assert reconcile(task_id) == {"running": 1}
    assert record(running, task_id).round == 0


# Where the first execution stands while another one sees the task through to its end.
HELD = [(function, after) for function in (CHECK, STORE, CLOSE) for after in (False, True)]


@pytest.mark.parametrize(("function", "after"), HELD)
def test_second_execution_beside_a_running_one_is_harmless(
    running: Gateway, monkeypatch: pytest.MonkeyPatch, function: str, *, after: bool
) -> None:
    """Such as one that is redriven when the next round is at work already."""
    hold = Hold(function, after=after)
    interfere(monkeypatch, running, {(function, "a cat"): hold})
    running.submit({"prompt": "a cat"})
    task_id = task_of(running, "a cat")
    hold.reached()
    second = WorkflowInput.of(record(running, task_id)).model_copy(update={"round": 1})
    Workflow(boto3.client("stepfunctions"), running.names["ImageTask"]).start(second)
    executions = running.names["ImageTask"].replace(":stateMachine:", ":execution:")
    assert running.wait_for_execution(f"{executions}:{second.name}") == "SUCCEEDED"
    between = record(running, task_id)

    hold.let_go()

    assert running.wait_for(task_id) == "SUCCEEDED"
    assert record(running, task_id) == between
    assert (between.status, len(running.submissions())) == (TaskStatus.SUCCEEDED, 1)
    assert len(running.told(task_id)) == 1
    assert len(running.objects()) == 1


def test_late_failure_to_copy_does_not_undo_a_copy(running: Gateway) -> None:
    running.submit({"prompt": "a cat"})
    task_id = task_of(running, "a cat")
    running.wait_for(task_id)
    before = record(running, task_id)

    tasks(running).change_image(
        task_id, 1, {"status": "UNCOPIED"}, when=(ImageStatus.MADE, ImageStatus.UNCOPIED)
    )

    assert record(running, task_id) == before
