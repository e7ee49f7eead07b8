"""What became of a submission whose answer was lost: found, surely not there, or not to be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeSubmissionTable, FakeTaskTable
from tests.support.fakes.records import HOUR, JOB, LINK, NOW, SECOND, TASK_ID, UPSTREAM_ID, a_job, a_task
from tongyi.errors import (
    GatewayError,
    RecordsUnavailable,
    UpstreamAmbiguous,
    UpstreamSuspended,
    UpstreamThrottled,
)
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.schedule import SENDING_LIMIT, UPSTREAM_MEMORY, search_wait
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.lost_submission import ABSENT_AFTER_MS, SKEW_MS, OpenSubmission, open_submission
from tongyi.models.workflow.payloads import JobRef, JobStep, Next
from tongyi.models.workflow.upstream import ListedTask, UpstreamPicture, UpstreamTask
from tongyi.usecases.workflow.find_submission import MOST_CANDIDATES, UNDECIDED_MS, FindSubmission

WAIT = 45
WANX = "wanx-v1"
OTHER = JobRef(task_id="another-task", job=0)
DONE = UpstreamTask(TaskStatus.SUCCEEDED, (UpstreamPicture(url=LINK),), total=2)
RUNNING = UpstreamTask(TaskStatus.RUNNING)


def listed(*task_ids: str) -> list[ListedTask]:
    return [ListedTask(task_id, NOW + SECOND) for task_id in task_ids]


class Case:
    """A job whose answer was lost just now, and a script of what DashScope says: the list, then each query."""

    def __init__(
        self,
        *script: object,
        age_ms: int = WAIT * SECOND,
        calling: Callable[[], object] = lambda: None,
        **job: Any,
    ) -> None:
        lost = a_job(**{"status": JobStatus.LOST, "sent_at": NOW, **job})
        self.tasks = FakeTaskTable(a_task(lost), a_task(task_id=OTHER.task_id))
        self.submissions = FakeSubmissionTable(self.tasks)
        self.dashscope = FakeDashScope(*script, calling=calling)
        self.clock = FakeClock(NOW + age_ms)
        self.find = FindSubmission(self.tasks, self.submissions, self.dashscope, WAIT, self.clock)
        if lost.status is JobStatus.LOST:
            self.submissions.open[WANX, TASK_ID, 0] = self.call

    def look(self) -> JobStep:
        return self.find.look(JOB, self.tasks.tasks[TASK_ID], self.job)

    def report(self) -> JobStep:
        return self.find.report(JOB, self.tasks.tasks[TASK_ID], self.job)

    def also_open(self, **given: Any) -> None:
        """Another task's call that has no outcome yet."""
        other = self.call.model_copy(update={"task_id": OTHER.task_id, **given})
        self.submissions.open[WANX, OTHER.task_id, 0] = other

    def other_claims(self, upstream_task_id: str) -> None:
        self.submissions.claims[upstream_task_id] = OTHER

    @property
    def call(self) -> OpenSubmission:
        return open_submission(self.tasks.tasks[TASK_ID], 0, self.job)

    @property
    def job(self) -> JobRecord:
        return self.tasks.tasks[TASK_ID].jobs[0]

    @property
    def is_open(self) -> bool:
        return (WANX, TASK_ID, 0) in self.submissions.open


def _where(step: JobStep) -> tuple[Next, int]:
    return step.next, step.wait_seconds


def _is_undecided(case: Case, step: JobStep) -> bool:
    return (step.next, case.job.status, case.is_open) == (Next.WAIT, JobStatus.LOST, True)


def _has_failed(case: Case) -> bool:
    error = case.job.error
    return case.job.status is JobStatus.FAILED and error is not None and error.code == "SubmissionLost"


def test_report_marks_the_job_and_its_entry_lost() -> None:
    case = Case(status=JobStatus.DISPATCHING, looks=1)
    assert _where(case.report()) == (Next.WAIT, WAIT)
    assert (case.job.status, case.job.looks) == (JobStatus.LOST, 0)
    assert [call.lost for call in case.submissions.open_calls(WANX)] == [True]


