"""Copies one picture into S3: fetched to disk, decoded to prove it whole, and only then stored.

A picture is MADE for some minutes of attempts; then it is UNCOPIED, and its task ends with DashScope's link. Executions
that are started later try again, for as long as the link lives (`models.images.copying`).
"""

from __future__ import annotations

from tempfile import TemporaryFile

from tongyi.clock import Clock
from tongyi.errors import (
    PictureError,
    PictureGone,
    PictureRefused,
    PictureUnavailable,
    StorageUnavailable,
    TaskNotFound,
    UpstreamError,
)
from tongyi.gateways.dashscope.client import DashScope
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.outbound.image_source import PictureSource
from tongyi.gateways.storage.image_bucket import PictureBucket
from tongyi.gateways.storage.image_format import inspect_picture
from tongyi.models.images.copying import link_expiry, worth_copying
from tongyi.models.tasks.records import Failure, ImageRecord, TaskRecord
from tongyi.models.tasks.schedule import copy_wait
from tongyi.models.tasks.status import ImageStatus
from tongyi.models.workflow.payloads import ImageRef, ImageStep, Next
from tongyi.observability import count, logger
from tongyi.usecases.workflow.job_steps import read_record

# With the waits between them, some four minutes.
ATTEMPTS = 10
_WITHOUT_COPY = (ImageStatus.MADE, ImageStatus.UNCOPIED)


class StoreImage:
    """The workflow's step for one picture."""

    def __init__(
        self,
        tasks: TaskTable,
        source: PictureSource,
        bucket: PictureBucket,
        dashscope: DashScope,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._source = source
        self._bucket = bucket
        self._dashscope = dashscope
        self._clock = clock

    def run(self, ref: ImageRef) -> ImageStep:
        """One attempt. May be repeated freely, also of a task that has ended; a copy that is there is left alone."""
        task = read_record(self._tasks, ref)
        if ref.image not in task.images:
            raise TaskNotFound(ref.task_id)
        image = task.images[ref.image]
        if image.url is None or not self._is_wanted(image):
            return _step(ref, Next.END)
        try:
            changes = self._copy(ref, image.url)
        except PictureError as error:
            if isinstance(error, PictureGone):
                self._renew_link(task, ref.image)
            return self._failed(ref, image, error)
        stored = {"status": ImageStatus.STORED, **changes}
        if self._tasks.change_image(ref.task_id, ref.image, stored, when=_WITHOUT_COPY):
            count("PicturesStored")
        return _step(ref, Next.END)

    def _is_wanted(self, image: ImageRecord) -> bool:
        return image.status is ImageStatus.MADE or worth_copying(image, self._clock.now_ms())

    def _copy(self, ref: ImageRef, url: str) -> dict[str, str | int]:
        with TemporaryFile() as file:
            fetched = self._source.fetch(url, file)
            facts = inspect_picture(file)
            key = self._bucket.put(ref.task_id, ref.image, file, fetched, facts)
        return {
            "key": key,
            "sha256": fetched.sha256,
            "bytes": fetched.bytes,
            "content_type": facts.content_type,
            "width": facts.width,
            "height": facts.height,
        }

    def _failed(self, ref: ImageRef, image: ImageRecord, error: PictureError) -> ImageStep:
        """Another attempt a little later; UNCOPIED after the last, or where the picture is refused."""
        attempts = image.attempts + 1
        refused = isinstance(error, PictureRefused)
        fault = error.fault if isinstance(error, StorageUnavailable) else None
        logger.warning(
            "a picture could not be copied",
            code=error.code,
            reason=error.message,
            fault=fault,
            attempt=attempts,
        )
        if image.status is ImageStatus.UNCOPIED and not refused:
            return _step(ref, Next.END)
        changes: dict[str, object] = {
            "attempts": attempts,
            "error": Failure(code=error.code, message=error.message),
        }
        if isinstance(error, PictureUnavailable) and attempts < ATTEMPTS:
            self._tasks.change_image(ref.task_id, ref.image, changes, when=_WITHOUT_COPY)
            return _step(ref, Next.WAIT, copy_wait(attempts))
        changes |= {"status": ImageStatus.UNCOPIED, "refused": refused}
        self._tasks.change_image(ref.task_id, ref.image, changes, when=_WITHOUT_COPY)
        count("PicturesGivenUp")
        return _step(ref, Next.END)

    def _renew_link(self, task: TaskRecord, number: int) -> None:
        """Writes down another link, for the next attempt, where DashScope has one."""
        url = self._fresh_link(task, number)
        if url is None or url == task.images[number].url:
            return
        expires_at = link_expiry(url, self._clock.now_ms())
        changes = {"url": url, "url_expires_at": expires_at}
        self._tasks.change_image(task.task_id, number, changes, when=_WITHOUT_COPY)
        count("PictureLinksRenewed")

    def _fresh_link(self, task: TaskRecord, number: int) -> str | None:
        """What DashScope now gives for the picture; None where it does not say, and for models without tasks."""
        own = next(job for job in task.jobs.values() if job.first_image <= number < job.first_image + job.n)
        if own.upstream_task_id is None:
            return None
        try:
            found = self._dashscope.query(own.upstream_task_id)
        except UpstreamError as error:
            logger.warning("a fresh link could not be asked for", code=error.code)
            return None
        at = number - own.first_image
        return found.pictures[at].url if at < len(found.pictures) else None


def _step(ref: ImageRef, to: Next, wait_seconds: int = 0) -> ImageStep:
    return ImageStep(**ref.model_dump(), next=to, wait_seconds=wait_seconds)
