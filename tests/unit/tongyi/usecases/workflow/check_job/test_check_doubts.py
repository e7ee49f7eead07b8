"""Replies that would end a billed task, and may be a slip: asked again, spread over time, before they count."""

from __future__ import annotations

from itertools import cycle, islice

import pytest

from tests.support.fakes.records import BROKEN, DAY, HOUR, NOW, SECOND
from tests.unit.tongyi.usecases.workflow.check_job.checking import GOOD, RUNNING, Case, made, to_store
from tongyi.errors import UpstreamAmbiguous
from tongyi.models.tasks.records import Failure
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import Next
from tongyi.models.workflow.upstream import UpstreamPicture, UpstreamTask

GONE = UpstreamTask(TaskStatus.UNKNOWN)
UNSAID = UpstreamTask(TaskStatus.FAILED)
# An entry of `results` that is no object, or has neither a link nor a code.
BLANK = UpstreamPicture(error=BROKEN, explained=False)
OLD = NOW - HOUR
MANY = 20
DOUBTFUL = {
    "unknown": (GONE, "TaskUnknown"),
    "failed without a reason": (UNSAID, "InternalError"),
    "no results": (made(), "ResultMissing"),
    "results that say nothing": (made(BLANK, BLANK), BROKEN.code),
    "one result that says nothing": (made(BLANK), BROKEN.code),
}


@pytest.mark.parametrize("said", [said for said, _ in DOUBTFUL.values()], ids=DOUBTFUL)
def test_check_does_not_end_a_job_for_one_doubtful_reply(said: UpstreamTask) -> None:
    case = Case(said, sent_at=OLD)
    assert (case.run().next, case.job.status, case.task.images) == (Next.CHECK, JobStatus.SUBMITTED, {})


@pytest.mark.parametrize("said", [said for said, _ in DOUBTFUL.values()], ids=DOUBTFUL)
def test_check_takes_what_was_made_after_doubtful_replies(said: UpstreamTask) -> None:
    case = Case(*[said] * 5, made(GOOD, GOOD), sent_at=OLD)
    step, _ = case.follow()
    assert to_store(step) == [1, 2]


