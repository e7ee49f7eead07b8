"""Storage that is away for minutes, or for hours: pictures are copied as soon as it is back, while their links live.

Time is the stand-in's, and moves on as soon as nothing is at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from tests.integration.images.generating import RESPOND_ASYNC, generate, new_prompt, order, task_id
from tests.integration.time_lapse import TimeLapse
from tests.support.gateway import Gateway
from tests.workflow.records import record
from tongyi.gateways import aws
from tongyi.models.tasks.status import ImageStatus, TaskStatus

MINUTE = 60
HOUR = 60 * MINUTE
AWAY = EndpointConnectionError(endpoint_url="https://s3")


@dataclass
class Storage:
    """S3 as the functions see it, away for as long as there is a fault."""

    fault: Exception | None = None

    def __call__(self, **_: Any) -> None:
        if self.fault:
            raise self.fault


@pytest.fixture
def time(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> TimeLapse:
    return TimeLapse(running, monkeypatch)


@pytest.fixture
def storage(running: Gateway) -> Storage:
    made = Storage()
    aws.client("s3").meta.events.register("before-call.s3.PutObject", made)
    return made


def run_again(running: Gateway, time: TimeLapse, task: str, number: int = 1) -> None:
    """Sees the task through once more, with another execution of the same input."""
    client = boto3.client("stepfunctions")
    first = client.describe_execution(executionArn=running.execution_of(task))
    name, machine = f"{first['name']}-{number}", running.names["ImageTask"]
    arn = client.start_execution(stateMachineArn=machine, name=name, input=first["input"])["executionArn"]
    time.until(lambda: client.describe_execution(executionArn=arn)["status"] != "RUNNING", "its end")


def placed(running: Gateway, time: TimeLapse, key: str) -> str:
    """An order of two pictures that upstream has made, and nobody could keep yet."""
    headers = {**RESPOND_ASYNC, "Authorization": f"Bearer {key}"}
    task = task_id(generate(running, order("wanx-v1", new_prompt(), n=2), headers))
    time.until(lambda: len(record(running, task).images) == 2, "the pictures")
    return task


def statuses(running: Gateway, task: str) -> set[ImageStatus]:
    return {image.status for image in record(running, task).images.values()}


def results(running: Gateway, task: str, key: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = running.result(task, key).body["output"]["results"]
    return shown


def test_pictures_are_copied_in_time_where_storage_is_away_for_three_minutes(
    running: Gateway, key: str, time: TimeLapse, storage: Storage
) -> None:
    storage.fault = AWAY
    task = placed(running, time, key)
    time.pass_by(3 * MINUTE)
    assert statuses(running, task) == {ImageStatus.MADE}
    assert not record(running, task).ended

    storage.fault = None
    time.until(lambda: record(running, task).ended, "its end")

    assert statuses(running, task) == {ImageStatus.STORED}


def test_pictures_are_copied_by_a_later_execution_where_storage_is_away_for_hours(
    running: Gateway, key: str, time: TimeLapse, storage: Storage
) -> None:
    storage.fault = AWAY
    task = placed(running, time, key)
    time.until(lambda: record(running, task).announced, "its end")
    ended = record(running, task)
    assert [result["stored"] for result in results(running, task, key)] == [False, False]

    run_again(running, time, task)
    assert record(running, task) == ended

    running.standin.advance(20 * HOUR)
    storage.fault = None
    run_again(running, time, task, 2)

    found = record(running, task)
    assert statuses(running, task) == {ImageStatus.STORED}
    assert (found.status, found.ended_at) == (TaskStatus.SUCCEEDED, ended.ended_at)
    assert len(running.objects()) == 2
    assert not any("stored" in result for result in results(running, task, key))


def test_pictures_whose_links_are_dead_are_left_alone(
    running: Gateway, key: str, time: TimeLapse, storage: Storage
) -> None:
    storage.fault = AWAY
    task = placed(running, time, key)
    time.until(lambda: record(running, task).announced, "its end")
    running.standin.advance(25 * HOUR)
    storage.fault = None
    before, asked = record(running, task), len(running.standin.ledger())

    run_again(running, time, task)

    assert (record(running, task), len(running.standin.ledger())) == (before, asked)
