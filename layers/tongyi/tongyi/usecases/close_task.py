"""Writes a task's terminal status, once, and tells of it."""

from __future__ import annotations

from tongyi.clock import Clock
from tongyi.gateways.task_table import TaskTable
from tongyi.models.records import Failure, TaskRecord
from tongyi.models.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow import TaskRef
from tongyi.observability import count, logger
from tongyi.usecases.announce_task import AnnounceTask
from tongyi.usecases.job_steps import read_record

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
        """
        status, error = _outcome(read_record(self._tasks, ref))
        if ref.error:
            logger.error("the workflow caught an error", error=ref.error.get("Error"))
        if self._tasks.close(ref.task_id, status, error, self._clock.now_ms()):
            count(f"Tasks{status.capitalize()}")
        task = read_record(self._tasks, ref)
        self._announce.run(task)
        return task.status


def _outcome(task: TaskRecord) -> tuple[TaskStatus, Failure | None]:
    if any(image.status is not ImageStatus.FAILED for image in task.images.values()):
        return TaskStatus.SUCCEEDED, None
    jobs = task.jobs.values()
    error = next((job.error for job in jobs if job.error), None)
    if all(job.status is JobStatus.CANCELED for job in jobs):
        return TaskStatus.CANCELED, error
    return TaskStatus.FAILED, error or _CAUGHT