@pytest.mark.parametrize(("said", "code"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_check_ends_a_job_that_stays_in_doubt_with_what_happened(said: UpstreamTask, code: str) -> None:
    case = Case(*[said] * MANY, sent_at=OLD)
    case.follow()
    assert case.job.status is JobStatus.FAILED
    assert case.job.error is not None
    assert case.job.error.code == code


def test_check_asks_six_times_in_half_an_hour_for_a_task_that_upstream_does_not_know() -> None:
    assert Case(*[GONE] * MANY, sent_at=OLD).follow()[1] == [0, 60, 180, 420, 900, 1800]


@pytest.mark.parametrize("said", [UNSAID, made(), made(BLANK, BLANK)])
def test_check_asks_six_times_in_eight_minutes_for_results(said: UpstreamTask) -> None:
    assert Case(*[said] * MANY, sent_at=OLD).follow()[1] == [0, 15, 45, 105, 225, 465]


@pytest.mark.parametrize("pictures", [(GOOD,), (GOOD, BLANK), (BLANK, GOOD)])
def test_check_takes_what_is_usable_once_a_second_look_shows_the_same(
    pictures: tuple[UpstreamPicture, ...],
) -> None:
    case = Case(*[made(*pictures)] * 2, sent_at=OLD)
    step, looks = case.follow()
    usable = [place for place, picture in enumerate(pictures, start=1) if picture.url]
    assert (to_store(step), looks) == (usable, [0, 15])
    assert {image.status for image in case.task.images.values()} == {ImageStatus.MADE, ImageStatus.FAILED}


def test_check_looks_once_more_where_a_second_look_shows_another_part() -> None:
    case = Case(made(GOOD, BLANK), made(BLANK, GOOD), made(BLANK, GOOD), sent_at=OLD)
    step, looks = case.follow()
    assert (to_store(step), len(looks)) == ([2], 3)


@pytest.mark.parametrize("progress", [RUNNING, UpstreamTask(TaskStatus.PENDING)])
def test_check_has_no_doubt_left_after_progress(progress: UpstreamTask) -> None:
    case = Case(GONE, progress, sent_at=OLD)
    case.run()
    case.run()
    assert (case.job.doubt, case.job.doubts, case.job.doubted_at) == (None, 0, None)


def test_check_counts_a_doubt_from_its_beginning_after_progress() -> None:
    case = Case(*[GONE] * 5, RUNNING, *[GONE] * 6, sent_at=OLD)
    assert len(case.follow()[1]) == 12


def test_check_that_fails_is_no_look_at_a_doubt() -> None:
    case = Case(GONE, UpstreamAmbiguous("No."), sent_at=OLD)
    case.run()
    before = case.job
    case.run()
    assert case.job == before


def test_check_that_comes_late_is_one_look_and_not_all_that_were_left_out() -> None:
    case = Case(GONE, GONE, sent_at=OLD)
    case.run()
    case.clock.sleep(2 * 3600)
    assert case.run().next is Next.CHECK


def test_check_does_not_count_another_doubt_for_the_same() -> None:
    case = Case(*[GONE] * 5, *[made()] * MANY, sent_at=OLD)
    step, looks = case.follow()
    assert (step.next, case.job.error and case.job.error.code) == (Next.END, "ResultMissing")
    assert looks[-1] - looks[5] >= 465


def test_check_of_replies_that_change_for_ever_has_an_end_and_few_steps() -> None:
    case = Case(*islice(cycle([GONE, made(), UNSAID, made(GOOD)]), 2000), sent_at=OLD)
    _, looks = case.follow()
    assert looks[-1] <= (DAY - HOUR) // SECOND + 1800
    assert len(looks) < 500


def test_check_writes_a_doubt_down() -> None:
    case = Case(GONE, GONE, sent_at=OLD)
    case.run()
    case.clock.sleep(60)
    case.run()
    assert (case.job.doubt, case.job.doubts, case.job.doubted_at) == ("unknown", 2, NOW)


@pytest.mark.parametrize("pictures", [(), (GOOD,)])
def test_check_shows_a_job_in_doubt_about_its_pictures_as_running(
    pictures: tuple[UpstreamPicture, ...],
) -> None:
    case = Case(made(*pictures), sent_at=OLD)
    case.run()
    assert case.job.upstream_status is TaskStatus.RUNNING


def test_check_leaves_the_status_of_a_job_that_upstream_does_not_know() -> None:
    case = Case(GONE, sent_at=OLD, upstream_status=TaskStatus.RUNNING)
    case.run()
    assert case.job.upstream_status is TaskStatus.RUNNING


@pytest.mark.parametrize(
    ("said", "code"),
    [(GONE, "TaskExpired"), (UNSAID, "InternalError"), (made(), "ResultMissing")],
)
def test_check_has_no_second_look_once_upstreams_memory_is_over(said: UpstreamTask, code: str) -> None:
    case = Case(said, sent_at=NOW - DAY - 1)
    assert (case.run().next, case.job.error and case.job.error.code) == (Next.END, code)


def test_check_takes_what_is_usable_at_once_when_upstreams_memory_is_over() -> None:
    assert to_store(Case(made(GOOD), sent_at=NOW - DAY - 1).run()) == [1]


def test_check_ends_at_once_what_failed_for_a_reason() -> None:
    reason = Failure(code="InternalError", message="Only words.")
    case = Case(UpstreamTask(TaskStatus.FAILED, error=reason), sent_at=OLD)
    assert (case.run().next, case.job.error) == (Next.END, reason)


def test_every_doubt_is_a_warning_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Case(GONE, sent_at=OLD).run()
    assert "JobsDoubted" in capsys.readouterr().out
