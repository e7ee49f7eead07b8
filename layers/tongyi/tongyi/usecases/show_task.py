"""A task as its owner sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from tongyi.clock import Clock, to_datetime
from tongyi.gateways.picture_bucket import PictureBucket
from tongyi.gateways.task_table import TaskTable
from tongyi.models.picture_result import PictureError, PictureResult
from tongyi.models.records import Failure, ImageRecord, JobRecord, TaskRecord, TaskSummary
from tongyi.models.status import ImageStatus, JobStatus, TaskStatus
from tongyi.usecases.owned_task import read_owned

POLL_SECONDS = 0.5
_FACTS = ("sha256", "content_type", "bytes", "width", "height")
_CANCELED = Failure(code="TaskCanceled", message="It was canceled before it was made.")
_UNSEEN = Failure(code="InternalError", message="The gateway could not see the picture through.")
_STARTED = (TaskStatus.RUNNING, TaskStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Metrics:
    """How many pictures were ordered, are made, and failed."""

    total: int
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class TaskView:
    """What the replies are made of. `results` has one entry for each picture, with a link or with an error."""

    task: TaskRecord
    status: TaskStatus
    metrics: Metrics
    results: list[PictureResult]

    @property
    def failed(self) -> bool:
        """Whether the task ended without a picture."""
        return self.status is TaskStatus.FAILED

    @property
    def error(self) -> Failure | None:
        """Why the task failed."""
        return self.task.error


class ShowTask:
    """Reads tasks for their owners."""

    def __init__(self, tasks: TaskTable, bucket: PictureBucket, link_seconds: int, clock: Clock) -> None:
        self._tasks = tasks
        self._bucket = bucket
        self._link_seconds = link_seconds
        self._clock = clock

    def run(self, task_id: str, owner: str | None) -> TaskView:
        """The task. Raises TaskNotFound where it is not the owner's."""
        task = read_owned(self._tasks, task_id, owner, self._clock)
        shown = task.status is TaskStatus.SUCCEEDED
        results = [self._result(task, image) for image in pictures_of(task)] if shown else []
        return TaskView(task, task_status(task), task_metrics(task), results)

    def wait(self, task_id: str, owner: str | None, seconds: float) -> TaskView:
        """The task once it has ended, or as it stands after `seconds`. Raises TaskNotFound as `run` does."""
        until = self._clock.now_ms() + round(seconds * 1000)
        while True:
            view = self.run(task_id, owner)
            left = (until - self._clock.now_ms()) / 1000
            if view.task.ended or left <= 0:
                return view
            self._clock.sleep(min(POLL_SECONDS, left))

    def _result(self, task: TaskRecord, image: ImageRecord) -> PictureResult:
        error = _error(image)
        if image.status is ImageStatus.FAILED:
            return cast(PictureResult, error or {})
        prompt = str(task.input["prompt"])
        words: PictureResult = {"orig_prompt": prompt, "actual_prompt": image.actual_prompt or prompt}
        if image.status is ImageStatus.STORED and image.key:
            facts = cast(PictureResult, image.model_dump(include=set(_FACTS)))
            return {**words, "url": self._bucket.link(image.key, self._link_seconds), **facts}
        expiry = to_datetime(image.url_expires_at or 0).isoformat(timespec="seconds")
        return {**words, "url": image.url, "url_expires_at": expiry, "stored": False, "copy_error": error}


def _error(image: ImageRecord) -> PictureError | None:
    return {"code": image.error.code, "message": image.error.message} if image.error else None


def pictures_of(task: TaskRecord) -> Iterator[ImageRecord]:
    """Every picture that was ordered, in order. One whose job made none has the job's error."""
    for _, job in sorted(task.jobs.items()):
        why = _CANCELED if job.status is JobStatus.CANCELED else _UNSEEN
        unmade = ImageRecord(status=ImageStatus.FAILED, error=job.error or why)
        for number in range(job.first_image, job.first_image + job.n):
            yield task.images.get(number, unmade)


def task_status(task: TaskSummary) -> TaskStatus:
    """The terminal status where there is one; before that, how far the furthest job has come."""
    if task.ended:
        return task.status
    seen = {_job_status(job) for job in task.jobs.values()}
    return next((status for status in _STARTED if status in seen), TaskStatus.PENDING)


def _job_status(job: JobRecord) -> TaskStatus:
    """A job whose pictures are made but not yet copied is still running; one that failed stays where it was seen."""
    return TaskStatus.RUNNING if job.status is JobStatus.SUCCEEDED else job.upstream_status


def task_metrics(task: TaskRecord) -> Metrics:
    """Counted from the pictures; for a job that is still at work, its own count upstream."""
    images = task.images.values()
    failed = sum(image.status is ImageStatus.FAILED for image in images)
    made = len(images) - failed
    total = task.total
    if task.ended:
        return Metrics(total, made, total - made)
    at_work = (job for job in task.jobs.values() if job.status is JobStatus.SUBMITTED)
    working = [job for job in at_work if job.first_image not in task.images]
    made += sum(job.made for job in working)
    return Metrics(total, made, failed + sum(job.failed for job in working))
