"""Tasks in DynamoDB. The fake that the use cases are tested with has to keep the same promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.records import (
    BROKEN,
    DAY,
    LINK,
    NOW,
    TASK_ID,
    a_failed_image,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import ImageRecord, JobRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READY = (JobStatus.READY,)


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest) -> TaskTable:
    if request.param == "fake":
        return FakeTaskTable()
    return TaskTable(request.getfixturevalue("dynamodb"), TABLE, FakeClock())


def _stored(table: TaskTable) -> TaskRecord:
    task = table.get(TASK_ID)
    assert task is not None
    return task


def _job(table: TaskTable) -> JobRecord:
    return _stored(table).jobs[0]


def _image(table: TaskTable) -> ImageRecord:
    return _stored(table).images[1]


def test_create_keeps_the_whole_task(table: TaskTable) -> None:
    task = a_task(
        a_job(slot_at=NOW, error=BROKEN),
        a_job(first_image=3),
        owner="alice",
        input={"prompt": "猫", "negative_prompt": "狗"},
        parameters={"n": 4, "ref_strength": 0.1, "size": "1024*1024"},
        notices=[{"code": "PromptTruncated", "parameter": "prompt", "message": "It was cut."}],
    )
    table.create(task)
    assert table.get(TASK_ID) == task


def test_create_says_that_it_wrote(table: TaskTable) -> None:
    assert table.create(a_task()) is True


def test_marks_are_written_down_and_change_nothing_else(table: TaskTable) -> None:
    table.create(a_task(owner="alice"))
    table.mark_started(TASK_ID)
    assert table.get(TASK_ID) == a_task(owner="alice", started=True)
    table.mark_released(TASK_ID)
    table.mark_announced(TASK_ID)
    assert table.get(TASK_ID) == a_task(owner="alice", started=True, released=True, announced=True)


def test_marks_of_a_task_that_is_gone_make_none(table: TaskTable) -> None:
    table.mark_started(TASK_ID)
    table.mark_released(TASK_ID)
    table.mark_announced(TASK_ID)
    assert table.get(TASK_ID) is None


def test_create_refuses_a_second_task_of_the_same_id(table: TaskTable) -> None:
    table.create(a_task(owner="alice"))
    assert table.create(a_task(owner="bob")) is False


def test_create_leaves_the_first_task_as_it_was(table: TaskTable) -> None:
    table.create(a_task(owner="alice"))
    table.create(a_task(owner="bob"))
    assert _stored(table).owner == "alice"


def test_get_knows_of_no_other_task(table: TaskTable) -> None:
    table.create(a_task())
    assert table.get("another") is None


def test_get_many_finds_those_that_exist(table: TaskTable) -> None:
    tasks = [a_task(task_id=f"task-{number}", owner="alice") for number in range(3)]
    for task in tasks:
        table.create(task)
    found = table.get_many(["task-2", "task-0", "another"])
    assert found == {"task-0": tasks[0], "task-2": tasks[2]}


def test_get_many_may_be_asked_for_one_twice_and_for_none(table: TaskTable) -> None:
    table.create(a_task())
    assert list(table.get_many([TASK_ID, TASK_ID])) == [TASK_ID]
    assert table.get_many([]) == {}


def test_get_many_takes_a_hundred_at_once(dynamodb: DynamoDBClient) -> None:
    table = TaskTable(dynamodb, TABLE, FakeClock())
    names = [f"task-{number}" for number in range(100)]
    for name in names:
        table.create(a_task(task_id=name))
    assert set(table.get_many(names)) == set(names)


def test_change_job_changes_what_it_is_told(table: TaskTable) -> None:
    table.create(a_task())
    changes = {"status": JobStatus.DISPATCHING, "slot_at": NOW, "error": BROKEN, "losses": 1}
    assert table.change_job(TASK_ID, 0, changes, when=READY)
    assert _job(table) == a_job(**changes)


def test_change_job_leaves_other_jobs_alone(table: TaskTable) -> None:
    table.create(a_task(a_job(), a_job()))
    table.change_job(TASK_ID, 1, {"slot_at": NOW}, when=READY)
    assert _job(table) == a_job()


def test_change_job_takes_away_what_is_none(table: TaskTable) -> None:
    table.create(a_task(a_job(slot_at=NOW, sent_at=NOW)))
    table.change_job(TASK_ID, 0, {"refusals": 1, "slot_at": None, "sent_at": None}, when=READY)
    assert _job(table) == a_job(refusals=1)


def test_change_job_may_do_nothing_but_take_away(table: TaskTable) -> None:
    table.create(a_task(a_job(slot_at=NOW)))
    table.change_job(TASK_ID, 0, {"slot_at": None}, when=READY)
    assert _job(table) == a_job()


@pytest.mark.parametrize("status", JobStatus)
def test_change_job_needs_one_of_the_statuses(table: TaskTable, status: JobStatus) -> None:
    table.create(a_task(a_job(status=status)))
    when = (JobStatus.DISPATCHING, JobStatus.LOST)
    assert table.change_job(TASK_ID, 0, {"refusals": 1}, when=when) is (status in when)


def test_change_job_changes_nothing_in_another_status(table: TaskTable) -> None:
    table.create(a_task(a_job(status=JobStatus.FAILED)))
    table.change_job(TASK_ID, 0, {"refusals": 1}, when=READY)
    assert _job(table).refusals == 0


@pytest.mark.parametrize(("task_id", "job"), [("another", 0), (TASK_ID, 7)])
def test_change_job_makes_no_job_that_was_not_there(table: TaskTable, task_id: str, job: int) -> None:
    table.create(a_task())
    assert table.change_job(task_id, job, {"refusals": 1}, when=READY) is False
    assert table.get("another") is None
    assert list(_stored(table).jobs) == [0]


def test_add_images_keeps_every_attribute(table: TaskTable) -> None:
    images = {1: a_stored_image(attempts=2, actual_prompt="猫"), 2: a_failed_image(), 12: an_image()}
    table.create(a_task())
    table.add_images(TASK_ID, images)
    assert _stored(table).images == images


def test_add_images_leaves_alone_what_is_known(table: TaskTable) -> None:
    table.create(a_task())
    table.add_images(TASK_ID, {1: a_stored_image()})
    table.add_images(TASK_ID, {1: an_image(), 2: an_image()})
    assert _stored(table).images == {1: a_stored_image(), 2: an_image()}


def test_add_images_makes_no_task_that_was_not_there(table: TaskTable) -> None:
    table.add_images(TASK_ID, {1: an_image()})
    assert table.get(TASK_ID) is None


def test_change_image_changes_what_it_is_told(table: TaskTable) -> None:
    table.create(a_task())
    table.add_images(TASK_ID, {1: an_image()})
    changes: dict[str, Any] = {
        "status": ImageStatus.STORED,
        "key": "images/1.png",
        "bytes": 7,
        "error": BROKEN,
    }
    table.change_image(TASK_ID, 1, changes)
    assert _image(table) == an_image(**changes)


def test_change_image_takes_away_what_is_none(table: TaskTable) -> None:
    table.create(a_task())
    table.add_images(TASK_ID, {1: an_image(error=BROKEN)})
    table.change_image(TASK_ID, 1, {"attempts": 1, "error": None})
    assert _image(table) == an_image(attempts=1)


@pytest.mark.parametrize("status", ImageStatus)
def test_change_image_needs_one_of_the_statuses(table: TaskTable, status: ImageStatus) -> None:
    table.create(a_task())
    table.add_images(TASK_ID, {1: an_image(status=status)})
    when = (ImageStatus.MADE, ImageStatus.UNCOPIED)
    assert table.change_image(TASK_ID, 1, {"attempts": 3}, when=when) is (status in when)
    assert _image(table).attempts == (3 if status in when else 0)


def test_change_image_makes_no_picture_that_was_not_there(table: TaskTable) -> None:
    table.create(a_task())
    table.change_image(TASK_ID, 1, {"url": LINK})
    assert _stored(table).images == {}


def test_close_writes_how_and_when_the_task_ended(table: TaskTable) -> None:
    table.create(a_task())
    assert table.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW + DAY) is True
    assert _stored(table) == a_task(status=TaskStatus.FAILED, error=BROKEN, ended_at=NOW + DAY)


def test_close_needs_no_error(table: TaskTable) -> None:
    table.create(a_task())
    table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW)
    assert _stored(table) == a_task(status=TaskStatus.SUCCEEDED, ended_at=NOW)


def test_close_refuses_a_task_that_has_ended(table: TaskTable) -> None:
    table.create(a_task())
    table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW)
    assert table.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW + DAY) is False


def test_close_never_changes_a_terminal_status(table: TaskTable) -> None:
    table.create(a_task())
    table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW)
    table.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW + DAY)
    assert _stored(table) == a_task(status=TaskStatus.SUCCEEDED, ended_at=NOW)


def test_close_makes_no_task_that_was_not_there(table: TaskTable) -> None:
    assert table.close(TASK_ID, TaskStatus.SUCCEEDED, None, NOW) is False
    assert table.get(TASK_ID) is None


def test_items_expire_by_the_attribute_of_the_template(dynamodb: DynamoDBClient) -> None:
    task = a_task()
    TaskTable(dynamodb, TABLE, FakeClock()).create(task)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["expires_at"] == {"N": str(task.expires_at)}


def test_tasks_are_kept_under_the_keys_that_the_policies_allow(dynamodb: DynamoDBClient) -> None:
    TaskTable(dynamodb, TABLE, FakeClock()).create(a_task())
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["pk"] == {"S": f"TASK#{TASK_ID}"}
