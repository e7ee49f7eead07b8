"""A task as its owner sees it."""

from __future__ import annotations

import pytest

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.images import FakePictureBucket
from tests.support.fakes.records import (
    BROKEN,
    LINK,
    NOW,
    SECOND,
    TASK_ID,
    a_failed_image,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tongyi.errors import TaskNotFound
from tongyi.models.images.result import PictureResult
from tongyi.models.tasks.records import ImageRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.usecases.tasks.show_task import ShowTask, TaskView

SENT = a_job(status=JobStatus.SUBMITTED)
PROMPT = "一只奔跑的猫"


def _view(task: TaskRecord, owner: str | None = "alice") -> TaskView:
    return ShowTask(FakeTaskTable(task), FakePictureBucket(), 77, FakeClock()).run(TASK_ID, owner)


def _ended(*images: ImageRecord, status: TaskStatus = TaskStatus.SUCCEEDED) -> TaskRecord:
    job = a_job(n=max(1, len(images)))
    return a_task(job, images=dict(enumerate(images, start=1)), status=status, ended_at=NOW)


def _result(image: ImageRecord) -> PictureResult:
    [result] = _view(_ended(image)).results
    return result


@pytest.mark.parametrize(
    ("belongs_to", "asked_by"), [("alice", "alice"), (None, "alice"), (None, "bob"), (None, None)]
)
def test_show_shows_a_task_to_its_owner(belongs_to: str | None, asked_by: str | None) -> None:
    assert _view(a_task(owner=belongs_to), asked_by).task.task_id == TASK_ID


@pytest.mark.parametrize("asked_by", ["bob", "", None, "Alice"])
def test_show_hides_a_task_from_everybody_else(asked_by: str | None) -> None:
    with pytest.raises(TaskNotFound):
        _view(a_task(owner="alice"), asked_by)


def test_show_hides_a_foreign_task_as_if_it_were_not_there() -> None:
    with pytest.raises(TaskNotFound) as foreign:
        _view(a_task(owner="alice"), "bob")
    with pytest.raises(TaskNotFound) as missing:
        ShowTask(FakeTaskTable(), FakePictureBucket(), 77, FakeClock()).run(TASK_ID, "bob")
    assert foreign.value.message == missing.value.message


@pytest.mark.parametrize("seconds_ago", [0, 1, 2 * 24 * 3600])
def test_show_hides_a_task_that_has_expired(seconds_ago: int) -> None:
    with pytest.raises(TaskNotFound):
        _view(a_task(expires_at=NOW // SECOND - seconds_ago))


def test_show_shows_a_task_to_its_last_second() -> None:
    assert _view(a_task(expires_at=NOW // SECOND + 1)).task.task_id == TASK_ID


@pytest.mark.parametrize("task_id", ["", "x" * 65, "目" * 5000])
def test_show_does_not_look_for_what_is_no_id(task_id: str) -> None:
    """DynamoDB refuses a key of more than 2048 bytes."""
    tasks = FakeTaskTable(a_task(task_id="x" * 65, owner="alice"))
    with pytest.raises(TaskNotFound):
        ShowTask(tasks, FakePictureBucket(), 77, FakeClock()).run(task_id, "alice")


def test_show_gives_a_fresh_link_to_our_copy() -> None:
    assert _result(a_stored_image()) == {
        "orig_prompt": PROMPT,
        "actual_prompt": PROMPT,
        "url": f"https://bucket.example/images/{TASK_ID}/1.png?seconds=77",
        "sha256": "ab" * 32,
        "content_type": "image/png",
        "bytes": 1234,
        "width": 1024,
        "height": 768,
    }


def test_show_tells_the_prompt_that_upstream_made_of_it() -> None:
    assert _result(a_stored_image(actual_prompt="一只猫"))["actual_prompt"] == "一只猫"


def test_show_gives_the_upstream_link_where_there_is_no_copy() -> None:
    assert _result(an_image(status=ImageStatus.UNCOPIED, error=BROKEN)) == {
        "orig_prompt": PROMPT,
        "actual_prompt": PROMPT,
        "url": LINK,
        "url_expires_at": "2026-01-16T12:00:00+00:00",
        "stored": False,
        "copy_error": {"code": BROKEN.code, "message": BROKEN.message},
    }


def test_show_gives_the_upstream_link_where_copying_was_never_tried() -> None:
    result = _result(an_image())
    assert (result["url"], result["copy_error"]) == (LINK, None)


def test_show_says_why_a_picture_failed() -> None:
    assert _result(a_failed_image()) == {"code": BROKEN.code, "message": BROKEN.message}


def test_show_has_the_results_in_order() -> None:
    images = {
        12: a_failed_image(),
        **{number: an_image() for number in range(11, 1, -1)},
        1: a_stored_image(),
    }
    task = a_task(a_job(n=12), images=images, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    results = _view(task).results
    assert ["sha256" in result for result in results] == [True] + [False] * 11
    assert ["code" in result for result in results] == [False] * 11 + [True]


def test_show_has_the_results_of_all_jobs_in_order() -> None:
    jobs = [a_job(n=1, first_image=number) for number in (1, 2, 3)]
    images = {3: an_image(url="three"), 1: an_image(url="one"), 2: an_image(url="two")}
    task = a_task(*jobs, images=images, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    assert [result["url"] for result in _view(task).results] == ["one", "two", "three"]


def test_show_says_why_a_job_made_no_picture() -> None:
    """It was refused or lost: nothing was written down of its pictures."""
    failed = a_job(n=2, first_image=2, status=JobStatus.FAILED, error=BROKEN)
    task = a_task(a_job(n=1), failed, images={1: an_image()}, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    reason = {"code": BROKEN.code, "message": BROKEN.message}
    assert _view(task).results[1:] == [reason, reason]
    assert (_view(task).metrics.succeeded, _view(task).metrics.failed) == (1, 2)


def test_show_says_of_a_canceled_call_that_it_was() -> None:
    canceled = a_job(n=1, first_image=2, status=JobStatus.CANCELED)
    task = a_task(a_job(n=1), canceled, images={1: an_image()}, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    assert _view(task).results[1] == {
        "code": "TaskCanceled",
        "message": "It was canceled before it was made.",
    }


def test_show_has_an_error_for_a_picture_that_nobody_knows_of() -> None:
    task = a_task(a_job(n=2), images={1: an_image()}, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    assert _view(task).results[1]["code"] == "InternalError"


@pytest.mark.parametrize(
    "task",
    [
        a_task(SENT, images={1: a_stored_image()}),
        _ended(a_failed_image(), status=TaskStatus.FAILED),
        _ended(status=TaskStatus.CANCELED),
    ],
    ids=["at work", "failed", "canceled"],
)
def test_show_has_no_results_before_the_task_succeeded(task: TaskRecord) -> None:
    assert _view(task).results == []


def test_show_says_why_the_task_failed() -> None:
    task = a_task(status=TaskStatus.FAILED, error=BROKEN, ended_at=NOW)
    assert (_view(task).status, _view(task).error) == (TaskStatus.FAILED, BROKEN)
