"""Starting executions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from tests.support.fakes.records import JOB, NOW, TASK_ID
from tongyi.errors import StartUnanswered, WorkflowUnavailable
from tongyi.gateways.workflow import Workflow
from tongyi.models.workflow.payloads import Execution, WorkflowInput

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

START = WorkflowInput(task_id=TASK_ID, created_at=NOW, jobs=[JOB.model_copy(update={"created_at": NOW})])
ROLE = "arn:aws:iam::123456789012:role/any"


class Broken:
    """A client whose every start fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def start_execution(self, **_: Any) -> None:
        raise self._error

    describe_execution = start_execution


def _refusal(code: str, status: int = 400, retries: int = 0) -> ClientError:
    said: Any = {"HTTPStatusCode": status, "RetryAttempts": retries}
    found: Any = {"Error": {"Code": code, "Message": "secret detail"}, "ResponseMetadata": said}
    return ClientError(found, "StartExecution")


def _broken(error: Exception) -> Workflow:
    return Workflow(Broken(error), "arn")  # type: ignore[arg-type]


@pytest.fixture
def client(aws: None) -> SFNClient:
    return boto3.client("stepfunctions")


@pytest.fixture
def arn(client: SFNClient) -> str:
    machine = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    made = client.create_state_machine(name="image-task", definition=json.dumps(machine), roleArn=ROLE)
    return made["stateMachineArn"]


def test_start_names_the_execution_after_its_record(client: SFNClient, arn: str) -> None:
    Workflow(client, arn).start(START)
    [execution] = client.list_executions(stateMachineArn=arn)["executions"]
    assert execution["name"] == f"{TASK_ID}-{NOW}"


def test_start_names_one_execution_of_each_record_and_round() -> None:
    others = [START.model_copy(update={"created_at": NOW + 1})]
    others += [START.model_copy(update={"round": number}) for number in (1, 2, 999)]
    assert len({START.name, START.model_copy().name, *(other.name for other in others)}) == 5
    assert all(re.fullmatch(r"[0-9A-Za-z_-]{1,80}", other.name) for other in others)
    # What StartExecution takes, and what its documents advise for a name that CloudWatch logs.
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", START.name)


def test_start_hands_the_jobs_over(client: SFNClient, arn: str) -> None:
    Workflow(client, arn).start(START)
    [execution] = client.list_executions(stateMachineArn=arn)["executions"]
    given = client.describe_execution(executionArn=execution["executionArn"])["input"]
    jobs = [{"task_id": TASK_ID, "created_at": NOW, "job": 0}]
    assert json.loads(given) == {"task_id": TASK_ID, "created_at": NOW, "jobs": jobs, "round": 0}


def test_start_passes_over_an_execution_that_exists() -> None:
    _broken(_refusal("ExecutionAlreadyExists")).start(START)


UNREACHABLE = EndpointConnectionError(endpoint_url="https://states.example")
# What was surely not started, and what may have been.
CERTAIN = {
    "too many": _refusal("ExecutionLimitExceeded"),
    "no machine": _refusal("StateMachineDoesNotExist"),
    "throttled at once": _refusal("ThrottlingException"),
    "no credentials": NoCredentialsError(),
    "not sent": ParamValidationError(report="name"),
}
UNCERTAIN = {
    "unreachable": UNREACHABLE,
    "silent": ReadTimeoutError(endpoint_url="https://states.example"),
    "a fault": _refusal("ServiceUnavailable", 503),
    "refused when it was repeated": _refusal("ThrottlingException", retries=1),
}


def test_start_says_whether_it_is_certain_that_it_could_not() -> None:
    said = {name: _said(error) for name, error in (CERTAIN | UNCERTAIN).items()}
    assert said == dict.fromkeys(CERTAIN, WorkflowUnavailable) | dict.fromkeys(UNCERTAIN, StartUnanswered)


def _said(error: Exception) -> type[Exception]:
    with pytest.raises(WorkflowUnavailable) as caught:
        _broken(error).start(START)
    assert caught.value.message == "The task could not be started."
    return type(caught.value)


def test_start_does_not_hide_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        _broken(TypeError("a bug")).start(START)


def test_execution_is_absent_before_it_is_started_and_ended_after(client: SFNClient, arn: str) -> None:
    """moto runs no executions here: whatever is started stays as it is."""
    workflow = Workflow(client, arn)
    before = workflow.execution(START)
    workflow.start(START)
    at_work = workflow.execution(START)
    name = client.list_executions(stateMachineArn=arn)["executions"][0]["executionArn"]
    client.stop_execution(executionArn=name)
    assert (before, at_work, workflow.execution(START)) == (
        Execution.ABSENT,
        Execution.RUNNING,
        Execution.ENDED,
    )


@pytest.mark.parametrize("error", [_refusal("ThrottlingException"), UNREACHABLE], ids=str)
def test_execution_that_cannot_be_looked_at_is_not_taken_for_absent(error: Exception) -> None:
    with pytest.raises(WorkflowUnavailable):
        _broken(error).execution(START)
