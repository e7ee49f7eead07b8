"""Writes a task's terminal status, once, and tells of it."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.errors import JobsUnfinished
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import Failure, TaskRecord
from tongyi.models.tasks.schedule import may_end_by_itself
from tongyi.models.tasks.status import OPEN_JOBS, ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import TaskRef
from tongyi.observability import count, logger
from tongyi.usecases.tasks.announce_task import AnnounceTask
from tongyi.usecases.workflow.job_steps import read_record

_CAUGHT = Failure(code="InternalError", message="The gateway could not see the task through.")


class CloseTask:
    """The workflow's last step."""

    def __init__(self, tasks: TaskTable, announce: AnnounceTask, clock: Clock) -> None:
        self._tasks = tasks
        self._announce = announce
        self._clock = clock

    def run(self, ref: TaskRef) -> TaskStatus:
        """The terminal status, this or an earlier one: SUCCEEDED where there is a picture, as DashScope has it.

        Raises EventsUnavailable or WebhooksUnavailable with the status written; a repetition then only tells of it.
        Raises JobsUnfinished, with nothing written, where a job may yet end by itself: whatever has failed here,
        DashScope may be making the pictures, and bills them. `reconcile` has another execution see to it.
        """
        task = read_record(self._tasks, ref)
        if ref.error:
            logger.error("the workflow caught an error", error=ref.error.get("Error"))
        if not task.ended and _may_go_on(task, self._clock.now_ms()):
            count("TasksLeftOpen")
            raise JobsUnfinished
        status, error = _outcome(task)
        if self._tasks.close(ref.task_id, status, error, self._clock.now_ms()):
            count(f"Tasks{status.capitalize()}")
        task = read_record(self._tasks, ref)
        self._announce.run(task)
        return task.status


def _may_go_on(task: TaskRecord, now_ms: int) -> bool:
    """Whether a job is open that was ordered, was due or was sent not so long ago."""
    ages = [
        now_ms - max(task.created_at, job.slot_at or 0, job.sent_at or 0)
        for job in task.jobs.values()
        if job.status in OPEN_JOBS
    ]
    return any(may_end_by_itself(age / 1000) for age in ages)


def _outcome(task: TaskRecord) -> tuple[TaskStatus, Failure | None]:
    if any(image.status is not ImageStatus.FAILED for image in task.images.values()):
        return TaskStatus.SUCCEEDED, None
    jobs = task.jobs.values()
    error = next((job.error for job in jobs if job.error), None)
    if all(job.status is JobStatus.CANCELED for job in jobs):
        return TaskStatus.CANCELED, error
    return TaskStatus.FAILED, error or _CAUGHT
