"""Whatever ends a task takes it out of its model's line, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.records import BROKEN, NOW, TASK_ID, a_job, a_task
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.line_table import LineTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.line import Line

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MODEL = "wanx-v1"
End = Callable[[TaskTable], bool]
ENDS: list[End] = [
    lambda table: table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW),
    lambda table: table.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW),
    lambda table: table.cancel_unsent(a_task(a_job(n=3)), NOW),
]


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest) -> TaskTable:
    if request.param == "fake":
        return FakeTaskTable()
    return TaskTable(request.getfixturevalue("dynamodb"), TABLE, FakeClock())


@pytest.mark.parametrize("end", ENDS, ids=["succeeded", "failed", "canceled"])
def test_end_gives_the_place_back_once(table: TaskTable, end: End) -> None:
    others = a_task(a_job(n=4))
    for task in (a_task(a_job(n=3)), others):
        table.lines.join(task, 100)
    table.create(a_task(a_job(n=3)))

    assert [end(table) for _ in range(2)] == [True, False]
    assert table.lines.read(MODEL).pieces == 4


def test_end_tells_the_line_how_long_dashscope_was_at_it(table: TaskTable) -> None:
    task = a_task(a_job(n=3, worked_ms=7_000))
    table.lines.join(task, 100)
    table.create(task)
    table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW)
    assert table.lines.read(MODEL) == Line(0, 3, 7_000)


def test_task_is_ended_though_the_line_cannot_be_written(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = TaskTable(dynamodb, TABLE, FakeClock())
    table.create(a_task())

    def refuse(_: LineTable, task: TaskRecord) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": task.task_id}}, "UpdateItem")

    monkeypatch.setattr(LineTable, "leave", refuse)
    assert table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW) is True


def test_salt_is_the_same_for_all_and_for_no_other_table(dynamodb: DynamoDBClient) -> None:
    tables = [TaskTable(dynamodb, TABLE, FakeClock()) for _ in range(3)]
    [salt] = {table.salt() for table in tables for _ in range(2)}
    assert len(salt) == 64
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "QUOTA#SALT"}, "sk": {"S": "SALT"}})
    assert TaskTable(dynamodb, TABLE, FakeClock()).salt() != salt
