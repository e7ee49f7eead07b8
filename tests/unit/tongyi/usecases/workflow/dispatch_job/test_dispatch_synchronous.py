"""Dispatch of a model that answers with the pictures: one call, whose lost answer is never asked for again."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.support.fakes.dashscope import FakeDashScope
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
from tests.unit.tongyi.usecases.workflow.dispatch_job.dispatching import Case, where
from tongyi.errors import (
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.client import GENERATE_SECONDS
from tongyi.models.tasks.records import ImageRecord, JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.lost_submission import open_submission
from tongyi.models.workflow.payloads import JobStep, Next
from tongyi.models.workflow.upstream import UpstreamPicture
from tongyi.usecases.workflow.dispatch_job import LATE_MS, UNANSWERED_MS
from tongyi.usecases.workflow.send_job import CALL_MS, MOST_FAILURES

MODEL = "qwen-image-max"
GOOD, BAD = UpstreamPicture(url=LINK), UpstreamPicture(error=BROKEN)


def _task(*jobs: JobRecord, model: str = MODEL, **given: Any) -> TaskRecord:
    return a_task(*(jobs or (a_job(n=1),)), model=model, **given)


def _stored(step: JobStep) -> list[int]:
    assert step.next is Next.STORE
    return [image.image for image in step.images]


def _half_sent(ms_ago: int) -> Case:
    return Case(task=_task(a_job(n=1, status=JobStatus.DISPATCHING, sent_at=NOW - ms_ago)))


def test_dispatch_does_not_wait_for_another_call_that_is_being_answered() -> None:
    """It takes as long as its pictures."""
    case = Case((GOOD,), task=_task())
    call = open_submission(_task(task_id="another"), 0, a_job(sent_at=NOW - UNANSWERED_MS))
    case.submissions.open[MODEL, "another", 0] = call
    assert _stored(case.run()) == [1]


def test_dispatch_asks_for_the_pictures_themselves() -> None:
    task = _task(
        input={"prompt": "a cat", "negative_prompt": "a dog"}, parameters={"n": 3, "size": "928*1664"}
    )
    case = Case((GOOD,), task=task)
    case.run()
    assert case.calls == [("generate", MODEL, task.input, {"n": 1, "size": "928*1664"})]


def test_dispatch_goes_on_to_store_what_was_made() -> None:
    task = _task(a_job(n=2), model="qwen-image-2.0")
    assert _stored(Case((GOOD, GOOD), task=task).run()) == [1, 2]


def test_dispatch_writes_down_what_was_made() -> None:
    case = Case((GOOD, BAD), task=_task(a_job(n=2)))
    case.run()
    assert case.tasks.tasks[TASK_ID].images == {1: an_image(), 2: a_failed_image()}
    assert (case.job.status, case.job.upstream_status) == (JobStatus.SUCCEEDED, TaskStatus.SUCCEEDED)


def test_dispatch_numbers_pictures_from_the_jobs_first() -> None:
    case = Case((GOOD,), task=_task(a_job(n=1, first_image=3)))
    assert _stored(case.run()) == [3]
    assert set(case.tasks.tasks[TASK_ID].images) == {3}


def test_dispatch_has_an_entry_for_every_picture_ordered() -> None:
    case = Case((GOOD,), task=_task(a_job(n=2)))
    assert _stored(case.run()) == [1]
    assert case.tasks.tasks[TASK_ID].images[2].error is not None


def test_dispatch_takes_no_more_pictures_than_were_ordered() -> None:
    case = Case((GOOD, GOOD), task=_task())
    assert _stored(case.run()) == [1]
    assert set(case.tasks.tasks[TASK_ID].images) == {1}


def test_dispatch_fails_a_job_without_a_single_picture() -> None:
    case = Case((BAD,), task=_task())
    assert (case.run().next, case.job.status, case.job.error) == (Next.END, JobStatus.FAILED, BROKEN)


def test_dispatch_marks_a_synchronous_job_before_its_call() -> None:
    seen: list[tuple[JobStatus, int | None]] = []
    case = Case(task=_task())
    case.dashscope = FakeDashScope((GOOD,), calling=lambda: seen.append((case.job.status, case.job.sent_at)))
    case.run()
    assert seen == [(JobStatus.DISPATCHING, NOW)]


def test_dispatch_uses_the_slots_of_the_model() -> None:
    case = Case((GOOD,), task=_task())
    case.run()
    assert case.slots.next_at == {MODEL: NOW + 30_250}


def test_dispatch_waits_for_a_far_slot_of_the_model() -> None:
    case = Case(task=_task())
    case.slots.next_at = {MODEL: NOW + 30 * SECOND}
    assert (where(case.run()), case.calls) == ((Next.WAIT, 27), [])
    assert case.job == a_job(n=1, slot_at=NOW + 30 * SECOND)


def test_dispatch_gives_up_on_an_answer_that_was_lost() -> None:
    """Nothing tells whether it was billed: a synchronous call leaves no trace in the task list."""
    case = Case(UpstreamAmbiguous("Who knows."), task=_task())
    assert case.run().next is Next.END
    assert (case.job.status, len(case.calls), case.submissions.open) == (JobStatus.FAILED, 1, {})
    assert case.job.error is not None
    assert case.job.error.code == "SubmissionLost"


def test_dispatch_never_repeats_a_call_whose_answer_was_lost() -> None:
    case = Case(UpstreamAmbiguous("Who knows."), task=_task())
    case.run()
    case.clock.now += 2 * CALL_MS
    assert (case.run().next, len(case.calls)) == (Next.END, 1)


def test_dispatch_lets_a_call_that_may_be_under_way_end() -> None:
    case = _half_sent(10_000)
    assert where(case.run()) == (Next.WAIT, math.ceil((CALL_MS - 10_000) / 1000))
    assert (case.job.status, case.calls) == (JobStatus.DISPATCHING, [])


@pytest.mark.parametrize("ms_ago", [0, 1, CALL_MS - 1])
def test_dispatch_waits_until_no_call_can_be_under_way(ms_ago: int) -> None:
    case = _half_sent(ms_ago)
    step = case.run()
    case.clock.now += step.wait_seconds * SECOND
    assert (step.next, case.run().next, case.job.status) == (Next.WAIT, Next.END, JobStatus.FAILED)


def test_dispatch_gives_up_on_a_call_that_was_begun_and_never_written_down() -> None:
    case = _half_sent(CALL_MS)
    assert (case.run().next, case.calls, case.submissions.open) == (Next.END, [], {})
    assert case.job.error is not None
    assert (case.job.status, case.job.error.code) == (JobStatus.FAILED, "SubmissionLost")


def test_dispatch_finds_the_pictures_of_a_call_that_ended_meanwhile() -> None:
    done = a_job(n=2, status=JobStatus.SUCCEEDED)
    images = {1: a_stored_image(), 2: an_image()}
    case = Case(task=_task(done, images=images))
    assert (_stored(case.run()), case.calls) == ([2], [])


def test_dispatch_stores_its_own_pictures_only() -> None:
    jobs = [a_job(n=1, first_image=number, status=JobStatus.SUCCEEDED) for number in (1, 2)]
    images: dict[int, ImageRecord] = {1: an_image(), 2: an_image()}
    assert _stored(Case(task=_task(*jobs, images=images)).run()) == [1]


def test_call_is_waited_for_until_it_is_surely_over() -> None:
    assert CALL_MS > GENERATE_SECONDS * SECOND + LATE_MS


@pytest.mark.parametrize("error", [UpstreamThrottled("No."), UpstreamUnreachable("No.")])
def test_dispatch_sends_again_what_was_refused_for_now(error: UpstreamError) -> None:
    case = Case(error, (GOOD,), task=_task())
    assert where(case.run()) == (Next.WAIT, 1)
    assert case.job == a_job(n=1, refusals=1)
    case.clock.now += 31 * SECOND
    assert _stored(case.run()) == [1]


def test_dispatch_ends_a_synchronous_job_that_is_refused_for_good() -> None:
    refusal = UpstreamRefused("Not this.", code="DataInspectionFailed", upstream_status=400)
    case = Case(refusal, task=_task())
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.FAILED)
    assert case.job.error is not None
    assert (case.job.error.code, case.job.error.upstream_status) == ("DataInspectionFailed", 400)


FAILED = UpstreamFailed("It broke.", code="InternalError", upstream_status=500)


def test_dispatch_asks_again_for_pictures_of_which_upstream_says_that_it_failed() -> None:
    case = Case(FAILED, (GOOD,), task=_task(model="qwen-image-2.0"))
    assert where(case.run()) == (Next.WAIT, 4)
    assert case.job == a_job(n=1, failures=1)
    case.clock.now += 4 * SECOND
    assert _stored(case.run()) == [1]


def test_dispatch_asks_again_a_few_times_only() -> None:
    case = Case(*[FAILED] * MOST_FAILURES, task=_task())
    while (step := case.run()).next is Next.WAIT:
        case.clock.now += step.wait_seconds * SECOND
    assert (len(case.calls), case.job.status) == (MOST_FAILURES, JobStatus.FAILED)
    assert case.job.error
    assert case.job.error.code == "InternalError"


def test_dispatch_does_not_ask_again_for_a_task_that_may_have_been_taken() -> None:
    case = Case(FAILED)
    case.run()
    assert (case.job.status, len(case.calls)) == (JobStatus.LOST, 1)
