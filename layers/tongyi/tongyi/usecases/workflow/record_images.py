"""Writes down the pictures that a job has made, and sends it on to copying them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.images.copying import link_expiry, worth_copying
from tongyi.models.tasks.records import Failure, ImageRecord, JobRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import ImageRef, JobRef, JobStep, Next
from tongyi.models.workflow.upstream import UpstreamPicture
from tongyi.usecases.workflow.job_steps import step_of

_MISSING = Failure(code="ResultMissing", message="DashScope returned fewer pictures than were ordered.")


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
    return to_store(ref, job, images, now_ms=now_ms)


def to_store(ref: JobRef, job: JobRecord, images: Mapping[int, ImageRecord], *, now_ms: int) -> JobStep:
    """On to the job's own pictures that have no copy yet: new ones, and those that are worth another attempt."""
    own = range(job.first_image, job.first_image + job.n)
    wanted = [number for number in own if _is_to_store(images[number], now_ms)]
    images_of = [ImageRef(task_id=ref.task_id, created_at=ref.created_at, image=number) for number in wanted]
    return step_of(ref, Next.STORE, images=tuple(images_of))


def _is_to_store(image: ImageRecord, now_ms: int) -> bool:
    return image.status is ImageStatus.MADE or worth_copying(image, now_ms)


def _image(picture: UpstreamPicture, now_ms: int) -> ImageRecord:
    if picture.url is None:
        return ImageRecord(status=ImageStatus.FAILED, error=picture.error)
    return ImageRecord(
        status=ImageStatus.MADE,
        url=picture.url,
        url_expires_at=link_expiry(picture.url, now_ms),
        actual_prompt=picture.actual_prompt,
    )
