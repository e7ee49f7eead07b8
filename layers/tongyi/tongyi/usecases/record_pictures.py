"""Writes down the pictures that a job has made, and sends it on to copying them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tongyi.gateways.task_table import TaskTable
from tongyi.models.records import Failure, ImageRecord, JobRecord
from tongyi.models.schedule import UPSTREAM_MEMORY
from tongyi.models.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.upstream import UpstreamPicture
from tongyi.models.workflow import ImageRef, JobRef, JobStep, Next
from tongyi.usecases.job_steps import step_of

_MISSING = Failure(code="InternalError", message="DashScope returned fewer pictures than were ordered.")


def record_pictures(
    tasks: TaskTable,
    ref: JobRef,
    job: JobRecord,
    found: Sequence[UpstreamPicture],
    *,
    now_ms: int,
    when: Iterable[JobStatus],
    worked_ms: int | None = None,
) -> JobStep:
    """Ends a job that has one of the statuses `when`: SUCCEEDED with at least one picture, FAILED with none.

    `worked_ms` is how long DashScope was at it, where that is known.
    """
    pictures = [*found[: job.n], *[UpstreamPicture(error=_MISSING)] * (job.n - len(found))]
    images = {
        number: _image(picture, now_ms) for number, picture in enumerate(pictures, start=job.first_image)
    }
    tasks.add_images(ref.task_id, images)
    if not any(picture.url for picture in pictures):
        failed = {"status": JobStatus.FAILED, "error": pictures[0].error, "worked_ms": worked_ms}
        tasks.change_job(ref.task_id, ref.job, failed, when=when)
        return step_of(ref, Next.END)
    changes = {
        "status": JobStatus.SUCCEEDED,
        "upstream_status": TaskStatus.SUCCEEDED,
        "worked_ms": worked_ms,
    }
    tasks.change_job(ref.task_id, ref.job, changes, when=when)
    return to_store(ref, job, images)


def to_store(ref: JobRef, job: JobRecord, images: Mapping[int, ImageRecord]) -> JobStep:
    """On to the job's own pictures that have no copy yet."""
    own = range(job.first_image, job.first_image + job.n)
    made = [number for number in own if number in images and images[number].status is ImageStatus.MADE]
    images_of = [ImageRef(task_id=ref.task_id, created_at=ref.created_at, image=number) for number in made]
    return step_of(ref, Next.STORE, images=tuple(images_of))


def _image(picture: UpstreamPicture, now_ms: int) -> ImageRecord:
    if picture.url is None:
        return ImageRecord(status=ImageStatus.FAILED, error=picture.error)
    return ImageRecord(
        status=ImageStatus.MADE,
        url=picture.url,
        url_expires_at=now_ms + UPSTREAM_MEMORY * 1000,
        actual_prompt=picture.actual_prompt,
    )
