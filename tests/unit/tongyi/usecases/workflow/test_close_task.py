"""The terminal status, written once."""

from __future__ import annotations

import io
import json

import pytest

from tests.support.fakes.gateways import FakeClock, FakeEventBus, FakeTaskTable
from tests.support.fakes.records import (
    BROKEN,
    DAY,
    HOUR,
    NOW,
    TASK_ID,
    a_failed_image,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tests.unit.tongyi.usecases.tasks.announcing import announcer
from tongyi.errors import EventsUnavailable, JobsUnfinished, TaskNotFound
from tongyi.models.tasks.records import Failure, ImageRecord, JobRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import TaskRef
from tongyi.usecases.workflow.close_task import CloseTask

FAILED_JOB = a_job(status=JobStatus.FAILED, error=BROKEN)
CANCELED_JOB = a_job(status=JobStatus.CANCELED)
# By then no job ends by itself any more.
LATE = NOW + 2 * DAY


def _close(
    tasks: FakeTaskTable, ref: TaskRef | None = None, *, bus: FakeEventBus | None = None, at: int = LATE
) -> TaskStatus:
    return CloseTask(tasks, announcer(tasks, bus), FakeClock(at)).run(ref or TaskRef(task_id=TASK_ID))


def _closed(task: TaskRecord, ref: TaskRef | None = None) -> TaskRecord:
    tasks = FakeTaskTable(task)
    _close(tasks, ref)
    return tasks.tasks[TASK_ID]


def test_close_needs_a_task() -> None:
    with pytest.raises(TaskNotFound):
        _close(FakeTaskTable())


@pytest.mark.parametrize("image", [a_stored_image(), an_image(), an_image(status=ImageStatus.UNCOPIED)])
def test_close_succeeds_with_a_single_picture(image: ImageRecord) -> None:
    assert _closed(a_task(images={1: a_failed_image(), 2: image})).status is TaskStatus.SUCCEEDED


def test_close_succeeds_without_an_error() -> None:
    assert _closed(a_task(a_job(), FAILED_JOB, images={1: a_stored_image()})).error is None


def test_close_returns_the_status() -> None:
    tasks = FakeTaskTable(a_task(images={1: a_stored_image()}))
    assert _close(tasks) is TaskStatus.SUCCEEDED


def test_close_returns_the_status_that_was_there_before() -> None:
    ended = a_task(status=TaskStatus.CANCELED, ended_at=NOW, images={1: a_stored_image()})
    assert _close(FakeTaskTable(ended)) is TaskStatus.CANCELED


def test_close_returns_and_tells_what_another_wrote_who_was_faster() -> None:
    class Overtaken(FakeTaskTable):
        def close(self, task_id: str, status: TaskStatus, error: Failure | None, ended_at: int) -> bool:
            super().close(task_id, TaskStatus.CANCELED, None, NOW)
            return super().close(task_id, status, error, ended_at)

    tasks, bus = Overtaken(a_task(images={1: a_stored_image()})), FakeEventBus()
    assert _close(tasks, bus=bus) is TaskStatus.CANCELED
    assert [detail["status"] for _, _, detail in bus.told] == ["CANCELED"]


def test_close_writes_when_the_task_ended() -> None:
    assert _closed(a_task()).ended_at == LATE


@pytest.mark.parametrize("jobs", [[FAILED_JOB], [a_job(), FAILED_JOB], [CANCELED_JOB, FAILED_JOB]])
def test_close_fails_for_the_reason_of_a_job(jobs: list[JobRecord]) -> None:
    closed = _closed(a_task(*jobs))
    assert (closed.status, closed.error) == (TaskStatus.FAILED, BROKEN)


def test_close_fails_where_every_picture_did() -> None:
    assert _closed(a_task(FAILED_JOB, images={1: a_failed_image()})).status is TaskStatus.FAILED


def test_close_fails_for_a_reason_of_ours_where_nobody_knows_one() -> None:
    error = _closed(a_task(a_job(status=JobStatus.LOST))).error
    assert error == Failure(code="InternalError", message="The gateway could not see the task through.")


def test_close_cancels_what_was_canceled_altogether() -> None:
    assert _closed(a_task(CANCELED_JOB, CANCELED_JOB)).status is TaskStatus.CANCELED


def test_close_does_not_cancel_what_was_canceled_in_part() -> None:
    assert _closed(a_task(CANCELED_JOB, a_job())).status is TaskStatus.FAILED


def test_close_never_changes_a_terminal_status() -> None:
    task = a_task(status=TaskStatus.FAILED, ended_at=NOW, error=BROKEN, images={1: a_stored_image()})
    assert _closed(task) == task.model_copy(update={"announced": True})


def test_close_counts_a_task_once(capsys: pytest.CaptureFixture[str]) -> None:
    closed = _closed(a_task(images={1: a_stored_image()}))
    _closed(closed)
    assert capsys.readouterr().out.count('"TasksSucceeded":[1') == 1


def test_close_logs_what_the_workflow_caught(logged: io.StringIO) -> None:
    _closed(a_task(), TaskRef(task_id=TASK_ID, error={"Error": "States.Timeout", "Cause": "s3cret"}))
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (line["level"], line["error"]) == ("ERROR", "States.Timeout")
    assert "s3cret" not in logged.getvalue()


def test_close_tells_what_it_wrote() -> None:
    tasks, bus = FakeTaskTable(a_task(images={1: a_stored_image()})), FakeEventBus()
    _close(tasks, bus=bus)
    [(_, kind, detail)] = bus.told
    assert (kind, detail["status"]) == ("Image Task Succeeded", "SUCCEEDED")
    assert detail["ended_at"] == "2026-01-17T12:00:00.250Z"


def test_close_that_could_not_tell_has_written_all_the_same() -> None:
    tasks = FakeTaskTable(a_task(images={1: a_stored_image()}))
    with pytest.raises(EventsUnavailable):
        _close(tasks, bus=FakeEventBus(down=True))
    closed = tasks.tasks[TASK_ID]
    assert (closed.status, closed.ended_at, closed.announced) == (TaskStatus.SUCCEEDED, LATE, False)


def test_close_repeated_after_it_could_not_tell_only_tells(capsys: pytest.CaptureFixture[str]) -> None:
    tasks, bus = FakeTaskTable(a_task(images={1: a_stored_image()})), FakeEventBus(down=True)
    with pytest.raises(EventsUnavailable):
        _close(tasks, bus=bus)
    written, bus.down = tasks.tasks[TASK_ID], False
    assert (
        _close(tasks, TaskRef(task_id=TASK_ID, error={"Error": "States.Timeout"}), bus=bus) is written.status
    )
    assert tasks.tasks[TASK_ID] == written.model_copy(update={"announced": True})
    assert [detail["status"] for _, _, detail in bus.told] == ["SUCCEEDED"]
    assert capsys.readouterr().out.count('"TasksSucceeded":[1') == 1


def test_close_repeated_after_all_was_done_tells_nothing() -> None:
    tasks, bus = FakeTaskTable(a_task(images={1: a_stored_image()})), FakeEventBus()
    _close(tasks, bus=bus)
    _close(tasks, bus=bus)
    assert len(bus.told) == 1


# Milliseconds after the order until which an open job keeps its task open.
OPEN = {
    "ready": (a_job(), 26 * HOUR),
    "ready, for a slot that comes later": (a_job(slot_at=NOW + 5 * HOUR), 31 * HOUR),
    "dispatching": (a_job(status=JobStatus.DISPATCHING, sent_at=NOW + HOUR), 27 * HOUR),
    "lost": (a_job(status=JobStatus.LOST, sent_at=NOW + HOUR), 27 * HOUR),
    "submitted": (a_job(status=JobStatus.SUBMITTED, sent_at=NOW + 7 * HOUR), 33 * HOUR),
    "failed": (FAILED_JOB, 0),
    "canceled": (CANCELED_JOB, 0),
    "succeeded": (a_job(status=JobStatus.SUCCEEDED), 0),
}


def test_close_waits_for_what_may_yet_end_by_itself_and_for_nothing_else() -> None:
    wrong = []
    for name, (job, until) in OPEN.items():
        before, after = FakeTaskTable(a_task(job)), FakeTaskTable(a_task(job))
        if until:
            with pytest.raises(JobsUnfinished):
                _close(
                    before, TaskRef(task_id=TASK_ID, error={"Error": "States.Timeout"}), at=NOW + until - 1
                )
        _close(after, at=NOW + until)
        if before.tasks[TASK_ID] != a_task(job) or not after.tasks[TASK_ID].ended:
            wrong.append(name)
    assert wrong == []


def test_close_waits_for_one_job_though_the_others_have_pictures() -> None:
    tasks = FakeTaskTable(a_task(a_job(status=JobStatus.SUCCEEDED), a_job(), images={1: a_stored_image()}))
    with pytest.raises(JobsUnfinished):
        _close(tasks, at=NOW + HOUR)
    assert not tasks.tasks[TASK_ID].ended


def test_close_tells_of_a_task_that_was_canceled_meanwhile() -> None:
    canceled = a_task(a_job(status=JobStatus.SUBMITTED), status=TaskStatus.CANCELED, ended_at=NOW)
    tasks, bus = FakeTaskTable(canceled), FakeEventBus()
    assert _close(tasks, bus=bus, at=NOW) is TaskStatus.CANCELED
    assert [detail["status"] for _, _, detail in bus.told] == ["CANCELED"]
