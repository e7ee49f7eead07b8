"""A task as its owner sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from tongyi.clock import Clock, to_datetime
from tongyi.errors import RecordsUnavailable, TaskNotFound
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.storage.image_bucket import PictureBucket
from tongyi.models.images.result import PictureError, PictureResult
from tongyi.models.tasks.records import Failure, ImageRecord, JobRecord, TaskRecord, TaskSummary
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.observability import log_fault
from tongyi.usecases.tasks.owned_task import read_owned

POLL_SECONDS = 0.5
# A task's execution begins with its order, and looks at the first job about a second later. One that has not for so
# long gets no function for it: the account runs as many as it may (10 if it is new), and those who wait are among them.
UNTOUCHED_MS = 6_000
# So long is such a task waited for in one request, over not at all: a client that is sent around by redirects has ten
# requests, and would have spent them in a moment. It is kept for half a minute like this, and the end of each request
# frees a function for the execution to take. As soon as it has begun, the requests that are left are whole ones.
STARVED_SECONDS = 3.0
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
        """The task. Raises TaskNotFound where it is not the owner's, and RecordsUnavailable."""
        return self._view(read_owned(self._tasks, task_id, owner))

    def wait(
        self, task_id: str, owner: str | None, seconds: float, known: TaskRecord | None = None
    ) -> TaskView:
        """The task once it has ended, or as it stands after `seconds`. Raises TaskNotFound as `run` does.

        A wait that would only keep others from their work is given up: at once where DynamoDB takes no more reads (the
        task is then shown as it was seen last, or as it is `known`; RecordsUnavailable where it is not), and soon where
        the task's execution gets no functions. So it is where a read fails otherwise.
        """
        begun, task = self._clock.now_ms(), known
        while True:
            try:
                task = read_owned(self._tasks, task_id, owner)
            except TaskNotFound:
                raise
            except Exception as fault:
                if task is None:
                    raise
                if not isinstance(fault, RecordsUnavailable):
                    log_fault(fault)
                return self._view(task)
            left = self._left(task, begun, seconds)
            if task.ended or left <= 0:
                return self._view(task)
            self._clock.sleep(min(POLL_SECONDS, left))

    def _left(self, task: TaskRecord, begun: int, seconds: float) -> float:
        """Seconds, in whole milliseconds, that the task may still be waited for."""
        now = self._clock.now_ms()
        most = min(seconds, STARVED_SECONDS) if is_starved(task, now) else seconds
        return (begun + round(most * 1000) - now) / 1000

    def _view(self, task: TaskRecord) -> TaskView:
        shown = task.status is TaskStatus.SUCCEEDED
        results = [self._result(task, image) for image in pictures_of(task)] if shown else []
        return TaskView(task, task_status(task), task_metrics(task), results)

    def _result(self, task: TaskRecord, image: ImageRecord) -> PictureResult:
        error = _error(image)
        if image.status is ImageStatus.FAILED:
            return cast(PictureResult, error or {})
        prompt = str(task.input["prompt"])
        words: PictureResult = {"orig_prompt": prompt, "actual_prompt": image.actual_prompt or prompt}
        if image.key:
            facts = cast(PictureResult, image.model_dump(include=set(_FACTS)))
            return {**words, "url": self._bucket.link(image.key, self._link_seconds), **facts}
        expiry = to_datetime(image.url_expires_at or 0).isoformat(timespec="seconds")
        return {**words, "url": image.url, "url_expires_at": expiry, "stored": False, "copy_error": error}


def _error(image: ImageRecord) -> PictureError | None:
    return {"code": image.error.code, "message": image.error.message} if image.error else None


def is_starved(task: TaskSummary, now_ms: int) -> bool:
    """Whether nothing has been done for the task since it was ordered, though something should have been.

    A job that waits for its slot, or was refused for now, has been looked at.
    """
    untouched = all(job == JobRecord(n=job.n, first_image=job.first_image) for job in task.jobs.values())
    return untouched and not task.ended and now_ms - task.created_at > UNTOUCHED_MS


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
