"""Starting executions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.unit.tongyi.builders import JOB, NOW, TASK_ID
from tongyi.errors import WorkflowUnavailable
from tongyi.gateways.workflow import Workflow
from tongyi.models.workflow import WorkflowInput

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


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "secret detail"}}, "StartExecution")


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


def test_start_names_no_two_executions_of_a_record_and_two_of_two_records() -> None:
    again = START.model_copy(update={"created_at": NOW + 1})
    assert START.name == START.model_copy().name != again.name
    # What StartExecution takes, and what its documents advise for a name that CloudWatch logs.
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", START.name)


def test_start_hands_the_jobs_over(client: SFNClient, arn: str) -> None:
    Workflow(client, arn).start(START)
    [execution] = client.list_executions(stateMachineArn=arn)["executions"]
    given = client.describe_execution(executionArn=execution["executionArn"])["input"]
    jobs = [{"task_id": TASK_ID, "created_at": NOW, "job": 0}]
    assert json.loads(given) == {"task_id": TASK_ID, "created_at": NOW, "jobs": jobs}


def test_start_passes_over_an_execution_that_exists() -> None:
    _broken(_refusal("ExecutionAlreadyExists")).start(START)


@pytest.mark.parametrize(
    "error",
    [
        _refusal("ExecutionLimitExceeded"),
        _refusal("StateMachineDoesNotExist"),
        _refusal("ThrottlingException"),
        EndpointConnectionError(endpoint_url="https://states.example"),
    ],
    ids=str,
)
def test_start_says_that_it_could_not(error: Exception) -> None:
    with pytest.raises(WorkflowUnavailable) as caught:
        _broken(error).start(START)
    assert caught.value.message == "The task could not be started."


def test_start_does_not_hide_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        _broken(TypeError("a bug")).start(START)
