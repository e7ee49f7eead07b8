"""Dispatch: in its slot, once, and never blindly again."""

from __future__ import annotations

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeTaskTable
from tests.support.fakes.records import BROKEN, DAY, JOB, NOW, SECOND, TASK_ID, UPSTREAM_ID, a_job, a_task
from tests.unit.tongyi.usecases.workflow.dispatch_job.dispatching import (
    FIRST_CHECK,
    LOST_WAIT,
    SENT,
    SPACING,
    Case,
    where,
)
from tongyi.errors import (
    TaskNotFound,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.schedule import SENDING_LIMIT
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.circuit import lost_scope
from tongyi.models.workflow.lost_submission import open_submission
from tongyi.models.workflow.payloads import Next
from tongyi.usecases.workflow.dispatch_job import UNANSWERED_MS, UNANSWERED_WAIT
from tongyi.usecases.workflow.send_job import SUBMISSION_MS


@pytest.mark.parametrize("tasks", [FakeTaskTable(), FakeTaskTable(a_task(jobs={1: a_job()}))])
def test_dispatch_needs_its_job(tasks: FakeTaskTable) -> None:
    case = Case()
    case.tasks = tasks
    with pytest.raises(TaskNotFound):
        case.run()


def test_dispatch_sends_the_order_with_the_jobs_own_number() -> None:
    task = a_task(a_job(n=3), parameters={"n": 4, "size": "720*1280"})
    case = Case(SENT, task=task)
    case.run()
    assert case.calls == [("submit", "wanx-v1", task.input, {"n": 3, "size": "720*1280"})]


def test_dispatch_goes_on_to_the_first_check() -> None:
    assert where(Case(SENT).run()) == (Next.CHECK, FIRST_CHECK)


def test_dispatch_writes_down_what_it_sent() -> None:
    case = Case(SENT, job=a_job(refusals=3))
    case.run()
    found = case.job
    assert (found.status, found.refusals) == (JobStatus.SUBMITTED, 0)
    assert (found.upstream_task_id, found.upstream_request_id) == (UPSTREAM_ID, "r-1")


def test_dispatch_claims_the_upstream_task() -> None:
    case = Case(SENT)
    case.run()
    assert case.submissions.claims == {UPSTREAM_ID: JOB}


def test_dispatch_marks_the_job_and_opens_its_entry_before_the_call() -> None:
    seen: list[tuple[JobStatus, int]] = []
    case = Case(SENT)
    case.dashscope = FakeDashScope(
        SENT, calling=lambda: seen.append((case.job.status, len(case.submissions.open)))
    )
    case.run()
    assert (seen, case.submissions.open) == ([(JobStatus.DISPATCHING, 1)], {})


@pytest.mark.parametrize(
    "error", [UpstreamThrottled("No."), UpstreamUnreachable("No."), UpstreamRefused("Not this.")], ids=type
)
def test_dispatch_closes_the_entry_of_a_call_that_was_refused(error: UpstreamError) -> None:
    case = Case(error)
    case.run()
    assert case.submissions.open == {}


def test_dispatch_does_not_send_what_another_is_sending() -> None:
    case = Case(SENT)
    read = case.tasks.get

    class Overtaken(FakeTaskTable):
        def get(self, task_id: str) -> TaskRecord | None:
            found = read(task_id)
            self.change_job(TASK_ID, 0, {"status": JobStatus.DISPATCHING}, when=(JobStatus.READY,))
            return found

    case.tasks = Overtaken(a_task())
    assert (where(case.run()), case.calls) == ((Next.WAIT, 1), [])


@pytest.mark.parametrize("error", [UpstreamThrottled("No."), UpstreamUnreachable("No.")])
def test_dispatch_puts_back_what_was_refused_for_now(error: UpstreamError) -> None:
    case = Case(error, job=a_job(refusals=2))
    assert where(case.run()) == (Next.WAIT, 4)
    assert case.job == a_job(refusals=3)


def test_dispatch_stays_away_for_as_long_as_it_is_asked() -> None:
    assert where(Case(UpstreamThrottled("No.", retry_after=7.2)).run()) == (Next.WAIT, 8)


def test_dispatch_keeps_nobody_waiting_while_it_stays_away() -> None:
    case = Case(UpstreamThrottled("No.", retry_after=600))
    case.run()
    assert case.slots.next_at == {"wanx-v1": NOW + SPACING}


def test_dispatch_sends_again_what_was_refused_for_now() -> None:
    case = Case(UpstreamThrottled("No."), SENT)
    case.clock.now += case.run().wait_seconds * SECOND
    assert case.run().next is Next.CHECK


def test_dispatch_is_not_refused_for_ever() -> None:
    case = Case(UpstreamThrottled("No."), task=a_task(created_at=NOW - SENDING_LIMIT * SECOND - 1))
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.FAILED)


