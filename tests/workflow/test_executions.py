"""The tests' own end of executions: whatever they are doing, none outlives its gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.models import Execution
from moto.stepfunctions.parser.asl.component import eval_component
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsDecl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import get_backend

from tests.support.aws import executions
from tests.support.gateway import MOTO, Gateway
from tests.support.messages import ACCOUNT, REGION
from tests.support.patience import PATIENCE

WAIT: dict[str, Any] = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
WAIT_IN_A_BRANCH = {
    "StartAt": "Both",
    "States": {"Both": {"Type": "Parallel", "Branches": [WAIT], "End": True}},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Comes about once all executions were told to stop for the first time."""
    came, stop = Event(), executions.stop_what_runs

    def tell() -> None:
        stop()
        came.set()

    monkeypatch.setattr(executions, "stop_what_runs", tell)
    return came


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """A state machine whose executions wait for an hour."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws(config=MOTO):
        role = boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")
        definition = json.dumps(getattr(request, "param", WAIT))
        made = boto3.client("stepfunctions").create_state_machine(
            name="machine", definition=definition, roleArn=role["Role"]["Arn"]
        )
        yield made["stateMachineArn"]


def start(machine: str, name: str) -> Execution:
    arn = boto3.client("stepfunctions").start_execution(stateMachineArn=machine, name=name)["executionArn"]
    return get_backend(ACCOUNT, REGION).describe_execution(arn)


def test_execution_that_is_still_reading_its_definition_is_stopped(
    machine: str, asked: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ExecutionWorker._get_evaluation_entrypoint

    def slowly(worker: ExecutionWorker) -> Any:
        assert asked.wait(PATIENCE)
        return read(worker)

    monkeypatch.setattr(ExecutionWorker, "_get_evaluation_entrypoint", slowly)
    execution = start(machine, "slow to begin")

    executions.stop_executions()

    assert (execution.status, TMP_THREADS) == ("ABORTED", [])


def test_execution_that_another_one_starts_meanwhile_is_stopped(
    machine: str, asked: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file's function starts tasks: it is not stopped in the middle of its work."""
    run: Callable[[ExecutionWorker], None] = ExecutionWorker._execution_logic
    late: list[Execution] = []

    def start_another(worker: ExecutionWorker) -> None:
        if worker._evaluation_details.execution_details.name == "first":
            assert asked.wait(PATIENCE)
            late.append(start(machine, "late"))
        run(worker)

    monkeypatch.setattr(ExecutionWorker, "_execution_logic", start_another)
    first = start(machine, "first")

    executions.stop_executions()

    assert [execution.status for execution in (first, *late)] == ["ABORTED", "ABORTED"]
    assert TMP_THREADS == []


@pytest.mark.parametrize("machine", [WAIT, WAIT_IN_A_BRANCH], indirect=True, ids=["alone", "in a branch"])
def test_execution_that_begins_to_wait_as_it_is_stopped_does_not_wait(
    machine: str, asked: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, about_to = WaitFunction._wait_interval, Event()

    def late(function: WaitFunction, env: Environment, wait_seconds: int) -> None:
        about_to.set()
        assert asked.wait(PATIENCE)
        wait(function, env, wait_seconds)

    monkeypatch.setattr(WaitFunction, "_wait_interval", late)
    execution = start(machine, "about to wait")
    assert about_to.wait(PATIENCE)

    executions.stop_executions()

    assert (execution.status, TMP_THREADS) == ("ABORTED", [])


def test_two_threads_count_the_attempts_of_a_function_together(
    running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto makes the key they are counted under in two steps."""
    attempts, found = MaxAttemptsDecl(), list[str]()
    other = Thread(target=lambda: found.append(attempts.heap_key))

    def then_comes_another() -> str:
        if other.ident is None:
            other.start()
            other.join()
        return str(uuid4())

    monkeypatch.setattr(eval_component, "long_uid", then_comes_another)

    key = attempts.heap_key
    if other.ident is None:
        other.start()
    other.join()

    assert found == [key]
