"""How far a task has come: its status and its counts, at every moment of its life."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.records import NOW, a_failed_image, a_job, a_stored_image, a_task, an_image
from tongyi.models.tasks.records import ImageRecord, JobRecord
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.usecases.tasks.show_task import Metrics, task_metrics, task_status

SENT = a_job(status=JobStatus.SUBMITTED)


@pytest.mark.parametrize("status", [TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])
def test_task_status_is_the_terminal_one_once_there_is_one(status: TaskStatus) -> None:
    assert task_status(a_task(a_job(), status=status, ended_at=NOW)) is status


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.SUSPENDED])
def test_task_status_is_what_upstream_says_of_a_job_at_work(status: TaskStatus) -> None:
    assert task_status(a_task(SENT.model_copy(update={"upstream_status": status}))) is status


def test_task_status_is_running_until_the_copies_are_stored() -> None:
    done = a_job(status=JobStatus.SUCCEEDED, upstream_status=TaskStatus.SUCCEEDED)
    assert task_status(a_task(done)) is TaskStatus.RUNNING


def test_task_status_is_that_of_the_furthest_job() -> None:
    running = SENT.model_copy(update={"upstream_status": TaskStatus.RUNNING})
    assert task_status(a_task(a_job(), running, a_job())) is TaskStatus.RUNNING


@pytest.mark.parametrize("status", [JobStatus.READY, JobStatus.DISPATCHING, JobStatus.LOST, JobStatus.FAILED])
def test_task_status_is_pending_while_nothing_has_run(status: JobStatus) -> None:
    assert task_status(a_task(a_job(status=status))) is TaskStatus.PENDING


def test_metrics_count_nothing_at_first() -> None:
    assert task_metrics(a_task(a_job(n=4))) == Metrics(4, 0, 0)


def test_metrics_take_upstreams_count_of_a_job_at_work() -> None:
    working = a_job(n=4, status=JobStatus.SUBMITTED, made=2, failed=1)
    assert task_metrics(a_task(working)) == Metrics(4, 2, 1)


def test_metrics_count_the_pictures_of_a_job_that_is_done() -> None:
    done = a_job(n=2, status=JobStatus.SUCCEEDED, made=1)
    images = {1: an_image(), 2: a_failed_image()}
    assert task_metrics(a_task(done, images=images)) == Metrics(2, 1, 1)


def test_metrics_count_no_picture_twice() -> None:
    """Between the pictures and the job's own status there is a moment, and it may end in a crash."""
    working = a_job(n=2, status=JobStatus.SUBMITTED, made=2)
    assert task_metrics(a_task(working, images={1: an_image(), 2: an_image()})) == Metrics(2, 2, 0)


def test_metrics_count_nothing_that_a_failed_job_was_said_to_have_made() -> None:
    assert task_metrics(a_task(a_job(n=4, status=JobStatus.FAILED, made=2))).succeeded == 0


def test_metrics_count_every_missing_picture_as_failed_in_the_end() -> None:
    images = {1: a_stored_image(), 2: an_image(), 3: a_failed_image()}
    ended = a_task(a_job(n=4), images=images, ended_at=NOW)
    assert task_metrics(ended) == Metrics(4, 2, 2)


JOBS = st.builds(
    JobRecord,
    n=st.integers(1, 4),
    status=st.sampled_from(JobStatus),
    made=st.integers(0, 2),
    failed=st.integers(0, 2),
)
IMAGES = st.dictionaries(
    st.integers(1, 4), st.sampled_from([an_image(), a_stored_image(), a_failed_image()]), max_size=4
)


@given(JOBS, IMAGES)
def test_metrics_of_an_ended_task_add_up(job: JobRecord, images: dict[int, ImageRecord]) -> None:
    found = task_metrics(a_task(job, images=images, ended_at=NOW))
    assert found.succeeded + found.failed == found.total
