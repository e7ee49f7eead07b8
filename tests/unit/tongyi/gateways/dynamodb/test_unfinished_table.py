"""The index of tasks that are not finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import HOUR, NOW, SECOND, TASK_ID, a_task
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.base.items import encode
from tongyi.gateways.dynamodb.base.task_changes import task_key
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.dynamodb.unfinished_table import DueTask, UnfinishedTable
from tongyi.models.tasks.schedule import FIRST_LOOK
from tongyi.models.tasks.status import TaskStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIRST = NOW + FIRST_LOOK * SECOND


@pytest.fixture
def tasks(dynamodb: DynamoDBClient, clock: FakeClock) -> TaskTable:
    return TaskTable(dynamodb, TABLE, clock)


@pytest.fixture
def table(dynamodb: DynamoDBClient, clock: FakeClock) -> UnfinishedTable:
    return UnfinishedTable(dynamodb, TABLE, clock)


def _due(table: UnfinishedTable, now_ms: int) -> list[str]:
    return [found.task_id for found in table.due(now_ms)]


def test_new_task_is_due_after_the_time_that_taking_an_order_takes(
    tasks: TaskTable, table: UnfinishedTable
) -> None:
    tasks.create(a_task())
    assert (_due(table, FIRST - 1), list(table.due(FIRST))) == ([], [DueTask(TASK_ID, NOW, FIRST)])


def test_due_tasks_come_in_the_order_in_which_they_wait(tasks: TaskTable, table: UnfinishedTable) -> None:
    for number in (3, 1, 2):
        tasks.create(a_task(task_id=f"task-{number}", created_at=NOW + number))
    assert _due(table, FIRST + HOUR) == ["task-1", "task-2", "task-3"]


def test_task_that_is_taken_is_behind_all_others(tasks: TaskTable, table: UnfinishedTable) -> None:
    for number in (1, 2):
        tasks.create(a_task(task_id=f"task-{number}", created_at=NOW + number))
    first, _ = table.due(FIRST + HOUR)
    taken = table.take(first, FIRST + HOUR)
    assert taken == tasks.get("task-1")
    assert _due(table, FIRST + HOUR) == ["task-2", "task-1"]


def test_task_is_taken_by_one(tasks: TaskTable, table: UnfinishedTable) -> None:
    tasks.create(a_task())
    [found] = table.due(FIRST)
    assert [table.take(found, FIRST + HOUR) is None for _ in range(3)] == [False, True, True]


def test_round_is_begun_by_one_and_is_the_records_from_then_on(
    tasks: TaskTable, table: UnfinishedTable
) -> None:
    tasks.create(a_task())
    assert [table.begin_round(a_task(), FIRST + HOUR) for _ in range(2)] == [True, False]
    assert table.begin_round(a_task(round=1), FIRST + HOUR)
    assert tasks.get(TASK_ID) == a_task(round=2)
    assert (_due(table, FIRST), _due(table, FIRST + HOUR)) == ([], [TASK_ID])


def test_task_is_in_the_index_until_its_end_is_told(tasks: TaskTable, table: UnfinishedTable) -> None:
    tasks.create(a_task())
    tasks.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW)
    before = _due(table, FIRST)
    tasks.mark_finished(TASK_ID)
    assert (before, _due(table, FIRST)) == ([TASK_ID], [])
    assert tasks.get(TASK_ID) == a_task(status=TaskStatus.SUCCEEDED, ended_at=NOW, announced=True)


def test_task_that_is_told_and_has_more_to_do_stays_in_the_index(
    tasks: TaskTable, table: UnfinishedTable
) -> None:
    tasks.create(a_task())
    tasks.mark_announced(TASK_ID)
    before = _due(table, FIRST)
    table.finish(TASK_ID)
    assert (before, _due(table, FIRST)) == ([TASK_ID], [])


def test_record_of_an_earlier_version_is_taken_by_hand(
    tasks: TaskTable, table: UnfinishedTable, dynamodb: DynamoDBClient
) -> None:
    tasks.create(a_task())
    dynamodb.update_item(
        TableName=TABLE,
        Key=encode(task_key(TASK_ID)),
        UpdateExpression="REMOVE unfinished, look_at, #round",
        ExpressionAttributeNames={"#round": "round"},
    )
    assert _due(table, FIRST) == []
    taken = table.take_by_hand(TASK_ID, FIRST)
    assert taken == a_task()
    assert _due(table, FIRST) == [TASK_ID]
    assert table.begin_round(taken, FIRST)


def test_task_that_is_gone_is_not_taken_and_not_made(
    tasks: TaskTable, table: UnfinishedTable, clock: FakeClock
) -> None:
    tasks.create(a_task())
    clock.now = a_task().expires_at * SECOND
    gone = DueTask(TASK_ID, NOW, FIRST)
    assert [table.take(gone, FIRST), table.take_by_hand(TASK_ID, FIRST)] == [None, None]
    assert table.take_by_hand("another", FIRST) is None
    assert not table.begin_round(a_task(), FIRST)
    clock.now = NOW
    assert tasks.get("another") is None
