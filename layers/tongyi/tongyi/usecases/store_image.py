"""Copies one picture into S3: fetched to disk, decoded to prove it whole, and only then stored."""

from __future__ import annotations

from tempfile import TemporaryFile

from tongyi.errors import PictureError, PictureUnavailable, TaskNotFound
from tongyi.gateways.picture_bucket import PictureBucket
from tongyi.gateways.picture_file import inspect_picture
from tongyi.gateways.picture_source import PictureSource
from tongyi.gateways.task_table import TaskTable
from tongyi.models.records import Failure, ImageRecord
from tongyi.models.schedule import copy_wait
from tongyi.models.status import ImageStatus
from tongyi.models.workflow import ImageRef, ImageStep, Next
from tongyi.observability import count, logger
from tongyi.usecases.job_steps import read_record

ATTEMPTS = 6


class StoreImage:
    """The workflow's step for one picture."""

    def __init__(self, tasks: TaskTable, source: PictureSource, bucket: PictureBucket) -> None:
        self._tasks = tasks
        self._source = source
        self._bucket = bucket

    def run(self, ref: ImageRef) -> ImageStep:
        """One attempt. May be repeated freely; after six, or what is final, the upstream link is left to serve."""
        task = read_record(self._tasks, ref)
        if ref.image not in task.images:
            raise TaskNotFound(ref.task_id)
        image = task.images[ref.image]
        if image.status is not ImageStatus.MADE or image.url is None:
            return _step(ref, Next.END)
        try:
            changes = self._copy(ref, image.url)
        except PictureError as error:
            return self._failed(ref, image, error)
        self._tasks.change_image(ref.task_id, ref.image, {"status": ImageStatus.STORED, **changes})
        count("PicturesStored")
        return _step(ref, Next.END)

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
        attempts = image.attempts + 1
        logger.warning(
            "a picture could not be copied", code=error.code, reason=error.message, attempt=attempts
        )
        changes: dict[str, object] = {
            "attempts": attempts,
            "error": Failure(code=error.code, message=error.message),
        }
        if isinstance(error, PictureUnavailable) and attempts < ATTEMPTS:
            self._tasks.change_image(ref.task_id, ref.image, changes)
            return _step(ref, Next.WAIT, copy_wait(attempts))
        self._tasks.change_image(ref.task_id, ref.image, {**changes, "status": ImageStatus.UNCOPIED})
        count("PicturesGivenUp")
        return _step(ref, Next.END)


def _step(ref: ImageRef, to: Next, wait_seconds: int = 0) -> ImageStep:
    return ImageStep(**ref.model_dump(), next=to, wait_seconds=wait_seconds)
