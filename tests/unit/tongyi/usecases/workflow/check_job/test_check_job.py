"""Checks: what DashScope says is written down, and a check that fails only means "still waiting"."""

from __future__ import annotations

import pytest

from tests.support.fakes.gateways import FakeTaskTable
from tests.support.fakes.records import BROKEN, DAY, HOUR, NOW, SECOND, UPSTREAM_ID, a_job, a_task
from tests.unit.tongyi.usecases.workflow.check_job.checking import FIRST, RUNNING, Case
from tongyi.errors import (
    TaskNotFound,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamRefused,
    UpstreamSuspended,
)
from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.schedule import RUNNING_LIMIT, check_wait
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.payloads import Next
from tongyi.models.workflow.upstream import UpstreamTask
from tongyi.usecases.workflow.check_job import SETTLING_SECONDS


def test_check_needs_its_job() -> None:
    case = Case()
    case.tasks = FakeTaskTable()
    with pytest.raises(TaskNotFound):
        case.run()


def test_check_asks_for_the_upstream_task() -> None:
    case = Case(RUNNING)
    case.run()
    assert case.dashscope.calls == [("query", UPSTREAM_ID)]


@pytest.mark.parametrize("seconds", [1, 60, 600])
def test_check_comes_again_after_a_share_of_the_time_spent(seconds: int) -> None:
    step = Case(RUNNING, sent_at=NOW - seconds * SECOND).run()
    assert (step.next, step.wait_seconds) == (Next.CHECK, check_wait(seconds, FIRST))


FAILED = [UpstreamAmbiguous("No."), UpstreamRefused("No."), UpstreamSuspended("Arrearage")]


@pytest.mark.parametrize("error", FAILED)
def test_check_comes_again_where_it_failed(error: UpstreamError) -> None:
    case = Case(error)
    before = case.job
    assert (case.run().next, case.job) == (Next.CHECK, before)


@pytest.mark.parametrize("error", FAILED)
def test_check_that_fails_ends_nothing_before_upstream_forgets_it(error: UpstreamError) -> None:
    """It was seen running long ago, and may be done: nobody could tell since."""
    case = Case(error, sent_at=NOW - DAY, running_since=NOW - DAY + HOUR)
    assert (case.run().next, case.job.status) == (Next.CHECK, JobStatus.SUBMITTED)


def test_check_that_fails_ends_what_upstream_has_forgotten() -> None:
    case = Case(UpstreamSuspended("Arrearage"), sent_at=NOW - DAY - SECOND)
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.FAILED)
    assert case.job.error
    assert case.job.error.code == "TaskExpired"


def test_check_writes_progress_down() -> None:
    case = Case(UpstreamTask(TaskStatus.RUNNING, made=1, failed=1))
    case.run()
    found = case.job
    assert (found.made, found.failed, found.upstream_status) == (1, 1, TaskStatus.RUNNING)


def test_check_writes_down_when_it_first_saw_the_job_running() -> None:
    case = Case(RUNNING)
    case.run()
    assert case.job.running_since == NOW


def test_check_does_not_move_the_start() -> None:
    case = Case(RUNNING, running_since=NOW - 5 * SECOND)
    case.run()
    assert case.job.running_since == NOW - 5 * SECOND


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.SUSPENDED])
def test_check_does_not_take_a_job_that_waits_for_one_that_runs(status: TaskStatus) -> None:
    case = Case(UpstreamTask(status))
    case.run()
    assert (case.job.upstream_status, case.job.running_since) == (status, None)


def test_check_never_takes_progress_back() -> None:
    case = Case(
        UpstreamTask(TaskStatus.PENDING),
        made=2,
        failed=1,
        upstream_status=TaskStatus.RUNNING,
        running_since=NOW,
    )
    before = case.job
    case.run()
    assert case.job == before


def test_check_fails_a_job_for_upstreams_reason() -> None:
    case = Case(UpstreamTask(TaskStatus.FAILED, error=BROKEN))
    assert case.run().next is Next.END
    assert (case.job.status, case.job.error) == (JobStatus.FAILED, BROKEN)


def test_check_ends_a_canceled_job() -> None:
    case = Case(UpstreamTask(TaskStatus.CANCELED))
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.CANCELED)


def test_check_gives_a_new_job_time_to_be_known() -> None:
    case = Case(UpstreamTask(TaskStatus.UNKNOWN), sent_at=NOW - SETTLING_SECONDS * SECOND + 1)
    assert (case.run().next, case.job.status, case.job.doubts) == (Next.CHECK, JobStatus.SUBMITTED, 0)


def test_check_fails_a_job_that_upstream_has_forgotten() -> None:
    case = Case(UpstreamTask(TaskStatus.UNKNOWN), sent_at=NOW - DAY - 1)
    assert case.run().next is Next.END
    assert case.job.error == Failure(code="TaskExpired", message="DashScope no longer knows the task.")


@pytest.mark.parametrize("said", [RUNNING, UpstreamTask(TaskStatus.PENDING)])
def test_check_gives_up_on_what_upstream_forgets(said: object) -> None:
    case = Case(said, sent_at=NOW - DAY - 1)
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.FAILED)
    assert case.job.error is not None
    assert case.job.error.code == "InternalError.Timeout"


def test_check_gives_up_on_what_runs_for_too_long() -> None:
    started = NOW - RUNNING_LIMIT * SECOND - 1
    case = Case(RUNNING, running_since=started, sent_at=started)
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.FAILED)


def test_check_has_patience_with_a_long_line_upstream() -> None:
    case = Case(UpstreamTask(TaskStatus.PENDING), sent_at=NOW - DAY + HOUR)
    assert case.run().next is Next.CHECK


@pytest.mark.parametrize(
    "status", [status for status in JobStatus if status not in (JobStatus.SUBMITTED, JobStatus.SUCCEEDED)]
)
def test_check_ends_what_is_not_under_way(status: JobStatus) -> None:
    case = Case(status=status)
    assert (case.run().next, case.dashscope.calls) == (Next.END, [])


def test_check_ends_what_has_no_upstream_task() -> None:
    assert Case(upstream_task_id=None).run().next is Next.END


def test_check_ends_with_its_task() -> None:
    sent = a_job(status=JobStatus.SUBMITTED, upstream_task_id=UPSTREAM_ID, sent_at=NOW)
    case = Case(task=a_task(sent, status=TaskStatus.FAILED, ended_at=NOW))
    assert (case.run().next, case.dashscope.calls) == (Next.END, [])
