"""Tasks that are called off: at once, or at DashScope, or too late."""

from __future__ import annotations

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.records import BROKEN, NOW, SECOND, TASK_ID, UPSTREAM_ID, a_job, a_task
from tests.unit.tongyi.usecases.tasks.cancel_task.canceling import DONE, Case, RacingTaskTable, sent
from tongyi.errors import (
    TaskNotFound,
    UnsupportedOperation,
)
from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.cancel_task import PATIENCE_MS, POLL_SECONDS

BEING_MADE = "The task is being made already, or sent to be made."
SENDING = a_job(status=JobStatus.DISPATCHING, sent_at=NOW)
TAKEN = {"status": JobStatus.SUBMITTED, "upstream_task_id": UPSTREAM_ID}


def _refusal(case: Case) -> str:
    with pytest.raises(UnsupportedOperation) as caught:
        case.run()
    return caught.value.message


def test_cancel_of_what_was_not_sent_happens_at_once() -> None:
    case = Case(jobs=(a_job(n=1), a_job(n=1, first_image=2)))
    case.run()
    canceled = a_job(n=1, status=JobStatus.CANCELED)
    assert case.task == a_task(
        canceled,
        canceled.model_copy(update={"first_image": 2}),
        owner="alice",
        status=TaskStatus.CANCELED,
        ended_at=NOW,
        announced=True,
    )
    assert (case.dashscope.calls, case.clock.slept) == ([], [])


def test_cancel_of_what_dashscope_has_not_begun_happens_there() -> None:
    case = Case(DONE, jobs=(sent(UPSTREAM_ID),))
    case.run()
    assert (case.asked, case.statuses) == ([UPSTREAM_ID], [JobStatus.CANCELED])
    assert (case.task.status, case.task.ended_at, case.task.error) == (TaskStatus.CANCELED, NOW, None)


@pytest.mark.parametrize("status", [TaskStatus.RUNNING, TaskStatus.SUSPENDED])
def test_cancel_does_not_ask_dashscope_about_what_is_known_to_run(status: TaskStatus) -> None:
    case = Case(jobs=(sent(UPSTREAM_ID, upstream_status=status),))
    assert _refusal(case) == "Only a PENDING task can be canceled."
    assert (case.dashscope.calls, case.statuses) == ([], [JobStatus.SUBMITTED])


@pytest.mark.parametrize("status", [TaskStatus.SUCCEEDED, TaskStatus.FAILED])
def test_cancel_of_a_task_that_has_ended_is_refused(status: TaskStatus) -> None:
    case = Case(status=status, ended_at=NOW - SECOND, error=BROKEN)
    before = case.task
    assert _refusal(case) == "Only a PENDING task can be canceled."
    assert (case.task, case.dashscope.calls, case.clock.slept) == (before, [], [])


def test_cancel_of_a_canceled_task_changes_nothing_and_succeeds() -> None:
    case = Case(status=TaskStatus.CANCELED, ended_at=NOW - SECOND, error=BROKEN, announced=True)
    before = case.task
    case.run()
    assert (case.task, case.dashscope.calls, case.clock.slept) == (before, [], [])


def test_cancel_of_a_canceled_task_needs_no_time() -> None:
    case = Case(status=TaskStatus.CANCELED, ended_at=NOW - SECOND)
    case.run(seconds=0)
    assert case.task.status is TaskStatus.CANCELED


def test_cancel_of_a_task_that_is_deleted_meanwhile_finds_none() -> None:
    case = Case()
    case.tasks = RacingTaskTable(case.task, lambda tasks: tasks.delete(TASK_ID))
    with pytest.raises(TaskNotFound):
        case.run()


def test_cancel_of_a_task_with_a_lost_submission_is_refused() -> None:
    case = Case(jobs=(a_job(status=JobStatus.LOST),))
    assert (_refusal(case), case.statuses) == (BEING_MADE, [JobStatus.LOST])


def test_cancel_waits_for_a_submission_under_way() -> None:
    case = Case(DONE, jobs=(SENDING,))
    case.soon(5 * SECOND, TAKEN)
    case.run()
    assert (case.asked, case.task.status) == ([UPSTREAM_ID], TaskStatus.CANCELED)
    assert 5 * SECOND <= case.waited_ms <= 5 * SECOND + POLL_SECONDS * SECOND
    assert case.task.ended_at == case.clock.now


