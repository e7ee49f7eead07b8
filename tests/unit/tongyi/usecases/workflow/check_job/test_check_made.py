"""Checks of a job that is done: its pictures are written down, and go on to be stored."""

from __future__ import annotations

import pytest

from tests.support.fakes.records import (
    BROKEN,
    DAY,
    LINK,
    NOW,
    SECOND,
    UPSTREAM_ID,
    a_failed_image,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tests.unit.tongyi.usecases.workflow.check_job.checking import BAD, GOOD, Case, made, to_store
from tongyi.models.tasks.records import ImageRecord
from tongyi.models.tasks.schedule import UPSTREAM_MEMORY
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import Next
from tongyi.models.workflow.upstream import UpstreamPicture


def test_check_goes_on_to_store_what_was_made() -> None:
    assert to_store(Case(made(GOOD, GOOD)).run()) == [1, 2]


def test_check_writes_down_what_was_made() -> None:
    case = Case(made(UpstreamPicture(url=LINK, actual_prompt="猫"), BAD))
    case.run()
    assert case.task.images == {1: an_image(actual_prompt="猫"), 2: a_failed_image()}


def test_check_marks_the_job_as_done() -> None:
    case = Case(made(GOOD, GOOD))
    case.run()
    assert (case.job.status, case.job.upstream_status) == (JobStatus.SUCCEEDED, TaskStatus.SUCCEEDED)


def test_check_stores_the_good_pictures_of_a_partial_failure() -> None:
    assert to_store(Case(made(BAD, GOOD)).run()) == [2]


def test_check_numbers_pictures_from_the_jobs_first() -> None:
    assert to_store(Case(made(GOOD, GOOD), first_image=3).run()) == [3, 4]


@pytest.mark.parametrize("pictures", [(GOOD,), (GOOD, BAD)])
def test_check_has_an_entry_for_every_picture_ordered(pictures: tuple[UpstreamPicture, ...]) -> None:
    case = Case(*[made(*pictures)] * 2)
    case.follow()
    second = case.task.images[2]
    assert (second.status, second.error is not None) == (ImageStatus.FAILED, True)


def test_check_fails_a_job_whose_pictures_all_failed_for_a_reason() -> None:
    case = Case(made(BAD, BAD))
    assert (case.run().next, case.job.status) == (Next.END, JobStatus.FAILED)
    assert case.job.error == BROKEN


def test_check_goes_on_to_store_what_is_worth_another_attempt() -> None:
    """Of a task that has ended: what could not be copied, while its link lives, and was not refused."""
    done = a_job(status=JobStatus.SUCCEEDED, n=4)
    left = an_image(status=ImageStatus.UNCOPIED)
    images = {
        1: left,
        2: left.model_copy(update={"url_expires_at": NOW}),
        3: left.model_copy(update={"refused": True}),
        4: a_stored_image(),
    }
    case = Case(task=a_task(done, images=images, status=TaskStatus.SUCCEEDED, ended_at=NOW))
    assert to_store(case.run()) == [1]


def test_check_takes_what_was_made_however_late() -> None:
    assert Case(made(GOOD, GOOD), sent_at=NOW - 2 * DAY).run().next is Next.STORE


def test_check_asks_no_more_once_the_job_is_done() -> None:
    job = a_job(status=JobStatus.SUCCEEDED, n=3)
    task = a_task(job, images={1: a_stored_image(), 2: an_image(), 3: a_failed_image()})
    case = Case(task=task)
    assert (to_store(case.run()), case.dashscope.calls) == ([2], [])


def test_check_leaves_other_jobs_pictures_to_them() -> None:
    done = a_job(status=JobStatus.SUCCEEDED, n=1)
    task = a_task(done, done.model_copy(update={"first_image": 2}), images={1: an_image(), 2: an_image()})
    assert to_store(Case(task=task).run()) == [1]


def test_check_does_not_undo_what_is_stored_already() -> None:
    """A check that crashed after it wrote the pictures down is repeated."""
    sent = a_job(status=JobStatus.SUBMITTED, upstream_task_id=UPSTREAM_ID, sent_at=NOW)
    case = Case(made(GOOD, GOOD), task=a_task(sent, images={1: a_stored_image()}))
    case.run()
    assert case.task.images[1] == a_stored_image()


def test_links_are_good_for_as_long_as_upstream_remembers() -> None:
    case = Case(made(GOOD, GOOD))
    case.run()
    found: ImageRecord = case.task.images[1]
    assert found.url_expires_at == NOW + UPSTREAM_MEMORY * SECOND
