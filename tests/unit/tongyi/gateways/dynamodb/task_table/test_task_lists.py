"""Tasks of an owner, and tasks that are canceled whole. The fake has to keep the same promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.records import BROKEN, DAY, NOW, TASK_ID, a_job, a_stored_image, a_task
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import TaskRecord, TaskSummary
from tongyi.models.tasks.status import JobStatus, TaskStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SENT = a_job(status=JobStatus.SUBMITTED, sent_at=NOW, slot_at=NOW, upstream_task_id="up", error=BROKEN)


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest) -> TaskTable:
    if request.param == "fake":
        return FakeTaskTable()
    return TaskTable(request.getfixturevalue("dynamodb"), TABLE, FakeClock())


def _create(table: TaskTable, name: str, **given: Any) -> TaskRecord:
    made: dict[str, Any] = {"task_id": name, "owner": "alice", **given}
    task = a_task(**made)
    table.create(task)
    return task


def _found(table: TaskTable, from_ms: int = 0, until_ms: int = NOW + DAY, owner: str = "alice") -> list[str]:
    return [task.task_id for task in table.of_owner(owner, from_ms, until_ms)]


def test_list_has_the_whole_summary(table: TaskTable) -> None:
    task = a_task(SENT, a_job(first_image=3), owner="alice", model="qwen-image-plus", fingerprint="f00d")
    table.create(task)
    table.add_images(TASK_ID, {1: a_stored_image()})
    table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW + 5)
    assert table.of_owner("alice", NOW, NOW) == [
        TaskSummary(
            task_id=TASK_ID,
            model="qwen-image-plus",
            status=TaskStatus.SUCCEEDED,
            created_at=NOW,
            ended_at=NOW + 5,
            expires_at=task.expires_at,
            fingerprint="f00d",
            jobs=task.jobs,
        )
    ]


def test_list_has_the_newest_first(table: TaskTable) -> None:
    for name, ago in (("old", 2), ("new", 0), ("older", 3), ("newer", 1)):
        _create(table, name, created_at=NOW - ago)
    assert _found(table) == ["new", "newer", "old", "older"]


def test_list_has_both_ends_of_its_span(table: TaskTable) -> None:
    for late in range(-2, 3):
        _create(table, f"{late}", created_at=NOW + late)
    assert _found(table, NOW - 1, NOW + 1) == ["1", "0", "-1"]


def test_list_has_the_owners_only(table: TaskTable) -> None:
    for name, owner in (("hers", "alice"), ("his", "bob"), ("nobodys", None)):
        _create(table, name, owner=owner)
    assert (_found(table), _found(table, owner="bob"), _found(table, owner="None")) == (["hers"], ["his"], [])


def test_list_is_read_to_its_end(dynamodb: DynamoDBClient) -> None:
    """DynamoDB answers in pages of a megabyte."""
    table = TaskTable(dynamodb, TABLE, FakeClock())
    thick = [{"code": "X", "parameter": "prompt", "message": "x" * 300_000}]
    for number in range(5):
        _create(table, str(number), created_at=NOW - number, notices=thick)
    assert _found(table) == ["0", "1", "2", "3", "4"]


def test_tasks_without_an_owner_are_in_no_list(dynamodb: DynamoDBClient) -> None:
    _create(TaskTable(dynamodb, TABLE, FakeClock()), TASK_ID, owner=None)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert "by_owner" not in item


def test_tasks_are_listed_under_the_keys_that_the_policies_allow(dynamodb: DynamoDBClient) -> None:
    _create(TaskTable(dynamodb, TABLE, FakeClock()), TASK_ID)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert (item["by_owner"], item["created_at"]) == ({"S": "OWNER#alice"}, {"N": str(NOW)})


def test_cancel_unsent_cancels_the_task_and_its_jobs(table: TaskTable) -> None:
    task = a_task(a_job(n=1, slot_at=NOW), a_job(n=1, first_image=2, refusals=1))
    table.create(task)
    assert table.cancel_unsent(task, NOW + 5) is True
    assert table.get(TASK_ID) == a_task(
        a_job(n=1, slot_at=NOW, status=JobStatus.CANCELED),
        a_job(n=1, first_image=2, refusals=1, status=JobStatus.CANCELED),
        status=TaskStatus.CANCELED,
        ended_at=NOW + 5,
    )


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.READY])
@pytest.mark.parametrize("place", [0, 1])
def test_cancel_unsent_changes_nothing_where_a_job_is_not_ready(
    table: TaskTable, status: JobStatus, place: int
) -> None:
    jobs = [a_job(), a_job()]
    jobs[place] = a_job(status=status)
    task = a_task(*jobs)
    table.create(task)
    assert (table.cancel_unsent(task, NOW), table.get(TASK_ID)) == (False, task)


def test_cancel_unsent_goes_by_how_it_is_and_not_by_how_it_was_read(table: TaskTable) -> None:
    task = a_task()
    table.create(task)
    table.change_job(TASK_ID, 0, {"status": JobStatus.DISPATCHING}, when=(JobStatus.READY,))
    assert table.cancel_unsent(task, NOW) is False


def test_cancel_unsent_changes_nothing_of_what_has_ended(table: TaskTable) -> None:
    task = a_task()
    table.create(task)
    table.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW)
    assert table.cancel_unsent(task, NOW + 5) is False
    assert table.get(TASK_ID) == a_task(status=TaskStatus.FAILED, error=BROKEN, ended_at=NOW)


def test_cancel_unsent_makes_no_task_that_was_not_there(table: TaskTable) -> None:
    assert (table.cancel_unsent(a_task(), NOW), table.get(TASK_ID)) == (False, None)