def test_cancel_takes_what_dashscope_sent_back_while_it_waited() -> None:
    case = Case(jobs=(SENDING,))
    case.soon(SECOND, {"status": JobStatus.READY, "sent_at": None})
    case.run()
    assert (case.statuses, case.task.status) == ([JobStatus.CANCELED], TaskStatus.CANCELED)


def test_cancel_does_not_wait_for_ever() -> None:
    case = Case(jobs=(SENDING,))
    assert (_refusal(case), case.statuses) == (BEING_MADE, [JobStatus.DISPATCHING])
    assert PATIENCE_MS <= case.waited_ms < PATIENCE_MS + POLL_SECONDS * SECOND


def test_cancel_stops_waiting_when_the_task_ends() -> None:
    case = Case(jobs=(SENDING,))
    case.clock.at(NOW + SECOND, lambda: case.tasks.close(TASK_ID, TaskStatus.FAILED, BROKEN, NOW + SECOND))
    assert _refusal(case) == "Only a PENDING task can be canceled."
    assert (case.task.status, case.waited_ms) == (TaskStatus.FAILED, SECOND)


def test_cancel_does_not_wait_for_a_synchronous_call() -> None:
    """It makes the pictures, and is never PENDING at DashScope."""
    jobs = (a_job(n=1), a_job(n=1, status=JobStatus.DISPATCHING))
    case = Case(jobs=jobs, model="qwen-image-max")
    assert (_refusal(case), case.clock.slept) == (BEING_MADE, [])
    assert case.statuses == [JobStatus.READY, JobStatus.DISPATCHING]


def test_cancel_that_lost_the_race_against_a_sending_waits_for_it() -> None:
    """The job was READY when the task was read, and is being sent a moment later."""
    case = Case(DONE)
    case.tasks = RacingTaskTable(
        case.task,
        lambda tasks: tasks.change_job(
            TASK_ID, 0, {"status": JobStatus.DISPATCHING}, when=(JobStatus.READY,)
        ),
    )
    case.soon(SECOND, TAKEN)
    case.run()
    assert (case.asked, case.task.status) == ([UPSTREAM_ID], TaskStatus.CANCELED)


def test_cancel_changes_nothing_that_was_sent_while_it_asked() -> None:
    """READY as it was read, DISPATCHING as it is to be changed: the call may be billed, so it is not called off."""
    case = Case(DONE, jobs=(sent("one"), a_job(n=1)))
    case.dashscope = FakeDashScope(
        DONE,
        calling=lambda: case.tasks.change_job(
            TASK_ID, 1, {"status": JobStatus.DISPATCHING}, when=(JobStatus.READY,)
        ),
    )
    with pytest.raises(UnsupportedOperation):
        case.run()
    assert (case.statuses, case.task.ended) == ([JobStatus.CANCELED, JobStatus.DISPATCHING], False)


@pytest.mark.parametrize("owner", ["bob", None, "", "Alice"])
def test_cancel_hides_a_task_from_everybody_else(owner: str | None) -> None:
    case = Case()
    with pytest.raises(TaskNotFound):
        case.run(owner)
    assert case.task == a_task(owner="alice")


def test_cancel_finds_no_task_that_has_expired() -> None:
    case = Case(expires_at=NOW // SECOND)
    with pytest.raises(TaskNotFound):
        case.run()
    assert case.statuses == [JobStatus.READY]


def test_cancel_of_an_anonymous_task_is_anybodys_who_knows_it() -> None:
    case = Case(owner=None)
    case.run("bob")
    assert case.task.status is TaskStatus.CANCELED


def test_cancel_leaves_the_reason_of_a_call_that_failed() -> None:
    refused = a_job(n=1, status=JobStatus.FAILED, error=Failure(code="X", message="No."))
    case = Case(jobs=(refused, a_job(n=1, first_image=2)))
    case.run()
    assert case.task.jobs == {
        0: refused,
        1: a_job(n=1, first_image=2, status=JobStatus.CANCELED),
    }
    assert (case.task.status, case.dashscope.calls) == (TaskStatus.CANCELED, [])
