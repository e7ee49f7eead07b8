"""A task as its owner sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tongyi.clock import Clock, to_datetime
from tongyi.errors import TaskNotFound
from tongyi.gateways.picture_bucket import PictureBucket
from tongyi.gateways.task_table import TaskTable
from tongyi.models.records import Failure, ImageRecord, JobRecord, TaskRecord
from tongyi.models.status import ImageStatus, JobStatus, TaskStatus

_FACTS = ("sha256", "content_type", "bytes", "width", "height")
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
    results: list[dict[str, Any]]

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
        """The task. One submitted with a key is shown to that key's owner alone; raises TaskNotFound otherwise."""
        task = self._tasks.get(task_id)
        if task is None or task.owner not in (None, owner) or self._has_expired(task):
            raise TaskNotFound(task_id)
        shown = task.status is TaskStatus.SUCCEEDED
        results = [self._result(task, image) for _, image in sorted(task.images.items())] if shown else []
        return TaskView(task, task_status(task), task_metrics(task), results)

    def _has_expired(self, task: TaskRecord) -> bool:
        """DynamoDB removes what has expired up to two days late; the pictures may be gone by then."""
        return task.expires_at <= self._clock.now_ms() // 1000

    def _result(self, task: TaskRecord, image: ImageRecord) -> dict[str, Any]:
        if image.status is ImageStatus.FAILED:
            return image.error.model_dump(include={"code", "message"}) if image.error else {}
        prompt = str(task.input["prompt"])
        words = {"orig_prompt": prompt, "actual_prompt": image.actual_prompt or prompt}
        if image.status is ImageStatus.STORED and image.key:
            link = self._bucket.link(image.key, self._link_seconds)
            return {**words, "url": link, **image.model_dump(include=set(_FACTS))}
        expiry = to_datetime(image.url_expires_at or 0).isoformat(timespec="seconds")
        reason = image.error.model_dump(include={"code", "message"}) if image.error else None
        return {**words, "url": image.url, "url_expires_at": expiry, "stored": False, "copy_error": reason}


def task_status(task: TaskRecord) -> TaskStatus:
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
    total = max(task.total, len(images))
    if task.ended:
        return Metrics(total, made, total - made)
    at_work = (job for job in task.jobs.values() if job.status is JobStatus.SUBMITTED)
    working = [job for job in at_work if job.first_image not in task.images]
    made += sum(job.made for job in working)
    return Metrics(total, made, failed + sum(job.failed for job in working))