@pytest.mark.parametrize(
    ("age_ms", "until_ms"),
    [(WAIT * SECOND, NOW + WAIT * SECOND), (HOUR, NOW + ABSENT_AFTER_MS)],
    ids=["up to now", "up to the latest"],
)
def test_look_asks_for_every_task_that_the_call_may_have_made(age_ms: int, until_ms: int) -> None:
    case = Case([], age_ms=age_ms)
    case.look()
    assert case.dashscope.calls == [("list", WANX, NOW - SKEW_MS, until_ms)]


def test_look_adopts_the_only_task_that_it_can_be() -> None:
    case = Case(listed(UPSTREAM_ID), DONE)
    assert _where(case.look()) == (Next.CHECK, 0)
    assert (case.job.status, case.job.upstream_task_id) == (JobStatus.SUBMITTED, UPSTREAM_ID)
    assert (case.submissions.claims, case.is_open) == ({UPSTREAM_ID: JOB}, False)


def test_look_passes_over_what_others_hold() -> None:
    case = Case(listed("theirs", UPSTREAM_ID), DONE)
    case.other_claims("theirs")
    case.look()
    assert case.job.upstream_task_id == UPSTREAM_ID


def test_look_knows_its_own_claim() -> None:
    case = Case(listed("free", UPSTREAM_ID))
    case.submissions.claims[UPSTREAM_ID] = JOB
    case.look()
    assert case.job.upstream_task_id == UPSTREAM_ID


UNTOLD: dict[str, tuple[list[ListedTask], list[object]]] = {
    "two that it can be": (listed("one", "two"), [DONE, DONE]),
    "one at work": (listed("one"), [RUNNING]),
    "one of another number": (listed("one"), [UpstreamTask(TaskStatus.SUCCEEDED, total=4)]),
    "one of another prompt": (
        listed("one"),
        [UpstreamTask(TaskStatus.SUCCEEDED, (UpstreamPicture(url=LINK, orig_prompt="a dog"),))],
    ),
    "too many to ask for": (listed(*map(str, range(MOST_CANDIDATES + 1))), []),
}


@pytest.mark.parametrize("seen", UNTOLD.values(), ids=UNTOLD)
@pytest.mark.parametrize("age_ms", [WAIT * SECOND, ABSENT_AFTER_MS + SECOND])
def test_look_neither_takes_nor_sends_where_it_cannot_tell(
    seen: tuple[list[ListedTask], list[object]], age_ms: int
) -> None:
    case = Case(seen[0], *seen[1], age_ms=age_ms, looks=9)
    assert _is_undecided(case, case.look())
    assert case.submissions.claims == {}


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "under way"])
def test_look_takes_nothing_that_another_open_call_may_have_made(lost: bool) -> None:
    case = Case(listed(UPSTREAM_ID), DONE)
    case.also_open(lost=lost)
    assert _is_undecided(case, case.look())


def test_look_sees_the_entry_of_a_call_that_left_while_the_list_was_read() -> None:
    """The task may be in that list, and nobody has claimed it yet."""
    case = Case(listed(UPSTREAM_ID), DONE, calling=lambda: case.also_open())
    assert _is_undecided(case, case.look())


def test_look_gives_way_to_a_faster_claim() -> None:
    class Raced(FakeSubmissionTable):
        def holders(self, upstream_task_ids: Any) -> dict[str, JobRef]:
            self.claims[UPSTREAM_ID] = OTHER
            return {}

    case = Case(listed(UPSTREAM_ID), DONE)
    raced = Raced(case.tasks)
    find = FindSubmission(case.tasks, raced, case.dashscope, WAIT, case.clock)
    step = find.look(JOB, case.tasks.tasks[TASK_ID], case.job)
    assert (step.next, case.job.status, case.job.upstream_task_id) == (Next.WAIT, JobStatus.LOST, None)