def test_dispatch_ends_what_is_refused_for_good() -> None:
    case = Case(UpstreamRefused("Not this.", code="DataInspectionFailed", upstream_status=400))
    assert case.run().next is Next.END
    failure = Failure(code="DataInspectionFailed", message="Not this.", upstream_status=400)
    assert (case.job.status, case.job.error) == (JobStatus.FAILED, failure)


def test_dispatch_reports_an_answer_that_was_lost() -> None:
    case = Case(UpstreamAmbiguous("Who knows."))
    assert where(case.run()) == (Next.WAIT, LOST_WAIT)
    assert (case.job.status, len(case.submissions.open)) == (JobStatus.LOST, 1)


@pytest.mark.parametrize("error", [UpstreamAmbiguous("Who knows."), UpstreamFailed("It broke.")], ids=type)
def test_dispatch_lets_others_wait_until_an_answer_comes(error: UpstreamError) -> None:
    """A fault that takes one answer after the other away would make each of them undecided."""
    case = Case(error)
    case.run()
    assert set(case.circuits.circuits) == {lost_scope("wanx-v1")}


def test_dispatch_never_sends_again_what_it_finds_half_sent() -> None:
    case = Case(job=a_job(status=JobStatus.DISPATCHING, sent_at=NOW))
    assert where(case.run()) == (Next.WAIT, LOST_WAIT)
    assert (case.job.status, case.calls) == (JobStatus.LOST, [])


def test_dispatch_looks_for_what_was_lost() -> None:
    case = Case([], job=a_job(status=JobStatus.LOST, sent_at=NOW))
    case.run()
    assert [call[0] for call in case.calls] == ["list"]


@pytest.mark.parametrize(
    ("ago_ms", "lost", "waits"),
    [
        (UNANSWERED_MS - 1, False, False),
        (UNANSWERED_MS, False, True),
        (SUBMISSION_MS - 1, False, True),
        (SUBMISSION_MS, False, False),
        (UNANSWERED_MS, True, False),
    ],
)
def test_dispatch_waits_for_an_answer_that_dashscope_owes(ago_ms: int, lost: bool, waits: bool) -> None:
    case = Case(SENT)
    call = open_submission(a_task(task_id="another"), 0, a_job(sent_at=NOW - ago_ms))
    case.submissions.open["wanx-v1", "another", 0] = call.model_copy(update={"lost": lost})
    step = case.run()
    assert (len(case.calls), step.next is Next.WAIT) == (int(not waits), waits)
    assert not waits or (step.wait_seconds, case.slots.next_at) == (UNANSWERED_WAIT, {})


def test_dispatch_goes_on_with_what_was_sent() -> None:
    case = Case(job=a_job(status=JobStatus.SUBMITTED))
    assert (where(case.run()), case.calls) == ((Next.CHECK, FIRST_CHECK), [])


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELED])
def test_dispatch_ends_what_has_ended(status: JobStatus) -> None:
    case = Case(job=a_job(status=status))
    assert (case.run().next, case.calls) == (Next.END, [])


def test_dispatch_sends_nothing_of_a_task_that_was_closed() -> None:
    """Its submission could not start it, and said so; the execution may be there all the same."""
    task = a_task(status=TaskStatus.FAILED, ended_at=NOW + DAY, error=BROKEN)
    case = Case(task=task)
    assert (case.run().next, case.calls, case.slots.next_at) == (Next.END, [], {})
