"""What became of a submission whose answer was lost: found, surely not there, or not to be told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.tongyi.builders import HOUR, JOB, NOW, SECOND, TASK_ID, UPSTREAM_ID, a_job, a_task
from tests.unit.tongyi.dashscope_fakes import FakeDashScope
from tests.unit.tongyi.fakes import (
    FakeClock,
    FakeSubmissionTable,
    FakeTaskTable,
)
from tongyi.errors import ConfigurationError, GatewayError, UpstreamAmbiguous, UpstreamThrottled
from tongyi.gateways.dashscope import SUBMIT_SECONDS
from tongyi.models.records import JobRecord
from tongyi.models.status import JobStatus
from tongyi.models.workflow import JobRef, JobStep, Next
from tongyi.usecases.find_submission import GIVE_UP_MS, LOOKS, MARK_TO_CALL_MS, FindSubmission

WAIT = 45
WANX = "wanx-v1"
OTHER = JobRef(task_id="another-task", job=0)


class Case:
    """A job whose answer was lost just now, and a script of what DashScope lists."""

    def __init__(self, *script: object, **job: Any) -> None:
        lost = a_job(**{"status": JobStatus.LOST, "sent_at": NOW, **job})
        self.tasks = FakeTaskTable(a_task(lost))
        self.submissions = FakeSubmissionTable()
        self.submissions.report_lost(WANX, JOB, from_ms=NOW, until_ms=NOW + SECOND)
        self.dashscope = FakeDashScope(*script)
        self.clock = FakeClock(NOW + WAIT * SECOND)
        self.find = FindSubmission(self.tasks, self.submissions, self.dashscope, WAIT, self.clock)

    def look(self) -> JobStep:
        return self.find.look(JOB, WANX, self.job)

    @property
    def job(self) -> JobRecord:
        return self.tasks.tasks[TASK_ID].jobs[0]

    @property
    def unresolved(self) -> int:
        return self.submissions.lost_between(WANX, NOW, NOW)


def _where(step: JobStep) -> tuple[Next, int]:
    return step.next, step.wait_seconds


def _has_failed(case: Case) -> bool:
    error = case.job.error
    return case.job.status is JobStatus.FAILED and error is not None and error.code == "SubmissionLost"


def test_report_marks_the_job_lost() -> None:
    case = Case(status=JobStatus.DISPATCHING, looks=1)
    case.find.report(JOB, WANX, case.job)
    assert (case.job.status, case.job.looks) == (JobStatus.LOST, 0)


def test_report_leaves_other_calls_time_to_be_accounted_for() -> None:
    case = Case(status=JobStatus.DISPATCHING)
    assert _where(case.find.report(JOB, WANX, case.job)) == (Next.WAIT, WAIT)


def test_report_remembers_the_span_that_is_looked_through_later() -> None:
    case = Case([], status=JobStatus.DISPATCHING)
    case.find.report(JOB, WANX, case.job)
    case.look()
    [(_, model, *span)] = case.dashscope.calls
    assert {(WANX, TASK_ID, 0): tuple(span)} == case.submissions.lost
    assert model == WANX


def test_report_covers_the_whole_call_and_clocks_that_differ() -> None:
    case = Case(status=JobStatus.DISPATCHING)
    case.find.report(JOB, WANX, case.job)
    [(from_ms, until_ms)] = case.submissions.lost.values()
    assert from_ms <= NOW - 2 * SECOND
    assert until_ms >= NOW + MARK_TO_CALL_MS + SUBMIT_SECONDS * SECOND


def test_look_adopts_the_only_task_that_it_can_be() -> None:
    case = Case([UPSTREAM_ID])
    assert _where(case.look()) == (Next.CHECK, 0)
    assert (case.job.status, case.job.upstream_task_id) == (JobStatus.SUBMITTED, UPSTREAM_ID)


def test_look_claims_what_it_adopts() -> None:
    case = Case([UPSTREAM_ID])
    case.look()
    assert (case.submissions.claims, case.unresolved) == ({UPSTREAM_ID: JOB}, 0)


def test_look_passes_over_what_others_hold() -> None:
    case = Case(["theirs", UPSTREAM_ID])
    case.submissions.claim("theirs", OTHER, NOW)
    case.look()
    assert case.job.upstream_task_id == UPSTREAM_ID


def test_look_knows_its_own_claim_among_others_tasks() -> None:
    """It crashed after the claim, before it wrote down what it had sent."""
    case = Case(["free", UPSTREAM_ID])
    case.submissions.claim(UPSTREAM_ID, JOB, NOW)
    case.look()
    assert case.job.upstream_task_id == UPSTREAM_ID


def test_look_does_not_choose_between_two_tasks() -> None:
    case = Case(["one", "two"])
    assert (case.look().next, _has_failed(case), case.submissions.claims) == (Next.END, True, {})


def test_look_does_not_guess_where_two_answers_were_lost() -> None:
    case = Case([UPSTREAM_ID])
    case.submissions.report_lost(WANX, OTHER, from_ms=NOW, until_ms=NOW)
    assert (case.look().next, _has_failed(case), case.submissions.claims) == (Next.END, True, {})


def test_look_does_not_mind_an_answer_lost_at_another_time() -> None:
    case = Case([UPSTREAM_ID])
    case.submissions.report_lost(WANX, OTHER, from_ms=NOW + HOUR, until_ms=NOW + HOUR)
    assert case.look().next is Next.CHECK


def test_look_leaves_its_entry_where_it_cannot_tell() -> None:
    """Or the next one to look would be alone, and take what may be this one's."""
    case = Case(["one", "two"])
    case.look()
    assert case.unresolved == 1


