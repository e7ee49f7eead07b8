"""Hands out single pictures of a task: by a link that never changes, or inside a reply."""

from __future__ import annotations

import base64

from tongyi.clock import Clock
from tongyi.errors import PictureNotFound, PicturesTooLarge
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.storage.image_bucket import PictureBucket
from tongyi.models.tasks.records import ImageRecord, TaskRecord
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.tasks.owned_task import read_owned
from tongyi.usecases.tasks.show_task import pictures_of

# Lambda's replies have 6 MB at the most, and base64 makes four bytes of three; some room is for the rest of the reply.
MOST_INLINE_BYTES = 4 * 1024 * 1024


class HandOutPictures:
    """Reads pictures for their owners."""

    def __init__(self, tasks: TaskTable, bucket: PictureBucket, link_seconds: int, clock: Clock) -> None:
        self._tasks = tasks
        self._bucket = bucket
        self._link_seconds = link_seconds
        self._clock = clock

    def link(self, task_id: str, name: str, owner: str | None) -> str:
        """A fresh link to the picture of that number, from 1 on. Raises TaskNotFound or PictureNotFound."""
        task = read_owned(self._tasks, task_id, owner)
        pictures = list(pictures_of(task))
        known = [str(number) for number in range(1, len(pictures) + 1)]
        if task.status is not TaskStatus.SUCCEEDED or name not in known:
            raise PictureNotFound("The task has no such picture, or has it not yet.")
        picture = pictures[known.index(name)]
        if picture.key:
            return self._bucket.link(picture.key, self._link_seconds)
        if picture.url and (picture.url_expires_at or 0) > self._clock.now_ms():
            return picture.url
        raise PictureNotFound("This picture was not made, or its link at DashScope is over.")

    def inline(self, task: TaskRecord) -> list[str | None]:
        """The task's pictures in base64, one entry for each that was ordered; None where there is no copy of one.

        Raises PicturesTooLarge, without reading any.
        """
        pictures = list(pictures_of(task))
        size = sum(picture.bytes or 0 for picture in pictures)
        if size > MOST_INLINE_BYTES:
            raise PicturesTooLarge(
                f"response_format: the pictures have {size} bytes, and a reply holds {MOST_INLINE_BYTES}; they are "
                f"kept: ask for url instead, or GET /v1/images/{task.task_id}/1 to {len(pictures)}."
            )
        return [self._content(picture) for picture in pictures]

    def _content(self, picture: ImageRecord) -> str | None:
        if not picture.key:
            return None
        return base64.b64encode(self._bucket.read(picture.key)).decode()