def test_look_sends_again_what_no_list_has_shown_for_long() -> None:
    case = Case([], age_ms=ABSENT_AFTER_MS, looks=1, slot_at=NOW)
    assert case.look().next is Next.WAIT
    assert (case.job.status, case.job.slot_at, case.job.sent_at) == (JobStatus.READY, None, None)
    assert (case.job.losses, case.is_open) == (1, False)


def test_look_sends_nothing_again_a_day_after_the_order() -> None:
    case = Case([], age_ms=ABSENT_AFTER_MS, looks=1)
    task = case.tasks.tasks[TASK_ID]
    case.tasks.tasks[TASK_ID] = task.model_copy(update={"created_at": NOW - SENDING_LIMIT * SECOND})
    assert (case.look().next, case.job.status, case.is_open) == (Next.END, JobStatus.FAILED, False)
    assert case.job.error is not None
    assert case.job.error.code == "UpstreamUnreachable"


@pytest.mark.parametrize(
    ("age_ms", "looks"), [(ABSENT_AFTER_MS - 1, 9), (HOUR, 0)], ids=["too early", "one list alone"]
)
def test_look_comes_again_before_it_believes_that_nothing_is_there(age_ms: int, looks: int) -> None:
    case = Case([], age_ms=age_ms, looks=looks)
    assert _is_undecided(case, case.look())
    assert case.job.looks == looks + 1


def test_look_takes_others_tasks_for_nothing() -> None:
    case = Case(listed("theirs"), age_ms=ABSENT_AFTER_MS, looks=1)
    case.other_claims("theirs")
    case.look()
    assert case.job.status is JobStatus.READY


def test_look_that_proves_nothing_for_an_hour_gives_up_and_leaves_its_entry() -> None:
    """Or the next one to look would be alone, and take what may be this one's."""
    case = Case(listed("one", "two"), DONE, DONE, age_ms=UNDECIDED_MS + 1)
    assert (case.look().next, _has_failed(case), case.is_open) == (Next.END, True, True)


def test_look_goes_on_after_an_hour_while_a_task_is_at_work() -> None:
    case = Case(listed("one"), RUNNING, age_ms=UNDECIDED_MS + 1)
    assert _is_undecided(case, case.look())


LISTLESS = [
    UpstreamAmbiguous("No."),
    UpstreamThrottled("No."),
    UpstreamSuspended("InvalidApiKey"),
    RecordsUnavailable(),
]


@pytest.mark.parametrize("error", LISTLESS, ids=type)
def test_look_comes_again_where_the_list_cannot_be_read(error: GatewayError) -> None:
    case = Case(error, age_ms=HOUR, looks=1)
    assert _is_undecided(case, case.look())
    assert case.job.looks == 1


def test_look_waits_half_of_the_time_gone() -> None:
    waits = [_where(Case([], age_ms=age * SECOND).look())[1] for age in (WAIT, 600, 6_000)]
    assert waits == [search_wait(age, WAIT) for age in (WAIT, 600, 6_000)] == [WAIT, 300, 1_800]


def test_look_ends_when_dashscope_has_forgotten() -> None:
    case = Case(age_ms=UPSTREAM_MEMORY * SECOND + 1)
    assert (case.look().next, _has_failed(case), case.dashscope.calls) == (Next.END, True, [])


@pytest.mark.parametrize("status", [JobStatus.DISPATCHING, JobStatus.LOST])
def test_give_up_ends_what_is_undecided(status: JobStatus) -> None:
    case = Case(status=status)
    assert (case.find.give_up(JOB).next, _has_failed(case)) == (Next.END, True)


@pytest.mark.parametrize("status", [JobStatus.SUBMITTED, JobStatus.SUCCEEDED, JobStatus.READY])
def test_give_up_leaves_what_was_decided_meanwhile(status: JobStatus) -> None:
    case = Case(status=status)
    case.find.give_up(JOB)
    assert (case.job.status, case.job.error) == (status, None)
