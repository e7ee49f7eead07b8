"""Dispatch of a job that is done: on to its pictures, also when its task has ended."""

from __future__ import annotations

from tests.support.fakes.records import DAY, NOW, a_job, a_stored_image, a_task, an_image
from tests.unit.tongyi.usecases.workflow.dispatch_job.dispatching import Case
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import Next


def test_dispatch_of_a_task_that_has_ended_goes_on_to_what_has_no_copy_yet() -> None:
    """An execution that is started later copies it, for as long as its link lives."""
    done = a_job(status=JobStatus.SUCCEEDED)
    images = {1: an_image(status=ImageStatus.UNCOPIED), 2: a_stored_image()}
    case = Case(task=a_task(done, images=images, status=TaskStatus.SUCCEEDED, ended_at=NOW))
    step = case.run()
    assert (step.next, [image.image for image in step.images], case.calls) == (Next.STORE, [1], [])
    case.clock.now += DAY
    assert case.run().images == []


def test_dispatch_goes_on_to_what_was_just_made_though_its_link_should_be_dead() -> None:
    """Its first attempt is what asks for a fresh link."""
    case = Case(task=a_task(a_job(n=1, status=JobStatus.SUCCEEDED), images={1: an_image(url_expires_at=NOW)}))
    assert [image.image for image in case.run().images] == [1]
