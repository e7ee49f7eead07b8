"""Looking into the table, and waiting for what stands there."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import boto3

from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tongyi.clock import SystemClock
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.idempotency import open_task_id_for
from tongyi.models.tasks.records import JobRecord, TaskRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def tasks(running: Gateway) -> TaskTable:
    """The gateway's own view of its table."""
    return TaskTable(_client(), running.names["Table"], SystemClock())


@cache
def _client() -> DynamoDBClient:
    """Made once: that takes longer than reading does."""
    return boto3.client("dynamodb")


def open_task_id(running: Gateway, key: str) -> str:
    """The id of a task that was ordered without an api key, with that Idempotency-Key."""
    return open_task_id_for(key, tasks(running).salt())


def record(running: Gateway, task_id: str) -> TaskRecord:
    """The task as it is written down."""
    found = tasks(running).get(task_id)
    assert found is not None, f"there is no task {task_id}"
    return found


def job_of(running: Gateway, task_id: str) -> JobRecord:
    """The one job of a task."""
    return record(running, task_id).jobs[0]


def create_task(running: Gateway, job: JobRecord) -> str:
    """Writes a task with this job down, and returns its id. No execution is started for it."""
    task = TaskRecord(
        task_id=str(uuid.uuid4()),
        model="wanx-v1",
        input={"prompt": "a cat"},
        parameters={"n": job.n},
        created_at=time.time_ns() // 1_000_000,
        expires_at=int(time.time()) + 3600,
        jobs={0: job},
    )
    assert tasks(running).create(task)
    return task.task_id


def task_of(running: Gateway, prompt: str) -> str:
    """The id of the task of a prompt: a reply that refuses it does not tell."""
    return tasks_of(running, [prompt])[prompt]


def tasks_of(running: Gateway, prompts: Iterable[str]) -> dict[str, str]:
    """The id of the task of each prompt."""
    items = boto3.resource("dynamodb").Table(running.names["Table"]).scan()["Items"]
    return {prompt: _only_task(prompt, items) for prompt in prompts}


def _only_task(prompt: str, items: Iterable[Mapping[str, object]]) -> str:
    found = [str(item["task_id"]) for item in items if prompt in str(item.get("input", ""))]
    assert len(found) == 1, f"{len(found)} tasks have the prompt {prompt!r}"
    return found[0]


def await_true(condition: Callable[[], bool], what: str) -> None:
    """Returns as soon as the condition holds."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"{what} did not come about"
        time.sleep(0.02)
