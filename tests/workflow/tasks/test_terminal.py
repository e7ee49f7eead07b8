"""A task starts once and ends once: whatever comes later changes nothing."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import create_task, record, task_of, tasks
from tongyi.errors import TaskNotFound
from tongyi.gateways.workflow import Workflow
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.payloads import JobRef, WorkflowInput

LATE_STEPS: dict[str, dict[str, Any]] = {
    "DispatchJobFunction": {"job": 0},
    "CheckJobFunction": {"job": 0},
    "StoreImageFunction": {"image": 1},
    "CloseTaskFunction": {"error": {"Error": "States.Timeout", "Cause": "late"}},
}
OF_ANOTHER_RECORD = {"created_at": 1}


def finished(running: Gateway) -> str:
    """Submits an order, waits for its task's end, and returns its id."""
    running.submit({"prompt": "a cat"})
    task_id = task_of(running, "a cat")
    running.wait_for(task_id)
    return task_id


@pytest.mark.parametrize("function", LATE_STEPS)
def test_image_task_that_succeeded_is_left_alone_by_a_late(running: Gateway, function: str) -> None:
    task_id = finished(running)
    before, calls = record(running, task_id), len(running.standin.ledger())

    functions.invoke(function, {"task_id": task_id, **LATE_STEPS[function]})

    assert record(running, task_id) == before
    assert len(running.standin.ledger()) == calls


@pytest.mark.parametrize("function", ["DispatchJobFunction", "CheckJobFunction", "CloseTaskFunction"])
def test_image_task_that_failed_is_left_alone_by_a_late(running: Gateway, function: str) -> None:
    running.standin.add_fault("submit", "fail")
    task_id = finished(running)
    before, calls = record(running, task_id), len(running.standin.ledger())

    functions.invoke(function, {"task_id": task_id, **LATE_STEPS[function]})

    assert record(running, task_id) == before
    assert len(running.standin.ledger()) == calls


def test_image_task_at_work_is_left_alone_by_what_an_execution_of_an_earlier_record_of_its_id_does_late(
    running: Gateway,
) -> None:
    """The earlier record has expired; its execution may go on for days, and would close this one as failed."""
    task_id = create_task(running, JobRecord(n=1))
    before = record(running, task_id)

    refused = []
    for function, step in LATE_STEPS.items():
        with pytest.raises(TaskNotFound):
            functions.invoke(function, {"task_id": task_id, **OF_ANOTHER_RECORD, **step})
        refused.append(function)

    assert refused == list(LATE_STEPS)
    assert record(running, task_id) == before
    assert running.standin.ledger() == []


def test_image_task_keeps_the_status_it_was_closed_with(running: Gateway) -> None:
    running.standin.add_fault("submit", "stuck")
    task_id = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
    assert tasks(running).close(task_id, TaskStatus.FAILED, None, 1)

    running.wait_for(task_id)

    assert record(running, task_id).status is TaskStatus.FAILED


def test_image_task_closed_before_it_is_sent_is_never_sent(running: Gateway) -> None:
    task_id = create_task(running, JobRecord(n=1))
    assert tasks(running).close(task_id, TaskStatus.CANCELED, None, 1)

    workflow_of(running).start(start_of(running, task_id))
    running.wait_for(task_id)

    assert running.submissions() == []


def workflow_of(running: Gateway) -> Workflow:
    return Workflow(boto3.client("stepfunctions"), running.names["ImageTask"])


def start_of(running: Gateway, task_id: str) -> WorkflowInput:
    jobs = [JobRef(task_id=task_id, job=0)]
    return WorkflowInput(task_id=task_id, created_at=record(running, task_id).created_at, jobs=jobs)


def test_workflow_starts_a_task_once_however_often_it_is_asked(running: Gateway) -> None:
    task_id = finished(running)

    workflow_of(running).start(start_of(running, task_id))

    arn = running.names["ImageTask"]
    listed = boto3.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    assert [execution["executionArn"] for execution in listed] == [running.execution_of(task_id)]


def test_step_functions_refuses_a_second_execution_of_a_record_when_the_first_has_ended(
    running: Gateway,
) -> None:
    """Also with the same input, as on AWS: a name stays taken when its execution is over."""
    client = boto3.client("stepfunctions")
    task_id = finished(running)
    start = start_of(running, task_id)

    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(
            stateMachineArn=running.names["ImageTask"], name=start.name, input=start.model_dump_json()
        )


def test_submit_task_that_cannot_be_started_is_closed(running: Gateway) -> None:
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=running.names["ImageTask"])

    reply = running.submit({"prompt": "a cat"})

    assert (reply.status, reply.body["code"]) == (503, "ServiceUnavailable")
    assert record(running, task_of(running, "a cat")).status is TaskStatus.FAILED