def test_look_gives_way_to_a_faster_claim() -> None:
    class Raced(FakeSubmissionTable):
        def holder(self, upstream_task_id: str) -> JobRef | None:
            self.claims[upstream_task_id] = OTHER
            return None

    case = Case([UPSTREAM_ID])
    raced = Raced()
    raced.lost = case.submissions.lost
    find = FindSubmission(case.tasks, raced, case.dashscope, WAIT, case.clock)
    assert find.look(JOB, WANX, case.job).next is Next.END
    assert _has_failed(case)


def test_look_comes_again_before_it_believes_that_nothing_is_there() -> None:
    case = Case([])
    assert (_where(case.look()), case.job.looks, case.unresolved) == ((Next.WAIT, WAIT), 1, 1)


def test_look_sends_again_what_never_arrived() -> None:
    case = Case([], looks=LOOKS - 1, slot_at=NOW)
    assert case.look().next is Next.WAIT
    assert (case.job.status, case.job.slot_at, case.job.sent_at) == (JobStatus.READY, None, None)


def test_look_forgets_an_entry_that_is_accounted_for() -> None:
    case = Case([], looks=LOOKS - 1)
    case.look()
    assert case.unresolved == 0


def test_look_takes_others_tasks_for_nothing() -> None:
    case = Case(["theirs"], looks=LOOKS - 1)
    case.submissions.claim("theirs", OTHER, NOW)
    case.look()
    assert (case.job.status, case.job.resubmitted) == (JobStatus.READY, True)


def test_look_sends_again_only_once() -> None:
    case = Case([], looks=LOOKS - 1, resubmitted=True)
    assert (case.look().next, _has_failed(case)) == (Next.END, True)


LISTLESS = [UpstreamAmbiguous("No."), UpstreamThrottled("No."), ConfigurationError("No key.")]


@pytest.mark.parametrize("error", LISTLESS, ids=type)
def test_look_comes_again_where_the_list_cannot_be_read(error: GatewayError) -> None:
    case = Case(error)
    assert (_where(case.look()), case.job.status, case.job.looks) == ((Next.WAIT, WAIT), JobStatus.LOST, 0)


@pytest.mark.parametrize("error", LISTLESS, ids=type)
def test_look_does_not_come_again_for_ever(error: GatewayError) -> None:
    case = Case(error)
    case.clock.now = NOW + GIVE_UP_MS + 1
    assert (case.look().next, _has_failed(case)) == (Next.END, True)


@pytest.mark.parametrize("status", [JobStatus.DISPATCHING, JobStatus.LOST])
def test_give_up_ends_what_is_undecided(status: JobStatus) -> None:
    case = Case(status=status)
    assert (case.find.give_up(JOB).next, _has_failed(case)) == (Next.END, True)


@pytest.mark.parametrize("status", [JobStatus.SUBMITTED, JobStatus.SUCCEEDED, JobStatus.READY])
def test_give_up_leaves_what_was_decided_meanwhile(status: JobStatus) -> None:
    case = Case(status=status)
    case.find.give_up(JOB)
    assert (case.job.status, case.job.error) == (status, None)
